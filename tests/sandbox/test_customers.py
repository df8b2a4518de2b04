"""Customers: the document, its parts, the lookup, and every documented refusal."""

from decimal import Decimal
from typing import Any

import pytest

from capillary_async.sandbox import Sandbox, everyone_present
from tests.sandbox.asking import Asker, asking
from tests.sandbox.documented import CUSTOMER, documented, shown

EVERYTHING = {
    **dict.fromkeys(("ndncStatus", "optinStatus", "slabHistory", "tierUpgradeCriteria"), "true"),
    **dict.fromkeys(("membershipRetentionCriteria", "includedAllUserGroup2", "ug2PaginationDetails"), "true"),
    "embed": "points,subscriptions,MLP",
    "gapToUpgrade": 30,
    "gapToRenew": 0,
}
VAST = 987_654_321_987_654_321


async def test_every_documented_key_appears_for_some_customer(ask: Asker) -> None:
    """A key that the sandbox never sends is never tested in the client."""
    answers = [(await ask.customer(number, **EVERYTHING)).json for number in range(1, 40)]

    assert documented(CUSTOMER) - set().union(*map(shown, answers)) == set()


async def test_every_id_has_a_customer(ask: Asker) -> None:
    """Data is derived from the id, so nothing has to be stored."""
    answer = await ask.customer(VAST)

    assert answer.status == 200
    assert answer.json["id"] == VAST
    assert answer.json == (await ask.customer(VAST)).json


async def test_another_seed_has_other_data() -> None:
    """Data must depend only on the seed and the ids."""
    heard: list[Any] = []
    for seed in (0, 0, 1):
        async with asking(Sandbox(seed=seed)) as ask:
            heard.append((await ask.customer(5)).json["loyaltyInfo"])

    assert heard[0] == heard[1] != heard[2]


async def test_purchases_have_three_decimal_places(ask: Asker) -> None:
    """The samples show 221350.000."""
    purchases = (await ask.customer(5)).json["loyaltyInfo"]["lifetimePurchases"]

    assert isinstance(purchases, Decimal)
    assert purchases.as_tuple().exponent == -3


@pytest.mark.parametrize(
    ("parameter", "key"),
    [
        ("ndncStatus", "ndncStatus"),
        ("optinStatus", "optinStatus"),
        ("slabHistory", "slabHistory"),
        ("tierUpgradeCriteria", "tierUpgradeCriteria"),
        ("membershipRetentionCriteria", "membershipRetentionCriteria"),
        ("includedFraudDetails", "fraudDetails"),
    ],
)
async def test_a_part_is_sent_only_on_request(ask: Asker, parameter: str, key: str) -> None:
    """The parameter's description says so."""
    assert key in (await ask.customer(5, **{parameter: "true"})).json
    assert key not in (await ask.customer(5, **{parameter: "false"})).json
    assert key not in (await ask.customer(5)).json


@pytest.mark.parametrize(
    ("part", "key"),
    [
        ("points", "pointsSummary"),
        ("mlp", "loyaltyProgramDetails"),
        ("subscriptions", "subscriptionInfo"),
        ("promotionalPoints", "promotionalPoints"),
        ("expirySchedules", "expirySchedules"),
        ("expiredPoints", "expiredPoints"),
        ("returnedPoints", "returnedPoints"),
        ("customerImage", "customerImage"),
        ("associatedImages", "associatedImages"),
        ("userGroup", "userGroups2"),
        ("gapDetails", "upgradeStrategies"),
    ],
)
async def test_an_embedded_part_is_sent_only_if_named(ask: Asker, part: str, key: str) -> None:
    """`embed` is a list of names."""
    assert key in (await ask.customer(5, embed=part)).json
    assert key not in (await ask.customer(5)).json


async def test_embed_has_commas_or_is_repeated(ask: Asker) -> None:
    """The document says "array of strings" and shows neither form."""
    one_by_one = await ask.get("/v2/customers/5?embed=points&embed=mlp", source="INSTORE")

    assert (await ask.customer(5, embed="points,mlp")).json == one_by_one.json


async def test_segments_are_filled_when_embedded(ask: Asker) -> None:
    """The key is always sent, and is usually empty."""
    assert (await ask.customer(5)).json["segments"] == {}
    assert (await ask.customer(5, embed="segments")).json["segments"] == {"Activity segment": "Lapsed"}


