"""Tools for tests of programs that use this package: pytest fixtures, cassettes, generated models.

The pytest plugin loads with the package: `capillary_sandbox`, `capillary_client`, `capillary_cassette` and
`capillary_aioresponses` are fixtures, `capillary_sandbox` and `capillary_fault` are marks. Hypothesis generates every
model by `from_type`; `capillary_async.testing.factories.ModelFactory` generates models with polyfactory.
"""
