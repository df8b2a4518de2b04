"""Targets, the customers enrolled in them, and the events that count towards them.

Tests can rely on these rules for ids:

* A target rule whose id ends in 404 does not exist (310018). All others do, for every customer.
* The last digit of the customer's id decides the number of events: 0: none, which is error 310149;
  7: from 120 to 319; any other: from 1 to 24. The exact number depends on both ids.
* The ids of a rule's periods are the rule's id times 100, and the 99 numbers after it. Each period has five events, the
  last one all others.
* Rules whose half is odd send the newer `…ISO` dates too.
"""

from decimal import Decimal
from functools import lru_cache
from typing import Any, Final

import attrs

from capillary_async.sandbox.seeded_random import SeededRandom
from capillary_async.sandbox.wire import Dates, Json, moment

_FIRST_EVENT: Final = moment("2025-01-09")
_CREATED: Final = moment("2024-08-09")
_DAY: Final = 86_400
_PERIODS: Final = 100
_EVENTS_A_PERIOD: Final = 5
CATALOGUE: Final = tuple(range(79_190, 79_206))
ENROLMENTS: Final = ("TRANSACTION", "IMPORT", "AUDIENCE_FILTER")
_TYPES: Final = ("GROSS_SALES", "SALES", "COUNT", "QUANTITY", "VISIT", "SUM", "ALL")
_ENTITIES: Final = ("TRANSACTION", "LINEITEM", "EVENT", "REWARDS")
_FILTERS: Final = ("STORE", "ZONE", "CONCEPT")
_EVENT_NAMES: Final = (*["ADD_TRANSACTION"] * 5, "RETURN_BILL", "GENERIC_EVENT", "GENERIC_EVENT", "ENROL", "UNENROL")
_ALWAYS: Final = '\n{\n  "arity":"literal",\n  "value":"true",\n  "type":"boolean:primitive"\n}'
_BASKET: Final = (
    '\n{\n  "arity":"binary_operation",\n  "value":">",\n  "type":"boolean:primitive",\n  "operands":[\n'
    '    {\n      "arity":"name",\n      "value":"basketAmount",\n      "type":"real:object:primitive"\n    },\n'
    '    {\n      "arity":"literal",\n      "value":"25",\n      "type":"number:primitive"\n    }\n  ]\n}'
)


def rule_exists(rule_id: int) -> bool:
    """Return whether there is a target rule with this id."""
    return rule_id % 1000 != 404


def has_twins(rule_id: int) -> bool:
    """Return whether a rule's answers have the newer `…ISO` dates."""
    return rule_id // 2 % 2 == 1


