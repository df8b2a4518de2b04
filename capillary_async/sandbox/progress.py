"""The progress of customers with targets, and target groups with their periods and rules.

Tests can rely on these rules:

* A target group has three rules: those whose ids, divided by 3, are the group's id less 1,000. A group whose id ends in
  404 does not exist (310017).
* The achieved value in a period is the sum of its events. The running period is the last one with events.
"""

import json
from decimal import Decimal
from typing import Any, Final

import attrs

from capillary_async.sandbox.people import Person
from capillary_async.sandbox.targets import CATALOGUE, Events, Targets, period_of, rule_exists, target_group_of
from capillary_async.sandbox.wire import Dates, moment

_STARTED: Final = moment("2025-01-09")
_DAY: Final = 86_400
_TARGET: Final = Decimal("5000.0")
_TILL: Final = 75_046_500


def group_exists(group_id: int) -> bool:
    """Return whether there is a target group with this id."""
    return group_id > 1_000 and group_id % 1_000 != 404 and bool(rules_of(group_id))


def rules_of(group_id: int) -> tuple[int, ...]:
    """Return the ids of a group's rules."""
    first = (group_id - 1_000) * 3
    return tuple(rule_id for rule_id in range(first, first + 3) if rule_id > 0 and rule_exists(rule_id))


