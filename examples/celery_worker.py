"""A Celery worker: `celery --app celery_worker worker`.

Celery's tasks are plain functions in processes that it forks. So each process has one blocking client, which runs one
event loop in a thread, for all of its tasks.
"""

import os

from capillary_service import options, tier_in
from celery import Celery, Task
from celery.signals import worker_process_init, worker_process_shutdown

from capillary_async import CapillaryError
from capillary_async.sync import CapillaryClient

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
client = CapillaryClient.from_env(options=options())  # not open yet, so that a fork does it no harm


@worker_process_init.connect
def open_client(**_: object) -> None:
    """Open the client behind the fork: neither its thread nor its connections would survive one."""
    client.open()


@worker_process_shutdown.connect
def close_client(**_: object) -> None:
    """Close it before the process ends."""
    client.close()


@app.task(bind=True, max_retries=5)
def find_tier(task: "Task", customer_id: int) -> dict[str, str | None]:
    """Look a customer's tier up; what may work later is tried later, and everything else fails the task."""
    try:
        tier = tier_in(client.customers.get(customer_id, embed=["points"]))
    except CapillaryError as error:
        if error.retryable:
            raise task.retry(countdown=getattr(error, "retry_after", None) or 5) from None
        raise
    return {"tier": tier.tier, "points": str(tier.points)}
