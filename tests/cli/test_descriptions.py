"""The help comes from docstrings."""

from capillary_async.cli.descriptions import argument_descriptions, for_shell
from tests.cli.conftest import Capillary


def test_each_argument_has_its_description() -> None:
    """A description may have several lines."""
    text = """Do it.

    Args:
        first: The one,
            and more of it.
        second: The other.

    Returns:
        third: Nothing of the kind.
    """

    assert argument_descriptions(text) == {"first": "The one, and more of it.", "second": "The other."}


def test_a_missing_docstring_has_no_descriptions() -> None:
    """`python -OO` removes docstrings."""
    assert argument_descriptions(None) == {}


def test_the_options_of_jobs_have_descriptions_and_values(capillary: Capillary) -> None:
    """The command has eighty options."""
    text = " ".join(capillary("bulk", "run", "--help").out.replace("│", " ").split())

    assert "Options of the lookup" not in text
    assert "choices: points, subscriptions, mlp" in text
    assert "LINEITEMS" in text
    assert "INSTORE, MARTJACK" in text


def test_the_help_names_options_instead_of_parameters() -> None:
    """A shell has no `embed` and no `customers.get`."""
    text = for_shell("Needs mlp in `embed`; see `customers.get`, not `ug2_pagination`.", {"embed", "source"})

    assert text == "Needs mlp in --embed; see `capillary customer`, not `ug2_pagination`."
