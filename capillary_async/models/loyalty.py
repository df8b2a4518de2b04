"""A customer's standing in the loyalty programme: tiers (slabs), and what it takes to rise or stay."""

from datetime import date, datetime
from decimal import Decimal

from capillary_async.models.attribution import Attribution, Store
from capillary_async.models.definition import Id, Model, OneOrMore, alias, model
from capillary_async.models.enumerations import RenewBasis, SlabChangeType, TrackerMode, TrackerType, UpgradeBasis


@model
class LoyaltyInfo(Model):
    """A customer's loyalty account.

    Attributes:
        lifetime_purchases: Money spent so far.
    """

    loyalty_type: str | None = None
    attribution_v2: Attribution | None = None
    lifetime_purchases: Decimal | None = None
    score: Decimal | None = None


@model
class SlabChange(Model):
    """One step of a customer from tier to tier.

    Attributes:
        from_slab_number: From 1, the base tier. Only of user groups, like `to_slab_number` and `till_id`.
        from_: Name of the tier that was left.
        to: Name of the tier that was reached.
        from_tier_expiry_date: About a century ahead when the tier never expires.
    """

    from_slab_number: int | None = None
    to_slab_number: int | None = None
    from_: str | None = None
    to: str | None = None
    from_tier_expiry_date: datetime | date | None = None
    to_tier_expiry_date: datetime | date | None = None
    changed_on: datetime | date | None = None
    notes: str | None = None
    till_id: Id | None = None
    store: Store | None = None
    type: SlabChangeType | str | None = None
    program_id: Id | None = None


@model
class TierUpgradeCriteria(Model):
    """What a customer needs for the next tier.

    Attributes:
        purchase_value: Money or points, as `purchase_type` says; may be 0 when there is enough already.
    """

    purchase_type: UpgradeBasis | str | None = None
    description: str | None = None
    purchase_value: Decimal | None = None


@model
class MembershipRetentionCriteria(Model):
    """What a customer needs to keep the tier.

    Attributes:
        is_down_grade_strategy: Whether the programme takes tiers away at all.
    """

    min_purchases: Decimal | None = None
    min_visits: Decimal | None = None
    is_down_grade_strategy: bool | None = None


@model
class UpgradeEntityValue(Model):
    """How far a customer is on the way to the next tier.

    Attributes:
        gap_to_upgrade: Threshold minus current value.
    """

    current_value: Decimal | None = None
    gap_to_upgrade: Decimal | None = None
    value_valid_upto: datetime | date | None = None


@model
class UpgradeStrategy(Model):
    """One way to the next tier.

    Attributes:
        upgrade_based_on: What counts. The documentation and its samples spell the key differently.
    """

    upgrade_based_on: UpgradeBasis | str | None = alias("upgradeBasedOn", "upgrade_based_on", default=None)
    upgrade_threshold: Decimal | None = None
    customer_upgrade_entity_values: OneOrMore[UpgradeEntityValue] | None = None


@model
class TrackerEntityIdentifier(Model):
    """The tracker that a renewal looks at.

    Attributes:
        tracker_case_period_type: Unit of the period, such as DAYS.
    """

    tracker_name: str | None = None
    tracker_type: TrackerType | str | None = None
    tracker_mode: TrackerMode | str | None = None
    tracker_case_name: str | None = None
    tracker_case_period_type: str | None = None
    tracker_case_period_value: Decimal | None = None


@model
class RenewStrategy(Model):
    """One way to keep the tier.

    Attributes:
        tracker_entity_identifiers: Only where a tracker decides.
        customer_gap_to_renew_value: Threshold minus the customer's value.
    """

    renew_based_on: RenewBasis | str | None = None
    tracker_entity_identifiers: OneOrMore[TrackerEntityIdentifier] | None = None
    renew_threshold: Decimal | None = None
    customer_renew_entity_value: Decimal | None = None
    customer_gap_to_renew_value: Decimal | None = None


@model
class GapToRenewSummary(Model):
    """What is missing until the tier is renewed. Absent in the lowest tier."""

    tier_expiry_date: datetime | date | None = None
    renew_confirmed: bool | None = None
    renew_strategies: OneOrMore[RenewStrategy] | None = None
