"""Make the OpenAPI document that the sandbox serves, from the routes and the documentation, not from the client.

`endpoints` and `parameters` describe the endpoints, as the documentation does. `inference` infers the answers' schemas
from the documentation's samples and from the sandbox's answers (`answering`). `build` combines both, and
`python -m openapi` writes the document into the package.
"""
