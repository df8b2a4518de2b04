"""The bounded map over any number of keys."""

from capillary_async.bulk.lookup import Concurrency, Order, Outcomes, lookup_many
from capillary_async.bulk.outcome import Failed, Outcome, Succeeded

__all__ = ["Concurrency", "Failed", "Order", "Outcome", "Outcomes", "Succeeded", "lookup_many"]
