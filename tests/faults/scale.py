"""How much of the matrix to run."""

import random

import attrs


@attrs.frozen
class Scale:
    """The seed, and how many of everything.

    Attributes:
        seed: All chance comes from it.
        is_full: Whether to run all, or a sample that a test suite has time for.
    """

    seed: int
    is_full: bool = True

    def of(self, full: int, sample: int) -> int:
        """Choose one of two counts."""
        return full if self.is_full else sample

    def random_of(self, topic: str) -> random.Random:
        """Return the source of chance for a topic; it does not depend on what ran before."""
        return random.Random(f"{self.seed} {topic}")
