"""The fault matrix in short; `make faults` runs it in full."""

import pytest

from tests.faults.matrix import PARTS, run
from tests.faults.report import heading, written
from tests.faults.scale import Scale

SEED = 20_260
# These two count what happens within fractions of a second; on a machine that is busy otherwise they
# would tell of the machine. `make faults` runs them.
WANTS_A_QUIET_MACHINE = {"interruptions", "promises"}


@pytest.mark.parametrize("part", [part for part in PARTS if part not in WANTS_A_QUIET_MACHINE])
def test_nothing_is_lost_doubled_or_wrong(part: str) -> None:
    """Whatever the network, the server or the input does."""
    rows = list(run(part, Scale(SEED, is_full=False)))

    table = "\n".join([heading(), *map(written, rows)])
    complaints = [f"{row.kind}: {complaint}" for row in rows for complaint in row.complaints]
    assert not complaints, f"{table}\n" + "\n".join(complaints)
