"""`--share`: one rate limit for all commands that use the same till or key."""

import re
from collections.abc import Mapping
from hashlib import sha256
from typing import Final

from platformdirs import user_cache_path

from capillary_async.options import RateLimit
from capillary_async.pipeline.shared_limit import SharedRateLimit

_WHO: Final = ("CAPILLARY_BASE_URL", "CAPILLARY_REGION", "CAPILLARY_TILL", "CAPILLARY_KEY")
_URL: Final = re.compile(r"(file|rediss?|valkeys?)://", re.IGNORECASE)


def share(limit: RateLimit, where: str, environment: Mapping[str, str]) -> SharedRateLimit:
    """Return the limit that all commands keep together that name the same place and the same till or key.

    Args:
        limit: How many requests in which time.
        where: `file`, or the URL of a file or of a server.
        environment: The variables that name account and API; a hash of them names the limit.

    Raises:
        ValueError: `where` is neither.
    """
    if where == "file":
        directory = user_cache_path("capillary", ensure_exists=True)
        where = (directory / "limit").absolute().as_uri()
    elif not _URL.match(where):
        raise ValueError("--share wants file, file:///PATH or the URL of a Redis server, such as redis://HOST")
    who = "\0".join(environment.get(name, "") for name in _WHO)
    name = sha256(who.encode("utf-8", "surrogateescape")).hexdigest()[:16]
    return SharedRateLimit(limit=limit.limit, per=limit.per, url=where, name=name)
