"""Points: how many there are, from where, until when, and which tier they give."""

from datetime import date, datetime
from decimal import Decimal

from capillary_async.models.attribution import Store
from capillary_async.models.definition import Id, Model, OneOrMore, alias, model
from capillary_async.models.enumerations import EntityType
from capillary_async.models.listings import ApiWarning
from capillary_async.models.loyalty import GapToRenewSummary, UpgradeStrategy


@model
class PointsSummary(Model):
    """Points and tier in a loyalty programme, as `embed=points` brings them.

    Attributes:
        redeemed: Points spent so far, like the next three in points.
        adjusted: Points corrected by hand.
        lifetime_points: Points earned so far.
        loyalty_points: Points that can be spent now.
        cumulative_purchases: Money spent so far.
        loyalty_id: -1 means that the customer is not enrolled.
        current_slab: Name of the tier.
        current_slab_description: Only of user groups.
        next_slab: Name of the next tier; empty in the top tier.
        next_slab_serial_number: -1 in the top tier.
        slab_serial_number: Of the tier, from 1, the base tier.
        slab_expiry_date: About a century ahead when the tier never expires.
    """

    redeemed: Decimal | None = None
    expired: Decimal | None = None
    returned: Decimal | None = None
    adjusted: Decimal | None = None
    lifetime_points: Decimal | None = None
    loyalty_points: Decimal | None = None
    cumulative_purchases: Decimal | None = None
    loyalty_id: Id | None = None
    current_slab: str | None = None
    current_slab_description: str | None = None
    next_slab: str | None = None
    next_slab_serial_number: int | None = None
    next_slab_description: str | None = None
    slab_serial_number: int | None = alias("slabSNo", default=None)
    slab_expiry_date: datetime | date | None = None

    @property
    def is_top_tier(self) -> bool:
        """Whether there is no tier above. One sample names a next tier beside a serial number of -1."""
        return self.next_slab == ""

    @property
    def is_enrolled(self) -> bool:
        """Whether the customer takes part in the programme."""
        return self.loyalty_id != -1


@model
class LinkedPartnerProgram(Model):
    """A programme of a partner that a loyalty programme is linked with.

    Attributes:
        partner_tier_number: Only where the partner's programme has tiers, like the name and the expiry date.
    """

    partner_program_id: Id | None = None
    partner_program_name: str | None = None
    partner_program_description: str | None = None
    partner_tier_number: int | None = None
    partner_tier_name: str | None = None
    partner_tier_expiry_date: datetime | date | None = None
    partner_membership_id: str | None = None
    partner_program_type: str | None = None
    tier_based: bool | None = None


@model
class LoyaltyProgramDetails(PointsSummary):
    """Points and tier in one of several loyalty programmes.

    Attributes:
        user_group2_id: The user group whose points these are; `None` for a customer's own.
        delayed_points: Promised points, which cannot be spent yet.
        total_available_points: `loyalty_points` and `delayed_points` together.
        program_points_to_currency_ratio: What a point is worth.
        upgrade_strategies: What the next tier takes.
        gap_to_renew_summary: What is missing until the tier is renewed. Absent in the base tier.
        points_contribution_to_group: What the customer brought into the user group.
    """

    user_group2_id: Id | None = None
    program_id: Id | None = None
    delayed_points: Decimal | None = None
    delayed_returned_points: Decimal | None = None
    delayed_expired_points: Decimal | None = None
    total_available_points: Decimal | None = None
    total_returned_points: Decimal | None = None
    linked_partner_programs: tuple[LinkedPartnerProgram, ...] | None = None
    program_title: str | None = None
    program_description: str | None = None
    program_points_to_currency_ratio: Decimal | None = None
    upgrade_strategies: OneOrMore[UpgradeStrategy] | None = None
    gap_to_renew_summary: OneOrMore[GapToRenewSummary] | None = None
    points_contribution_to_group: Decimal | None = None


@model
class ProgramSummary(Model):
    """A loyalty programme that belongs to a group of programmes."""

    id: Id | None = None
    name: str | None = None
    description: str | None = None


@model
class GroupLoyaltyProgram(Model):
    """Points in a group of loyalty programmes that share them."""

    group_program_id: Id | None = None
    title: str | None = None
    description: str | None = None
    programs_list: tuple[ProgramSummary, ...] | None = None
    lifetime_points: Decimal | None = None
    loyalty_points: Decimal | None = None
    promised_points: Decimal | None = None
    points_to_currency_ratio: Decimal | None = None


