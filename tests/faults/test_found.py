"""Findings of the fault matrix and the fuzzer."""

import traceback
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest

from capillary_async import CapillaryClient, ConfigurationError, DecodeError
from capillary_async.codec import decode_json
from fuzz.targets import TARGETS
from tests.faults.lookups import AUTH, PATIENT
from tests.faults.wire import Asked, HttpConnection, RawServer, answer


@asynccontextmanager
async def opened(reply: bytes) -> AsyncGenerator[CapillaryClient]:
    """Open a client whose server always sends the same answer."""

    async def handle(wire: HttpConnection, _asked: Asked) -> None:
        await wire.send(reply)

    with RawServer(handle) as raw:
        async with CapillaryClient(raw.base_url, AUTH, options=PATIENT) as client:
            yield client


def test_a_too_long_number_is_not_retried() -> None:
    """The codec's message depends on the place of the number, and a retry cannot help."""
    with pytest.raises(DecodeError, match="a number that is too long") as caught:
        decode_json(b'{"entity": ' + b"7" * 5_000 + b"}")

    assert not caught.value.retryable


async def test_a_customers_id_may_be_a_string_of_digits() -> None:
    """Some answers send identifiers as strings."""
    async with opened(answer(b'{"entity": "564703252", "warnings": []}')) as client:
        assert await client.customers.find_id("mobile", "919800000000") == 564703252


def test_a_traceback_of_a_refused_client_shows_no_url() -> None:
    """Tracebacks with locals show the incomplete client, and the URL may hold a password."""
    with pytest.raises(ConfigurationError) as caught:
        CapillaryClient("https://user:Tr0ub4dor@example.com", AUTH)

    shown = traceback.TracebackException.from_exception(caught.value, capture_locals=True)

    frames = [frame for frame in shown.stack if frame.filename != __file__]
    assert len(frames) == 2
    assert "Tr0ub4dor" not in str([frame.locals for frame in frames])


@pytest.mark.parametrize("name", TARGETS)
def test_the_fuzz_targets_accept_their_first_inputs(name: str) -> None:
    """A target that does not match the tested code would find nothing, or fail always."""
    target, inputs = TARGETS[name]

    for data in inputs:
        for end in range(len(data) + 1):
            target(data[:end])


@pytest.mark.parametrize("text", [b"2025-09-05T20225+05:30", b"2025-09-05T12:00:+05:30", b"2025-09-05T12:00x+05:30"])
def test_a_date_time_with_an_extra_character_is_refused(text: bytes) -> None:
    """`datetime.fromisoformat` accepts some of them, and may return another time."""
    TARGETS["dates"][0](text)
