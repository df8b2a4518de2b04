"""What a job would cost, before anything is sent."""

from collections.abc import Mapping

import attrs

from capillary_async.jobs.creation import count_keys
from capillary_async.jobs.key_files import KeyFormat, Keys
from capillary_async.jobs.lookups import find_lookup
from capillary_async.options import RateLimit


@attrs.frozen
class Plan:
    """What a job would cost.

    Attributes:
        keys: Different keys.
        duplicates: Records that repeat an earlier key.
        calls: Requests that it takes at least: listings of several pages and retries take more.
        seconds: How long they take at the given rate; `None` without one.
    """

    keys: int
    duplicates: int
    calls: int
    seconds: float | None


def plan(
    lookup: str,
    keys: Keys,
    rate: RateLimit | None = None,
    *,
    key_format: KeyFormat | None = None,
    by: str | None = None,
    mapping: Mapping[str, str] | None = None,
) -> Plan:
    """Check the keys and say what looking them up would cost.

    Args:
        lookup: Name of the lookup.
        keys: As `BulkJob.create` takes them.
        rate: How many calls may start in which time.
        key_format: As `BulkJob.create` takes it.
        by: As `BulkJob.create` takes it.
        mapping: As `BulkJob.create` takes it.

    Raises:
        JobRefusedError: There is no such lookup.
        InvalidKeysError: The keys cannot be used.
    """
    count = count_keys(find_lookup(lookup, by=by), keys, key_format=key_format, mapping=mapping)
    seconds = None if rate is None else count.keys * rate.per / rate.limit
    return Plan(count.keys, count.duplicates, count.keys, seconds)
