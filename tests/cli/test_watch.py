"""`capillary watch` follows a job that another process works on."""

from pathlib import Path

import attrs
import pytest

from capillary_async.cli.watch import follow
from capillary_async.jobs import BulkJob, JobStatus
from tests.cli.conftest import Capillary


def test_each_change_is_a_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A check without a change prints nothing."""
    first = BulkJob.create(tmp_path / "job", "customers", [1, 2, 3, 4]).status()
    running = attrs.evolve(first, running="4711", found=1, pending=3)
    looks = iter([running, running, attrs.evolve(running, found=3, failed=1, pending=0)])
    slept: list[float] = []

    code = follow(lambda: next(looks), 2.0, slept.append)

    assert code == 3
    assert slept == [2.0, 2.0]
    assert capsys.readouterr().out.splitlines() == [
        "1 of 4 (25 %), found 1",
        "4 of 4 (100 %), found 3, failed 1",
    ]


def test_a_job_without_a_process_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Otherwise users would wait forever."""

    def stop(_: float) -> None:
        raise KeyboardInterrupt

    status: JobStatus = BulkJob.create(tmp_path / "job", "customers", [1]).status()

    with pytest.raises(KeyboardInterrupt):
        follow(lambda: status, 1.0, stop)

    assert capsys.readouterr().out == "0 of 1 (0 %), no process works on the job\n"


def test_a_directory_without_a_job_is_an_error(capillary: Capillary, tmp_path: Path) -> None:
    """The command would never print anything."""
    done = capillary("watch", str(tmp_path))

    assert (done.code, done.err.count("\n")) == (2, 1)


def test_bulk_status_has_the_option_watch(capillary: Capillary, tmp_path: Path) -> None:
    """Users look for it beside `bulk status`."""
    keys = tmp_path / "keys.csv"
    keys.write_text("customer_id\n1\n2\n", "utf-8")
    capillary("bulk", "run", str(tmp_path / "job"), "--lookup", "customers", "--keys", str(keys))

    done = capillary("bulk", "status", str(tmp_path / "job"), "--watch")

    assert (done.code, done.out) == (0, "2 of 2 (100 %), found 2\n")


def test_watch_and_json_are_refused_together(capillary: Capillary, tmp_path: Path) -> None:
    """A program could not read the lines."""
    BulkJob.create(tmp_path / "job", "customers", [1])

    assert capillary("bulk", "status", str(tmp_path / "job"), "--watch", "--json").code == 2


@pytest.mark.parametrize("command", ["watch june", "bulk run june", "bulk status june"])
def test_a_missing_job_is_an_error_with_the_command_that_creates_one(
    command: str, capillary: Capillary, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """New users start with `bulk run` and a directory."""
    monkeypatch.chdir(tmp_path)

    done = capillary(*command.split())

    advice = "create one with: capillary bulk run DIRECTORY --lookup NAME --keys FILE"
    assert (done.code, done.err) == (2, f"capillary: there is no job in june; {advice}\n")
