"""Every documented parameter of points, transactions, targets, promotions, ledger and groups can be sent."""

from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest

from capillary_async import CapillaryClient, ClientOptions, DataScope, PromotionStatus, RetryPolicy, TransactionEmbed
from capillary_async.sandbox import Answer, Sandbox
from tests.api.asking import open_client
from tests.fakes import outcomes

ONCE = ClientOptions(retry=RetryPolicy(attempts=1))
NOON = datetime(2025, 1, 9, 12, 0, 12, tzinfo=UTC)
DAY = date(2025, 1, 10)
BY_MOBILE = {"source": "INSTORE", "identifierName": "mobile", "identifierValue": "919"}
TRANSACTION_FILTERS: dict[str, Any] = {
    "page_size": 7,
    "start_date": DAY,
    "end_date": NOON,
    "transaction_type": "RETURN",
    "transaction_ids": [1, 2],
    "start_id": 3,
    "end_id": 4,
    "bill_number": "a",
    "bill_numbers": ["b", "c"],
    "entity_type": "STORE",
    "entity_code": "s1",
    "local_currency": True,
    "embed": [TransactionEmbed.BILL_CF, "BILL_EF"],
    "sort_by": "BILLING_TIME",
    "sort_order": "ASC",
}
TRANSACTIONS_SENT = {
    "startDate": "2025-01-10 00:00:00",
    "endDate": "2025-01-09 12:00:12",
    "transactionType": "RETURN",
    "transactionId": "1,2",
    "startId": "3",
    "endId": "4",
    "number": "a",
    "transNos": "b,c",
    "entityType": "STORE",
    "entityCode": "s1",
    "localCurrency": "true",
    "embed": "BILL_CF,BILL_EF",
    "sortBy": "BILLING_TIME",
    "sortOrder": "ASC",
    "limit": "7",
    "offset": "0",
}
GROUPS = {"include_periods": True, "include_user_created": False, "only_active": True}
GROUPS_SENT = {"includePeriods": "true", "includeUserCreatedTargetGroups": "false", "includeOnlyActive": "true"}

