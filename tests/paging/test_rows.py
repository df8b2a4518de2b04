"""Which rows of an answer are new, and what is known of the others."""

from capillary_async.paging.rows import Rows


def test_a_row_that_an_answer_has_twice_is_in_the_list_twice() -> None:
    """Nothing moved it there, so nothing has to be looked for at the front."""
    rows = Rows(is_keyed=True)
    rows.take([1, 2], known=0)

    assert rows.take([2, 2, 3, 3], known=1) == ([2], 0)
    assert rows.duplicates == 2


def test_a_row_of_an_earlier_answer_that_stands_where_none_was_read_may_have_been_moved() -> None:
    """Then there are rows before it that nobody has seen."""
    rows = Rows(is_keyed=True)
    rows.take([1, 2], known=0)

    assert rows.take([2, 1, 3], known=1) == ([2], 1)
    assert rows.duplicates == 1


def test_rows_that_are_read_again_are_no_duplicates() -> None:
    """The client asked for them twice; the server sent them as often as it was asked."""
    rows = Rows(is_keyed=True)
    rows.take([1, 2, 3], known=0)

    assert rows.take([2, 3, 4], known=2) == ([2], 0)
    assert rows.duplicates == 0


def test_without_keys_places_tell() -> None:
    """Amounts may be equal."""
    rows = Rows(is_keyed=False)

    assert list(rows.take([5, 5], known=0)[0]) == [0, 1]
    assert list(rows.take([5, 5, 5], known=2)[0]) == [2]
    assert list(rows.take([5, 5], known=7)[0]) == []
    assert list(rows.take([5, 5], known=-1)[0]) == [0, 1]
