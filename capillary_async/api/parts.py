"""Find a part of an answer that is not a member of the outermost object."""

from collections.abc import Mapping
from typing import Any, cast

from capillary_async.errors import DecodeError


def member(document: Any, name: str, place: str = "") -> Any:
    """Return a member of an object, or `None` if it is missing.

    Args:
        document: The object.
        name: The member.
        place: Path of the object in the answer.

    Raises:
        DecodeError: `document` is not an object.
    """
    if not isinstance(document, Mapping):
        raise DecodeError(f"{place or 'the answer'} should be an object with {name}", location=place)
    return cast("Mapping[str, Any]", document).get(name)
