"""Everything about a sandbox that can be set, when it is made and while it runs."""

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
    raise AttributeError(f"{attribute.name} is fixed when the sandbox is made")


@attrs.define(kw_only=True, eq=False)
class SandboxSettings:
    """What a sandbox is told. All of it is checked; all but the first lines can be changed while it runs.

    Attributes:
        customers: How many ids `customer_ids` gives. Every other positive id exists, too.
        seed: Two sandboxes with the same seed tell the same story.
        host: Address to listen on.
        port: Port to listen on; 0 means any that is free.
        timezone: Name of the zone in which every date is written.
        log_size: How many of the latest requests `requests` keeps; 0 keeps none.
        till: The till that may log in with Basic.
        password: Its password. What travels is its MD5.
        key: Client key that gets tokens.
        secret: Its secret.
        token_ttl: Seconds that a token lives.
        basic: Whether Basic is accepted; an organisation can switch it off.
        denial: Refuse everybody who is known, for want of a scope or of an access group.
        envelope_code: How the old envelope writes its code.
        error_status: Whether refusals come with a fitting HTTP status or with 200; no document says.
        latency: Seconds before every answer.
        jitter: Up to so many more, at random.
        rate_limit: So many requests in so many seconds; more get 429.
        retry_after: What the 429 says about when to come back; `None` leaves the header out.
        gateway: What a gateway answers every request with in the API's place; `None` for no such thing.
        spacing: A request that comes fewer seconds after the last one that passed gets `spacing_status`.
        spacing_status: 503 as from nginx, or 429.
        closes: Whether the connection is closed after each answer.
        offset_unit: What `offset` counts where documents leave it open: target events and a
            customer's user groups.
        total_unit: What `total` counts.
        echo: Which `limit` an answer names.
        page_cap: Larger pages are cut to this size, except where the documents say that they are an error.
        warn_of_cap: Whether a warning says so.
        paging: Rules of one kind of listing, instead of the five above.
        unstable_ties: Whether transactions of one time come in another order in each answer, as from a database
            that sorts by time alone.
        rows: How many rows every listing of a kind has, instead of an invented number.
        customer_status: Tells whether an id is a customer's.
        user_groups_key: Name of the array with a customer's groups; no document gives it.
        no_events: What a customer without events for a target gets: the documented code, or an empty page.
        clock: Seconds, for tokens, limits and the log.
        sleep: Waits; for latency and delays.
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
        """Return the rules in force for a kind of listing."""
        own = self.paging.get(kind)
        return own or rules(kind, self.offset_unit, self.total_unit, self.echo, self.page_cap, self.warn_of_cap)

    def cap_page_size(self, rows: int | None) -> None:
        """Cap the pages of every kind of listing; `None` lifts the cap."""
        self.page_cap = rows
        for kind, paging in self.paging.items():
            self.paging[kind] = attrs.evolve(paging, page_cap=rows)
