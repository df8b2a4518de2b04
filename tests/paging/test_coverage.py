"""How much of a list was read, where some positions have no row and some have one that came before."""

from capillary_async.paging.coverage import Coverage


def test_positions_without_a_row_are_no_doubt() -> None:
    """An empty page is not a page of rows that were moved away."""
    coverage = Coverage(gaps=3)

    coverage.correct(end=10, count=7)

    assert (coverage.doubtful, coverage.rows, coverage.sure, coverage.high) == (0, 7, 7, 10)


def test_a_row_less_than_there_are_positions_is_a_doubt() -> None:
    """The server has one twice, or it was moved; only if it was moved is a row missing."""
    coverage = Coverage()

    coverage.correct(end=10, count=9)

    assert (coverage.doubtful, coverage.rows, coverage.sure) == (1, 10, 9)


def test_new_rows_on_old_ground_count_against_the_doubt() -> None:
    """They are what pushed the others on."""
    coverage = Coverage(end=10, high=10, doubtful=2)

    assert not coverage.grow(0, 5, [0, 1], 0)
    assert (coverage.end, coverage.doubtful, coverage.sure) == (10, 0, 10)


def test_what_is_skipped_is_a_gap_and_going_to_the_front_forgets_it() -> None:
    """Then all of the list is read once more."""
    coverage = Coverage()

    assert coverage.grow(0, 4, range(4), 0)
    assert coverage.grow(8, 4, range(4), 0)
    assert (coverage.end, coverage.gaps, coverage.rows, coverage.holes(4)) == (12, 4, 8, 1)

    coverage.go_back(4)
    assert (coverage.end, coverage.high, coverage.gaps) == (4, 12, 4)
    coverage.go_back(0)
    assert (coverage.end, coverage.high, coverage.gaps) == (0, 12, 0)


def test_a_page_that_was_begun_counts_when_rows_end_there() -> None:
    """Seven rows on pages of four are two pages, but nobody knows before the second has ended."""
    coverage = Coverage(end=7)

    assert coverage.pages(4) == 1
    coverage.is_end_seen = True
    assert coverage.pages(4) == 2
