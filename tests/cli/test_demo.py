"""`capillary demo` shows what there is to see, with and without a terminal."""

import inspect
import sys

import pytest

from capillary_async.cli.app import run
from capillary_async.cli.example import look_up


def test_it_shows_findings_speed_and_the_code_that_ran(capsys: pytest.CaptureFixture[str]) -> None:
    """It is the first thing that a newcomer sees."""
    code = run(["demo", "--customers", "600", "--latency", "0"])

    out, err = capsys.readouterr()
    assert (code, err) == (0, "")
    assert "500 of 600 customers" in out
    assert "lookups per second" in out
    assert inspect.getsource(look_up) in out


@pytest.mark.parametrize("is_arrow_there", [True, False])
def test_it_interrupts_a_job_and_loses_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *, is_arrow_there: bool
) -> None:
    """That jobs survive is hard to believe without having seen it; Parquet is an extra."""
    if not is_arrow_there:
        monkeypatch.setitem(sys.modules, "pyarrow", None)

    run(["demo", "--customers", "100", "--latency", "0"])

    interrupted, resumed, sealed, read_back = capsys.readouterr().out.splitlines()[-4:]
    done = int(interrupted.removeprefix("interrupted: ").split()[0])
    assert 0 < done < 20
    assert resumed == f"resumed: the other {20 - done} are done, too"
    assert sealed.startswith("exported: output.parquet" if is_arrow_there else "exported: output.jsonl")
    assert read_back.endswith("events of 20 customers; doubled: 0, missing: 0")


def test_its_code_fits_a_terminal() -> None:
    """What is cut off cannot be copied."""
    assert max(len(line) for line in inspect.getsource(look_up).splitlines()) <= 80


def test_it_ends_when_its_server_does_not_start(capfd: pytest.CaptureFixture[str]) -> None:
    """Waiting for ever would be the alternative."""
    code = run(["demo", "--latency", "-1"])

    assert code == 1
    assert capfd.readouterr().err.splitlines() == [
        "capillary: --latency must be a number of seconds of at least 0, not -1.0",
        "capillary: the sandbox did not start",
    ]


def test_it_moves_on_a_terminal(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """A bar instead of lines."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")

    run(["demo", "--customers", "40", "--latency", "0"])

    out = capsys.readouterr().out
    assert "40/40" in out
    assert "of 40 customers" not in out
