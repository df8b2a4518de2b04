"""How far a customer is with targets."""

from datetime import date, datetime
from decimal import Decimal

import attrs

from capillary_async.models.attribution import TargetAttribution
from capillary_async.models.definition import Id, Model, ServerDateTime, model
from capillary_async.models.enumerations import TargetEntity, TargetType, TrackingType


@model
class MilestoneProgress(Model):
    """A step on the way to a target.

    Attributes:
        trigger_value: What has to be reached.
        user_target_id: The `target_id` that the step belongs to.
    """

    id: Id | None = None
    trigger_name: str | None = None
    trigger_value: Decimal | None = None
    trigger_value_type: str | None = None
    trigger_type: str | None = None
    is_achieved: bool | None = None
    achieved_date: datetime | None = None
    is_active: bool | None = None
    description: str | None = None
    target_rule_id: Id | None = None
    user_id: Id | None = None
    user_target_id: Id | None = None
    org_id: Id | None = None
    redeemable_points: Decimal | None = None
    delayed_points: Decimal | None = None
    external_triggered_points: Decimal | None = None
    coupon_ids: tuple[Id, ...] | None = None
    message_ids: tuple[Id, ...] | None = None
    attribution: TargetAttribution | None = None


@model
class TargetProgress(Model):
    """How far a customer is with one target in one period.

    `target_rule_id` and `period_id` are what `targets.list_events` takes.

    Attributes:
        target_id: `None` while nothing counted.
        period_ref_code: Name of the period, such as Cycle_3.
        target_value: What has to be reached, in the unit that `target_type` implies, like
            `target_achieved_value`.
        target_achieved_value: What is reached so far.
        event_name: The event that counts, such as TransactionAdd.
        period_start_date_with_time_stamp: In the cluster's time zone; the `Z` that the API writes is not meant.
        current_period: Whether the period is the one that is running.
        un_enrolled: Whether the customer left the target.
    """

    target_rule_id: Id | None = None
    period_id: Id | None = None
    target_id: Id | None = None
    target_name: str | None = None
    target_type: TargetType | str | None = None
    target_entity: TargetEntity | str | None = None
    target_value: Decimal | None = None
    target_achieved_value: Decimal | None = None
    target_achieved_date_time: datetime | None = None
    target_achieved_event_log_id: Id | None = None
    current_period: bool | None = None
    period_ref_code: str | None = None
    period_start_date: datetime | date | None = None
    period_end_date: datetime | date | None = None
    period_start_date_with_time_stamp: ServerDateTime | None = None
    period_end_date_with_time_stamp: ServerDateTime | None = None
    enrolled_on: datetime | None = None
    un_enrolled: bool | None = None
    event_name: str | None = None
    program_id: Id | None = None
    alternate_currency_identifier: str | None = None
    alternate_currency_name: str | None = None
    last_updated_on: datetime | None = None
    milestones: tuple[MilestoneProgress, ...] | None = None


@model
class TargetProgressRow(TargetProgress):
    """How far a customer is with one target in one period, with the target group beside it: a row of a table."""

    target_group_id: Id | None = None
    target_group_name: str | None = None


@model
class StreakProgress(Model):
    """How far a customer is with reaching a target several times in a row.

    Attributes:
        status: INPROGRESS, ACHIEVED and others.
        current_count: How often in a row so far, of `total_target_count_of_sequence`.
        streak_achieved_user_target_id: The `target_id` that completed it.
    """

    user_streak_id: Id | None = None
    streak_id: Id | None = None
    streak_name: str | None = None
    status: str | None = None
    current_count: int | None = None
    total_target_count_of_sequence: int | None = None
    streak_achieved_user_target_id: Id | None = None


@model
class TargetGroupProgress(Model):
    """How far a customer is with the targets of one group.

    Attributes:
        targets: One for each target and period.
        streaks: Only where `tracking_type` is STREAKS.
    """

    id: Id
    name: str | None = None
    org_id: Id | None = None
    preferred_till_id: Id | None = None
    targets: tuple[TargetProgress, ...] | None = None
    streaks: tuple[StreakProgress, ...] | None = None
    target_evaluation_type: str | None = None
    tracking_type: TrackingType | str | None = None
    attribution: TargetAttribution | None = None

    @property
    def rows(self) -> tuple[TargetProgressRow, ...]:
        """The targets, each with the id and the name of the group: what a table of progress wants."""
        names = [field.name for field in attrs.fields(TargetProgress)]
        return tuple(
            TargetProgressRow(
                target_group_id=self.id,
                target_group_name=self.name,
                **{name: getattr(target, name) for name in names},
            )
            for target in self.targets or ()
        )