def period_of(rule_id: int, row: int) -> int:
    """Return the id of the period of a rule's event."""
    return rule_id * _PERIODS + min(max(row // _EVENTS_A_PERIOD, 0), _PERIODS - 1)


def period_exists(rule_id: int, period_id: int) -> bool:
    """Return whether a rule has a period."""
    return period_id // _PERIODS == rule_id


def target_group_of(rule_id: int) -> int:
    """Return the id of a rule's group; each group has three rules."""
    return 1_000 + rule_id // 3


@attrs.frozen
class Events:
    """Makes tracked target events.

    Attributes:
        seed: The seed of the sandbox.
        dates: Formats the dates.
        rows: The cached rows, by user, target rule and position.
        most_rows: The cache is cleared when it has this number of rows.
    """

    seed: int
    dates: Dates
    rows: dict[tuple[int, int, int], Json] = attrs.field(factory=dict[tuple[int, int, int], Json])
    most_rows: int = 20_000

    def count(self, user_id: int, rule_id: int) -> int:
        """Return the number of a customer's events for a rule."""
        last = rule_id % 10
        if last == 0:
            return 0
        random = SeededRandom(self.seed, "events", user_id, rule_id)
        return 120 + random.below(200) if last == 7 else 1 + random.below(24)

    def event_id(self, user_id: int, rule_id: int, row: int) -> int:
        """Return the `eventLogId` of an event; it grows with the row."""
        return _first_event_id(self.seed, user_id, rule_id) + row * 37 + row % 11

    def row(self, user_id: int, rule_id: int, row: int) -> Json:
        """Return one event."""
        key = (user_id, rule_id, row)
        written = self.rows.get(key)
        if written is None:
            if len(self.rows) >= self.most_rows:
                self.rows.clear()
            written = self.rows[key] = self._written(*key)
        return written

    def _written(self, user_id: int, rule_id: int, row: int) -> Json:
        random = SeededRandom(self.seed, "event", user_id, rule_id, row)
        name = random.pick(_EVENT_NAMES)
        is_generic = name == "GENERIC_EVENT"
        shown_as = '"sandboxBehaviour"' if is_generic else "null"
        # Several events share an hour, as in the samples.
        happened = _FIRST_EVENT + (row * 7200 + random.below(7200)) // 3600 * 3600 + 12
        processed = happened + random.below(5) * 3600 if is_generic else happened
        twins = (
            f'"eventDateISO":"{self.dates.iso(happened)}","eventProcessedDateISO":"{self.dates.iso(processed)}",'
            if has_twins(rule_id)
            else ""
        )
        # Not written by `to_json`, because 90% of the requests of a bulk run ask for events.
        return Json(
            f'{{"eventLogId":{self.event_id(user_id, rule_id, row)},"eventName":"{name}","customerId":{user_id},'
            f'"eventDisplayName":{shown_as},'
            f'"uniqueId":"{_uuid(random) if is_generic else 880_000_000 + random.below(2_000_000)}",'
            f'"eventDate":"{self.dates.naive(happened)}","eventProcessedDate":"{self.dates.naive(processed)}",{twins}'
            f'"periodId":{period_of(rule_id, row)},"targetGroupId":{target_group_of(rule_id)},'
            f'"targetRuleId":{rule_id},"targetValue":{_value(random, name)}}}'
        )


@lru_cache(maxsize=1_000)
def _first_event_id(seed: int, user_id: int, rule_id: int) -> int:
    return 600_000_000 + SeededRandom(seed, "log", user_id, rule_id).below(9_000_000_000)


def _uuid(random: SeededRandom) -> str:
    digits = f"{random.below(2**64):016x}{random.below(2**64):016x}"
    return "-".join((digits[:8], digits[8:12], f"4{digits[13:16]}", f"a{digits[17:20]}", digits[20:]))


def _value(random: SeededRandom, name: str) -> int | Decimal:
    if name == "GENERIC_EVENT":
        return Decimal("1.000")
    if name in {"ENROL", "UNENROL"}:
        return 0
    # The samples have both integers and decimals with up to three places.
    amount = (random.below(9) * 500 + 500) if random.one_in(2) else random.amount(4_000, 1 + random.below(3))
    return -amount if name == "RETURN_BILL" else amount


@attrs.frozen
class Targets:
    """Makes targets and target groups."""

    seed: int
    dates: Dates

    def enrolled(self, user_id: int) -> tuple[int, ...]:
        """Return the ids of a customer's rules, lowest first; empty for some customers."""
        random = SeededRandom(self.seed, "enrolled", user_id)
        first, how_many = random.below(len(CATALOGUE) - 5), random.below(6)
        return CATALOGUE[first : first + how_many]

    def created(self, rule_id: int) -> int:
        """Return the moment at which a target was created."""
        return _CREATED + rule_id % 400 * _DAY + SeededRandom(self.seed, "created", rule_id).below(_DAY)

    def enrolment(self, rule_id: int) -> str:
        """Return how customers are enrolled in a target."""
        return ENROLMENTS[rule_id % 3]

    def is_user_created(self, rule_id: int) -> bool:
        """Return whether a customer created the target."""
        return rule_id % 5 == 1

    def target(self, rule_id: int) -> dict[str, Any]:
        """Return a target."""
        random = SeededRandom(self.seed, "target", rule_id)
        is_always = random.one_in(2)
        optional = {"description": f"Invented target {rule_id}", "eventName": "TransactionAdd"}
        return {
            "id": rule_id,
            "attribution": self.attribution(rule_id),
            "name": f"Sandbox target {rule_id}",
            "emfRuleSetId": 2_030_000 + rule_id,
            "emfUnrolledRulesetId": 2_029_999 + rule_id,
            "targetType": _TYPES[rule_id % len(_TYPES)],
            "targetEntity": _ENTITIES[rule_id % len(_ENTITIES)],
            **(optional if rule_id % 4 == 0 else {}),
            "targetGroupId": target_group_of(rule_id),
            "active": True,
            "expression": "true" if is_always else "currentTxn.basketAmountSumNonDiscounted>25",
            "expressionJson": _ALWAYS if is_always else _BASKET,
            "filters": self._filters(random, rule_id),
            "enrolmentMethod": self.enrolment(rule_id),
            # Documented as an array, but the API sends an object with the period's id as key.
            "targetPeriodDefaultValuesMap": self._default_values(rule_id) if rule_id % 2 else {},
        }

    def attribution(self, rule_id: int) -> dict[str, Any]:
        """Return who created a target or a target group, and when."""
        random = SeededRandom(self.seed, "attribution", rule_id)
        created, updated = self.created(rule_id), self.created(rule_id) + random.below(90) * _DAY
        twins = {"createdOnISO": self.dates.iso(created), "lastUpdatedOnISO": self.dates.iso(updated)}
        return {
            "createdOn": self.dates.millis(created),
            "lastUpdatedOn": self.dates.millis(updated),
            **(twins if has_twins(rule_id) else {}),
            "lastUpdatedBy": self._author(random),
            "createdBy": self._author(random),
        }

    def _author(self, random: SeededRandom) -> dict[str, Any]:
        return {
            "id": random.pick((4, 75_015_489)),
            "code": random.pick(("First", "", None)),
            "description": random.pick(("", None)),
            "name": "Sandbox Admin",
            "type": "ADMIN_USER",
        }

    def _filters(self, random: SeededRandom, rule_id: int) -> list[dict[str, Any]]:
        return [
            {
                "entityType": kind,
                "entityIds": sorted(75_000_000 + random.below(90_000) for _ in range(2 + random.below(9))),
            }
            for kind in _FILTERS[: rule_id % 4]
        ]

    def _default_values(self, rule_id: int) -> dict[str, Any]:
        period_id = period_of(rule_id, 0)
        return {str(period_id): {"id": 129_405, "periodId": period_id, "defaultValue": Decimal("1.0")}}
