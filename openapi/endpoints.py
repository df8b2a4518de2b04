"""The purpose, the parameters and the error codes of each endpoint, from the documentation."""

from collections.abc import Mapping
from typing import Final

import attrs

CUSTOMER, GROUP, RULE, TARGET_GROUP = "565345", "93257", "79196", "27397"
PROMOTION, MEMBER_PROMOTION = "69d77f6d7c75fc5308000000", "126001"


@attrs.frozen
class Endpoint:
    """One endpoint.

    Attributes:
        name: The name of the endpoint, and of its answer's schema.
        summary: A description of the answer.
        takes: The parameters, by their keys in `parameters`; a star marks required parameters.
        example: Values of parameters that the sandbox answers.
        samples: The beginning of the names of the files with the documentation's samples.
        codes: The codes of refusals.
        schema: The name of the answer's schema, if it is the schema of another endpoint.
    """

    name: str
    summary: str
    takes: str = ""
    example: Mapping[str, str] = attrs.field(factory=dict[str, str])
    samples: str = ""
    codes: tuple[int, ...] = ()
    schema: str = ""

    def parameters(self) -> list[tuple[str, bool]]:
        """Return the keys of the parameters, and whether each is required."""
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

# The data of a customer, at `/v2/customers/{customerId}/…` and at `/v2/customers/lookup/…`.
_OF_CUSTOMERS: Final[Mapping[str, Endpoint]] = {
    "points/balance": Endpoint(
        "PointsBalance", "Points that can be spent, and promised points", "entityType programId", {}, "points_balance",
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
        "PointsExpirySchedule", "Points by the date on which they expire", "", {}, "points_expiry"
    ),
    "promisedPointsSchedule": Endpoint(
        "PromisedPointsSchedule", "Promised points by the date of their redemption", "", {}, "promised_points"
    ),
    "statusLog": Endpoint("StatusLog", "Changes of a customer's status", "", {}, "status_changes"),
    "loyaltyEvents": Endpoint(
        "LoyaltyEvents", "Events of the loyalty engine for a customer", "eventType fromDate toDate limit offset",
        {}, "loyalty_events",
    ),
    "subscriptions": Endpoint(
        "Subscriptions", "Channels on which a customer accepts messages", "", {}, "subscriptions"
    ),
    "transactions": Endpoint(
        "Transactions", "Purchases and returns; rows with the same billing time have no fixed order", _TRANSACTIONS,
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
        summary=f"{endpoint.summary}, by another identifier",
        takes=f"{_WHO} {endpoint.takes}",
        example={**_BY_MOBILE, **endpoint.example},
        codes=(*endpoint.codes, *_NOT_THERE),
    )


ENDPOINTS: Final[Mapping[str, Endpoint]] = {
    "/v3/users/{userId}/trackedTargetEvents/{targetRuleId}": Endpoint(
        "TargetEvents", "Events that count towards a target", "periodId limit offset.unclear", {},
        "target_events", (310011, 310018, 310019, 310149, 1044),
    ),
    "/v3/users/{userId}/enrolledTargets": Endpoint(
        "EnrolledTargets", "Targets in which a customer is enrolled",
        "targetRuleIds trackingDate enrollmentType includeOnlyUserCreated", {}, "enrolled_targets",
        (310011, 310130, 1044),
    ),
    "/v3/users/{userId}/targetGroups": Endpoint(
        "TargetProgress", "A customer's progress with each target; without an active target, a warning",
        "includeInactive targetRuleId includeInactiveTargets trackingDate", {}, "progress", (310011, 1044),
    ),
    "/api_gateway/intouch-api-v3/v3.1/users/{userId}/targetGroups": Endpoint(
        "TargetProgressV31", "A customer's progress with each target, version 3.1",
        "DATA-SCOPE* includeInactive targetRuleId includeInactiveTargets trackingDate", {"DATA-SCOPE": "SELF"},
        "progress_v31", (310011, 1044),
    ),
    "/v3/targetGroups": Endpoint(
        "TargetGroups", "All target groups; deprecated for viewing milestones",
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
        "MemberPromotions", "Promotions that a customer takes part in or may join",
        "page size.member memberEnrollmentStatus promotionIdentifier promotionId", {}, "member_promotions",
        (310192, 310195, 310196, 1044),
    ),
    "/v3/members/{memberId}/promotions/{promotionNumber}": Endpoint(
        "MemberPromotion", "One promotion of a customer, with its timeline", "", {}, "member_promotions",
        (310192, 310194, 1044),
    ),
    "/v3/customers/{customerId}/customerPromotionDetails/actionSummary": Endpoint(
        "PromotionActions", "Points and rewards that a promotion gave a customer; the samples disagree on the envelope",
        "programId* promotionId* activityId", {"programId": "983", "promotionId": MEMBER_PROMOTION},
        "promotion_actions", (9001, 9002, 310192, 8116, 1044),
    ),
    "/v2/pointsLedger/getCustomerLedgerInfo": Endpoint(
        "Ledger", "Entries of a customer's ledger; code 11003 if there are none",
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
        "CustomerId", "The id of the customer with an identifier", _WHO, _BY_MOBILE, "", _NOT_THERE
    ),
    "/v2/customers/lookup/customerDetails": Endpoint(
        "CustomerByIdentifier", "The customer with an identifier", f"{_WHO} {_CUSTOMER}", _BY_MOBILE, "customer",
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
        "Customer", "One customer; the answer to a wrong id is a blank 400", f"source* accountId {_CUSTOMER}",
        {**_SOURCE, "embed": "points"}, "customer", _CUSTOMER_CODES,
    ),
    "/v2/userGroup2": Endpoint(
        "UserGroup", "One user group",
        f"{_WHICH_GROUP} gapToUpgradeFor gapToRenewFor expiredPoints expirySchedules programDetails companyDetails",
        {"id": GROUP}, "user_group", (1619, 1632, 1635),
    ),
    "/v2/userGroup2/transactions": Endpoint(
        "GroupTransactions", "Purchases and returns of the members of a user group",
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
# Values for the parameters in paths.
PLACES: Final[Mapping[str, str]] = {
    "userId": CUSTOMER,
    "customerId": CUSTOMER,
    "memberId": CUSTOMER,
    "targetRuleId": RULE,
    "targetGroupId": TARGET_GROUP,
    "promotionId": PROMOTION,
    "promotionNumber": MEMBER_PROMOTION,
}
