"""The OpenAPI document of the sandbox: complete, true and shipped."""
