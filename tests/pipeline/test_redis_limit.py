"""One server, and any number of machines keep the limit together; whatever becomes of the server."""

import asyncio
import shutil
import subprocess
import time
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import attrs
import pytest

from capillary_async import BasicAuth, CapillaryClient, ClientOptions, RetryPolicy
from capillary_async.errors import ConfigurationError, DeadlineExceeded, TransportError
from capillary_async.options import RateLimit, Secret
from capillary_async.pipeline.redis_limit import RedisLimit
from capillary_async.pipeline.shared_limit import SharedRateLimit
from capillary_async.sandbox import Sandbox
from tests.fakes import VirtualClock, outcomes
from tests.pipeline.redis_server import RedisServer, running
from tests.pipeline.windows import most_in_a_window

SLOW = RateLimit(10, per=10.0)
INTERVAL = 1.005
AUTH = BasicAuth("store.server", "server123")
ONCE = RetryPolicy(attempts=1)


@attrs.define
class Process:
    """One process that shares a limit, on the clock of a server that a library stands in for."""

    clock: VirtualClock
    limit: RedisLimit
    told: "asyncio.Future[float]" = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self.limit.open(self.take_now)

    def take_now(self) -> None:
        """Ask again when there is an answer, as the queue does."""
        try:
            if (wait := self.limit.take()) < float("inf"):
                self.told.set_result(wait)
        except (ConfigurationError, TransportError) as error:
            self.told.set_exception(error)

    async def ask(self) -> float:
        """Ask once; return 0 or the seconds until a permit."""
        self.told = asyncio.get_running_loop().create_future()
        wait = self.limit.take()
        return await self.told if wait == float("inf") else wait

    async def wait_and_take(self) -> float:
        """Wait for a permit and take it; return the seconds that it took."""
        began = self.clock.time()
        while wait := await self.ask():
            self.clock.block(wait)
        return self.clock.time() - began


@attrs.define
class Machines:
    """Processes of many machines around one server.

    Attributes:
        step: How far the server's clock is ahead of theirs.
        delays: Seconds that the next answers are under way.
        questions: How often the server was asked.
    """

    server: Any
    clock: VirtualClock
    step: float = 0.0
    delays: list[float] = attrs.field(factory=list[float])
    questions: int = 0
    all: list[Process] = attrs.field(factory=list[Process])

    def process(self, rate_limit: RateLimit = SLOW, name: str = "prod") -> Process:
        """Start a process."""
        limit = RedisLimit(lambda: Connection(self), name, rate_limit, clock=self.clock.time)
        started = Process(self.clock, limit)
        self.all.append(started)
        return started

    async def starts(self, processes: list[Process], seconds: float) -> list[tuple[int, float]]:
        """Return which of the processes took a permit when, while all wanted as many as there were."""
        ends_at, asks_at = self.clock.time() + seconds, [self.clock.time()] * len(processes)
        found: list[tuple[int, float]] = []
        while (moment := min(asks_at)) < ends_at:
            number = asks_at.index(moment)
            self.clock.block(max(moment - self.clock.time(), 0.0))
            wait = await processes[number].ask()
            asks_at[number] = self.clock.time() + wait
            if not wait:
                found.append((number, self.clock.time()))
        return found


class Connection:
    """A connection to the server, over which answers may take their time."""

    def __init__(self, machines: Machines) -> None:
        self._machines = machines
        self._client: Any = pytest.importorskip("fakeredis").FakeAsyncRedis(server=machines.server)

    async def eval(self, *arguments: Any) -> Any:
        """Run a script."""
        self._machines.questions += 1
        answer = await self._client.eval(*arguments)
        if self._machines.delays:
            self._machines.clock.block(self._machines.delays.pop(0))
        return answer

    async def aclose(self) -> None:
        """Close it."""
        await self._client.aclose()


