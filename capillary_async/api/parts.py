"""Find the part of an answer that is wanted, where it does not stand in one member at the top."""

from collections.abc import Mapping
from typing import Any, cast

from capillary_async.errors import DecodeError


def member(document: Any, name: str, place: str = "") -> Any:
    """Return a member of an object; one that is not there is null.

    Args:
        document: What should be an object.
        name: The member.
        place: Where the object stands in the answer.

    Raises:
        DecodeError: There is no object.
    """
    if not isinstance(document, Mapping):
        raise DecodeError(f"{place or 'the answer'} should be an object with {name}", location=place)
    return cast("Mapping[str, Any]", document).get(name)
