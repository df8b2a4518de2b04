"""The groups of endpoints, by the names that they have in the client. Each is imported when it is first used."""

# ruff: noqa: PLC0415  (the imports in functions)

from collections.abc import Callable
from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final, cast

from capillary_async.pipeline.request import ProcessBound

if TYPE_CHECKING:
    from capillary_async.api.customers import Customers
    from capillary_async.api.ledger import Ledger
    from capillary_async.api.methods import EndpointClient
    from capillary_async.api.promotions import Promotions
    from capillary_async.api.targets import Targets
    from capillary_async.api.user_groups import UserGroups


class EndpointGroups(ProcessBound):
    """What has the groups of endpoints."""

    _endpoint_client: "EndpointClient"

    @cached_property
    def customers(self) -> "Customers":
        """Calls that start from a customer."""
        from capillary_async.api.customers import Customers

        return Customers(self._endpoint_client)

    @cached_property
    def user_groups(self) -> "UserGroups":
        """Calls that start from a user group."""
        from capillary_async.api.user_groups import UserGroups

        return UserGroups(self._endpoint_client)

    @cached_property
    def targets(self) -> "Targets":
        """Calls about targets, their events, and the progress of customers."""
        from capillary_async.api.targets import Targets

        return Targets(self._endpoint_client)

    @cached_property
    def promotions(self) -> "Promotions":
        """Calls about loyalty promotions."""
        from capillary_async.api.promotions import Promotions

        return Promotions(self._endpoint_client)

    @cached_property
    def ledger(self) -> "Ledger":
        """Calls about the points ledger."""
        from capillary_async.api.ledger import Ledger

        return Ledger(self._endpoint_client)


GROUPS: Final = tuple(name for name, member in vars(EndpointGroups).items() if isinstance(member, cached_property))


def group_class(name: str) -> Any:
    """Return the class of a group: `Customers` of the module `customers`."""
    return getattr(import_module(f"capillary_async.api.{name}"), name.title().replace("_", ""))


def method_of(path: str) -> Callable[..., Any]:
    """Return a method by its path in the client, such as `targets.list_events`, not yet of any client."""
    group, _, name = path.partition(".")
    return cast("Callable[..., Any]", getattr(group_class(group), name))
