"""Points, tiers, transactions and the ledger of a customer are consistent."""

from decimal import Decimal
from typing import Any

import pytest

from tests.sandbox.asking import Asker

LEDGER = "/v2/pointsLedger/getCustomerLedgerInfo"
BALANCE = "/v2/pointsLedger/getCustomerLedgerBalance"


def named(customer_id: int, **query: Any) -> dict[str, Any]:
    """Return the parameters that name a customer by id for the ledger."""
    return {"identifierName": "id", "identifierValue": customer_id, "source": "INSTORE", **query}


async def rows_of(ask: Asker, customer_id: int, **query: Any) -> list[dict[str, Any]]:
    """Return a customer's transactions."""
    rows: list[dict[str, Any]] = (await ask.get(f"/v2/customers/{customer_id}/transactions", **query)).json["data"]
    return rows


async def entries_of(ask: Asker, customer_id: int, **query: Any) -> list[dict[str, Any]]:
    """Return the entries of a customer's ledger."""
    entries: list[dict[str, Any]] = (await ask.get(LEDGER, **named(customer_id, limit=100, **query))).json[
        "ledgerEntries"
    ]
    return entries


class TestAgreement:
    """All numbers are consistent with the transactions."""

    @pytest.mark.parametrize("customer_id", [5, 6, 8, 13])
    async def test_purchases_add_up(self, ask: Asker, customer_id: int) -> None:
        """Returned purchases must not count."""
        rows = await rows_of(ask, customer_id, limit=1_000)

        spent = sum(Decimal(row["amount"]) * (-1 if row["type"] == "RETURN" else 1) for row in rows)
        customer = (await ask.customer(customer_id, embed="points")).json
        assert spent == customer["loyaltyInfo"]["lifetimePurchases"] == customer["pointsSummary"]["cumulativePurchases"]

    @pytest.mark.parametrize("customer_id", [5, 6, 8, 13])
    async def test_the_ledger_adds_up_to_the_balance(self, ask: Asker, customer_id: int) -> None:
        """Entries, closing balance, balance and summary describe the same account."""
        net = sum(Decimal(entry["netPointsOnEvent"]) for entry in await entries_of(ask, customer_id))

        balance = (await ask.get(f"/v2/customers/{customer_id}/points/balance")).json
        closing = (await ask.get(BALANCE, **named(customer_id))).json["ledgerDetails"]["ledgerClosingBalance"]
        summary = (await ask.customer(customer_id, embed="points")).json["pointsSummary"]
        assert net == balance["mainPoints"] == Decimal(closing[0]["closingBalance"]) == summary["loyaltyPoints"]

    @pytest.mark.parametrize("customer_id", [5, 6])
    async def test_promised_points_agree(self, ask: Asker, customer_id: int) -> None:
        """The schedule and the balance must have the same promised points."""
        balance = (await ask.get(f"/v2/customers/{customer_id}/points/balance")).json
        schedule = (await ask.get(f"/v2/customers/{customer_id}/promisedPointsSchedule")).json

        waiting = schedule["promisedPointsScheduleList"] + schedule["triggerBasedPointsList"]
        assert sum(row["points"] for row in waiting) == balance["promisedPoints"]
        assert balance["totalPoints"] == balance["mainPoints"] + balance["promisedPoints"]

    @pytest.mark.parametrize("customer_id", [4, 5, 6, 7])
    async def test_tiers_agree(self, ask: Asker, customer_id: int) -> None:
        """Three endpoints return the tier, and the top tier has no next one."""
        (tier,) = (await ask.get(f"/v2/customers/{customer_id}/tierDetails")).json["programTiers"]
        program = (await ask.get(f"/v2/customers/{customer_id}/loyaltyDetails", programId=983)).json["data"][0]
        summary = (await ask.customer(customer_id, embed="points")).json["pointsSummary"]

        assert tier["currentTierName"] == program["currentSlab"] == summary["currentSlab"]
        assert (tier["nextTierSerialNumber"] == -1) == (tier["nextTierName"] == "") == (customer_id == 7)

    async def test_expiring_points_are_the_available_points(self, ask: Asker) -> None:
        """Half of the available points expire soon, the others never."""
        schedule = (await ask.get("/v2/customers/5/pointsExpirySchedule")).json["expirySchedules"]
        balance = (await ask.get("/v2/customers/5/points/balance")).json

        assert sum(row["points"] for row in schedule) == balance["mainPoints"]


