"""What each endpoint is for, what it takes, and which codes it refuses with; from the documentation."""

from collections.abc import Mapping
from typing import Final

import attrs

CUSTOMER, GROUP, RULE, TARGET_GROUP = "565345", "93257", "79196", "27397"
PROMOTION, MEMBER_PROMOTION = "69d77f6d7c75fc5308000000", "126001"


@attrs.frozen
class Endpoint:
    """One endpoint.

    Attributes:
        name: What it is called, and its answer among the schemas.
        summary: What it answers.
        takes: Its parameters, by their keys in `parameters`; a star marks those that must be given.
        example: Values of parameters with which the sandbox answers.
        samples: How the files with the documentation's samples of its answer begin.
        codes: The codes it refuses with.
        schema: The answer's name among the schemas, where that is another's.
    """

    name: str
    summary: str
    takes: str = ""
    example: Mapping[str, str] = attrs.field(factory=dict[str, str])
    samples: str = ""
    codes: tuple[int, ...] = ()
    schema: str = ""

    def parameters(self) -> list[tuple[str, bool]]:
        """Return the keys of its parameters, and whether each must be given."""
        return [(word.rstrip("*"), word.endswith("*")) for word in self.takes.split()]


_SOURCE: Final = {"source": "INSTORE"}
_BY_MOBILE: Final = {**_SOURCE, "identifierName": "mobile", "identifierValue": f"999000{CUSTOMER}"}
_IN_GROUP: Final = {**_SOURCE, "identifierName": "id", "identifierValue": GROUP}
_WHO: Final = "source* accountId identifierName* identifierValue*"
_CUSTOMER: Final = (
    "embed includedFraudDetails includedOnlyCurrentProfile ndncStatus optinStatus slabHistory tierUpgradeCriteria "
    "membershipRetentionCriteria gapToUpgrade gapToRenew includedAllUserGroup2 includedUserGroup2LoyaltyDetails "
    "userGroup2Id ug2JoinedStartDate ug2JoinedEndDate ug2Offset ug2Limit ug2SortBy ug2SortOrder ug2PaginationDetails"
)
_TRANSACTIONS: Final = (
    "startDate endDate sortBy sortOrder limit.transactions offset transactionId startId endId number transNos "
    "transactionType entityCode embed.transactions"
)
_LEDGER: Final = f"{_WHO} tillId tillIds storeId storeCode offset.pages"
_WHICH_GROUP: Final = "id.group externalId.group primaryUserId identifierName identifierValue source accountId"
_NOT_THERE: Final = (8012, 8011, 8045, 8013, 8130, 8015, 8065, 8069, 1044)
_CUSTOMER_CODES: Final = (8012, 8011, 8045, 8015, 8065, 8069, 1044)

# What is known of a customer, under `/v2/customers/{customerId}/…` and under `/v2/customers/lookup/…`.
_OF_CUSTOMERS: Final[Mapping[str, Endpoint]] = {
    "points/balance": Endpoint(
        "PointsBalance", "Points, in total and those promised", "entityType programId", {}, "points_balance",
        (1212, 8089),
    ),
    "tierDetails": Endpoint(
        "TierDetails", "Tier, in one loyalty programme or in all", "entityType programId fetchDataForAllPrograms",
        {}, "tiers", (1212, 8089),
    ),
    "loyaltyDetails": Endpoint(
        "LoyaltyDetails", "Points and tier in each loyalty programme", "programId includedAllFleetGroup fleetGroupId",
        {}, "loyalty", (8089,),
    ),
    "pointsExpirySchedule": Endpoint(
        "PointsExpirySchedule", "Points that will expire, and when", "", {}, "points_expiry"
    ),
    "promisedPointsSchedule": Endpoint(
        "PromisedPointsSchedule", "Points that are promised, and when they can be redeemed", "", {}, "promised_points"
    ),
    "statusLog": Endpoint("StatusLog", "Changes of a customer's status", "", {}, "status_changes"),
    "loyaltyEvents": Endpoint(
        "LoyaltyEvents", "What happened to a customer in the programme", "eventType fromDate toDate limit offset",
        {}, "loyalty_events",
    ),
    "subscriptions": Endpoint(
        "Subscriptions", "Channels on which a customer may be written to", "", {}, "subscriptions"
    ),
    "transactions": Endpoint(
        "Transactions", "Purchases and returns; rows with the same billing time have no order", _TRANSACTIONS,
        {}, "transactions", (1109, 1110, 1111, 1112),
    ),
}  # fmt: skip


