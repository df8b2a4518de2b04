"""How fast do an answer's bytes become typed values? `python benchmarks/decode.py`.

100 target events with exact decimals and aware date-times. The floor is a bare msgspec Struct that
leaves dates as text; pydantic, mashumaro and the dataclass by hand give the values that we give.
"""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any

import msgspec
import pydantic
from contest import Result, Run, Target, main, race
from mashumaro.codecs import BasicDecoder
from mashumaro.config import BaseConfig
from pydantic.alias_generators import to_camel
from samples import events, page

from capillary_async import TargetEvent
from capillary_async.converter import Converter, decode_json

BODY = page(events(100), limit=100, offset=0, total=100)


def aware(text: str) -> datetime:
    """Read a date-time that comes without a zone."""
    return datetime.fromisoformat(text + "+00:00")


class FloorEvent(msgspec.Struct, rename="camel"):
    """The least that could be done."""

    event_log_id: int
    event_name: str
    customer_id: int
    event_display_name: str | None
    unique_id: str
    event_date: str
    event_processed_date: str
    period_id: int
    target_group_id: int
    target_rule_id: int
    target_value: Decimal


class FloorPage(msgspec.Struct):
    """A page of them."""

    data: list[FloorEvent]


Moment = Annotated[datetime, pydantic.BeforeValidator(aware)]


class PydanticEvent(pydantic.BaseModel):
    """As a user of pydantic would write it."""

    model_config = pydantic.ConfigDict(alias_generator=to_camel, strict=True, frozen=True, extra="allow")

    event_log_id: int
    event_name: str
    customer_id: int
    event_display_name: str | None = None
    unique_id: str
    event_date: Moment
    event_processed_date: Moment
    period_id: int
    target_group_id: int
    target_rule_id: int
    target_value: Annotated[Decimal, pydantic.Strict(strict=False)]


class PydanticPage(pydantic.BaseModel):
    """A page of them."""

    data: list[PydanticEvent]


@dataclass(frozen=True, slots=True)
class PlainEvent:
    """As one would write it by hand."""

    event_log_id: int
    event_name: str
    customer_id: int
    event_display_name: str | None
    unique_id: str
    event_date: datetime
    event_processed_date: datetime
    period_id: int
    target_group_id: int
    target_rule_id: int
    target_value: Decimal


@dataclass
class MashumaroEvent:
    """As a user of mashumaro would write it."""

    event_log_id: int = field(metadata={"alias": "eventLogId"})
    event_name: str = field(metadata={"alias": "eventName"})
    customer_id: int = field(metadata={"alias": "customerId"})
    event_display_name: str | None = field(metadata={"alias": "eventDisplayName"})
    unique_id: str = field(metadata={"alias": "uniqueId"})
    event_date: datetime = field(metadata={"alias": "eventDate", "deserialize": aware})
    event_processed_date: datetime = field(metadata={"alias": "eventProcessedDate", "deserialize": aware})
    period_id: int = field(metadata={"alias": "periodId"})
    target_group_id: int = field(metadata={"alias": "targetGroupId"})
    target_rule_id: int = field(metadata={"alias": "targetRuleId"})
    target_value: Decimal = field(metadata={"alias": "targetValue"})

    class Config(BaseConfig):
        """Strict enough to be compared."""

        lazy_compilation = False


def by_hand(row: dict[str, Any]) -> PlainEvent:
    """Pick a row apart, unchecked."""
    return PlainEvent(
        row["eventLogId"],
        row["eventName"],
        row["customerId"],
        row["eventDisplayName"],
        row["uniqueId"],
        aware(row["eventDate"]),
        aware(row["eventProcessedDate"]),
        row["periodId"],
        row["targetGroupId"],
        row["targetRuleId"],
        Decimal(row["targetValue"]),
    )


def contestants() -> dict[str, Run]:
    """Return a run for each; `ours` first."""
    converter = Converter(UTC)
    rows = tuple[TargetEvent, ...]
    floor = msgspec.json.Decoder(FloorPage)
    mashumaro = BasicDecoder(list[MashumaroEvent])
    return {
        "ours": lambda: converter.structure(decode_json(BODY)["data"], rows),
        "msgspec, dates as text": lambda: floor.decode(BODY),
        "pydantic": lambda: PydanticPage.model_validate_json(BODY),
        "mashumaro": lambda: mashumaro.decode(json.loads(BODY, parse_float=Decimal)["data"]),
        "dataclass by hand": lambda: [by_hand(row) for row in json.loads(BODY, parse_float=Decimal)["data"]],
    }


def check() -> None:
    """Compare apples with apples: ours and pydantic's values are the same."""
    ours = Converter(UTC).structure(decode_json(BODY)["data"], tuple[TargetEvent, ...])
    theirs = PydanticPage.model_validate_json(BODY).data
    for one, other in zip(ours, theirs, strict=True):
        assert (one.event_log_id, one.event_date, one.target_value) == (
            other.event_log_id,
            other.event_date,
            other.target_value,
        )


def repeated(run: Run, times: int) -> Run:
    """Make one timed run out of many."""

    def runs() -> None:
        for _ in range(times):
            run()

    return runs


def answer(is_quick: bool) -> list[Result]:  # noqa: FBT001  (the command line's)
    """Ask the question."""
    check()
    times = 20 if is_quick else 100
    return [
        race(
            "Decode 100 target events",
            {name: repeated(run, times) for name, run in contestants().items()},
            rounds=5 if is_quick else 15,
            work=times,
            unit="µs",
            targets=(
                Target("S1 over pydantic", "ours", "pydantic", 1.4),
                Target("S1 over the floor", "ours", "msgspec, dates as text", 0.25),
            ),
        )
    ]


if __name__ == "__main__":
    main(answer, __doc__)
