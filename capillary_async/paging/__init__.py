"""Listings: what an endpoint declares, how pages are walked, what users hold."""

from typing import TYPE_CHECKING

from capillary_async.models.lazy_names import importer

if TYPE_CHECKING:
    from capillary_async.paging.cursor import Cursor
    from capillary_async.paging.listing import Listing
    from capillary_async.paging.pager import Pager, PrefetchContext
    from capillary_async.paging.pages import ItemIterator, OnBadRow, Page, PageIterator
    from capillary_async.paging.prefetch import Scout
    from capillary_async.paging.readings import ListingTraits, OffsetUnit
    from capillary_async.paging.report import BadRow, PagingReport
    from capillary_async.paging.source import Exchange, PageSource

__all__ = [
    "BadRow",
    "Cursor",
    "Exchange",
    "ItemIterator",
    "Listing",
    "ListingTraits",
    "OffsetUnit",
    "OnBadRow",
    "Page",
    "PageIterator",
    "PageSource",
    "Pager",
    "PagingReport",
    "PrefetchContext",
    "Scout",
]

if not TYPE_CHECKING:  # a script without a listing needs none of them
    __getattr__ = importer(
        __name__,
        {
            "cursor": "Cursor",
            "listing": "Listing",
            "pager": "Pager PrefetchContext",
            "pages": "ItemIterator OnBadRow Page PageIterator",
            "prefetch": "Scout",
            "readings": "ListingTraits OffsetUnit",
            "report": "BadRow PagingReport",
            "source": "Exchange PageSource",
        },
    )
