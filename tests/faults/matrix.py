"""All parts of the fault matrix."""

import random
from collections.abc import Callable, Iterator
from typing import Final

from tests.faults import (
    bodies,
    bystanders,
    connections,
    hostile,
    interruptions,
    listings,
    memory,
    planted,
    promises,
    storms,
    telemetry,
    tokens,
    unasked,
)
from tests.faults.report import Row
from tests.faults.scale import Scale

PARTS: Final[dict[str, Callable[[Scale], Iterator[Row]]]] = {
    "connections": connections.run,
    "unasked answers": unasked.run,
    "listings": listings.run,
    "bodies": bodies.run,
    "large bodies": memory.run,
    "storms": storms.run,
    "tokens": tokens.run,
    "interruptions": interruptions.run,
    "promises": promises.run,
    "planted": planted.run,
    "bystanders": bystanders.run,
    "telemetry": telemetry.run,
    "hostile": hostile.run,
}


def run(part: str, scale: Scale) -> Iterator[Row]:
    """Run one part; the seed also decides the client's random choices."""
    random.seed(f"{scale.seed} {part}")
    return PARTS[part](scale)