async def test_gaps_need_their_prerequisite(ask: Asker) -> None:
    """The document requires `embed=mlp`."""
    assert "upgradeStrategies" not in (await ask.customer(5, gapToUpgrade=0, gapToRenew=0)).json
    assert "upgradeStrategies" in (await ask.customer(5, gapToUpgrade=0, embed="mlp")).json
    assert "gapToRenewSummary" in (await ask.customer(5, gapToRenew=0, embed="mlp")).json


async def test_the_base_tier_has_nothing_to_renew(ask: Asker) -> None:
    """The document says that the base tier has no such block."""
    assert "gapToRenewSummary" not in (await ask.customer(4, gapToRenew=0, embed="mlp")).json


async def test_without_a_downgrade_strategy_there_is_no_retention(ask: Asker) -> None:
    """The part is missing even if requested; every seventh customer has no such strategy."""
    assert "membershipRetentionCriteria" not in (await ask.customer(7, membershipRetentionCriteria="true")).json


async def test_profiles_of_other_sources_can_be_hidden(ask: Asker) -> None:
    """`includedOnlyCurrentProfile` requests this."""
    everywhere = (await ask.customer(30, source="ALL")).json["profiles"]
    here = (await ask.customer(30, includedOnlyCurrentProfile="true")).json["profiles"]

    assert [profile["source"] for profile in everywhere] == ["INSTORE", "MARTJACK", "WECHAT", "LINE"]
    assert [profile["source"] for profile in here] == ["INSTORE"]


async def test_dates_are_in_the_clusters_zone() -> None:
    """The zone does not depend on the request, and the slab history has a separate format."""
    async with asking(Sandbox(timezone="Asia/Kolkata")) as ask:
        customer = (await ask.customer(5, slabHistory="true")).json

    assert customer["profiles"][0]["autoUpdateTime"].endswith("+05:30")
    assert customer["slabHistory"][0]["changedOn"].endswith("Z+05:30")


REFUSED: list[tuple[int | str, dict[str, Any], int, int]] = [
    (1403, {}, 1044, 403),
    (1404, {}, 8015, 404),
    (1409, {}, 8069, 409),
    (1, {"source": "NOWHERE"}, 8012, 400),
    (1, {"source": ""}, 8012, 400),
    (1, {"source": "MARTJACK"}, 8065, 404),
    (3, {"source": "WECHAT"}, 8045, 400),
    (3, {"source": "WECHAT", "accountId": "other"}, 8011, 400),
]


@pytest.mark.parametrize(("customer_id", "query", "code", "status"), REFUSED)
async def test_a_refusal_has_its_code_and_shape(
    ask: Asker, customer_id: int, query: dict[str, Any], code: int, status: int
) -> None:
    """The documents show one form for customers, and no HTTP status."""
    answer = await ask.customer(customer_id, **query)
    ask.sandbox.error_status = "ok"
    as_success = await ask.customer(customer_id, **query)

    assert list(answer.json) == ["errors"]
    assert list(answer.json["errors"][0]) == ["status", "code", "message"]
    assert answer.json["errors"][0]["status"] is False
    assert (answer.status, answer.codes) == (status, [code])
    assert (as_success.status, as_success.json) == (200, answer.json)


async def test_the_refusal_of_a_deleted_customer_has_its_own_form(ask: Asker) -> None:
    """The answer is only a message."""
    assert (await ask.customer(1410)).json == {"message": "Customer is deleted after PII delete request"}


@pytest.mark.parametrize("customer_id", ["abc", "0", "-1", "1.5", str(2**63), "9" * 5000, "%D9%A1", "1%2F2"])
async def test_an_invalid_id_gets_a_blank_400(ask: Asker, customer_id: str) -> None:
    """The document says "Bad Request with Blank response"."""
    answer = await ask.send("GET", f"/v2/customers/{customer_id}?source=INSTORE")

    assert (answer.status, answer.text) == (400, "")


@pytest.mark.parametrize(
    "query",
    [
        {"slabHistory": "perhaps"},
        {"gapToUpgrade": "-1"},
        {"gapToRenew": "soon"},
        {"ug2Limit": "0"},
        {"ug2Offset": "x"},
        {"ug2Offset": "9" * 30},
        {"ug2JoinedStartDate": "yesterday"},
        {"userGroup2Id": "x"},
    ],
)
async def test_a_malformed_parameter_gets_a_blank_400(ask: Asker, query: dict[str, str]) -> None:
    """A client that fails to refuse these parameters is noticed here."""
    answer = await ask.customer(5, **query)

    assert (answer.status, answer.text) == (400, "")