@model
class AlternateCurrencyBalance(Model):
    """How much a customer has of a currency that is not points.

    Attributes:
        earned: What can be spent now.
        lifetime_earned: Everything earned so far.
        delayed_earned: What is promised, like the next three.
        total_available: What can be spent now, and what is promised.
    """

    name: str | None = None
    earned: Decimal | None = None
    lifetime_earned: Decimal | None = None
    redeemed: Decimal | None = None
    expired: Decimal | None = None
    returned: Decimal | None = None
    delayed_earned: Decimal | None = None
    delayed_lifetime_earned: Decimal | None = None
    delayed_returned: Decimal | None = None
    delayed_expired: Decimal | None = None
    total_available: Decimal | None = None
    total_redeemed: Decimal | None = None
    total_returned: Decimal | None = None
    total_expired: Decimal | None = None


@model
class AlternateCurrencyDetails(Model):
    """A customer's currencies in one loyalty programme."""

    program_id: Id | None = None
    program_name: str | None = None
    alternate_currency_data: OneOrMore[AlternateCurrencyBalance] | None = None


@model
class PointsExpiry(Model):
    """Points that will expire on one day.

    Attributes:
        expiry_date: About a century ahead when the points never expire.
        points_type: Where they came from, such as line_item_regular or bill_regular.
        expiry_type: Such as fixed.
    """

    points: Decimal | None = None
    expiry_date: datetime | date | None = None
    program_id: Id | None = None
    points_type: str | None = None
    expiry_type: str | None = None


@model
class ExpiredPointsEntry(Model):
    """Points of one purchase that expired.

    Attributes:
        pa_type: How they were awarded, such as POINT_AWARDED_LINEITEM.
        pa_id: Id of the award.
    """

    pa_type: str | None = None
    pa_id: Id | None = None
    expiry_update_reason_type: str | None = None
    expiry_update_reason_note: str | None = None
    new_expiry_date: datetime | date | None = None
    event_date: datetime | date | None = None
    points: Decimal | None = None
    strategy_name: str | None = None


@model
class ExpiredPoints(Model):
    """Points that expired on one day."""

    points: Decimal | None = None
    expired_on: datetime | date | None = alias("expiredOn", "expiryDate", default=None)
    program_id: Id | None = None
    expired_points_summary: tuple[ExpiredPointsEntry, ...] | None = None


@model
class PromotionSource(Model):
    """What points of a promotion came from.

    Attributes:
        promotion_source_id: -1 means none.
        promotion_source_type: GOODWILL and others.
    """

    promotion_source_id: Id | None = None
    promotion_source_type: str | None = None


@model
class PromotionalPointsGrant(Model):
    """Points that a promotion gave once."""

    points: Decimal | None = None
    issued_at: Store | None = None
    issued_on: datetime | None = None
    expiry_date: datetime | date | None = None
    promotion_source: PromotionSource | None = None
    program_id: Id | None = None
    promotion_name: str | None = None


@model
class PromotionalPoints(Model):
    """Points that promotions gave, by what they were given for: the customer, a transaction, a line of one."""

    customer_promotion_type: tuple[PromotionalPointsGrant, ...] | None = None
    transaction_promotion_type: tuple[PromotionalPointsGrant, ...] | None = None
    lineitem_promotion_type: tuple[PromotionalPointsGrant, ...] | None = None


@model
class PromisedPointsBreakup(Model):
    """What promised points wait for: a date, or an event."""

    delayed_accrual_points: Decimal | None = None
    external_trigger_based_points: Decimal | None = None


@model
class PointsBalance(Model):
    """How many points a customer or a user group has.

    Attributes:
        entity_id: The customer's or the user group's id.
        total_points: `main_points` and `promised_points` together.
        main_points: Points that can be spent now.
        promised_points: Points that cannot be spent yet.
    """

    entity_id: Id
    entity_type: EntityType | str | None = None
    total_points: Decimal | None = None
    main_points: Decimal | None = None
    promised_points: Decimal | None = None
    promised_points_breakup: PromisedPointsBreakup | None = None
    warnings: tuple[ApiWarning, ...] | None = None


@model
class PromisedPoints(Model):
    """Points that cannot be spent yet.

    Attributes:
        redeemable_from: `None` when they wait for an event and not for a date.
        points_type: Where they came from, such as bill_promotions.
    """

    points: Decimal | None = None
    redeemable_from: datetime | date | None = None
    program_id: Id | None = None
    points_type: str | None = None


@model
class TierDetails(Model):
    """The tier in one loyalty programme.

    Attributes:
        current_tier_serial_number: From 1, the base tier.
        tier_expiry_date: About a century ahead when the tier never expires.
        next_tier_name: Empty in the top tier.
        next_tier_serial_number: -1 in the top tier.
    """

    program_id: Id | None = None
    current_tier_name: str | None = None
    current_tier_serial_number: int | None = None
    tier_expiry_date: datetime | date | None = None
    next_tier_name: str | None = None
    next_tier_serial_number: int | None = None

    @property
    def is_top_tier(self) -> bool:
        """Whether there is no tier above."""
        return self.next_tier_serial_number == -1 or self.next_tier_name == ""
