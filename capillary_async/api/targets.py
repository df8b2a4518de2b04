"""Endpoints about targets and the events that count towards them.

For milestones, Capillary is replacing most of these endpoints by its loyalty promotions API (`promotions.list`), but
gives no date. They still answer. Only `get_progress` returns progress; promotions do not.
"""

from datetime import date
from operator import attrgetter
from typing import Any, Final, cast

import capillary_async.api.arguments as take
from capillary_async.api.methods import Group, endpoint, listing
from capillary_async.api.parts import member
from capillary_async.errors import InvalidArgumentError
from capillary_async.models.enumerations import DataScope, EnrollmentType
from capillary_async.models.progress import TargetGroupProgress
from capillary_async.models.targets import Target, TargetEvent, TargetGroup, TargetPeriod, TargetRule
from capillary_async.paging.listing import Listing
from capillary_async.pipeline.request import Request, Structure

_NO_EVENTS = 310149
_GROUP_PATH = "/v3/targetGroups/{groupId}"
_GROUP_PARAMETERS: Final[take.Table] = {
    "include_periods": ("includePeriods", take.flag),
    "include_user_created": ("includeUserCreatedTargetGroups", take.flag),
    "only_active": ("includeOnlyActive", take.flag),
}
_EVENT_ID = attrgetter("event_log_id")


def get_active(
    customer_id: int,
    *,
    target_rule_ids: take.Several[int] = (),
    tracking_date: date | None = None,
    enrollment_type: EnrollmentType | str | None = None,
    only_user_created: bool | None = None,
) -> Request[tuple[Target, ...]]:
    """Fetch the running targets in which a customer is enrolled.

    For milestones, Capillary is replacing this call by the loyalty promotions API.

    Args:
        customer_id: As `customers.find_id` returns it.
        target_rule_ids: Only these targets, by their `id`; an empty collection means all targets.
        tracking_date: Only targets that run on this day; in the cluster's time zone if it has no zone.
        enrollment_type: TRANSACTION, IMPORT or AUDIENCE_FILTER.
        only_user_created: Only targets that the customer created.

    Returns:
        The targets, in the order of the answer; empty when there are none.

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
    path_values = {"userId": take.identifier("customer_id", customer_id)}
    return Request("/v3/users/{userId}/enrolledTargets", path_values, query, tuple[Target, ...], "data")


def list_events(
    customer_id: int, target_rule_id: int, *, period_id: int | None = None, page_size: int = 100
) -> Listing[TargetEvent]:
    """List the events that count towards a customer's target, oldest first.

    The documents contradict each other on what `offset` and `total` count here, so the first listing of a client may
    need one more request to learn it. For milestones, Capillary is replacing this call by the loyalty promotions API.

    Args:
        customer_id: As `customers.find_id` returns it.
        target_rule_id: The target's rule: the `id` of a target that `targets.get_active` returns, or the
            `target_rule_id` of one that `targets.get_progress` returns.
        period_id: Only this period of the target: the `period_id` of a target that `targets.get_progress` returns.
        page_size: Events of one request, from 1 to 1,000; the server may return fewer.

    Raises:
        InvalidArgumentError: An argument is wrong; nothing was sent.
        NotFoundError: There is no such customer (310011), rule (310018) or period (310019). For a customer without
            events (310149) the listing is empty.
    """
    path_values = {
        "userId": take.identifier("customer_id", customer_id),
        "targetRuleId": take.identifier("target_rule_id", target_rule_id),
    }
    query = take.query(periodId=take.optional_id("period_id", period_id))
    return Listing(
        Request("/v3/users/{userId}/trackedTargetEvents/{targetRuleId}", path_values, query, TargetEvent, "data"),
        page_size=take.page_size(page_size),
        key=_EVENT_ID,
        empty_codes=(_NO_EVENTS,),
    )


def get_progress(
    customer_id: int,
    *,
    include_inactive: bool | None = None,
    target_rule_id: int | None = None,
    include_inactive_targets: bool | None = None,
    excluded_entities: take.Several[str] = (),
    tracking_date: date | None = None,
    data_scope: DataScope | str | None = None,
    data_scope_org_ids: take.Several[int] = (),
) -> Request[tuple[TargetGroupProgress, ...]]:
    """Fetch a customer's progress with every target, by target group and period.

    `targets.list_events` takes the `target_rule_id` and `period_id` of a target.

    Args:
        customer_id: As `customers.find_id` returns it.
        include_inactive: Add periods that are over or have not started.
        target_rule_id: Only this target.
        include_inactive_targets: Add targets that are switched off.
        excluded_entities: Leave out targets of these entities.
        tracking_date: Only periods that contain this day; in the cluster's time zone if it has no zone.
        data_scope: Use the v3.1 endpoint, with targets of this organisation, of others or of all: SELF, OTHER or ALL.
        data_scope_org_ids: Only these organisations; needs `data_scope`.

    Returns:
        The target groups, in the order of the answer; empty when the customer has no active target.

    Raises:
        InvalidArgumentError: An argument is wrong; nothing was sent.
        NotFoundError: There is no such customer (310011).
    """
    query = take.query(
        includeInactive=take.flag("include_inactive", include_inactive),
        targetRuleId=take.optional_id("target_rule_id", target_rule_id),
        includeInactiveTargets=take.flag("include_inactive_targets", include_inactive_targets),
        excludedEntities=take.texts("excluded_entities", excluded_entities),
        trackingDate=take.epoch("tracking_date", tracking_date),
    )
    scope, organisations = (
        take.optional_text("data_scope", data_scope),
        take.ids("data_scope_org_ids", data_scope_org_ids),
    )
    if organisations and not scope:
        raise InvalidArgumentError("data_scope_org_ids needs data_scope")
    headers = {"DATA-SCOPE": scope} if scope else {}
    if organisations:
        headers["DATA-SCOPE-ORG"] = organisations
    return Request(
        ("/api_gateway/intouch-api-v3/v3.1" if scope else "/v3") + "/users/{userId}/targetGroups",
        {"userId": take.identifier("customer_id", customer_id)},
        query,
        tuple[TargetGroupProgress, ...],
        headers=headers,
        read=_read_progress,
    )


def _read_progress(document: Any, structure: Structure) -> Any:
    """Read the groups and ignore the customer's profile beside them.

    A customer without an active target has a warning and `"data": null`.
    """
    data = member(document, "data")
    if data is None and document.get("warnings"):
        return ()
    return structure(member(data, "targetGroups", "data"), tuple[TargetGroupProgress, ...], "data.targetGroups")


def get_groups(
    *,
    include_periods: bool | None = None,
    include_user_created: bool | None = None,
    only_active: bool | None = None,
) -> Request[tuple[TargetGroup, ...]]:
    """Fetch all target groups with their targets. The answer may be about 400 KB.

    Capillary is replacing this call by the loyalty promotions API, but gives no date.

    Args:
        include_periods: Add every period of each group.
        include_user_created: Add groups that customers created for themselves.
        only_active: Only groups that are active.

    Returns:
        The groups, in the order of the answer.

    Raises:
        InvalidArgumentError: An argument is wrong; nothing was sent.
    """
    query = take.by_table(_GROUP_PARAMETERS, locals())
    return Request("/v3/targetGroups", {}, query, tuple[TargetGroup, ...], "data")


def get_group(
    group_id: int,
    *,
    include_periods: bool | None = None,
    include_user_created: bool | None = None,
    only_active: bool | None = None,
) -> Request[TargetGroup]:
    """Fetch one target group.

    Capillary is replacing this call by the loyalty promotions API, but gives no date.

    Args:
        group_id: The target group.
        include_periods: Add every period of the group.
        include_user_created: Also find groups that customers created for themselves.
        only_active: Find active groups only.

    Returns:
        The group.

    Raises:
        InvalidArgumentError: An argument is wrong; nothing was sent.
        NotFoundError: There is no such target group (310017).
    """
    query = take.by_table(_GROUP_PARAMETERS, locals())
    return Request(_GROUP_PATH, _group(group_id), query, TargetGroup, read=_read_group)


def _read_group(document: Any, structure: Structure) -> Any:
    """Read an object or a list with one object, because the documentation's samples disagree."""
    data = member(document, "data")
    is_list = isinstance(data, list) and len(cast("list[Any]", data)) == 1
    return structure(data[0] if is_list else data, TargetGroup, "data[0]" if is_list else "data")


