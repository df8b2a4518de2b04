"""A bulk job's progress as a bar."""

from collections.abc import Callable
from contextlib import ExitStack
from importlib.util import find_spec
from types import TracebackType
from typing import Literal, Protocol, Self

from capillary_async.errors import ConfigurationError


class JobProgress(Protocol):
    """What a progress bar shows of a bulk job; `capillary_async.jobs.Progress` is one."""

    @property
    def total(self) -> int:
        """How many keys there are."""
        ...

    @property
    def done(self) -> int:
        """Keys that need no further lookup."""
        ...

    @property
    def waiting_for(self) -> str:
        """What the job waits for; empty while it works."""
        ...


class ProgressSink:
    """Shows a bulk job's progress as a bar, in a terminal or a notebook.

    ```python
    with ProgressSink("june") as bar:
        await job.run(client, on_progress=bar)
    ```
    """

    def __init__(self, description: str = "lookups", *, kind: Literal["rich", "tqdm"] | None = None) -> None:
        """Choose what draws the bar.

        Args:
            description: What stands before the bar.
            kind: The package that draws; `None` means the first of them that is installed.

        Raises:
            ConfigurationError: It is not installed.
        """
        found = [name for name in ("rich", "tqdm") if find_spec(name) and kind in (None, name)]
        if not found:
            raise ConfigurationError(f"install {kind or 'rich or tqdm'} to use the ProgressSink")
        self._kind = found[0]
        self._description = description
        self._stack = ExitStack()
        self._show: Callable[[JobProgress], None] | None = None

    def __enter__(self) -> Self:
        """Draw the bar."""
        self._show = self._open_rich() if self._kind == "rich" else self._open_tqdm()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave the bar as it stands."""
        self._show = None
        self._stack.close()

    def __call__(self, progress: JobProgress) -> None:
        """Show how far a job is.

        Raises:
            RuntimeError: The bar is not open: use it inside `with`.
        """
        if self._show is None:
            raise RuntimeError("use the ProgressSink inside `with ProgressSink(...) as bar:`")
        self._show(progress)

    def _open_rich(self) -> Callable[[JobProgress], None]:
        from rich.progress import Progress  # noqa: PLC0415  (an extra)

        bar = self._stack.enter_context(Progress())
        task = bar.add_task(self._description, total=None)

        def show(progress: JobProgress) -> None:
            bar.update(task, total=progress.total, completed=progress.done, description=self._text(progress))

        return show

    def _open_tqdm(self) -> Callable[[JobProgress], None]:
        from tqdm.auto import tqdm  # noqa: PLC0415  (only for who wants it)

        bar = self._stack.enter_context(tqdm(desc=self._description, unit="key"))

        def show(progress: JobProgress) -> None:
            bar.total = progress.total
            bar.set_description(self._text(progress), refresh=False)
            bar.update(progress.done - bar.n)

        return show

    def _text(self, progress: JobProgress) -> str:
        return (
            f"{self._description} (waiting for {progress.waiting_for})" if progress.waiting_for else self._description
        )
