"""`failures.jsonl`: the keys on which there is no verdict after two tries, and why."""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

import attrs

from capillary_async.codec import encode_json
from capillary_async.jobs.disk import Disk, NewFile
from capillary_async.jobs.keys import read_keys
from capillary_async.jobs.problems import JobCorruptedError
from capillary_async.jobs.tally import Tally
from capillary_async.jobs.verdicts import Failure, Verdict

FAILURES_FILE: Final = "failures.jsonl"


def write_failures(
    disk: Disk, directory: Path, columns: Iterable[str], tally: Tally, failures: Iterable[Failure]
) -> None:
    """List the failed keys in the order of their ids; without any, there is no file.

    Args:
        disk: Does the work.
        directory: The job's.
        columns: Names of the key's columns.
        tally: Where the keys stand.
        failures: Details, in the order of the ids; of more keys than have failed in the end.

    Raises:
        JobDamagedError: The details of a failure are missing.
        OSError: The disk failed.
    """
    path = directory / FAILURES_FILE
    if not tally.counts[Verdict.FAILED]:
        disk.remove(path)
        return
    names = tuple(columns)
    keys = read_keys(directory, tally.standings, Verdict.FAILED)
    failed = (failure for failure in failures if tally.standings[failure.id] == Verdict.FAILED)
    with NewFile(disk, path) as file:
        for key in keys:
            failure = next(failed, None)
            if failure is None or failure.id != key.id:
                raise JobCorruptedError(f"the journal does not say why key {key.id} failed")
            details = attrs.asdict(failure)
            del details["id"]
            file.write(encode_json({"key": dict(zip(names, key.values, strict=True)), **details}) + b"\n")
