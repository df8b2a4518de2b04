"""Listings as Arrow tables, as the tools that read them see it."""

from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import pytest

from capillary_async import BasicAuth, CapillaryClient, Pager, TargetEvent
from capillary_async.codec import json_cell
from capillary_async.sandbox import Sandbox
from capillary_async.tables.batches import arrow_batches, arrow_table

pa: Any = pytest.importorskip("pyarrow")
GOOD = BasicAuth("store.server", "server123")


@pytest.fixture
async def client(capillary_sandbox: Sandbox) -> AsyncIterator[CapillaryClient]:
    """Open a client on the sandbox."""
    async with CapillaryClient(capillary_sandbox.base_url, GOOD) as opened:
        yield opened


def events_of(client: CapillaryClient) -> Pager[TargetEvent]:
    """Return a listing of 25 events in pages of 10."""
    return client.targets.list_events(1, 7, page_size=10)


async def test_a_listing_is_a_table_of_the_models_columns(capillary_sandbox: Sandbox, client: CapillaryClient) -> None:
    """Analysts want a table, not 25 objects."""
    table = await events_of(client).to_arrow()

    assert str(table.schema.field("target_value").type) == "decimal128(38, 6)"
    assert str(table.schema.field("event_date").type) == "timestamp[us, tz=UTC]"
    assert table["event_log_id"].to_pylist() == capillary_sandbox.event_ids(1, 7)


async def test_batches_have_one_schema_and_all_rows(capillary_sandbox: Sandbox, client: CapillaryClient) -> None:
    """A listing of a million rows is written batch by batch."""
    batches = [batch async for batch in events_of(client).arrow_batches(rows=4)]

    assert {batch.num_rows for batch in batches[:-1]} == {4}
    assert pa.Table.from_batches(batches)["event_log_id"].to_pylist() == capillary_sandbox.event_ids(1, 7)


async def test_an_empty_listing_has_its_columns() -> None:
    """Whoever loads it expects them."""

    async def nothing() -> AsyncIterator[TargetEvent]:
        for row in list[TargetEvent]():
            yield row

    batches = [batch async for batch in arrow_batches(nothing(), TargetEvent, json_cell, 10)]

    assert [batch.num_rows for batch in batches] == [0]
    assert arrow_table([], TargetEvent, json_cell).schema == batches[0].schema


async def test_rows_without_a_class_have_the_union_of_their_keys(client: CapillaryClient) -> None:
    """Endpoints that this package does not know are tables, too."""
    pager = client.paginate("/v3/users/1/trackedTargetEvents/7", rows_key="data", page_size=10)

    table = await pager.to_arrow()
    batches = [batch async for batch in pager.arrow_batches(rows=10)]

    assert table.column_names[0] == "eventLogId"
    assert batches[0].schema.names[-1] == "extra"
    assert sum(batch.num_rows for batch in batches) == table.num_rows


async def test_a_batch_without_rows_is_refused(client: CapillaryClient) -> None:
    """It would never end."""
    with pytest.raises(ValueError, match="rows must be 1 or more, not 0"):
        events_of(client).arrow_batches(rows=0)


async def test_polars_duckdb_and_pandas_read_it(client: CapillaryClient) -> None:
    """These are what people do sums with; money must be exact in all of them."""
    duckdb: Any = pytest.importorskip("duckdb")
    polars: Any = pytest.importorskip("polars")
    pytest.importorskip("pandas")
    table = await events_of(client).to_arrow()
    total = sum((value for value in table["target_value"].to_pylist() if value), Decimal(0))

    in_polars = polars.from_arrow(table)["target_value"].sum()
    with duckdb.connect() as database:
        database.register("events", table)
        in_duckdb = database.execute("SELECT sum(target_value) FROM events").fetchone()[0]
    in_pandas = table.to_pandas()["target_value"].dropna().sum()

    assert (in_polars, in_duckdb, in_pandas) == (total, total, total)
