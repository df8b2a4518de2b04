"""Enumerations of documented values. They may be incomplete, so an unknown text in an answer stays a text.

Every member is a `str` and equal to the API's text.
"""

from enum import StrEnum


class Source(StrEnum):
    """The source of a customer's account. ALL requests every source."""

    INSTORE = "INSTORE"
    MARTJACK = "MARTJACK"
    WECHAT = "WECHAT"
    LINE = "LINE"
    ALL = "ALL"


class Embed(StrEnum):
    """A part of the customer details that the answer has only on request."""

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
    """Smallest or earliest first (ASC), or largest or latest first (DESC)."""

    ASC = "ASC"
    DESC = "DESC"


class IdentifierName(StrEnum):
    """A kind of identifier by which a customer can be found."""

    MOBILE = "mobile"
    EMAIL = "email"
    EXTERNAL_ID = "externalId"
    CARD_NUMBER = "cardnumber"
    CARD_EXTERNAL_ID = "cardExternalId"
    WECHAT = "wechat"
    MARTJACK_ID = "martjackId"
    FB_ID = "fbId"


class LedgerIdentifier(StrEnum):
    """What a customer can be named by in the points ledger."""

    ID = "id"
    MOBILE = "mobile"
    EMAIL = "email"
    EXTERNAL_ID = "externalId"


class UserGroupIdentifier(StrEnum):
    """A kind of identifier of a user group."""

    ID = "id"
    EXTERNAL_ID = "externalId"
    PRIMARY_USER_ID = "primaryUserId"


class EnrollmentType(StrEnum):
    """How customers were enrolled in a target: by a purchase, from an imported list, or by a filter."""

    TRANSACTION = "TRANSACTION"
    IMPORT = "IMPORT"
    AUDIENCE_FILTER = "AUDIENCE_FILTER"


class EventName(StrEnum):
    """The kind of event that counted towards a target. GENERIC_EVENT is a behavioural event."""

    GENERIC_EVENT = "GENERIC_EVENT"
    ADD_TRANSACTION = "ADD_TRANSACTION"
    RETURN_BILL = "RETURN_BILL"
    ENROL = "ENROL"
    UNENROL = "UNENROL"


class TargetType(StrEnum):
    """The quantity that a target adds up."""

    REGULAR_POINTS = "REGULAR_POINTS"
    GROSS_SALES = "GROSS_SALES"
    SALES = "SALES"
    COUNT = "COUNT"
    QUANTITY = "QUANTITY"
    VISIT = "VISIT"
    SUM = "SUM"
    ALL = "ALL"


class TargetEntity(StrEnum):
    """The data of a target: purchases (TRANSACTION, LINEITEM), behaviour (EVENT) or points (REWARDS, POINTS)."""

    TRANSACTION = "TRANSACTION"
    LINEITEM = "LINEITEM"
    EVENT = "EVENT"
    REWARDS = "REWARDS"
    POINTS = "POINTS"


class FilterEntityType(StrEnum):
    """The kind of entity to which a target is limited."""

    STORE = "STORE"
    ZONE = "ZONE"
    CONCEPT = "CONCEPT"


class TrackerType(StrEnum):
    """The quantity that a tracker adds up."""

    BILL_AMOUNT = "BILL_AMOUNT"
    BILL_TOTAL_QTY = "BILL_TOTAL_QTY"
    LINEITEM_AMOUNT = "LINEITEM_AMOUNT"
    LINEITEM_QTY = "LINEITEM_QTY"
    LINEITEM_COUNT = "LINEITEM_COUNT"
    CUSTOMER_VISITS = "CUSTOMER_VISITS"
    POINTS = "POINTS"
    ALTERNATE_CURRENCIES = "ALTERNATE_CURRENCIES"


class TrackerMode(StrEnum):
    """The period over which a tracker is evaluated."""

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
    """Whether a customer agreed to receive messages."""

    OPTED_IN = "OPTED_IN"
    OPTED_OUT = "OPTED_OUT"
    NONE = "NONE"


class SlabChangeType(StrEnum):
    """The direction of a change of tier. The API sends RENEW for user groups."""

    UPGRADE = "UPGRADE"
    DOWNGRADE = "DOWNGRADE"
    RENEWAL = "RENEWAL"
    RENEW = "RENEW"


class UpgradeBasis(StrEnum):
    """The quantity that decides whether a customer reaches the next tier."""

    CUMULATIVE_POINTS = "CUMULATIVE_POINTS"
    CUMULATIVE_PURCHASES = "CUMULATIVE_PURCHASES"
    CURRENT_POINTS = "CURRENT_POINTS"
    TRACKER_VALUE_BASED = "TRACKER_VALUE_BASED"


class RenewBasis(StrEnum):
    """The quantity that decides whether a customer keeps the tier."""

    VISITS = "VISITS"
    PURCHASE = "PURCHASE"
    POINTS = "POINTS"
    TRACKER = "TRACKER"


class EntityType(StrEnum):
    """The owner of points or tiers: the customer, or the customer's user group."""

    CUSTOMER = "CUSTOMER"
    FLEET = "FLEET"
    USERGROUP2 = "USERGROUP2"


class StoreEntityType(StrEnum):
    """The kind of place by which transactions can be filtered."""

    STORE = "STORE"
    ZONE = "ZONE"
    CONCEPT = "CONCEPT"
    TILL = "TILL"


class TransactionType(StrEnum):
    """A purchase or a return. ALL requests both."""

    REGULAR = "REGULAR"
    RETURN = "RETURN"
    ALL = "ALL"


class TransactionEmbed(StrEnum):
    """A part of a customer's transactions that the answer has only on request."""

    BILL_CF = "BILL_CF"
    BILL_EF = "BILL_EF"
    ATTRIBUTION = "ATTRIBUTION"
    PAYMENT_MODES = "PAYMENT_MODES"
    CREDIT_NOTES = "CREDIT_NOTES"
    BILL_STORE_DETAILS = "BILL_STORE_DETAILS"
    BILL_POINTS = "BILL_POINTS"
    TRANSACTION_IDENTIFIER = "TRANSACTION_IDENTIFIER"


class GroupTransactionEmbed(StrEnum):
    """A part of a user group's transactions that the answer has only on request."""

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
    """A customer's status in a loyalty promotion."""

    PENDING_ENROLLMENT = "PENDING_ENROLLMENT"
    PENDING_OPT_IN = "PENDING_OPT_IN"
    AVAILABLE_TO_REDEEM = "AVAILABLE_TO_REDEEM"
    REDEEMED = "REDEEMED"
    EXPIRED = "EXPIRED"


class LedgerEntryType(StrEnum):
    """How an entry of the points ledger changes the balance."""

    CREDIT = "CREDIT"
    DEBIT = "DEBIT"
    OPENING_BALANCE = "OPENING_BALANCE"


class PointCategoryType(StrEnum):
    """The category of an entry's points. Points of the last two categories are not redeemable yet."""

    REGULAR = "REGULAR"
    PROMISED = "PROMISED"
    TRIGGER_BASED = "TRIGGER_BASED"


class DataScope(StrEnum):
    """The owner of targets on the v3.1 progress endpoint: this organisation, others, or all."""

    SELF = "SELF"
    OTHER = "OTHER"
    ALL = "ALL"
