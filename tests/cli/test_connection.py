"""Options override the environment, and secrets are never shown."""

import getpass
import io
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from hashlib import md5
from pathlib import Path
from typing import cast
from unittest.mock import Mock

import pytest

from capillary_async.cli.connection import Connection
from capillary_async.options import Region
from capillary_async.sandbox import Sandbox
from tests.cli.conftest import Capillary

LOOKUP = ("customer", "5", "--format", "jsonl")


def secret_file(folder: Path, text: str) -> str:
    """Write a secret with a line break at the end, as editors do."""
    file = folder / "secret"
    file.write_text(text + "\n", "utf-8")
    return str(file)


@pytest.mark.usefixtures("environment")
def test_a_region_replaces_the_base_url_of_the_environment() -> None:
    """The client refuses both at once."""
    assert "eu.api.capillarytech.com" in repr(Connection(region=Region.EU).client())


def test_a_base_url_replaces_the_region_of_the_environment(environment: pytest.MonkeyPatch) -> None:
    """Clusters without a region need a base URL."""
    environment.delenv("CAPILLARY_BASE_URL")
    environment.setenv("CAPILLARY_REGION", "EU")

    assert "apac9.example.com" in repr(Connection(base_url="https://apac9.example.com").client())


def test_a_till_with_its_password_in_a_file(
    capillary: Capillary, server: Sandbox, environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The line break at the end is not part of the password."""
    for name in ("TILL", "PASSWORD"):
        environment.delenv(f"CAPILLARY_{name}")
    environment.setenv("CAPILLARY_ACCESS_TOKEN", "some other login")

    done = capillary(*LOOKUP, "--till", server.till, "--secret-file", secret_file(tmp_path, server.password))

    assert done.code == 0


def test_a_file_replaces_the_secret_of_the_environment(
    capillary: Capillary, server: Sandbox, environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The MD5 of the environment must go too, because it is another form of the password."""
    environment.delenv("CAPILLARY_PASSWORD")
    environment.setenv("CAPILLARY_PASSWORD_MD5", md5(b"old").hexdigest())

    assert capillary(*LOOKUP, "--secret-file", secret_file(tmp_path, server.password)).code == 0


def test_a_key_with_its_secret_from_a_pipe(
    capillary: Capillary, server: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`pass show capillary | capillary … --secret-file -` leaves no file behind."""
    monkeypatch.setattr(sys, "stdin", io.StringIO(server.secret + "\n"))

    done = capillary(*LOOKUP, "--key", server.key, "--secret-file", "-")

    assert (done.code, server.tokens_issued) == (0, 1)


def test_a_key_with_its_secret_from_the_environment(
    capillary: Capillary, server: Sandbox, environment: pytest.MonkeyPatch
) -> None:
    """The key replaces the till of the environment."""
    environment.setenv("CAPILLARY_SECRET", server.secret)

    done = capillary(*LOOKUP, "--key", server.key)

    assert (done.code, server.tokens_issued) == (0, 1)


def test_a_token_in_a_file(
    capillary: Capillary, server: Sandbox, environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Without a till or a key, the file holds a token."""
    for name in ("TILL", "PASSWORD"):
        environment.delenv(f"CAPILLARY_{name}")

    capillary(*LOOKUP, "--secret-file", secret_file(tmp_path, "token-of-mine"))

    assert server.requests[0].headers["X-CAP-API-OAUTH-TOKEN"] == "token-of-mine"


def test_a_missing_password_is_asked_for_at_a_terminal(
    capillary: Capillary, server: Sandbox, environment: pytest.MonkeyPatch
) -> None:
    """A password as an argument would stay in the shell's history."""
    environment.delenv("CAPILLARY_PASSWORD")
    environment.setattr(sys, "stdin", Mock(isatty=Mock(return_value=True)))
    environment.setattr(getpass, "getpass", Mock(return_value=server.password))

    assert capillary(*LOOKUP).code == 0


def test_a_missing_password_is_an_error_without_a_terminal(
    capillary: Capillary, environment: pytest.MonkeyPatch
) -> None:
    """A nightly job must not wait for input."""
    environment.delenv("CAPILLARY_PASSWORD")
    environment.setattr(sys, "stdin", io.StringIO())

    done = capillary(*LOOKUP)

    assert done.code == 2
    assert "CAPILLARY_PASSWORD" in done.err


def test_two_ways_to_log_in_are_refused(capillary: Capillary) -> None:
    """The command cannot know which login is right."""
    done = capillary(*LOOKUP, "--till", "a", "--key", "b")

    assert (done.code, done.err) == (2, "capillary: give either --till or --key, because each is a way to log in\n")


@pytest.mark.parametrize("option", ["password", "secret", "access-token", "password-md5", "token"])
def test_no_option_takes_a_secret(capillary: Capillary, option: str) -> None:
    """Other users of the machine can read the arguments of processes."""
    done = capillary(*LOOKUP, f"--{option}", "pssst")

    assert done.code == 2


@pytest.mark.parametrize("arguments", [LOOKUP, ("customer", "404"), ("customer", "403"), ("customer", "--help")])
def test_no_secret_is_shown(capillary: Capillary, environment: pytest.MonkeyPatch, arguments: Sequence[str]) -> None:
    """Users copy output into tickets."""
    environment.setenv("CAPILLARY_PASSWORD", "pssst-4711")

    done = capillary(*arguments)

    assert "pssst" not in done.out + done.err


def test_the_other_options_reach_the_client(capillary: Capillary, server: Sandbox) -> None:
    """An option without effect would mislead users."""
    done = capillary("events", "1", "79197", "--language", "zh", "--timezone", "Asia/Kolkata", "--rate", "100/1")

    assert server.requests[0].headers["language"] == "zh"
    assert "+05:30" in done.out


@pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals")
def test_control_c_ends_the_question_for_a_password(environment: pytest.MonkeyPatch) -> None:
    """The user may have typed the wrong till."""
    environment.delenv("CAPILLARY_PASSWORD")
    ours, terminal = os.openpty()
    command = (sys.executable, "-m", "capillary_async", *LOOKUP)

    with subprocess.Popen(command, stdin=terminal, stderr=subprocess.PIPE, start_new_session=True) as process:
        asked = cast("io.BufferedReader", process.stderr).read(len("password: "))
        process.send_signal(signal.SIGINT)

    os.close(terminal)
    os.close(ours)
    assert (asked, process.returncode) == (b"password: ", 130)


def test_ctrl_d_at_the_password_prompt_is_an_error(capillary: Capillary, environment: pytest.MonkeyPatch) -> None:
    """Ctrl-D ends the input."""

    def decline(_prompt: str) -> str:
        raise EOFError

    environment.delenv("CAPILLARY_PASSWORD")
    environment.setattr(sys, "stdin", Mock(isatty=lambda: True))
    environment.setattr(getpass, "getpass", decline)

    done = capillary(*LOOKUP)

    assert (done.code, done.err) == (2, "capillary: no password was given\n")
