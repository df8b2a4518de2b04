"""The messages and exit codes of commands that fail."""

import asyncio
import errno
import io
import os
import signal
import subprocess
import sys
import threading
from importlib.metadata import version
from pathlib import Path

import pytest

from capillary_async.cli.app import run
from capillary_async.cli.output import Output
from capillary_async.sandbox import Answer, LoggedRequest, Sandbox
from tests.cli.conftest import Capillary

PROGRAM = (sys.executable, "-m", "capillary_async")


@pytest.mark.parametrize(
    ("arguments", "code", "text"),
    [
        ("customer 565404", 5, "not found"),
        ("customer 565403", 6, "permission"),
        ("events 1 404", 5, "310018"),
        ("customer 0", 2, "--customer-id must be from 1 to"),
        ("customer", 2, "customer needs CUSTOMER-ID; `capillary customer --help`"),
        ("events 5", 2, "events needs TARGET-RULE-ID"),
        ("customer 5 --embed", 2, "--embed needs a value"),
        ("customer 5 6", 2, "one argument too many: 6"),
        ("members 5 --joined-after yesterday", 2, "a date such as 2025-01-31"),
        ("events 5 x", 2, "a whole number"),
        ("events 5 7 --page-size 0", 2, "--page-size must be from 1 to 1000"),
        ("events 5 7 --deadline -1", 2, "--deadline must be"),
        ("customer five", 2, '"five"'),
        ("customer 5 --no-such-option", 2, "--no-such-option"),
        ("customer 5 --format xml", 2, "xml"),
        ("customer 5 --columns id,size", 2, "no column 'size'"),
        ("customer 5 --region mars", 2, "mars"),
        ("customer 5 --rate often", 2, "1000/60"),
        ("customer 5 --rate 0/60", 2, "--rate must be"),
        ("customer 5 --timezone Mars/Olympus", 2, "Asia/Kolkata"),
        ("customer 5 --base-url http://example.com", 2, "https"),
        ("customer 5 --secret-file /no/such/file", 1, "No such file"),
        ("customer 5 --secret-file /dev/null", 2, "--secret-file: the file is empty"),
        ("customer 5 --ca-file /no/such/file", 2, "--ca-file"),
        ("events 1 7 --resume nonsense", 2, "cursor"),
        ("events 1 7 --max-rows 0", 2, "max-rows"),
        ("frobnicate", 2, "frobnicate"),
        ("sandbox --page-cap 0", 2, "--page-cap must be at least 1"),
        ("sandbox --rate 0", 2, "--rate must be"),
        ("sandbox --host 203.0.113.1", 1, "203.0.113.1"),
    ],
)
def test_a_mistake_is_one_line_and_a_code(capillary: Capillary, arguments: str, code: int, text: str) -> None:
    """A traceback would suggest a bug of the program."""
    done = capillary(*arguments.split())

    assert (done.code, done.out) == (code, "")
    assert text in done.err
    assert done.err.startswith("capillary: ")
    assert done.err.count("\n") == 1


@pytest.mark.parametrize(
    ("answer", "code"),
    [(Answer(status=401, body="{}"), 6), (Answer(status=400, body="{}"), 1), (Answer(body="<p>"), 1)],
)
def test_a_failure_of_the_api_is_one_line_and_a_code(
    capillary: Capillary, server: Sandbox, answer: Answer, code: int
) -> None:
    """A script decides by the code whether to try again."""
    server.script("/", answer, times=None)

    done = capillary("find-customer", "mobile", "999000000123")

    assert (done.code, done.err.count("\n")) == (code, 1)
    assert "999000000123" not in done.err


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ("customer 404", 5),
        ("customer 409", 5),
        ("trackers 404", 5),
        ("customer 7 --source NOWHERE", 2),
        ("customer 403", 6),
        ("trackers 599", 1),
    ],
)
def test_each_refusal_has_its_documented_exit_code(capillary: Capillary, arguments: str, code: int) -> None:
    """A script checks by the code whether a customer exists."""
    assert capillary(*arguments.split()).code == code


def test_a_404_without_a_code_is_no_missing_customer(capillary: Capillary, server: Sandbox) -> None:
    """With a wrong base URL a script would treat all customers as deleted."""
    server.script("/", Answer.html(404))

    done = capillary("customer", "5")

    assert (done.code, "check the base URL" in done.err) == (1, True)


def test_a_refused_connection_is_one_line_and_a_code(capillary: Capillary, environment: pytest.MonkeyPatch) -> None:
    """This is the most common failure."""
    environment.setenv("CAPILLARY_BASE_URL", "http://127.0.0.1:1")

    done = capillary("customer", "5", "--deadline", "1")

    assert (done.code, done.err.count("\n")) == (1, 1)


def test_a_bug_keeps_its_traceback(capillary: Capillary, environment: pytest.MonkeyPatch) -> None:
    """One line would hide the place of the bug."""
    environment.setattr(Output, "write_one", None)

    with pytest.raises(TypeError):
        capillary("customer", "5")


def test_standard_output_need_not_be_a_file(environment: pytest.MonkeyPatch) -> None:
    """Notebooks and graphical shells replace standard output by their own objects."""
    environment.setattr(sys, "stdout", io.StringIO())

    assert run(["customer", "5"]) == 0


