"""The search for planted secrets finds them; otherwise the matrix would always pass."""

import json
import logging

import pytest

from tests.faults.evidence import EMAIL, PERSONAL, SECRETS, Evidence, gathering


def leaked(text: str) -> json.JSONDecodeError:
    """Return an error with a text in its frames."""
    with pytest.raises(json.JSONDecodeError) as caught:
        json.loads(text)
    caught.value.doc = ""
    return caught.value


@pytest.mark.parametrize("planted", SECRETS + PERSONAL)
def test_each_planted_value_is_found_in_a_log(planted: str) -> None:
    """Any library may log it, at any level."""
    with gathering() as evidence:
        logging.getLogger("another.library").debug("before %s after", planted)

    assert f"{planted} in log of another.library" in evidence.leaks()


@pytest.mark.parametrize(
    "error",
    [
        pytest.param(lambda: leaked(EMAIL), id="itself"),
        pytest.param(lambda: ExceptionGroup("several", [ValueError("no"), leaked(EMAIL)]), id="in a group"),
    ],
)
def test_a_planted_value_in_a_frame_is_found(error: object) -> None:
    """Error trackers show the locals of frames."""
    evidence = Evidence()

    evidence.take_error(error())  # type: ignore[operator]

    assert any("in locals in" in message for message in evidence.leaks())


@pytest.mark.parametrize("attribute", ["__cause__", "__context__"])
def test_a_chain_is_followed_both_ways(attribute: str) -> None:
    """An error may have both a cause and a context."""
    evidence, error = Evidence(), ValueError("no")
    setattr(error, attribute, leaked(EMAIL))
    error.__suppress_context__ = False

    evidence.take_error(error)

    assert any("in locals in" in message for message in evidence.leaks())


def test_a_planted_value_in_a_pickle_is_found() -> None:
    """A pickle is stored or sent in plain text."""
    evidence = Evidence()

    evidence.take_pickle({"mobile": EMAIL})

    assert evidence.leaks() == [f"{EMAIL} in pickle"]
