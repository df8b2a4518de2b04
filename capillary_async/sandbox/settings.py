"""The settings of a sandbox."""

import asyncio
import math
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Literal, NoReturn
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import attrs

from capillary_async.sandbox.listings import ByKind, Kind, rules
from capillary_async.sandbox.paging import Echo, OffsetMeaning, Paging, TotalMeaning, one_of
from capillary_async.sandbox.people import CustomerStatus, status_by_last_digits

Denial = Literal["scope", "access group"]
ErrorStatus = Literal["ok", "4xx"]
EnvelopeCode = Literal["text", "number"]
NoEvents = Literal["310149", "empty page"]
RetryAfter = Literal["seconds", "date"]
Gateway = Literal[
    "not found",
    "no route",
    "html 404",
    "blank 400",
    "firewall",
    "method",
    "timeout",
    "too large",
    "misdirected",
    "too early",
    "client closed",
    "log-in page",
    "bad gateway",
    "unavailable",
    "too many",
]


def _whole(_: Any, attribute: "attrs.Attribute[Any]", value: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ValueError(f"{attribute.name} must be a whole number of at least 0, not {value!r}")


def _seconds(_: Any, attribute: "attrs.Attribute[Any]", value: float) -> None:
    if isinstance(value, bool) or not 0 <= value < math.inf:
        raise ValueError(f"{attribute.name} must be a number of seconds of at least 0, not {value!r}")


def _port(_: Any, attribute: "attrs.Attribute[Any]", value: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 65_536:
        raise ValueError(f"{attribute.name} must be a port from 0 to 65535, not {value!r}")


def _limit(_: Any, attribute: "attrs.Attribute[Any]", value: tuple[int, float] | None) -> None:
    if value is not None and not (len(value) == 2 and value[0] >= 1 and 0 < value[1] < math.inf):
        raise ValueError(f"{attribute.name} must be a number of requests and a number of seconds, not {value!r}")


def _cap(_: Any, attribute: "attrs.Attribute[Any]", value: int | None) -> None:
    if value is not None and (isinstance(value, bool) or value < 1):
        raise ValueError(f"{attribute.name} must be at least 1 or None, not {value!r}")


def _rules_by_kind(settings: Mapping[Kind, Paging]) -> ByKind[Paging]:
    return ByKind(settings)


def _counts_by_kind(settings: Mapping[Kind, int]) -> ByKind[int]:
    return ByKind(settings)


def _zone(_: Any, attribute: "attrs.Attribute[Any]", value: str) -> None:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ValueError(f"{attribute.name} must be the name of a time zone, not {value!r}") from error


def _fixed(_: Any, attribute: "attrs.Attribute[Any]", __: Any) -> NoReturn:
    raise AttributeError(f"{attribute.name} cannot be changed after the sandbox was created")


@attrs.define(kw_only=True, eq=False)
class SandboxSettings:
    """The settings of a sandbox. All are validated; most can be changed while the sandbox runs.

    Attributes:
        customers: Number of ids that `customer_ids` returns. Every other positive id exists, too.
        seed: Two sandboxes with the same seed have the same data.
        host: Address to listen on.
        port: Port to listen on; 0 means any that is free.
        timezone: Name of the time zone of all dates.
        log_size: Number of latest requests that `requests` keeps; 0 keeps none.
        till: The till that may log in with Basic.
        password: The till's password. Requests hold its MD5.
        key: Client key that gets tokens.
        secret: The secret of the client key.
        token_ttl: Seconds for which a token is valid.
        basic: Whether Basic is accepted; an organisation can switch it off.
        denial: Refuse all valid credentials, because they lack a scope or an access group.
        envelope_code: Type of the code in the old envelope.
        error_status: Whether refusals have the HTTP status of their code, or 200; no document says which.
        latency: Seconds before every answer.
        jitter: Largest random addition to `latency`, in seconds.
        rate_limit: Number of requests and number of seconds; more requests in that time get 429.
        retry_after: Form of the `Retry-After` in a 429; `None` leaves the header out.
        gateway: A gateway that answers every request in place of the API; `None` for no gateway.
        spacing: Seconds; a request that comes sooner after the last accepted one gets `spacing_status`.
        spacing_status: 503 as from nginx, or 429.
        closes: Whether the connection is closed after each answer.
        offset_unit: What `offset` counts for target events and a customer's user groups, where documents disagree.
        total_unit: What `total` counts.
        echo: The `limit` in an answer.
        page_cap: Larger pages are reduced to this size, except where the documents say that they are an error.
        warn_of_cap: Whether an answer with a reduced page size has a warning.
        paging: Rules of single kinds of listing, in place of the five settings above.
        unstable_ties: Whether transactions of the same time have another order in each answer, as from a database that
            sorts by time only.
        rows: Number of rows of every listing of a kind, in place of an invented number.
        customer_status: Returns the status of a customer's id.
        user_groups_key: Name of the array with a customer's groups; no document names it.
        no_events: The answer for a customer without events for a target: the documented code, or an empty page.
        clock: Returns seconds, for tokens, limits and the log.
        sleep: Waits, for latency and delays.
    """

    customers: int = attrs.field(default=1000, validator=_whole)
    seed: int = attrs.field(default=0, validator=_whole, on_setattr=_fixed)
    host: str = attrs.field(default="127.0.0.1", on_setattr=_fixed)
    port: int = attrs.field(default=0, validator=_port)
    timezone: str = attrs.field(default="UTC", validator=_zone, on_setattr=_fixed)
    log_size: int = attrs.field(default=10_000, validator=_whole, on_setattr=_fixed)
    till: str = "store.server"
    password: str = attrs.field(default="server123", repr=False)
    key: str = "sandbox-key"
    secret: str = attrs.field(default="sandbox-secret", repr=False)
    token_ttl: float = attrs.field(default=300.0, validator=_seconds)
    basic: bool = True
    denial: Denial | None = attrs.field(default=None, validator=attrs.validators.optional(one_of(Denial)))
    envelope_code: EnvelopeCode = attrs.field(default="text", validator=one_of(EnvelopeCode))
    error_status: ErrorStatus = attrs.field(default="4xx", validator=one_of(ErrorStatus))
    latency: float = attrs.field(default=0.0, validator=_seconds)
    jitter: float = attrs.field(default=0.0, validator=_seconds)
    rate_limit: tuple[int, float] | None = attrs.field(default=None, validator=_limit)
    retry_after: RetryAfter | None = attrs.field(
        default="seconds", validator=attrs.validators.optional(one_of(RetryAfter))
    )
    gateway: Gateway | None = attrs.field(default=None, validator=attrs.validators.optional(one_of(Gateway)))
    spacing: float = attrs.field(default=0.0, validator=_seconds)
    spacing_status: Literal[503, 429] = 503
    closes: bool = False
    offset_unit: OffsetMeaning = attrs.field(default="records", validator=one_of(OffsetMeaning))
    total_unit: TotalMeaning = attrs.field(default="records", validator=one_of(TotalMeaning))
    echo: Echo = attrs.field(default="asked", validator=one_of(Echo))
    page_cap: int | None = attrs.field(default=None, validator=_cap)
    warn_of_cap: bool = True
    paging: ByKind[Paging] = attrs.field(factory=ByKind[Paging], converter=_rules_by_kind)
    unstable_ties: bool = False
    rows: ByKind[int] = attrs.field(factory=ByKind[int], converter=_counts_by_kind)
    customer_status: Callable[[int], CustomerStatus] = status_by_last_digits
    user_groups_key: str = "userGroups2"
    no_events: NoEvents = attrs.field(default="310149", validator=one_of(NoEvents))
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[Any]] = asyncio.sleep

    def paging_of(self, kind: Kind) -> Paging:
        """Return the current rules of a kind of listing."""
        own = self.paging.get(kind)
        return own or rules(kind, self.offset_unit, self.total_unit, self.echo, self.page_cap, self.warn_of_cap)

    def cap_page_size(self, rows: int | None) -> None:
        """Cap the page size of every kind of listing; `None` removes the cap."""
        self.page_cap = rows
        for kind, paging in self.paging.items():
            self.paging[kind] = attrs.evolve(paging, page_cap=rows)
