"""A sample of the fault matrix; `make faults` runs all of it."""

import pytest

from tests.faults.matrix import PARTS, run
from tests.faults.report import heading, row_line
from tests.faults.scale import Scale

SEED = 20_260


@pytest.mark.parametrize("part", PARTS)
def test_nothing_is_lost_doubled_or_wrong(part: str) -> None:
    """This must hold for every fault of the network, the server and the input."""
    rows = list(run(part, Scale(SEED, is_full=False)))

    table = "\n".join([heading(), *map(row_line, rows)])
    messages = [f"{row.kind}: {message}" for row in rows for message in row.messages]
    assert not messages, f"{table}\n" + "\n".join(messages)
