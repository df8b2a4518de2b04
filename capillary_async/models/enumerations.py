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

    REGULAR_POINTS = "REGULAR_POINTS"
    GROSS_SALES = "GROSS_SALES"
    SALES = "SALES"
    COUNT = "COUNT"
    QUANTITY = "QUANTITY"
    VISIT = "VISIT"
    SUM = "SUM"
    ALL = "ALL"


class TargetEntity(StrEnum):
    """What a target looks at: purchases (TRANSACTION, LINEITEM), behaviour (EVENT) or points (REWARDS, POINTS)."""

    TRANSACTION = "TRANSACTION"
    LINEITEM = "LINEITEM"
    EVENT = "EVENT"
    REWARDS = "REWARDS"
    POINTS = "POINTS"


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
    """Which way a customer's or a user group's tier went. User groups send RENEW."""

    UPGRADE = "UPGRADE"
    DOWNGRADE = "DOWNGRADE"
    RENEWAL = "RENEWAL"
    RENEW = "RENEW"


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


class EntityType(StrEnum):
    """Whose points or tiers are meant: a customer's own, or those of the customer's user group."""

    CUSTOMER = "CUSTOMER"
    FLEET = "FLEET"
    USERGROUP2 = "USERGROUP2"


class StoreEntityType(StrEnum):
    """What a transaction can be filtered by: where it was made."""

    STORE = "STORE"
    ZONE = "ZONE"
    CONCEPT = "CONCEPT"
    TILL = "TILL"


class TransactionType(StrEnum):
    """A purchase or a return. ALL asks for both."""

    REGULAR = "REGULAR"
    RETURN = "RETURN"
    ALL = "ALL"


class TransactionEmbed(StrEnum):
    """A part that a customer's transactions bring only when asked."""

    BILL_CF = "BILL_CF"
    BILL_EF = "BILL_EF"
    ATTRIBUTION = "ATTRIBUTION"
    PAYMENT_MODES = "PAYMENT_MODES"
    CREDIT_NOTES = "CREDIT_NOTES"
    BILL_STORE_DETAILS = "BILL_STORE_DETAILS"
    BILL_POINTS = "BILL_POINTS"
    TRANSACTION_IDENTIFIER = "TRANSACTION_IDENTIFIER"


class GroupTransactionEmbed(StrEnum):
    """A part that a user group's transactions bring only when asked."""

    EXTENDED_FIELDS = "EXTENDEDFIELDS"
    CUSTOM_FIELDS = "CUSTOMFIELDS"
    LINE_ITEMS = "LINEITEMS"
    PAYMENT_DETAILS = "PAYMENTDETAILS"


class TrackingType(StrEnum):
    """How the targets of a group are tracked."""

    DEFAULT = "DEFAULT"
    CAPPING = "CAPPING"
    STREAKS = "STREAKS"
    UNIFIED = "UNIFIED"


class PromotionStatus(StrEnum):
    """The state of a loyalty promotion."""

    DRAFT = "DRAFT"
    ACTIVE = "ACTIVE"
    PAUSED = "PAUSED"
    PENDING_APPROVAL = "PENDING_APPROVAL"
    LIVE = "LIVE"
    UPCOMING = "UPCOMING"
    STOPPED = "STOPPED"
    SNAPSHOT = "SNAPSHOT"
    COMPLETED = "COMPLETED"
    PUBLISH_FAILED = "PUBLISH_FAILED"


class MemberEnrollmentStatus(StrEnum):
    """How far a customer is in a loyalty promotion."""

    PENDING_ENROLLMENT = "PENDING_ENROLLMENT"
    PENDING_OPT_IN = "PENDING_OPT_IN"
    AVAILABLE_TO_REDEEM = "AVAILABLE_TO_REDEEM"
    REDEEMED = "REDEEMED"
    EXPIRED = "EXPIRED"


class LedgerEntryType(StrEnum):
    """What an entry of the points ledger does to the balance."""

    CREDIT = "CREDIT"
    DEBIT = "DEBIT"
    OPENING_BALANCE = "OPENING_BALANCE"


class PointCategoryType(StrEnum):
    """Which points an entry of the ledger is about. The two last are not redeemable yet."""

    REGULAR = "REGULAR"
    PROMISED = "PROMISED"
    TRIGGER_BASED = "TRIGGER_BASED"


class DataScope(StrEnum):
    """Whose targets the v3.1 progress endpoint shows: those of this organisation, of others, or all."""

    SELF = "SELF"
    OTHER = "OTHER"
    ALL = "ALL"
