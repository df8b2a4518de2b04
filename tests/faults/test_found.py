"""What the fault matrix and the fuzzer found, as a test each."""

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
    """Open a client whose server answers everything the same."""

    async def handle(wire: HttpConnection, _asked: Asked) -> None:
        await wire.send(reply)

    with RawServer(handle) as raw:
        async with CapillaryClient(raw.base_url, AUTH, options=PATIENT) as client:
            yield client


def test_a_number_that_is_too_long_is_final_wherever_it_stands() -> None:
    """The codec's text for it ends in the place, unless that is the document itself; asking again cannot help."""
    with pytest.raises(DecodeError, match="a number that is too long") as caught:
        decode_json(b'{"entity": ' + b"7" * 5_000 + b"}")

    assert not caught.value.retryable


async def test_a_customers_id_may_come_as_a_text_of_digits() -> None:
    """As every other identifier of the API may."""
    async with opened(answer(b'{"entity": "564703252", "warnings": []}')) as client:
        assert await client.customers.find_id("mobile", "919800000000") == 564703252


def test_a_client_that_is_refused_can_be_shown_by_a_traceback() -> None:
    """Tracebacks with locals show the half-built client, and may not show the URL: a password may be wrong in it."""
    with pytest.raises(ConfigurationError) as caught:
        CapillaryClient("https://user:Tr0ub4dor@example.com", AUTH)

    shown = traceback.TracebackException.from_exception(caught.value, capture_locals=True)

    frames = [frame for frame in shown.stack if frame.filename != __file__]
    assert len(frames) == 2
    assert "Tr0ub4dor" not in str([frame.locals for frame in frames])


@pytest.mark.parametrize("name", TARGETS)
def test_what_the_fuzzer_holds_true_is_true_of_its_first_inputs(name: str) -> None:
    """Whole and cut at every byte: a target that no longer fits what it tests would find nothing, or everything."""
    target, inputs = TARGETS[name]

    for data in inputs:
        for end in range(len(data) + 1):
            target(data[:end])


@pytest.mark.parametrize("text", [b"2025-09-05T20225+05:30", b"2025-09-05T12:00:+05:30", b"2025-09-05T12:00x+05:30"])
def test_a_date_time_with_a_character_too_many_is_none(text: bytes) -> None:
    """Python's own reader passes over it when an offset follows, and reads another time or the right one by luck."""
    TARGETS["dates"][0](text)
