"""The groups of endpoints, by the names that they have in the client."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final, cast

from capillary_async.api.customers import Customers
from capillary_async.api.ledger import Ledger
from capillary_async.api.methods import Group
from capillary_async.api.promotions import Promotions
from capillary_async.api.targets import Targets
from capillary_async.api.user_groups import UserGroups

GROUPS: Final[Mapping[str, type[Group]]] = MappingProxyType(
    {
        "customers": Customers,
        "user_groups": UserGroups,
        "targets": Targets,
        "promotions": Promotions,
        "ledger": Ledger,
    }
)


def method_of(path: str) -> Callable[..., Any]:
    """Return a method by its path in the client, such as `targets.list_events`, not yet of any client."""
    group, _, name = path.partition(".")
    return cast("Callable[..., Any]", getattr(GROUPS[group], name))
