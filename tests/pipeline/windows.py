"""Count what started within a window."""

from collections.abc import Sequence


def most_in_a_window(times: Sequence[float], per: float) -> int:
    """Count the starts of the fullest window, both of its ends included."""
    first, most = 0, 0
    for last, time in enumerate(times):
        while time - times[first] > per:
            first += 1
        most = max(most, last - first + 1)
    return most
