"""The options of a client, as immutable values: cluster, timeouts, retries, limits."""

import math
import re
from collections.abc import Callable, Mapping
from datetime import UTC, tzinfo
from enum import Enum
from typing import Any, Final, NoReturn

import attrs
from attrs.validators import optional

from capillary_async.errors import InvalidArgumentError

# The only place of the version. Packaging, users and the `User-Agent` read it here.
VERSION: Final = "0.1.0"
__version__: Final = VERSION

_PROXY: Final = re.compile(r"https?://[!-~]+", re.ASCII)


class Region(Enum):
    """A Capillary cluster: its base URL and the time zone of every date-time it sends.

    Capillary documents the time zones of EU and APAC; those of the other clusters come from one of its public tools.
    For a host that is not listed, give the client the full base URL and `ClientOptions.timezone`.
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
        """The cluster's time zone."""
        from zoneinfo import ZoneInfo, ZoneInfoNotFoundError  # noqa: PLC0415  (for the hosts of regions alone)

        try:
            return ZoneInfo(self.timezone_name)
        except ZoneInfoNotFoundError:
            if self.timezone_name == "UTC":  # a slim container may have no time zone database; UTC needs none
                return UTC
            raise


class Secret:
    """A string that only `reveal()` returns; repr and str do not contain it, and pickle refuses it."""

    __slots__ = ("_reveal",)

    def __init__(self, text: str) -> None:
        def reveal() -> str:
            return text

        # A closure, not an attribute: tools that print attributes (tracebacks with locals, debuggers,
        # attrs.asdict) print a function instead of the secret.
        self._reveal = reveal

    def reveal(self) -> str:
        """Return the text. Do not keep it in a variable."""
        return self._reveal()

    def __repr__(self) -> str:
        """Return a fixed text without the secret."""
        return "Secret(...)"

    def __eq__(self, other: object) -> bool:
        """Compare the texts of two secrets."""
        return self._reveal() == other._reveal() if isinstance(other, Secret) else NotImplemented

    def __hash__(self) -> int:
        """Return the same hash for equal secrets."""
        return hash((Secret, self._reveal()))

    def __reduce__(self) -> NoReturn:
        """Refuse, because a pickle would hold the secret in plain text.

        Raises:
            TypeError: Always.
        """
        raise TypeError("a Secret cannot be pickled; create the authentication in the process that uses it")


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
    """Return a URL that holds a password as a `Secret`; return any other value unchanged."""
    return Secret(url) if isinstance(url, str) and "@" in url else url


def reveal_url(url: str | Secret) -> str:
    """Return the text of a URL that `hide_password` may have wrapped. Do not keep it in a variable."""
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
    """When and how often a call is retried.

    Only calls that change nothing are retried: every GET, and the POST for a token.

    Attributes:
        attempts: Largest number of attempts of a call, the first one included. 1 switches retries off.
        base: Seconds; the wait before retry n is a random part of `base * 2**(n-1)` (full jitter).
        throttled_base: Seconds; replaces `base` after an answer that throttles, such as 429.
        cap: Longest wait before a retry, in seconds.
        max_retry_after: A `Retry-After` of more seconds than this is ignored.
        budget: Retry tokens that a client starts with. They limit the retries of an outage: with the defaults, a
            client makes at most 35 retries; after that calls fail at once until some calls succeed.
        retry_cost: Tokens that a retry takes.
        throttled_cost: Tokens that a retry takes after an answer that throttles.
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
    """The options of a client.

    Attributes:
        attempt_timeout: Seconds that one request may take after it has a connection.
        deadline: Seconds that one call may take with all its waits and retries; `None` for no deadline.
        retry: When and how often a call is retried.
        rate_limit: How many requests may start in a period; `None` for no limit in the client.
        max_connections: Largest number of open connections. Further requests wait; `attempt_timeout` does not count
            that wait.
        max_response_bytes: An answer larger than this after decompression is a `DecodeError`.
        timezone: Time zone of date-times that the API sends without one; `None` means the region's, else UTC.
        language: Ask for localised fields in this language, such as `zh`.
        ca_file: Certificates to trust instead of the system's (a PEM file).
        proxy: URL of an HTTP proxy; stored as a `Secret` if it holds a password. The environment's proxies are ignored.
        coalesce: Send one request for identical GETs that run at the same time.
        listing_traits: What an earlier client learned about the listings of this host, as its `client.listing_traits`
            returned it. It saves the requests that learn this. Observations of this client override it.
        user_agent_suffix: Text after this library's part of the `User-Agent`, such as `shop/1.4`.
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
