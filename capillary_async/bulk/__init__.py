"""`lookup_many`: call a function for any number of keys, a bounded number at a time."""

from capillary_async.bulk.lookup import Concurrency, Order, Outcomes, lookup_many
from capillary_async.bulk.outcome import Failed, Outcome, Succeeded

__all__ = ["Concurrency", "Failed", "Order", "Outcome", "Outcomes", "Succeeded", "lookup_many"]
