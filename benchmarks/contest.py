"""Run contestants in turn, for several rounds, and compare them.

Absolute times on a shared machine are not reliable. Other load slows all contestants of a round, so each judged figure
is a ratio of two contestants in one run, and the median of all rounds.
"""

import argparse
import json
import statistics
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from time import process_time

import attrs

Run = Callable[[], object]


@attrs.frozen
class Target:
    """A ratio to reach.

    Attributes:
        name: The row of the README's table.
        ours: The judged contestant.
        peer: The contestant to compare with.
        bound: The ratio of their speeds, ours over the peer's.
        at_least: Whether the bound is a minimum; else it is a maximum.
    """

    name: str
    ours: str
    peer: str
    bound: float
    at_least: bool = True


@attrs.frozen
class Judgement:
    """The measured ratio of a target."""

    name: str
    ratio: float
    bound: float
    at_least: bool
    what: str

    @property
    def is_met(self) -> bool:
        """Whether the ratio is within the bound."""
        return self.ratio >= self.bound if self.at_least else self.ratio <= self.bound


@attrs.frozen
class Result:
    """The answer to one question.

    Attributes:
        question: The question.
        unit: The unit of the figures.
        figures: The median of each contestant.
        judgements: The measured ratios of the targets.
    """

    question: str
    unit: str
    figures: Mapping[str, float]
    judgements: tuple[Judgement, ...] = ()


def race(
    question: str,
    contestants: Mapping[str, Run],
    *,
    rounds: int,
    work: int,
    unit: str,
    targets: tuple[Target, ...] = (),
) -> Result:
    """Time contestants that only compute, in turn.

    The processor time is measured, because other processes may interrupt a long run.

    Args:
        question: The question.
        contestants: The functions to time, by name; each does `work` pieces of work.
        rounds: Number of rounds; the first one is not counted.
        work: Number of pieces of work of a run.
        unit: The unit of the figures: microseconds for a piece of work.
        targets: Ratios to judge.
    """
    times: dict[str, list[float]] = {name: [] for name in contestants}
    for _ in range(rounds + 1):
        for name, run in contestants.items():
            started = process_time()
            run()
            times[name].append((process_time() - started) / work * 1e6)
    return judge(question, unit, {name: taken[1:] for name, taken in times.items()}, targets)


def judge(question: str, unit: str, times: Mapping[str, list[float]], targets: tuple[Target, ...]) -> Result:
    """Judge the targets by the median of the rounds' ratios, because a slow round is slow for both contestants."""
    figures = {name: statistics.median(taken) for name, taken in times.items()}
    judgements: list[Judgement] = []
    for target in targets:
        pairs = zip(times[target.peer], times[target.ours], strict=True)
        ratio = statistics.median(peer / ours for peer, ours in pairs)
        what = f"speed of {target.ours} over {target.peer}"
        judgements.append(Judgement(target.name, ratio, target.bound, target.at_least, what))
    return Result(question, unit, figures, tuple(judgements))


def show(result: Result) -> None:
    """Print a result as a table."""
    print(f"\n{result.question}")
    width = max(len(name) for name in result.figures)
    for name, figure in result.figures.items():
        print(f"  {name:{width}}  {figure:12,.2f} {result.unit}")
    for judgement in result.judgements:
        sign, word = (">=" if judgement.at_least else "<="), ("met" if judgement.is_met else "MISSED")
        print(f"  {judgement.name}: {judgement.what} {judgement.ratio:.3f} ({sign} {judgement.bound:g}: {word})")


def main(answer: Callable[[bool], list[Result]], doc: str | None) -> None:
    """Run a script's questions from the command line; `--quick` is rough, `--json FILE` writes the results."""
    parser = argparse.ArgumentParser(description=(doc or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="fewer rounds; the figures are rough")
    parser.add_argument("--json", type=Path, help="write the results to this file too")
    arguments = parser.parse_args()
    results = answer(arguments.quick)
    for result in results:
        show(result)
    if arguments.json:
        arguments.json.write_text(json.dumps([attrs.asdict(result) for result in results], indent=1))
    sys.exit(0)