def _by_id(endpoint: Endpoint) -> Endpoint:
    return attrs.evolve(endpoint, codes=(*endpoint.codes, *_CUSTOMER_CODES))


def _by_identifier(endpoint: Endpoint) -> Endpoint:
    return attrs.evolve(
        endpoint,
        name=f"{endpoint.name}ByIdentifier",
        schema=endpoint.name,
        summary=f"{endpoint.summary}, of whoever has an identifier",
        takes=f"{_WHO} {endpoint.takes}",
        example={**_BY_MOBILE, **endpoint.example},
        codes=(*endpoint.codes, *_NOT_THERE),
    )


ENDPOINTS: Final[Mapping[str, Endpoint]] = {
    "/v3/users/{userId}/trackedTargetEvents/{targetRuleId}": Endpoint(
        "TargetEvents", "Events that count towards a target", "periodId limit offset.doubtful", {},
        "target_events", (310011, 310018, 310019, 310149, 1044),
    ),
    "/v3/users/{userId}/enrolledTargets": Endpoint(
        "EnrolledTargets", "Targets in which a customer is enrolled",
        "targetRuleIds trackingDate enrollmentType includeOnlyUserCreated", {}, "enrolled_targets",
        (310011, 310130, 1044),
    ),
    "/v3/users/{userId}/targetGroups": Endpoint(
        "TargetProgress", "How far a customer is with each target; no active target is a warning",
        "includeInactive targetRuleId includeInactiveTargets trackingDate", {}, "progress", (310011, 1044),
    ),
    "/api_gateway/intouch-api-v3/v3.1/users/{userId}/targetGroups": Endpoint(
        "TargetProgressV31", "The same, of the newer version",
        "DATA-SCOPE* includeInactive targetRuleId includeInactiveTargets trackingDate", {"DATA-SCOPE": "SELF"},
        "progress_v31", (310011, 1044),
    ),
    "/v3/targetGroups": Endpoint(
        "TargetGroups", "All target groups; phased out for viewing milestones",
        "includePeriods includeUserCreatedTargetGroups includeOnlyActive", {}, "target_groups",
    ),
    "/v3/targetGroups/{targetGroupId}": Endpoint(
        "TargetGroup", "One target group: an object in one sample, a list in another", "includePeriods", {},
        "target_group", (310017,),
    ),
    "/v3/targetGroups/{targetGroupId}/targetPeriods": Endpoint(
        "TargetPeriods", "Periods of a target group", "", {}, "target_periods", (310017,)
    ),
    "/v3/targetGroups/{targetGroupId}/targets": Endpoint(
        "TargetRules", "Targets of a target group", "", {}, "target_rules", (310017,)
    ),
    "/v3/promotions": Endpoint(
        "Promotions", "Loyalty promotions", "searchText status page size includeDraftDetails", {},
        "promotions", (300004, 310151),
    ),
    "/v3/promotions/{promotionId}": Endpoint(
        "Promotion", "One loyalty promotion", "includeDraftDetails includeParentDetails", {}, "promotion", (9013,)
    ),
    "/v3/members/{memberId}/promotions": Endpoint(
        "MemberPromotions", "Promotions in which a customer takes part or could",
        "page size.member memberEnrollmentStatus promotionIdentifier promotionId", {}, "member_promotions",
        (310192, 310195, 310196, 1044),
    ),
    "/v3/members/{memberId}/promotions/{promotionNumber}": Endpoint(
        "MemberPromotion", "One of them, with what the customer got", "", {}, "member_promotions",
        (310192, 310194, 1044),
    ),
    "/v3/customers/{customerId}/customerPromotionDetails/actionSummary": Endpoint(
        "PromotionActions", "What a customer got from a promotion; the samples disagree on the envelope",
        "programId* promotionId* activityId", {"programId": "983", "promotionId": MEMBER_PROMOTION},
        "promotion_actions", (9001, 9002, 310192, 8116, 1044),
    ),
    "/v2/pointsLedger/getCustomerLedgerInfo": Endpoint(
        "Ledger", "Entries of a customer's ledger; an empty one is code 11003",
        f"{_LEDGER} limit.ledger programId order startDate endDate ledgerEntryType pointCategoryType",
        {**_BY_MOBILE}, "ledger", (11003, 11010, 11013, 11028, 11029, *_NOT_THERE),
    ),
    "/v2/pointsLedger/getCustomerLedgerBalance": Endpoint(
        "LedgerBalance", "Closing balances of a customer's ledger", f"{_LEDGER} limit.balances", _BY_MOBILE,
        "ledger_balance", (11003, 11013, 11028, 11029, *_NOT_THERE),
    ),
    **{f"/v2/customers/lookup/{name}": _by_identifier(endpoint) for name, endpoint in _OF_CUSTOMERS.items()},
    **{f"/v2/customers/{{customerId}}/{name}": _by_id(endpoint) for name, endpoint in _OF_CUSTOMERS.items()},
    "/v2/customers/lookup": Endpoint(
        "CustomerId", "The id of whoever has an identifier", _WHO, _BY_MOBILE, "", _NOT_THERE
    ),
    "/v2/customers/lookup/customerDetails": Endpoint(
        "CustomerByIdentifier", "The customer who has an identifier", f"{_WHO} {_CUSTOMER}", _BY_MOBILE, "customer",
        _NOT_THERE, "Customer",
    ),
    "/v2/customers/search": Endpoint(
        "CustomersFound", "Customers by the beginning of a name, by number or by id", "q* limit offset",
        {"q": "As"}, "customers_found",
    ),
    "/v2/customers/userEntityTrackers": Endpoint(
        "GroupTrackers", "Trackers of a user group",
        "type.trackers* identifierType* identifierValue* source* accountId limit offset",
        {"type": "USERGROUP2", "identifierType": "id", "identifierValue": GROUP, **_SOURCE}, "trackers",
        (1647, 8012, 8011, 8045, 1632, 1644, 1645, 1099),
    ),
    "/v2/customers/{customerId}/trackers": Endpoint(
        "CustomerTrackers", "Trackers of a customer", "source* accountId limit offset", _SOURCE, "trackers",
        _CUSTOMER_CODES,
    ),
    "/v2/customers/{customerId}": Endpoint(
        "Customer", "One customer; a blank 400 is the answer to what is no id", f"source* accountId {_CUSTOMER}",
        {**_SOURCE, "embed": "points"}, "customer", _CUSTOMER_CODES,
    ),
    "/v2/userGroup2": Endpoint(
        "UserGroup", "One user group",
        f"{_WHICH_GROUP} gapToUpgradeFor gapToRenewFor expiredPoints expirySchedules programDetails companyDetails",
        {"id": GROUP}, "user_group", (1619, 1632, 1635),
    ),
    "/v2/userGroup2/transactions": Endpoint(
        "GroupTransactions", "What the members of a user group bought",
        f"{_WHICH_GROUP} startDate endDate type.transactions customerId transactionId.one billNumber order limit "
        "offset embed.transactions",
        {"id": GROUP}, "group_transactions", (1619, 1632, 1635),
    ),
    "/v2/userGroup2/slabHistory": Endpoint(
        "GroupSlabHistory", "Changes of a user group's tier", "fleetGroupId* startDate endDate pageSize",
        {"fleetGroupId": GROUP, "pageSize": "100"}, "slab_changes", (1619,),
    ),
    "/v2/userGroup2/members": Endpoint(
        "GroupMembers", "Members of a user group",
        "source* identifierName.group* identifierValue* limit offset paginationDetails sortBy sortOrder fromDate "
        "toDate includeCardDetails includeStatusDetails",
        {**_IN_GROUP, "paginationDetails": "true"}, "group_members", (8012, 1632, 1619),
    ),
    "/v2/userGroup2/search": Endpoint(
        "UserGroupsFound", "User groups by the beginning of their name", "q.group* limit offset", {"q": "family"},
        "group_search",
    ),
}  # fmt: skip
# Values for what stands in paths.
PLACES: Final[Mapping[str, str]] = {
    "userId": CUSTOMER,
    "customerId": CUSTOMER,
    "memberId": CUSTOMER,
    "targetRuleId": RULE,
    "targetGroupId": TARGET_GROUP,
    "promotionId": PROMOTION,
    "promotionNumber": MEMBER_PROMOTION,
}
