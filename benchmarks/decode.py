"""How fast do an answer's bytes become typed values? `python benchmarks/decode.py`.

Pages of 100 target events and of 100 trackers, and the details of a customer, with exact decimals and aware
date-times. The floor is a msgspec Struct that leaves dates as text. pydantic, mashumaro and the hand-written dataclass
return the same values as this package. Pages with only new dates, and dates in India's time, are separate contestants.
"""

import json
from collections.abc import Iterator
from datetime import UTC, tzinfo
from decimal import Decimal
from itertools import cycle, repeat
from types import GenericAlias
from typing import Any

import attrs
import msgspec
from contest import Result, Run, Target, main, race
from mashumaro.codecs import BasicDecoder
from pydantic import TypeAdapter
from rivals import INDIA, DateTimeInIndia, by_hand, list_of, mashumaro_class, pydantic_model, pydantic_page, struct
from samples import customer, events, page, trackers

from capillary_async import Customer, TargetEvent, Tracker
from capillary_async.codec import Converter
from capillary_async.models.definition import Model, documented

FLOOR, OURS = "msgspec, dates as text", "ours"
NEW, IN_INDIA, NEW_IN_INDIA = "ours, every date new", "ours, in India", "ours, in India, every date new"
PEER, PEER_IN_INDIA = "pydantic", "pydantic, in India"
TARGETS = (
    *(Target(f"S1 over pydantic: {name}", name, PEER, 2.0) for name in (OURS, NEW)),
    *(Target(f"S1 over pydantic: {name}", name, PEER_IN_INDIA, 2.0) for name in (IN_INDIA, NEW_IN_INDIA)),
    Target("S1 over the floor", OURS, FLOOR, 1 / 2.8),
)
FRESH_PAGES = 40  # with 200 dates on each, many more than the cache holds


@attrs.frozen
class Subject:
    """A kind of answer to decode.

    Attributes:
        name: The name of the subject.
        body: The bytes.
        cls: This package's model.
        is_page: Whether the body is a page of models.
        fresh: Other bodies of the same kind without a repeated date; empty for a subject with few dates.
    """

    name: str
    body: bytes
    cls: Any
    is_page: bool = True
    fresh: tuple[bytes, ...] = ()


def subjects() -> tuple[Subject, ...]:
    """Return the three subjects."""

    def page_of(rows: list[dict[str, Any]]) -> bytes:
        return page(rows, limit=100, offset=0, total=100)

    fresh = tuple(page_of(events(100, first=1000 * number)) for number in range(FRESH_PAGES))
    return (
        Subject("100 target events", page_of(events(100)), TargetEvent, fresh=fresh),
        Subject("100 trackers", page_of(trackers(100)), Tracker),
        Subject("a customer's details", customer(), Customer, is_page=False),
    )


def contestants(subject: Subject) -> dict[str, Run]:
    """Return the functions to time, ours first."""
    body, cls = subject.body, subject.cls
    read = by_hand(cls)
    if subject.is_page:
        floor = msgspec.json.Decoder[Any](msgspec.defstruct("Page", [("data", list_of(struct(cls)))]))
        theirs = TypeAdapter[Any](pydantic_page(cls))
        mashumaro = BasicDecoder[Any](list_of(mashumaro_class(cls)))
    else:
        floor = msgspec.json.Decoder[Any](struct(cls))
        theirs = TypeAdapter[Any](pydantic_model(cls))
        mashumaro = BasicDecoder[Any](mashumaro_class(cls))

    def part(document: Any) -> Any:
        return document["data"] if subject.is_page else document

    def ours(bodies: Iterator[bytes], zone: tzinfo = UTC) -> Run:
        converter = Converter(zone)
        into: Any = GenericAlias(tuple, (cls, ...)) if subject.is_page else cls
        rows_key = "data" if subject.is_page else ""
        return lambda: converter.structure(part(converter.decode(next(bodies), cls, rows_key)), into)

    def by_dataclass() -> object:
        document = part(json.loads(body, parse_float=Decimal))
        return list(map(read, document)) if subject.is_page else read(document)

    runs: dict[str, Run] = {
        OURS: ours(repeat(body)),
        FLOOR: lambda: floor.decode(body),
        PEER: lambda: theirs.validate_json(body),
        "mashumaro": lambda: mashumaro.decode(part(json.loads(body, parse_float=Decimal))),
        "dataclass by hand": by_dataclass,
    }
    if subject.fresh:
        indian = TypeAdapter[Any](pydantic_page(cls, DateTimeInIndia))
        runs |= {NEW: ours(cycle(subject.fresh)), IN_INDIA: ours(repeat(body), INDIA)}
        runs |= {NEW_IN_INDIA: ours(cycle(subject.fresh), INDIA), PEER_IN_INDIA: lambda: indian.validate_json(body)}
    return runs


def check() -> None:
    """Check that this package and pydantic return the same values."""
    for subject in subjects():
        runs = contestants(subject)
        ours: Any = runs[OURS]()
        theirs: Any = runs[PEER]()
        assert _same(ours, theirs.data if subject.is_page else theirs), subject.name
        if subject.fresh:
            indian: Any = runs[PEER_IN_INDIA]()
            assert _same(runs[IN_INDIA](), indian.data), subject.name


def _same(ours: Any, theirs: Any) -> bool:
    if ours.__class__ is tuple:
        return all(_same(one, other) for one, other in zip(ours, theirs, strict=True))
    if isinstance(ours, Model):
        names = [attribute.name for attribute in documented(type(ours))]
        return all(_same(getattr(ours, name), getattr(theirs, name)) for name in names)
    return isinstance(theirs, str) or ours == theirs  # texts: enumerations, and plain dates


def repeated(run: Run, times: int) -> Run:
    """Return a function that runs another one several times."""

    def runs() -> None:
        for _ in range(times):
            run()

    return runs


def answer(is_quick: bool) -> list[Result]:  # noqa: FBT001  (the command line's)
    """Measure, and return the results."""
    check()
    times = 20 if is_quick else 100
    return [
        race(
            f"Decode {subject.name}",
            {name: repeated(run, times) for name, run in contestants(subject).items()},
            rounds=5 if is_quick else 15,
            work=times,
            unit="µs",
            targets=() if number else TARGETS,
        )
        for number, subject in enumerate(subjects())
    ]


if __name__ == "__main__":
    main(answer, __doc__)
