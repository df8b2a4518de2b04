"""Endpoints that start from a user group."""

from typing import Any

import pytest

from capillary_async import (
    CapillaryClient,
    CapillaryError,
    InvalidRequestError,
    NotFoundError,
    ServerError,
)
from capillary_async.sandbox import Answer, Sandbox


@pytest.mark.parametrize(
    ("identifier", "identifier_type", "group_id"),
    [(93257, "id", 93257), ("group-93257", "externalId", 93257), (93257, "externalId", 93257)],
)
async def test_trackers_are_found_by_each_identifier(
    sandbox: Sandbox, client: CapillaryClient, identifier: Any, identifier_type: str, group_id: int
) -> None:
    """An organisation may know its groups only by external ids."""
    trackers = await client.user_groups.list_trackers(identifier, identifier_type=identifier_type).collect()

    assert [(tracker.id, tracker.condition_id) for tracker in trackers] == sandbox.group_tracker_keys(group_id)


async def test_trackers_are_found_by_the_primary_user(sandbox: Sandbox, client: CapillaryClient) -> None:
    """The primary user is the third kind of identifier."""
    assert await client.user_groups.list_trackers(6, identifier_type="primaryUserId").collect()


@pytest.mark.parametrize(
    ("identifier", "identifier_type", "code", "expected"),
    [
        (404, "id", 1645, NotFoundError),
        ("nobody", "externalId", 1645, NotFoundError),
        (5, "somethingNew", 1632, InvalidRequestError),
        (599, "id", 1099, ServerError),
    ],
)
async def test_each_refusal_has_its_error_class(
    client: CapillaryClient, identifier: Any, identifier_type: str, code: int, expected: type[CapillaryError]
) -> None:
    """1099 is a fault of the server; the other codes are mistakes of the caller."""
    with pytest.raises(expected) as caught:
        await client.user_groups.list_trackers(identifier, identifier_type=identifier_type).collect()

    assert getattr(caught.value, "codes", None) == (code,)


async def test_members_are_walked_to_their_end(sandbox: Sandbox, client: CapillaryClient) -> None:
    """The offset is documented to count records, so no request is needed to find out."""
    sandbox.rows["members"] = 45

    members = await client.user_groups.list_members(93257, page_size=20, include_cards=True).collect()

    assert [member.fleet_user_id for member in members] == sandbox.member_ids(93257)
    assert [request.query["offset"] for request in sandbox.requests[:3]] == ["0", "20", "40"]
    assert any(member.extra["cards"] for member in members)


async def test_groups_are_found_by_name(sandbox: Sandbox, client: CapillaryClient) -> None:
    """The search is a listing with pages too."""
    groups = await client.user_groups.search("fleet", page_size=5).collect()

    assert [group.group_id for group in groups] == sandbox.found_group_ids("fleet")


async def test_a_busy_search_is_a_server_error(sandbox: Sandbox, client: CapillaryClient) -> None:
    """Status 461 is Capillary's status for a busy search."""
    sandbox.script("/v2/userGroup2/search", Answer(status=461))

    with pytest.raises(ServerError) as caught:
        await client.user_groups.search("fleet").collect()

    assert caught.value.retryable
