"""Show the progress of bulk jobs and of `lookup_many` as a bar."""

import sys
from collections.abc import AsyncGenerator, AsyncIterable, Callable
from contextlib import ExitStack
from html import escape
from importlib import import_module
from importlib.util import find_spec
from time import monotonic
from types import TracebackType
from typing import Any, Final, Literal, Protocol, Self, TypeVar

import attrs

from capillary_async.errors import ConfigurationError

T = TypeVar("T")
_REDRAW_SECONDS: Final = 0.1  # limits the updates, because each is a message to the browser


class JobProgress(Protocol):
    """The progress of a bulk job; `capillary_async.jobs.Progress` implements it."""

    @property
    def total(self) -> int | None:
        """Number of keys; `None` when it is unknown."""
        ...

    @property
    def done(self) -> int:
        """Number of keys that need no further lookup."""
        ...

    @property
    def waiting_for(self) -> str:
        """The reason why the job waits; empty while it works."""
        ...


@attrs.define
class _Count:
    """The progress of a loop."""

    total: int | None
    done: int = 0
    waiting_for: str = ""


def _is_notebook() -> bool:
    """Whether this runs in a Jupyter kernel, which shows HTML."""
    get_ipython = getattr(sys.modules.get("IPython"), "get_ipython", None)
    return get_ipython is not None and type(get_ipython()).__name__ == "ZMQInteractiveShell"


def _html_bar(text: str, progress: JobProgress) -> str:
    total = progress.total
    extent = "" if total is None else f' value="{progress.done}" max="{max(total, 1)}"'
    of_total = "" if total is None else f" of {total:,}"
    return f"<label>{escape(text)} <progress{extent}></progress> {progress.done:,}{of_total}</label>"


class ProgressSink:
    """Shows a bulk job's progress as a bar, in a terminal or a notebook.

    ```python
    with ProgressSink("june") as bar:
        await job.run(client, on_progress=bar)
    async with lookup_many(client.customers.get, ids) as outcomes:
        async for outcome in ProgressSink("customers").track(outcomes, total=len(ids)): ...
    ```
    """

    def __init__(self, description: str = "lookups", *, kind: Literal["rich", "tqdm"] | None = None) -> None:
        """Choose the package that draws the bar.

        Args:
            description: The text before the bar.
            kind: The package; `None` means an HTML bar in a notebook, and elsewhere rich or tqdm, whichever is
                installed.

        Raises:
            ConfigurationError: The package is not installed.
        """
        found = [name for name in ("rich", "tqdm") if find_spec(name) and kind in (None, name)]
        # In a notebook rich and tqdm need ipywidgets, so the bar there is HTML.
        if kind is None and _is_notebook():
            found = ["notebook"]
        if not found:
            raise ConfigurationError(f"install {kind or 'rich or tqdm'} to use the ProgressSink")
        self._kind = found[0]
        self._description = description
        self._stack = ExitStack()
        self._show: Callable[[JobProgress], None] | None = None

    def __enter__(self) -> Self:
        """Draw the bar."""
        ways = {"rich": self._open_rich, "tqdm": self._open_tqdm, "notebook": self._open_html}
        self._show = ways[self._kind]()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop updating the bar; it stays visible."""
        self._show = None
        self._stack.close()

    def __call__(self, progress: JobProgress) -> None:
        """Show the progress of a job.

        Raises:
            RuntimeError: The bar is not open; use it inside `with`.
        """
        if self._show is None:
            raise RuntimeError("use the ProgressSink inside `with ProgressSink(...) as bar:`")
        self._show(progress)

    async def track(self, items: AsyncIterable[T], *, total: int | None = None) -> AsyncGenerator[T]:
        """Yield the items of an async iterable, such as a `lookup_many`, and show their number.

        Args:
            items: The async iterable.
            total: The number of items, if it is known.
        """
        with self:
            progress = _Count(total)
            async for item in items:
                progress.done += 1
                self(progress)
                yield item

    def _open_rich(self) -> Callable[[JobProgress], None]:
        from rich.progress import Progress  # noqa: PLC0415  (an extra)

        bar = self._stack.enter_context(Progress())
        task = bar.add_task(self._description, total=None)

        def show(progress: JobProgress) -> None:
            bar.update(task, total=progress.total, completed=progress.done, description=self._text(progress))

        return show

    def _open_tqdm(self) -> Callable[[JobProgress], None]:
        from tqdm.auto import tqdm  # noqa: PLC0415  (need not be installed)

        bar = self._stack.enter_context(tqdm(desc=self._description, unit="key"))

        def show(progress: JobProgress) -> None:
            bar.total = progress.total
            bar.set_description(self._text(progress), refresh=False)
            bar.update(progress.done - bar.n)

        return show

    def _open_html(self) -> Callable[[JobProgress], None]:
        shown: Any = import_module("IPython.display")  # installed with every Jupyter kernel
        handle = shown.display(shown.HTML(""), display_id=True)
        latest: list[JobProgress] = []
        redrawn = -_REDRAW_SECONDS

        def update() -> None:
            if latest:
                handle.update(shown.HTML(_html_bar(self._text(latest[-1]), latest[-1])))

        def show(progress: JobProgress) -> None:
            nonlocal redrawn
            latest[:] = [progress]
            if (now := monotonic()) - redrawn >= _REDRAW_SECONDS:
                redrawn = now
                update()

        self._stack.callback(update)
        return show

    def _text(self, progress: JobProgress) -> str:
        return (
            f"{self._description} (waiting for {progress.waiting_for})" if progress.waiting_for else self._description
        )
