"""What `capillary demo` runs, and prints."""

from collections.abc import Callable, Iterable, Mapping
from typing import Final, TypeAlias

from capillary_async.bulk import Outcome, lookup_many
from capillary_async.client import CapillaryClient
from capillary_async.models import TargetEvent

Environment: TypeAlias = Mapping[str, str]
Show: TypeAlias = Callable[[Outcome[int, list[TargetEvent]]], None]
RULE: Final = 79196


# No line is longer than a terminal is wide.
async def look_up(env: Environment, ids: Iterable[int], show: Show) -> None:
    """Show the events of many customers as they come in."""
    async with CapillaryClient.from_env(env) as client:

        async def events_of(user_id: int) -> list[TargetEvent]:
            return await client.targets.list_events(user_id, RULE).collect()

        async with lookup_many(events_of, ids, concurrency=32) as outcomes:
            async for outcome in outcomes:
                show(outcome)
