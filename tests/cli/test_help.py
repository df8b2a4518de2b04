"""`capillary --help` is current and fast."""

import re
import subprocess
import sys

import pytest

from capillary_async.cli import HELP_FILE
from capillary_async.cli.commands import help_text
from capillary_async.cli.methods import LOOKUPS
from tests.cli.conftest import Capillary

_LOADED = "import sys; sys.argv = ['capillary', '--help']; from capillary_async.cli import main; main(); "


def test_the_stored_help_is_current() -> None:
    """The help is stored, because generating it imports every command."""
    assert HELP_FILE.read_text("utf-8") == help_text(), "run `make help-text`"


def test_help_imports_no_command_and_no_library() -> None:
    """Imports take most of the time."""
    program = _LOADED + "print(*sorted(name.partition('.')[0] for name in sys.modules))"

    done = subprocess.run((sys.executable, "-c", program), capture_output=True, text=True, check=True)

    loaded = set(done.stdout.splitlines()[-1].split())
    assert loaded.isdisjoint({"aiohttp", "asyncio", "attrs", "cattrs", "cyclopts", "msgspec", "pyarrow", "rich"})


def test_no_arguments_print_the_help() -> None:
    """The user does not know the commands yet."""
    done = subprocess.run((sys.executable, "-m", "capillary_async"), capture_output=True, text=True, check=True)

    assert done.stdout == HELP_FILE.read_text("utf-8")


@pytest.mark.parametrize("name", [*LOOKUPS, "get", "paginate", "bulk", "watch", "sandbox", "demo"])
def test_the_help_lists_every_command(name: str) -> None:
    """Users would not find the others."""
    assert any(line.startswith(f"│ {name} ") for line in HELP_FILE.read_text("utf-8").splitlines())


def test_a_command_imports_only_what_it_uses() -> None:
    """A lookup needs neither bulk jobs nor Arrow."""
    program = (
        "import sys; from capillary_async.cli.app import run; run(['customer', '0', '--base-url', 'http://localhost']);"
        "print(*sorted(sys.modules))"
    )

    done = subprocess.run((sys.executable, "-c", program), capture_output=True, text=True, check=True)

    loaded = set(done.stdout.splitlines()[-1].split())
    assert loaded.isdisjoint({"pyarrow", "rich.progress", "capillary_async.cli.bulk", "capillary_async.cli.demo"})


def test_empty_defaults_are_not_shown(capillary: Capillary) -> None:
    """Users of a shell need not know how Python writes an empty list."""
    text = capillary("customer", "--help").out + capillary("paginate", "--help").out

    assert "default: INSTORE" in text
    assert not re.search(r"default: (\(\)|False|None|\])", text)
