"""Loyalty promotions, and the promotions of customers.

Tests can rely on these rules:

* A promotion that is a draft or waits for approval has no number, and no customer has it.
* A customer has the first promotions with a number: at most 30, depending on the id.
"""

from typing import Any, Final

import attrs

from capillary_async.sandbox.accounts import DEFAULT_PROGRAM
from capillary_async.sandbox.seeded_random import SeededRandom
from capillary_async.sandbox.targets import CATALOGUE, period_of, target_group_of
from capillary_async.sandbox.wire import Dates, moment

PROMOTION_COUNT: Final = 45
STATUSES: Final = ("DRAFT", "ACTIVE", "PAUSED", "PENDING_APPROVAL", "LIVE", "UPCOMING")
KNOWN_STATUSES: Final = frozenset((*STATUSES, "STOPPED", "SNAPSHOT", "COMPLETED", "PUBLISH_FAILED"))
ENROLLMENT_STATUSES: Final = (
    "PENDING_ENROLLMENT",
    "PENDING_OPT_IN",
    "AVAILABLE_TO_REDEEM",
    "REDEEMED",
    "EXPIRED",
)
_UNPUBLISHED: Final = frozenset(("DRAFT", "PENDING_APPROVAL"))
_FIRST_NUMBER: Final = 126_000
_STARTED: Final = moment("2025-11-27")
_DAY: Final = 86_400


def promotion_status(row: int) -> str:
    """Return a promotion's status."""
    return STATUSES[row % len(STATUSES)]


def promotion_name(row: int) -> str:
    """Return a promotion's name."""
    return f"Sandbox promotion {row}"


def promotion_number(row: int) -> int:
    """Return the number of a promotion; 0 before it is published."""
    return 0 if promotion_status(row) in _UNPUBLISHED else _FIRST_NUMBER + row


PUBLISHED: Final = tuple(row for row in range(PROMOTION_COUNT) if promotion_number(row))


