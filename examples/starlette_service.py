"""A Starlette service: `uvicorn starlette_service:app`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TypedDict

from capillary_service import body_of, headers_of, make_client, status_of, tier_by_mobile, tier_of
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from capillary_async import CapillaryClient, CapillaryError


class State(TypedDict):
    """The attributes of `request.state`."""

    client: CapillaryClient


@asynccontextmanager
async def lifespan(_: Starlette) -> AsyncIterator[State]:
    """Open the client when the service starts, and close it after the last answer."""
    async with make_client() as client:
        yield {"client": client}


async def show_tier(request: Request) -> JSONResponse:
    """Answer `GET /customers/{id}/tier`."""
    tier = await tier_of(request.state.client, request.path_params["id"])
    return JSONResponse({"tier": tier.tier, "points": str(tier.points)})


async def show_tier_by_mobile(request: Request) -> JSONResponse:
    """Answer `POST /tiers` with a body such as `{"mobile": "919988123456"}`."""
    tier = await tier_by_mobile(request.state.client, (await request.json())["mobile"])
    return JSONResponse({"tier": tier.tier, "points": str(tier.points)})


async def answer_error(_: Request, error: Exception) -> JSONResponse:
    """Answer with a status for each error of the client."""
    assert isinstance(error, CapillaryError)  # noqa: S101  (it is registered for that alone)
    return JSONResponse(body_of(error), status_code=status_of(error), headers=headers_of(error))


app = Starlette(
    lifespan=lifespan,
    routes=[
        Route("/customers/{id:int}/tier", show_tier),
        Route("/tiers", show_tier_by_mobile, methods=["POST"]),
    ],
    exception_handlers={CapillaryError: answer_error},
)
