"""Run contestants in turn, round after round, and tell how they compare.

Times on a shared machine mean nothing by themselves: what one round disturbs, it disturbs for all. So
every figure that is judged is a ratio of two contestants within one run, and the median over the rounds.
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
    """A ratio that is to be reached.

    Attributes:
        name: Which row of the README's table it is.
        ours: The contestant that is judged.
        peer: Whom it is compared with.
        bound: The ratio of their speeds, ours over the peer's.
        at_least: Whether the bound is the least or the most.
    """

    name: str
    ours: str
    peer: str
    bound: float
    at_least: bool = True


@attrs.frozen
class Verdict:
    """What became of a target."""

    name: str
    ratio: float
    bound: float
    at_least: bool
    what: str

    @property
    def is_met(self) -> bool:
        """Whether the bound was kept."""
        return self.ratio >= self.bound if self.at_least else self.ratio <= self.bound


@attrs.frozen
class Result:
    """One question's answer.

    Attributes:
        question: The question.
        unit: What the figures are.
        figures: The median of each contestant.
        verdicts: The targets.
    """

    question: str
    unit: str
    figures: Mapping[str, float]
    verdicts: tuple[Verdict, ...] = ()


def race(
    question: str,
    contestants: Mapping[str, Run],
    *,
    rounds: int,
    work: int,
    unit: str,
    targets: tuple[Target, ...] = (),
) -> Result:
    """Time contestants in turn that only compute.

    It is the processor's time: where others want the processor too, a long run is interrupted, but a short one seldom.

    Args:
        question: What is asked.
        contestants: What to time, by name; each does `work` pieces of work.
        rounds: How often; the first round is thrown away.
        work: Pieces of work a run does.
        unit: The unit of the figures: microseconds for a piece of work.
        targets: Ratios to judge.
    """
    times: dict[str, list[float]] = {name: [] for name in contestants}
    for _ in range(rounds + 1):
        for name, run in contestants.items():
            started = process_time()
            run()
            times[name].append((process_time() - started) / work * 1e6)
    return settle(question, unit, {name: taken[1:] for name, taken in times.items()}, targets)


def settle(question: str, unit: str, times: Mapping[str, list[float]], targets: tuple[Target, ...]) -> Result:
    """Judge by the median of the rounds' ratios, so that a slow round is slow for both."""
    figures = {name: statistics.median(taken) for name, taken in times.items()}
    verdicts: list[Verdict] = []
    for target in targets:
        pairs = zip(times[target.peer], times[target.ours], strict=True)
        ratio = statistics.median(peer / ours for peer, ours in pairs)
        what = f"speed of {target.ours} over {target.peer}"
        verdicts.append(Verdict(target.name, ratio, target.bound, target.at_least, what))
    return Result(question, unit, figures, tuple(verdicts))


def show(result: Result) -> None:
    """Print a result as a table."""
    print(f"\n{result.question}")
    width = max(len(name) for name in result.figures)
    for name, figure in result.figures.items():
        print(f"  {name:{width}}  {figure:12,.2f} {result.unit}")
    for verdict in result.verdicts:
        sign, word = (">=" if verdict.at_least else "<="), ("met" if verdict.is_met else "MISSED")
        print(f"  {verdict.name}: {verdict.what} {verdict.ratio:.3f} ({sign} {verdict.bound:g}: {word})")


def main(answer: Callable[[bool], list[Result]], doc: str | None) -> None:
    """Run a script's questions from its command line: `--quick` for a glance, `--json FILE` for machines."""
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
