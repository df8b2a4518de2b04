"""A customer's tier (slab) in a loyalty programme, and the conditions for the next tier and for keeping this one."""

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
    """A change of a customer's tier.

    Attributes:
        from_slab_number: From 1, the base tier. Only for user groups, like `to_slab_number` and `till_id`.
        from_: Name of the tier before.
        to: Name of the tier after.
        from_tier_expiry_date: About a century ahead if the tier never expires.
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
    """The conditions of the next tier.

    Attributes:
        purchase_value: Money or points, depending on `purchase_type`; 0 if the customer has enough already.
    """

    purchase_type: UpgradeBasis | str | None = None
    description: str | None = None
    purchase_value: Decimal | None = None


@model
class MembershipRetentionCriteria(Model):
    """The conditions for keeping the tier.

    Attributes:
        is_down_grade_strategy: Whether the programme downgrades customers.
    """

    min_purchases: Decimal | None = None
    min_visits: Decimal | None = None
    is_down_grade_strategy: bool | None = None


@model
class UpgradeEntityValue(Model):
    """A customer's progress to the next tier.

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
        upgrade_based_on: The quantity that counts. The documentation and its samples have different keys for it.
    """

    upgrade_based_on: UpgradeBasis | str | None = alias("upgradeBasedOn", "upgrade_based_on", default=None)
    upgrade_threshold: Decimal | None = None
    customer_upgrade_entity_values: OneOrMore[UpgradeEntityValue] | None = None


@model
class TrackerEntityIdentifier(Model):
    """The tracker that decides on a renewal.

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
        tracker_entity_identifiers: Only if a tracker decides.
        customer_gap_to_renew_value: Threshold minus the customer's value.
    """

    renew_based_on: RenewBasis | str | None = None
    tracker_entity_identifiers: OneOrMore[TrackerEntityIdentifier] | None = None
    renew_threshold: Decimal | None = None
    customer_renew_entity_value: Decimal | None = None
    customer_gap_to_renew_value: Decimal | None = None


@model
class GapToRenewSummary(Model):
    """What the customer lacks for the renewal of the tier. Not sent for the lowest tier."""

    tier_expiry_date: datetime | date | None = None
    renew_confirmed: bool | None = None
    renew_strategies: OneOrMore[RenewStrategy] | None = None
