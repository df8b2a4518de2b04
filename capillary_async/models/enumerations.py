"""Values that the documentation lists. None of the lists is complete, so a text it does not know stays a text.

Every member is a `str` and equal to the text that travels.
"""

from enum import StrEnum


class Source(StrEnum):
    """Where a customer's account comes from. ALL asks for every source."""

    INSTORE = "INSTORE"
    MARTJACK = "MARTJACK"
    WECHAT = "WECHAT"
    LINE = "LINE"
    ALL = "ALL"


class Embed(StrEnum):
    """A part that the customer details bring only when asked."""

    POINTS = "points"
    SUBSCRIPTIONS = "subscriptions"
    MLP = "mlp"
    USER_GROUP = "userGroup"
    GAP_DETAILS = "gapDetails"
    PROMOTIONAL_POINTS = "promotionalPoints"
    EXPIRY_SCHEDULES = "expirySchedules"
    EXPIRED_POINTS = "expiredPoints"
    CUSTOMER_IMAGE = "customerImage"
    RETURNED_POINTS = "returnedPoints"
    ASSOCIATED_IMAGES = "associatedImages"
    SEGMENTS = "segments"


class SortOrder(StrEnum):
    """Smallest or earliest first (ASC), or last (DESC)."""

    ASC = "ASC"
    DESC = "DESC"


class IdentifierName(StrEnum):
    """What a customer can be looked up by."""

    MOBILE = "mobile"
    EMAIL = "email"
    EXTERNAL_ID = "externalId"
    CARD_NUMBER = "cardnumber"
    CARD_EXTERNAL_ID = "cardExternalId"
    WECHAT = "wechat"
    MARTJACK_ID = "martjackId"
    FB_ID = "fbId"


class UserGroupIdentifier(StrEnum):
    """What a user group can be named by."""

    ID = "id"
    EXTERNAL_ID = "externalId"
    PRIMARY_USER_ID = "primaryUserId"


class EnrollmentType(StrEnum):
    """How customers came into a target: by buying, from an imported list, or chosen by a filter."""

    TRANSACTION = "TRANSACTION"
    IMPORT = "IMPORT"
    AUDIENCE_FILTER = "AUDIENCE_FILTER"


class EventName(StrEnum):
    """What counted towards a target. GENERIC_EVENT is a behavioural one."""

    GENERIC_EVENT = "GENERIC_EVENT"
    ADD_TRANSACTION = "ADD_TRANSACTION"
    RETURN_BILL = "RETURN_BILL"
    ENROL = "ENROL"
    UNENROL = "UNENROL"


class TargetType(StrEnum):
    """What a target adds up."""

    GROSS_SALES = "GROSS_SALES"
    SALES = "SALES"
    COUNT = "COUNT"
    QUANTITY = "QUANTITY"
    VISIT = "VISIT"
    SUM = "SUM"
    ALL = "ALL"


class TargetEntity(StrEnum):
    """What a target looks at: purchases (TRANSACTION, LINEITEM), behaviour (EVENT) or points (REWARDS)."""

    TRANSACTION = "TRANSACTION"
    LINEITEM = "LINEITEM"
    EVENT = "EVENT"
    REWARDS = "REWARDS"


class FilterEntityType(StrEnum):
    """What a target is limited to."""

    STORE = "STORE"
    ZONE = "ZONE"
    CONCEPT = "CONCEPT"


class TrackerType(StrEnum):
    """What a tracker adds up."""

    BILL_AMOUNT = "BILL_AMOUNT"
    BILL_TOTAL_QTY = "BILL_TOTAL_QTY"
    LINEITEM_AMOUNT = "LINEITEM_AMOUNT"
    LINEITEM_QTY = "LINEITEM_QTY"
    LINEITEM_COUNT = "LINEITEM_COUNT"
    CUSTOMER_VISITS = "CUSTOMER_VISITS"
    POINTS = "POINTS"
    ALTERNATE_CURRENCIES = "ALTERNATE_CURRENCIES"


class TrackerMode(StrEnum):
    """Over which stretch of time a tracker is evaluated."""

    MOVING_WINDOW = "MOVING_WINDOW"
    CYCLIC_WINDOW = "CYCLIC_WINDOW"
    CALENDAR_BASED_CYCLIC_WINDOW = "CALENDAR_BASED_CYCLIC_WINDOW"
    TIER_CHANGE_WINDOW = "TIER_CHANGE_WINDOW"


class NdncStatus(StrEnum):
    """Whether a customer asked not to be disturbed."""

    NONE = "NONE"
    NDNC = "NDNC"
    DND = "DND"


class OptinStatus(StrEnum):
    """Whether a customer agreed to be written to."""

    OPTED_IN = "OPTED_IN"
    OPTED_OUT = "OPTED_OUT"
    NONE = "NONE"


class SlabChangeType(StrEnum):
    """Which way a customer's tier went."""

    UPGRADE = "UPGRADE"
    DOWNGRADE = "DOWNGRADE"
    RENEWAL = "RENEWAL"


class UpgradeBasis(StrEnum):
    """What decides whether a customer reaches the next tier."""

    CUMULATIVE_POINTS = "CUMULATIVE_POINTS"
    CUMULATIVE_PURCHASES = "CUMULATIVE_PURCHASES"
    CURRENT_POINTS = "CURRENT_POINTS"
    TRACKER_VALUE_BASED = "TRACKER_VALUE_BASED"


class RenewBasis(StrEnum):
    """What decides whether a customer keeps the tier."""

    VISITS = "VISITS"
    PURCHASE = "PURCHASE"
    POINTS = "POINTS"
    TRACKER = "TRACKER"
