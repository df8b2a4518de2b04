"""The endpoints: pure functions that build requests from typed arguments, and the groups that send the requests."""

from capillary_async.api.customers import Customers
from capillary_async.api.ledger import Ledger
from capillary_async.api.methods import EndpointClient
from capillary_async.api.promotions import Promotions
from capillary_async.api.targets import Targets
from capillary_async.api.user_groups import UserGroups

__all__ = ["Customers", "EndpointClient", "Ledger", "Promotions", "Targets", "UserGroups"]
