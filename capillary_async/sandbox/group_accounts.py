"""The points, tiers and gaps of user groups.

A group's tier depends on its id, as a customer's does, and its points on its transactions.
"""

from decimal import Decimal
from typing import Any, Final

import attrs

from capillary_async.sandbox.accounts import DEFAULT_PROGRAM, NOTHING, Accounts
from capillary_async.sandbox.groups import UserGroups
from capillary_async.sandbox.loyalty import (
    TIERS,
    expiry_schedule,
    points_summary,
    renewal,
    tier,
    upgrade_strategies,
)
from capillary_async.sandbox.people import People
from capillary_async.sandbox.queries import Query
from capillary_async.sandbox.wire import Dates, moment

_CREATED: Final = moment("2025-11-03")
_CHANGED: Final = moment("2025-12-01")
_MONTH: Final = 30 * 86_400
# Number of months that every group kept the tier before the last one.
_RENEWALS: Final = 21


@attrs.frozen
class GroupAccounts:
    """Makes complete user groups."""

    dates: Dates
    accounts: Accounts
    people: People
    groups: UserGroups

    def details(self, group_id: int, query: Query) -> dict[str, Any]:
        """Return a user group with the requested parts."""
        members = [self.groups.member_id(group_id, row) for row in range(self.groups.member_count(group_id))]
        account, upgrade, renew = (
            self.people.person(group_id),
            query.days("gapToUpgradeFor"),
            query.days("gapToRenewFor"),
        )
        return {
            "id": group_id,
            "externalId": f"group-{group_id}",
            "groupStatus": "ACTIVE",
            "fleetGroupUsers": [self._membership(group_id, row, member) for row, member in enumerate(members)],
            "createdBy": 75_155_297,
            "createdOn": self.dates.iso(_CREATED),
            "groupName": f"Sandbox family {group_id}",
            "maxGroupSize": 60,
            "lifeTimePurchases": self.accounts.account(group_id).purchases,
            **({"expiredPoints": []} if query.flag("expiredPoints") else {}),
            **(
                {"expirySchedules": expiry_schedule(self.accounts, self.dates, account)}
                if query.flag("expirySchedules")
                else {}
            ),
            **(
                {}
                if upgrade is None
                else {"gapToUpgrade": upgrade_strategies(self.accounts, self.dates, account, upgrade)}
            ),
            **({} if renew is None else {"gapToRenew": self._renewal(group_id, renew)}),
            "totalActiveMembers": len(members),
            "totalExitedMembers": 0,
            **({"pointsSummaries": [self._summary(group_id)]} if query.flag("programDetails") else {}),
            **({"companyDetails": {}} if query.flag("companyDetails") else {}),
            "extendedFields": {"ug_status": "Active"},
            "warnings": [{"status": False, "code": 1656, "message": "Fleet group do not have a mapped hierarchy"}],
        }

    def _membership(self, group_id: int, row: int, member: int) -> dict[str, Any]:
        return {
            "userId": member,
            "groupId": group_id,
            "defaultGroup": True,
            "primaryMember": row == 0,
            "active": True,
        }

    def _renewal(self, group_id: int, days: int) -> dict[str, Any]:
        empty: dict[str, Any] = {"renewConfirmed": False, "renewStrategies": []}
        return renewal(self.accounts.seed, self.dates, self.people.person(group_id), days) or empty

    def _summary(self, group_id: int) -> dict[str, Any]:
        group, account = self.people.person(group_id), self.accounts.account(group_id)
        number, title = DEFAULT_PROGRAM
        points = points_summary(self.accounts, self.dates, group)
        # In place of these two keys, a group has its id and its money beside the programs.
        del points["loyaltyId"], points["cumulativePurchases"]
        return {
            **points,
            "userGroup2Id": group_id,
            "currentSlabDescription": f"Tier {tier(group) + 1}",
            "programId": number,
            "delayedPoints": account.delayed,
            "delayedReturnedPoints": NOTHING,
            "delayedExpiredPoints": NOTHING,
            "totalAvailablePoints": account.available + account.delayed,
            "totalReturnedPoints": account.returned,
            "linkedPartnerPrograms": [],
            "programTitle": title,
            "programDescription": f"{title} of the sandbox",
            "programPointsToCurrencyRatio": Decimal("1.0"),
            "upgradeStrategies": upgrade_strategies(self.accounts, self.dates, group, 0),
            "pointsContributionToGroup": NOTHING,
        }

    def slab_history(self, group_id: int, start: int | None, end: int | None) -> list[dict[str, Any]]:
        """Return the changes and renewals of a group's tier, the newest first."""
        current = tier(self.people.person(group_id))
        steps = [*((step, step + 1) for step in range(current)), *[(current, current)] * _RENEWALS]
        first = _CHANGED - len(steps) * _MONTH
        changes = [(first + number * _MONTH, *step) for number, step in enumerate(steps)]
        shown = [change for change in changes if (start or 0) <= change[0] and (end is None or change[0] < end)]
        return [self._change(*change) for change in reversed(shown)]

    def _change(self, when: int, before: int, after: int) -> dict[str, Any]:
        store = {
            "id": 13_027_244,
            "code": "sbx123",
            "description": "Sandbox Store",
            "name": "Sandbox Store",
            "type": "STORE",
            "adminType": "GENERAL",
            "isOrgUnit": False,
        }
        return {
            "fromSlabNumber": before + 1,
            "toSlabNumber": after + 1,
            "from": TIERS[before],
            "to": TIERS[after],
            "changedOn": self.dates.iso(when),
            "notes": "Kept" if before == after else f"Upgrading to Slab : Slab[{after + 1}]",
            "tillId": 13_027_245,
            "store": store,
            "type": "RENEW" if before == after else "UPGRADE",
            "programId": DEFAULT_PROGRAM[0],
        }