def test_the_help_is_shown_without_any_setting(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Users learn there which settings are needed."""
    monkeypatch.delenv("CAPILLARY_BASE_URL", raising=False)

    assert run(["events", "--help"]) == 0
    assert "CAPILLARY_PASSWORD" in capsys.readouterr().out


def test_a_missing_extra_is_named() -> None:
    """The command is installed also without the extra `cli`."""
    program = "import sys; sys.modules['cyclopts'] = None; from capillary_async.cli import main; sys.exit(main())"

    done = subprocess.run((sys.executable, "-c", program), capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout) == (2, "")
    assert "pip install 'capillary-async[cli]'" in done.stderr


def test_a_missing_module_of_the_package_is_a_traceback() -> None:
    """A broken installation must not look like a missing extra."""
    program = "import sys; sys.modules['capillary_async.bulk'] = None; from capillary_async.cli import main; main()"

    done = subprocess.run((sys.executable, "-c", program), capture_output=True, text=True, check=False)

    assert done.returncode == 1
    assert "ModuleNotFoundError" in done.stderr


@pytest.mark.usefixtures("environment")
def test_a_closed_pipe_prints_no_error() -> None:
    """Users often pipe the output into `head`."""
    command = f"'{sys.executable}' -m capillary_async events 1 79197 --format jsonl | head -n 1"

    done = subprocess.run(command, shell=True, capture_output=True, text=True, check=True)

    assert done.stderr == ""
    assert done.stdout.count("\n") == 1


@pytest.mark.usefixtures("environment")
def test_a_closed_pipe_has_the_exit_code_141() -> None:
    """Shells report 141 for other programs."""
    reader, writer = os.pipe()
    os.close(reader)

    with os.fdopen(writer) as out:
        done = subprocess.run((*PROGRAM, "events", "1", "79197"), stdout=out, stderr=subprocess.PIPE, check=False)

    assert (done.returncode, done.stderr) == (141, b"")


@pytest.mark.usefixtures("environment")
async def test_control_c_ends_a_lookup_without_a_message(server: Sandbox) -> None:
    """The user knows the reason."""
    is_asked = threading.Event()

    def is_seen(_: object) -> bool:
        is_asked.set()
        return True

    server.script(is_seen, Answer(delay=60.0))
    process = await asyncio.create_subprocess_exec(*PROGRAM, "customer", "5", stderr=asyncio.subprocess.PIPE)

    assert await asyncio.to_thread(is_asked.wait, 30)
    process.send_signal(signal.SIGINT)
    _, err = await process.communicate()

    assert (process.returncode, err) == (130, b"")


@pytest.mark.usefixtures("environment")
async def test_control_c_in_a_listing_says_where_to_continue(server: Sandbox) -> None:
    """Rows that a user has read need not be read again."""
    is_asked = threading.Event()

    def is_second_page(request: LoggedRequest) -> bool:
        if request.query.get("offset") == "0":
            return False
        is_asked.set()
        return True

    async def start(*options: str) -> asyncio.subprocess.Process:
        command = ("events", "1", "79197", "--page-size", "10", "--format", "jsonl", *options)
        return await asyncio.create_subprocess_exec(
            *PROGRAM, *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
        )

    script = server.script(is_second_page, Answer(delay=60.0))
    process = await start()
    assert await asyncio.to_thread(is_asked.wait, 30)
    process.send_signal(signal.SIGINT)
    out, err = await process.communicate()
    script.cancel()
    rest, _ = await (await start("--resume", err.decode().split()[-1])).communicate()

    assert (process.returncode, b"continue with --resume" in err) == (130, True)
    assert len((out + rest).splitlines()) == len(server.event_ids(1, 79197))


def test_output_is_utf8_in_every_locale(environment: pytest.MonkeyPatch) -> None:
    """Many locales cannot encode all names."""
    environment.setenv("PYTHONIOENCODING", "ascii")

    done = subprocess.run((*PROGRAM, "members", "93257", "--format", "jsonl"), capture_output=True, check=True)

    assert "Émile" in done.stdout.decode("utf-8")


def test_a_full_disk_says_what_to_do(capillary: Capillary, environment: pytest.MonkeyPatch) -> None:
    """An operator must be able to act on one line."""

    def fail(*_: object, **_options: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    environment.setattr(Output, "write_one", fail)

    done = capillary("customer", "5")

    assert (done.code, done.err) == (
        1,
        "capillary: No space left on device; make room, or choose another directory\n",
    )


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_output_of_completion_changes_no_start_up_file(capillary: Capillary, tmp_path: Path, shell: str) -> None:
    """Users who choose a file manage their start-up files themselves."""
    script = tmp_path / "capillary.sh"

    done = capillary("--install-completion", "--shell", shell, "--output", str(script))

    assert (done.code, done.out) == (0, f"{script}; open a new shell to use it\n")
    assert all(word in script.read_text("utf-8") for word in ("find-customer", "externalId", "APAC2", "profile"))


def test_the_version_is_that_of_the_package(capillary: Capillary) -> None:
    """Bug reports need it."""
    assert capillary("--version").out == f"{version('capillary-async')}\n"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("-v customer 5", "capillary has no option -v; options follow a command, such as capillary COMMAND -v"),
        ("bulk --rate 5", "capillary bulk has no option --rate; options follow a command"),
        ("events 1 2 --resume yesterday", "--resume must be a cursor that a listing of this version printed"),
        ("events 1 2 --base-url nonsense", "--base-url or CAPILLARY_BASE_URL must start with https:// and a host"),
        ("events 1 2 --secret-file /no/file", "--secret-file /no/file: No such file or directory"),
        ("events 1 2 --proxy-file /no/file", "--proxy-file /no/file: No such file or directory"),
        ("events 1 2 --ca-file /no/file", "--ca-file cannot be read"),
        ("sandbox --host no.such.host.invalid", "cannot listen on --host no.such.host.invalid --port 8080: "),
        ("bulk run x --lookup customers --concurrency x", 'convert "x" into a whole number, or auto.'),
    ],
)
def test_a_refusal_names_the_option(capillary: Capillary, line: str, message: str) -> None:
    """Users correct the option that they typed."""
    done = capillary(*line.split())

    assert done.code in (1, 2)
    assert message in done.err
