"""A server that imitates the API, for tests and for experiments.

It is built from the documents and imports nothing from the rest of the package. `Sandbox` documents its settings, and
`Paging` how it divides listings into pages. The modules `people`, `accounts`, `targets`, `progress`, `promotions` and
`groups` document the meaning of ids. `pytest_plugin` has fixtures and marks, and `cassettes` records real answers.
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

# Names are imported when they are first used, because pytest imports this package, for its plugin, in every test run
# of every environment with the package.
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