class TestTransactions:
    """Paging, keys and filters of transactions."""

    async def test_returns_and_purchases_share_ids(self, ask: Asker) -> None:
        """Returns are numbered separately, so only type and id together are unique."""
        keys = ask.sandbox.transaction_keys(7)

        assert len(set(keys)) == len(keys)
        assert len({number for _, number in keys}) < len(keys)

    async def test_several_share_a_billing_time(self, ask: Asker) -> None:
        """Ids ascend within one billing time, and descend from time to time."""
        times = [row["billingTime"] for row in await rows_of(ask, 7, limit=6)]

        assert times[0] == times[2] > times[3] == times[5]

    async def test_rows_of_one_time_may_change_their_order(self, ask: Asker) -> None:
        """A database that sorts only by time does not fix the order."""
        ask.sandbox.unstable_ties = True

        first, second = await rows_of(ask, 7, limit=3), await rows_of(ask, 7, limit=3)

        assert first != second
        assert sorted(row["id"] for row in first) == sorted(row["id"] for row in second)

    async def test_parts_come_only_when_they_are_named(self, ask: Asker) -> None:
        """A part that is not requested is missing, not null."""
        (bare,) = await rows_of(ask, 7, limit=1)
        (full,) = await rows_of(ask, 7, limit=1, embed="BILL_STORE_DETAILS,BILL_POINTS")

        assert full.keys() - bare.keys() == {"billingStore", "billPoints"}

    @pytest.mark.parametrize(
        ("query", "code"),
        [({"limit": 1001}, 1109), ({"limit": 0}, 1111), ({"offset": -1}, 1112), ({"embed": "LINES"}, 1110)],
    )
    async def test_wrong_parameters_are_refused(self, ask: Asker, query: dict[str, Any], code: int) -> None:
        """A limit above 1,000 is an error and is not capped."""
        assert (await ask.get("/v2/customers/7/transactions", **query)).codes == [code]

    async def test_filters_select_rows(self, ask: Asker) -> None:
        """The filters are type, ids, a range of ids, the bill number and dates."""
        rows = await rows_of(ask, 7, limit=1_000)
        one = rows[8]

        assert {row["type"] for row in await rows_of(ask, 7, transactionType="RETURN")} == {"RETURN"}
        assert await rows_of(ask, 7, number=one["billNumber"]) == [one]
        assert one in await rows_of(ask, 7, transactionId=one["id"])
        assert one in await rows_of(ask, 7, startId=one["id"], endId=one["id"])
        assert await rows_of(ask, 7, sortOrder="ASC", limit=1_000) == rows[::-1]
        assert await rows_of(ask, 7, startDate=rows[2]["billingTime"]) == rows[:3]

    async def test_transactions_are_found_by_another_identifier(self, ask: Asker) -> None:
        """The endpoint by identifier must return the same rows as the one by id."""
        mobile = ask.sandbox.identifiers(7)["mobile"]

        found = await ask.get(
            "/v2/customers/lookup/transactions", source="INSTORE", identifierName="mobile", identifierValue=mobile
        )

        assert found.json["data"] == await rows_of(ask, 7)


