"""What a job would cost, before anything is sent."""

import attrs

from capillary_async.jobs.keys import count_keys
from capillary_async.jobs.lookups import find_lookup
from capillary_async.jobs.sources import KeyFormat, Keys, source_of
from capillary_async.options import RateLimit


@attrs.frozen
class Plan:
    """What a job would cost.

    Attributes:
        keys: Different keys.
        duplicates: Rows that repeat an earlier key.
        calls: Requests that it takes at least: listings of several pages and retries take more.
        seconds: How long they take at the given rate; `None` without one.
    """

    keys: int
    duplicates: int
    calls: int
    seconds: float | None


def plan(lookup: str, keys: Keys, rate: RateLimit | None = None, *, key_format: KeyFormat | None = None) -> Plan:
    """Check the keys and say what looking them up would cost.

    Args:
        lookup: Name of the lookup.
        keys: As `BulkJob.create` takes them.
        rate: How many calls may start in which time.
        key_format: As `BulkJob.create` takes it.

    Raises:
        JobRefusedError: There is no such lookup.
        KeysError: The keys cannot be used.
    """
    count = count_keys(source_of(keys, key_format), find_lookup(lookup).columns)
    seconds = None if rate is None else count.keys * rate.per / rate.limit
    return Plan(count.keys, count.duplicates, count.keys, seconds)
