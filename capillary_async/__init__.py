"""An asyncio client for the Capillary loyalty platform's REST API.

```python
async with CapillaryClient(Region.EU, BasicAuth("store.server", "server123")) as client:
    customer = await client.customers.get(567584951, embed=["points"])
    async for event in client.targets.list_events(387538614, 79196):
        print(event.event_date, event.target_value)
```

Import all public names from here. Each one loads when it is first used, so `import capillary_async` is fast. In a
notebook, `%load_ext capillary_async` shows models as tables.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    __version__: str

    from capillary_async.bulk import Outcome, lookup_many
    from capillary_async.client import CapillaryClient
    from capillary_async.codec import to_dict, to_json
    from capillary_async.errors import (
        AccessDeniedError,
        ApiErrorDetail,
        AuthenticationError,
        CapillaryError,
        ConfigurationError,
        CustomerMergedError,
        DeadlineExceeded,
        DecodeError,
        IncompleteListingError,
        InvalidArgumentError,
        InvalidRequestError,
        NotFoundError,
        PaginationError,
        PartialListingWarning,
        RateLimitedError,
        RepeatedPageError,
        ResponseError,
        ServerError,
        TableError,
        TransportError,
        UnexpectedResponseError,
    )
    from capillary_async.models import *
    from capillary_async.options import ClientOptions, RateLimit, Region, RetryPolicy
    from capillary_async.paging import Cursor, Page, Pager, PagingReport
    from capillary_async.pipeline.admission import bulk_priority
    from capillary_async.pipeline.auth import AccessToken, BasicAuth, OAuth
    from capillary_async.pipeline.request import CallInfo
    from capillary_async.pipeline.shared_limit import SharedRateLimit

__all__ = [
    "AccessDeniedError",
    "AccessToken",
    "Actor",
    "AlternateCurrencyBalance",
    "AlternateCurrencyDetails",
    "ApiErrorDetail",
    "ApiWarning",
    "Attribution",
    "AuthenticationError",
    "AwardedPoints",
    "BasicAuth",
    "BillDetails",
    "BillPoints",
    "CallInfo",
    "CapillaryClient",
    "CapillaryError",
    "Card",
    "CardStatus",
    "ClientOptions",
    "ClosingBalance",
    "CommChannel",
    "CommChannelMeta",
    "ConfigurationError",
    "CreditNote",
    "Cursor",
    "Customer",
    "CustomerEnrolment",
    "CustomerMatch",
    "CustomerMergedError",
    "CustomerUserGroup",
    "DataScope",
    "DeadlineExceeded",
    "DecodeError",
    "Embed",
    "EnrollmentType",
    "EntityType",
    "EventName",
    "ExpiredPoints",
    "ExpiredPointsEntry",
    "ExtendedFieldInfo",
    "FilterEntityType",
    "FraudDetails",
    "GapToRenewSummary",
    "GroupLoyaltyProgram",
    "GroupMember",
    "GroupTransaction",
    "GroupTransactionEmbed",
    "Identifier",
    "IdentifierName",
    "IncompleteListingError",
    "InvalidArgumentError",
    "InvalidRequestError",
    "IssuedCurrency",
    "IssuedCurrencyPart",
    "IssuedIncentive",
    "IssuedPoints",
    "IssuedSeries",
    "LedgerBalance",
    "LedgerBalances",
    "LedgerCustomer",
    "LedgerEntry",
    "LedgerEntryDetail",
    "LedgerEntryType",
    "LedgerEvent",
    "LedgerIdentifier",
    "LedgerTransaction",
    "LineItem",
    "LineItemDetails",
    "LinkedPartnerProgram",
    "LoyaltyConfig",
    "LoyaltyEvent",
    "LoyaltyInfo",
    "LoyaltyProgramDetails",
    "MappedEntity",
    "MatchedIdentifier",
    "MemberEnrollmentStatus",
    "MemberPromotion",
    "MembershipRetentionCriteria",
    "MilestoneProgress",
    "NdncStatus",
    "NotFoundError",
    "OAuth",
    "OptinStatus",
    "OrgEntity",
    "Outcome",
    "Page",
    "PageDetails",
    "Pager",
    "Pagination",
    "PaginationError",
    "PagingReport",
    "PartialListingWarning",
    "PaymentMode",
    "PointCategoryType",
    "PointsBalance",
    "PointsExpiry",
    "PointsSummary",
    "Profile",
    "ProgramPoints",
    "ProgramPointsTotal",
    "ProgramSummary",
    "PromisedPoints",
    "PromisedPointsBreakup",
    "Promotion",
    "PromotionActions",
    "PromotionCustomField",
    "PromotionEnrollment",
    "PromotionMetadata",
    "PromotionOptIn",
    "PromotionSource",
    "PromotionStatus",
    "PromotionTarget",
    "PromotionTimeline",
    "PromotionalPoints",
    "PromotionalPointsGrant",
    "RateLimit",
    "RateLimitedError",
    "Region",
    "RenewBasis",
    "RenewStrategy",
    "RepeatedPageError",
    "ResponseError",
    "RetryPolicy",
    "ServerError",
    "SharedRateLimit",
    "SlabChange",
    "SlabChangeType",
    "SortOrder",
    "Source",
    "StatusChange",
    "Store",
    "StoreEntityType",
    "StreakProgress",
    "Subscription",
    "SubscriptionInfo",
    "TableError",
    "Target",
    "TargetAttribution",
    "TargetAudienceFilter",
    "TargetEntity",
    "TargetEvent",
    "TargetFilter",
    "TargetGroup",
    "TargetGroupProgress",
    "TargetPeriod",
    "TargetPeriodDefault",
    "TargetProgress",
    "TargetProgressRow",
    "TargetRule",
    "TargetStreak",
    "TargetType",
    "TierDetails",
    "TierUpgradeCriteria",
    "Tracker",
    "TrackerEntityIdentifier",
    "TrackerMode",
    "TrackerType",
    "TrackingType",
    "Transaction",
    "TransactionEmbed",
    "TransactionGroup",
    "TransactionPoints",
    "TransactionType",
    "TransportError",
    "UnexpectedResponseError",
    "UnifiedTargetExpression",
    "UpgradeBasis",
    "UpgradeEntityValue",
    "UpgradeStrategy",
    "UserGroup",
    "UserGroupIdentifier",
    "UserGroupMembership",
    "UserGroupSummary",
    "bulk_priority",
    "lookup_many",
    "to_dict",
    "to_json",
]

# The modules that define the names above. The first module with a name is used, so light modules come first.
_MODULES: Final = (
    *("errors", "options", "pipeline.request", "models", "codec", "pipeline.auth", "pipeline.admission"),
    *("pipeline.shared_limit", "bulk", "paging", "client"),
)


def __getattr__(name: str) -> Any:
    if name == "__version__":
        return import_module(f"{__name__}.options").VERSION
    if name in ("load_ipython_extension", "unload_ipython_extension"):
        return getattr(import_module(f"{__name__}.cli.notebook"), name)
    if name in __all__:
        for module_name in _MODULES:
            module = import_module(f"{__name__}.{module_name}")
            if hasattr(module, name):
                return globals().setdefault(name, getattr(module, name))
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
