"""What a walk proves is what later walks start from."""

import pytest

from capillary_async.pagination import Knowledge, OffsetMeans
from tests.pagination.oracle import OFFSETS, Server, TotalKind, walk


@pytest.mark.parametrize("offset_means", OFFSETS)
@pytest.mark.parametrize("total_means", ["records", "pages"])
def test_a_walk_of_some_pages_tells_all(offset_means: OffsetMeans, total_means: OffsetMeans) -> None:
    """What it does not write down, each listing of the endpoint would have to find out anew."""
    known = Knowledge()

    walk(Server(list(range(31)), offset_means, total_means, cap=7).answer, 10, known)

    assert known == Knowledge(offset_means, total_means, 7)


@pytest.mark.parametrize("total_means", ["nothing", "missing"])
def test_a_total_of_nothing_teaches_nothing(total_means: TotalKind) -> None:
    """Another listing of the endpoint may well have a total."""
    known = Knowledge()

    walk(Server(list(range(31)), "pages", total_means).answer, 10, known)

    assert known == Knowledge("pages", None, 10)
