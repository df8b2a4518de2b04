"""Unusual shells, containers and cron jobs must not cause a traceback."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from capillary_async.sandbox import Answer, Sandbox

pytestmark = [
    pytest.mark.usefixtures("environment"),
    pytest.mark.skipif(sys.platform == "win32", reason="its shell knows none of it"),
]
PROGRAM = f"'{sys.executable}' -m capillary_async"
LOOKUP = f"{PROGRAM} customer 565345 --format json"


def shell(command: str, **variables: str) -> "subprocess.CompletedProcess[bytes]":
    """Run a command line."""
    environ = {**os.environ, **variables}
    return subprocess.run(command, shell=True, capture_output=True, env=environ, check=False, timeout=60)


@pytest.mark.parametrize("command", [LOOKUP, f"{PROGRAM} --help", PROGRAM])
def test_a_closed_output_is_an_error(command: str) -> None:
    """Nothing was written, and a script must know it."""
    done = shell(f"{command} >&-")

    assert (done.returncode, done.stdout) == (1, b"")
    assert b"Traceback" not in done.stderr


def test_nothing_else_gets_the_descriptor_of_a_closed_output(tmp_path: Path) -> None:
    """Otherwise output would be written into the next file or socket."""
    done = shell(f"{LOOKUP} >&- 2>'{tmp_path}/err'")

    assert done.returncode == 1
    assert (tmp_path / "err").read_text(
        "utf-8"
    ) == "capillary: nothing was written, because standard output is closed\n"


def test_closed_standard_errors_change_no_exit_code() -> None:
    """There is only no place for messages."""
    assert shell(f"{LOOKUP} 2>&-").returncode == 0
    assert shell(f"{PROGRAM} customer 404 2>&-").returncode == 5


@pytest.mark.parametrize("command", [f"{PROGRAM} --help", PROGRAM, f"{PROGRAM} events --help"])
def test_help_can_be_piped_into_head(command: str) -> None:
    """Users often read only the first lines."""
    done = shell(f"{command} | head -n 1")

    assert (done.stderr, done.stdout.count(b"\n")) == (b"", 1)


@pytest.mark.parametrize("command", ["--help", "customer --help", "sandbox --help", "bulk --help", "customer 565345"])
def test_commands_work_without_docstrings(command: str) -> None:
    """Some container images run `python -OO`."""
    done = shell(f"{PROGRAM} {command}", PYTHONOPTIMIZE="2")

    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.parametrize(
    "variables",
    [{"LC_ALL": "C"}, {"LANG": "C", "LC_ALL": "POSIX"}, {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}],
)
def test_names_are_printed_without_a_locale(server: Sandbox, variables: dict[str, str]) -> None:
    """Cron jobs and containers often have no locale."""
    server.script("/", Answer(body='{"data": [{"groupId": 1, "groupName": "Müller 王"}], "pagination": {"total": 1}}'))

    done = shell(f"{PROGRAM} search-groups 'Émile' --format jsonl", **variables)

    assert (done.returncode, done.stderr) == (0, b"")
    assert "Müller 王".encode() in done.stdout
    assert server.requests[0].query["q"] == "Émile"


def test_a_directory_need_not_be_utf_8(tmp_path: Path) -> None:
    """Old file systems have names in other encodings."""
    place = os.path.join(os.fsencode(tmp_path), b"gr\xfc\xdfe")  # noqa: PTH118  (a Path is text)
    try:
        os.mkdir(place)  # noqa: PTH102
    except OSError:
        pytest.skip("this file system has names in UTF-8 alone")
    command = [sys.executable.encode(), b"-m", b"capillary_async", b"customer", b"5", b"--secret-file"]

    done = subprocess.run([*command, place + b"/none"], capture_output=True, cwd=place, check=False)
    shown = subprocess.run([*command[:-1], b"--format", b"json"], capture_output=True, cwd=place, check=False)

    assert (done.returncode, shown.returncode) == (1, 0)
    assert done.stderr.startswith(b"capillary: --secret-file ")


def test_sigterm_ends_process_1() -> None:
    """The kernel's default does not end process 1, so a container would not stop."""
    command = [sys.executable, "-m", "capillary_async", "sandbox", "--port", "0"]

    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        handlers = Path(f"/proc/{process.pid}/status")
        caught = int(handlers.read_text().split("SigCgt:\t")[1].split("\n")[0], 16) if handlers.exists() else -1
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=30)
        said = process.stderr.read()

    assert (process.returncode, said) == (143, b"")
    assert caught >> (signal.SIGTERM - 1) & 1
