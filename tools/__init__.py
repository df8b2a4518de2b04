"""What is run to work on the package, and is not part of it."""
