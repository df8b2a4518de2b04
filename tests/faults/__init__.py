"""What production does to a client, on purpose: the fault matrix.

`make faults` runs all of it and prints a table; the test suite runs a shorter form of the same code.
"""

from collections.abc import Callable, Iterator
from typing import Final

from tests.faults import bodies, connections, unasked
from tests.faults.report import Row
from tests.faults.scale import Scale

Part = Callable[[Scale], Iterator[Row]]

PARTS: Final[dict[str, Part]] = {
    "connections": connections.run,
    "unasked answers": unasked.run,
    "bodies": bodies.run,
}
