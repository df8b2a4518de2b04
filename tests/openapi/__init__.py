"""The OpenAPI document of the sandbox is complete, right and part of the package."""
