"""Docstrings are the help, so they are read with care."""

from capillary_async.cli.descriptions import argument_descriptions
from tests.cli.conftest import Capillary


def test_each_argument_has_its_words() -> None:
    """A description may take several lines."""
    text = """Do it.

    Args:
        first: The one,
            and more of it.
        second: The other.

    Returns:
        third: Nothing of the kind.
    """

    assert argument_descriptions(text) == {"first": "The one, and more of it.", "second": "The other."}


def test_there_may_be_none() -> None:
    """`python -OO` throws docstrings away."""
    assert argument_descriptions(None) == {}


def test_the_options_of_jobs_are_explained_and_offer_their_values(capillary: Capillary) -> None:
    """Eighty options with the same words beside them are a riddle."""
    text = " ".join(capillary("bulk", "run", "--help").out.replace("│", " ").split())

    assert "Options of the lookup" not in text
    assert "choices: points, subscriptions, mlp" in text
    assert "LINEITEMS" in text
    assert "INSTORE, MARTJACK" in text
