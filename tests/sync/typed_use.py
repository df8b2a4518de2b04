"""Uses of the blocking client that type checkers must accept; nothing here runs."""

from collections.abc import Iterator
from functools import partial
from typing import assert_type

from capillary_async import BasicAuth, Customer, Page, Region, TargetEvent
from capillary_async.sync import CapillaryClient, Pager, lookup_many


def use() -> Iterator[str]:
    """Call every kind of method."""
    with CapillaryClient(Region.EU, BasicAuth("till", "password")) as client:
        assert_type(client.customers.get(6, embed=["points"]), Customer)
        events = assert_type(client.targets.list_events(6, 7), Pager[TargetEvent])
        for event in events:
            assert_type(event, TargetEvent)
        for page in events.pages():
            assert_type(page, Page[TargetEvent])
        assert_type(events.collect(limit=5), list[TargetEvent])
        assert_type(events.first(), TargetEvent | None)
        with events.prefetch(4) as rows:
            assert_type(next(rows), TargetEvent)
        assert_type(client.fetch("/v3/users/6/targetGroups", into=dict[str, int]), dict[str, int])
        with lookup_many(client.customers.get, [1, 2]) as outcomes:
            for outcome in outcomes:
                if outcome.ok:
                    assert_type(outcome.value, Customer)
        with lookup_many(partial(client.customers.get, slab_history=True), [1, 2]) as outcomes:
            for outcome in outcomes:
                assert_type(outcome.key, int)
        yield client.base_url
