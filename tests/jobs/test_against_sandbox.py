"""Jobs with the real client over real sockets, checked against what the sandbox itself says."""

import asyncio
import base64
import hashlib
import itertools
import json
import random
import time
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, cast

import aiohttp
import duckdb
import pytest

from capillary_async import BasicAuth, CapillaryClient, ClientOptions, RetryPolicy
from capillary_async.jobs import BulkJob, JobOptions, JobStoppedError, Progress
from capillary_async.sandbox import Answer, Sandbox

pq: Any = pytest.importorskip("pyarrow.parquet")
OPTIONS = ClientOptions(deadline=None, retry=RetryPolicy(base=0.001, throttled_base=0.001))
EVENT_KEYS = [(user, rule) for user in range(395, 415) for rule in range(79191, 79197)]


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    """Run a sandbox."""
    async with Sandbox() as running:
        yield running


def client_of(sandbox: Sandbox, password: str | None = None) -> CapillaryClient:
    """Make a client."""
    return CapillaryClient(sandbox.base_url, BasicAuth(sandbox.till, password or sandbox.password), options=OPTIONS)


async def asked(sandbox: Sandbox, path: str, **query: str) -> Any:
    """Ask the sandbox itself, by HTTP and JSON alone; numbers with a fraction are exact."""
    digest = hashlib.md5(sandbox.password.encode()).hexdigest()
    basic = base64.b64encode(f"{sandbox.till}:{digest}".encode()).decode()
    async with (
        aiohttp.ClientSession(headers={"Authorization": f"Basic {basic}"}) as session,
        session.get(sandbox.base_url + path, params=query) as answer,
    ):
        return json.loads(await answer.text(), parse_float=Decimal)


def event_row(user: int, rule: int, event: Mapping[str, Any]) -> tuple[Any, ...]:
    """Return what the output should say about an event of the sandbox."""
    moment = datetime.fromisoformat(event.get("eventDateISO") or event["eventDate"])
    return (
        user,
        rule,
        event["eventLogId"],
        event["eventName"],
        event.get("uniqueId"),
        moment if moment.tzinfo else moment.replace(tzinfo=UTC),  # the sandbox's clock
        Decimal(event["targetValue"]),
    )


EVENT_COLUMNS = (
    "customer_id",
    "target_rule_id",
    "event_log_id",
    "event_name",
    "unique_id",
    "event_date",
    "target_value",
)


async def expected_events(sandbox: Sandbox) -> list[tuple[Any, ...]]:
    """Return the rows of every event of every key."""
    rows: list[tuple[Any, ...]] = []
    for user, rule in EVENT_KEYS:
        answer = await asked(sandbox, f"/v3/users/{user}/trackedTargetEvents/{rule}", limit="1000", offset="0")
        rows.extend(event_row(user, rule, event) for event in answer["data"] or ())
    return sorted(rows)


def every(number: int) -> Callable[[object], bool]:
    """Pick every so many requests."""
    seen = itertools.count(1)
    return lambda request: next(seen) % number == 0


async def test_events_in_parquet_equal_the_sandboxs_own_account(sandbox: Sandbox, tmp_path: Path) -> None:
    """Row for row, value for value, whatever happened on the way."""
    options = JobOptions(concurrency=8, batch=20)
    job = BulkJob.create(tmp_path / "job", "events", EVENT_KEYS, options=options)

    def stop_after(requests: int) -> Callable[[object], bool]:
        def pick(_: object) -> bool:
            if sandbox.request_count > requests:
                job.stop()
            return False

        return pick

    sandbox.script(every(7), Answer.html(500), Answer.throttled("0"), Answer(abort=True), times=None)

    async with client_of(sandbox) as client:
        sandbox.script(stop_after(50), Answer.html(500))
        with pytest.raises(JobStoppedError):
            await job.run(client)
        await BulkJob.open(tmp_path / "job").run(client)
    path = job.export("parquet")

    sandbox.clear_scripts()
    rows = await expected_events(sandbox)
    table = pq.read_table(path)
    found = [tuple(row[name] for name in EVENT_COLUMNS) for row in table.to_pylist()]
    assert len(rows) > 50
    assert sorted(found) == rows
    assert table.column_names[:3] == ["customer_id", "target_rule_id", "period_id"]


async def test_events_in_duckdb_equal_the_sandboxs_own_account(sandbox: Sandbox, tmp_path: Path) -> None:
    """Another reader, with other opinions on decimals and time zones."""
    job = BulkJob.create(tmp_path / "job", "events", EVENT_KEYS)
    async with client_of(sandbox) as client:
        await job.run(client)
    path = job.export("parquet")

    database = duckdb.connect()
    columns = ", ".join(EVENT_COLUMNS).replace("event_date", "epoch_us(event_date)")
    found = database.execute(f"SELECT {columns} FROM '{path}'").fetchall()

    rows = [
        (*row[:5], int(row[5].timestamp()) * 1_000_000 + row[5].microsecond, row[6])
        for row in await expected_events(sandbox)
    ]
    assert sorted(found) == sorted(rows)


