"""A Celery worker: `celery --app celery_worker worker`.

Celery's tasks are plain functions in processes that it forks. So each process has one thread with one event loop and
one client in it, for all of its tasks.
"""

import os
from contextlib import ExitStack

from anyio.from_thread import BlockingPortal, start_blocking_portal
from capillary_service import make_client, tier_of
from celery import Celery, Task
from celery.signals import worker_process_init, worker_process_shutdown

from capillary_async import CapillaryClient, CapillaryError

app = Celery(
    "capillary",
    broker=os.environ.get("BROKER_URL", "redis://localhost"),
    backend=os.environ.get("RESULT_URL", "redis://localhost"),
)
app.conf.broker_transport_options = {
    # For a broker of type filesystem://, which needs no server.
    "data_folder_in": os.environ.get("BROKER_FOLDER", ""),
    "data_folder_out": os.environ.get("BROKER_FOLDER", ""),
    "control_folder": os.environ.get("BROKER_FOLDER", ""),
}
_process = ExitStack()
_opened: list[tuple[BlockingPortal, CapillaryClient]] = []


@worker_process_init.connect
def open_client(**_: object) -> None:
    """Start the loop and open the client, after the fork: neither survives one."""
    portal = _process.enter_context(start_blocking_portal())
    client = _process.enter_context(portal.wrap_async_context_manager(make_client()))
    _opened[:] = [(portal, client)]


@worker_process_shutdown.connect
def close_client(**_: object) -> None:
    """End both, before the process does."""
    _process.close()


@app.task(bind=True, max_retries=5)
def find_tier(task: "Task", customer_id: int) -> dict[str, str | None]:
    """Look a customer's tier up; what may work later is tried later, and everything else fails the task."""
    portal, client = _opened[0]
    try:
        tier = portal.call(tier_of, client, customer_id)
    except CapillaryError as error:
        if error.retryable:
            raise task.retry(countdown=getattr(error, "retry_after", None) or 5) from None
        raise
    return {"tier": tier.tier, "points": str(tier.points)}
