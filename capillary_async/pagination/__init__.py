"""Listings: what an endpoint declares, how pages are walked, what users hold."""

from capillary_async.pagination.cursor import Cursor
from capillary_async.pagination.listing import Listing
from capillary_async.pagination.pager import Exchange, Items, Page, Pager, Pages, Prefetch
from capillary_async.pagination.readings import Knowledge, OffsetMeans
from capillary_async.pagination.report import PagingReport

__all__ = [
    "Cursor",
    "Exchange",
    "Items",
    "Knowledge",
    "Listing",
    "OffsetMeans",
    "Page",
    "Pager",
    "Pages",
    "PagingReport",
    "Prefetch",
]
