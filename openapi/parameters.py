"""What the API's parameters mean: said once, however many endpoints take them."""

from collections.abc import Mapping
from typing import Any, Final

Schema = Mapping[str, Any]

ID: Final[Schema] = {"type": "integer", "format": "int64", "minimum": 1}
_COUNT: Final[Schema] = {"type": "integer", "minimum": 1}
_START: Final[Schema] = {"type": "integer", "minimum": 0}
_FLAG: Final[Schema] = {"type": "boolean", "default": False}
_TEXT: Final[Schema] = {"type": "string"}
_LIST: Final[Schema] = {"type": "array", "items": {"type": "string"}}
_MOMENT: Final[Schema] = {"type": "string", "examples": ["2025-01-09 00:00:00"]}
_ORDER: Final[Schema] = {"type": "string", "enum": ["ASC", "DESC"]}
SOURCES: Final = ("INSTORE", "MARTJACK", "WECHAT", "LINE", "ALL")
_IDENTIFIERS: Final = (
    *("mobile", "email", "externalId", "cardnumber", "cardExternalId", "wechat", "martjackId", "fbId", "id"),
)
_EMBED_CUSTOMER: Final = (
    *("points", "subscriptions", "mlp", "userGroup", "gapDetails", "promotionalPoints", "expirySchedules"),
    *("expiredPoints", "customerImage", "returnedPoints", "associatedImages", "segments"),
)
_EMBED_TRANSACTION: Final = (
    *("BILL_CF", "BILL_EF", "ATTRIBUTION", "PAYMENT_MODES", "CREDIT_NOTES", "BILL_STORE_DETAILS", "BILL_POINTS"),
    "TRANSACTION_IDENTIFIER",
)


def _one_of(*choices: str) -> Schema:
    return {"type": "string", "enum": list(choices)}


def _some_of(*choices: str) -> Schema:
    return {"type": "array", "items": _one_of(*choices)}


