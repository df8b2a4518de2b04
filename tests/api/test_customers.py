"""Endpoints that start from a customer."""

from decimal import Decimal
from typing import Any

import pytest

from capillary_async import (
    AccessDeniedError,
    CapillaryClient,
    CapillaryError,
    CustomerMergedError,
    CustomerUserGroup,
    DecodeError,
    InvalidRequestError,
    NotFoundError,
)
from capillary_async.api.customers import find_user_groups
from capillary_async.sandbox import Answer, Sandbox


async def test_a_customer_has_the_requested_parts(client: CapillaryClient) -> None:
    """A part that was not requested is None, not empty."""
    bare = await client.customers.get(6)
    full = await client.customers.get(6, slab_history=True)

    assert bare.id == full.id == 6
    assert bare.slab_history is None
    assert full.slab_history is not None


REFUSALS: dict[tuple[int, str], tuple[int, type[CapillaryError]]] = {
    (404, "INSTORE"): (8015, NotFoundError),
    (7, "MARTJACK"): (8065, NotFoundError),
    (409, "INSTORE"): (8069, CustomerMergedError),
    (403, "INSTORE"): (1044, AccessDeniedError),
    (7, "NOWHERE"): (8012, InvalidRequestError),
    (6, "WECHAT"): (8045, InvalidRequestError),
}


@pytest.mark.parametrize("asked", REFUSALS)
@pytest.mark.parametrize("error_status", ["ok", "4xx"])
async def test_each_refusal_has_its_error_class(
    sandbox: Sandbox, client: CapillaryClient, asked: tuple[int, str], error_status: Any
) -> None:
    """Users must distinguish missing, merged and hidden customers, and other sources."""
    sandbox.error_status = error_status
    customer_id, source = asked

    with pytest.raises(CapillaryError) as caught:
        await client.customers.get(customer_id, source=source)

    code, expected = REFUSALS[asked]
    assert type(caught.value) is expected
    assert getattr(caught.value, "codes", None) == (code,)


@pytest.mark.parametrize("error_status", ["ok", "4xx"])
async def test_a_deleted_customer_is_not_found(sandbox: Sandbox, client: CapillaryClient, error_status: Any) -> None:
    """The answer has a special form: one message and no code."""
    sandbox.error_status = error_status

    with pytest.raises(NotFoundError, match="Customer is deleted after PII delete request") as caught:
        await client.customers.get(410)

    assert caught.value.codes == ()


async def test_each_identifier_finds_its_customer(sandbox: Sandbox, client: CapillaryClient) -> None:
    """The API documents eight kinds of identifiers."""
    identifiers = sandbox.identifiers(6)

    found = [await client.customers.find_id(name, value) for name, value in identifiers.items()]

    assert len(identifiers) == 8
    assert found == [6] * 8


async def test_an_identifier_may_be_a_number(client: CapillaryClient) -> None:
    """A spreadsheet's column of mobile numbers holds numbers."""
    assert await client.customers.find_id("mobile", 999000000013) == 13


async def test_a_warning_beside_an_id_is_no_refusal(client: CapillaryClient) -> None:
    """A warning has `"status": false`, like an error."""
    assert await client.customers.find_id("mobile", "999000000013") == 13


async def test_an_unknown_identifier_is_not_found(client: CapillaryClient) -> None:
    """The API's answer lacks the id, so it must not be read as an id."""
    with pytest.raises(NotFoundError) as caught:
        await client.customers.find_id("mobile", "999000000404")

    assert caught.value.codes == (8015,)


@pytest.mark.parametrize("entity", [None, "x", Decimal("3.7"), True, [306], {}])
async def test_a_wrong_id_in_an_answer_is_a_decode_error(
    sandbox: Sandbox, client: CapillaryClient, entity: object
) -> None:
    """Null must not become 0, and 3.7 must not become 3."""
    sandbox.script("/", Answer(body={"entity": entity, "warnings": []} if entity is not None else {"warnings": []}))

    with pytest.raises(DecodeError) as caught:
        await client.customers.find_id("mobile", "1")

    assert caught.value.location == "entity"


async def test_an_id_may_be_a_string(sandbox: Sandbox, client: CapillaryClient) -> None:
    """Some answers send numbers as strings."""
    sandbox.script("/", Answer(body={"entity": "306"}))

    assert await client.customers.find_id("mobile", "1") == 306


