"""A customer's tiers and points in the loyalty programs, and the conditions of the next tier."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, Final

from capillary_async.sandbox.accounts import DEFAULT_PROGRAM, NOTHING, PARTNER_PROGRAM, Accounts
from capillary_async.sandbox.people import Person
from capillary_async.sandbox.seeded_random import SeededRandom
from capillary_async.sandbox.wire import Dates, moment

TIERS: Final = ("Topaz", "Coral", "Garnet", "Diamond")
_STRATEGIES: Final = ("CUMULATIVE_PURCHASES", "TRACKER_VALUE_BASED", "CURRENT_POINTS", "CUMULATIVE_POINTS")
_PERIODS: Final = ("MOVING_WINDOW", "CYCLIC_WINDOW", "CALENDAR_BASED_CYCLIC_WINDOW", "TIER_CHANGE_WINDOW")
# Tiers that never expire have dates about a century ahead.
NEVER: Final = moment("2121-11-10") + 86_399
_CHANGED: Final = moment("2025-03-26")
_DAY: Final = 86_400


def tier(person: Person) -> int:
    """Return the customer's tier, from 0, the base tier."""
    return person.id % len(TIERS)


def points_summary(accounts: Accounts, dates: Dates, person: Person) -> dict[str, Any]:
    """Return the points of the default program (`embed=points`)."""
    account = accounts.account(person.id)
    return {
        "redeemed": account.redeemed,
        "expired": NOTHING,
        "returned": account.returned,
        "adjusted": Decimal("0.0"),
        "lifetimePoints": account.earned,
        "loyaltyPoints": account.available,
        "cumulativePurchases": account.purchases,
        "loyaltyId": 52_000_000 + SeededRandom(accounts.seed, "loyalty id", person.id).below(900_000),
        **_slabs(dates, tier(person)),
    }


def _slabs(dates: Dates, current: int) -> dict[str, Any]:
    is_last = current == len(TIERS) - 1
    return {
        "currentSlab": TIERS[current],
        "nextSlab": "" if is_last else TIERS[current + 1],
        "nextSlabSerialNumber": -1 if is_last else current + 2,
        "nextSlabDescription": "" if is_last else f"Tier {current + 2}",
        "slabSNo": current + 1,
        "slabExpiryDate": dates.iso(NEVER),
    }


