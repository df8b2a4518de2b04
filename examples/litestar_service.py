"""A Litestar service: `uvicorn litestar_service:app`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from capillary_service import Tier, body_of, headers_of, make_client, status_of, tier_by_mobile, tier_of
from litestar import Litestar, Request, Response, get, post
from litestar.datastructures import State
from litestar.di import Provide

from capillary_async import CapillaryClient, CapillaryError


@asynccontextmanager
async def lifespan(app: Litestar) -> AsyncIterator[None]:
    """Open the client when the service starts, and close it after the last answer."""
    async with make_client() as client:
        app.state.client = client
        yield


async def the_client(state: State) -> CapillaryClient:
    """Return this process's client."""
    client: CapillaryClient = state.client
    return client


def answer_error(_: Request[Any, Any, Any], error: CapillaryError) -> Response[dict[str, str]]:
    """Answer with a status for each error of the client."""
    return Response(body_of(error), status_code=status_of(error), headers=headers_of(error))


@get("/customers/{customer_id:int}/tier")
async def show_tier(client: CapillaryClient, customer_id: int) -> Tier:
    """Return a customer's tier and points."""
    return await tier_of(client, customer_id)


@post("/tiers", status_code=200)
async def show_tier_by_mobile(client: CapillaryClient, data: dict[str, str]) -> Tier:
    """Return tier and points of the customer with the mobile number in a body such as `{"mobile": "919988123456"}`."""
    return await tier_by_mobile(client, data["mobile"])


app = Litestar(
    [show_tier, show_tier_by_mobile],
    lifespan=[lifespan],
    dependencies={"client": Provide(the_client)},
    exception_handlers={CapillaryError: answer_error},
)
