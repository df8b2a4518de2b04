"""One call of each endpoint, and clients for these calls."""

from collections.abc import Awaitable, Callable
from typing import Any
from zoneinfo import ZoneInfo

from capillary_async import BasicAuth, CapillaryClient, ClientOptions, RetryPolicy
from capillary_async.pipeline.auth import Auth
from capillary_async.pipeline.request import CallInfo
from capillary_async.pipeline.telemetry import OnEvent
from capillary_async.sandbox import Sandbox
from capillary_async.sandbox.promotions import Promotions
from capillary_async.sandbox.wire import Dates

ONCE = ClientOptions(retry=RetryPolicy(attempts=1))

CallContext = Callable[[CapillaryClient], Awaitable[Any]]

CUSTOMER, GROUP, RULE, TARGET_GROUP = 6, 93257, 79193, 27_397
EMAIL = ("email", "customer.6@example.com")
PROMOTION = Promotions(0, Dates(ZoneInfo("UTC"))).promotion_id(1)  # of every sandbox with this seed
EVENTS_PATH = f"/v3/users/{CUSTOMER}/trackedTargetEvents/{RULE}"


def _calls(group: str, start: str, calls: dict[str, tuple[str, CallContext]]) -> dict[str, tuple[str, CallContext]]:
    """Return calls by their full names, with full paths."""
    return {f"{group}.{name}": (start + path, call) for name, (path, call) in calls.items()}


