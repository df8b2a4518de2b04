"""Points: balances, origin, expiry, and tiers."""

from datetime import date, datetime
from decimal import Decimal

from capillary_async.models.attribution import Store
from capillary_async.models.definition import Id, Model, OneOrMore, alias, model
from capillary_async.models.enumerations import EntityType
from capillary_async.models.listings import ApiWarning
from capillary_async.models.loyalty import GapToRenewSummary, UpgradeStrategy


@model
class PointsSummary(Model):
    """Points and tier in a loyalty programme, as in an answer with `embed=points`.

    Attributes:
        redeemed: Points spent so far. The next three attributes are points too.
        adjusted: Points corrected by hand.
        lifetime_points: Points earned so far.
        loyalty_points: Points that can be spent now.
        cumulative_purchases: Money spent so far.
        loyalty_id: -1 if the customer is not enrolled.
        current_slab: Name of the tier.
        current_slab_description: Only for user groups.
        next_slab: Name of the next tier; empty in the top tier.
        next_slab_serial_number: -1 in the top tier.
        slab_serial_number: Number of the tier, from 1, the base tier.
        slab_expiry_date: About a century ahead if the tier never expires.
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
        """Whether there is no higher tier. One sample has a next tier's name beside the serial number -1."""
        return self.next_slab == ""

    @property
    def is_enrolled(self) -> bool:
        """Whether the customer is enrolled in the programme."""
        return self.loyalty_id != -1


@model
class LinkedPartnerProgram(Model):
    """A partner's programme that is linked to a loyalty programme.

    Attributes:
        partner_tier_number: Only if the partner's programme has tiers, like the name and the expiry date.
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
    """Points and tier in one loyalty programme of several.

    Attributes:
        user_group2_id: The user group that owns the points; `None` for the customer's own points.
        delayed_points: Promised points, which cannot be spent yet.
        total_available_points: Sum of `loyalty_points` and `delayed_points`.
        program_points_to_currency_ratio: Money value of a point.
        upgrade_strategies: Conditions of the next tier.
        gap_to_renew_summary: What the customer lacks for the renewal of the tier. Not sent for the base tier.
        points_contribution_to_group: Points that the customer contributed to the user group.
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
    """A customer's balance of a currency that is not points.

    Attributes:
        earned: The amount that can be spent now.
        lifetime_earned: The amount earned so far.
        delayed_earned: The promised amount. The next three attributes are promised amounts too.
        total_available: Sum of the amount that can be spent now and the promised amount.
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
        expiry_date: About a century ahead if the points never expire.
        points_type: Origin of the points, such as line_item_regular or bill_regular.
        expiry_type: The kind of expiry, such as fixed.
    """

    points: Decimal | None = None
    expiry_date: datetime | date | None = None
    program_id: Id | None = None
    points_type: str | None = None
    expiry_type: str | None = None


@model
class ExpiredPointsEntry(Model):
    """Expired points of one purchase.

    Attributes:
        pa_type: Kind of the award, such as POINT_AWARDED_LINEITEM.
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
    """The origin of a promotion's points.

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
    """Points that promotions gave, by reason: for the customer, for a transaction, for a line of a transaction."""

    customer_promotion_type: tuple[PromotionalPointsGrant, ...] | None = None
    transaction_promotion_type: tuple[PromotionalPointsGrant, ...] | None = None
    lineitem_promotion_type: tuple[PromotionalPointsGrant, ...] | None = None


@model
class PromisedPointsBreakup(Model):
    """Promised points, by what they wait for: a date, or an event."""

    delayed_accrual_points: Decimal | None = None
    external_trigger_based_points: Decimal | None = None


@model
class PointsBalance(Model):
    """The number of points of a customer or a user group.

    Attributes:
        entity_id: The customer's or the user group's id.
        total_points: Sum of `main_points` and `promised_points`.
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
        redeemable_from: `None` if the points wait for an event.
        points_type: Origin of the points, such as bill_promotions.
    """

    points: Decimal | None = None
    redeemable_from: datetime | date | None = None
    program_id: Id | None = None
    points_type: str | None = None


@model
class TierDetails(Model):
    """The tier in one loyalty programme.

    Attributes:
        current_tier_serial_number: Number of the tier, from 1, the base tier.
        tier_expiry_date: About a century ahead if the tier never expires.
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
        """Whether there is no higher tier."""
        return self.next_tier_serial_number == -1 or self.next_tier_name == ""
