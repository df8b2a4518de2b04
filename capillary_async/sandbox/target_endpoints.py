"""`/v3/users` and `/v3/targetGroups`: targets, their events, and the progress of customers."""

from typing import Any

import attrs

from capillary_async.sandbox.answers import Answer, document, listing
from capillary_async.sandbox.customer_endpoints import cap_warnings
from capillary_async.sandbox.dataset import Dataset
from capillary_async.sandbox.people import as_id
from capillary_async.sandbox.progress import group_exists
from capillary_async.sandbox.queries import Query, Refused
from capillary_async.sandbox.targets import ENROLMENTS, period_exists, period_of, rule_exists


@attrs.frozen
class TargetEndpoints:
    """Answers requests for targets."""

    _dataset: Dataset

    def events(self, query: Query, user: str, rule: str) -> Answer:
        """Answer `GET /v3/users/{userId}/trackedTargetEvents/{targetRuleId}`."""
        user_id = self._user(user)
        rule_id = as_id(rule)
        error_responses = self._dataset.error_responses
        if rule_id is None or not rule_exists(rule_id):
            raise Refused(error_responses.v3(310018))
        window = query.window()
        among = self._in_period(query, user_id, rule_id)
        is_refused = self._dataset.settings.no_events == "310149"
        if is_refused and not self._dataset.look_up("events", user_id, rule_id).count:
            raise Refused(error_responses.v3(310149))
        page = self._dataset.page("events", (user_id, rule_id), window, among)
        rows = [self._dataset.events.row(user_id, rule_id, row) for row in page.rows]
        return listing(page.pagination, rows, cap_warnings(page))

    def enrolled(self, query: Query, user: str) -> Answer:
        """Answer `GET /v3/users/{userId}/enrolledTargets`."""
        user_id = self._user(user)
        enrolment = query.text("enrollmentType")
        if enrolment and enrolment not in ENROLMENTS:
            raise Refused(self._dataset.error_responses.v3(310130))
        only = {as_id(part) for part in query.each("targetRuleIds")}
        created_by = query.natural("trackingDate")
        only_user_created = query.flag("includeOnlyUserCreated")
        targets = self._dataset.targets
        found = [
            targets.target(rule_id)
            for rule_id in targets.enrolled(user_id)
            if (not only or rule_id in only)
            and (not enrolment or targets.enrolment(rule_id) == enrolment)
            and (created_by is None or targets.created(rule_id) * 1000 <= created_by)
            and (not only_user_created or targets.is_user_created(rule_id))
        ]
        # `null`, not `[]`, as in the samples; those of target events differ.
        return document({"data": found, "errors": None, "warnings": None})

    def progress(self, query: Query, user: str) -> Answer:
        """Answer `GET /v3/users/{userId}/targetGroups`; a customer without a target gets only a warning."""
        return self._progress(query, user, is_v31=False)

    def progress_v31(self, query: Query, user: str) -> Answer:
        """Answer `GET /api_gateway/intouch-api-v3/v3.1/users/{userId}/targetGroups`, which needs a data scope."""
        if query.headers.get("DATA-SCOPE") not in {"SELF", "OTHER", "ALL"}:
            raise Refused
        return self._progress(query, user, is_v31=True)

    def _progress(self, query: Query, user: str, *, is_v31: bool) -> Answer:
        user_id = self._user(user)
        only = query.natural("targetRuleId")
        # These parameters change nothing, because the sandbox has no inactive targets and excludes no entity.
        query.flag("includeInactiveTargets")
        query.natural("trackingDate")
        rules = tuple(rule for rule in self._dataset.targets.enrolled(user_id) if only in {None, rule})
        if not rules:
            warnings = [{"message": "No active target found"}]
            return document({"data": None, "errors": None, "warnings": warnings})
        groups = self._dataset.progress.groups(
            self._dataset.people.person(user_id), rules, all_periods=query.flag("includeInactive"), is_v31=is_v31
        )
        return document({"data": groups, "errors": None, "warnings": None})

    def target_groups(self, query: Query) -> Answer:
        """Answer `GET /v3/targetGroups`."""
        query.flag("includeOnlyActive")
        is_own = query.flag("includeUserCreatedTargetGroups")
        has_periods = query.flag("includePeriods")
        progress = self._dataset.progress
        groups = [progress.definition(group, has_periods=has_periods) for group in progress.catalogue()]
        return self._answer_with([group for group in groups if is_own or not group["userCreated"]])

    def target_group(self, query: Query, group: str) -> Answer:
        """Answer `GET /v3/targetGroups/{id}`, whose `data` is an object in one sample and a list in another."""
        group_id = self._group(group)
        found = self._dataset.progress.definition(group_id, has_periods=query.flag("includePeriods"))
        return self._answer_with([found] if group_id % 2 else found)

    def target_periods(self, query: Query, group: str) -> Answer:  # noqa: ARG002  (it takes no parameters)
        """Answer `GET /v3/targetGroups/{id}/targetPeriods`."""
        return self._answer_with(self._dataset.progress.periods(self._group(group)))

    def target_rules(self, query: Query, group: str) -> Answer:  # noqa: ARG002  (it takes no parameters)
        """Answer `GET /v3/targetGroups/{id}/targets`."""
        return self._answer_with(self._dataset.progress.rules(self._group(group)))

    def _answer_with(self, data: Any) -> Answer:
        return document({"data": data, "errors": None, "warnings": None})

    def _group(self, text: str) -> int:
        group_id = as_id(text)
        if group_id is None or not group_exists(group_id):
            raise Refused(self._dataset.error_responses.v3(310017))
        return group_id

    def _user(self, text: str) -> int:
        user_id = as_id(text)
        customer_status = "missing" if user_id is None else self._dataset.people.customer_status(user_id)
        if user_id is None or customer_status != "present":
            raise Refused(self._dataset.error_responses.v3(1044 if customer_status == "denied" else 310011))
        return user_id

    def _in_period(self, query: Query, user_id: int, rule_id: int) -> list[int] | None:
        if not query.text("periodId"):
            return None
        period_id = as_id(query.text("periodId"))
        if period_id is None or not period_exists(rule_id, period_id):
            raise Refused(self._dataset.error_responses.v3(310019))
        rows = self._dataset.look_up("events", user_id, rule_id).rows
        return [row for row in rows if period_of(rule_id, row) == period_id]
