"""A rate limit that many processes keep together: where it is shared, and what keeps it."""

import re
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import attrs

from capillary_async.errors import InvalidArgumentError
from capillary_async.options import RateLimit, Secret, hide_password, reveal_url
from capillary_async.pipeline.limit import Limit, LocalLimit

_NAME: Final = re.compile(r"[A-Za-z0-9_.-]{1,100}")
_DATABASE: Final = re.compile(r"/?\d*")
# What a server is called in addresses, and what the `redis` package calls it.
_SERVERS: Final = {"redis": "redis", "rediss": "rediss", "valkey": "redis", "valkeys": "rediss"}


@attrs.frozen(init=False)
class SharedRateLimit(RateLimit):
    """At most `limit` requests of all processes together start in any window of `per` seconds.

    The API's limit of a key holds for all that use the key. Every process must give the same `url`, `name`, `limit`
    and `per`; a `ConfigurationError` says if another limit is in use under the name. Processes that wait take turns.
    Asking costs some ten microseconds with a file, a round trip with a server. When the server cannot be reached, calls
    fail with a `TransportError`, because nobody knows then what may start.

    Attributes:
        url: `redis://`, `rediss://`, `valkey://` or `valkeys://` and a server, for many machines (needs
            the package redis); or `file:///` and a path, for the processes of one machine. The file is
            named after both: with the name `prod`, `file:///run/limits` is the file `/run/limits.prod`. Kept as a
            `Secret` if it holds a password.
        name: What the processes call the limit: letters, digits, dots, hyphens and underscores.
    """

    url: str | Secret = attrs.field(kw_only=True)
    name: str = attrs.field(kw_only=True)

    def __init__(self, limit: int, per: float = 60.0, *, url: str, name: str) -> None:
        hidden = Secret(url)
        del url  # a traceback with locals must not show it
        # Set before it is checked: a traceback shows this object, too.
        object.__setattr__(self, "url", hide_password(hidden.reveal()))
        object.__setattr__(self, "name", name)
        super().__init__(limit, per)
        if mistake := _mistake_in(hidden):
            raise InvalidArgumentError(mistake)
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            raise InvalidArgumentError("name must be up to 100 letters, digits, dots, hyphens and underscores")


def limit_of(rate_limit: RateLimit) -> Limit:
    """Build what keeps a rate limit.

    Raises:
        ConfigurationError: The package that talks to the server is not installed, or refuses the address.
    """
    if not isinstance(rate_limit, SharedRateLimit):
        return LocalLimit.of(rate_limit)
    name, url = rate_limit.name, Secret(reveal_url(rate_limit.url))
    scheme = urlsplit(url.reveal()).scheme
    if scheme == "file":
        from urllib.request import url2pathname  # noqa: PLC0415  (brings the modules of HTTP and mail)

        from capillary_async.pipeline.file_limit import FileLimit  # noqa: PLC0415  (for this kind of limit alone)

        return FileLimit(Path(f"{url2pathname(urlsplit(url.reveal()).path)}.{name}"), rate_limit)
    from capillary_async.pipeline.redis_limit import RedisLimit  # noqa: PLC0415  (for this kind of limit alone)

    return RedisLimit.at(Secret(_SERVERS[scheme] + url.reveal()[len(scheme) :]), name, rate_limit)


def _mistake_in(url: Secret) -> str:
    """Say what keeps an address from working, empty when nothing does.

    Returned and not raised, because a password may stand in it and the frames below an error are shown.
    """
    try:
        parts = urlsplit(url.reveal())
        is_server = parts.scheme in _SERVERS and bool(parts.hostname) and parts.port != 0
    except (ValueError, AttributeError):
        parts, is_server = urlsplit(""), False
    if parts.scheme == "file":
        is_local = parts.netloc in ("", "localhost") and len(parts.path) > 1
        return "" if is_local else "url must name a file of this machine, such as file:///run/limits"
    if not is_server:
        known = ", ".join(f"{scheme}://" for scheme in _SERVERS)
        return f"url must start with {known} and a server, or with file:///"
    return "" if _DATABASE.fullmatch(parts.path) else "url must end with the number of a database, or without any"
