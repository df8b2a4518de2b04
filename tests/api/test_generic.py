"""Endpoints without a method, by path."""

import gc
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from typing import Any, Literal, TypedDict

import attrs
import pytest
from pydantic import BaseModel, Field

from capillary_async import (
    BasicAuth,
    CallInfo,
    CapillaryClient,
    CapillaryError,
    Customer,
    DecodeError,
    InvalidArgumentError,
    UnexpectedResponseError,
)
from capillary_async.paging import ListingTraits
from capillary_async.sandbox import Answer, Sandbox
from capillary_async.sandbox.paging import OffsetMeaning


@attrs.frozen
class Row:
    """A user's own class, with the API's keys as names."""

    eventLogId: int  # noqa: N815
    targetValue: Decimal  # noqa: N815


@dataclass
class InnerDataclass:
    """An inner object."""

    some_thing: list[int]


@dataclass
class SnakeDataclass:
    """A user's own class, with Python names."""

    event_log_id: int
    target_value: Decimal
    created_on: datetime
    inner: InnerDataclass
    others: list[InnerDataclass]
    missing: int | None = None


@attrs.frozen
class SnakeAttrs:
    """An attrs class with Python names."""

    event_log_id: int
    target_value: Decimal
    created_on: datetime
    inner: InnerDataclass
    others: list[InnerDataclass]


class InnerPydantic(BaseModel):
    """An inner object of a pydantic model."""

    some_thing: list[int]


class SnakePydantic(BaseModel):
    """A pydantic model with Python names."""

    event_log_id: int
    target_value: Decimal
    created_on: datetime
    inner: InnerPydantic
    others: list[InnerPydantic]
    missing: int | None = None


class Aliased(BaseModel):
    """A pydantic model with aliases for its keys."""

    event_log_id: int
    odd: str = Field(alias="odd-key")


@attrs.frozen
class Unresolved:
    """A class with an annotation that cannot be resolved."""

    value: "Nothing"  # type: ignore[name-defined]  # noqa: F821


@dataclass
class Groups:
    """A user's own class of another kind."""

    data: dict[str, Any]


class Entity(TypedDict):
    """A user's own TypedDict."""

    entity: int


async def test_any_answer_can_be_fetched(sandbox: Sandbox, client: CapillaryClient) -> None:
    """Without `into`, the answer is returned as dicts."""
    sandbox.script("/", Answer(body=b'{"a": [1, 1.000, null, "x"]}'))

    answer = await client.fetch("/v2/something/new")

    assert answer == {"a": [1, Decimal("1.000"), None, "x"]}
    assert str(answer["a"][1]) == "1.000"


@pytest.mark.parametrize(
    ("path", "query", "into"),
    [
        ("/v3/users/6/targetGroups", {}, Groups),
        ("/v2/customers/lookup", {"source": "INSTORE", "identifierName": "fbId", "identifierValue": "fb-6"}, Entity),
        ("/v2/customers/6", {"source": "INSTORE"}, Customer),
        ("/v2/customers/6", {"source": "INSTORE"}, dict[str, Any]),
        ("/v2/customers/6", {"source": "INSTORE"}, dict[str, object]),
        ("/v2/customers/6", {"source": "INSTORE"}, object),
    ],
)
async def test_an_answer_is_structured_into_any_type(
    client: CapillaryClient, path: str, query: dict[str, str], into: Any
) -> None:
    """Users have models, dataclasses and TypedDicts."""
    answer = await client.fetch(path, query, into)

    assert isinstance(answer, dict if into in (Entity, dict[str, Any], dict[str, object]) else into)


async def test_an_answer_that_does_not_fit_is_a_decode_error(client: CapillaryClient) -> None:
    """The error has the location and the path template."""
    with pytest.raises(DecodeError) as caught:
        await client.fetch("/v2/customers/6", {"source": "INSTORE"}, into=dict[str, int])

    assert caught.value.path == "/v2/customers/{value1}"
    assert caught.value.location


@pytest.mark.parametrize(
    ("path", "template"),
    [
        ("/v2/customers/lookup", "/v2/customers/lookup"),
        ("/v3/users/387538614/trackedTargetEvents/79196", "/v3/users/{value1}/trackedTargetEvents/{value2}"),
        ("/v2/userGroup2/some one@example.com", "/v2/userGroup2/{value1}"),
        ("/v1.1/customer-2026/a.b", "/v1.1/{value1}/{value2}"),
        ("/v10/x", "/{value1}/{value2}"),
    ],
)
async def test_errors_do_not_show_possible_ids_of_a_path(
    sandbox: Sandbox, client: CapillaryClient, path: str, template: str
) -> None:
    """Errors may show only path segments that are known parts of the API."""
    sandbox.script("/", Answer(status=404))

    with pytest.raises(UnexpectedResponseError) as caught:
        await client.fetch(path)

    assert caught.value.path == template
    assert sandbox.requests[0].path == path


