"""`capillary demo`: look up customers of a sandbox, and interrupt and resume a bulk job."""

import asyncio
import inspect
import sys
from collections import Counter
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress
from decimal import Decimal
from time import perf_counter
from typing import Final, cast

import attrs
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text

from capillary_async.bulk import Outcome
from capillary_async.cli.demo_job import interrupt_a_job
from capillary_async.cli.example import Environment, look_up
from capillary_async.cli.sandbox import read_exports
from capillary_async.models.targets import TargetEvent

_PLAIN_STEP: Final = 500
_JOB_SHARE: Final = 5


def demo(*, customers: int = 2000, latency: float = 0.18) -> None:
    """Look up 2,000 customers of a sandbox on this machine, and interrupt a bulk job; takes about 20 seconds.

    The sandbox runs in its own process and delays each answer, as a server across the internet does. The
    demo needs no account and sends nothing to other machines.

    Args:
        customers: Number of customers whose target events are looked up, 32 at a time; the job takes a fifth of them.
        latency: Seconds before each answer of the sandbox.
    """
    asyncio.run(_show(customers, latency, Console()))


async def _show(customers: int, latency: float, console: Console) -> None:
    async with _sandbox(latency) as environment:
        findings = await _look_up(environment, customers, console)
        console.print(findings.table())
        console.print("This code made the lookups:\n")
        console.print(_code_of(look_up, console))
        console.print("A bulk job is interrupted and resumed:")
        await interrupt_a_job(environment, max(2, customers // _JOB_SHARE), console.print)


async def _look_up(environment: Environment, customers: int, console: Console) -> "_Findings":
    with _progress(console) as progress:
        task = progress.add_task("customers", total=customers)
        findings = _Findings()

        def show(outcome: Outcome[int, list[TargetEvent]]) -> None:
            findings.add(outcome)
            progress.advance(task)
            if not console.is_terminal and findings.lookups % _PLAIN_STEP == 0:
                console.print(f"{findings.lookups:,} of {customers:,} customers")

        await look_up(environment, range(1, customers + 1), show)
        findings.stop()
    return findings


def _code_of(function: Callable[..., object], console: Console) -> Syntax | Text:
    source = inspect.getsource(function)
    if not console.is_terminal:
        return Text(source)
    return Syntax(source, "python", theme="ansi_dark", background_color="default")


@asynccontextmanager
async def _sandbox(latency: float) -> AsyncGenerator[dict[str, str]]:
    """Run `capillary sandbox` in another process, so that the client and the sandbox do not share one core."""
    command = ("-m", "capillary_async", "sandbox", "--port", "0", "--latency", str(latency))
    process = await asyncio.create_subprocess_exec(sys.executable, *command, stdout=asyncio.subprocess.PIPE)
    try:
        yield await read_exports(cast("asyncio.StreamReader", process.stdout))
    finally:
        with suppress(ProcessLookupError):
            process.terminate()
        await process.wait()


def _progress(console: Console) -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, console=console, disable=not console.is_terminal)


@attrs.define(eq=False)
class _Findings:
    """Counts and sums of the lookups' outcomes."""

    lookups: int = 0
    events: int = 0
    value: Decimal = Decimal(0)
    most: int = 0
    errors: Counter[str] = attrs.field(factory=Counter[str])
    _started: float = attrs.field(factory=perf_counter)
    _seconds: float = 0.0

    def add(self, found: Outcome[int, list[TargetEvent]]) -> None:
        """Add the outcome of one customer."""
        self.lookups += 1
        if found.error is not None:
            self.errors[type(found.error).__name__] += 1
        events = found.value or []
        self.events += len(events)
        self.value += sum(event.target_value or 0 for event in events)
        self.most = max(self.most, len(events))

    def stop(self) -> None:
        """Stop measuring the time."""
        self._seconds = perf_counter() - self._started

    def table(self) -> Table:
        """Return the findings as a table."""
        table = Table(show_header=False)
        table.add_column()
        table.add_column(justify="right")
        table.add_row("customers looked up", f"{self.lookups:,}")
        for name, count in sorted(self.errors.items()):
            table.add_row(f"of these {name}", f"{count:,}")
        table.add_row("events found", f"{self.events:,}")
        table.add_row("most events of one customer", f"{self.most:,}")
        table.add_row("sum of all target values", f"{self.value:,}")
        table.add_row("seconds", f"{self._seconds:.1f}")
        table.add_row("lookups per second", f"{self.lookups / self._seconds:,.0f}")
        return table
