"""What a job looks up: the lookups of this package with their options, and functions of one's own."""

import json
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple, TypedDict, cast

import attrs
import pytest

from capillary_async import (
    BasicAuth,
    CallInfo,
    CapillaryClient,
    ClosingBalance,
    Customer,
    Embed,
    LedgerEntry,
    Pager,
    PointsBalance,
    Target,
    TargetEvent,
    TargetProgressRow,
    TierDetails,
    Tracker,
    Transaction,
)
from capillary_async.api.customers import Customers
from capillary_async.api.groups import method_of
from capillary_async.codec import json_cell
from capillary_async.codec.row_text import decode_part, decode_rows, encode_parts
from capillary_async.jobs import BulkJob
from capillary_async.jobs.errors import InvalidRowError, JobRefusedError
from capillary_async.jobs.key_columns import KeyColumn
from capillary_async.jobs.lookups import LOOKUPS, Lookup, find_lookup, options_of
from capillary_async.sandbox import Sandbox
from capillary_async.tables import TableSchema

HERE = "tests.jobs.test_lookups"
GOOD = BasicAuth("store.server", "server123")


@attrs.frozen
class Price:
    """A row of a user's own."""

    number: int
    amount: Decimal | None = None
    ratio: float | None = None
    seen: datetime | None = None


@dataclass
class Ratio:
    """A row of a dataclass."""

    number: int
    ratio: float


class Named(TypedDict):
    """A row of a TypedDict."""

    number: int


class Pair(NamedTuple):
    """A row of a NamedTuple."""

    number: int
    text: str


class Endless(TypedDict):
    """A row that contains itself."""

    inner: "Endless | None"


@attrs.frozen
class Empty:
    """A row without members."""


async def by_text(client: object, code: str, shop: str | None = None, source: str = "INSTORE", limit: int = 5) -> str:
    """Look something up by texts."""
    return f"{code} {shop} {source} {limit}"


async def prices(client: object, number: int) -> list[Price]:
    """Return rows of a class."""
    return [Price(number), Price(number, Decimal("1.5"), 0.5, datetime(2026, 1, 1, tzinfo=UTC))]


async def stream(client: object, number: int) -> AsyncIterator[Price]:
    """Return rows one by one."""
    for row in await prices(client, number):
        yield row


def several(client: object, number: int) -> Iterator[Price]:
    """Return rows of a generator."""
    yield Price(number)


async def ratio(client: object, number: int) -> Ratio | None:
    """Return one row or none."""
    return Ratio(number, 0.5) if number else None


async def named(client: object, number: int) -> tuple[Named, ...]:
    """Return dicts of a declared class."""
    return (Named(number=number),)


async def plain(client: object, number: int) -> dict[str, Any]:
    """Return a dict without a declared class."""
    return {"number": number, "price": Decimal("1.10")}


async def nan(client: object, number: int) -> float:
    """Return NaN."""
    return float("nan")


def nothing(client: object) -> None:
    """Take the client alone."""


def odd(client: object, when: float) -> None:
    """Take a parameter that cannot be a column."""


def unannotated(client, when):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
    """Take a parameter without an annotation."""


async def endless(client: object, number: int) -> Endless:
    """Return a class that contains itself."""
    return {"inner": None}


async def empty(client: object, number: int) -> list[Empty]:
    """Return a class without members."""
    return []


async def rows_of(lookup: Lookup, key: tuple[Any, ...], client: object = None) -> list[Any]:
    """Look a key up, and return the rows as a job stores them."""
    rows = await lookup.call(client)(key)
    ((_, text),) = encode_parts([rows])
    assert lookup.encode([rows]) == [text]
    (stored,) = decode_part(text)
    found: list[Any] = decode_rows(stored)
    return found


# --- lookups of this package ---


