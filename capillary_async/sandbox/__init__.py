"""A server that speaks the API, for tests and for trying things out.

It is built from the documents and imports nothing from the rest of the package. What it can be told
stands in `Sandbox`; how it cuts listings into pages, in `Paging`; what ids mean, in the modules
`people`, `accounts`, `targets`, `progress`, `promotions` and `groups`.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from capillary_async.sandbox.answers import Answer
    from capillary_async.sandbox.faults import Script
    from capillary_async.sandbox.listings import Kind
    from capillary_async.sandbox.log import LoggedRequest
    from capillary_async.sandbox.paging import Listing, ListMutation, Paging
    from capillary_async.sandbox.people import everyone_present, status_by_last_digits
    from capillary_async.sandbox.server import Sandbox

__all__ = [
    "Answer",
    "Kind",
    "ListMutation",
    "Listing",
    "LoggedRequest",
    "Paging",
    "Sandbox",
    "Script",
    "everyone_present",
    "status_by_last_digits",
]

# Names load when they are first asked for: pytest imports this package, with the plugin in it, in
# every test run of everybody who has it installed.
_HOMES: Final = {
    "Answer": "answers",
    "Script": "faults",
    "Kind": "listings",
    "LoggedRequest": "log",
    "ListMutation": "paging",
    "Listing": "paging",
    "Paging": "paging",
    "everyone_present": "people",
    "status_by_last_digits": "people",
    "Sandbox": "server",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    return value
