"""A customer with everything the details endpoint documents."""

from collections.abc import Mapping
from typing import Any

from capillary_async.models.cards import Card
from capillary_async.models.definition import Id, Model, OneOrMore, model
from capillary_async.models.enumerations import NdncStatus, OptinStatus
from capillary_async.models.listings import ApiWarning, Pagination
from capillary_async.models.loyalty import (
    GapToRenewSummary,
    LoyaltyInfo,
    MembershipRetentionCriteria,
    SlabChange,
    TierUpgradeCriteria,
    UpgradeStrategy,
)
from capillary_async.models.profiles import Profile


@model
class Customer(Model):
    """A customer. Parts that were not asked for are `None`; parts whose shape nobody documents are in `extra`.

    Attributes:
        profiles: One a source and account.
        segments: Segment to partition, such as `{"Activity segment": "Lapsed"}`.
        associated_with: Code of the till that the customer belongs to.
        slab_history: Changes of tier, the latest first in the documentation's sample; with `slab_history`.
        ug2_pagination: The page of user groups; with `user_group_pagination`.
        gap_to_renew_summary: One element, unless an answer brings more. With `gap_to_renew`.
    """

    id: Id
    profiles: tuple[Profile, ...] | None = None
    loyalty_info: LoyaltyInfo | None = None
    segments: Mapping[str, Any] | None = None
    associated_with: str | None = None
    extended_fields: Mapping[str, Any] | None = None
    card_details: tuple[Card, ...] | None = None
    ug2_pagination: Pagination | None = None
    ndnc_status: NdncStatus | str | None = None
    optin_status: OptinStatus | str | None = None
    slab_history: tuple[SlabChange, ...] | None = None
    tier_upgrade_criteria: TierUpgradeCriteria | None = None
    membership_retention_criteria: MembershipRetentionCriteria | None = None
    upgrade_strategies: OneOrMore[UpgradeStrategy] | None = None
    gap_to_renew_summary: OneOrMore[GapToRenewSummary] | None = None
    warnings: tuple[ApiWarning, ...] | None = None
