"""The endpoints: pure functions from typed arguments to requests, and the groups that send them."""

from capillary_async.endpoints.calls import Calls
from capillary_async.endpoints.customers import Customers
from capillary_async.endpoints.targets import Targets
from capillary_async.endpoints.user_groups import UserGroups

__all__ = ["Calls", "Customers", "Targets", "UserGroups"]
