"""Loyalty promotions: all, one, and a customer's."""

from typing import Any

import pytest

from tests.sandbox.asking import Asker


async def test_promotions_come_in_pages_from_0(ask: Asker) -> None:
    """`page` counts pages, and the default `size` is 10."""
    first = (await ask.get("/v3/promotions")).json["data"]
    last = (await ask.get("/v3/promotions", page=4, size=10)).json["data"]

    ids = ask.sandbox.promotion_ids()
    assert [row["id"] for row in first["content"]] == ids[:10]
    assert [row["id"] for row in last["content"]] == ids[40:]
    assert (last["totalElements"], last["totalPages"], last["number"]) == (45, 5, 4)
    assert (first["last"], last["last"]) == (False, True)


async def test_promotions_are_filtered_by_text_and_status(ask: Asker) -> None:
    """A filter may have several statuses between commas."""
    drafts = (await ask.get("/v3/promotions", status="DRAFT,LIVE", size=100)).json["data"]["content"]
    named = (await ask.get("/v3/promotions", searchText="PROMOTION 24")).json["data"]["content"]

    assert {row["metadata"]["status"] for row in drafts} == {"DRAFT", "LIVE"}
    assert [row["metadata"]["name"] for row in named] == ["Sandbox promotion 24"]


@pytest.mark.parametrize(
    ("path", "query", "code"),
    [
        ("/v3/promotions", {"size": 101}, 300004),
        ("/v3/promotions", {"size": 0}, 300004),
        ("/v3/promotions", {"page": -1}, 300004),
        ("/v3/promotions", {"status": "OPEN"}, 310151),
        ("/v3/promotions/690000000000000000000000", {}, 9013),
        ("/v3/members/6/promotions", {"size": 21}, 310195),
        ("/v3/members/6/promotions", {"memberEnrollmentStatus": "expired"}, 310196),
        ("/v3/members/404/promotions", {}, 310192),
        ("/v3/members/6/promotions/1", {}, 310194),
        ("/v3/customers/6/customerPromotionDetails/actionSummary", {"promotionId": 126001}, 9001),
        ("/v3/customers/6/customerPromotionDetails/actionSummary", {"programId": 983}, 9002),
    ],
)
async def test_wrong_parameters_are_refused(ask: Asker, path: str, query: dict[str, Any], code: int) -> None:
    """A page size that is too large is an error and is not capped."""
    assert (await ask.get(path, **query)).codes == [code]


async def test_one_promotion_is_the_same_as_in_the_list(ask: Asker) -> None:
    """Its id has 24 hexadecimal digits."""
    listed = (await ask.get("/v3/promotions")).json["data"]["content"][1]

    assert (await ask.get(f"/v3/promotions/{listed['id']}")).json["data"] == listed


async def test_a_published_promotion_has_a_target(ask: Asker) -> None:
    """No other member links promotions and targets."""
    draft, active = (await ask.get("/v3/promotions")).json["data"]["content"][:2]

    (milestone,) = active["activities"][0]["milestones"]
    assert milestone["targetRuleIds"][0] // 3 + 1_000 == milestone["targetGroupId"]
    assert "targetGroupId" not in draft["activities"][0]["children"][0]["milestones"][0]


async def test_a_customers_promotions_have_no_envelope(ask: Asker) -> None:
    """Their dates have only the keys with ISO."""
    answer = (await ask.get("/v3/members/6/promotions", size=20)).json

    ids = ask.sandbox.member_promotion_ids(6)
    assert [row["promotionId"] for row in answer["promotions"]] == ids[:20]
    assert answer["pageDetails"]["totalEntries"] == len(ids)
    assert "startDateISO" in answer["promotions"][0]


async def test_a_customers_promotions_are_filtered(ask: Asker) -> None:
    """The filters are the status and both ids of a promotion."""
    every = (await ask.get("/v3/members/6/promotions", size=20)).json["promotions"]
    some = (await ask.get("/v3/members/6/promotions", memberEnrollmentStatus="REDEEMED")).json["promotions"]
    one = (await ask.get("/v3/members/6/promotions", promotionIdentifier=every[2]["promotionIdentifier"])).json
    same = (await ask.get("/v3/members/6/promotions", promotionId=every[2]["promotionId"])).json

    assert 0 < len(some) < len(every)
    assert one["promotions"] == same["promotions"] == [every[2]]


async def test_one_promotion_of_a_customer_has_a_timeline(ask: Asker) -> None:
    """Only this answer has the promotion's other id."""
    number = ask.sandbox.member_promotion_ids(6)[1]

    (found,) = (await ask.get(f"/v3/members/6/promotions/{number}")).json["promotions"]

    assert found["unifiedPromotionId"] in ask.sandbox.promotion_ids()
    assert found["customerPromotionTimelines"][0]["enrollmentDetails"][0]["optInDetails"]


@pytest.mark.parametrize("customer_id", [6, 5])
async def test_actions_have_an_envelope_or_none(ask: Asker, customer_id: int) -> None:
    """The two samples disagree."""
    path = f"/v3/customers/{customer_id}/customerPromotionDetails/actionSummary"
    number = ask.sandbox.member_promotion_ids(customer_id)[0]

    answer = (await ask.get(path, programId=983, promotionId=number)).json

    summary = answer["data"] if customer_id == 5 else answer
    assert summary["entityId"] == customer_id
    assert summary["points"][0]["totalPointsIssued"] == f"{customer_id}.000"


async def test_actions_without_benefits_have_a_warning(ask: Asker) -> None:
    """The warning has code 8116."""
    path = "/v3/customers/6/customerPromotionDetails/actionSummary"

    answer = (await ask.get(path, programId=983, promotionId=1)).json

    assert [warning["code"] for warning in answer["warnings"]] == [8116]