# By the name under which they travel; a name that means different things has the endpoint's part behind a dot.
PARAMETERS: Final[Mapping[str, tuple[Schema, str]]] = {
    # -- who is asked about
    "source": (_one_of(*SOURCES), "Where the customer has a profile."),
    "accountId": (_TEXT, "Account of a source that has several."),
    "identifierName": (_one_of(*_IDENTIFIERS), "What kind of identifier `identifierValue` is."),
    "identifierValue": (_TEXT, "The identifier."),
    "identifierName.group": (_one_of("id"), "What kind of identifier `identifierValue` is."),
    "identifierType": (_one_of("id", "externalId", "primaryUserId"), "What kind of identifier `identifierValue` is."),
    "type.trackers": (_one_of("USERGROUP2"), "Whose trackers."),
    "id.group": (ID, "The user group's id."),
    "externalId.group": (_TEXT, "The user group's external id."),
    "primaryUserId": (ID, "The customer who is the group's primary member."),
    "fleetGroupId": (ID, "The user group's id."),
    "entityType": (_one_of("CUSTOMER", "FLEET", "USERGROUP2"), "Whose points or tiers."),
    "q": (_TEXT, "The beginning of a name, a number or an id."),
    "q.group": ({"type": "string", "minLength": 1, "maxLength": 50}, "The beginning of a group's name, or its id."),
    "DATA-SCOPE": (_one_of("SELF", "OTHER", "ALL"), "Whose data: the own organisation's, others', or both."),
    # -- pages
    "limit": (_COUNT, "Rows of a page."),
    "offset": (_START, "The first row, counted from 0."),
    "offset.pages": (_START, "The page, counted from 0."),
    "offset.doubtful": (_START, 'The text calls it the page\'s number, the samples count rows. "First page is 0."'),
    "limit.transactions": ({**_COUNT, "maximum": 1000, "default": 20}, "Rows of a page; more than 1,000 are an error."),
    "limit.ledger": ({**_COUNT, "maximum": 100, "default": 10}, "Rows of a page; more than 100 are an error."),
    "limit.balances": ({**_COUNT, "maximum": 10, "default": 10}, "Rows of a page; more than 10 are an error."),
    "pageSize": (_COUNT, "Rows of the answer; there is no way to ask for later ones."),
    "page": (_START, "The page, counted from 0."),
    "size": ({**_COUNT, "maximum": 100, "default": 10}, "Rows of a page; more than 100 are an error."),
    "size.member": ({**_COUNT, "maximum": 20, "default": 10}, "Rows of a page; more than 20 are an error."),
    "sortBy": (_TEXT, "What the rows are sorted by."),
    "sortOrder": (_ORDER, "The latest first (DESC) or last."),
    "order": (_ORDER, "The latest first (DESC) or last."),
    "paginationDetails": (_FLAG, "Whether the answer has a `pagination`."),
    "startDate": (_MOMENT, "No rows before this moment."),
    "endDate": (_MOMENT, "No rows after this moment."),
    "fromDate": (_MOMENT, "No rows before this moment."),
    "toDate": (_MOMENT, "No rows after this moment."),
    # -- what of a customer is answered
    "embed": (_some_of(*_EMBED_CUSTOMER), "Parts to add, with commas between them."),
    "includedFraudDetails": (_FLAG, "Whether fraud details are part of the answer."),
    "includedOnlyCurrentProfile": (_FLAG, "Whether profiles of other sources are left out."),
    "ndncStatus": (_FLAG, "Whether the do-not-call status is part of the answer."),
    "optinStatus": (_FLAG, "Whether the opt-in status is part of the answer."),
    "slabHistory": (_FLAG, "Whether changes of tier are part of the answer."),
    "tierUpgradeCriteria": (_FLAG, "Whether what the next tier takes is part of the answer."),
    "membershipRetentionCriteria": (_FLAG, "Whether what keeping the tier takes is part of the answer."),
    "gapToUpgrade": (_START, "Days ahead for which the gap to the next tier is computed; wants mlp in `embed`."),
    "gapToRenew": (_START, "Days ahead for which the gap to a renewal is computed; wants mlp in `embed`."),
    "includedAllUserGroup2": (_FLAG, "Whether the customer's user groups are part of the answer."),
    "includedUserGroup2LoyaltyDetails": (_FLAG, "Whether these come with their loyalty details."),
    "userGroup2Id": (ID, "Only this user group."),
    "ug2JoinedStartDate": (_MOMENT, "Only user groups joined since."),
    "ug2JoinedEndDate": (_MOMENT, "Only user groups joined until."),
    "ug2Offset": (_START, "The first user group, or the page; documents leave it open."),
    "ug2Limit": (_COUNT, "User groups of a page."),
    "ug2SortBy": (_TEXT, "What user groups are sorted by."),
    "ug2SortOrder": (_ORDER, "The latest first (DESC) or last."),
    "ug2PaginationDetails": (_FLAG, "Whether the answer has a `ug2Pagination`."),
    # -- points, tiers, transactions
    "programId": (ID, "Only this loyalty programme."),
    "fetchDataForAllPrograms": (_FLAG, "All programmes instead of the default one."),
    "includedAllFleetGroup": (_FLAG, "Whether the customer's groups are part of the answer."),
    "eventType": (_TEXT, "Only events of this name."),
    "startId": (ID, "No ids below this one."),
    "endId": (ID, "No ids above this one."),
    "transactionId": (_LIST, "Only these transactions, with commas between them."),
    "transactionId.one": (ID, "Only this transaction."),
    "number": (_LIST, "Only these bills, with commas between them."),
    "transNos": (_LIST, "The same."),
    "billNumber": (_TEXT, "Only this bill."),
    "customerId": (ID, "Only what this customer bought."),
    "transactionType": (_one_of("REGULAR", "RETURN", "ALL"), "Purchases, returns, or both."),
    "type.transactions": (_one_of("REGULAR", "RETURN"), "Purchases or returns."),
    "entityCode": (_TEXT, "Only of this store or till."),
    "embed.transactions": (_some_of(*_EMBED_TRANSACTION), "Parts to add, with commas between them."),
    # -- ledger
    "ledgerEntryType": (_one_of("CREDIT", "DEBIT", "OPENING_BALANCE"), "Only entries of this type."),
    "pointCategoryType": (_one_of("REGULAR", "PROMISED", "TRIGGER_BASED"), "Only points of this category."),
    "tillId": (_TEXT, "Only of this till; at most one of the four may be given."),
    "tillIds": (_TEXT, "Only of these tills, with commas between them."),
    "storeId": (_TEXT, "Only of this store."),
    "storeCode": (_TEXT, "Only of the store with this code."),
    # -- targets and promotions
    "periodId": (ID, "Only events of this period."),
    "targetRuleIds": (_LIST, "Only these targets, with commas between them."),
    "targetRuleId": (ID, "Only this target."),
    "trackingDate": (_START, "A moment, in milliseconds since 1970."),
    "enrollmentType": (_one_of("TRANSACTION", "IMPORT", "AUDIENCE_FILTER"), "How the customer was enrolled."),
    "includeOnlyUserCreated": (_FLAG, "Only targets that customers set for themselves."),
    "includeInactive": (_FLAG, "All periods instead of the present one."),
    "includeInactiveTargets": (_FLAG, "Whether targets that were switched off are part of the answer."),
    "includePeriods": (_FLAG, "Whether periods are part of the answer."),
    "includeUserCreatedTargetGroups": (_FLAG, "Whether groups that customers made are part of the answer."),
    "includeOnlyActive": (_FLAG, "Only active groups."),
    "status": (
        _some_of("DRAFT", "ACTIVE", "PAUSED", "PENDING_APPROVAL", "LIVE", "UPCOMING", "STOPPED", "COMPLETED"),
        "Only promotions that stand so, with commas between them.",
    ),
    "searchText": (_TEXT, "A part of the name."),
    "includeDraftDetails": (_FLAG, "Whether drafts are part of the answer."),
    "includeParentDetails": (_FLAG, "Whether the parent is part of the answer."),
    "memberEnrollmentStatus": (
        _one_of("PENDING_ENROLLMENT", "PENDING_OPT_IN", "AVAILABLE_TO_REDEEM", "REDEEMED", "EXPIRED"),
        "Only promotions in which the customer stands so.",
    ),
    "promotionIdentifier": (_TEXT, "Only the promotion of this name."),
    "promotionId": (ID, "Only this promotion."),
    "activityId": (_TEXT, "Only this activity."),
    # -- user groups
    "gapToUpgradeFor": (_START, "Days ahead for which the gap to the next tier is computed."),
    "gapToRenewFor": (_START, "Days ahead for which the gap to a renewal is computed."),
    "expiredPoints": (_FLAG, "Whether expired points are part of the answer."),
    "expirySchedules": (_FLAG, "Whether points that will expire are part of the answer."),
    "programDetails": (_FLAG, "Whether the points of each programme are part of the answer."),
    "companyDetails": (_FLAG, "Whether the company is part of the answer."),
    "includeCardDetails": (_FLAG, "Whether members come with their cards."),
    "includeStatusDetails": (_FLAG, "Whether these cards come with their status."),
}
