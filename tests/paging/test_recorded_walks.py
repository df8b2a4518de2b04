"""What walks ask for is as it was recorded."""

from collections.abc import Callable, Iterator

import pytest

from tests.paging.recorded_walks import KINDS, RECORD, Outcome, record


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_walks_ask_for_what_was_recorded(kind: Callable[[], Iterator[Outcome]]) -> None:
    """No other test fails if each listing sends one request more."""
    recorded = RECORD.read_text("utf-8").splitlines()

    assert record(kind) == next(line for line in recorded if line.startswith(f"{kind.__name__} "))
