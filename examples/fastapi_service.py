"""A FastAPI service: `uvicorn fastapi_service:app`, or gunicorn with `--worker-class uvicorn_worker.UvicornWorker`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

from capillary_service import Tier, body_of, headers_of, make_client, status_of, tier_by_mobile, tier_of
from fastapi import Body, Depends, FastAPI, Path, Request
from fastapi.responses import JSONResponse

from capillary_async import CapillaryClient, CapillaryError, TargetEvent


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Open the client when the service starts, and close it after the last answer."""
    async with make_client() as client:
        app.state.client = client
        yield


def the_client(request: Request) -> CapillaryClient:
    """Return this process's client; tests override this dependency."""
    client: CapillaryClient = request.app.state.client
    return client


Client = Annotated[CapillaryClient, Depends(the_client)]
app = FastAPI(lifespan=lifespan)


@app.exception_handler(CapillaryError)
async def answer_error(_: Request, error: CapillaryError) -> JSONResponse:
    """Answer with a status for each error of the client."""
    return JSONResponse(body_of(error), status_code=status_of(error), headers=headers_of(error))


@app.get("/customers/{customer_id}/tier")
async def show_tier(client: Client, customer_id: Annotated[int, Path(gt=0)]) -> Tier:
    """Return a customer's tier and points."""
    return await tier_of(client, customer_id)


@app.post("/tiers")
async def show_tier_by_mobile(client: Client, mobile: Annotated[str, Body(embed=True)]) -> Tier:
    """Return tier and points of the customer with a mobile number."""
    return await tier_by_mobile(client, mobile)


@app.get("/customers/{customer_id}/events/{target_rule_id}")
async def show_events(client: Client, customer_id: int, target_rule_id: int) -> list[TargetEvent]:
    """Return a customer's events for a target. Models are valid responses, and FastAPI has their schema."""
    return await client.targets.list_events(customer_id, target_rule_id).collect()
