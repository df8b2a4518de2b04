"""The sandbox itself: sockets around everything else."""

import asyncio
from collections import deque
from inspect import getdoc
from random import Random
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self

import attrs
from anyio import sleep_forever

from capillary_async.sandbox.answers import Answer
from capillary_async.sandbox.auth import Authenticator
from capillary_async.sandbox.dataset import Dataset
from capillary_async.sandbox.faults import GATEWAYS, Match, Script, Scripts, Spacing, Throttle, retry_after
from capillary_async.sandbox.listings import Kind
from capillary_async.sandbox.log import LoggedRequest
from capillary_async.sandbox.openapi import OPENAPI_PATH, openapi_answer
from capillary_async.sandbox.paging import Listing
from capillary_async.sandbox.routes import TOKEN_PATH, Routes
from capillary_async.sandbox.settings import SandboxSettings

if TYPE_CHECKING:
    from capillary_async.sandbox.sockets import Sockets

_LOOP_STANDS_STILL: Final = (
    "the sandbox was started in an event loop that does not run now, so it can answer nobody; with pytest-asyncio give "
    "fixtures and tests one loop scope (asyncio_default_fixture_loop_scope and asyncio_default_test_loop_scope), and "
    "make tests that use the sandbox `async def`"
)


@attrs.define(kw_only=True, eq=False)
class Sandbox(SandboxSettings):
    """A server on this machine that speaks the API, with invented customers.

    ```python
    async with Sandbox(seed=7, latency=0.05) as sandbox:
        client = CapillaryClient(sandbox.base_url, BasicAuth(sandbox.till, sandbox.password))
    ```

    It is built from the documents alone and shares no code with the client, so that no misreading
    can hide on both sides. Nothing it knows is stored: a million customers take no memory.

    The last three digits of an id say what goes wrong with it. A customer 403 may not be seen, 404 does not
    exist, 409 was merged into another, 410 was deleted. A target rule or a user group 404 does not exist; the
    trackers of a user group 599 cannot be read.
    """

    _requests: deque[LoggedRequest] = attrs.field(init=False, repr=False)
    _request_count: int = attrs.field(default=0, init=False, repr=False)
    _in_flight: int = attrs.field(default=0, init=False, repr=False)
    _peak: int = attrs.field(default=0, init=False, repr=False)
    _world: Dataset = attrs.field(init=False, repr=False)
    _routes: Routes = attrs.field(init=False, repr=False)
    _doorkeeper: Authenticator = attrs.field(init=False, repr=False)
    _scripts: Scripts = attrs.field(factory=Scripts, init=False, repr=False)
    _gate: Throttle = attrs.field(factory=Throttle, init=False, repr=False)
    _spacing: Spacing = attrs.field(factory=Spacing, init=False, repr=False)
    _random: Random = attrs.field(init=False, repr=False)
    _sockets: "Sockets | None" = attrs.field(default=None, init=False, repr=False)
    _loop: asyncio.AbstractEventLoop | None = attrs.field(default=None, init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        self._requests = deque(maxlen=self.log_size)
        self._world = Dataset(self)
        self._routes = Routes.of(self._world)
        self._doorkeeper = Authenticator(self)
        self._random = Random(self.seed)

    # -- running ---------------------------------------------------------------------------------

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def start(self) -> None:
        """Listen, in the running loop.

        Raises:
            RuntimeError: It listens already.
            OSError: The port is taken.
        """
        # Not at the top: aiohttp's server is heavy, and the command line loads this module for its help alone.
        from capillary_async.sandbox.sockets import Sockets  # noqa: PLC0415

        if self._sockets is not None:
            raise RuntimeError("this sandbox is running already")
        sockets = Sockets(self._reply, lambda: self.clock())  # noqa: PLW0108  (the clock may be set anew)
        self.port: int = await sockets.open(self.host, self.port)
        self._sockets, self._loop = sockets, asyncio.get_running_loop()

    async def close(self) -> None:
        """Stop listening and drop every connection. Closing twice does no harm."""
        sockets, self._sockets = self._sockets, None
        if sockets is not None:
            await sockets.close()

    async def serve_forever(self) -> None:
        """Listen until cancelled."""
        async with self:
            await sleep_forever()

    @property
    def base_url(self) -> str:
        """Where it listens, such as `http://127.0.0.1:49152`.

        Raises:
            RuntimeError: It has not listened yet, so nobody knows its port; or its event loop stands still, so that
                whoever asks would wait for ever.
        """
        if not self.port:
            raise RuntimeError("the sandbox does not run yet; use it inside `async with Sandbox()`")
        if self._sockets is not None and self._loop is not None and not self._loop.is_running():
            raise RuntimeError(_LOOP_STANDS_STILL)
        # Whoever listens on every address is reached at this one, and clients take plain http from nowhere else.
        host = {"0.0.0.0": "127.0.0.1", "": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104
        host = f"[{host}]" if ":" in host else host
        return f"http://{host}:{self.port}"

    # -- what was seen ---------------------------------------------------------------------------

    @property
    def requests(self) -> list[LoggedRequest]:
        """The latest requests, oldest first, in the order in which they arrived; `log_size` bounds them."""
        return list(self._requests)

    @property
    def request_count(self) -> int:
        """How many requests arrived, however many of them `requests` still holds."""
        return self._request_count

    @property
    def in_flight(self) -> int:
        """How many requests wait for their answer."""
        return self._in_flight

    @property
    def peak(self) -> int:
        """How many requests waited for their answers at the same time, at most."""
        return self._peak

    @property
    def connections(self) -> int:
        """How many connections are open."""
        return 0 if self._sockets is None else self._sockets.connections

    @property
    def tokens_issued(self) -> int:
        """How many tokens were given out."""
        return self._doorkeeper.tokens_issued

    def forget_requests(self) -> None:
        """Empty `requests`, and start `request_count` and `peak` anew."""
        self._requests.clear()
        self._request_count = 0
        self._peak = self._in_flight

    # -- what it knows ---------------------------------------------------------------------------

    def customer_ids(self) -> range:
        """Return the ids from 1 to `customers`, those that belong to nobody by their last digits included."""
        return range(1, self.customers + 1)

    def listing(self, kind: Kind, *key: int | str) -> Listing:
        """Return a listing to change: `resize`, `append`, `prepend`, `drop_first`, `drop_last`.

        Args:
            kind: Such as "events".
            key: What tells it from others of its kind: user and target rule for "events", the group
                for "members" and "group_trackers", the text for "search", the customer for
                "user_groups", "customer_trackers", "transactions", "ledger", "ledger_balances" and
                "member_promotions", the user group for "group_transactions", the text for "customers";
                nothing for "promotions".
        """
        return self._world.listing(kind, *key)

    def event_ids(self, user_id: int, target_rule_id: int) -> list[int]:
        """Return the `eventLogId` of every event, in order."""
        return self._world.ids("events", user_id, target_rule_id)

    def member_ids(self, group_id: int) -> list[int]:
        """Return the `fleetUserId` of every member of a user group, in order."""
        return self._world.ids("members", group_id)

    def found_group_ids(self, name: str) -> list[int]:
        """Return the `groupId` of every user group that a search finds, in order."""
        return self._world.ids("search", name)

    def user_group_ids(self, customer_id: int) -> list[int]:
        """Return the id of every user group of a customer, in order."""
        return self._world.ids("user_groups", customer_id)

    def group_tracker_keys(self, group_id: int) -> list[tuple[int, int]]:
        """Return `id` and `conditionId` of every tracker of a user group, in order."""
        return self._world.ids("group_trackers", group_id)

    def customer_tracker_keys(self, customer_id: int) -> list[tuple[int, int]]:
        """Return `id` and `conditionId` of every tracker of a customer, in order."""
        return self._world.ids("customer_trackers", customer_id)

    def transaction_keys(self, customer_id: int) -> list[tuple[str, int]]:
        """Return `type` and `id` of every transaction of a customer, the newest first."""
        return self._world.ids("transactions", customer_id)

    def group_transaction_keys(self, group_id: int) -> list[tuple[str, int]]:
        """Return `type` and `id` of every transaction of a user group, the newest first."""
        return self._world.ids("group_transactions", group_id)

    def ledger_event_ids(self, customer_id: int) -> list[int]:
        """Return the `eventLogId` of every entry of a customer's ledger, the newest first."""
        return self._world.ids("ledger", customer_id)

    def member_promotion_ids(self, customer_id: int) -> list[int]:
        """Return the number of every promotion that a customer sees, in order."""
        return self._world.ids("member_promotions", customer_id)

    def found_customer_ids(self, text: str) -> list[int]:
        """Return the id of every customer that a search finds, in order."""
        return self._world.ids("customers", text)

    def promotion_ids(self) -> list[str]:
        """Return the id of every promotion, in order."""
        return self._world.ids("promotions")

    def target_rule_ids(self, user_id: int) -> list[int]:
        """Return the ids of the targets that a customer is enrolled in, in order."""
        return list(self._world.targets.enrolled(user_id))

    def identifiers(self, customer_id: int) -> dict[str, str]:
        """Return one identifier of each kind that a customer can be looked up by."""
        findable = self._world.people.person(customer_id).findable
        return {name: values[0] for name, values in findable.items() if values}

    # -- trouble ---------------------------------------------------------------------------------

    def expire_tokens(self) -> None:
        """Let every token given out so far have expired: it answers 498."""
        self._doorkeeper.expire_all()

    def revoke(self, token: str) -> None:
        """Make a token invalid: it answers 401."""
        self._doorkeeper.revoke(token)

    def script(self, match: Match, *answers: Answer, times: int | None = 1) -> Script:
        """Answer the next requests that fit with given answers, before anything else looks at them.

        Args:
            match: How the path starts ("/" fits all), or a function that picks requests.
            answers: Given in turn, over and over.
            times: How many requests are answered so; `None` for all.

        Returns:
            The script, which counts its `hits` and can be cancelled.

        Raises:
            ValueError: There is no answer, or `times` is negative.
        """
        return self._scripts.add(match, answers, times)

    def clear_scripts(self) -> None:
        """Forget all scripts."""
        self._scripts.clear()

    # -- answering -------------------------------------------------------------------------------

    async def _reply(self, request: LoggedRequest) -> Answer:
        self._request_count += 1
        self._in_flight += 1
        self._peak = max(self._peak, self._in_flight)
        try:
            answer = self._decide(request)
            if self.closes:
                answer = attrs.evolve(answer, headers={**answer.headers, "Connection": "close"})
            self._requests.append(attrs.evolve(request, status=0 if answer.abort else answer.status))
            delay = self.latency + answer.delay + (self.jitter and self._random.uniform(0, self.jitter))
            if delay:
                await self.sleep(delay)
        finally:
            self._in_flight -= 1
        return answer

    def _decide(self, request: LoggedRequest) -> Answer:
        scripted = self._scripts.take(request)
        if scripted is None:
            return self._answer(request)
        return self._answer(request).altered(scripted) if scripted.through else scripted

    def _answer(self, request: LoggedRequest) -> Answer:
        if request.path == OPENAPI_PATH:
            return openapi_answer(self.base_url)
        if self.gateway is not None:
            return GATEWAYS[self.gateway]
        if self.spacing and not self._spacing.lets_through(request.time, self.spacing):
            return Answer.html(self.spacing_status)
        if self.rate_limit is not None:
            wait = self._gate.wait(request.time, *self.rate_limit)
            if wait is not None:
                return Answer.throttled(retry_after(self.retry_after, wait))
        refusals = self._world.refusals
        if request.path == TOKEN_PATH:
            return self._doorkeeper.issue(request, refusals) if request.method == "POST" else Answer.html(405)
        refusal = self._doorkeeper.refusal(request, refusals)
        return refusal or self._routes.answer(request)


# The switches are described once, and belong to this class for whoever reads its help.
Sandbox.__doc__ = f"{getdoc(Sandbox)}\n\nAttributes:{(getdoc(SandboxSettings) or '').partition('Attributes:')[2]}"
