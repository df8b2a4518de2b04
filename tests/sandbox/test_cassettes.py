"""A recording holds no personal data and no credentials, and is played as recorded."""

import gzip
import json
import re
from pathlib import Path
from typing import Any

import pytest

from capillary_async import CapillaryClient, Customer, OAuth, TargetEvent, TransportError
from capillary_async.sandbox import Answer, Sandbox
from capillary_async.sandbox.cassettes import cassette
from capillary_async.sandbox.scrubbing import Scrubber

MOBILE = "999565345001"
CUSTOMER = 565345001
pytest_plugins = ["pytester"]


async def ask(base_url: str, mobile: str = MOBILE, customer: int = CUSTOMER) -> tuple[int, Customer, list[TargetEvent]]:
    """Send requests with an id that the test knows and that an answer also contains."""
    async with CapillaryClient(base_url, OAuth("sandbox-key", "sandbox-secret")) as client:
        number = await client.customers.find_id("mobile", mobile)
        return number, await client.customers.get(customer), await client.targets.list_events(number, 7).collect()


@pytest.fixture
async def recording(tmp_path: Path, capillary_sandbox: Sandbox) -> tuple[str, Path]:
    """Record the requests of `ask`, and stop the server."""
    url, file = capillary_sandbox.base_url, tmp_path / "recorded" / "here.yaml"
    with cassette(file):
        await ask(url)
    await capillary_sandbox.close()
    return url, file


async def test_a_cassette_plays_the_recorded_answers(recording: tuple[str, Path]) -> None:
    """Amounts and dates must be unchanged, because tests check them."""
    url, file = recording
    server = Sandbox()

    with cassette(file, record_mode="none"):
        _, customer, events = await ask(url)

    assert len(events) == len(server.event_ids(CUSTOMER, 7))
    assert all(event.event_date is not None for event in events)
    assert customer.loyalty_info is not None
    assert customer.loyalty_info.lifetime_purchases


async def test_a_cassette_has_no_personal_data(recording: tuple[str, Path]) -> None:
    """Cassettes are committed to repositories."""
    _, file = recording
    person = Sandbox().identifiers(CUSTOMER)

    text = file.read_text("utf-8")

    hidden = [*person.values(), str(CUSTOMER), "sandbox-secret", "sandbox-key", "sandbox.1", "Authorization", "OAUTH"]
    assert [value for value in hidden if value in text] == []
    assert not re.search(r"firstName\":\"(?!text-)", text)


async def test_pseudonyms_of_answers_can_be_requested(recording: tuple[str, Path]) -> None:
    """The id that a lookup returns is a pseudonym in the cassette, and the next request uses it."""
    url, file = recording

    with cassette(file, record_mode="none"):
        number, customer, _ = await ask(url)

    assert number == customer.id != CUSTOMER


async def test_an_unrecorded_request_is_refused(recording: tuple[str, Path]) -> None:
    """A test with a new request must not use the network."""
    url, file = recording

    with cassette(file), pytest.raises(TransportError, match="CannotOverwriteExistingCassette"):
        async with CapillaryClient(url, OAuth("sandbox-key", "sandbox-secret")) as client:
            await client.targets.get_active(CUSTOMER)


async def test_a_compressed_answer_is_scrubbed(tmp_path: Path, capillary_sandbox: Sandbox) -> None:
    """Personal data in a compressed body must be replaced too."""
    packed = Answer(body=gzip.compress(b'{"entity": 565345001, "warnings": []}'), headers={"Content-Encoding": "gzip"})
    capillary_sandbox.script("/v2/customers/lookup", packed)

    with cassette(tmp_path / "packed.yaml"):
        number, *_ = await ask(capillary_sandbox.base_url)

    assert number == CUSTOMER
    assert str(CUSTOMER) not in (tmp_path / "packed.yaml").read_text("utf-8")


def test_new_episodes_is_refused(tmp_path: Path) -> None:
    """Values recorded later would get pseudonyms that are already used."""
    mode: Any = "new_episodes"

    with (
        pytest.raises(ValueError, match="record_mode must be one of once, all, none"),
        cassette(tmp_path, record_mode=mode),
    ):
        pass


@pytest.mark.parametrize(
    "value",
    [7, 1_000_000, 2**63 - 1, 1.5, "short", "919988123456", "a.b@example.org", "1735715131000000000", None, True],
)
def test_a_scrubbed_value_is_of_the_same_kind(value: object) -> None:
    """The client must be able to parse the pseudonym."""
    scrubbed = json.loads(Scrubber().body(json.dumps({"x": value}).encode()))["x"]

    assert type(scrubbed) is type(value)
    assert not isinstance(scrubbed, int) or scrubbed < 2**63


def test_names_of_staff_are_replaced() -> None:
    """Tills are often named after the persons who use them."""
    body = b'{"createdBy":{"id":7,"name":"jo.smith"},"createdByUser":"Jo Smith","extendedFields":{"spouse":"Jo"}}'

    assert b"Jo" not in Scrubber().body(body)
    assert b"smith" not in Scrubber().body(body)


@pytest.mark.parametrize("body", [b"<p>call 919988123456 or a.b@example.org</p>", b"\xff919988123456"])
def test_a_body_without_json_is_scrubbed_by_patterns(body: bytes) -> None:
    """A gateway's page may quote the request."""
    scrubbed = Scrubber().body(body)

    assert b"919988" not in scrubbed
    assert b"example.org" not in scrubbed


def test_amounts_and_times_stay() -> None:
    """Decimal digits and milliseconds are not phone numbers."""
    body = b'{"value":12345678.900,"trackedOn":1735715131000,"text":"2026-01-08T10:03:21Z"}'

    assert Scrubber().body(body) == body


def test_the_fixture_records_beside_the_test(pytester: pytest.Pytester) -> None:
    """After the first run the test needs no server."""
    pytester.makepyfile(
        """
        from capillary_async import BasicAuth, CapillaryClient
        from capillary_async.sandbox import Sandbox

        async def test_it(capillary_cassette):
            async with Sandbox() as sandbox:
                async with CapillaryClient(sandbox.base_url, BasicAuth(sandbox.till, sandbox.password)) as client:
                    assert await client.customers.find_id("mobile", "999000000007")
        """
    )

    result = pytester.runpytest_inprocess(
        *("-p", "no:cacheprovider", "--asyncio-mode=auto", "-o", "asyncio_default_fixture_loop_scope=function")
    )

    result.assert_outcomes(passed=1)
    assert (pytester.path / "cassettes" / "test_the_fixture_records_beside_the_test" / "test_it.yaml").is_file()
