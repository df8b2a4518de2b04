"""`capillary --help`: current, and there at once."""

import subprocess
import sys

import pytest

from capillary_async.cli import HELP_FILE
from capillary_async.cli.commands import LOOKUPS, help_text

_LOADED = "import sys; sys.argv = ['capillary', '--help']; from capillary_async.cli import main; main(); "


def test_the_stored_help_is_current() -> None:
    """It is stored because making it takes the import of every command."""
    assert HELP_FILE.read_text("utf-8") == help_text(), "run `make help-text`"


def test_it_is_printed_without_any_command_or_library() -> None:
    """It takes the time that its imports take."""
    program = _LOADED + "print(*sorted(name.partition('.')[0] for name in sys.modules))"

    done = subprocess.run((sys.executable, "-c", program), capture_output=True, text=True, check=True)

    loaded = set(done.stdout.splitlines()[-1].split())
    assert loaded.isdisjoint({"aiohttp", "asyncio", "attrs", "cattrs", "cyclopts", "msgspec", "pyarrow", "rich"})


def test_without_arguments_it_is_the_same() -> None:
    """Where there is nothing to do, one wants to know what there is."""
    done = subprocess.run((sys.executable, "-m", "capillary_async"), capture_output=True, text=True, check=True)

    assert done.stdout == HELP_FILE.read_text("utf-8")


@pytest.mark.parametrize("name", [*LOOKUPS, "get", "paginate", "bulk", "watch", "sandbox", "demo"])
def test_it_names_every_command(name: str) -> None:
    """What is not there is not found."""
    assert any(line.startswith(f"│ {name} ") for line in HELP_FILE.read_text("utf-8").splitlines())


def test_a_command_loads_only_what_it_uses() -> None:
    """A lookup needs no bulk jobs, and no tables of Arrow."""
    program = (
        "import sys; from capillary_async.cli.app import run; run(['customer', '0', '--base-url', 'http://localhost']);"
        "print(*sorted(sys.modules))"
    )

    done = subprocess.run((sys.executable, "-c", program), capture_output=True, text=True, check=True)

    loaded = set(done.stdout.splitlines()[-1].split())
    assert loaded.isdisjoint({"pyarrow", "rich.progress", "capillary_async.cli.bulk", "capillary_async.cli.demo"})
