"""Methods of `client.promotions`."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from capillary_async import (
    CapillaryClient,
    DecodeError,
    InvalidRequestError,
    NotFoundError,
    Promotion,
    PromotionTarget,
    ResponseError,
)
from capillary_async.sandbox import Answer, Sandbox

PUBLISHED = 1  # the row of a promotion that has a number


async def test_promotions_are_walked_page_by_page(client: CapillaryClient, sandbox: Sandbox) -> None:
    """The parameters are `page` and `size`, and the rows are two levels deep."""
    promotions = await client.promotions.list(page_size=20).collect()

    assert [promotion.id for promotion in promotions] == sandbox.promotion_ids()
    assert [request.query["page"] for request in sandbox.requests] == ["0", "1", "2"]


async def test_a_promotion_is_typed(client: CapillaryClient, sandbox: Sandbox) -> None:
    """Only members that the API defines as free-form have no type."""
    promotion = await client.promotions.get(sandbox.promotion_ids()[PUBLISHED])

    assert promotion.extra == {}
    assert promotion.metadata is not None
    assert promotion.metadata.extra == {}
    assert (promotion.metadata.status, promotion.metadata.promotion_id) == ("ACTIVE", 126_001)


async def test_the_program_may_be_a_number_or_a_text(client: CapillaryClient) -> None:
    """A string of digits becomes a number; any other text stays a text."""
    programs = {promotion.metadata.program_id async for promotion in client.promotions.list() if promotion.metadata}

    assert programs == {983}
    assert Promotion(id="x").metadata is None


async def test_a_promotion_has_its_targets(client: CapillaryClient, sandbox: Sandbox) -> None:
    """Promotions have no progress, so users need the targets."""
    promotion = await client.promotions.get(sandbox.promotion_ids()[PUBLISHED])

    (target,) = promotion.targets
    assert target == PromotionTarget(
        name="Sandbox promotion 1~Milestone", target_group_id=27_397, target_rule_ids=(79_191,)
    )
    (rule,) = [rule for rule in await client.targets.get_rules(27_397) if rule.id in target.target_rule_ids]
    assert rule.name == "Sandbox target 79191"


@pytest.mark.parametrize(
    ("activities", "expected"),
    [
        (None, []),
        ((), []),
        (({"milestones": [{"name": "m", "targetGroupId": 5, "targetRuleIds": [6, 7]}]},), [(5, (6, 7))]),
        (({"children": [{"children": [{"milestones": [{"targetGroupId": "5"}]}]}]},), [(5, ())]),
        (({"milestones": [{"targetRuleIds": ["6", None, "x", True]}]},), [(None, (6,))]),
        (({"milestones": [{"targetGroupId": None, "targetRuleIds": None}]}, "odd", 7, None), []),
        (({"milestones": [{"targetRuleIds": 6}, {"targetGroupId": 5}]},), [(None, (6,)), (5, ())]),
    ],
)
def test_targets_are_found_at_any_depth(activities: Any, expected: list[Any]) -> None:
    """Activities are free-form, so no content may break the search."""
    promotion = Promotion(id="x", activities=activities)

    assert [(target.target_group_id, target.target_rule_ids) for target in promotion.targets] == expected


def test_targets_are_found_in_the_workflow_too() -> None:
    """Enrolment and opt-in may depend on a milestone."""
    promotion = Promotion(id="x", workflow_metadata={"optin": {"activities": [{"targetGroupId": 5}]}})

    assert [target.target_group_id for target in promotion.targets] == [5]


async def test_promotions_of_a_state_can_be_listed(client: CapillaryClient) -> None:
    """Several states can be given."""
    promotions = await client.promotions.list(status=["LIVE", "PAUSED"]).collect()

    assert {promotion.metadata.status for promotion in promotions if promotion.metadata} == {"LIVE", "PAUSED"}


async def test_a_customers_promotions_are_walked(client: CapillaryClient, sandbox: Sandbox) -> None:
    """The endpoint allows at most twenty rows and has no envelope."""
    member = next(number for number in range(1, 99) if len(sandbox.member_promotion_ids(number)) > 20)

    promotions = await client.promotions.list_for_member(member).collect()

    assert [promotion.promotion_id for promotion in promotions] == sandbox.member_promotion_ids(member)
    assert sandbox.request_count == 2
    assert promotions[0].start_date is not None


async def test_one_promotion_has_the_timeline_of_the_enrolment(client: CapillaryClient, sandbox: Sandbox) -> None:
    """Only this answer has the id that `promotions.get` takes."""
    number = sandbox.member_promotion_ids(6)[1]

    promotion = await client.promotions.get_for_member(6, number)

    assert promotion.extra == {}
    assert promotion.customer_promotion_timelines is not None
    assert promotion.unified_promotion_id is not None
    details = await client.promotions.get(promotion.unified_promotion_id)
    assert details.metadata is not None
    assert details.metadata.promotion_id == number


@pytest.mark.parametrize("customer_id", [5, 6])
async def test_actions_are_read_with_and_without_an_envelope(
    client: CapillaryClient, sandbox: Sandbox, customer_id: int
) -> None:
    """The documentation's two samples disagree."""
    number = sandbox.member_promotion_ids(customer_id)[0]

    actions = await client.promotions.get_actions(customer_id, program_id=983, promotion_id=number)

    assert (actions.entity_id, actions.promotion_id, actions.extra) == (customer_id, number, {})
    assert actions.points is not None
    assert actions.points[0].total_points_issued == customer_id