@pytest.mark.parametrize(
    ("name", "columns", "row_type"),
    [
        ("customers", ("customer_id",), Customer),
        ("customer-trackers", ("customer_id",), Tracker),
        ("trackers", ("user_group_id",), Tracker),
        ("active-targets", ("customer_id",), Target),
        ("events", ("customer_id", "target_rule_id", "period_id"), TargetEvent),
        ("points", ("customer_id",), PointsBalance),
        ("tiers", ("customer_id",), TierDetails),
        ("transactions", ("customer_id",), Transaction),
        ("progress", ("customer_id",), TargetProgressRow),
        ("ledger", ("customer_id",), LedgerEntry),
        ("ledger-balances", ("customer_id",), ClosingBalance),
    ],
)
def test_a_lookup_has_the_keys_and_the_rows_of_its_endpoint(name: str, columns: Any, row_type: type) -> None:
    """Keys and rows must follow from the endpoint's signature."""
    lookup = find_lookup(name)

    assert lookup.key_columns == columns
    assert lookup.row_type is row_type


def test_every_lookup_has_rows_with_columns() -> None:
    """A lookup whose rows have no known type would fail at the export."""
    pytest.importorskip("pyarrow")

    for name in LOOKUPS:
        row_type = find_lookup(name).row_type
        assert list(TableSchema.of(row_type, json_cell).columns) == [field.name for field in attrs.fields(row_type)]


@pytest.mark.parametrize(
    "arguments",
    [
        {
            "embed": ["points", "mlp"],
            "slab_history": True,
            "gap_to_upgrade": 0,
            "user_group_joined_after": "2026-01-01",
        },
        {"embed": "points,mlp", "slab-history": "true", "gap-to-upgrade": "0", "user-group-joined-after": "2026-01-01"},
        {
            "embed": (Embed.POINTS, Embed.MLP),
            "slab_history": True,
            "gap_to_upgrade": 0,
            "user_group_joined_after": date(2026, 1, 1),
            "account_id": None,
        },
    ],
    ids=["json", "texts", "python"],
)
def test_a_lookup_takes_every_option_of_its_endpoint(arguments: Mapping[str, Any]) -> None:
    """Most jobs fetch points and tiers, which the API sends only on request."""
    assert find_lookup("customers", arguments=arguments).arguments == {
        "embed": ["points", "mlp"],
        "slab_history": True,
        "gap_to_upgrade": 0,
        "user_group_joined_after": "2026-01-01",
    }


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"embd": "points"}, "there is no option embd; there are source, account_id, embed"),
        ({"slab_history": "maybe"}, "slab_history should be true or false or null, not a text"),
        ({"gap_to_upgrade": "1.5"}, "gap_to_upgrade should be a whole number or null"),
        ({"user_group_joined_after": "soon"}, "user_group_joined_after should be a date or a date-time"),
        ({"user_group_limit": 5000}, "user_group_limit must be from 1 to 1000"),
        ({"source": ""}, "source must not be empty"),
        ({"gap_to_upgrade": object()}, "gap_to_upgrade must be what JSON can say"),
        ({"customer_id": 5}, "there is no option customer_id"),
    ],
)
def test_a_wrong_option_is_refused_before_there_is_a_job(arguments: Mapping[str, Any], message: str) -> None:
    """A million requests with a misspelt option would be a million wrong answers."""
    with pytest.raises(JobRefusedError, match=f"lookup customers: {message}"):
        find_lookup("customers", arguments=arguments)


async def test_options_reach_the_api(capillary_sandbox: Sandbox) -> None:
    """The answer has what `embed` asks for."""
    lookup = find_lookup("customers", arguments={"embed": "points", "user_group_joined_after": "2020-01-01"})

    async with CapillaryClient(capillary_sandbox.base_url, GOOD) as client:
        (row,) = await rows_of(lookup, (1,), client)

    assert row["id"] == 1
    assert row["points_summary"] is not None


async def test_customers_are_looked_up_by_mobile_number(capillary_sandbox: Sandbox) -> None:
    """Shops have files of mobile numbers."""
    lookup = find_lookup("customers", by="mobile")
    paths: list[str | None] = []

    def note(call: CallInfo) -> None:
        paths.append(call.path)

    async with CapillaryClient(capillary_sandbox.base_url, GOOD, on_call=note) as client:
        mobile = next(
            identifier.value
            for profile in (await client.customers.get(1)).profiles or ()
            for identifier in profile.identifiers or ()
            if identifier.type == "mobile"
        )
        (row,) = await rows_of(lookup, (mobile,), client)
        events = await rows_of(
            find_lookup("events", by="mobile", arguments={"source": "INSTORE"}), (mobile, 7, None), client
        )

    assert paths[1] == "/v2/customers/lookup/customerDetails"  # one request where one is enough
    assert paths[2] == "/v2/customers/lookup"  # events are known by the id alone
    assert [event["event_log_id"] for event in events] == capillary_sandbox.event_ids(1, 7)
    assert lookup.columns == (KeyColumn("mobile", str, takes_numbers=True),)
    assert lookup.by == "mobile"
    assert row["id"] == 1


