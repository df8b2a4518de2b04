"""`python -m openapi` writes the document into the package."""

from openapi.build import write

write()