async def test_actions_without_benefits_have_only_a_warning(client: CapillaryClient) -> None:
    """Code 8116 is a warning, not an error."""
    actions = await client.promotions.get_actions(6, program_id=983, promotion_id=1)

    assert actions.points is None
    assert [warning.code for warning in actions.warnings or ()] == [8116]


@pytest.mark.parametrize(
    ("body", "location"),
    [
        ({"data": None}, "data"),
        ({"orgId": 1}, "data"),
        ({"promotionId": "x"}, "promotionId"),
        ({"data": {"points": [{"totalPointsIssued": "many"}]}}, "data.points[0].totalPointsIssued"),
    ],
)
async def test_actions_that_are_not_documented_are_a_decode_error(
    client: CapillaryClient, sandbox: Sandbox, body: Any, location: str
) -> None:
    """The error names the location, with and without the envelope."""
    sandbox.script("/", Answer(body=body))

    with pytest.raises(DecodeError) as caught:
        await client.promotions.get_actions(6, program_id=983, promotion_id=1)

    assert caught.value.location == location


@pytest.mark.parametrize("promotions", [[], [{"promotionId": 1}, {"promotionId": 2}], None, [{}]])
async def test_anything_but_one_promotion_is_a_decode_error(
    client: CapillaryClient, sandbox: Sandbox, promotions: Any
) -> None:
    """The list must hold exactly one promotion."""
    sandbox.script("/", Answer(body={"memberId": 6, "promotions": promotions}))

    with pytest.raises(DecodeError):
        await client.promotions.get_for_member(6, 1)


REFUSALS: list[tuple[Callable[[CapillaryClient], Awaitable[Any]], type[ResponseError], int]] = [
    (lambda client: client.promotions.get("690000000000000000000000"), NotFoundError, 9013),
    (lambda client: client.promotions.list(status=["OPEN"]).collect(), InvalidRequestError, 310151),
    (lambda client: client.promotions.list_for_member(404).collect(), NotFoundError, 310192),
    (lambda client: client.promotions.list_for_member(6, status="expired").collect(), InvalidRequestError, 310196),
    (lambda client: client.promotions.get_for_member(6, 1), NotFoundError, 310194),
    (lambda client: client.promotions.get_actions(404, program_id=1, promotion_id=1), NotFoundError, 310192),
]


@pytest.mark.parametrize(("call", "expected", "code"), REFUSALS)
async def test_each_refusal_has_its_error_class(
    client: CapillaryClient, call: Any, expected: type[ResponseError], code: int
) -> None:
    """Some refusals have HTTP 200."""
    with pytest.raises(expected) as caught:
        await call(client)

    assert caught.value.codes == (code,)
