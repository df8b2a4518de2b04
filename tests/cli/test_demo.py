"""`capillary demo`, with and without a terminal."""

import inspect
import sys

import pytest

from capillary_async.cli.app import run
from capillary_async.cli.example import look_up


def test_the_demo_shows_findings_speed_and_code(capsys: pytest.CaptureFixture[str]) -> None:
    """New users often run it first."""
    code = run(["demo", "--customers", "600", "--latency", "0"])

    out, err = capsys.readouterr()
    assert (code, err) == (0, "")
    assert "500 of 600 customers" in out
    assert "lookups per second" in out
    assert inspect.getsource(look_up) in out


@pytest.mark.parametrize("is_arrow_there", [True, False])
def test_the_demo_interrupts_a_job_and_loses_no_row(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *, is_arrow_there: bool
) -> None:
    """It must work with and without Parquet, which is an extra."""
    if not is_arrow_there:
        monkeypatch.setitem(sys.modules, "pyarrow", None)

    run(["demo", "--customers", "100", "--latency", "0"])

    interrupted, resumed, exported, read_back = capsys.readouterr().out.splitlines()[-4:]
    done = int(interrupted.removeprefix("interrupted: ").split()[0])
    assert 0 < done < 20
    assert resumed == f"resumed: the other {20 - done} are done, too"
    assert exported.startswith("exported: output.parquet" if is_arrow_there else "exported: output.jsonl")
    assert read_back.endswith("events of 20 customers; doubled: 0, missing: 0")


def test_the_shown_code_fits_a_terminal() -> None:
    """Users copy the code."""
    assert max(len(line) for line in inspect.getsource(look_up).splitlines()) <= 80


def test_the_demo_ends_if_its_sandbox_does_not_start(capfd: pytest.CaptureFixture[str]) -> None:
    """Otherwise it would wait forever."""
    code = run(["demo", "--latency", "-1"])

    assert code == 1
    assert capfd.readouterr().err.splitlines() == [
        "capillary: --latency must be a number of seconds of at least 0, not -1.0",
        "capillary: the sandbox did not start",
    ]


def test_a_terminal_shows_a_progress_bar(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Lines of text would fill the screen."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")

    run(["demo", "--customers", "40", "--latency", "0"])

    out = capsys.readouterr().out
    assert "40/40" in out
    assert "of 40 customers" not in out
