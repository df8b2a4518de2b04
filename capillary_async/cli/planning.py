"""Count the requests of a job, and find its lookup by the columns of its keys."""

from pathlib import Path

from capillary_async.cli.bulk_options import KeyOptions
from capillary_async.jobs import LOOKUPS, InvalidKeysError, Plan, find_lookup, plan
from capillary_async.options import RateLimit


def plan_lookup(lookup: str | None, keys: KeyOptions, rate: RateLimit | None) -> tuple[str, Plan]:
    """Count the keys and requests.

    Args:
        lookup: The lookup; `None` finds it by the columns.
        keys: The keys.
        rate: The rate limit of the job.

    Returns:
        The name of the lookup, and its plan.

    Raises:
        JobRefusedError: There is no such lookup.
        InvalidKeysError: The keys cannot be used.
        ValueError: The keys are a stream, which can be read only once, and there is no lookup.
    """
    with keys.opened() as source:
        if lookup is not None:
            return lookup, _plan(lookup, source, keys, rate)
        if not isinstance(source, Path):
            raise ValueError("give --lookup, because a pipe cannot be read twice")
        for name in sorted(LOOKUPS, key=lambda name: -len(find_lookup(name).columns)):
            try:
                return name, _plan(name, source, keys, rate)
            except InvalidKeysError as error:
                # Wrong columns are an error of the first line.
                if error.line != 1:
                    raise
    known = "; ".join(f"{name} {', '.join(find_lookup(name).key_columns)}" for name in LOOKUPS)
    raise InvalidKeysError(f"{keys.keys}: no lookup has these columns ({known}); give --lookup")


def _plan(lookup: str, source: object, keys: KeyOptions, rate: RateLimit | None) -> Plan:
    return plan(lookup, source, rate, key_format=keys.key_format, by=keys.by, mapping=keys.mapping)  # type: ignore[arg-type]
