"""The OpenAPI 3.1 document of what the sandbox answers.

It is made from the routes, and from the documentation's samples, by the folder `openapi` of the package's source; the
package ships what was made.
"""

from functools import lru_cache
from importlib.resources import files
from typing import Final

from capillary_async.sandbox.answers import Answer

OPENAPI_PATH: Final = "/openapi.json"
_SERVER: Final = '"https://eu.api.capillarytech.com"'


@lru_cache(maxsize=1)
def openapi_text() -> str:
    """Read the document as it is shipped."""
    return (files("capillary_async.sandbox") / "openapi.json").read_text("utf-8")


def openapi_answer(base_url: str) -> Answer:
    """Answer with the document of a server that listens there."""
    text = openapi_text().replace(_SERVER, f'"{base_url}"', 1)
    return Answer(body=text, headers={"Content-Type": "application/json"})