def get_periods(group_id: int) -> Request[tuple[TargetPeriod, ...]]:
    """Fetch the periods of a target group.

    Capillary is replacing this call by the loyalty promotions API, but gives no date.

    Args:
        group_id: The target group.

    Returns:
        The periods, in the order of the answer.

    Raises:
        InvalidArgumentError: An argument is wrong; nothing was sent.
        NotFoundError: There is no such target group (310017).
    """
    return Request(_GROUP_PATH + "/targetPeriods", _group(group_id), (), tuple[TargetPeriod, ...], "data")


def get_rules(group_id: int) -> Request[tuple[TargetRule, ...]]:
    """Fetch the targets of a target group.

    Capillary is replacing this call by the loyalty promotions API, but gives no date.

    Args:
        group_id: The target group.

    Returns:
        The targets, in the order of the answer. `targets.list_events` takes their `id`.

    Raises:
        InvalidArgumentError: An argument is wrong; nothing was sent.
        NotFoundError: There is no such target group (310017).
    """
    return Request(_GROUP_PATH + "/targets", _group(group_id), (), tuple[TargetRule, ...], "data")


def _group(group_id: int) -> dict[str, int | str]:
    return {"groupId": take.identifier("group_id", group_id)}


class Targets(Group):
    """Calls about targets and their events."""

    __slots__ = ()

    get_active: Final = endpoint(get_active)
    list_events: Final = listing(list_events)
    get_progress: Final = endpoint(get_progress)
    get_groups: Final = endpoint(get_groups)
    get_group: Final = endpoint(get_group)
    get_periods: Final = endpoint(get_periods)
    get_rules: Final = endpoint(get_rules)