async def test_customers_in_parquet_equal_the_sandboxs_own_account(sandbox: Sandbox, tmp_path: Path) -> None:
    """Nested objects are nested columns, and every verdict is counted."""
    keys = range(396, 416)  # 403, 404, 409 and 410 are special
    job = BulkJob.create(tmp_path / "job", "customers", keys)
    async with client_of(sandbox) as client:
        status = await job.run(client)
    rows = {row["customer_id"]: row for row in pq.read_table(job.export("parquet")).to_pylist()}

    assert (status.found, status.failed) == (16, 0)
    assert (status.not_found, status.merged, status.invalid) == (2, 1, 1)
    for key in set(keys) - {403, 404, 409, 410}:
        customer = await asked(sandbox, f"/v2/customers/{key}", source="INSTORE")
        row = rows.pop(key)
        assert row["id"] == customer["id"] == key
        for profile, raw in zip(row["profiles"], customer["profiles"], strict=True):
            assert profile["first_name"] == raw["firstName"]
            identifiers: list[tuple[str, str]] = [(one["type"], one["value"]) for one in profile["identifiers"]]
            assert identifiers == [(one["type"], one["value"]) for one in raw["identifiers"]]
            assert profile["attribution"]["create_date"] == datetime.fromisoformat(raw["attribution"]["createDate"])
        assert row["loyalty_info"]["lifetime_purchases"] == Decimal(customer["loyaltyInfo"]["lifetimePurchases"])
    assert not rows


@pytest.mark.parametrize("lookup", ["trackers", "active-targets"])
async def test_the_other_lookups_find_what_the_sandbox_has(sandbox: Sandbox, tmp_path: Path, lookup: str) -> None:
    """Every name in the help must work."""
    job = BulkJob.create(tmp_path / "job", lookup, range(10, 30))
    async with client_of(sandbox) as client:
        await job.run(client)
    rows = pq.read_table(job.export("parquet")).to_pylist()

    if lookup == "trackers":
        trackers = sorted((row["user_group_id"], (row["id"], row["condition_id"])) for row in rows)
        assert trackers == sorted((group, key) for group in range(10, 30) for key in sandbox.group_tracker_keys(group))
    else:
        targets = sorted((row["customer_id"], row["id"]) for row in rows)
        assert targets == sorted((user, rule) for user in range(10, 30) for rule in sandbox.target_rule_ids(user))
    assert rows


