"""`/v3/users` and `/v3/promotions`: targets, their events, and what replaces them."""

import attrs

from capillary_async.sandbox.answers import Answer, document, listing
from capillary_async.sandbox.customer_endpoints import cap_warnings
from capillary_async.sandbox.dataset import Dataset
from capillary_async.sandbox.people import as_id
from capillary_async.sandbox.promotions import promotion_name, promotion_status
from capillary_async.sandbox.queries import Query, Refused
from capillary_async.sandbox.targets import ENROLMENTS, period_exists, period_of, rule_exists


@attrs.frozen
class TargetEndpoints:
    """Answers requests for targets and promotions."""

    _world: Dataset

    def events(self, query: Query, user: str, rule: str) -> Answer:
        """Answer `GET /v3/users/{userId}/trackedTargetEvents/{targetRuleId}`."""
        user_id = self._user(user)
        rule_id = as_id(rule)
        refusals = self._world.refusals
        if rule_id is None or not rule_exists(rule_id):
            raise Refused(refusals.v3(310018))
        window = query.window()
        among = self._in_period(query, user_id, rule_id)
        is_refused = self._world.switches.no_events == "310149"
        if is_refused and not self._world.look_up("events", user_id, rule_id).count:
            raise Refused(refusals.v3(310149))
        page = self._world.page("events", (user_id, rule_id), window, among)
        rows = [self._world.events.row(user_id, rule_id, row) for row in page.rows]
        return listing(page.pagination, rows, cap_warnings(page))

    def enrolled(self, query: Query, user: str) -> Answer:
        """Answer `GET /v3/users/{userId}/enrolledTargets`."""
        user_id = self._user(user)
        enrolment = query.text("enrollmentType")
        if enrolment and enrolment not in ENROLMENTS:
            raise Refused(self._world.refusals.v3(310130))
        only = {as_id(part) for part in query.each("targetRuleIds")}
        created_by = query.natural("trackingDate")
        only_user_created = query.flag("includeOnlyUserCreated")
        targets = self._world.targets
        found = [
            targets.target(rule_id)
            for rule_id in targets.enrolled(user_id)
            if (not only or rule_id in only)
            and (not enrolment or targets.enrolment(rule_id) == enrolment)
            and (created_by is None or targets.created(rule_id) * 1000 <= created_by)
            and (not only_user_created or targets.is_user_created(rule_id))
        ]
        # `null`, not `[]`: here the samples differ from those of target events.
        return document({"data": found, "errors": None, "warnings": None})

    def groups(self, query: Query, user: str) -> Answer:
        """Answer `GET /v3/users/{userId}/targetGroups`."""
        user_id = self._user(user)
        only = query.natural("targetRuleId")
        rules = tuple(rule for rule in self._world.targets.enrolled(user_id) if only in {None, rule})
        groups = self._world.targets.groups(self._world.people.person(user_id), rules)
        return document({"data": groups, "errors": [], "warnings": []})

    def promotions(self, query: Query) -> Answer:
        """Answer `GET /v3/promotions`, whose `page` counts pages from 0."""
        statuses, text = query.each("status"), query.text("searchText").lower()
        among = [
            row
            for row in self._world.look_up("promotions").rows
            if (not statuses or promotion_status(row) in statuses) and text in promotion_name(row).lower()
        ]
        page = self._world.page("promotions", (), query.window("size", "page"), among)
        return listing(page.pagination, list(map(self._world.promotions.promotion, page.rows)), cap_warnings(page))

    def _user(self, text: str) -> int:
        user_id = as_id(text)
        standing = "missing" if user_id is None else self._world.people.standing(user_id)
        if user_id is None or standing != "present":
            raise Refused(self._world.refusals.v3(1044 if standing == "denied" else 310011))
        return user_id

    def _in_period(self, query: Query, user_id: int, rule_id: int) -> list[int] | None:
        if not query.text("periodId"):
            return None
        period_id = as_id(query.text("periodId"))
        if period_id is None or not period_exists(rule_id, period_id):
            raise Refused(self._world.refusals.v3(310019))
        rows = self._world.look_up("events", user_id, rule_id).rows
        return [row for row in rows if period_of(rule_id, row) == period_id]
