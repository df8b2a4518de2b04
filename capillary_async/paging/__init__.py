"""Listings: what an endpoint declares, how pages are walked, what users hold."""

from capillary_async.paging.cursor import Cursor
from capillary_async.paging.listing import Listing
from capillary_async.paging.pager import Exchange, ItemIterator, Page, PageIterator, Pager, PrefetchContext
from capillary_async.paging.readings import Knowledge, OffsetUnit
from capillary_async.paging.report import PagingReport

__all__ = [
    "Cursor",
    "Exchange",
    "ItemIterator",
    "Knowledge",
    "Listing",
    "OffsetUnit",
    "Page",
    "PageIterator",
    "Pager",
    "PagingReport",
    "PrefetchContext",
]