def test_what_depends_on_a_customer_can_be_looked_up_by_it_too() -> None:
    """Events of a mobile number must take one job, not two."""
    assert find_lookup("events", by="externalId").key_columns == ("externalId", "target_rule_id", "period_id")


@pytest.mark.parametrize(
    ("name", "by", "message"),
    [
        ("customers", "phone", "customers cannot be looked up by 'phone'; there are mobile, email"),
        ("trackers", "mobile", "trackers are looked up by user_group_id alone"),
        (f"{HERE}:plain", "mobile", "only the lookups of this package"),
    ],
)
def test_what_cannot_be_looked_up_by_something_else_is_refused(name: str, by: str, message: str) -> None:
    """The message lists what is possible."""
    with pytest.raises(JobRefusedError, match=message):
        find_lookup(name, by=by)


# --- functions of one's own ---


def test_a_function_tells_its_columns_and_options() -> None:
    """The parameters of a function declare columns and options."""
    lookup = find_lookup(by_text, arguments={"limit": "7"})

    assert lookup.name == f"{HERE}:by_text"
    assert lookup.columns == (KeyColumn("code", str), KeyColumn("shop", str, is_required=False))
    assert lookup.row_type is str
    assert lookup.arguments == {"limit": 7}


async def with_options(
    client: object,
    number: int,
    *,
    since: date = date(2026, 1, 1),
    least: Decimal = Decimal(0),
    kind: Embed = Embed.POINTS,
    names: tuple[str, ...] = (),
    ratio: float = 0.5,
) -> dict[str, Any]:
    """Return the options that were given."""
    return {"since": since, "least": least, "kind": kind, "names": names, "ratio": ratio}


@pytest.mark.parametrize(
    "arguments",
    [
        {"since": "2026-02-03", "least": "1.50", "kind": "mlp", "names": "a,b", "ratio": "0.25"},
        {"since": date(2026, 2, 3), "least": Decimal("1.50"), "kind": Embed.MLP, "names": ["a", "b"], "ratio": 0.25},
    ],
    ids=["texts", "python"],
)
async def test_an_option_has_the_type_of_its_parameter(arguments: dict[str, Any]) -> None:
    """A job stores options as JSON, and the function gets what it is annotated with."""
    lookup = find_lookup(with_options, arguments=arguments)
    again = find_lookup(with_options, arguments=json.loads(json.dumps(lookup.arguments)))

    for each in (lookup, again):
        (found,) = await each.call(None)((1,))
        assert found == {
            "since": date(2026, 2, 3),
            "least": Decimal("1.50"),
            "kind": Embed.MLP,
            "names": ("a", "b"),
            "ratio": 0.25,
        }


@pytest.mark.parametrize(
    ("name", "option"),
    [
        ("active-targets", "target_rule_ids"),
        ("transactions", "transaction_ids"),
        ("ledger", "till_ids"),
        ("progress", "data_scope_org_ids"),
    ],
)
@pytest.mark.parametrize("given", ["5,6", "5, 6", ["5", "6"], [5, 6], {5, 6}])
def test_a_list_of_numbers_may_be_texts(name: str, option: str, given: object) -> None:
    """The command line has only texts, so `--target-rule-ids 5,6` was refused."""
    arguments = {option: given} | ({"data_scope": "ALL"} if name == "progress" else {})

    assert find_lookup(name, arguments=arguments).arguments[option] == [5, 6]


def test_a_set_of_texts_is_the_same_option_in_every_process() -> None:
    """Python orders it anew each time, and the job would be another one."""
    lookup = find_lookup("customers", arguments={"embed": {"subscriptions", Embed.POINTS, "mlp"}})

    assert lookup.arguments == {"embed": ["mlp", "points", "subscriptions"]}