@pytest.mark.parametrize("into", [object(), "Row", 5, Unresolved, list["Nothing"]])  # type: ignore[name-defined]  # noqa: F821
async def test_an_unsupported_type_is_refused_before_a_request(
    sandbox: Sandbox, client: CapillaryClient, into: Any
) -> None:
    """The error is a `CapillaryError`."""
    with pytest.raises(InvalidArgumentError):
        await client.fetch("/v2/customers/6", into=into)
    with pytest.raises(InvalidArgumentError):
        client.paginate("/v2/things", into=into)

    assert sandbox.request_count == 0


@pytest.mark.parametrize("into", [SnakeDataclass, SnakeAttrs, SnakePydantic])
async def test_a_users_class_may_have_snake_case_names(sandbox: Sandbox, client: CapillaryClient, into: Any) -> None:
    """The API has camelCase keys, which Python linters refuse as names."""
    row = {
        "eventLogId": 5,
        "targetValue": Decimal("1.5"),
        "createdOn": "2025-01-09 12:00:12",
        "inner": {"someThing": [1]},
        "x": 1,
    }
    sandbox.script("/", Answer(body={**row, "others": [{"someThing": []}, {"some_thing": [2]}]}))

    found = await client.fetch("/v2/things", into=into)

    assert (found.event_log_id, found.target_value) == (5, Decimal("1.5"))
    assert found.created_on == datetime(2025, 1, 9, 12, 0, 12, tzinfo=UTC)
    assert found.inner.some_thing == [1]
    assert [other.some_thing for other in found.others] == [[], [2]]


@pytest.mark.parametrize("into", [SnakeDataclass, SnakeAttrs, SnakePydantic])
async def test_a_wrong_value_is_named_by_its_key(sandbox: Sandbox, client: CapillaryClient, into: Any) -> None:
    """The user finds the key, not the Python name, in the answer."""
    row: dict[str, Any] = {
        "eventLogId": "x",
        "targetValue": Decimal("1.5"),
        "createdOn": "2025-01-09 12:00:12",
        "inner": {"someThing": []},
    }
    sandbox.script("/", Answer(body={**row, "others": []}))

    with pytest.raises(DecodeError) as caught:
        await client.fetch("/v2/things", into=into)

    assert caught.value.location == "eventLogId"


async def test_pydantics_own_aliases_are_kept(sandbox: Sandbox, client: CapillaryClient) -> None:
    """An alias that a user declared takes precedence."""
    script_page(sandbox, "data", [{"eventLogId": 1, "odd-key": "x"}])

    (row,) = await client.paginate("/v2/things", into=Aliased).collect()

    assert (row.event_log_id, row.odd) == (1, "x")


async def test_any_listing_can_be_walked(sandbox: Sandbox, client: CapillaryClient) -> None:
    """Repeated and missing rows must be handled as in other listings."""
    meanings: tuple[OffsetMeaning, ...] = ("records", "pages")
    for means in meanings:
        sandbox.offset_unit = means
        pager = client.paginate("/v3/users/6/trackedTargetEvents/79197", into=Row, page_size=50, key="eventLogId")

        rows = await pager.collect()

        assert [row.eventLogId for row in rows] == sandbox.event_ids(6, 79197)


@pytest.mark.parametrize("offset_unit", ["pages", None])
async def test_limit_and_offset_may_have_other_names(
    sandbox: Sandbox, client: CapillaryClient, offset_unit: Literal["pages"] | None
) -> None:
    """The promotions API names them `size` and `page`."""
    promotions = client.paginate(
        "/v3/members/6/promotions",
        rows_key="promotions",
        page_size=10,
        limit_name="size",
        offset_name="page",
        offset_unit=offset_unit,
        key="promotionId",
    )

    assert [row["promotionId"] for row in await promotions.collect()] == sandbox.member_promotion_ids(6)


def has_page(page: int, request: Any) -> bool:
    """Whether a request asks for this page."""
    return bool(request.query["page"] == str(page))