Case = tuple[str, Callable[[CapillaryClient], Awaitable[Any]], dict[str, str]]
# The path, a call with every argument, and the parameters that it sends.
CASES: list[Case] = [
    (
        "/v2/customers/lookup/customerDetails",
        lambda client: client.customers.find("mobile", "919", embed=["points"], gap_to_renew=0, slab_history=True),
        {**BY_MOBILE, "embed": "points", "gapToRenew": "0", "slabHistory": "true"},
    ),
    (
        "/v2/customers/lookup/customerDetails",
        lambda client: client.customers.find("id", 7, source="WECHAT", account_id="w"),
        {"source": "WECHAT", "accountId": "w", "identifierName": "id", "identifierValue": "7"},
    ),
    (
        "/v2/customers/search",
        lambda client: client.customers.search("smi", page_size=5).collect(),
        {"q": "smi", "limit": "5", "offset": "0"},
    ),
    (
        "/v2/customers/7/points/balance",
        lambda client: client.customers.get_points_balance(7, program_id=9, entity_type="FLEET"),
        {"programId": "9", "entityType": "FLEET"},
    ),
    (
        "/v2/customers/lookup/points/balance",
        lambda client: client.customers.find_points_balance("mobile", "919", program_id=9, entity_type="FLEET"),
        {**BY_MOBILE, "programId": "9", "entityType": "FLEET"},
    ),
    (
        "/v2/customers/7/tierDetails",
        lambda client: client.customers.get_tiers(7, program_id=9, entity_type="CUSTOMER", all_programs=True),
        {"programId": "9", "entityType": "CUSTOMER", "fetchDataForAllPrograms": "true"},
    ),
    (
        "/v2/customers/7/loyaltyDetails",
        lambda client: client.customers.get_loyalty(7, program_id=9, include_all_user_groups=True, user_group_id=8),
        {"programId": "9", "includedAllFleetGroup": "true", "fleetGroupId": "8"},
    ),
    ("/v2/customers/7/pointsExpirySchedule", lambda client: client.customers.get_points_expiry(7), {}),
    ("/v2/customers/7/promisedPointsSchedule", lambda client: client.customers.get_promised_points(7), {}),
    ("/v2/customers/7/statusLog", lambda client: client.customers.get_status_changes(7), {}),
    (
        "/v2/customers/7/loyaltyEvents",
        lambda client: client.customers.get_loyalty_events(
            7, event_type="TransactionAdd", start_date=DAY, end_date=NOON, limit=5, offset=6, page=2
        ),
        {
            "eventType": "TransactionAdd",
            "fromDate": "2025-01-10 00:00:00",
            "toDate": "2025-01-09 12:00:12",
            "limit": "5",
            "offset": "6",
            "page": "2",
        },
    ),
    (
        "/v2/customers/7/transactions",
        lambda client: client.customers.list_transactions(7, **TRANSACTION_FILTERS).collect(),
        TRANSACTIONS_SENT,
    ),
    (
        "/v2/customers/7/transactions",
        lambda client: client.customers.list_transactions(7).collect(),
        {"limit": "1000", "offset": "0"},
    ),
    (
        "/v2/customers/lookup/transactions",
        lambda client: client.customers.find_transactions("mobile", "919", **TRANSACTION_FILTERS).collect(),
        {**BY_MOBILE, **TRANSACTIONS_SENT},
    ),
    (
        "/v3/users/7/targetGroups",
        lambda client: client.targets.get_progress(
            7,
            include_inactive=True,
            target_rule_id=8,
            include_inactive_targets=False,
            excluded_entities=["LINEITEM"],
            tracking_date=NOON,
        ),
        {
            "includeInactive": "true",
            "targetRuleId": "8",
            "includeInactiveTargets": "false",
            "excludedEntities": "LINEITEM",
            "trackingDate": "1736424012000",
        },
    ),
    ("/v3/targetGroups", lambda client: client.targets.get_groups(**GROUPS), GROUPS_SENT),
    ("/v3/targetGroups/7", lambda client: client.targets.get_group(7, **GROUPS), GROUPS_SENT),
    ("/v3/targetGroups/7/targetPeriods", lambda client: client.targets.get_periods(7), {}),
    ("/v3/targetGroups/7/targets", lambda client: client.targets.get_rules(7), {}),
    (
        "/v3/promotions",
        lambda client: client.promotions.list(
            search_text="x",
            status=[PromotionStatus.LIVE, "PAUSED"],
            page_size=3,
            include_draft_details=True,
            sort_by="name",
            sort_order="ASC",
        ).collect(),
        {
            "searchText": "x",
            "status": "LIVE,PAUSED",
            "includeDraftDetails": "true",
            "sortBy": "name",
            "sortOrder": "ASC",
            "size": "3",
            "page": "0",
        },
    ),
    (
        "/v3/promotions/69ab",
        lambda client: client.promotions.get("69ab", include_draft_details=True, include_parent_details=False),
        {"includeDraftDetails": "true", "includeParentDetails": "false"},
    ),
    (
        "/v3/members/7/promotions",
        lambda client: client.promotions.list_for_member(
            7, status="REDEEMED", promotion_identifier="p", promotion_id=8
        ).collect(),
        {
            "memberEnrollmentStatus": "REDEEMED",
            "promotionIdentifier": "p",
            "promotionId": "8",
            "size": "20",
            "page": "0",
        },
    ),
    ("/v3/members/7/promotions/8", lambda client: client.promotions.get_for_member(7, 8), {}),
    (
        "/v3/customers/7/customerPromotionDetails/actionSummary",
        lambda client: client.promotions.get_actions(7, program_id=9, promotion_id=8, activity_id="a"),
        {"programId": "9", "promotionId": "8", "activityId": "a"},
    ),
    (
        "/v2/pointsLedger/getCustomerLedgerInfo",
        lambda client: client.ledger.list_entries(
            "mobile",
            "919",
            page_size=7,
            start_date=NOON,
            end_date=DAY,
            program_id=9,
            entry_type="CREDIT",
            point_category_type="REGULAR",
            till_ids=[1, 2],
            sort_order="ASC",
            filter_by_event_date=True,
            include_last_year=False,
            include_till_concept_events=True,
            include_alternate_currencies=True,
            alternate_currency_names=["DocCoin"],
            exclude_point_categories=["Main"],
            include_concept_details=True,
            entity_type="USERGROUP2",
        ).collect(),
        {
            **BY_MOBILE,
            "startDate": "2025-01-09T12:00:12",
            "endDate": "2025-01-10T00:00:00",
            "programId": "9",
            "ledgerEntryType": "CREDIT",
            "pointCategoryType": "REGULAR",
            "tillIds": "1,2",
            "order": "ASC",
            "isFilterBasedOnDate": "true",
            "includeLastOneYearData": "false",
            "includeTillConceptEvents": "true",
            "includeAlternateCurrencies": "true",
            "alternateCurrencyNames": "DocCoin",
            "excludePointCategories": "Main",
            "includeConceptDetails": "true",
            "type": "USERGROUP2",
            "limit": "7",
            "offset": "0",
        },
    ),
    (
        "/v2/pointsLedger/getCustomerLedgerInfo",
        lambda client: client.ledger.list_entries("mobile", "919", till_id=1).collect(),
        {**BY_MOBILE, "tillId": "1", "limit": "100", "offset": "0"},
    ),
    (
        "/v2/pointsLedger/getCustomerLedgerInfo",
        lambda client: client.ledger.list_entries("mobile", "919", store_id=1).collect(),
        {**BY_MOBILE, "storeId": "1", "limit": "100", "offset": "0"},
    ),
    (
        "/v2/pointsLedger/getCustomerLedgerInfo",
        lambda client: client.ledger.list_entries("mobile", "919", store_code="s1").collect(),
        {**BY_MOBILE, "storeCode": "s1", "limit": "100", "offset": "0"},
    ),
    (
        "/v2/pointsLedger/getCustomerLedgerBalance",
        lambda client: client.ledger.get_balance(
            "mobile",
            "919",
            end_date=DAY,
            till_id=1,
            entry_type="CREDIT",
            point_category_type="PROMISED",
            include_till_concept_events=True,
            include_alternate_currencies=False,
            alternate_currency_names=["DocCoin"],
            page=2,
        ),
        {
            **BY_MOBILE,
            "endDate": "2025-01-10T00:00:00",
            "tillId": "1",
            "ledgerEntryType": "CREDIT",
            "pointCategoryType": "PROMISED",
            "includeTillConceptEvents": "true",
            "includeAlternateCurrencies": "false",
            "alternateCurrencyNames": "DocCoin",
            "limit": "10",
            "offset": "2",
        },
    ),
    (
        "/v2/pointsLedger/getCustomerLedgerBalance",
        lambda client: client.ledger.list_balances("mobile", "919", page_size=4, end_date=DAY).collect(),
        {**BY_MOBILE, "endDate": "2025-01-10T00:00:00", "limit": "4", "offset": "0"},
    ),
    (
        "/v2/userGroup2",
        lambda client: client.user_groups.get(
            "g",
            identifier_type="externalId",
            program_details=True,
            expired_points=True,
            expiry_schedules=True,
            gap_to_upgrade=0,
            gap_to_renew=2,
            company_details=True,
        ),
        {
            "externalId": "g",
            "programDetails": "true",
            "expiredPoints": "true",
            "expirySchedules": "true",
            "gapToUpgradeFor": "0",
            "gapToRenewFor": "2",
            "companyDetails": "true",
        },
    ),
    (
        "/v2/userGroup2/transactions",
        lambda client: client.user_groups.list_transactions(
            7,
            identifier_type="primaryUserId",
            page_size=7,
            transaction_type="RETURN",
            transaction_id=1,
            bill_number="b",
            customer_id=2,
            start_date=NOON,
            end_date=DAY,
            embed=["LINEITEMS"],
            all_programs=True,
            sort_order="ASC",
            credit_notes=True,
            roles="DRIVER",
        ).collect(),
        {
            "primaryUserId": "7",
            "type": "RETURN",
            "transactionId": "1",
            "billNumber": "b",
            "customerId": "2",
            "startDate": "2025-01-09T12:00:12",
            "endDate": "2025-01-10T00:00:00",
            "embed": "LINEITEMS",
            "getDataForAllPrograms": "true",
            "order": "ASC",
            "creditNotes": "true",
            "roles": "DRIVER",
            "limit": "7",
            "offset": "0",
        },
    ),
    (
        "/v2/userGroup2/transactions",
        lambda client: client.user_groups.list_transactions("919", identifier_type="mobile").collect(),
        {**BY_MOBILE, "limit": "100", "offset": "0"},
    ),
    (
        "/v2/userGroup2/slabHistory",
        lambda client: client.user_groups.list_slab_changes(7, start_date=NOON, end_date=DAY, page_size=5).collect(),
        {
            "fleetGroupId": "7",
            "startDate": "2025-01-09T12:00:12",
            "endDate": "2025-01-10T00:00:00",
            "pageSize": "5",
        },
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case[0])
async def test_each_call_sends_exactly_its_documented_parameters(sandbox: Sandbox, case: Case) -> None:
    """A `None` is not sent, and each parameter has its documented form."""
    path, call, query = case
    sandbox.script("/", Answer(status=500), times=None)

    async with open_client(sandbox, options=ONCE) as client:
        await outcomes(call(client))

    request = sandbox.requests[0]
    assert (request.path, dict(request.query)) == (path, query)
    assert len(request.query) == len(query)


async def test_the_v31_progress_sends_a_data_scope(sandbox: Sandbox, client: CapillaryClient) -> None:
    """The scope is sent in headers, to another path."""
    await client.targets.get_progress(5, data_scope=DataScope.ALL, data_scope_org_ids=[1, 2])

    request = sandbox.requests[0]
    assert request.path == "/api_gateway/intouch-api-v3/v3.1/users/5/targetGroups"
    assert (request.headers["DATA-SCOPE"], request.headers["DATA-SCOPE-ORG"]) == ("ALL", "1,2")
