"""A customer's progress with targets."""

from datetime import date, datetime
from decimal import Decimal

import attrs

from capillary_async.models.attribution import TargetAttribution
from capillary_async.models.definition import Id, Model, ServerDateTime, model
from capillary_async.models.enumerations import TargetEntity, TargetType, TrackingType


@model
class MilestoneProgress(Model):
    """A milestone of a target.

    Attributes:
        trigger_value: The value to reach.
        user_target_id: The `target_id` of the milestone's target.
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
    """A customer's progress with one target in one period.

    `targets.list_events` takes the `target_rule_id` and the `period_id`.

    Attributes:
        target_id: `None` if no event counted yet.
        period_ref_code: Name of the period, such as Cycle_3.
        target_value: The value to reach, in the unit that `target_type` implies, like
            `target_achieved_value`.
        target_achieved_value: The value reached so far.
        event_name: The event that counts, such as TransactionAdd.
        period_start_date_with_time_stamp: In the cluster's time zone, although the API writes a `Z`.
        current_period: Whether the period is running now.
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
    """A customer's progress with one target in one period, with the target group, as a row of a table."""

    target_group_id: Id | None = None
    target_group_name: str | None = None


@model
class StreakProgress(Model):
    """A customer's progress with reaching a target several times in a row.

    Attributes:
        status: INPROGRESS, ACHIEVED and others.
        current_count: Number of times in a row so far, of `total_target_count_of_sequence`.
        streak_achieved_user_target_id: The `target_id` that completed the streak.
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
    """A customer's progress with the targets of one group.

    Attributes:
        targets: One for each target and period.
        streaks: Only if `tracking_type` is STREAKS.
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
        """The targets, each with the id and the name of the group, as rows of a table."""
        names = [field.name for field in attrs.fields(TargetProgress)]
        return tuple(
            TargetProgressRow(
                target_group_id=self.id,
                target_group_name=self.name,
                **{name: getattr(target, name) for name in names},
            )
            for target in self.targets or ()
        )