@pytest.fixture
async def machines(monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[Machines]:
    """Return a server whose clock the test holds, and end all who used it."""
    pytest.importorskip("lupa")
    built = Machines(pytest.importorskip("fakeredis").FakeServer(), VirtualClock(5000.0))
    monkeypatch.setattr("time.time", lambda: 1_780_000_000.0 + built.clock.time() + built.step)
    yield built
    for process in built.all:
        await process.limit.close()


class TestScript:
    """What the script decides, on a clock of the test's own."""

    async def test_permits_are_one_interval_apart(self, machines: Machines) -> None:
        """As they are without sharing."""
        process = machines.process()

        await process.wait_and_take()

        waits = [await process.wait_and_take() for _ in range(4)]

        assert waits[1:] == pytest.approx([INTERVAL] * 3, abs=2e-6)

    async def test_together_they_keep_the_limit_and_take_turns(self, machines: Machines) -> None:
        """Nobody is first again and again."""
        rate_limit = RateLimit(60, per=60.0)
        processes = [machines.process(rate_limit) for _ in range(4)]

        starts = await machines.starts(processes, 180.0)

        assert most_in_a_window([moment for _, moment in starts], 60.0) <= 60
        assert len(starts) >= 0.98 * 179
        shares = [sum(number == who for who, _ in starts) for number in range(4)]
        assert min(shares) >= 0.8 * max(shares)

    async def test_another_name_is_another_limit(self, machines: Machines) -> None:
        """Two keys of the API have two limits."""
        await machines.process().wait_and_take()

        assert await machines.process(name="test").wait_and_take() < 0.6

    async def test_another_limit_under_the_name_is_refused(self, machines: Machines) -> None:
        """One of the two processes has it wrong, and neither can know which."""
        await machines.process().wait_and_take()

        for other in (RateLimit(11, per=10.0), RateLimit(10, per=9.0)):
            with pytest.raises(ConfigurationError, match=r"^the name of the .* is in use with another limit$"):
                await machines.process(other).ask()

    async def test_a_limit_may_change_when_the_old_one_rests(self, machines: Machines) -> None:
        """A new version of a program may bring a new limit."""
        await machines.process().wait_and_take()
        machines.clock.block(12.0)

        assert await machines.process(RateLimit(1000, per=10.0)).wait_and_take() < 0.02

    async def test_it_is_one_key_that_goes_after_a_day(self, machines: Machines) -> None:
        """A name that is no longer used must not fill the server's memory."""
        await machines.process().wait_and_take()
        client = pytest.importorskip("fakeredis").FakeAsyncRedis(server=machines.server)

        assert await client.keys() == [b"capillary_async:prod"]
        assert 0 < await client.ttl("capillary_async:prod") <= 86400
        await client.aclose()

    @pytest.mark.parametrize("step", [-3600.0, -60.0, -5.0, 5.0, 60.0, 3600.0])
    async def test_a_clock_that_steps_costs_an_interval_and_breaks_no_limit(
        self, machines: Machines, step: float
    ) -> None:
        """A step of a minute back stopped everybody for a minute; one ahead forgot what had started."""
        rate_limit = RateLimit(300, per=10.0)
        processes = [machines.process(rate_limit) for _ in range(3)]
        times = [moment for _, moment in await machines.starts(processes, 20.0)]

        machines.step = step
        times += [moment for _, moment in await machines.starts(processes, 20.0)]

        assert most_in_a_window(times, 10.0) <= 300
        assert len(times) >= 0.97 * 1200

    async def test_a_server_that_lost_its_data_breaks_no_limit(self, machines: Machines) -> None:
        """It was restarted, and remembers nothing."""
        rate_limit = RateLimit(80, per=10.0)
        processes = [machines.process(rate_limit) for _ in range(3)]
        times = [moment for _, moment in await machines.starts(processes, 20.0)]
        await pytest.importorskip("fakeredis").FakeAsyncRedis(server=machines.server).flushall()

        processes.append(machines.process(rate_limit))
        times += [moment for _, moment in await machines.starts(processes, 20.0)]

        assert most_in_a_window(times, 10.0) <= 80
        assert len(times) >= 0.97 * 310

    async def test_a_permit_that_comes_late_is_dropped(self, machines: Machines) -> None:
        """The process stood still while it waited for the answer: now another window runs."""
        process = machines.process()
        await process.wait_and_take()
        machines.clock.block(5.0)
        machines.delays.append(2.5)
        before = machines.questions

        assert await process.ask() == 0.0
        assert machines.questions - before == 2

    async def test_a_key_that_holds_something_else_is_said_so(self, machines: Machines) -> None:
        """And is left as it is."""
        client = pytest.importorskip("fakeredis").FakeAsyncRedis(server=machines.server)
        await client.lpush("capillary_async:prod", "somebody's")

        with pytest.raises(ConfigurationError, match=r"WRONGTYPE|wrong kind of value"):
            await machines.process().ask()

        assert await client.llen("capillary_async:prod") == 1
        await client.aclose()

    async def test_a_server_that_is_away_is_an_error_worth_a_retry(self, machines: Machines) -> None:
        """No call starts unasked; and what the library says stays with us, because it may name the server."""
        machines.server.connected = False

        with pytest.raises(TransportError, match=r"did not answer \(ConnectionError\)$") as caught:
            await machines.process().ask()

        assert caught.value.retryable
        assert caught.value.__context__ is None


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """Run a server for the tests that leave it as it is."""
    pytest.importorskip("redis")
    with running(tmp_path_factory.mktemp("redis")) as server:
        yield server


@asynccontextmanager
async def client_of(url: str, *, deadline: float = 5.0, limit: int = 6000) -> AsyncGenerator[CapillaryClient]:
    """Open a client whose limit is kept by a server."""
    rate_limit = SharedRateLimit(limit, per=60.0, url=url, name="prod")
    options = ClientOptions(rate_limit=rate_limit, deadline=deadline, retry=ONCE)
    async with Sandbox() as sandbox, CapillaryClient(sandbox.base_url, AUTH, options=options) as client:
        yield client


async def refusal_of(url: str) -> str:
    """Return what a client says of a server that cannot be used, and see that it says so at once."""
    began = time.monotonic()
    with pytest.raises(ConfigurationError) as caught:
        async with client_of(url) as client:
            await client.customers.get(1)
    assert time.monotonic() - began < 3.0
    assert caught.value.__context__ is None
    return str(caught.value.args[0])


class TestServer:
    """A real server."""

    async def test_calls_are_let_go(self, redis: RedisServer) -> None:
        """The script runs as the stand-in said it would."""
        async with client_of(redis.url()) as client:
            answers = await asyncio.gather(*(client.customers.get(number) for number in range(1, 20)))

        assert [customer.id for customer in answers] == list(range(1, 20))

    def test_a_second_loop_works_like_the_first(self, redis: RedisServer) -> None:
        """A client that is entered again, in another loop, found a connection of the first."""
        limit = RedisLimit.at(Secret(redis.url()), "loops", RateLimit(6000))

        async def take() -> None:
            changed = asyncio.Event()
            limit.open(changed.set)
            while wait := limit.take():
                if wait < float("inf"):
                    await asyncio.sleep(wait)
                else:
                    await asyncio.wait_for(changed.wait(), 5.0)
                    changed.clear()
            await limit.close()

        asyncio.run(take())
        asyncio.run(take())

    async def test_the_deadline_holds_while_the_server_hangs(self, redis: RedisServer) -> None:
        """Ten calls of one second each ended after five to fifty, or never."""
        async with client_of(redis.url(), deadline=0.4) as client:
            await client.customers.get(1)
            with redis.hanging():
                began = time.monotonic()
                ends = await outcomes(*(client.customers.get(number) for number in range(1, 11)))
                seconds = time.monotonic() - began
            await asyncio.sleep(0.05)
            again = await client.customers.get(2)

        assert [type(end) for end in ends] == [DeadlineExceeded] * 10
        assert seconds < 0.8
        assert again.id == 2

    async def test_leaving_is_quick_while_the_server_hangs(self, redis: RedisServer) -> None:
        """A program that ends must not wait for a server that does not answer."""
        async with client_of(redis.url()) as client:
            await client.customers.get(1)
            with redis.hanging():
                task = asyncio.create_task(client.customers.get(2))
                await asyncio.sleep(0.05)
                began = time.monotonic()
                await client.__aexit__(None, None, None)
                seconds = time.monotonic() - began
                await outcomes(task)
            await client.__aenter__()

        assert seconds < 1.5

    async def test_a_server_that_was_restarted_is_found_again(self, tmp_path: Path) -> None:
        """Each call of an outage fails, and the first one after it goes."""
        pytest.importorskip("redis")
        with running(tmp_path) as server:
            async with client_of(server.url()) as client:
                await client.customers.get(1)
                server.stop()
                (failure,) = await outcomes(client.customers.get(2))
                server.start()
                found = await client.customers.get(3)

        assert isinstance(failure, TransportError)
        assert found.id == 3


class TestMistakes:
    """A server that is set up wrongly is said so at once: waiting would not help."""

    async def test_a_wrong_password(self, tmp_path: Path) -> None:
        """Also none at all."""
        pytest.importorskip("redis")
        with running(tmp_path, "--requirepass", "right") as server:
            answers = [await refusal_of(server.url(credentials)) for credentials in (":wrong@", "nobody:x@", "")]

        ends = "the server of the shared rate limit cannot be used: the user or the password is wrong, or missing"
        assert answers == [ends] * 3

    async def test_a_user_without_the_right(self, tmp_path: Path) -> None:
        """It is told which rights it needs."""
        pytest.importorskip("redis")
        with running(tmp_path, *["--user", "job", "on", ">pass", "~*", "+ping", "+client"]) as server:
            assert "may not run EVAL" in await refusal_of(server.url("job:pass@"))

    async def test_a_replica_that_only_reads(self, redis: RedisServer, tmp_path: Path) -> None:
        """A permit has to be written down."""
        with running(tmp_path, "--replicaof", f"127.0.0.1 {redis.port}") as replica:
            await asyncio.sleep(0.2)  # until it has what the other has: before, it is only busy
            answer = await refusal_of(replica.url())

        assert answer.endswith("cannot be used: it is a read-only replica")

    async def test_a_wrong_database(self, redis: RedisServer) -> None:
        """A server has 16 of them."""
        assert "DB index is out of range" in await refusal_of(redis.url(path="/99"))

    @pytest.mark.parametrize("query", ["?no_such_option=1", "?socket_timeout=soon"])
    async def test_an_option_that_is_not_known(self, redis: RedisServer, query: str) -> None:
        """It is found when the client is built."""
        assert "holds what redis does not take" in await refusal_of(redis.url(path="/0" + query))

    async def test_a_certificate_that_is_not_trusted(self, tmp_path: Path) -> None:
        """And one that is trusted is taken."""
        pytest.importorskip("redis")
        if shutil.which("openssl") is None:
            pytest.skip("openssl is not on this machine")
        command = "openssl req -x509 -newkey rsa:2048 -nodes -keyout key -out cert -days 1 -subj /CN=localhost"
        command += " -addext subjectAltName=IP:127.0.0.1"
        await asyncio.to_thread(subprocess.run, command.split(), cwd=tmp_path, check=True, capture_output=True)
        arguments = "--tls-cert-file cert --tls-key-file key --tls-auth-clients no"
        with running(tmp_path, *arguments.split(), speaks_tls=True) as server:
            answer = await refusal_of(server.url(scheme="rediss"))
            async with client_of(server.url(scheme="rediss", path=f"/0?ssl_ca_certs={tmp_path}/cert")) as client:
                await client.customers.get(1)

        assert answer.endswith("its certificate is not trusted")
