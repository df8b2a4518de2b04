"""A Celery worker: `celery --app celery_worker worker`.

Celery's tasks are plain functions in forked processes. So each process has one blocking client for all its tasks. The
client runs an event loop in a thread.
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
client = CapillaryClient.from_env(options=options())  # opened after the fork


@worker_process_init.connect
def open_client(**_: object) -> None:
    """Open the client after the fork, because threads and connections do not survive a fork."""
    client.open()


@worker_process_shutdown.connect
def close_client(**_: object) -> None:
    """Close the client before the process ends."""
    client.close()


@app.task(bind=True, max_retries=5)
def find_tier(task: "Task", customer_id: int) -> dict[str, str | None]:
    """Look up a customer's tier; retry the task after a retryable error, and fail it after any other."""
    try:
        tier = tier_in(client.customers.get(customer_id, embed=["points"]))
    except CapillaryError as error:
        if error.retryable:
            raise task.retry(countdown=getattr(error, "retry_after", None) or 5) from None
        raise
    return {"tier": tier.tier, "points": str(tier.points)}
