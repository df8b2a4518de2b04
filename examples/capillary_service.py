"""The parts that all services and workers share: the client, the lookups, and the statuses for errors.

Each process has one client, which holds the connections, the token and the rate limit. `CAPILLARY_BASE_URL`,
`CAPILLARY_TILL` and `CAPILLARY_PASSWORD` are the address and the login; `capillary sandbox` prints them for a server on
this machine.
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
# Errors of the caller; a retry does not help.
REFUSALS: tuple[tuple[type[CapillaryError], int], ...] = (
    (NotFoundError, 404),
    (CustomerMergedError, 409),
    (AccessDeniedError, 403),
    (InvalidRequestError, 400),
    (InvalidArgumentError, 400),
)


@dataclass
class Tier:
    """A customer's tier and points. Answers have the points as text, because they are exact."""

    tier: str | None
    points: Decimal | None


def options() -> ClientOptions:
    """Return options for a service: a deadline of 2 seconds, and one request for identical calls that run together."""
    deadline = float(os.environ.get("CAPILLARY_DEADLINE", "2"))
    return ClientOptions(deadline=deadline, coalesce=True, rate_limit=rate_limit())


def make_client() -> CapillaryClient:
    """Create a client; open it with `async with`, or with `open` and `aclose`."""
    return CapillaryClient.from_env(options=options())


def rate_limit() -> RateLimit:
    """Read the rate limit; with `CAPILLARY_LIMIT_URL` all processes share it.

    `CAPILLARY_RATE` is requests and seconds, such as `1000/60`; the URL is `file:///…` or `redis://…`.
    """
    limit, per = os.environ.get("CAPILLARY_RATE", "1000/1").split("/")
    url = os.environ.get("CAPILLARY_LIMIT_URL")
    if url is None:
        return RateLimit(int(limit), float(per))
    return SharedRateLimit(int(limit), float(per), url=url, name="capillary")


def tier_in(customer: Customer) -> Tier:
    """Return the tier of a customer that was fetched with its points."""
    summary = customer.points_summary
    return Tier(summary.current_slab, summary.loyalty_points) if summary else Tier(None, None)


async def tier_of(client: CapillaryClient, customer_id: int) -> Tier:
    """Look up a customer's tier."""
    return tier_in(await client.customers.get(customer_id, embed=["points"]))


async def tier_by_mobile(client: CapillaryClient, mobile: str) -> Tier:
    """Look up the tier of the customer with a mobile number.

    Services receive the number in a body, because paths are written to logs and traces.
    """
    return await tier_of(client, await client.customers.find_id("mobile", mobile))


def status_of(error: CapillaryError) -> int:
    """Choose the HTTP status of a service's answer for an error.

    A refusal of the API is a 4xx. A retryable error is a 503, and the deadline a 504. Any other error, such as wrong
    credentials of the service or an undocumented answer, is a 502.
    """
    if isinstance(error, DeadlineExceeded):
        return GATEWAY_TIMEOUT
    for kind, status in REFUSALS:
        if isinstance(error, kind):
            return status
    return UNAVAILABLE if error.retryable else BAD_GATEWAY


def headers_of(error: CapillaryError) -> dict[str, str]:
    """Return a `Retry-After` in whole seconds for a 503."""
    if status_of(error) != UNAVAILABLE:
        return {}
    return {"Retry-After": str(math.ceil(getattr(error, "retry_after", None) or 1))}


def body_of(error: CapillaryError) -> dict[str, str]:
    """Return the error as JSON; the message names no customer and no secret."""
    return {"error": type(error).__name__, "message": str(error)}
