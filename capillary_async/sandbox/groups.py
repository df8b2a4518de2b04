"""User groups: members, trackers and search.

A user group whose id ends in 404 does not exist (1645). For a group whose id ends in 599 the server fails to fetch the
trackers (1099).
"""

from decimal import Decimal
from typing import Any, Final

import attrs

from capillary_async.sandbox.cards import cards
from capillary_async.sandbox.people import People, as_id
from capillary_async.sandbox.seeded_random import SeededRandom
from capillary_async.sandbox.wire import Dates, Json, moment, to_json

_JOINED: Final = moment("2026-02-12")
_UPDATED: Final = moment("2025-04-24")
_DAY: Final = 86_400
_PERMISSIONS: Final = (
    "allow_points_redemption",
    "block_points_redemption",
    "allow_points_transfer",
    "block_points_transfer",
)
_TRACKER_TYPES: Final = (
    "BILL_AMOUNT",
    "BILL_TOTAL_QTY",
    "LINEITEM_AMOUNT",
    "LINEITEM_QTY",
    "LINEITEM_COUNT",
    "CUSTOMER_VISITS",
    "POINTS",
    "ALTERNATE_CURRENCIES",
)


def group_exists(group_id: int) -> bool:
    """Return whether there is a user group with this id."""
    return group_id % 1000 != 404


