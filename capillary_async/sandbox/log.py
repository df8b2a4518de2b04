"""What the sandbox saw."""

from collections.abc import Mapping

import attrs
from multidict import MultiMapping


@attrs.frozen(eq=False)
class LoggedRequest:
    """One request as it arrived.

    Attributes:
        method: Such as "GET".
        path: Decoded path, without the query.
        raw: Path and query exactly as they were sent.
        query: Query parameters, decoded.
        headers: Header lines; their names in any case.
        time: When it arrived, by the sandbox's clock.
        status: HTTP status it was answered with; 0 when the connection was dropped instead.
        body: What it carried; only of POSTs.
    """

    method: str
    path: str
    raw: str
    query: MultiMapping[str]
    headers: Mapping[str, str] = attrs.field(repr=False)
    time: float
    status: int = 0
    body: bytes = attrs.field(default=b"", repr=False)