@attrs.frozen
class Promotions:
    """Makes the documents of promotions."""

    seed: int
    dates: Dates

    def promotion_id(self, row: int) -> str:
        """Return a promotion's id: 24 hexadecimal digits."""
        return f"69{SeededRandom(self.seed, 'promotion', row).below(2**64):016x}{row % 2**24:06x}"

    def row_of(self, promotion_id: str) -> int | None:
        """Return the row of a promotion with this id, or `None`."""
        rows = range(PROMOTION_COUNT)
        return next((row for row in rows if self.promotion_id(row) == promotion_id), None)

    def promotion(self, row: int) -> dict[str, Any]:
        """Return a promotion."""
        return {
            "metadata": self._metadata(row),
            "customerEnrolment": {"enrolmentMethod": "TRANSACTION", "customerEligibilityType": "ALL"},
            "activities": [self._activity(row)],
            "comments": None,
            "parentId": None,
            "parentDetails": None,
            "version": 1,
            "limits": [],
            "liabilityOwnerSplitInfo": [],
            "id": self.promotion_id(row),
            "workflowMetadata": {"enrolment": {"basedOn": None}, "optin": {"basedOn": None}},
            "communicationApprovalStatus": None,
        }

    def _metadata(self, row: int) -> dict[str, Any]:
        started = _STARTED + row * _DAY
        number = DEFAULT_PROGRAM[0]
        return {
            "name": promotion_name(row),
            "description": f"Invented promotion {row}",
            # A string in some samples, a number in others.
            "programId": str(number) if row % 2 else number,
            "orgId": 100_737,
            "startDate": self.dates.iso(started),
            "endDate": self.dates.iso(started + 30 * _DAY - 1),
            "timezoneName": self.dates.zone.key,
            "promotionType": "LOYALTY",
            "status": promotion_status(row),
            "promoIdentifier": None,
            "promotionId": promotion_number(row),
            "createdOn": self.dates.iso(started - 28 * _DAY),
            "lastModifiedOn": self.dates.iso(started - 7 * _DAY),
            "createdBy": 0,
            "lastModifiedBy": 0,
            "loyaltyEarningType": None,
            "version": None,
            "draftDetails": None,
            "loyaltyConfigMetaData": {
                "isStackable": False,
                "isConsideredForRanking": False,
                "isExclusive": False,
                "isAlwaysApply": False,
                "skipEarnedDateCheckOnRedeem": None,
            },
            "promotionMetadata": None,
            "commonStrategies": None,
            "promotionMode": "UNIFIED",
        }

    def _activity(self, row: int) -> dict[str, Any]:
        rule_id = self.rule_id(row)
        targets = {"targetGroupId": target_group_of(rule_id), "targetRuleIds": [rule_id]}
        milestone = {
            "name": f"{promotion_name(row)}~Milestone",
            "trackingType": "DEFAULT",
            "targetEvaluationType": "FIXED_CALENDAR_WINDOW",
            "frequencyType": "WEEKLY",
            "leaderboardEnabled": False,
            "targetEntity": "TRANSACTION",
            "targetType": "COUNT",
            "defaultValue": "3",
            "periods": [period_of(rule_id, 0)],
            **(targets if promotion_number(row) else {}),
        }
        activity = {
            "id": f"activity_{row}",
            "name": f"Activity {row}",
            "type": "SINGLE",
            "event": "TransactionAdd",
            "milestones": [milestone],
            "commonCycleActionMapping": [],
        }
        # Every third one is in a group.
        return {"id": f"group_{row}", "type": "GROUP", "children": [activity]} if row % 3 == 0 else activity

    def rule_id(self, row: int) -> int:
        """Return the target rule of a promotion's milestone."""
        return CATALOGUE[row % len(CATALOGUE)]

    # -- a customer's ----------------------------------------------------------------------------

    def member_count(self, member_id: int) -> int:
        """Return the number of a customer's promotions."""
        return SeededRandom(self.seed, "member", member_id).below(len(PUBLISHED) + 1)

    def member_promotion_id(self, member_id: int, row: int) -> int:  # noqa: ARG002  (the same for every customer)
        """Return the number of one of a customer's promotions."""
        return promotion_number(PUBLISHED[row % len(PUBLISHED)])

    def enrollment_status(self, member_id: int, row: int) -> str:
        """Return a customer's status in a promotion."""
        return ENROLLMENT_STATUSES[(member_id + row) % len(ENROLLMENT_STATUSES)]

    def member_promotion(self, member_id: int, row: int, *, is_full: bool = False) -> dict[str, Any]:
        """Return one of a customer's promotions; `is_full` adds the timeline of the enrolment."""
        number = PUBLISHED[row % len(PUBLISHED)]
        started = _STARTED + number * _DAY
        return {
            "promotionId": promotion_number(number),
            "promotionName": promotion_name(number),
            "programId": DEFAULT_PROGRAM[0],
            "startDateISO": self.dates.iso(started),
            "endDateISO": self.dates.iso(started + 30 * _DAY - 1),
            "timezoneName": self.dates.zone.key,
            "promotionIdentifier": f"sandbox-promotion-{number}",
            **({"unifiedPromotionId": self.promotion_id(number)} if is_full else {}),
            "description": f"Invented promotion {number}",
            "active": True,
            **(self._details(member_id, row, started) if is_full else {}),
        }

    def _details(self, member_id: int, row: int, started: int) -> dict[str, Any]:
        opt_in = {
            "optInId": 185_000 + row,
            "optInDateISO": self.dates.iso(started + _DAY),
            "optInExpiryDateISO": self.dates.iso(started + 30 * _DAY - 1),
            "optInEventLogId": 52_208_279 + row,
            "optInProcessingDateISO": self.dates.iso(started + _DAY),
            "active": True,
        }
        enrollment = {
            "enrollmentId": 222_000 + row,
            "enrollmentDateISO": self.dates.iso(started),
            "enrollmentExpiryDateISO": self.dates.iso(started + 30 * _DAY - 1),
            "enrollEventLogId": 52_208_266 + row,
            "active": True,
            "optInDetails": [opt_in] if self.enrollment_status(member_id, row) != "PENDING_OPT_IN" else [],
        }
        is_pending = self.enrollment_status(member_id, row) == "PENDING_ENROLLMENT"
        return {
            "promotionCustomFields": [{"key": "header", "value": str(row), "brandDefined": True}],
            "customerPromotionTimelines": [] if is_pending else [{"enrollmentDetails": [enrollment]}],
        }

    def actions(self, customer_id: int, row: int) -> dict[str, Any]:
        """Return what a promotion gave a customer."""
        issued = (_STARTED + row * _DAY) * 1000
        return {
            "incentives": [
                {
                    "activityId": f"activity_{row}",
                    "action": "REWARD",
                    "actionIssuedCount": 1,
                    "actionId": str(133_000 + row),
                    "lastIssuedOn": issued,
                }
            ],
            "points": [
                {
                    "pointsCategory": "REGULAR_POINTS",
                    "totalPointsIssued": f"{customer_id % 1_000}.000",
                    "numberOfTimesIssued": 1,
                    "lastIssuedOn": issued,
                }
            ],
            "alternateCurrencies": [],
        }
