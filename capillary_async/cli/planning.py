"""What looking up some keys would cost, and for which lookup they are when nobody says so."""

from pathlib import Path
from typing import BinaryIO

from capillary_async.jobs import LOOKUPS, InvalidKeysError, KeyFormat, Plan, find_lookup, plan
from capillary_async.options import RateLimit


def plan_lookup(
    lookup: str | None, keys: Path | BinaryIO, key_format: KeyFormat | None, rate: RateLimit | None
) -> tuple[str, Plan]:
    """Count the keys, and what they cost.

    Args:
        lookup: What would be looked up; `None` goes by the columns.
        keys: A file, or a stream.
        key_format: What it is, if its name does not say.
        rate: How many calls may start in which time.

    Returns:
        The lookup, and its plan.

    Raises:
        JobRefusedError: There is no such lookup.
        KeysError: The keys cannot be used.
        ValueError: A stream can be read only once, so it takes a lookup.
    """
    if lookup is not None:
        return lookup, plan(lookup, keys, rate, key_format=key_format)
    if not isinstance(keys, Path):
        raise ValueError("give --lookup, for a pipe cannot be read twice")
    for name in sorted(LOOKUPS, key=lambda name: -len(find_lookup(name).columns)):
        try:
            return name, plan(name, keys, rate, key_format=key_format)
        except InvalidKeysError as error:
            # Where the columns are not this lookup's, the first line shows it.
            if error.line != 1:
                raise
    known = "; ".join(f"{name} {', '.join(c.name for c in find_lookup(name).columns)}" for name in LOOKUPS)
    raise InvalidKeysError(f"{keys.name}: its columns are those of no lookup ({known}); give --lookup")
