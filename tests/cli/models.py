"""Small models with every kind of field that a row can have."""

from collections.abc import AsyncIterator, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

import attrs


class Colour(StrEnum):
    """The values of `Thing.colour`."""

    RED = "R"


@attrs.frozen
class Owner:
    """A nested model."""

    id: int
    joined: date | None = None


@attrs.frozen
class Thing:
    """A model with every kind of field."""

    name: str | None
    value: Decimal | None = None
    owner: Owner | None = None
    colour: Colour | str | None = None
    seen: datetime | None = None
    parents: "tuple[Thing, ...]" = ()
    origin: "Thing | None" = None
    extra: Mapping[str, Any] = attrs.field(factory=dict[str, Any])


PLAIN = Thing("lamp")
FULL = Thing(
    "Größe, 1",
    value=Decimal("1.000"),
    owner=Owner(7, joined=date(2025, 9, 5)),
    colour=Colour.RED,
    seen=datetime(2025, 1, 9, 12, 0, 12, tzinfo=UTC),
    parents=(Thing("desk"),),
    extra={"new": [1, Decimal("2.50"), None, True]},
)


async def stream(*rows: object) -> AsyncIterator[object]:
    """Yield rows, as a listing does."""
    for row in rows:
        yield row
