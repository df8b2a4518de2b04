"""A customer, with all documented fields of the details endpoint."""

from collections.abc import Mapping
from typing import Any

from capillary_async.models.cards import Card
from capillary_async.models.definition import Id, Model, OneOrMore, alias, model
from capillary_async.models.enumerations import NdncStatus, OptinStatus
from capillary_async.models.listings import ApiWarning, Pagination
from capillary_async.models.loyalty import (
    GapToRenewSummary,
    LoyaltyInfo,
    MembershipRetentionCriteria,
    SlabChange,
    TierUpgradeCriteria,
    UpgradeStrategy,
)
from capillary_async.models.points import (
    AlternateCurrencyDetails,
    ExpiredPoints,
    GroupLoyaltyProgram,
    LoyaltyProgramDetails,
    PointsExpiry,
    PointsSummary,
    PromotionalPoints,
)
from capillary_async.models.profiles import Profile


@model
class Subscription(Model):
    """Whether a customer wants messages of one kind by one channel.

    Attributes:
        channel: SMS, EMAIL, ANDROID, IOS and others.
        priority: TRANS for messages about transactions, BULK for advertising.
        type: OPTIN or OPTOUT.
    """

    channel: str | None = None
    priority: str | None = None
    type: str | None = None


@model
class SubscriptionInfo(Model):
    """The messages that a customer wants."""

    subscriptions: tuple[Subscription, ...] | None = None
    campaign_id: Id | None = None
    communication_id: Id | None = None


@model
class FraudDetails(Model):
    """Whether a customer is suspected of fraud. No document shows the fields, so most of them are in `extra`."""

    status: str | None = None


@model
class Customer(Model):
    """A customer. Parts that were not requested are `None`; undocumented parts are in `extra`.

    Attributes:
        profiles: One for each source and account.
        points_summary: Points and tier in the default loyalty programme. With points in `embed`.
        loyalty_programs: Points and tier in every loyalty programme. With mlp in `embed`.
        promotional_points: With promotionalPoints in `embed`.
        subscription_info: With subscriptions in `embed`.
        expiry_schedules: Points that will expire. With expirySchedules in `embed`.
        expired_points: With expiredPoints in `embed`.
        returned_points: With returnedPoints in `embed`. No document shows its content, nor that of
            `customer_image` (customerImage) and `associated_images` (associatedImages).
        fraud_details: With `include_fraud_details`.
        segments: The partition in each segment, such as `{"Activity segment": "Lapsed"}`.
        associated_with: Code of the till that the customer belongs to.
        slab_history: Changes of tier. The latest is first in the documentation's sample. With `slab_history`.
        ug2_pagination: The page of user groups; with `user_group_pagination`.
        gap_to_renew_summary: One element in the documents. With `gap_to_renew`.
    """

    id: Id
    profiles: tuple[Profile, ...] | None = None
    loyalty_info: LoyaltyInfo | None = None
    segments: Mapping[str, Any] | None = None
    associated_with: str | None = None
    extended_fields: Mapping[str, Any] | None = None
    card_details: tuple[Card, ...] | None = None
    ug2_pagination: Pagination | None = None
    ndnc_status: NdncStatus | str | None = None
    optin_status: OptinStatus | str | None = None
    slab_history: tuple[SlabChange, ...] | None = None
    tier_upgrade_criteria: TierUpgradeCriteria | None = None
    membership_retention_criteria: MembershipRetentionCriteria | None = None
    upgrade_strategies: OneOrMore[UpgradeStrategy] | None = None
    gap_to_renew_summary: OneOrMore[GapToRenewSummary] | None = None
    points_summary: PointsSummary | None = None
    loyalty_programs: tuple[LoyaltyProgramDetails, ...] | None = alias("loyaltyProgramDetails", default=None)
    group_loyalty_programs: tuple[GroupLoyaltyProgram, ...] | None = alias("groupLoyaltyProgramDetails", default=None)
    alternate_currency_details: tuple[AlternateCurrencyDetails, ...] | None = None
    promotional_points: PromotionalPoints | None = None
    subscription_info: SubscriptionInfo | None = None
    expiry_schedules: tuple[PointsExpiry, ...] | None = None
    expired_points: tuple[ExpiredPoints, ...] | None = None
    returned_points: Any = None
    customer_image: Any = None
    associated_images: Any = None
    fraud_details: FraudDetails | None = None
    warnings: tuple[ApiWarning, ...] | None = None
