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
    """Return a rate limit that all commands with the same `where` and the same till or key share.

    Args:
        limit: The number of requests in a period.
        where: `file`, or the URL of a file or of a Redis server.
        environment: The variables that name the account and the API; a hash of them names the limit.

    Raises:
        ValueError: `where` is neither `file` nor such a URL.
    """
    if where == "file":
        directory = user_cache_path("capillary", ensure_exists=True)
        where = (directory / "limit").absolute().as_uri()
    elif not _URL.match(where):
        raise ValueError("--share must be file, file:///PATH or the URL of a Redis server, such as redis://HOST")
    who = "\0".join(environment.get(name, "") for name in _WHO)
    name = sha256(who.encode("utf-8", "surrogateescape")).hexdigest()[:16]
    return SharedRateLimit(limit=limit.limit, per=limit.per, url=where, name=name)
