"""Targets (milestones), their groups, and the events that counted towards them."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from capillary_async.models.attribution import TargetAttribution
from capillary_async.models.definition import Id, Model, model
from capillary_async.models.enumerations import (
    EnrollmentType,
    EventName,
    FilterEntityType,
    TargetEntity,
    TargetType,
    TrackingType,
)


@model
class TargetFilter(Model):
    """A filter of a target: only these stores, zones or concepts count."""

    entity_type: FilterEntityType | str | None = None
    entity_ids: tuple[Id, ...] | None = None


@model
class TargetPeriodDefault(Model):
    """A target's value for one period, for customers without an individual value."""

    id: Id | None = None
    period_id: Id | None = None
    default_value: Decimal | None = None


@model
class Target(Model):
    """A target that a customer is enrolled in.

    Attributes:
        id: The target rule's id, which `targets.list_events` takes.
        emf_rule_set_id: The rule set that processes customers' events.
        event_name: The event that the rules process, such as TransactionAdd.
        expression_json: `expression` as a tree, as JSON in a string.
        target_period_default_values_map: Default values by period id.
    """

    id: Id
    attribution: TargetAttribution | None = None
    name: str | None = None
    description: str | None = None
    emf_rule_set_id: Id | None = None
    emf_unrolled_ruleset_id: Id | None = None
    target_type: TargetType | str | None = None
    target_entity: TargetEntity | str | None = None
    event_name: str | None = None
    target_group_id: Id | None = None
    active: bool | None = None
    expression: str | None = None
    expression_json: str | None = None
    filters: tuple[TargetFilter, ...] | None = None
    enrolment_method: EnrollmentType | str | None = None
    target_period_default_values_map: Mapping[int, TargetPeriodDefault] | None = None


@model
class ExtendedFieldInfo(Model):
    """An extended field that a target adds up.

    Attributes:
        aggregate_function: SUM and others.
    """

    name: str | None = None
    aggregate_function: str | None = None


@model
class TargetAudienceFilter(Model):
    """An audience of a target."""

    audience_group_id: Id | None = None
    version_id: Id | None = None
    audience_filter_meta_id: Id | None = None
    last_updated_on: datetime | None = None


@model
class TargetRule(Target):
    """A target with the fields that a target group's answer has.

    Attributes:
        default_values: The values of `target_period_default_values_map`, as a list.
        target_milestone_triggers: Milestones. No document shows an element of this list.
    """

    default_values: tuple[TargetPeriodDefault, ...] | None = None
    target_milestone_triggers: tuple[Any, ...] | None = None
    target_audience_filter: tuple[TargetAudienceFilter, ...] | None = None
    extended_field_info: ExtendedFieldInfo | None = None


@model
class TargetPeriod(Model):
    """A period in which a target has to be reached.

    Attributes:
        id: The period's id, which `targets.list_events` takes.
        ref_code: Name of the period, such as Cycle_1.
        period_status: RUNNING, ENDED and others.
    """

    id: Id
    attribution: TargetAttribution | None = None
    start_date: datetime | date | None = None
    end_date: datetime | date | None = None
    ref_code: str | None = None
    period_status: str | None = None
    target_group_id: Id | None = None
    description: str | None = None
    active: bool | None = None


@model
class TargetStreak(Model):
    """A target that has to be reached several times in a row.

    Attributes:
        target_count_of_sequence: Required number of times in a row.
    """

    id: Id | None = None
    attribution: TargetAttribution | None = None
    target_group_id: Id | None = None
    name: str | None = None
    target_count_of_sequence: int | None = None


@model
class UnifiedTargetExpression(Model):
    """The expression that combines the targets of a group."""

    aggregation: str | None = None
    threshold_value: Decimal | None = None
    rule_expression: str | None = None


@model
class TargetGroup(Model):
    """A group of targets with common periods.

    Attributes:
        from_date: Older answers have it and `to_date`; newer answers have the start and the end of the cycle.
        active_period: The running period, if there is one.
        periods: With `include_periods`.
        recurring_cycles: -1 if the cycles never end.
        frequency: Length of a cycle, in units of `frequency_type`, such as MONTHLY.
    """

    id: Id
    attribution: TargetAttribution | None = None
    org_id: Id | None = None
    name: str | None = None
    description: str | None = None
    from_date: datetime | date | None = None
    to_date: datetime | date | None = None
    active: bool | None = None
    active_period: TargetPeriod | None = None
    periods: tuple[TargetPeriod, ...] | None = None
    preferred_till_id: Id | None = None
    total_periods: int | None = None
    target_evaluation_type: str | None = None
    tracking_type: TrackingType | str | None = None
    recurring_cycles: int | None = None
    frequency: int | None = None
    frequency_type: str | None = None
    target_cycle_start_date: datetime | None = None
    target_cycle_end_date: datetime | None = None
    created_on: datetime | None = None
    targets: tuple[TargetRule, ...] | None = None
    streaks: tuple[TargetStreak, ...] | None = None
    leaderboard_enabled: bool | None = None
    user_created: bool | None = None
    combination_type: str | None = None
    unified_target_expression: UnifiedTargetExpression | None = None


@model
class TargetEvent(Model):
    """An event that counted towards a target.

    Attributes:
        event_display_name: Name of a behavioural event; `None` for transactions.
        unique_id: For a behavioural event the request's id, for any other event the subject's id.
        event_processed_date: When the backend processed the event.
        target_value: Money for a transaction; always 1.000 for a behavioural event.
    """

    event_log_id: Id
    event_name: EventName | str | None = None
    customer_id: Id | None = None
    event_display_name: str | None = None
    unique_id: str | None = None
    event_date: datetime | None = None
    event_processed_date: datetime | None = None
    period_id: Id | None = None
    target_group_id: Id | None = None
    target_rule_id: Id | None = None
    target_value: Decimal | None = None
