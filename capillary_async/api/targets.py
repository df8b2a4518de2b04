"""Endpoints about targets and what counts towards them.

Capillary is phasing these two out for viewing milestones, in favour of its loyalty promotions API
(`GET /v3/promotions`, within reach of `client.list` with `limit_name="size", offset_name="page"`). They still answer.
"""

from datetime import date
from operator import attrgetter
from typing import Final

import capillary_async.api.arguments as take
from capillary_async.api.methods import Group, endpoint, listing
from capillary_async.models import EnrollmentType, Target, TargetEvent
from capillary_async.paging import Listing
from capillary_async.pipeline.request import Request

_NO_EVENTS = 310149
_EVENT_ID = attrgetter("event_log_id")


def get_active(
    user_id: int,
    *,
    target_rule_ids: take.Several[int] = (),
    tracking_date: date | None = None,
    enrollment_type: EnrollmentType | str | None = None,
    only_user_created: bool | None = None,
) -> Request[tuple[Target, ...]]:
    """Fetch the targets that a customer is enrolled in and that are running.

    Capillary is phasing this call out for milestones, in favour of the loyalty promotions API.

    Args:
        user_id: The customer's id, as `customers.find_id` returns it.
        target_rule_ids: Only these targets, by their `id`; none given means all.
        tracking_date: Targets that run on this day; the cluster's own time when it has no zone.
        enrollment_type: TRANSACTION, IMPORT or AUDIENCE_FILTER.
        only_user_created: Only targets that the customer set.

    Returns:
        The targets, in the order the API sent them. Empty when there are none.

    Raises:
        InvalidArgumentError: An argument is wrong; nothing was sent.
        NotFoundError: There is no such customer (310011).
        InvalidRequestError: The enrolment type is unknown (310130).
    """
    query = take.query(
        targetRuleIds=take.ids("target_rule_ids", target_rule_ids),
        trackingDate=take.epoch("tracking_date", tracking_date),
        enrollmentType=take.optional_text("enrollment_type", enrollment_type),
        includeOnlyUserCreated=take.flag("only_user_created", only_user_created),
    )
    path_values = {"userId": take.identifier("user_id", user_id)}
    return Request("/v3/users/{userId}/enrolledTargets", path_values, query, tuple[Target, ...], "data")


def list_events(
    user_id: int, target_rule_id: int, *, period_id: int | None = None, page_size: int = 100
) -> Listing[TargetEvent]:
    """List the events that count towards a customer's target, oldest first.

    The documents contradict each other on what `offset` and `total` count here, so the first listing of
    a client may take a request more to find out. Capillary is phasing this call out for milestones, in
    favour of the loyalty promotions API.

    Args:
        user_id: The customer's id, as `customers.find_id` returns it.
        target_rule_id: The target's rule: the `id` of a target that `targets.get_active` returns.
        period_id: Only this period of the target. The answer of `GET /v3/users/{userId}/targetGroups` names them.
        page_size: Events to ask for at once, from 1 to 1,000; the server may cut it.

    Raises:
        InvalidArgumentError: An argument is wrong; nothing was sent.
        NotFoundError: There is no such customer (310011), rule (310018) or period (310019). A customer
            without events (310149) is no error: the listing is empty.
    """
    path_values = {
        "userId": take.identifier("user_id", user_id),
        "targetRuleId": take.identifier("target_rule_id", target_rule_id),
    }
    query = take.query(periodId=take.optional_id("period_id", period_id))
    return Listing(
        Request("/v3/users/{userId}/trackedTargetEvents/{targetRuleId}", path_values, query, TargetEvent, "data"),
        page_size=take.page_size(page_size),
        key=_EVENT_ID,
        empty_codes=(_NO_EVENTS,),
    )


class Targets(Group):
    """Calls about targets and their events."""

    __slots__ = ()

    get_active: Final = endpoint(get_active)
    list_events: Final = listing(list_events)
