"""What two answers in a row say of `offset`."""

from collections.abc import Sequence

from capillary_async.paging import Knowledge, OffsetUnit
from capillary_async.paging.windows import Ask, Windows


def tell(windows: Windows, offset: int, before: Sequence[int], now: Sequence[int]) -> OffsetUnit | None:
    """Let two pages come, one offset after the other; the second has rows that came before."""
    windows.remember(Ask(offset, windows.limit, offset), before)
    ask = Ask(offset + 1, windows.limit, offset + 1)
    return windows.compare(ask, now, is_new=set(before).isdisjoint(now), change=0)


def test_what_rows_have_shown_takes_more_rows_to_upset() -> None:
    """A server may send three rows twice; only hearsay yields to two."""
    heard, shown = (Windows(4, "pages", Knowledge("pages")) for _ in range(2))
    shown.prove("pages")

    assert tell(heard, 1, [4, 5, 6, 7], [5, 6, 7, 8]) == "records"
    assert tell(shown, 1, [4, 5, 6, 7], [5, 6, 7, 8]) is None
    assert shown.means == "pages"


def test_one_row_at_the_front_that_comes_twice_opens_the_question() -> None:
    """Two rows a page: moved on by one, or one of them sent twice; whatever was heard, the next offset decides."""
    windows = Windows(2, "pages", Knowledge("pages"))

    assert tell(windows, 0, [0, 1], [1, 2]) is None
    assert windows.is_open


def test_one_row_further_on_that_comes_twice_does_not() -> None:
    """By then the pages have been the ones that were heard of."""
    windows = Windows(2, "pages", Knowledge("pages"))

    assert tell(windows, 3, [6, 7], [7, 8]) is None
    assert windows.means == "pages"
