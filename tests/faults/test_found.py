"""What the fault matrix and the fuzzer found, as a test each."""

import pytest

from capillary_async.converter import decode_json
from capillary_async.errors import DecodeError


def test_a_number_that_is_too_long_is_final_wherever_it_stands() -> None:
    """The codec's text for it ends in the place, unless that is the document itself; asking again cannot help."""
    with pytest.raises(DecodeError, match="a number that is too long") as caught:
        decode_json(b'{"entity": ' + b"7" * 5_000 + b"}")

    assert not caught.value.retryable