async def test_progress_has_a_row_for_each_target(sandbox: Sandbox, tmp_path: Path) -> None:
    """With the group beside it, and the ids that events are listed by."""
    job = BulkJob.create(tmp_path / "job", "progress", range(11, 31))
    async with client_of(sandbox) as client:
        await job.run(client)
    rows = pq.read_table(job.export("parquet")).to_pylist()

    targets = sorted((row["customer_id"], row["target_rule_id"]) for row in rows)
    assert targets == sorted((user, rule) for user in range(11, 31) for rule in sandbox.target_rule_ids(user))
    assert all(row["target_group_id"] == 1_000 + row["target_rule_id"] // 3 for row in rows)
    assert rows[0]["target_value"] == Decimal("5000.0")


@pytest.mark.parametrize(
    ("lookup", "column"),
    [
        ("customers", "points_summary"),
        ("points", "main_points"),
        ("tiers", "current_tier_name"),
        ("transactions", "amount"),
        ("progress", "target_rule_id"),
        ("ledger", "net_points_on_event"),
    ],
)
async def test_a_file_of_mobile_numbers_is_enough(sandbox: Sandbox, tmp_path: Path, lookup: str, column: str) -> None:
    """What most scripts start from; each row begins with the number."""
    mobiles = [sandbox.identifiers(number)["mobile"] for number in (5, 6, 7, 565345)]
    arguments = {"embed": "points"} if lookup == "customers" else {}
    job = BulkJob.create(tmp_path / "job", lookup, mobiles, by="mobile", arguments=arguments)

    async with client_of(sandbox) as client:
        await job.run(client)
    rows = pq.read_table(job.export("parquet")).to_pylist()

    assert {row["mobile"] for row in rows} <= set(mobiles)
    assert any(row[column] is not None for row in rows)


async def test_a_wrong_password_stops_the_job_after_a_handful_of_requests(sandbox: Sandbox, tmp_path: Path) -> None:
    """Thousands would lock the till."""
    job = BulkJob.create(tmp_path / "job", "customers", range(1, 1001))

    async with client_of(sandbox, "wrong") as client:
        with pytest.raises(JobStoppedError) as caught:
            await job.run(client)

    assert sandbox.request_count <= 2
    assert "wrong" not in str(caught.value)
    assert job.status().pending == 1000


async def test_a_client_that_closes_under_way_stops_the_job(sandbox: Sandbox, tmp_path: Path) -> None:
    """A job in a web backend that shuts down."""
    job = BulkJob.create(tmp_path / "job", "customers", range(1, 201))

    async with client_of(sandbox) as client:
        running = asyncio.ensure_future(job.run(client))
        while sandbox.request_count < 50:  # noqa: ASYNC110  (the sandbox does not tell)
            await asyncio.sleep(0)
    with pytest.raises(JobStoppedError):
        await running

    async with client_of(sandbox) as client:
        status = await job.run(client)
    assert status.is_complete
    assert status.found > 190


def every_request_after(requests: int, sandbox: Sandbox, begin: Callable[[], object]) -> Callable[[object], bool]:
    """Begin something once so many requests have come."""
    begun: list[bool] = []

    def pick(_: object) -> bool:
        if sandbox.request_count > requests and not begun:
            begun.append(True)
            begin()
        return False

    return pick


async def test_a_gateway_in_the_middle_costs_no_key_its_outcome(sandbox: Sandbox, tmp_path: Path) -> None:
    """It took 2,000 customers for unknown."""
    job = BulkJob.create(tmp_path / "job", "customers", range(1, 301), options=JobOptions(concurrency=16))
    seen: list[str] = []

    def look(progress: Progress) -> None:
        if progress.waiting_for.startswith("the API"):
            seen.append(progress.last_error)
            sandbox.gateway = None

    def refuse() -> None:
        sandbox.gateway = "not found"

    sandbox.script(every_request_after(100, sandbox, refuse), Answer.html(500), times=None)
    async with client_of(sandbox) as client:
        status = await job.run(client, on_progress=look)

    assert len(seen) == 1
    assert seen[0].startswith("UnexpectedResponseError")
    assert status.pending == 0
    assert status.found + status.not_found + status.merged + status.invalid + status.failed == 300
    assert status.not_found <= 3


@pytest.mark.parametrize("status", [503, 429])
async def test_behind_nginx_limit_req_every_key_is_found_in_time(sandbox: Sandbox, tmp_path: Path, status: int) -> None:
    """252 of 300 keys ended as failed with 503, and it took 30 s with 429."""
    sandbox.spacing, sandbox.spacing_status = 0.02, cast("Any", status)
    job = BulkJob.create(tmp_path / "job", "active-targets", range(1, 151))
    began = time.monotonic()

    async with client_of(sandbox) as client:
        done = await job.run(client)

    assert (done.failed, done.pending) == (0, 0)
    # The virtual hours of `test_gateways` have the bound of 1.5; here other work on the machine counts, too.
    assert time.monotonic() - began < 3 * 3


async def test_a_server_that_closes_after_each_answer_loses_no_key(sandbox: Sandbox, tmp_path: Path) -> None:
    """715 of 1,000 keys were lost."""
    sandbox.closes = True
    job = BulkJob.create(tmp_path / "job", "active-targets", range(1, 401))

    async with client_of(sandbox) as client:
        status = await job.run(client)

    assert (status.failed, status.pending) == (0, 0)


async def test_connections_that_are_reset_lose_no_key(sandbox: Sandbox, tmp_path: Path) -> None:
    """879 of 1,000 keys were found."""
    chance = random.Random(5)
    sandbox.script(lambda _: chance.random() < 0.3, Answer(abort=True), times=None)
    job = BulkJob.create(tmp_path / "job", "active-targets", range(1, 401))

    async with client_of(sandbox) as client:
        status = await job.run(client)

    assert (status.failed, status.pending) == (0, 0)


async def test_an_unknown_host_stops_the_job_at_once(tmp_path: Path) -> None:
    """1,000 keys waited ten days behind "waiting for the API"."""
    job = BulkJob.create(tmp_path / "job", "customers", range(1, 1001))

    async with CapillaryClient("https://nowhere.invalid", BasicAuth("till", "secret")) as client:
        with pytest.raises(JobStoppedError, match="host was not found"):
            await job.run(client)


async def test_a_job_remembers_what_listings_mean(sandbox: Sandbox, tmp_path: Path) -> None:
    """The next run, in a process of its own, saves the requests that find it out."""
    job = BulkJob.create(tmp_path / "job", "events", EVENT_KEYS)

    async with client_of(sandbox) as client:
        await job.run(client)
        traits = client.listing_traits

    assert traits
    assert BulkJob.open(tmp_path / "job").listing_traits == traits