def test_the_options_of_a_lookup_are_listed() -> None:
    """The command line offers the options and their documented values."""
    options = options_of("customers")

    assert options.is_flag("slab_history")
    assert options.is_several("embed")
    assert "mlp" in options.choices("embed")
    assert options.choices("account_id") == ()
    assert set(options_of(f"{HERE}:by_text").hints) == {"shop", "source", "limit"}
    assert method_of(LOOKUPS["customers"].path) is vars(Customers)["get"]


async def test_an_option_that_has_a_value_is_no_column() -> None:
    """A value that is the same for all keys need not be in the key file."""
    lookup = find_lookup(f"{HERE}:by_text", arguments={"shop": "s1"})

    assert lookup.key_columns == ("code",)
    assert await rows_of(lookup, ("a",)) == ["a s1 INSTORE 5"]


@pytest.mark.parametrize(
    ("fn", "rows"),
    [
        (prices, 2),
        (stream, 2),
        (several, 1),
        (ratio, 1),
        (named, 1),
        (plain, 1),
    ],
)
async def test_whatever_a_function_returns_are_rows(fn: Callable[..., Any], rows: int) -> None:
    """Lists, streams, generators, single rows, models, dataclasses, TypedDicts and dicts."""
    found = await rows_of(find_lookup(fn), (7,))

    assert len(found) == rows
    assert found[0]["number"] == 7


async def test_nothing_is_no_row() -> None:
    """A key for which nothing was found is not a row of nulls."""
    assert await rows_of(find_lookup(ratio), (0,)) == []

    async def some(client: object, number: int) -> list[int | None]:
        return [None, number]

    assert await rows_of(find_lookup(some), (1,)) == [1]


async def test_a_number_that_is_none_is_refused() -> None:
    """NaN must not become null, which reads as missing data."""
    lookup = find_lookup(nan)

    with pytest.raises(InvalidRowError, match="a row cannot be stored: JSON has no NaN"):
        lookup.encode([await lookup.call(None)((1,))])


async def test_a_row_that_json_cannot_say_is_the_failure_of_its_key(tmp_path: Path) -> None:
    """The outcomes say what is wrong, and the other keys are found."""

    async def half(client: object, number: int) -> float:
        return float("nan") if number == 3 else number / 2

    job = BulkJob.create(tmp_path / "job", half, [1, 2, 3])
    async with Sandbox() as server, CapillaryClient(server.base_url, GOOD) as client:
        status = await job.run(client)
    job.export("csv")

    assert (status.found, status.failed) == (2, 1)
    assert "a row cannot be stored: JSON has no NaN" in (tmp_path / "job" / "outcomes.csv").read_text()


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([{"amount": Decimal(1)}], "number is missing"),
        ([Price(cast("int", "two"))], "number should be a whole number, not a text"),
        ([Price(1, cast("Decimal", "much"))], "amount should be a number or null, not a text"),
        ([Price(1, seen=datetime(2026, 1, 1))], "a date-time has no time zone"),  # noqa: DTZ001
        (["nothing"], "should be an object, not a text"),
    ],
)
def test_the_first_answer_is_checked_against_the_declaration(rows: list[Any], message: str) -> None:
    """A wrong annotation must not show first at the export, after all requests."""
    lookup = find_lookup(prices)

    with pytest.raises(JobRefusedError, match=f"lookup {HERE}:prices: its first answer is not .*{message}"):
        lookup.encode([rows])


async def test_a_named_tuple_is_a_row(tmp_path: Path) -> None:
    """Its members are columns, like those of a dataclass; it is no list of rows."""

    async def pair(client: object, number: int) -> Pair:
        return Pair(number, "one")

    job = BulkJob.create(tmp_path / "job", pair, [1])
    async with Sandbox() as server, CapillaryClient(server.base_url, GOOD) as client:
        await job.run(client)

    assert list(job.rows()) == [{"number": 1, "row_number": 1, "text": "one"}]


async def test_a_model_of_this_package_passes_the_check() -> None:
    """A model's JSON has the attributes' names, not the API's keys."""

    async def events(client: object, number: int) -> list[TargetEvent]:
        return [TargetEvent(event_log_id=number, target_value=Decimal("1.50"), event_name="ADD_TRANSACTION")]

    (row,) = await rows_of(find_lookup(events), (7,))

    assert row["event_log_id"] == 7


