"""How a run gets hold of a job's file, and of the right one."""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from capillary_async.client import CapillaryClient
from capillary_async.jobs.errors import JobRefusedError, stopping_when_the_disk_fails
from capillary_async.jobs.lock import Lock
from capillary_async.jobs.manifest import JobState
from capillary_async.jobs.store import JobStore


@contextmanager
def working_store(directory: Path) -> Generator[JobStore]:
    """Lock a job, and open its file once it has been checked.

    Raises:
        JobRefusedError: Another process works on it, or it was split.
        JobCorruptedError: Its file is not what was written; nothing was changed.
        JobStoppedError: The disk failed.
    """
    with Lock(directory):
        with stopping_when_the_disk_fails():
            store = JobStore.open(directory)
        with store:
            with stopping_when_the_disk_fails():
                store.check()
            if store.state.shards:
                numbers = f"from 0 to {store.state.shards - 1}"
                raise JobRefusedError(f"the job was split; run each of its shards, {numbers}")
            yield store


def check_account(state: JobState, client: CapillaryClient, *, any_account: bool) -> None:
    """See that a client asks whom the job has asked before.

    Raises:
        JobRefusedError: It asks somebody else.
    """
    if state.base_url is None:
        return
    if state.base_url != client.base_url:
        raise JobRefusedError(f"the job asks {state.base_url}, not {client.base_url}")
    if state.account != client.account and not any_account:
        who = [account or "somebody with an access token" for account in (state.account, client.account)]
        raise JobRefusedError(f"the job asks as {who[0]}, not as {who[1]}")
