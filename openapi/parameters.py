"""The schema and the description of each parameter of the API."""

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


# The parameters by name. A name with several meanings has the endpoint's part after a dot.
PARAMETERS: Final[Mapping[str, tuple[Schema, str]]] = {
    # -- the customer or the user group
    "source": (_one_of(*SOURCES), "The source of the customer's profile."),
    "accountId": (_TEXT, "The account, in a source that has several."),
    "identifierName": (_one_of(*_IDENTIFIERS), "The kind of identifier of `identifierValue`."),
    "identifierValue": (_TEXT, "The identifier."),
    "identifierName.group": (_one_of("id"), "The kind of identifier of `identifierValue`."),
    "identifierType": (_one_of("id", "externalId", "primaryUserId"), "The kind of identifier of `identifierValue`."),
    "type.trackers": (_one_of("USERGROUP2"), "The owner of the trackers."),
    "id.group": (ID, "The user group's id."),
    "externalId.group": (_TEXT, "The user group's external id."),
    "primaryUserId": (ID, "The id of the group's primary member."),
    "fleetGroupId": (ID, "The user group's id."),
    "entityType": (_one_of("CUSTOMER", "FLEET", "USERGROUP2"), "The owner of the points or tiers."),
    "q": (_TEXT, "The beginning of a name, a number or an id."),
    "q.group": ({"type": "string", "minLength": 1, "maxLength": 50}, "The beginning of a group's name, or its id."),
    "DATA-SCOPE": (_one_of("SELF", "OTHER", "ALL"), "The owner of the data: this organisation, others, or both."),
    # -- pages
    "limit": (_COUNT, "Number of rows on a page."),
    "offset": (_START, "Number of the first row, from 0."),
    "offset.pages": (_START, "Number of the page, from 0."),
    "offset.unclear": (
        _START,
        "The number of the page by the text, the number of the first row by the samples; from 0.",
    ),
    "limit.transactions": (
        {**_COUNT, "maximum": 1000, "default": 20},
        "Number of rows on a page; more than 1,000 are an error.",
    ),
    "limit.ledger": (
        {**_COUNT, "maximum": 100, "default": 10},
        "Number of rows on a page; more than 100 are an error.",
    ),
    "limit.balances": (
        {**_COUNT, "maximum": 10, "default": 10},
        "Number of rows on a page; more than 10 are an error.",
    ),
    "pageSize": (_COUNT, "Number of rows in the answer; later rows cannot be requested."),
    "page": (_START, "Number of the page, from 0."),
    "size": ({**_COUNT, "maximum": 100, "default": 10}, "Number of rows on a page; more than 100 are an error."),
    "size.member": ({**_COUNT, "maximum": 20, "default": 10}, "Number of rows on a page; more than 20 are an error."),
    "sortBy": (_TEXT, "The field to sort by."),
    "sortOrder": (_ORDER, "The latest first (DESC) or last (ASC)."),
    "order": (_ORDER, "The latest first (DESC) or last (ASC)."),
    "paginationDetails": (_FLAG, "Whether the answer has a `pagination`."),
    "startDate": (_MOMENT, "Only rows at this moment or later."),
    "endDate": (_MOMENT, "Only rows at this moment or earlier."),
    "fromDate": (_MOMENT, "Only rows at this moment or later."),
    "toDate": (_MOMENT, "Only rows at this moment or earlier."),
    # -- parts of a customer
    "embed": (_some_of(*_EMBED_CUSTOMER), "Parts to add, separated by commas."),
    "includedFraudDetails": (_FLAG, "Whether fraud details are part of the answer."),
    "includedOnlyCurrentProfile": (_FLAG, "Whether profiles of other sources are left out."),
    "ndncStatus": (_FLAG, "Whether the do-not-call status is part of the answer."),
    "optinStatus": (_FLAG, "Whether the opt-in status is part of the answer."),
    "slabHistory": (_FLAG, "Whether changes of tier are part of the answer."),
    "tierUpgradeCriteria": (_FLAG, "Whether the conditions of the next tier are part of the answer."),
    "membershipRetentionCriteria": (_FLAG, "Whether the conditions for keeping the tier are part of the answer."),
    "gapToUpgrade": (_START, "Days ahead for which the gap to the next tier is computed; needs mlp in `embed`."),
    "gapToRenew": (_START, "Days ahead for which the gap to a renewal is computed; needs mlp in `embed`."),
    "includedAllUserGroup2": (_FLAG, "Whether the customer's user groups are part of the answer."),
    "includedUserGroup2LoyaltyDetails": (_FLAG, "Whether the user groups have their loyalty details."),
    "userGroup2Id": (ID, "Only this user group."),
    "ug2JoinedStartDate": (_MOMENT, "Only user groups joined at this moment or later."),
    "ug2JoinedEndDate": (_MOMENT, "Only user groups joined at this moment or earlier."),
    "ug2Offset": (_START, "Number of the first user group, or of the page; the documents disagree."),
    "ug2Limit": (_COUNT, "Number of user groups on a page."),
    "ug2SortBy": (_TEXT, "The field to sort user groups by."),
    "ug2SortOrder": (_ORDER, "The latest first (DESC) or last (ASC)."),
    "ug2PaginationDetails": (_FLAG, "Whether the answer has a `ug2Pagination`."),
    # -- points, tiers, transactions
    "programId": (ID, "Only this loyalty programme."),
    "fetchDataForAllPrograms": (_FLAG, "All programmes instead of the default one."),
    "includedAllFleetGroup": (_FLAG, "Whether the customer's groups are part of the answer."),
    "eventType": (_TEXT, "Only events of this name."),
    "startId": (ID, "Only this id and larger ones."),
    "endId": (ID, "Only this id and smaller ones."),
    "transactionId": (_LIST, "Only these transactions, separated by commas."),
    "transactionId.one": (ID, "Only this transaction."),
    "number": (_LIST, "Only these bills, separated by commas."),
    "transNos": (_LIST, "As `number`."),
    "billNumber": (_TEXT, "Only this bill."),
    "customerId": (ID, "Only transactions of this customer."),
    "transactionType": (_one_of("REGULAR", "RETURN", "ALL"), "Purchases, returns, or both."),
    "type.transactions": (_one_of("REGULAR", "RETURN"), "Purchases or returns."),
    "entityCode": (_TEXT, "Only transactions of this store or till."),
    "embed.transactions": (_some_of(*_EMBED_TRANSACTION), "Parts to add, separated by commas."),
    # -- ledger
    "ledgerEntryType": (_one_of("CREDIT", "DEBIT", "OPENING_BALANCE"), "Only entries of this type."),
    "pointCategoryType": (_one_of("REGULAR", "PROMISED", "TRIGGER_BASED"), "Only points of this category."),
    "tillId": (_TEXT, "Only entries of this till. At most one of the four filters may be given."),
    "tillIds": (_TEXT, "Only entries of these tills, separated by commas."),
    "storeId": (_TEXT, "Only entries of this store."),
    "storeCode": (_TEXT, "Only entries of the store with this code."),
    # -- targets and promotions
    "periodId": (ID, "Only events of this period."),
    "targetRuleIds": (_LIST, "Only these targets, separated by commas."),
    "targetRuleId": (ID, "Only this target."),
    "trackingDate": (_START, "A moment, in milliseconds since 1970."),
    "enrollmentType": (_one_of("TRANSACTION", "IMPORT", "AUDIENCE_FILTER"), "How the customer was enrolled."),
    "includeOnlyUserCreated": (_FLAG, "Only targets that customers created."),
    "includeInactive": (_FLAG, "All periods instead of the running one."),
    "includeInactiveTargets": (_FLAG, "Whether targets that were switched off are part of the answer."),
    "includePeriods": (_FLAG, "Whether periods are part of the answer."),
    "includeUserCreatedTargetGroups": (_FLAG, "Whether groups that customers created are part of the answer."),
    "includeOnlyActive": (_FLAG, "Only active groups."),
    "status": (
        _some_of("DRAFT", "ACTIVE", "PAUSED", "PENDING_APPROVAL", "LIVE", "UPCOMING", "STOPPED", "COMPLETED"),
        "Only promotions with these statuses, separated by commas.",
    ),
    "searchText": (_TEXT, "Text in the name."),
    "includeDraftDetails": (_FLAG, "Whether drafts are part of the answer."),
    "includeParentDetails": (_FLAG, "Whether the parent is part of the answer."),
    "memberEnrollmentStatus": (
        _one_of("PENDING_ENROLLMENT", "PENDING_OPT_IN", "AVAILABLE_TO_REDEEM", "REDEEMED", "EXPIRED"),
        "Only promotions in which the customer has this status.",
    ),
    "promotionIdentifier": (_TEXT, "Only the promotion with this identifier."),
    "promotionId": (ID, "Only this promotion."),
    "activityId": (_TEXT, "Only this activity."),
    # -- user groups
    "gapToUpgradeFor": (_START, "Days ahead for which the gap to the next tier is computed."),
    "gapToRenewFor": (_START, "Days ahead for which the gap to a renewal is computed."),
    "expiredPoints": (_FLAG, "Whether expired points are part of the answer."),
    "expirySchedules": (_FLAG, "Whether points that will expire are part of the answer."),
    "programDetails": (_FLAG, "Whether the points of each programme are part of the answer."),
    "companyDetails": (_FLAG, "Whether the company is part of the answer."),
    "includeCardDetails": (_FLAG, "Whether the members have their cards."),
    "includeStatusDetails": (_FLAG, "Whether the cards have their status."),
}