@pytest.mark.parametrize(
    ("hint", "row_type"),
    [
        (Price, Price),
        (Price | None, Price),
        (list[Price], Price),
        (tuple[Price, ...], Price),
        (set[int], int),
        (Pager[Tracker], Tracker),
        (AsyncIterator[Price], Price),
        (Awaitable[list[Price]], Price),
        (Sequence[Price], Price),
        (Collection[Price], Price),
        (Iterable[float], float),
        (Pair, Pair),
        (Mapping[str, int], Mapping[str, int]),
        (dict[str, int], dict[str, int]),
        (list, Any),
        (int | str, Any),
        (Any, Any),
    ],
)
def test_the_type_of_a_row_is_found_in_what_is_returned(hint: Any, row_type: Any) -> None:
    """The declared class of a row gives the output its columns."""

    def fn(client: object, number: int) -> Any:
        return None

    fn.__annotations__["return"] = hint

    assert find_lookup(fn).row_type == row_type


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("nothing", "it needs a parameter for the client, and one for each column of a key"),
        ("odd", "parameter when must have a name"),
        ("unannotated", "parameter when must have a name"),
        ("endless", "Endless contains itself"),
        ("empty", "Empty declares no members"),
    ],
)
def test_a_function_that_cannot_be_a_lookup_is_refused(name: str, message: str) -> None:
    """The error must come before the first request."""
    with pytest.raises(JobRefusedError, match=f"lookup {HERE}:{name}: {message}"):
        find_lookup(f"{HERE}:{name}")


def test_a_local_function_works_but_has_no_name_for_others() -> None:
    """Another process cannot import a local function."""

    async def local(client: object, number: int) -> int:
        return number

    lookup = find_lookup(local)

    assert lookup.key_columns == ("number",)
    with pytest.raises(JobRefusedError, match="no other process can import it; give the function itself"):
        find_lookup(lookup.name)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("profiles", "there is no lookup 'profiles'; there are customers, .*, events"),
        (":fn", "there is no lookup ':fn'"),
        ("no_such_module:fn", "No module named 'no_such_module'"),
        (f"{HERE}:missing", "has no attribute 'missing'"),
        (f"{HERE}:HERE", "it is no function"),
    ],
)
def test_a_lookup_that_is_not_there_is_refused_by_name(name: str, message: str) -> None:
    """The message lists the lookups."""
    with pytest.raises(JobRefusedError, match=message):
        find_lookup(name)


def test_what_is_no_function_is_refused() -> None:
    """The message says where options go."""
    with pytest.raises(JobRefusedError, match="options of it go into `arguments`"):
        find_lookup(cast("Any", 5))


FOR_CHECKERS = """
from __future__ import annotations
from typing import TYPE_CHECKING
if TYPE_CHECKING:
    from capillary_async import CapillaryClient, Customer
async def fn(client: CapillaryClient, number: int, depth: int = 2) -> list[float]: ...
async def other(client: CapillaryClient, number: int) -> Customer: ...
"""


def test_the_class_of_the_client_may_be_imported_for_type_checkers_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Linters ask for it; only the row's class decides the columns."""
    (tmp_path / "for_checkers.py").write_text(FOR_CHECKERS, "utf-8")
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])

    lookup = find_lookup("for_checkers:fn", arguments={"depth": "5"})

    assert (lookup.key_columns, lookup.row_type, lookup.arguments) == (("number",), float, {"depth": 5})
    with pytest.raises(JobRefusedError, match="name 'Customer' is not defined; import it where the program runs"):
        find_lookup("for_checkers:other")


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("def fn(client, number int): ...", "lookup faulty:fn: SyntaxError: "),
        ("{}['name']", "lookup faulty:fn: KeyError: 'name'"),
        ("raise SystemExit(0)", "lookup faulty:fn: SystemExit: 0"),
        ("def fn(client, number: 'in t'): ...", "lookup faulty:fn: Forward reference must be"),
        ("fn = min", "lookup faulty:fn: no signature"),
    ],
)
def test_a_module_that_is_wrong_is_refused_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, message: str
) -> None:
    """The message must say what is wrong with the user's module."""
    (tmp_path / "faulty.py").write_text(source, "utf-8")
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    monkeypatch.delitem(sys.modules, "faulty", raising=False)

    with pytest.raises(JobRefusedError, match=message):
        find_lookup("faulty:fn")