class TestLedger:
    """The ledger counts pages, and a page after the last is an error."""

    async def test_offset_counts_pages(self, ask: Asker) -> None:
        """The same `offset` with another `limit` starts at another row."""
        answer = (await ask.get(LEDGER, **named(7, limit=20, offset=2))).json

        assert [entry["eventLogId"] for entry in answer["ledgerEntries"]] == ask.sandbox.ledger_event_ids(7)[40:60]
        assert answer["ledgerDetails"]["pageCount"] == -(-len(ask.sandbox.ledger_event_ids(7)) // 20)

    @pytest.mark.parametrize(
        ("customer_id", "query", "code"),
        [
            (7, {"offset": 99}, 11003),
            (10, {}, 11003),
            (7, {"limit": 101}, 11029),
            (7, {"storeId": 1, "tillId": 2}, 11028),
            (7, {"startDate": "2025-01-01T00:00:00", "endDate": "2025-06-01T00:00:00"}, 11010),
            (404, {}, 8015),
            (409, {}, 8069),
            ("", {}, 11013),
        ],
    )
    async def test_a_missing_page_is_refused(
        self, ask: Asker, customer_id: Any, query: dict[str, Any], code: int
    ) -> None:
        """A ledger without entries has not even a page 0."""
        assert (await ask.get(LEDGER, **named(customer_id, **query))).codes == [code]

    async def test_entries_are_filtered(self, ask: Asker) -> None:
        """The filters are the entry type, the category of points and dates."""
        debits = await entries_of(ask, 7, ledgerEntryType="DEBIT")
        promised = await entries_of(ask, 7, pointCategoryType="PROMISED")
        oldest = (await entries_of(ask, 7, order="ASC"))[0]

        assert {detail["ledgerEntryType"] for entry in debits for detail in entry["entryDetails"]} == {"DEBIT"}
        assert len(promised) == 1
        assert oldest["eventLogId"] == ask.sandbox.ledger_event_ids(7)[-1]

    async def test_points_are_texts(self, ask: Asker) -> None:
        """The samples have strings with three decimal places."""
        (entry, *_) = await entries_of(ask, 7)

        assert isinstance(entry["netPointsOnEvent"], str)
        assert entry["netPointsOnEvent"][-4] == "."


class TestErrorAnswers:
    """The refusals of every endpoint of a customer."""

    PATHS = (
        *("points/balance", "tierDetails", "loyaltyDetails", "pointsExpirySchedule", "promisedPointsSchedule"),
        *("statusLog", "loyaltyEvents", "subscriptions", "transactions"),
    )

    @pytest.mark.parametrize("path", PATHS)
    @pytest.mark.parametrize(("customer_id", "code"), [(404, 8015), (409, 8069), (403, 1044)])
    async def test_an_unknown_customer_is_refused(self, ask: Asker, path: str, customer_id: int, code: int) -> None:
        """The last three digits of the id decide on the refusal."""
        assert (await ask.get(f"/v2/customers/{customer_id}/{path}")).codes == [code]

    @pytest.mark.parametrize("path", PATHS)
    async def test_a_lookup_without_an_identifier_is_refused(self, ask: Asker, path: str) -> None:
        """A request without an identifier gets code 8130."""
        assert (await ask.get(f"/v2/customers/lookup/{path}", source="INSTORE")).codes == [8130]

    @pytest.mark.parametrize("path", ["points/balance", "tierDetails"])
    async def test_an_entity_that_does_not_exist_is_refused(self, ask: Asker, path: str) -> None:
        """An unknown entity type gets code 1212."""
        assert (await ask.get(f"/v2/customers/5/{path}", entityType="CAR")).codes == [1212]

    @pytest.mark.parametrize("path", ["points/balance", "tierDetails", "loyaltyDetails"])
    async def test_a_program_that_the_customer_is_not_in_is_refused(self, ask: Asker, path: str) -> None:
        """Such a program gets code 8089."""
        assert (await ask.get(f"/v2/customers/5/{path}", programId=1)).codes == [8089]


async def test_details_are_found_by_another_identifier(ask: Asker) -> None:
    """One request is enough, in place of a lookup and a request by id."""
    mobile = ask.sandbox.identifiers(7)["mobile"]
    named_so = {"source": "INSTORE", "identifierName": "mobile", "identifierValue": mobile}

    found = await ask.get("/v2/customers/lookup/customerDetails", embed="points", **named_so)

    assert found.json == (await ask.customer(7, embed="points")).json


@pytest.mark.parametrize("text", ["999000000007", "7"])
async def test_a_search_finds_the_customer_of_a_number(ask: Asker, text: str) -> None:
    """Scripts search for mobile numbers this way."""
    found = (await ask.get("/v2/customers/search", q=text)).json["data"]

    assert [row["userId"] for row in found] == [7]


async def test_the_current_status_is_the_last_one(ask: Asker) -> None:
    """The number of statuses depends on the id."""
    statuses = (await ask.get("/v2/customers/5/statusLog")).json["data"]

    assert [row["isActive"] for row in statuses] == [False, False, True]


async def test_loyalty_events_are_filtered(ask: Asker) -> None:
    """The filters are type and date, and the default limit is ten."""
    events = (await ask.get("/v2/customers/7/loyaltyEvents")).json["data"]
    returns = (await ask.get("/v2/customers/7/loyaltyEvents", eventType="ReturnBill", limit=3)).json["data"]

    assert len(events) == 10
    assert [row["eventName"] for row in returns] == ["ReturnBill"] * 3


class TestUserGroups:
    """A group's points, tiers and transactions."""

    async def test_parts_come_only_when_they_are_asked_for(self, ask: Asker) -> None:
        """This must hold for the id, the external id and the primary member."""
        bare = (await ask.get("/v2/userGroup2", id=93257)).json
        full = (await ask.get("/v2/userGroup2", externalId="group-93257", programDetails="true", gapToRenewFor=0)).json

        assert full.keys() - bare.keys() == {"pointsSummaries", "gapToRenew"}
        assert bare["fleetGroupUsers"][0]["primaryMember"] is True

    async def test_transactions_have_no_pagination(self, ask: Asker) -> None:
        """The API returns no total here."""
        answer = (await ask.get("/v2/userGroup2/transactions", id=93257, limit=5)).json

        assert "pagination" not in answer
        assert [(row["type"], row["id"]) for row in answer["data"]] == ask.sandbox.group_transaction_keys(93257)[:5]

    async def test_a_history_of_tiers_shows_its_first_page(self, ask: Asker) -> None:
        """The total may be larger, and the API has no second page."""
        answer = (await ask.get("/v2/userGroup2/slabHistory", fleetGroupId=93257)).json

        assert (len(answer["data"]), answer["pagination"]["total"]) == (20, 22)

    @pytest.mark.parametrize(("query", "code"), [({}, 1635), ({"id": 404}, 1619), ({"externalId": "group-404"}, 1632)])
    async def test_a_group_that_is_not_there_is_refused(self, ask: Asker, query: dict[str, Any], code: int) -> None:
        """Each kind of identifier has another code."""
        assert (await ask.get("/v2/userGroup2", **query)).codes == [code]
