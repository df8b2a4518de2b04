"""The command survives a gateway that answers in the API's place for a while, whatever it answers.

`tests/jobs/test_gateways.py` lets it answer for five minutes, and `python -m tests.jobs.gateways_by_command` does so by
the command.
"""

import csv
from collections import Counter
from pathlib import Path
from typing import get_args

import pytest

from capillary_async.jobs import BulkJob, JobOptions
from capillary_async.sandbox import Answer, Sandbox
from capillary_async.sandbox.log import LoggedRequest
from capillary_async.sandbox.settings import Gateway
from tests.cli.conftest import Capillary

# Ids that end in 403 may not be seen, those in 404 are unknown, 409 are merged and 410 are gone.
KEYS = range(200, 500)
STATUSES = Counter({"found": 296, "not_found": 2, "merged": 1, "invalid": 1})
BEGIN, END = 100, 140


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in a directory with a file of keys and a job that waits for the API for a short time."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "keys.csv").write_text("customer_id\n" + "\n".join(map(str, KEYS)), "utf-8")
    options = JobOptions(concurrency=8, first_wait=0.01, longest_wait=0.05)
    BulkJob.create("job", "customers", "keys.csv", options=options)
    return tmp_path


@pytest.mark.parametrize("kind", get_args(Gateway))
def test_a_gateway_costs_no_key_its_outcome(capillary: Capillary, server: Sandbox, place: Path, kind: Gateway) -> None:
    """Its refusals say nothing about the customers: the run waits, and asks again."""
    seen: list[str] = []

    def count(request: LoggedRequest) -> bool:
        seen.append(request.path)
        server.gateway = kind if BEGIN <= len(seen) < END else None
        return False

    server.script(count, Answer(status=500), times=None)

    done = capillary(
        *("bulk", "run", "job", "--lookup", "customers", "--keys", "keys.csv", "--concurrency", "8"),
        *("--export", "jsonl"),
    )

    assert (done.code, done.err) == (0, "")
    with (place / "job" / "outcomes.csv").open(encoding="utf-8", newline="") as file:
        assert Counter(row["status"] for row in csv.DictReader(file)) == STATUSES
    assert len((place / "job" / "output.jsonl").read_bytes().splitlines()) == STATUSES["found"]
    assert END < len(seen) < len(KEYS) + 2 * (END - BEGIN)
