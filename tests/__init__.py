"""The tests, as a package, so that modules can share fakes."""
