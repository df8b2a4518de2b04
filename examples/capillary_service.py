"""What every service and worker here shares: how the client is set up, what is looked up, what errors become.

One client a process: it holds the connections, the token and the rate limit. `CAPILLARY_BASE_URL`, `CAPILLARY_TILL` and
`CAPILLARY_PASSWORD` say where and who (`capillary sandbox` prints them for a server on this machine).
"""

import math
import os
from dataclasses import dataclass
from decimal import Decimal

from capillary_async import (
    AccessDeniedError,
    CapillaryClient,
    CapillaryError,
    ClientOptions,
    Customer,
    CustomerMergedError,
    DeadlineExceeded,
    InvalidArgumentError,
    InvalidRequestError,
    NotFoundError,
    RateLimit,
    SharedRateLimit,
)

GATEWAY_TIMEOUT = 504
UNAVAILABLE = 503
BAD_GATEWAY = 502
# What no later attempt changes, and the caller can do something about.
REFUSALS: tuple[tuple[type[CapillaryError], int], ...] = (
    (NotFoundError, 404),
    (CustomerMergedError, 409),
    (AccessDeniedError, 403),
    (InvalidRequestError, 400),
    (InvalidArgumentError, 400),
)


@dataclass
class Tier:
    """Where a customer stands; points travel as text, for they are exact."""

    tier: str | None
    points: Decimal | None


def options() -> ClientOptions:
    """Choose options for a service: callers wait 2 seconds at most, and share answers that they ask for together."""
    deadline = float(os.environ.get("CAPILLARY_DEADLINE", "2"))
    return ClientOptions(deadline=deadline, coalesce=True, rate_limit=rate_limit())


def make_client() -> CapillaryClient:
    """Set a client up; `async with` opens it, or `open` and `aclose` do."""
    return CapillaryClient.from_env(options=options())


def rate_limit() -> RateLimit:
    """Read the key's limit; with `CAPILLARY_LIMIT_URL` all processes keep it together.

    `CAPILLARY_RATE` is requests and seconds, such as `1000/60`; the URL is `file:///…` or `redis://…`.
    """
    limit, per = os.environ.get("CAPILLARY_RATE", "1000/1").split("/")
    url = os.environ.get("CAPILLARY_LIMIT_URL")
    if url is None:
        return RateLimit(int(limit), float(per))
    return SharedRateLimit(int(limit), float(per), url=url, name="capillary")


def tier_in(customer: Customer) -> Tier:
    """Read the tier of a customer that was asked for with the points embedded."""
    summary = customer.points_summary
    return Tier(summary.current_slab, summary.loyalty_points) if summary else Tier(None, None)


async def tier_of(client: CapillaryClient, customer_id: int) -> Tier:
    """Look a customer's tier up."""
    return tier_in(await client.customers.get(customer_id, embed=["points"]))


async def tier_by_mobile(client: CapillaryClient, mobile: str) -> Tier:
    """The same, of whoever has a mobile number; services take it in a body, for paths end up in logs and traces."""
    return await tier_of(client, await client.customers.find_id("mobile", mobile))


def status_of(error: CapillaryError) -> int:
    """Choose the HTTP status with which a service answers its own caller.

    What the API refuses for good is a 4xx. What may work in a moment is a 503, and the deadline a 504. Everything else
    (our own credentials, an answer that nobody documents) is no fault of the caller's: a 502.
    """
    if isinstance(error, DeadlineExceeded):
        return GATEWAY_TIMEOUT
    for kind, status in REFUSALS:
        if isinstance(error, kind):
            return status
    return UNAVAILABLE if error.retryable else BAD_GATEWAY


def headers_of(error: CapillaryError) -> dict[str, str]:
    """Say when to come back, in whole seconds, where that is what the status means."""
    if status_of(error) != UNAVAILABLE:
        return {}
    return {"Retry-After": str(math.ceil(getattr(error, "retry_after", None) or 1))}


def body_of(error: CapillaryError) -> dict[str, str]:
    """Say what went wrong; the text names no customer and no secret."""
    return {"error": type(error).__name__, "message": str(error)}