async def test_everybody_can_be_made_present() -> None:
    """Tests that count customers need a sandbox without exceptions."""
    async with asking(Sandbox(customer_status=everyone_present)) as ask:
        assert (await ask.customer(404)).status == 200


async def test_a_customer_is_found_by_every_identifier(ask: Asker) -> None:
    """All eight names are documented."""
    found: set[str] = set()
    for number in (6, 30, 42, VAST):
        for name, value in ask.sandbox.identifiers(number).items():
            query = {"source": "ALL", "identifierName": name, "identifierValue": value}
            answer = await ask.get("/v2/customers/lookup", **query)

            assert (name, answer.json) == (name, {"entity": number, "warnings": []})
            found.add(name)

    assert found == {"mobile", "email", "externalId", "cardnumber", "cardExternalId", "wechat", "martjackId", "fbId"}


async def test_a_successful_answer_may_have_warnings(ask: Asker) -> None:
    """A warning has `"status": false` although the call succeeded."""
    query = {"source": "INSTORE", "identifierName": "mobile", "identifierValue": "999000000013"}
    answer = await ask.get("/v2/customers/lookup", **query)

    assert answer.json["entity"] == 13
    assert answer.json["warnings"][0]["status"] is False
    assert (await ask.customer(13)).json["warnings"] == answer.json["warnings"]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"identifierName": "mobile", "identifierValue": "999"}, 8015),
        ({"identifierName": "mobile", "identifierValue": "999000000404"}, 8015),
        ({"identifierName": "email", "identifierValue": "nobody@example.com"}, 8015),
        ({"identifierName": "shoe size", "identifierValue": "9"}, 8013),
        ({"identifierName": "mobile"}, 8130),
        ({"identifierName": "mobile", "identifierValue": "999000000005", "source": "NOWHERE"}, 8012),
        ({"identifierName": "mobile", "identifierValue": "999000000005", "source": "MARTJACK"}, 8065),
    ],
)
async def test_a_refused_lookup_has_warnings(ask: Asker, query: dict[str, str], code: int) -> None:
    """This is the third documented form of a refusal."""
    answer = await ask.get("/v2/customers/lookup", **{"source": "INSTORE", **query})

    assert list(answer.json) == ["warnings", "errors"]
    assert answer.codes == [code]


async def test_a_customers_groups_come_when_asked_for(ask: Asker) -> None:
    """No document names the key, so a setting does."""
    ask.sandbox.user_groups_key = "ug2Details"
    ask.sandbox.listing("user_groups", 5).resize(7)

    bare = (await ask.customer(5)).json
    everything = (await ask.customer(5, includedAllUserGroup2="true", includedUserGroup2LoyaltyDetails="true")).json
    page = (await ask.customer(5, ug2Limit=3, ug2Offset=3, ug2PaginationDetails="true")).json

    ids = ask.sandbox.user_group_ids(5)
    assert "ug2Details" not in bare
    assert [group["id"] for group in everything["ug2Details"]] == ids
    assert "loyaltyDetails" in everything["ug2Details"][0]
    assert [group["id"] for group in page["ug2Details"]] == ids[3:6]
    assert page["ug2Pagination"] == {"limit": 3, "offset": 3, "total": 7}
    assert "ug2Pagination" not in everything


async def test_a_customers_groups_can_be_sorted_and_filtered(ask: Asker) -> None:
    """The default order is the day of joining, the latest first."""
    ask.sandbox.listing("user_groups", 5).resize(7)
    ids = ask.sandbox.user_group_ids(5)

    async def listed(**query: Any) -> list[int]:
        return [
            group["id"] for group in (await ask.customer(5, includedAllUserGroup2="true", **query)).json["userGroups2"]
        ]

    assert await listed(ug2SortOrder="ASC") == ids[::-1]
    assert await listed(ug2JoinedStartDate="2026-02-10 00:00:00") == ids[:3]
    assert await listed(ug2JoinedEndDate="2026-02-10 00:00:00") == ids[2:]
    assert await listed(userGroup2Id=ids[4]) == [ids[4]]
    assert await listed(userGroup2Id=1) == []