# The calls by the path template in errors and metrics.
CALLS: dict[str, tuple[str, CallContext]] = {
    "customers.get": ("/v2/customers/{customerId}", lambda client: client.customers.get(CUSTOMER)),
    "customers.find_id": (
        "/v2/customers/lookup",
        lambda client: client.customers.find_id("email", "customer.6@example.com"),
    ),
    "customers.list_trackers": (
        "/v2/customers/{customerId}/trackers",
        lambda client: client.customers.list_trackers(CUSTOMER).collect(),
    ),
    "customers.list_user_groups": (
        "/v2/customers/{customerId}",
        lambda client: client.customers.list_user_groups(CUSTOMER).collect(),
    ),
    "user_groups.list_trackers": (
        "/v2/customers/userEntityTrackers",
        lambda client: client.user_groups.list_trackers(GROUP).collect(),
    ),
    "user_groups.list_members": (
        "/v2/userGroup2/members",
        lambda client: client.user_groups.list_members(GROUP).collect(),
    ),
    "user_groups.search": ("/v2/userGroup2/search", lambda client: client.user_groups.search("fleet").collect()),
    "targets.get_active": ("/v3/users/{userId}/enrolledTargets", lambda client: client.targets.get_active(CUSTOMER)),
    "targets.list_events": (
        "/v3/users/{userId}/trackedTargetEvents/{targetRuleId}",
        lambda client: client.targets.list_events(CUSTOMER, RULE).collect(),
    ),
    **_calls(
        "customers",
        "/v2/customers/{customerId}/",
        {
            "get_points_balance": (
                "points/balance",
                lambda client: client.customers.get_points_balance(CUSTOMER),
            ),
            "get_tiers": ("tierDetails", lambda client: client.customers.get_tiers(CUSTOMER)),
            "get_loyalty": ("loyaltyDetails", lambda client: client.customers.get_loyalty(CUSTOMER)),
            "get_points_expiry": (
                "pointsExpirySchedule",
                lambda client: client.customers.get_points_expiry(CUSTOMER),
            ),
            "get_promised_points": (
                "promisedPointsSchedule",
                lambda client: client.customers.get_promised_points(CUSTOMER),
            ),
            "get_status_changes": ("statusLog", lambda client: client.customers.get_status_changes(CUSTOMER)),
            "get_loyalty_events": (
                "loyaltyEvents",
                lambda client: client.customers.get_loyalty_events(CUSTOMER),
            ),
            "list_transactions": (
                "transactions",
                lambda client: client.customers.list_transactions(CUSTOMER).collect(),
            ),
        },
    ),
    **_calls(
        "customers",
        "/v2/customers/",
        {
            "find": ("lookup/customerDetails", lambda client: client.customers.find(*EMAIL)),
            "find_points_balance": (
                "lookup/points/balance",
                lambda client: client.customers.find_points_balance(*EMAIL),
            ),
            "find_transactions": (
                "lookup/transactions",
                lambda client: client.customers.find_transactions(*EMAIL).collect(),
            ),
            "search": ("search", lambda client: client.customers.search("smith").collect()),
        },
    ),
    "user_groups.get": ("/v2/userGroup2", lambda client: client.user_groups.get(GROUP)),
    "user_groups.list_transactions": (
        "/v2/userGroup2/transactions",
        lambda client: client.user_groups.list_transactions(GROUP).collect(),
    ),
    "user_groups.list_slab_changes": (
        "/v2/userGroup2/slabHistory",
        lambda client: client.user_groups.list_slab_changes(GROUP).collect(),
    ),
    "targets.get_progress": ("/v3/users/{userId}/targetGroups", lambda client: client.targets.get_progress(CUSTOMER)),
    "targets.get_groups": ("/v3/targetGroups", lambda client: client.targets.get_groups()),
    "targets.get_group": ("/v3/targetGroups/{groupId}", lambda client: client.targets.get_group(TARGET_GROUP)),
    "targets.get_periods": (
        "/v3/targetGroups/{groupId}/targetPeriods",
        lambda client: client.targets.get_periods(TARGET_GROUP),
    ),
    "targets.get_rules": ("/v3/targetGroups/{groupId}/targets", lambda client: client.targets.get_rules(TARGET_GROUP)),
    "promotions.list": ("/v3/promotions", lambda client: client.promotions.list().collect()),
    "promotions.get": ("/v3/promotions/{promotionId}", lambda client: client.promotions.get(PROMOTION)),
    "promotions.list_for_member": (
        "/v3/members/{memberId}/promotions",
        lambda client: client.promotions.list_for_member(CUSTOMER).collect(),
    ),
    "promotions.get_for_member": (
        "/v3/members/{memberId}/promotions/{promotionId}",
        lambda client: client.promotions.get_for_member(CUSTOMER, 126_001),
    ),
    "promotions.get_actions": (
        "/v3/customers/{customerId}/customerPromotionDetails/actionSummary",
        lambda client: client.promotions.get_actions(CUSTOMER, program_id=983, promotion_id=126_001),
    ),
    "ledger.list_entries": (
        "/v2/pointsLedger/getCustomerLedgerInfo",
        lambda client: client.ledger.list_entries("id", CUSTOMER).collect(),
    ),
    "ledger.get_balance": (
        "/v2/pointsLedger/getCustomerLedgerBalance",
        lambda client: client.ledger.get_balance("id", CUSTOMER),
    ),
    "ledger.list_balances": (
        "/v2/pointsLedger/getCustomerLedgerBalance",
        lambda client: client.ledger.list_balances("id", CUSTOMER).collect(),
    ),
    "fetch": ("/v3/users/{value1}/targetGroups", lambda client: client.fetch(f"/v3/users/{CUSTOMER}/targetGroups")),
    "list": (
        "/v3/users/{value1}/trackedTargetEvents/{value2}",
        lambda client: client.paginate(EVENTS_PATH, key="eventLogId").collect(),
    ),
}


def open_client(
    sandbox: Sandbox,
    auth: Auth | None = None,
    *,
    options: ClientOptions = ONCE,
    on_call: Callable[[CallInfo], None] | None = None,
    on_event: OnEvent | None = None,
) -> CapillaryClient:
    """Open a client of a sandbox, with Basic by default."""
    auth = auth or BasicAuth(sandbox.till, sandbox.password)
    return CapillaryClient(sandbox.base_url, auth, options=options, on_call=on_call, on_event=on_event)
