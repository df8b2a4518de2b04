"""A taskiq worker: `taskiq worker taskiq_worker:broker`."""

import os
from typing import Annotated

from capillary_service import make_client, tier_of
from taskiq import Context, TaskiqDepends, TaskiqEvents, TaskiqState
from taskiq_redis import ListQueueBroker, RedisAsyncResultBackend

from capillary_async import CapillaryClient

Found = dict[str, str | None]
URL = os.environ.get("BROKER_URL", "redis://localhost")
broker = ListQueueBroker(URL).with_result_backend(RedisAsyncResultBackend(URL))


@broker.on_event(TaskiqEvents.WORKER_STARTUP)
async def open_client(state: TaskiqState) -> None:
    """Open one client for all tasks of this process, in its event loop."""
    state.client = await make_client().open()


@broker.on_event(TaskiqEvents.WORKER_SHUTDOWN)
async def close_client(state: TaskiqState) -> None:
    """Close the client after the last task."""
    await state.client.aclose()


def the_client(context: Annotated[Context, TaskiqDepends()]) -> CapillaryClient:
    """Return this process's client."""
    client: CapillaryClient = context.state.client
    return client


@broker.task
async def find_tier(customer_id: int, client: Annotated[CapillaryClient, TaskiqDepends(the_client)]) -> Found:
    """Look up a customer's tier."""
    tier = await tier_of(client, customer_id)
    return {"tier": tier.tier, "points": str(tier.points)}
