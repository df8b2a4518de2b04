"""Makes the OpenAPI document that the sandbox serves: from its routes and from the documents, never from the client.

What an endpoint is for and what it takes is written in `endpoints` and `parameters`, from the documentation. What it
answers is inferred from the documentation's samples and from what the sandbox says (`inference`, `answering`). `build`
puts both together, and `python -m openapi` writes the document where the package ships it.
"""
