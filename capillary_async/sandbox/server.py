"""The sandbox: a server with its settings, its log and its scripts."""

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
    "the sandbox was started in an event loop that is not running, so it cannot answer; with pytest-asyncio give "
    "fixtures and tests one loop scope (asyncio_default_fixture_loop_scope and asyncio_default_test_loop_scope), and "
    "make tests that use the sandbox `async def`"
)


@attrs.define(kw_only=True, eq=False)
class Sandbox(SandboxSettings):
    """A server on this machine that imitates the API, with invented customers.

    ```python
    async with Sandbox(seed=7, latency=0.05) as sandbox:
        client = CapillaryClient(sandbox.base_url, BasicAuth(sandbox.till, sandbox.password))
    ```

    It is built from the documents and shares no code with the client, so that a misreading of the documents in one of
    them is found by the other. It stores no data, so a million customers take no memory.

    Ids that end in certain digits cause errors. A customer whose id ends in 403 may not be read, 404 does not exist,
    409 was merged into another customer, 410 was deleted. A target rule or a user group whose id ends in 404 does not
    exist. The trackers of a user group whose id ends in 599 cannot be read.
    """

    _requests: deque[LoggedRequest] = attrs.field(init=False, repr=False)
    _request_count: int = attrs.field(default=0, init=False, repr=False)
    _in_flight: int = attrs.field(default=0, init=False, repr=False)
    _peak: int = attrs.field(default=0, init=False, repr=False)
    _dataset: Dataset = attrs.field(init=False, repr=False)
    _routes: Routes = attrs.field(init=False, repr=False)
    _authenticator: Authenticator = attrs.field(init=False, repr=False)
    _scripts: Scripts = attrs.field(factory=Scripts, init=False, repr=False)
    _throttle: Throttle = attrs.field(factory=Throttle, init=False, repr=False)
    _spacing: Spacing = attrs.field(factory=Spacing, init=False, repr=False)
    _random: Random = attrs.field(init=False, repr=False)
    _sockets: "Sockets | None" = attrs.field(default=None, init=False, repr=False)
    _loop: asyncio.AbstractEventLoop | None = attrs.field(default=None, init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        self._requests = deque(maxlen=self.log_size)
        self._dataset = Dataset(self)
        self._routes = Routes.of(self._dataset)
        self._authenticator = Authenticator(self)
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
        """Start to listen, in the running event loop.

        Raises:
            RuntimeError: The sandbox is already running.
            OSError: The port is taken.
        """
        # Not at the top: aiohttp's server is slow to import, and the command line imports this module for its help.
        from capillary_async.sandbox.sockets import Sockets  # noqa: PLC0415

        if self._sockets is not None:
            raise RuntimeError("this sandbox is already running")
        sockets = Sockets(self._reply, lambda: self.clock())  # noqa: PLW0108  (the clock may change)
        self.port: int = await sockets.open(self.host, self.port)
        self._sockets, self._loop = sockets, asyncio.get_running_loop()

    async def close(self) -> None:
        """Stop listening and drop every connection. A second call does nothing."""
        sockets, self._sockets = self._sockets, None
        if sockets is not None:
            await sockets.close()

    async def serve_forever(self) -> None:
        """Listen until cancelled."""
        async with self:
            await sleep_forever()

    @property
    def base_url(self) -> str:
        """The base URL of the sandbox, such as `http://127.0.0.1:49152`.

        Raises:
            RuntimeError: The sandbox is not running, so it has no port; or its event loop is not running, so that a
                request would wait for ever.
        """
        if not self.port:
            raise RuntimeError("the sandbox is not running; use it inside `async with Sandbox()`")
        if self._sockets is not None and self._loop is not None and not self._loop.is_running():
            raise RuntimeError(_LOOP_STANDS_STILL)
        # A server on every address is reached at this one too, and the client allows http only to this machine.
        host = {"0.0.0.0": "127.0.0.1", "": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104
        host = f"[{host}]" if ":" in host else host
        return f"http://{host}:{self.port}"

    # -- what was seen ---------------------------------------------------------------------------

    @property
    def requests(self) -> list[LoggedRequest]:
        """The latest requests in order of arrival; at most `log_size`."""
        return list(self._requests)

    @property
    def request_count(self) -> int:
        """Number of requests that arrived, also those that `requests` no longer holds."""
        return self._request_count

    @property
    def in_flight(self) -> int:
        """Number of requests that wait for their answers."""
        return self._in_flight

    @property
    def peak(self) -> int:
        """Largest number of requests that waited for their answers at the same time."""
        return self._peak

    @property
    def connections(self) -> int:
        """Number of open connections."""
        return 0 if self._sockets is None else self._sockets.connections

    @property
    def tokens_issued(self) -> int:
        """Number of issued tokens."""
        return self._authenticator.tokens_issued

    def forget_requests(self) -> None:
        """Empty `requests`, and reset `request_count` and `peak`."""
        self._requests.clear()
        self._request_count = 0
        self._peak = self._in_flight

    # -- what it knows ---------------------------------------------------------------------------

    def customer_ids(self) -> range:
        """Return the ids from 1 to `customers`, including ids that cause errors."""
        return range(1, self.customers + 1)

    def listing(self, kind: Kind, *key: int | str) -> Listing:
        """Return a listing to change: `resize`, `append`, `prepend`, `drop_first`, `drop_last`.

        Args:
            kind: The kind of listing, such as "events".
            key: Identifies the listing: the user and the target rule for "events", the group for "members" and
                "group_trackers", the text for "search", the customer for "user_groups", "customer_trackers",
                "transactions", "ledger", "ledger_balances" and "member_promotions", the user group for
                "group_transactions", the text for "customers"; empty for "promotions".
        """
        return self._dataset.listing(kind, *key)

    def event_ids(self, user_id: int, target_rule_id: int) -> list[int]:
        """Return the `eventLogId` of every event, in order."""
        return self._dataset.ids("events", user_id, target_rule_id)

    def member_ids(self, group_id: int) -> list[int]:
        """Return the `fleetUserId` of every member of a user group, in order."""
        return self._dataset.ids("members", group_id)

    def found_group_ids(self, name: str) -> list[int]:
        """Return the `groupId` of every user group that a search finds, in order."""
        return self._dataset.ids("search", name)

    def user_group_ids(self, customer_id: int) -> list[int]:
        """Return the id of every user group of a customer, in order."""
        return self._dataset.ids("user_groups", customer_id)

    def group_tracker_keys(self, group_id: int) -> list[tuple[int, int]]:
        """Return `id` and `conditionId` of every tracker of a user group, in order."""
        return self._dataset.ids("group_trackers", group_id)

    def customer_tracker_keys(self, customer_id: int) -> list[tuple[int, int]]:
        """Return `id` and `conditionId` of every tracker of a customer, in order."""
        return self._dataset.ids("customer_trackers", customer_id)

    def transaction_keys(self, customer_id: int) -> list[tuple[str, int]]:
        """Return `type` and `id` of every transaction of a customer, the newest first."""
        return self._dataset.ids("transactions", customer_id)

    def group_transaction_keys(self, group_id: int) -> list[tuple[str, int]]:
        """Return `type` and `id` of every transaction of a user group, the newest first."""
        return self._dataset.ids("group_transactions", group_id)

    def ledger_event_ids(self, customer_id: int) -> list[int]:
        """Return the `eventLogId` of every entry of a customer's ledger, the newest first."""
        return self._dataset.ids("ledger", customer_id)

    def member_promotion_ids(self, customer_id: int) -> list[int]:
        """Return the number of every promotion of a customer, in order."""
        return self._dataset.ids("member_promotions", customer_id)

    def found_customer_ids(self, text: str) -> list[int]:
        """Return the id of every customer that a search finds, in order."""
        return self._dataset.ids("customers", text)

    def promotion_ids(self) -> list[str]:
        """Return the id of every promotion, in order."""
        return self._dataset.ids("promotions")

    def target_rule_ids(self, user_id: int) -> list[int]:
        """Return the ids of the targets that a customer is enrolled in, in order."""
        return list(self._dataset.targets.enrolled(user_id))

    def identifiers(self, customer_id: int) -> dict[str, str]:
        """Return one identifier of each kind by which a customer can be found."""
        findable = self._dataset.people.person(customer_id).findable
        return {name: values[0] for name, values in findable.items() if values}

    # -- trouble ---------------------------------------------------------------------------------

    def expire_tokens(self) -> None:
        """Expire every token issued so far, so that it is refused with 498."""
        self._authenticator.expire_all()

    def revoke(self, token: str) -> None:
        """Make a token invalid, so that it is refused with 401."""
        self._authenticator.revoke(token)

    def script(self, match: Match, *answers: Answer, times: int | None = 1) -> Script:
        """Answer the next matching requests with the given answers, before all other checks.

        Args:
            match: The beginning of the path ("/" matches all), or a function that selects requests.
            answers: The answers, used in turn and repeated.
            times: Number of requests to answer; `None` for all.

        Returns:
            The script, which counts its `hits` and can be cancelled.

        Raises:
            ValueError: There is no answer, or `times` is negative.
        """
        return self._scripts.add(match, answers, times)

    def clear_scripts(self) -> None:
        """Remove all scripts."""
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
            wait = self._throttle.wait(request.time, *self.rate_limit)
            if wait is not None:
                return Answer.throttled(retry_after(self.retry_after, wait))
        error_responses = self._dataset.error_responses
        if request.path == TOKEN_PATH:
            return self._authenticator.issue(request, error_responses) if request.method == "POST" else Answer.html(405)
        refusal = self._authenticator.refusal(request, error_responses)
        return refusal or self._routes.answer(request)


# The settings are documented once, in `SandboxSettings`; this adds them to the help of `Sandbox`.
Sandbox.__doc__ = f"{getdoc(Sandbox)}\n\nAttributes:{(getdoc(SandboxSettings) or '').partition('Attributes:')[2]}"
