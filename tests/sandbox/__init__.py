"""The sandbox, tried with nothing but an HTTP client and JSON: no code of the package's own client."""
