"""The OpenAPI 3.1 document of the sandbox's answers.

The folder `openapi` of the package's source generates it from the routes and from the documentation's samples. The
package contains the generated document.
"""

from functools import lru_cache
from importlib.resources import files
from typing import Final

from capillary_async.sandbox.answers import Answer

OPENAPI_PATH: Final = "/openapi.json"
_SERVER: Final = '"https://eu.api.capillarytech.com"'


@lru_cache(maxsize=1)
def openapi_text() -> str:
    """Return the document as the package contains it."""
    return (files("capillary_async.sandbox") / "openapi.json").read_text("utf-8")


def openapi_answer(base_url: str) -> Answer:
    """Return an answer with the document, for a server at this base URL."""
    text = openapi_text().replace(_SERVER, f'"{base_url}"', 1)
    return Answer(body=text, headers={"Content-Type": "application/json"})
