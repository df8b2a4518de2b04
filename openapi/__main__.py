"""`python -m openapi` writes the document that the package ships."""

from openapi.build import write

write()
