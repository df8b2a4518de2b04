"""How a client behaves, as immutable values: where it connects, how long it waits, how often it tries."""

import math
import re
from collections.abc import Callable, Mapping
from datetime import UTC, tzinfo
from enum import Enum
from typing import Any, Final, NoReturn
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import attrs
from attrs.validators import optional

from capillary_async.errors import InvalidArgumentError

# The one place of the version, for packaging, for users and for the `User-Agent`.
VERSION: Final = "0.1.0"

_PROXY: Final = re.compile(r"https?://[!-~]+", re.ASCII)


class Region(Enum):
    """A Capillary cluster: its base URL and the time zone of every date-time it sends.

    EU's and APAC's clocks are documented, the others come from a public tool of Capillary's. For a
    host that is not listed, give the client its full base URL and `ClientOptions.timezone`.
    """

    EU = ("https://eu.api.capillarytech.com", "UTC")
    APAC = ("https://apac.api.capillarytech.com", "Asia/Kolkata")
    APAC2 = ("https://apac2.api.capillarytech.com", "Asia/Singapore")
    SEA = ("https://sea.api.capillarytech.com", "Asia/Singapore")
    US = ("https://us.api.capillarytech.com", "America/New_York")
    USHC = ("https://ushc.api.capillarytech.com", "America/New_York")
    CHINA = ("https://api.capillarytech.cn.com", "Asia/Shanghai")

    def __init__(self, base_url: str, timezone_name: str) -> None:
        self.base_url = base_url
        self.timezone_name = timezone_name

    @property
    def timezone(self) -> tzinfo:
        """The cluster's clock."""
        try:
            return ZoneInfo(self.timezone_name)
        except ZoneInfoNotFoundError:
            if self.timezone_name == "UTC":  # which needs no database of time zones; slim containers may have none
                return UTC
            raise


class Secret:
    """A text that shows itself to nobody but `reveal`."""

    __slots__ = ("_reveal",)

    def __init__(self, text: str) -> None:
        def reveal() -> str:
            return text

        # A closure, not an attribute: what prints an object's attributes (tracebacks with locals,
        # debuggers, attrs.asdict) finds a function there.
        self._reveal = reveal

    def reveal(self) -> str:
        """Return the text. Do not keep it in a variable."""
        return self._reveal()

    def __repr__(self) -> str:
        """Say that there is a secret, and nothing of it."""
        return "Secret(...)"

    def __eq__(self, other: object) -> bool:
        """Equal to a secret of the same text."""
        return self._reveal() == other._reveal() if isinstance(other, Secret) else NotImplemented

    def __hash__(self) -> int:
        """Hash like the text."""
        return hash((Secret, self._reveal()))

    def __reduce__(self) -> NoReturn:
        """Refuse: a pickle is a file or a message in plain text.

        Raises:
            TypeError: Always.
        """
        raise TypeError("a Secret does not travel in a pickle; build the authentication anew where it is used")


def _positive(_: object, attribute: "attrs.Attribute[Any]", value: float) -> None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not (is_number and 0 < value < math.inf):
        raise InvalidArgumentError(f"{attribute.name} must be a positive, finite number, not {value!r}")


def _positive_or_none(instance: object, attribute: "attrs.Attribute[Any]", value: float | None) -> None:
    if value is not None:
        _positive(instance, attribute, value)


