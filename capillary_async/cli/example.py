"""The lookups of `capillary demo`, which also prints this source."""

from collections.abc import Callable, Iterable, Mapping
from typing import Final, TypeAlias

from capillary_async.bulk import Outcome, lookup_many
from capillary_async.client import CapillaryClient
from capillary_async.models.targets import TargetEvent

Environment: TypeAlias = Mapping[str, str]
Show: TypeAlias = Callable[[Outcome[int, list[TargetEvent]]], None]
RULE: Final = 79196


# The lines are short, because a terminal shows them.
async def look_up(env: Environment, ids: Iterable[int], show: Show) -> None:
    """Show the target events of many customers as they arrive."""
    async with CapillaryClient.from_env(env) as client:

        async def events_of(user_id: int) -> list[TargetEvent]:
            return await client.targets.list_events(user_id, RULE).collect()

        async with lookup_many(events_of, ids, concurrency=32) as outcomes:
            async for outcome in outcomes:
                show(outcome)
