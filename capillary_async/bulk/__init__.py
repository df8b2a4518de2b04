"""The bounded map over any number of keys."""

from capillary_async.bulk.lookup import Concurrency, Order, Outcome, Outcomes, lookup_many

__all__ = ["Concurrency", "Order", "Outcome", "Outcomes", "lookup_many"]
