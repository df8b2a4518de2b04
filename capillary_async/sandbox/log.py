"""The log of requests."""

from collections.abc import Mapping

import attrs
from multidict import MultiMapping


@attrs.frozen(eq=False)
class LoggedRequest:
    """A request that the sandbox received.

    Attributes:
        method: The method, such as "GET".
        path: Decoded path, without the query.
        raw: Path and query exactly as they were sent.
        query: Query parameters, decoded.
        headers: Header lines; their names in any case.
        time: Time of arrival by the sandbox's clock.
        status: HTTP status of the answer; 0 if the connection was dropped.
        body: The body; only for POST.
    """

    method: str
    path: str
    raw: str
    query: MultiMapping[str]
    headers: Mapping[str, str] = attrs.field(repr=False)
    time: float
    status: int = 0
    body: bytes = attrs.field(default=b"", repr=False)
