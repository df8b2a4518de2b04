"""Loyalty promotions, which replace targets for viewing milestones."""

from typing import Any, Final

import attrs

from capillary_async.sandbox.seeded_random import SeededRandom
from capillary_async.sandbox.wire import Dates, moment

PROMOTION_COUNT: Final = 25
_STARTED: Final = moment("2025-11-27")
_DAY: Final = 86_400
_STATUSES: Final = ("DRAFT", "ACTIVE", "PAUSED", "PENDING_APPROVAL", "LIVE", "UPCOMING")


def promotion_status(row: int) -> str:
    """Return a promotion's status."""
    return _STATUSES[row % len(_STATUSES)]


def promotion_name(row: int) -> str:
    """Return a promotion's name."""
    return f"Sandbox promotion {row}"


@attrs.frozen
class Promotions:
    """Writes promotions, in the shape of the documented single one."""

    seed: int
    dates: Dates

    def promotion_id(self, row: int) -> str:
        """Return a promotion's id: 24 hexadecimal digits."""
        return f"69{SeededRandom(self.seed, 'promotion', row).below(2**64):016x}{row % 2**24:06x}"

    def promotion(self, row: int) -> dict[str, Any]:
        """Write a promotion."""
        started = _STARTED + row * _DAY
        return {
            "id": self.promotion_id(row),
            "metadata": {
                "name": promotion_name(row),
                "description": f"Invented promotion {row}",
                "programId": "983",
                "orgId": 100_737,
                "startDate": self.dates.iso(started),
                "endDate": self.dates.iso(started + 30 * _DAY - 1),
                "timezoneName": self.dates.zone.key,
                "promotionType": "LOYALTY",
                "status": promotion_status(row),
                "promoIdentifier": None,
                "promotionId": 0,
                "createdOn": self.dates.iso(started - 28 * _DAY),
                "lastModifiedOn": self.dates.iso(started - 7 * _DAY),
            },
        }
