"""An asyncio client for the Capillary loyalty platform's REST API.

```python
async with CapillaryClient(Region.EU, BasicAuth("store.server", "server123")) as client:
    customer = await client.customers.get(567584951, embed=["points"])
    async for event in client.targets.list_events(387538614, 79196):
        print(event.event_date, event.target_value)
```

What is public imports from here, and loads when it is first asked for: `import capillary_async` alone is
almost free.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from capillary_async.bulk import Outcome, lookup_many
    from capillary_async.client import CapillaryClient
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
        RateLimitedError,
        RepeatedPageError,
        ResponseError,
        ServerError,
        TransportError,
        UnexpectedResponseError,
    )
    from capillary_async.models import (
        Actor,
        ApiWarning,
        Attribution,
        Card,
        CardStatus,
        CommChannel,
        CommChannelMeta,
        Customer,
        CustomerUserGroup,
        Embed,
        EnrollmentType,
        EventName,
        FilterEntityType,
        GapToRenewSummary,
        GroupMember,
        Identifier,
        IdentifierName,
        LoyaltyInfo,
        MappedEntity,
        MembershipRetentionCriteria,
        NdncStatus,
        OptinStatus,
        Pagination,
        Profile,
        RenewBasis,
        RenewStrategy,
        SlabChange,
        SlabChangeType,
        SortOrder,
        Source,
        Store,
        Target,
        TargetAttribution,
        TargetEntity,
        TargetEvent,
        TargetFilter,
        TargetGroup,
        TargetPeriodDefault,
        TargetType,
        TierUpgradeCriteria,
        Tracker,
        TrackerEntityIdentifier,
        TrackerMode,
        TrackerType,
        UpgradeBasis,
        UpgradeEntityValue,
        UpgradeStrategy,
        UserGroupIdentifier,
        UserGroupSummary,
    )
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
    "ApiErrorDetail",
    "ApiWarning",
    "Attribution",
    "AuthenticationError",
    "BasicAuth",
    "CallInfo",
    "CapillaryClient",
    "CapillaryError",
    "Card",
    "CardStatus",
    "ClientOptions",
    "CommChannel",
    "CommChannelMeta",
    "ConfigurationError",
    "Cursor",
    "Customer",
    "CustomerMergedError",
    "CustomerUserGroup",
    "DeadlineExceeded",
    "DecodeError",
    "Embed",
    "EnrollmentType",
    "EventName",
    "FilterEntityType",
    "GapToRenewSummary",
    "GroupMember",
    "Identifier",
    "IdentifierName",
    "IncompleteListingError",
    "InvalidArgumentError",
    "InvalidRequestError",
    "LoyaltyInfo",
    "MappedEntity",
    "MembershipRetentionCriteria",
    "NdncStatus",
    "NotFoundError",
    "OAuth",
    "OptinStatus",
    "Outcome",
    "Page",
    "Pager",
    "Pagination",
    "PaginationError",
    "PagingReport",
    "Profile",
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
    "TransportError",
    "UnexpectedResponseError",
    "UpgradeBasis",
    "UpgradeEntityValue",
    "UpgradeStrategy",
    "UserGroupIdentifier",
    "UserGroupSummary",
    "bulk_priority",
    "lookup_many",
]

# Where the names above come from; from light to heavy, for the first that has a name is taken.
_MODULES: Final = (
    "errors",
    "options",
    "pipeline.request",
    "models",
    "pipeline.auth",
    "pipeline.admission",
    "pipeline.shared_limit",
    "bulk",
    "paging",
    "client",
)


def __getattr__(name: str) -> Any:
    if name in __all__:
        for module_name in _MODULES:
            module = import_module(f"{__name__}.{module_name}")
            if hasattr(module, name):
                value = globals()[name] = getattr(module, name)
                return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
