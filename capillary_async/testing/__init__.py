"""What tests of programs that use this package are made of: pytest fixtures, cassettes, invented models.

The pytest plugin loads with the package: `capillary_sandbox`, `capillary_client`, `capillary_cassette` and
`capillary_aioresponses` are fixtures, `capillary_sandbox` and `capillary_fault` are marks. Hypothesis makes every
model by `from_type`; for polyfactory there is `capillary_async.testing.factories.ModelFactory`.
"""