async def test_trackers_are_identified_by_id_and_condition(sandbox: Sandbox, client: CapillaryClient) -> None:
    """One tracker has a total for each of its conditions, so its id is repeated."""
    trackers = await client.customers.list_trackers(6).collect()

    assert [(tracker.id, tracker.condition_id) for tracker in trackers] == sandbox.customer_tracker_keys(6)
    assert all(isinstance(tracker.value, Decimal) for tracker in trackers)


async def test_the_dummy_pagination_of_trackers_is_one_page(sandbox: Sandbox, client: CapillaryClient) -> None:
    """The pagination has three zeros beside a full list."""
    rows = [{"id": 5, "conditionId": number, "name": "t", "type": "POINTS", "value": 1} for number in range(250)]
    sandbox.script("/", Answer(body={"pagination": {"limit": 0, "offset": 0, "total": 0}, "data": rows}), times=None)

    assert len(await client.customers.list_trackers(6).collect()) == 250
    assert sandbox.request_count == 1


async def test_user_groups_are_walked_to_their_end(sandbox: Sandbox, client: CapillaryClient) -> None:
    """The groups are in the customer's details, one page in each answer."""
    sandbox.rows["user_groups"] = 45

    groups = await client.customers.list_user_groups(6, page_size=10).collect()

    assert [group.id for group in groups] == sandbox.user_group_ids(6)
    assert len(groups) == 45


async def test_a_customer_without_user_groups_has_none(sandbox: Sandbox, client: CapillaryClient) -> None:
    """An empty listing is not an error."""
    sandbox.rows["user_groups"] = 0

    assert await client.customers.list_user_groups(6).collect() == []


@pytest.mark.parametrize(
    "name",
    ["userGroups2", "userGroup2", "userGroups", "user_group_2", "UserGroup2Details", "ug2", "UG2s", "ug2Details"],
)
async def test_user_groups_are_found_under_any_name(sandbox: Sandbox, client: CapillaryClient, name: str) -> None:
    """No document names the member that holds them."""
    sandbox.user_groups_key = name
    sandbox.rows["user_groups"] = 3

    groups = await client.customers.list_user_groups(6).collect()

    assert [group.id for group in groups] == sandbox.user_group_ids(6)
    assert all(isinstance(group, CustomerUserGroup) for group in groups)


GROUPS: Any = [{"id": 1}, {"id": 2}]
AMBIGUOUS: list[dict[str, Any]] = [
    {"id": 1, "segments": [{}], "ug2Pagination": {"total": 2}},
    {"userGroupIds": [1, 2], "ug2Pagination": {"total": 2}},
    {"userGroups": GROUPS, "userGroups2": GROUPS},
]


class TestFindUserGroups:
    """The choice of the member that holds the user groups."""

    @pytest.mark.parametrize(
        "answer",
        [
            {"userGroups2": GROUPS, "profiles": [{"id": 9}]},
            {"userGroups2": GROUPS, "userGroupIds": [1, 2]},
            {"userGroups2": GROUPS, "userGroupDetails": []},
            {"userGroups2": GROUPS, "userGroup": {"id": 1}},
            {"userGroups2": GROUPS, "ug2Pagination": {"total": 2}},
        ],
    )
    def test_the_only_list_of_objects_is_read(self, answer: dict[str, Any]) -> None:
        """Other members may have similar names."""
        assert find_user_groups(answer) == (GROUPS, "userGroups2")

    @pytest.mark.parametrize(
        "answer",
        [
            {},
            {"id": 1},
            {"ug2Pagination": {"total": 0}},
            {"ug2Pagination": None},
            {"ug2Pagination": {"total": "many"}},
            {"userGroupIds": [1, 2]},
            {"userGroups": [], "userGroups2": []},
        ],
    )
    def test_a_missing_list_with_a_total_of_zero_is_empty(self, answer: dict[str, Any]) -> None:
        """The answer for a customer without groups may lack the member."""
        assert find_user_groups(answer) == ([], "")

    def test_an_empty_list_is_named(self) -> None:
        """Errors name the member of the list."""
        assert find_user_groups({"userGroups2": []}) == ([], "userGroups2")

    @pytest.mark.parametrize(
        "answer",
        AMBIGUOUS,
    )
    def test_a_missing_list_with_a_total_is_a_decode_error(self, answer: dict[str, Any]) -> None:
        """The message names the members, so that a user can report the right one."""
        with pytest.raises(DecodeError, match=", ".join(sorted(answer))) as caught:
            find_user_groups(answer)

        assert caught.value.location == "ug2Pagination"
