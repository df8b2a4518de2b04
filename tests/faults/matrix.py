"""All parts of the fault matrix."""

from collections.abc import Callable, Iterator
from typing import Final

from tests.faults import bodies, connections, memory, unasked
from tests.faults.report import Row
from tests.faults.scale import Scale

Part = Callable[[Scale], Iterator[Row]]

PARTS: Final[dict[str, Part]] = {
    "connections": connections.run,
    "unasked answers": unasked.run,
    "bodies": bodies.run,
    "large bodies": memory.run,
}
