"""Tests of the sandbox with an HTTP client and JSON, without code of this package's client."""
