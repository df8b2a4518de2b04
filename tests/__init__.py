"""The tests; importable as a package, so that fakes can be shared."""