def programs(accounts: Accounts, dates: Dates, person: Person, gaps: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the customer's points and tier in every program (`embed=mlp`).

    No customer is enrolled in the partner's program, so its `loyaltyId` is -1.

    Args:
        accounts: The points.
        dates: Formats dates.
        person: The customer.
        gaps: The gaps to the next tier and to keeping this tier, in the default program.
    """
    account = accounts.account(person.id)
    points = points_summary(accounts, dates, person)
    nothing = {name: NOTHING for name, value in points.items() if isinstance(value, Decimal)}
    return [
        {
            **points,
            **_program(DEFAULT_PROGRAM, account.delayed, account.available + account.delayed, account.returned),
            **gaps,
        },
        {
            **nothing,
            "loyaltyId": -1,
            **_slabs(dates, 0),
            **_program(PARTNER_PROGRAM, NOTHING, NOTHING, NOTHING),
        },
    ]


def _program(program: tuple[int, str], delayed: Decimal, available: Decimal, returned: Decimal) -> dict[str, Any]:
    number, title = program
    return {
        "programId": number,
        "delayedPoints": delayed,
        "delayedReturnedPoints": NOTHING,
        "delayedExpiredPoints": NOTHING,
        "totalAvailablePoints": available,
        "totalReturnedPoints": returned,
        "linkedPartnerPrograms": [],
        "programTitle": title,
        "programDescription": f"{title} of the sandbox",
        "programPointsToCurrencyRatio": Decimal("1.0"),
    }


def expiry_schedule(accounts: Accounts, dates: Dates, person: Person) -> list[dict[str, Any]]:
    """Return the expiry of points: half of them expire on one day, the others never."""
    available = accounts.account(person.id).available
    soon = (available / 2).quantize(NOTHING)
    return [
        {
            "points": points,
            "expiryDate": dates.day(day),
            "expiryDateISO": dates.iso(day),
            "programId": DEFAULT_PROGRAM[0],
            "pointsType": "bill_regular",
            "expiryType": "fixed",
        }
        for points, day in ((soon, moment("2026-06-11")), (available - soon, moment("2125-06-11")))
        if points
    ]


def promised_schedule(accounts: Accounts, dates: Dates, person: Person) -> dict[str, Any]:
    """Return the points that cannot be spent yet: those with a date, and those that wait for an event."""
    account = accounts.account(person.id)
    kind = {"programId": DEFAULT_PROGRAM[0], "pointsType": "bill_promotions"}
    waiting = {"points": account.promised, "redeemableFrom": dates.day(moment("2026-01-07")), **kind}
    triggered = {"points": account.triggered, **kind}
    return {
        "promisedPointsScheduleList": [waiting] if account.promised else [],
        "triggerBasedPointsList": [triggered] if account.triggered else [],
    }


def balance(accounts: Accounts, entity_id: int, entity_type: str) -> dict[str, Any]:
    """Return the number of points."""
    account = accounts.account(entity_id)
    return {
        "entityId": entity_id,
        "entityType": entity_type,
        "totalPoints": account.available + account.delayed,
        "mainPoints": account.available,
        "promisedPoints": account.delayed,
        "promisedPointsBreakup": {
            "delayedAccrualPoints": account.promised,
            "externalTriggerBasedPoints": account.triggered,
        },
        "warnings": [],
    }


def tiers(dates: Dates, person: Person, programs: Iterable[int]) -> list[dict[str, Any]]:
    """Return the tier in each of several programs."""
    current = {DEFAULT_PROGRAM[0]: tier(person)}
    return [_tier(dates, number, current.get(number, 0)) for number in programs]


def _tier(dates: Dates, program_id: int, current: int) -> dict[str, Any]:
    is_last = current == len(TIERS) - 1
    return {
        "programId": program_id,
        "currentTierName": TIERS[current],
        "currentTierSerialNumber": current + 1,
        # The first date has no zone; the documentation says that it will be removed.
        "tierExpiryDate": dates.naive(NEVER).removesuffix(".0"),
        "tierExpiryDateISO": dates.iso(NEVER),
        "nextTierName": "" if is_last else TIERS[current + 1],
        "nextTierSerialNumber": -1 if is_last else current + 2,
    }


def _upgrade(accounts: Accounts, person: Person) -> tuple[str, Decimal, Decimal]:
    """Return the quantity that decides on the next tier, its value, and its threshold."""
    account = accounts.account(person.id)
    based_on = SeededRandom(accounts.seed, "upgrade", person.id).pick(_STRATEGIES)
    current = {
        "CUMULATIVE_PURCHASES": account.purchases,
        "CUMULATIVE_POINTS": account.earned,
    }.get(based_on, account.available)
    return based_on, current, Decimal(5_000 * (int(current) // 5_000 + 1)) + Decimal("0.0")


def upgrade_strategies(accounts: Accounts, dates: Dates, person: Person, days: int) -> list[dict[str, Any]]:
    """Return the gap to the next tier in `days` days; an empty list if there is no next tier.

    The documentation has the key `upgrade_based_on`, and its samples have `upgradeBasedOn`. Customers whose id ends in
    5 have the first key, and all others the second.
    """
    if tier(person) == len(TIERS) - 1:
        return []
    based_on, current, threshold = _upgrade(accounts, person)
    return [
        {
            "upgrade_based_on" if person.id % 10 == 5 else "upgradeBasedOn": based_on,
            "upgradeThreshold": threshold,
            "customerUpgradeEntityValues": {
                "currentValue": current,
                "gapToUpgrade": threshold - current,
                "valueValidUpto": dates.day(moment("2026-02-01") + days * _DAY),
            },
        }
    ]


def renewal(seed: int, dates: Dates, person: Person, days: int) -> dict[str, Any] | None:
    """Return the gap to keeping the tier in `days` days; an empty list for the base tier."""
    if tier(person) == 0:
        return None
    random = SeededRandom(seed, "renewal", person.id)
    based_on = random.pick(("VISITS", "PURCHASE", "POINTS", "TRACKER"))
    tracker = {
        "trackerName": "DowngradeTracker",
        "trackerType": "LINEITEM_COUNT",
        "trackerMode": random.pick(_PERIODS),
        "trackerCaseName": "Case1",
        "trackerCasePeriodType": "DAYS",
        "trackerCasePeriodValue": 5,
    }
    return {
        "tierExpiryDate": dates.day(moment("2026-12-31") + days * _DAY),
        "renewConfirmed": random.one_in(2),
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
    """Return the changes of the customer's tier, the newest first."""
    random = SeededRandom(seed, "slabs", person.id)
    changes: list[dict[str, Any]] = []
    for step in range(tier(person)):
        changed = _CHANGED + step * 40 * _DAY + random.below(_DAY)
        renewed = {"toTierExpiryDate": dates.doubled(NEVER)} if step == 0 else {}
        changes.append(
            {
                "from": TIERS[step],
                "to": TIERS[step + 1],
                "fromTierExpiryDate": dates.doubled(NEVER),
                **renewed,
                "changedOn": dates.doubled(changed),
                "notes": f"Upgrading to Slab : Slab[{step + 2}]",
                "store": {"code": "sbx123", "name": "Sandbox Store"},
                "type": random.pick(("UPGRADE", "UPGRADE", "RENEWAL")),
                "programId": DEFAULT_PROGRAM[0],
            }
        )
    return changes[::-1]


def upgrade_criteria(accounts: Accounts, person: Person) -> dict[str, Any]:
    """Write `tierUpgradeCriteria`."""
    purchase_type, _, threshold = _upgrade(accounts, person)
    return {
        "purchaseType": purchase_type,
        "description": f"purchase required for slab upgradation based on {purchase_type.lower().replace('_', ' ')}",
        "purchaseValue": threshold,
    }


def retention_criteria(person: Person) -> dict[str, Any]:
    """Write `membershipRetentionCriteria`."""
    return {
        "minPurchases": Decimal("0.0") if person.id % 2 else Decimal("1500.500"),
        "minVisits": person.id % 3,
        "isDownGradeStrategy": True,
    }
