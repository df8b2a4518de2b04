"""A customer's standing in the loyalty programs: tiers, points, and what the next tier takes."""

from decimal import Decimal
from typing import Any, Final

from capillary_async.sandbox.people import Person
from capillary_async.sandbox.seeded_random import SeededRandom
from capillary_async.sandbox.wire import Dates, moment

_TIERS: Final = ("Topaz", "Coral", "Garnet", "Diamond")
_PROGRAMS: Final = ((983, "Sandbox default program"), (1219, "Sandbox partner program"))
_STRATEGIES: Final = ("CUMULATIVE_PURCHASES", "TRACKER_VALUE_BASED", "CURRENT_POINTS", "CUMULATIVE_POINTS")
_PERIODS: Final = ("MOVING_WINDOW", "CYCLIC_WINDOW", "CALENDAR_BASED_CYCLIC_WINDOW", "TIER_CHANGE_WINDOW")
# Tiers that never end are given dates about a century ahead.
_NEVER: Final = moment("2121-11-10") + 86_399
_CHANGED: Final = moment("2025-03-26")
_DAY: Final = 86_400


def tier(person: Person) -> int:
    """Return the customer's tier, from 0, the base one."""
    return person.id % len(_TIERS)


def _points(draw: SeededRandom) -> Decimal:
    return draw.amount(9_000, draw.below(4))


def points_summary(seed: int, dates: Dates, person: Person) -> dict[str, Any]:
    """Write the points of the default program (`embed=points`)."""
    draw = SeededRandom(seed, "points", person.id)
    current = tier(person)
    is_last = current == len(_TIERS) - 1
    return {
        "redeemed": _points(draw),
        "expired": _points(draw),
        "returned": _points(draw),
        "adjusted": Decimal("0.0"),
        "lifetimePoints": _points(draw),
        "loyaltyPoints": _points(draw),
        "cumulativePurchases": draw.amount(90_000, 3),
        "loyaltyId": 52_000_000 + draw.below(900_000),
        "currentSlab": _TIERS[current],
        "nextSlab": "" if is_last else _TIERS[current + 1],
        "nextSlabSerialNumber": -1 if is_last else current + 2,
        "nextSlabDescription": "" if is_last else f"Tier {current + 2}",
        "slabSNo": current + 1,
        "slabExpiryDate": dates.iso(_NEVER),
    }


def programs(seed: int, dates: Dates, person: Person) -> list[dict[str, Any]]:
    """Write the customer's standing in every program (`embed=mlp`)."""
    return [
        {
            **points_summary(seed + number, dates, person),
            "programId": number,
            "delayedPoints": Decimal("0.0"),
            "delayedReturnedPoints": Decimal("0.0"),
            "delayedExpiredPoints": Decimal("0.0"),
            "totalAvailablePoints": Decimal("350.500"),
            "totalReturnedPoints": Decimal("0.0"),
            "linkedPartnerPrograms": [],
            "programTitle": title,
            "programDescription": f"{title} of the sandbox",
            "programPointsToCurrencyRatio": Decimal("1.0"),
        }
        for number, title in _PROGRAMS
    ]


def upgrade_strategies(seed: int, dates: Dates, person: Person, days: int) -> list[dict[str, Any]]:
    """Write what the next tier takes `days` from now; nothing when there is no next tier.

    The customer page spells one key `upgrade_based_on` and its samples `upgradeBasedOn`; so do
    customers whose id ends in 5, and all others.
    """
    if tier(person) == len(_TIERS) - 1:
        return []
    draw = SeededRandom(seed, "upgrade", person.id)
    threshold, current = draw.amount(9_000, 1) + 9_000, draw.amount(9_000, 1)
    return [
        {
            "upgrade_based_on" if person.id % 10 == 5 else "upgradeBasedOn": draw.pick(_STRATEGIES),
            "upgradeThreshold": threshold,
            "customerUpgradeEntityValues": {
                "currentValue": current,
                "gapToUpgrade": threshold - current,
                "valueValidUpto": dates.day(moment("2026-02-01") + days * _DAY),
            },
        }
    ]


def renewal(seed: int, dates: Dates, person: Person, days: int) -> dict[str, Any] | None:
    """Write what keeping the tier takes `days` from now; nothing in the base tier."""
    if tier(person) == 0:
        return None
    draw = SeededRandom(seed, "renewal", person.id)
    based_on = draw.pick(("VISITS", "PURCHASE", "POINTS", "TRACKER"))
    tracker = {
        "trackerName": "DowngradeTracker",
        "trackerType": "LINEITEM_COUNT",
        "trackerMode": draw.pick(_PERIODS),
        "trackerCaseName": "Case1",
        "trackerCasePeriodType": "DAYS",
        "trackerCasePeriodValue": 5,
    }
    return {
        "tierExpiryDate": dates.day(moment("2026-12-31") + days * _DAY),
        "renewConfirmed": draw.chance(2),
        "renewStrategies": [
            {
                "renewBasedOn": based_on,
                **({"trackerEntityIdentifiers": [tracker]} if based_on == "TRACKER" else {}),
                "renewThreshold": Decimal("5.0"),
                "customerRenewEntityValue": Decimal("1.0"),
                "customerGapToRenewValue": Decimal("4.0"),
            }
        ],
    }


def slab_history(seed: int, dates: Dates, person: Person) -> list[dict[str, Any]]:
    """Write how the customer came to the tier, newest change first."""
    draw = SeededRandom(seed, "slabs", person.id)
    changes: list[dict[str, Any]] = []
    for step in range(tier(person)):
        changed = _CHANGED + step * 40 * _DAY + draw.below(_DAY)
        renewed = {"toTierExpiryDate": dates.doubled(_NEVER)} if step == 0 else {}
        changes.append(
            {
                "from": _TIERS[step],
                "to": _TIERS[step + 1],
                "fromTierExpiryDate": dates.doubled(_NEVER),
                **renewed,
                "changedOn": dates.doubled(changed),
                "notes": f"Upgrading to Slab : Slab[{step + 2}]",
                "store": {"code": "sbx123", "name": "Sandbox Store"},
                "type": draw.pick(("UPGRADE", "UPGRADE", "RENEWAL")),
                "programId": _PROGRAMS[0][0],
            }
        )
    return changes[::-1]


def upgrade_criteria(seed: int, person: Person) -> dict[str, Any]:
    """Write `tierUpgradeCriteria`."""
    purchase_type = SeededRandom(seed, "criteria", person.id).pick(_STRATEGIES)
    return {
        "purchaseType": purchase_type,
        "description": f"purchase required for slab upgradation based on {purchase_type.lower().replace('_', ' ')}",
        "purchaseValue": Decimal("5999.0"),
    }


def retention_criteria(person: Person) -> dict[str, Any]:
    """Write `membershipRetentionCriteria`."""
    return {
        "minPurchases": Decimal("0.0") if person.id % 2 else Decimal("1500.500"),
        "minVisits": person.id % 3,
        "isDownGradeStrategy": True,
    }
