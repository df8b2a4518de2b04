"""decode_json returns one complete document or raises, and no number loses a digit."""

import sys
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capillary_async.codec import Converter, decode_json, encode_json
from capillary_async.errors import DecodeError
from capillary_async.models import Tracker, TrackerType

EXACT = st.decimals(allow_nan=False, allow_infinity=False)
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | EXACT | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(JSON_VALUES)
def test_what_is_encoded_is_decoded_again(value: Any) -> None:
    """Jobs read back what they wrote."""
    assert decode_json(encode_json(value)) == value


@given(EXACT)
def test_a_number_keeps_every_digit(number: Decimal) -> None:
    """A float has only 15 exact digits."""
    text = f"{number:f}" if abs(number.adjusted()) < 100 else str(number)

    decoded = decode_json(text.encode())

    assert str(Decimal(decoded)) == str(Decimal(text)) or decoded == 0


@pytest.mark.parametrize("number", [2**53 + 1, 2**63, 2**64 + 1, -(2**63) - 1, 10**4000])
def test_a_whole_number_is_never_a_float(number: int) -> None:
    """Some decoders round integers beyond 64 bits, which would change ids."""
    sys.set_int_max_str_digits(0)
    text = str(number).encode()
    sys.set_int_max_str_digits(sys.int_info.default_max_str_digits)

    decoded = decode_json(text)

    assert decoded == number
    assert type(decoded) is int


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"{",
        b'{"a": 1',
        b'{"a": 1}x',
        b"{} {}",
        b"NaN",
        b"[Infinity]",
        b"-Infinity",
        b"<html>502 Bad Gateway</html>",
        b"tru",
        b"01",
        b"1.",
        b"{'a': 1}",
        b'"\xff"',
        b'"\xed\xa0\x80"',
        b'"a\nb"',
        b"\xef\xbb\xbf",
        '{"a": 1}'.encode("utf-16"),
    ],
    ids=repr,
)
def test_what_is_no_json_document_may_be_asked_for_again(body: bytes) -> None:
    """A cut connection or a gateway's page is transient, so the error must be retryable."""
    with pytest.raises(DecodeError, match=r"^the answer is not a JSON document: ") as caught:
        decode_json(body)

    assert caught.value.retryable
    assert caught.value.location == ""


@pytest.mark.parametrize(
    "body",
    [b"[" * 100_000, b"[" * 100_000 + b"]" * 100_000, b'{"a":' * 100_000, b"9" * 5000, b"1e99999999999999999999"],
    ids=["open", "closed", "objects", "digits", "exponent"],
)
def test_what_nobody_can_hold_is_an_error_for_good(body: bytes) -> None:
    """Another attempt returns the same document, so the error must not be retryable."""
    with pytest.raises(DecodeError) as caught:
        decode_json(body)

    assert not caught.value.retryable or body == b"[" * 100_000


@given(st.binary())
def test_any_bytes_are_a_document_or_an_error(body: bytes) -> None:
    """No input may raise an exception of msgspec."""
    try:
        decode_json(body)
    except DecodeError as error:
        assert error.__context__ is None  # noqa: PT017


def test_an_error_holds_nothing_of_the_answer() -> None:
    """Tracebacks with local variables are logged, so they must not hold the answer."""
    with pytest.raises(DecodeError) as caught:
        decode_json(b'{"mobile": "910000000001", oops')

    frames = [entry.frame for entry in caught.traceback if "capillary_async" in str(entry.path)]
    assert frames
    assert not any("910000000001" in repr(frame.f_locals) for frame in frames)


def test_a_machine_without_memory_is_no_fault_of_the_answer() -> None:
    """A retry after a MemoryError would make the shortage worse."""

    class Huge(bytes):
        def startswith(self, *_: object) -> bool:
            raise MemoryError

    with pytest.raises(MemoryError):
        decode_json(Huge())


def test_a_byte_order_mark_is_skipped() -> None:
    """RFC 8259 allows parsers to ignore the mark, and some gateways add it."""
    assert decode_json(b'\xef\xbb\xbf{"a": 1}') == {"a": 1}


def test_a_model_is_encoded_with_its_attributes_names() -> None:
    """Files and the command line use the same names as Python code."""
    tracker = Tracker(
        id=1,
        type=TrackerType.POINTS,
        value=Decimal("1.000"),
        updated_on=datetime(2025, 1, 9, 12, 0, 12, tzinfo=ZoneInfo("Asia/Kolkata")),
    )
    row: dict[str, Any] = {
        "id": 1,
        "condition_id": None,
        "name": None,
        "condition_name": None,
        "type": "POINTS",
        "value": Decimal("1.000"),
        "updated_on": "2025-01-09T12:00:12+05:30",
        "period_start_date": None,
        "period_end_date": None,
        "extra": {},
    }

    assert decode_json(encode_json(tracker)) == row
    assert list(decode_json(encode_json(tracker))) == list(row)
    assert b'"value":1.000,' in encode_json(tracker)
    assert encode_json([tracker]) == b"[%s]" % encode_json(tracker)


def test_undocumented_keys_are_encoded_too() -> None:
    """A file must hold all data of the answer."""
    tracker = Converter(UTC).structure({"id": 1, "new": {"a": [Decimal("0.10")]}}, Tracker)

    assert encode_json(tracker).endswith(b'"extra":{"new":{"a":[0.10]}}}')
    assert decode_json(encode_json({"day": date(2025, 1, 9), "rows": (tracker,)}))["day"] == "2025-01-09"


@pytest.mark.parametrize("value", [Decimal("NaN"), Decimal("-Infinity"), object()], ids=repr)
def test_what_json_cannot_say_is_refused(value: Any) -> None:
    """A file with NaN is not valid JSON."""
    with pytest.raises((TypeError, ValueError)):
        encode_json({"a": [value]})


def test_a_text_may_speak_of_infinity() -> None:
    """The text "Infinity" is not a number and must be allowed."""
    assert encode_json({"a": "NaN, Infinity"}) == b'{"a":"NaN, Infinity"}'


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"\n <!DOCTYPE html><html></html>", "it is a web page (HTML); check the base URL, and the proxy"),
        (b" \n", "it is empty"),
    ],
)
def test_what_came_instead_of_json_is_said(body: bytes, said: str) -> None:
    """For a web page, the reason "HTML" helps more than a parser's position."""
    with pytest.raises(DecodeError) as caught:
        decode_json(body)

    assert str(caught.value) == f"the answer is not a JSON document: {said}"
    assert caught.value.retryable


@pytest.mark.parametrize(
    ("text", "read"),
    [
        (r"\ud83d", "\ufffd"),
        (r"a\uDE00b", "a\ufffdb"),
        (r"\ud83d\ud83d\ude00", "\ufffd\U0001f600"),
        (r"\\ud83d", r"\ud83d"),
        (r"\ud83d\n", "\ufffd\n"),
    ],
)
def test_half_of_a_character_is_no_reason_to_lose_an_answer(
    text: str, read: str, caplog: pytest.LogCaptureFixture
) -> None:
    """The API's own data has such texts, so a retry would return the same answer."""
    assert decode_json(f'{{"firstName": "{text}"}}'.encode()) == {"firstName": read}

    assert ("half of a character" in caplog.text) == ("\ufffd" in read)


def test_half_of_a_character_heals_nothing_else() -> None:
    """Replacing half characters must not make invalid JSON valid."""
    with pytest.raises(DecodeError) as caught:
        decode_json(rb'{"firstName": "\ud83d"')

    assert caught.value.retryable
