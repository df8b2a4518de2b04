"""Loyalty promotions, and the customers' part in them."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any, cast

import attrs

from capillary_async.models.definition import ExactNumber, Id, Model, OneOrMore, alias, model
from capillary_async.models.enumerations import EnrollmentType, PromotionStatus
from capillary_async.models.listings import ApiWarning


@model
class LoyaltyConfig(Model):
    """Settings for combining a promotion with others."""

    is_stackable: bool | None = None
    is_considered_for_ranking: bool | None = None
    is_exclusive: bool | None = None
    is_always_apply: bool | None = None
    skip_earned_date_check_on_redeem: bool | None = None


@model
class PromotionMetadata(Model):
    """A promotion's name, dates and status.

    Attributes:
        program_id: A number in most answers, a text in others.
        promotion_id: The number that `promotions.list_for_member` uses; 0 until the promotion is published.
        version: No document shows a value of it, nor of `draft_details`, `promotion_metadata` and
            `common_strategies`.
        promotion_mode: UNIFIED or LEGACY.
    """

    name: str | None = None
    description: str | None = None
    program_id: Id | str | None = None
    org_id: Id | None = None
    start_date: datetime | None = None
    end_date: datetime | None = None
    timezone_name: str | None = None
    promotion_type: str | None = None
    status: PromotionStatus | str | None = None
    promo_identifier: str | None = None
    promotion_id: Id | None = None
    promotion_category: str | None = None
    promotion_mode: str | None = None
    created_on: datetime | None = None
    last_modified_on: datetime | None = None
    created_by: Id | None = None
    last_modified_by: Id | None = None
    loyalty_earning_type: str | None = None
    loyalty_config_meta_data: LoyaltyConfig | None = None
    version: Any = None
    draft_details: Any = None
    promotion_metadata: Any = None
    common_strategies: Any = None


@model
class CustomerEnrolment(Model):
    """How customers enrol in a promotion.

    Attributes:
        customer_eligibility_type: ALL and others.
    """

    enrolment_method: EnrollmentType | str | None = None
    customer_eligibility_type: str | None = None
    audience_groups: tuple[Any, ...] | None = None


@attrs.frozen(kw_only=True)
class PromotionTarget:
    """The targets of a promotion's milestone; they link it to `targets.get_progress`.

    Attributes:
        name: The name of the milestone.
        target_rule_ids: Ids that `targets.list_events` takes.
    """

    name: str | None
    target_group_id: int | None
    target_rule_ids: tuple[int, ...]


@model
class Promotion(Model):
    """A loyalty promotion.

    Attributes:
        id: 24 hexadecimal digits.
        activities: The activities, as the API sent them: SINGLE ones, and GROUPs with children.
            `targets` finds the targets in them.
        limits: As the API sent them, like the three that follow.
    """

    id: str
    metadata: PromotionMetadata | None = None
    customer_enrolment: CustomerEnrolment | None = None
    version: int | None = None
    activities: tuple[Any, ...] | None = None
    limits: tuple[Any, ...] | None = None
    liability_owner_split_info: tuple[Any, ...] | None = None
    workflow_metadata: Mapping[str, Any] | None = None
    promotion_schedule: Mapping[str, Any] | None = None
    broadcast_metadata: Mapping[str, Any] | None = None
    comments: str | None = None
    communication_approval_status: Any = None
    parent_id: str | None = None
    parent_details: Any = None

    @property
    def targets(self) -> tuple[PromotionTarget, ...]:
        """The targets of the promotion's milestones, in order; empty for a draft."""
        return tuple(_targets_in((self.activities or (), self.workflow_metadata or {})))


def _targets_in(value: Any) -> Iterator[PromotionTarget]:
    """Find the objects that name a target group or target rules, at any depth."""
    if isinstance(value, Mapping):
        yield from _target_of(cast("Mapping[str, Any]", value))
        value = tuple(cast("Mapping[str, Any]", value).values())
    if isinstance(value, list | tuple):
        for part in cast("Sequence[Any]", value):
            yield from _targets_in(part)


def _target_of(milestone: Mapping[str, Any]) -> Iterator[PromotionTarget]:
    rules, name = milestone.get("targetRuleIds"), milestone.get("name")
    group_id = _as_id(milestone.get("targetGroupId"))
    rule_ids = [_as_id(rule) for rule in cast("Sequence[Any]", rules)] if isinstance(rules, list) else [_as_id(rules)]
    found = tuple(rule_id for rule_id in rule_ids if rule_id is not None)
    if found or group_id is not None:
        named = name if isinstance(name, str) else None
        yield PromotionTarget(name=named, target_group_id=group_id, target_rule_ids=found)


def _as_id(value: Any) -> int | None:
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 20:
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


