"""What the API returns, as immutable values. Every class is public and importable from `capillary_async`."""

from capillary_async.models.attribution import (
    Actor,
    Attribution,
    TargetAttribution,
)
from capillary_async.models.cards import (
    Card,
    CardStatus,
    MappedEntity,
)
from capillary_async.models.customers import (
    Customer,
)
from capillary_async.models.definition import (
    Id,
    Model,
    ReadOnlyDict,
    WholeNumber,
    alias,
    model,
)
from capillary_async.models.enumerations import (
    Embed,
    EnrollmentType,
    EventName,
    FilterEntityType,
    IdentifierName,
    NdncStatus,
    OptinStatus,
    RenewBasis,
    SlabChangeType,
    SortOrder,
    Source,
    TargetEntity,
    TargetType,
    TrackerMode,
    TrackerType,
    UpgradeBasis,
    UserGroupIdentifier,
)
from capillary_async.models.listings import (
    ApiWarning,
    Pagination,
)
from capillary_async.models.loyalty import (
    GapToRenewSummary,
    LoyaltyInfo,
    MembershipRetentionCriteria,
    RenewStrategy,
    SlabChange,
    Store,
    TierUpgradeCriteria,
    TrackerEntityIdentifier,
    UpgradeEntityValue,
    UpgradeStrategy,
)
from capillary_async.models.profiles import (
    CommChannel,
    CommChannelMeta,
    Identifier,
    Profile,
)
from capillary_async.models.targets import (
    Target,
    TargetEvent,
    TargetFilter,
    TargetGroup,
    TargetPeriodDefault,
)
from capillary_async.models.trackers import (
    Tracker,
)
from capillary_async.models.user_groups import (
    CustomerUserGroup,
    GroupMember,
    UserGroupSummary,
)

__all__ = [
    "Actor",
    "ApiWarning",
    "Attribution",
    "Card",
    "CardStatus",
    "CommChannel",
    "CommChannelMeta",
    "Customer",
    "CustomerUserGroup",
    "Embed",
    "EnrollmentType",
    "EventName",
    "FilterEntityType",
    "GapToRenewSummary",
    "GroupMember",
    "Id",
    "Identifier",
    "IdentifierName",
    "LoyaltyInfo",
    "MappedEntity",
    "MembershipRetentionCriteria",
    "Model",
    "NdncStatus",
    "OptinStatus",
    "Pagination",
    "Profile",
    "ReadOnlyDict",
    "RenewBasis",
    "RenewStrategy",
    "SlabChange",
    "SlabChangeType",
    "SortOrder",
    "Source",
    "Store",
    "Target",
    "TargetAttribution",
    "TargetEntity",
    "TargetEvent",
    "TargetFilter",
    "TargetGroup",
    "TargetPeriodDefault",
    "TargetType",
    "TierUpgradeCriteria",
    "Tracker",
    "TrackerEntityIdentifier",
    "TrackerMode",
    "TrackerType",
    "UpgradeBasis",
    "UpgradeEntityValue",
    "UpgradeStrategy",
    "UserGroupIdentifier",
    "UserGroupSummary",
    "WholeNumber",
    "alias",
    "model",
]
