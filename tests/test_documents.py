"""The code in the README and in the documentation runs and prints the shown output."""

import asyncio
import os
import re
import sys
from asyncio.subprocess import PIPE
from collections.abc import Iterator
from doctest import ELLIPSIS, OutputChecker
from pathlib import Path

import attrs
import pytest

from capillary_async.sandbox import Sandbox

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")), *sorted((ROOT / "docs").glob("*/*.md"))]
# Commands that install something, run for ever, or need a server.
NOT_RUN = re.compile(r"(pip|make|export|uvicorn|crontab|keyring|source|celery) |capillary (demo|sandbox|--install)")
PYTEST = ("-m", "pytest", "-q", "-o", "asyncio_mode=auto", "-o", "asyncio_default_fixture_loop_scope=function")
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_NAME = re.compile(r"# ([\w-]+\.(?:py|toml|csv|ini))\n")


@attrs.frozen
class Block:
    """A piece of code of a page.

    Attributes:
        number: Position on the page, from 1.
        language: The language of the code.
        code: Its lines.
        output: The printed output, if the page shows it; `...` matches any text.
    """

    number: int
    language: str
    code: str
    output: str = ""

    @property
    def file_name(self) -> str:
        """The file name in the comment of the first line; else a name that pytest collects."""
        named = _NAME.match(self.code)
        return named[1] if named else f"test_block_{self.number}.py"

    @property
    def commands(self) -> str:
        """The commands after the prompts, without commands that cannot run in a test."""
        lines = [line[2:] for line in self.code.splitlines() if line.startswith(("$ ", "> "))]
        return "\n".join(line for line in lines if not NOT_RUN.match(line))


def blocks_of(page: Path) -> Iterator[Block]:
    """Find the code blocks of a page."""
    found = [(match[1], match[2]) for match in _BLOCK.finditer(page.read_text("utf-8"))]
    for number, (language, code) in enumerate(found, 1):
        (after, output) = found[number] if number < len(found) else ("", "")
        shown = "".join(line for line in code.splitlines(keepends=True) if not line.startswith(("$ ", "> ")))
        yield Block(number, language, code, output if after == "output" else shown if language == "console" else "")


def command_of(block: Block, folder: Path) -> tuple[str, ...]:
    """Write a code block to a file, and return the command that runs it; empty for a block that is only a file."""
    if block.language == "console":
        return ("bash", "-e", "-c", block.commands) if block.commands else ()
    if block.language in ("python", "toml", "csv", "ini") and (block.language == "python" or _NAME.match(block.code)):
        (folder / block.file_name).write_text(block.code, "utf-8")
    if block.language != "python" or "run_app(" in block.code:
        return ()
    how = PYTEST if "def test_" in block.code else ()
    return (sys.executable, "-W", "error", *how, block.file_name)


async def run(command: tuple[str, ...], folder: Path, variables: dict[str, str], output: str = "") -> str:
    """Run a command; return a description of a wrong exit or output, or an empty text."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, **variables, "PATH": path, "COVERAGE_PROCESS_START": ""}
    process = await asyncio.create_subprocess_exec(*command, cwd=folder, env=environment, stdout=PIPE, stderr=PIPE)
    out, err = await process.communicate()
    is_quiet = not err or command[0] == "bash"
    is_as_printed = not output or OutputChecker().check_output(output, out.decode(), ELLIPSIS)
    return (
        ""
        if process.returncode == 0 and is_quiet and is_as_printed
        else f"{process.returncode}\n{out.decode()}\n{err.decode()}"
    )


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
async def test_a_page_runs_as_printed(page: Path, capillary_sandbox: Sandbox, tmp_path: Path) -> None:
    """Readers copy the code, and a block may use files of the blocks before it."""
    variables = {
        "CAPILLARY_BASE_URL": capillary_sandbox.base_url,
        "CAPILLARY_TILL": capillary_sandbox.till,
        "CAPILLARY_PASSWORD": capillary_sandbox.password,
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
    }

    for block in blocks_of(page):
        command = command_of(block, tmp_path)
        failure = await run(command, tmp_path, variables, block.output) if command else ""

        assert not failure, f"block {block.number}:\n{block.code}\n{failure}"


def test_the_pages_are_found() -> None:
    """Without pages, the test above would pass without testing anything."""
    blocks = [block for page in PAGES for block in blocks_of(page)]

    assert len(PAGES) > 10
    assert sum(block.language == "python" for block in blocks) > 20
    assert sum(bool(block.commands) for block in blocks if block.language == "console") > 5


def test_ten_tasks_have_a_page() -> None:
    """Users look for these tasks."""
    titles = {page.stem for page in (ROOT / "docs" / "how-to").glob("*.md")}

    assert titles >= {
        *("tiers-from-mobile-numbers", "events-of-active-targets", "stop-and-resume", "fastapi", "parquet-and-duckdb"),
        *("share-a-limit", "prometheus", "test-your-code", "merged-customers", "other-endpoints"),
    }