@model
class PromotionCustomField(Model):
    """A custom field of a promotion."""

    key: str | None = None
    value: str | None = None
    brand_defined: bool | None = None


@model
class PromotionOptIn(Model):
    """A customer's opt-in to a promotion."""

    opt_in_id: Id | None = None
    opt_in_date: datetime | None = None
    opt_in_expiry_date: datetime | None = None
    opt_in_processing_date: datetime | None = None
    opt_in_event_log_id: Id | None = None
    active: bool | None = None


@model
class PromotionEnrollment(Model):
    """A customer's enrolment in a promotion."""

    enrollment_id: Id | None = None
    enrollment_date: datetime | None = None
    enrollment_expiry_date: datetime | None = None
    enroll_event_log_id: Id | None = None
    active: bool | None = None
    opt_in_details: tuple[PromotionOptIn, ...] | None = None


@model
class PromotionTimeline(Model):
    """The history of a customer in a promotion."""

    enrollment_details: tuple[PromotionEnrollment, ...] | None = None


@model
class MemberPromotion(Model):
    """A loyalty promotion of one customer.

    Attributes:
        promotion_id: A number; `promotions.get` takes the text `unified_promotion_id` instead.
        opt_in_start_date: Only if the opt-in is limited in time, like `opt_in_end_date`.
        customer_promotion_timelines: Only from `promotions.get_for_member`, like `promotion_custom_fields`.
    """

    promotion_id: Id
    promotion_name: str | None = None
    program_id: Id | None = None
    start_date: datetime | None = None
    end_date: datetime | None = None
    opt_in_start_date: datetime | None = None
    opt_in_end_date: datetime | None = None
    timezone_name: str | None = None
    promotion_identifier: str | None = None
    unified_promotion_id: str | None = None
    description: str | None = None
    active: bool | None = None
    promotion_custom_fields: tuple[PromotionCustomField, ...] | None = None
    customer_promotion_timelines: tuple[PromotionTimeline, ...] | None = None


@model
class IssuedIncentive(Model):
    """A reward, a badge or a coupon that a promotion gave a customer.

    Attributes:
        action: REWARD, BADGES, COUPONS and others.
        action_id: Id of the reward, the badge or the coupon series.
    """

    activity_id: str | None = None
    action: str | None = None
    action_id: str | None = None
    action_issued_count: int | None = None
    last_issued_on: datetime | date | None = None


@model
class IssuedPoints(Model):
    """Points that a promotion gave a customer.

    Attributes:
        points_category: REGULAR_POINTS, PROMISED_POINTS and others.
    """

    points_category: str | None = None
    total_points_issued: ExactNumber | None = None
    number_of_times_issued: int | None = None
    last_issued_on: datetime | date | None = None


@model
class IssuedCurrencyPart(Model):
    """One kind of an amount that a promotion gave in a currency that is not points.

    Attributes:
        alternate_currency_type: REGULAR and others.
    """

    alternate_currency_type: str | None = None
    total_issued: ExactNumber | None = None
    number_of_times_issued: int | None = None
    last_issued_on: datetime | date | None = None


@model
class IssuedCurrency(Model):
    """An amount that a promotion gave a customer in a currency that is not points.

    Attributes:
        alternate_currency_sub_details: Only from the v2 endpoint, instead of the three attributes before.
    """

    currency_name: str | None = alias("currencyName", "alternateCurrencyName", default=None)
    total_currency_issued: ExactNumber | None = None
    number_of_times_issued: int | None = None
    last_issued_on: datetime | date | None = None
    alternate_currency_sub_details: tuple[IssuedCurrencyPart, ...] | None = None


@model
class IssuedSeries(Model):
    """Rewards or badges of one series that a promotion gave a customer."""

    series_id: str | None = alias("rewardSeriesId", "badgeSeriesId", default=None)
    number_of_times_issued: int | None = None
    last_issued_on: datetime | date | None = None


@model
class PromotionActions(Model):
    """What a promotion gave a customer, counted since 2025-06-12.

    Attributes:
        entity_id: The customer's id.
        rewards: Only from the v2 endpoint, like `badges` and `promotion_identifier`; v3 sends `incentives`.
    """

    promotion_id: Id | None = None
    promotion_identifier: str | None = None
    program_id: Id | None = None
    entity_id: Id | None = alias("entityId", "customerId", default=None)
    org_id: Id | None = None
    incentives: OneOrMore[IssuedIncentive] | None = None
    points: OneOrMore[IssuedPoints] | None = None
    alternate_currencies: OneOrMore[IssuedCurrency] | None = None
    rewards: OneOrMore[IssuedSeries] | None = None
    badges: OneOrMore[IssuedSeries] | None = None
    warnings: tuple[ApiWarning, ...] | None = None