@attrs.frozen
class Progress:
    """Makes progress, and target groups with their periods and rules."""

    dates: Dates
    events: Events
    targets: Targets

    def groups(self, person: Person, rules: tuple[int, ...], *, all_periods: bool, is_v31: bool) -> dict[str, Any]:
        """Return a customer's target groups.

        Args:
            person: The customer.
            rules: The requested rules.
            all_periods: Whether to include periods that are over.
            is_v31: Whether the answer has the keys of v3.1.
        """
        groups: dict[int, list[dict[str, Any]]] = {}
        for rule_id in rules:
            shown = self._periods(person.id, rule_id, is_v31=is_v31)
            groups.setdefault(target_group_of(rule_id), []).extend(shown if all_periods else shown[-1:])
        return {
            "userId": person.id,
            "customer": self._customer(person),
            "targetGroups": [self._group(group_id, targets) for group_id, targets in groups.items()],
        }

    def _customer(self, person: Person) -> dict[str, Any]:
        channel = {
            "type": "mobile",
            "accountId": None,
            "value": person.mobile,
            "primary": False,
            "verified": False,
            "subscribed": None,
            "attributes": None,
        }
        profile = {
            "firstName": person.first_name,
            "lastName": person.last_name,
            "commChannels": [channel],
            "source": "instore",
            "accountId": "",
            "userId": person.id,
            "orgSourceId": -1,
        }
        return {"id": person.id, "profiles": [profile], "customFields": {}}

    def _group(self, group_id: int, targets: list[dict[str, Any]]) -> dict[str, Any]:
        streak = {
            "userStreakId": group_id,
            "streakId": 19,
            "streakName": f"Sandbox streak {group_id}",
            "status": "INPROGRESS",
            "currentCount": 1,
            "totalTargetCountOfSequence": 5,
        }
        is_streak = group_id % 4 == 0
        return {
            "id": group_id,
            "attribution": self.targets.attribution(group_id),
            "name": f"Sandbox group {group_id}",
            "preferredTillId": _TILL,
            "targets": targets,
            **({"streaks": [streak]} if is_streak else {}),
            "targetEvaluationType": "FIXED_CALENDAR_WINDOW",
            "trackingType": "STREAKS" if is_streak else "DEFAULT",
        }

    def _periods(self, user_id: int, rule_id: int, *, is_v31: bool) -> list[dict[str, Any]]:
        """Return a rule's target in each period that has started; the last one is running."""
        achieved: dict[int, Decimal] = {}
        for row in range(self.events.count(user_id, rule_id)):
            event = json.loads(self.events.row(user_id, rule_id, row), parse_float=Decimal)
            achieved[event["periodId"]] = achieved.get(event["periodId"], Decimal(0)) + event["targetValue"]
        periods = sorted(achieved) or [period_of(rule_id, 0)]
        return [
            {
                **self._target_document(rule_id, period_id, achieved.get(period_id)),
                "currentPeriod": period_id == periods[-1],
                **(self._newer(user_id) if is_v31 else {}),
                "milestones": self._milestones(period_id, achieved.get(period_id)) if rule_id % 2 else None,
            }
            for period_id in periods
        ]

    def _target_document(self, rule_id: int, period_id: int, achieved: Decimal | None) -> dict[str, Any]:
        start, end = self._stretch(period_id)
        definition = self.targets.target(rule_id)
        return {
            # No event counted yet, so the API has no record of the customer and the target.
            "targetId": None if achieved is None else 9_000_000_000 + period_id,
            "periodId": period_id,
            "periodRefCode": f"Cycle_{period_id % 100 + 1}",
            "periodStartDate": self.dates.day(start),
            "periodEndDate": self.dates.day(end),
            "targetValue": _TARGET,
            "targetAchievedValue": 0 if achieved is None else achieved,
            "targetName": definition["name"],
            "targetType": definition["targetType"],
            "targetEntity": definition["targetEntity"],
            "targetRuleId": rule_id,
            "enrolledOn": self.dates.millis(self.targets.created(rule_id)),
            "eventName": "TransactionAdd",
            # The `Z` is wrong: the times are midnight in the cluster's time zone, as in the samples from India.
            "periodStartDateWithTimeStamp": f"{self.dates.day(start)}T00:00:00.000Z",
            "periodEndDateWithTimeStamp": f"{self.dates.day(end)}T23:59:59.000Z",
        }

    def _newer(self, user_id: int) -> dict[str, Any]:
        return {
            "programId": None,
            "alternateCurrencyIdentifier": None,
            "alternateCurrencyName": None,
            "lastUpdatedOn": self.dates.millis(_STARTED + user_id % 90 * _DAY),
            "targetAchievedDateTime": None,
            "targetAchievedEventLogId": None,
            "unEnrolled": False,
        }

    def _milestones(self, period_id: int, achieved: Decimal | None) -> list[dict[str, Any]]:
        return [
            {
                "id": period_id * 10 + step,
                "triggerName": str(1_000 * step),
                "triggerValue": Decimal(1_000 * step) + Decimal("0.0"),
                "isAchieved": (achieved or 0) >= 1_000 * step,
            }
            for step in (1, 3)
        ]

    def _stretch(self, period_id: int) -> tuple[int, int]:
        start = _STARTED + period_id % 100 * 10 * _DAY
        return start, start + 9 * _DAY

    # -- groups ----------------------------------------------------------------------------------

    def catalogue(self) -> tuple[int, ...]:
        """Return the ids of all target groups."""
        return tuple(sorted({target_group_of(rule_id) for rule_id in CATALOGUE}))

    def definition(self, group_id: int, *, has_periods: bool) -> dict[str, Any]:
        """Return a target group."""
        start, end = _STARTED, _STARTED + 999 * _DAY
        is_streak = group_id % 4 == 0
        streak = {
            "id": 19,
            "attribution": self.targets.attribution(group_id),
            "targetGroupId": group_id,
            "name": f"Sandbox streak {group_id}",
            "targetCountOfSequence": 5,
        }
        return {
            "id": group_id,
            "attribution": self.targets.attribution(group_id),
            "orgId": 100_737,
            "name": f"Sandbox group {group_id}",
            "active": True,
            "preferredTillId": _TILL,
            "activePeriod": self.period(group_id, 0),
            "totalPeriods": 3,
            "description": f"Invented group {group_id}",
            "targetEvaluationType": "FIXED_CALENDAR_WINDOW",
            "recurringCycles": -1,
            "frequency": 0,
            "targetCycleStartDate": self.dates.iso(start),
            "targetCycleEndDate": self.dates.iso(end),
            "frequencyType": "MONTHLY",
            "trackingType": "STREAKS" if is_streak else "DEFAULT",
            "createdOn": start * 1000,
            "targets": self.rules(group_id),
            "streaks": [streak] if is_streak else [],
            "leaderboardEnabled": False,
            "userCreated": any(map(self.targets.is_user_created, rules_of(group_id))),
            **({"periods": self.periods(group_id)} if has_periods else {}),
        }

    def periods(self, group_id: int) -> list[dict[str, Any]]:
        """Return the first periods of each rule of a target group."""
        return [self.period(group_id, number) for number in range(3)]

    def period(self, group_id: int, number: int) -> dict[str, Any]:
        """Return a period of a target group."""
        period_id = period_of(rules_of(group_id)[0], 0) + number
        start, end = self._stretch(period_id)
        return {
            "id": period_id,
            "attribution": self.targets.attribution(group_id),
            "startDate": self.dates.day(start),
            "endDate": self.dates.day(end),
            "refCode": f"Cycle_{number + 1}",
            "periodStatus": "RUNNING" if number == 0 else "UPCOMING",
            "targetGroupId": group_id,
            "active": True,
        }

    def rules(self, group_id: int) -> list[dict[str, Any]]:
        """Return the rules of a target group."""
        return [self._rule(rule_id) for rule_id in rules_of(group_id)]

    def _rule(self, rule_id: int) -> dict[str, Any]:
        target = self.targets.target(rule_id)
        return {
            **target,
            "defaultValues": [*target["targetPeriodDefaultValuesMap"].values()],
            "targetMilestoneTriggers": [],
            "extendedFieldInfo": {"name": "points", "aggregateFunction": "SUM"},
        }
