"""A server that speaks the API, for tests and for trying things out.

It is built from the documents and imports nothing from the rest of the package. What it can be told
stands in `Sandbox`; how it cuts listings into pages, in `Paging`; what ids mean, in the modules
`people`, `targets` and `groups`.
"""

from capillary_async.sandbox.answers import Answer
from capillary_async.sandbox.faults import Script
from capillary_async.sandbox.listings import Kind
from capillary_async.sandbox.log import LoggedRequest
from capillary_async.sandbox.paging import Drift, Listing, Paging
from capillary_async.sandbox.people import everyone_present, standing_by_last_digits
from capillary_async.sandbox.server import Sandbox
from capillary_async.sandbox.switches import Switches

__all__ = [
    "Answer",
    "Drift",
    "Kind",
    "Listing",
    "LoggedRequest",
    "Paging",
    "Sandbox",
    "Script",
    "Switches",
    "everyone_present",
    "standing_by_last_digits",
]
