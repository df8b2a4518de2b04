"""The documentation's sample answers, with invented people, and tests that models hold all their values.

Files named `*_documented_*` were made from tables of keys, because the documentation has no sample for them.
"""

from pathlib import Path
from typing import Any, Final

from capillary_async.codec import decode_json
from capillary_async.models import (
    Customer,
    CustomerMatch,
    GroupMember,
    GroupTransaction,
    LedgerBalance,
    LedgerEntry,
    LoyaltyEvent,
    LoyaltyProgramDetails,
    MemberPromotion,
    PointsBalance,
    PointsExpiry,
    PromisedPoints,
    Promotion,
    PromotionActions,
    SlabChange,
    StatusChange,
    Subscription,
    Target,
    TargetEvent,
    TargetGroup,
    TargetGroupProgress,
    TargetPeriod,
    TargetRule,
    TierDetails,
    Tracker,
    Transaction,
    UserGroup,
    UserGroupSummary,
)

SAMPLES: Final = tuple(sorted(Path(__file__).parent.glob("*.json")))
GOOD: Final = tuple(path for path in SAMPLES if "refused" not in path.name and not path.name.startswith("token"))
# By the beginning of the file name: the path of the models, and their type.
KINDS: Final[dict[str, tuple[str, Any]]] = {
    "customer_": ("", Customer),
    "customers_found": ("data", tuple[CustomerMatch, ...]),
    "enrolled_targets": ("data", tuple[Target, ...]),
    "group_members": ("data", tuple[GroupMember, ...]),
    "group_search": ("data", tuple[UserGroupSummary, ...]),
    "group_transactions": ("data", tuple[GroupTransaction, ...]),
    "ledger_balance": ("", LedgerBalance),
    "ledger_": ("ledgerEntries", tuple[LedgerEntry, ...]),
    "loyalty_events": ("data", tuple[LoyaltyEvent, ...]),
    "loyalty_": ("data", tuple[LoyaltyProgramDetails, ...]),
    "member_promotions": ("promotions", tuple[MemberPromotion, ...]),
    "points_balance": ("", PointsBalance),
    "points_expiry": ("expirySchedules", tuple[PointsExpiry, ...]),
    "progress": ("data.targetGroups", tuple[TargetGroupProgress, ...]),
    "promised_points": ("promisedPointsScheduleList", tuple[PromisedPoints, ...]),
    "promotion_actions": ("", PromotionActions),
    "promotion_bare": ("", Promotion),
    "promotion_": ("data", Promotion),
    "promotions": ("data.content", tuple[Promotion, ...]),
    "slab_changes": ("data", tuple[SlabChange, ...]),
    "status_changes": ("data", tuple[StatusChange, ...]),
    "subscriptions": ("subscriptions", tuple[Subscription, ...]),
    "target_events": ("data", tuple[TargetEvent, ...]),
    "target_groups": ("data", tuple[TargetGroup, ...]),
    "target_group_": ("data", TargetGroup),
    "target_periods": ("data", tuple[TargetPeriod, ...]),
    "target_rules": ("data", tuple[TargetRule, ...]),
    "tiers": ("programTiers", tuple[TierDetails, ...]),
    "trackers": ("data", tuple[Tracker, ...]),
    "transactions": ("data", tuple[Transaction, ...]),
    "user_group": ("", UserGroup),
}


def kind_of(path: Path) -> str:
    """Return the kind of a sample."""
    return next(kind for kind in KINDS if path.name.startswith(kind))


def located(path: Path) -> tuple[Any, Any, str]:
    """Return the part of a sample that holds models, their type, and the path of the part."""
    where, into = KINDS[kind_of(path)]
    part = decode_json(path.read_bytes())
    for key in where.split(".") if where else ():
        part = part[key]
    return part, into, where
