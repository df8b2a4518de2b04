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

from typing import TYPE_CHECKING

from capillary_async import models
from capillary_async.models.lazy_names import importer

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

__all__: list[str] = [
    "AccessDeniedError",
    "AccessToken",
    "ApiErrorDetail",
    "AuthenticationError",
    "BasicAuth",
    "CallInfo",
    "CapillaryClient",
    "CapillaryError",
    "ClientOptions",
    "ConfigurationError",
    "Cursor",
    "CustomerMergedError",
    "DeadlineExceeded",
    "DecodeError",
    "IncompleteListingError",
    "InvalidArgumentError",
    "InvalidRequestError",
    "NotFoundError",
    "OAuth",
    "Outcome",
    "Page",
    "Pager",
    "PaginationError",
    "PagingReport",
    "PartialListingWarning",
    "RateLimit",
    "RateLimitedError",
    "Region",
    "RepeatedPageError",
    "ResponseError",
    "RetryPolicy",
    "ServerError",
    "SharedRateLimit",
    "TableError",
    "TransportError",
    "UnexpectedResponseError",
    "bulk_priority",
    "lookup_many",
    "to_dict",
    "to_json",
]
__all__ += models.__all__

if not TYPE_CHECKING:  # type checkers must see that a wrong name is wrong
    __getattr__ = importer(
        __name__,
        {
            "bulk": "Outcome lookup_many",
            "client": "CapillaryClient",
            "codec": "to_dict to_json",
            "errors": (
                "AccessDeniedError ApiErrorDetail AuthenticationError CapillaryError ConfigurationError "
                "CustomerMergedError DeadlineExceeded DecodeError IncompleteListingError InvalidArgumentError "
                "InvalidRequestError NotFoundError PaginationError PartialListingWarning RateLimitedError "
                "RepeatedPageError ResponseError ServerError TableError TransportError UnexpectedResponseError"
            ),
            "options": "ClientOptions RateLimit Region RetryPolicy __version__",
            "paging": "Cursor Page Pager PagingReport",
            "pipeline.admission": "bulk_priority",
            "pipeline.auth": "AccessToken BasicAuth OAuth",
            "pipeline.request": "CallInfo",
            "pipeline.shared_limit": "SharedRateLimit",
            "cli.notebook": "load_ipython_extension unload_ipython_extension",
            "models": " ".join(models.__all__),
        },
    )


def __dir__() -> list[str]:
    return __all__