@attrs.frozen
class UserGroups:
    """Makes user groups, their members and their trackers."""

    seed: int
    dates: Dates
    people: People

    def group_named(self, kind: str, value: str) -> int | None:
        """Return the id of the group with an identifier, or `None`."""
        if kind == "primaryUserId":
            user_id = as_id(value)
            return None if user_id is None else self.customer_group_id(user_id, 0)
        group_id = as_id(value.removeprefix("group-") if kind == "externalId" else value)
        return group_id if group_id is not None and group_exists(group_id) else None

    # -- members ---------------------------------------------------------------------------------

    def member_count(self, group_id: int) -> int:
        """Return the number of a group's members."""
        return 1 + SeededRandom(self.seed, "members", group_id).below(40)

    def member_id(self, group_id: int, row: int) -> int:
        """Return the `fleetUserId` of a member: a customer's id."""
        # The ids end in 001, so each of them is a customer.
        return 1_000 * (SeededRandom(self.seed, "member", group_id).below(900_000) + row + 100_000) + 1

    def member_joined(self, row: int) -> int:
        """Return when a member joined; after the primary member, the newest members are first."""
        return _JOINED - max(row, 0) * _DAY

    def member(self, group_id: int, row: int, *, has_cards: bool = False, has_status: bool = False) -> Json:
        """Return a member."""
        person = self.people.person(self.member_id(group_id, row))
        random = SeededRandom(self.seed, "role", group_id, row)
        optional: dict[str, Any] = {"roleCode": "DRIVER"} if row % 3 == 1 else {}
        if has_cards:
            optional["cards"] = cards(self.seed, self.dates, person, has_status=has_status)
        return to_json(
            {
                "fleetUserId": person.id,
                "firstName": person.first_name,
                "lastName": person.last_name if row % 4 else "",
                "joinedOn": self.dates.day(self.member_joined(row)),
                "permissions": ",".join((random.pick(_PERMISSIONS[:2]), random.pick(_PERMISSIONS[2:]))),
                "pointsContributed": random.amount(500, 1 + random.below(3)),
                "email": person.email,
                "mobile": person.mobile,
                "role": "SECONDARY" if row else "PRIMARY",
                **optional,
                "identifiers": [{"type": kind, "value": value} for kind, value in person.identifiers.items()],
                "inActive": random.one_in(5),
                "primaryMember": row == 0,
            }
        )

    # -- trackers --------------------------------------------------------------------------------

    def tracker_count(self, owner: str, owner_id: int) -> int:
        """Return the number of trackers of a group or a customer."""
        return SeededRandom(self.seed, "trackers", owner, owner_id).below(9)

    def tracker_key(self, owner: str, owner_id: int, row: int) -> tuple[int, int]:
        """Return a tracker's `id` and `conditionId`; two trackers in a row share the `id`."""
        random = SeededRandom(self.seed, "tracker", owner, owner_id)
        return 12_000 + random.below(900) + row // 2, 600 + random.below(300) + row

    def tracker(self, owner: str, owner_id: int, row: int) -> Json:
        """Return a tracker."""
        number, condition = self.tracker_key(owner, owner_id, row)
        random = SeededRandom(self.seed, "value", owner, owner_id, row)
        kind = _TRACKER_TYPES[(owner_id + row) % len(_TRACKER_TYPES)]
        start = _UPDATED + random.below(_DAY)
        value: int | Decimal = random.below(3) if random.one_in(2) else random.amount(90_000, 1 + random.below(3))
        return to_json(
            {
                "id": number,
                "name": f"Tracker {number}",
                "conditionId": condition,
                "type": kind,
                "value": value,
                "updatedOn": self.dates.iso(start + random.below(90) * _DAY),
                "conditionName": f"{kind.title().replace('_', '')}_Tracker",
                "periodStartDate": self.dates.iso(start),
                "periodEndDate": self.dates.iso(moment("2125-04-24") + _DAY - 1),
            }
        )

    # -- search ----------------------------------------------------------------------------------

    def found_count(self, name: str) -> int:
        """Return the number of groups that a search finds; one for a group's id."""
        group_id = as_id(name)
        if group_id is not None:
            return int(group_exists(group_id))
        return 1 + SeededRandom(self.seed, "search", name).below(30)

    def found_id(self, name: str, row: int) -> int:
        """Return the id of a group that a search finds."""
        if row == 0 and (group_id := as_id(name)) is not None:
            return group_id
        return 51_000 + SeededRandom(self.seed, "found", name).below(900_000) * 1_000 + 10 * (row + 1_000)

    def found(self, name: str, row: int) -> Json:
        """Return a group in the form of the search."""
        group_id = self.found_id(name, row)
        primary = self.people.person(self.member_id(group_id, 0))
        return to_json(
            {
                "groupId": group_id,
                "groupName": f"{name} {row}" if as_id(name) is None else f"Sandbox family {group_id}",
                "groupStatus": ("ACTIVE", "ACTIVE", "INACTIVE")[row % 3],
                "groupExternalId": f"group-{group_id}",
                "firstName": primary.first_name,
                "lastName": primary.last_name,
                "primaryMemberId": primary.id,
                "email": primary.email,
                "mobile": primary.mobile,
                "totalMembers": self.member_count(group_id),
                "extendedFields": {"platinum": 25} if row % 2 else {},
            }
        )

    # -- a customer's groups ---------------------------------------------------------------------

    def customer_group_count(self, customer_id: int) -> int:
        """Return the number of a customer's groups."""
        return SeededRandom(self.seed, "groups", customer_id).below(8)

    def customer_group_id(self, customer_id: int, row: int) -> int:
        """Return the id of one of a customer's groups."""
        return 3_900_000 + SeededRandom(self.seed, "group", customer_id).below(90_000) * 1_000 + row + 100

    def customer_group_joined(self, row: int) -> int:
        """Return the moment at which a customer joined a group; the latest comes first."""
        return _JOINED - row * _DAY

    def customer_group(self, customer_id: int, row: int, *, has_loyalty: bool = False) -> Json:
        """Return one of a customer's groups.

        No document shows this form. It combines the document of the group and the `userGroup2` of a transaction.
        """
        group_id = self.customer_group_id(customer_id, row)
        random = SeededRandom(self.seed, "of", customer_id, row)
        points = {"redeemed": Decimal("0.0"), "loyaltyPoints": random.amount(9_000, 3), "currentSlab": "Topaz"}
        return to_json(
            {
                "id": group_id,
                "externalId": f"group-{group_id}",
                "groupStatus": "ACTIVE",
                "groupName": f"Sandbox family {group_id}",
                "maxGroupSize": 6,
                "lifeTimePurchases": random.amount(90_000, 3),
                "primaryUserId": customer_id if row % 2 == 0 else self.member_id(group_id, 0),
                "joinedOn": self.dates.iso(self.customer_group_joined(row)),
                **({"loyaltyDetails": [points]} if has_loyalty else {}),
            }
        )
