"""The services of `examples/`, as real servers."""