def _positive_int(_: object, attribute: "attrs.Attribute[Any]", value: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise InvalidArgumentError(f"{attribute.name} must be a positive whole number, not {value!r}")


def _kind(kind: type) -> Callable[[object, "attrs.Attribute[Any]", Any], None]:
    def check(_: object, attribute: "attrs.Attribute[Any]", value: Any) -> None:
        if not isinstance(value, kind):
            raise InvalidArgumentError(f"{attribute.name} must be a {kind.__name__}, not a {type(value).__name__}")

    return check


def _header_text(_: object, attribute: "attrs.Attribute[Any]", value: str) -> None:
    if not (isinstance(value, str) and value.isascii() and value.isprintable() and value.strip()):
        raise InvalidArgumentError(f"{attribute.name} must be printable ASCII characters")


def hide_password(url: Any) -> Any:
    """Return a URL that holds a password as a `Secret`, and anything else as it is."""
    return Secret(url) if isinstance(url, str) and "@" in url else url


def reveal_url(url: str | Secret) -> str:
    """Return the text of a URL that `hide_password` may have hidden. Do not keep it in a variable."""
    return url.reveal() if isinstance(url, Secret) else url


def _hide_proxy(url: str | Secret | None) -> str | Secret | None:
    hidden: str | Secret | None = hide_password(url)
    return hidden


def _proxy_url(_: object, attribute: "attrs.Attribute[Any]", value: str | Secret) -> None:
    # The URL may hold a password, so the error does not repeat it.
    if not (isinstance(value, str | Secret) and _PROXY.fullmatch(reveal_url(value))):
        raise InvalidArgumentError(f"{attribute.name} must be a URL that starts with http:// or https://")


@attrs.frozen(kw_only=True)
class RetryPolicy:
    """When and how often a call is tried again.

    Only calls that change nothing are: every GET, and the POST for a token.

    Attributes:
        attempts: How often a call is tried at most, the first time included. 1 switches retries off.
        base: Seconds; the wait before retry n is a random part of `base * 2**(n-1)` (full jitter).
        throttled_base: The same after an answer that says "too many".
        cap: Longest such wait, in seconds.
        max_retry_after: A `Retry-After` of more seconds than this is ignored.
        budget: Tokens a client starts with. They bound what an outage costs: with the defaults at most
            35 retries, then calls fail at once until some succeed.
        retry_cost: Tokens a retry takes.
        throttled_cost: Tokens a retry takes after an answer that says "too many".
    """

    attempts: int = attrs.field(default=4, validator=_positive_int)
    base: float = attrs.field(default=0.05, validator=_positive)
    throttled_base: float = attrs.field(default=1.0, validator=_positive)
    cap: float = attrs.field(default=20.0, validator=_positive)
    max_retry_after: float = attrs.field(default=300.0, validator=_positive)
    budget: int = attrs.field(default=500, validator=_positive_int)
    retry_cost: int = attrs.field(default=14, validator=_positive_int)
    throttled_cost: int = attrs.field(default=5, validator=_positive_int)


@attrs.frozen
class RateLimit:
    """At most `limit` requests start in any window of `per` seconds, retries included.

    The API's limits are per key and per endpoint, in calls a minute: 1,000 or, on old demo clusters,
    100; a brand may have its own.
    """

    limit: int = attrs.field(validator=_positive_int)
    per: float = attrs.field(default=60.0, validator=_positive)


MEBIBYTE: Final = 2**20


@attrs.frozen(kw_only=True)
class ClientOptions:
    """How a client behaves.

    Attributes:
        attempt_timeout: Seconds one request may take once it has a connection.
        deadline: Seconds one call may take with all its waits and retries; `None` for no end.
        retry: When and how often a call is tried again.
        rate_limit: How many requests may start in a period; `None` for no limit of the client's own.
        max_connections: Connections open at once; further requests queue, and queueing is no timeout.
        max_response_bytes: A larger answer, counted after decompression, is a `DecodeError`.
        timezone: Clock of date-times that come without a zone; `None` means the region's, else UTC.
        language: Ask for localised fields in this language, such as `zh`.
        ca_file: Certificates to trust instead of the system's (a PEM file).
        proxy: URL of an HTTP proxy; kept as a `Secret` if it holds a password. No proxy is taken from the environment.
        coalesce: Let identical GETs that are under way at the same time share one request.
        listing_traits: What the listings of this host were found to mean, as `client.listing_traits` of an earlier
            client returned it; saves the requests that find it out. What the answers show overrides it.
        user_agent_suffix: What stands behind this library's own part of the `User-Agent`, such as `shop/1.4`.
    """

    attempt_timeout: float = attrs.field(default=30.0, validator=_positive)
    deadline: float | None = attrs.field(default=120.0, validator=_positive_or_none)
    retry: RetryPolicy = attrs.field(default=RetryPolicy(), validator=_kind(RetryPolicy))
    rate_limit: RateLimit | None = attrs.field(default=None, validator=optional(_kind(RateLimit)))
    max_connections: int = attrs.field(default=100, validator=_positive_int)
    max_response_bytes: int = attrs.field(default=64 * MEBIBYTE, validator=_positive_int)
    timezone: tzinfo | None = attrs.field(default=None, validator=optional(_kind(tzinfo)))
    language: str | None = attrs.field(default=None, validator=optional(_header_text))
    ca_file: str | None = attrs.field(default=None, validator=optional(_kind(str)))
    proxy: str | Secret | None = attrs.field(default=None, converter=_hide_proxy, validator=optional(_proxy_url))
    coalesce: bool = attrs.field(default=False, validator=_kind(bool))
    user_agent_suffix: str | None = attrs.field(default=None, validator=optional(_header_text))
    listing_traits: Mapping[str, Any] | None = attrs.field(
        default=None, validator=optional(_kind(Mapping)), repr=False, hash=False
    )