def script_rewards(sandbox: Sandbox, count: int, first_page: int) -> None:
    """Answer as the API of rewards: ten rows a page, of which every third is left out after paging."""
    last = max(0, (count - 1) // 10)
    for page in range(last + 1):
        rows = [{"id": row} for row in range(page * 10, min(count, page * 10 + 10)) if row % 3]
        numbers = {"last": page == last, "totalElements": count, "totalPages": last + 1, "size": 10, "number": page}
        body = {"rewards": rows, "pagingDto": numbers | {"numberOfElements": len(rows)}}
        sandbox.script(partial(has_page, page + first_page), Answer(body=body), times=None)


@pytest.mark.parametrize("count", [0, 1, 9, 10, 11, 30, 47])
@pytest.mark.parametrize("first_page", [0, 1])
@pytest.mark.parametrize("end", [{"last_key": "pagingDto.last"}, {"pages_key": "pagingDto.totalPages"}])
async def test_short_pages_may_be_followed_by_others(
    sandbox: Sandbox, client: CapillaryClient, count: int, first_page: int, end: dict[str, Any]
) -> None:
    """The API of rewards leaves rows out of pages, so that a short page, and its total, do not show the end."""
    script_rewards(sandbox, count, first_page)
    rewards = client.paginate(
        "/api_gateway/rewards/core/v1/user/reward/brand/1",
        rows_key="rewards",
        total_key="pagingDto.totalElements",
        page_size=10,
        limit_name="size",
        offset_name="page",
        first_offset=first_page,
        key="id",
        has_short_pages=True,
        **end,
    )

    assert [row["id"] for row in await rewards.collect()] == [row for row in range(count) if row % 3]


async def test_a_code_may_say_that_no_rows_are_left(sandbox: Sandbox, client: CapillaryClient) -> None:
    """The points ledger answers with an error behind its last page, and if it has no page at all."""
    sandbox.script(lambda request: request.query["offset"] == "0", Answer(body={"data": [{"a": 1}, {"a": 2}]}))
    sandbox.script("/", Answer(body={"errors": [{"code": 11003, "message": "past the end"}]}), times=None)
    pager = client.paginate("/v2/things", page_size=2, offset_unit="pages", key="a", empty_codes=[11003])

    assert await pager.collect() == [{"a": 1}, {"a": 2}]
    assert await pager.collect() == []


async def test_a_given_offset_unit_saves_a_request(sandbox: Sandbox, client: CapillaryClient) -> None:
    """Without it, a request finds the unit."""
    sandbox.rows["events"] = 100

    rows = await client.paginate("/v3/users/6/trackedTargetEvents/79197", page_size=50, offset_unit="records").collect()

    assert len(rows) == 100
    assert [request.query["offset"] for request in sandbox.requests[:2]] == ["0", "50"]


def script_page(sandbox: Sandbox, member: str, rows: list[Any]) -> None:
    """Make the sandbox answer with one page of rows in a member."""
    sandbox.script(lambda request: request.query["offset"] == "0", Answer(body={member: rows}), times=None)
    sandbox.script("/", Answer(body={member: []}), times=None)


async def test_rows_key_names_the_member_with_the_rows(sandbox: Sandbox, client: CapillaryClient) -> None:
    """Listings of the API have different names for the rows."""
    script_page(sandbox, "entities", [{"a": 1}, {"a": 2}])

    assert await client.paginate("/v2/things", rows_key="entities", key=lambda row: row["a"]).collect() == [
        {"a": 1},
        {"a": 2},
    ]


@pytest.mark.parametrize("body", [{"rows": []}, {"data": {}}, {"data": "x"}, [{"a": 1}], {}])
async def test_a_listing_without_rows_is_a_decode_error(sandbox: Sandbox, client: CapillaryClient, body: Any) -> None:
    """Read as an empty page, it would lose all rows silently."""
    sandbox.script("/", Answer(body=body))

    with pytest.raises(DecodeError):
        await client.paginate("/v2/things").collect()


async def test_a_key_that_rows_lack_is_named(sandbox: Sandbox, client: CapillaryClient) -> None:
    """The message must name the missing key."""
    script_page(sandbox, "data", [{"a": 1}])

    with pytest.raises(DecodeError, match="expected rows with 'b', which identifies a row") as caught:
        await client.paginate("/v2/things", key="b").collect()
    assert caught.value.cursor is not None
    assert await client.paginate("/v2/things").collect() == [{"a": 1}]


async def test_a_pager_shows_what_it_lists(client: CapillaryClient) -> None:
    """A notebook shows the pager when `await` or `async for` was forgotten."""
    pager = client.paginate("/v2/customers/annemueller/trackers", {"mobile": "919"}, into=Row, page_size=30)

    text = repr(pager)

    assert "path='/v2/customers/{value1}/trackers'" in text
    assert "page_size=30" in text
    assert "anne" not in text
    assert "919" not in text


@pytest.mark.parametrize("path", ["/v2/customers/annemueller/trackers", "/v3/users/annemueller/targetGroups"])
async def test_a_name_in_a_path_is_not_shown(sandbox: Sandbox, path: str) -> None:
    """A loyalty id may consist of letters, so it looks like a part of the API."""
    told: list[CallInfo] = []
    auth = BasicAuth(sandbox.till, sandbox.password)
    async with CapillaryClient(sandbox.base_url, auth, on_call=told.append) as own:
        with pytest.raises(CapillaryError) as caught:
            await own.fetch(path)
        with pytest.raises(CapillaryError):
            await own.paginate(path).collect()

    assert "annemueller" not in f"{caught.value!r} {caught.value} {told}"


def test_many_paths_take_no_more_memory(client: CapillaryClient) -> None:
    """A service that puts names into paths must not fill the memory."""

    def held() -> int:
        gc.collect()
        return sum(isinstance(thing, ListingTraits) for thing in gc.get_objects())

    before = held()  # other clients of this process have some, too
    for number in range(20_000):
        client.paginate(f"/v2/customers/{number:x}anne/trackers", offset_name=f"o{number % 3000}")

    assert held() - before <= 1024
