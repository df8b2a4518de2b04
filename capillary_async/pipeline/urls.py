"""Check the base URL, and build the URL of each request.

Values of paths and queries are encoded so strictly that no value can lead to another path or host.
"""

import ipaddress
import re
from datetime import UTC, tzinfo
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, urlsplit

from capillary_async.errors import ConfigurationError, InvalidArgumentError
from capillary_async.options import Region
from capillary_async.pipeline.request import DateTimeParam, InternalValue, Request

if TYPE_CHECKING:
    from yarl import URL

_NAME: Final = re.compile(r"\{(\w+)\}")
_HOST: Final = re.compile(r"[\w-]+(?:\.[\w-]+)*\.?", re.ASCII)
_PATH: Final = re.compile(r"(?:/[\w.~-]+)*/?", re.ASCII)


class BaseUrl(InternalValue, frozen=True):
    """Where every request goes: scheme, host, port and an optional path before the API's own.

    Attributes:
        text: The URL without a slash at its end.
    """

    text: str
    scheme: str
    host: str
    port: int

    @classmethod
    def of(cls, base_url: Region | str) -> "BaseUrl":
        """Check a base URL.

        Raises:
            ConfigurationError: It is neither https, nor http to this machine, or has parts it must not have.
        """
        text = base_url.base_url if isinstance(base_url, Region) else base_url
        if mistake := _mistake_in(text):
            del base_url, text  # it may be a password that is wrong in it
            raise ConfigurationError(f"base_url {mistake}")
        parts = urlsplit(text)
        host, usual_port = (parts.hostname or "").lower(), 443 if parts.scheme == "https" else 80
        port = parts.port or usual_port
        # Built from its parts, so that the URL that is sent and the one that is compared are equal.
        authority = (f"[{host}]" if ":" in host else host) + ("" if port == usual_port else f":{port}")
        return cls(f"{parts.scheme}://{authority}{parts.path.rstrip('/')}", parts.scheme, host, port)

    @property
    def timezone(self) -> tzinfo:
        """The time zone of the region that this URL belongs to; UTC for other hosts."""
        return next((region.timezone for region in Region if BaseUrl.of(region).host == self.host), UTC)

    def is_origin_of(self, url: "URL") -> bool:
        """Whether `url` leads to the same scheme, host and port."""
        # The raw host: yarl would have to work the other one out for each URL.
        return url.scheme == self.scheme and url.raw_host == self.host and url.port == self.port


def _mistake_in(text: object) -> str | None:
    if not isinstance(text, str) or not text.isascii() or not text.isprintable() or " " in text or "\\" in text:
        return "must be a text of ASCII characters without spaces or backslashes"
    try:
        parts = urlsplit(text)
        host, port, steps = parts.hostname or "", parts.port, parts.path.split("/")
    except ValueError:
        return "is not a URL"
    rules = {
        "must not hold a user name or a password": "@" not in parts.netloc,
        "must not have a query or a fragment": "?" not in text and "#" not in text,
        "must be a Region, or start with https:// and a host": parts.scheme in ("https", "http") and _is_host(host),
        "must have a plain path": _PATH.fullmatch(parts.path) and not {".", ".."}.intersection(steps),
        "must have a port above 0": port != 0,
        "must be https; plain http is for this machine only": parts.scheme == "https" or _is_loopback(host),
    }
    return next((rule for rule, is_kept in rules.items() if not is_kept), None)


def _is_host(name: str) -> bool:
    return bool(_HOST.fullmatch(name)) or _parse_address(name) is not None


def _is_loopback(host: str) -> bool:
    address = _parse_address(host)
    return host.lower() == "localhost" if address is None else address.is_loopback


def _parse_address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return None if "%" in host else ipaddress.ip_address(host)
    except ValueError:
        return None


def build_url(base: BaseUrl, request: Request[Any], zone: tzinfo) -> str:
    """Return the URL of a request. Dates are written in `zone`, the cluster's time zone.

    Raises:
        InvalidArgumentError: A path value is empty or a dot segment, which no encoding makes harmless.
    """
    values = request.path_values
    parts = [base.text]
    for text, name in _split(request.path):
        parts.append(text)
        if name:
            value = values[name]
            parts.append(str(value) if type(value) is int else _segment(name, value))
    mark = "?"
    for name, argument in request.query:
        written = argument.text(zone) if isinstance(argument, DateTimeParam) else argument
        # Most values are numbers and words. To see that is ten times as fast as to have `quote` find nothing to do.
        is_plain = written.isascii() and written.isalnum()
        parts += (mark, _encode_name(name), written if is_plain else _encode(written))
        mark = "&"
    return "".join(parts)


@lru_cache(256)
def _split(template: str) -> tuple[tuple[str, str], ...]:
    """Return a path template as texts, each with the name that follows it, which is empty at the end."""
    pieces = [*_NAME.split(template), ""]
    return tuple(zip(pieces[::2], pieces[1::2], strict=True))


def _segment(name: str, value: int | str) -> str:
    if isinstance(value, int):
        return str(int(value))
    if value in ("", ".", ".."):
        raise InvalidArgumentError(f"{name} must be a text that can stand in a path")
    return _encode(value)


@lru_cache(256)
def _encode_name(name: str) -> str:
    return f"{_encode(name)}="


def _encode(text: str) -> str:
    try:
        return quote(text, safe="")
    except UnicodeEncodeError:
        pass
    raise InvalidArgumentError("a value holds half of a surrogate pair, which no URL can carry")
