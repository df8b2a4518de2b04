"""The seed of a run, and whether it is full or a sample."""

import random

import attrs


@attrs.frozen
class Scale:
    """The seed, and the numbers of calls.

    Attributes:
        seed: Decides all random choices.
        is_full: Whether to run everything, or a sample for the test suite.
    """

    seed: int
    is_full: bool = True

    def of(self, full: int, sample: int) -> int:
        """Choose one of two counts."""
        return full if self.is_full else sample

    def random_of(self, topic: str) -> random.Random:
        """Return the random generator of a topic; it does not depend on earlier parts."""
        return random.Random(f"{self.seed} {topic}")
