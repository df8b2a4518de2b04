"""Bodies are put together whole and decompressed, and never larger than allowed."""

import gzip
import json
import tracemalloc
import zlib
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capillary_async.errors import DecodeError
from capillary_async.pipeline.body import Body

MEBIBYTE = 2**20


def inflate(body: bytes, encoding: str, cap: int, *, step: int = 2**16) -> bytes | bytearray:
    """Feed a body in pieces of so many bytes, and return what it came to."""
    arriving = Body(encoding, cap)
    for start in range(0, len(body), step):
        arriving.feed(body[start : start + step])
    return arriving.end()


class TestBody:
    """Compressed bodies are data only when they are whole, and never more than fits."""

    BODY = json.dumps({"data": list(range(5000))}).encode()

    @pytest.mark.parametrize("encoding", ["", "identity", " Identity "])
    def test_without_an_encoding_a_body_is_what_it_is(self, encoding: str) -> None:
        """It may come in any number of pieces."""
        assert inflate(self.BODY, encoding, MEBIBYTE) == self.BODY
        assert inflate(self.BODY, encoding, MEBIBYTE, step=7) == self.BODY

    def test_a_body_in_one_piece_is_not_copied(self) -> None:
        """Most are."""
        assert inflate(self.BODY, "", MEBIBYTE) is self.BODY

    def test_a_body_without_an_encoding_may_be_as_large_as_the_cap(self) -> None:
        """One byte more is too much, in whichever piece it comes."""
        assert inflate(bytes(1000), "", 1000, step=7) == bytes(1000)
        with pytest.raises(DecodeError, match="max_response_bytes"):
            inflate(bytes(1001), "", 1000, step=7)

    @pytest.mark.parametrize("encoding", ["gzip", "GZIP", " x-gzip"])
    def test_gzip_is_inflated(self, encoding: str) -> None:
        """It is what the client asks for."""
        assert inflate(gzip.compress(self.BODY), encoding, MEBIBYTE) == self.BODY

    def test_deflate_is_inflated_with_and_without_its_header(self) -> None:
        """Servers disagree on what the name means."""
        bare = zlib.compressobj(wbits=-zlib.MAX_WBITS)

        assert inflate(zlib.compress(self.BODY), "deflate", MEBIBYTE) == self.BODY
        assert inflate(bare.compress(self.BODY) + bare.flush(), "deflate", MEBIBYTE) == self.BODY

    def test_members_of_a_gzip_body_belong_together(self) -> None:
        """The format allows it; some servers compress piece by piece."""
        body = gzip.compress(self.BODY[:100]) + gzip.compress(b"") + gzip.compress(self.BODY[100:])

        for step in (1, 7, MEBIBYTE):
            assert inflate(body, "gzip", MEBIBYTE, step=step) == self.BODY

    def test_a_long_member_can_be_followed_by_another(self) -> None:
        """Its last bytes and the next one's first come out of the same piece, which once went on for ever."""
        body = gzip.compress(bytes(MEBIBYTE), 1) * 3

        assert inflate(body, "gzip", 3 * MEBIBYTE, step=len(body)) == bytes(3 * MEBIBYTE)

    def test_large_bodies_are_inflated_in_steps(self) -> None:
        """Output and input both cross several steps."""
        body = b"".join(str(number * 2654435761).encode() for number in range(200_000))

        assert inflate(gzip.compress(body, 1), "gzip", 4 * MEBIBYTE) == body
        assert inflate(gzip.compress(bytes(2**20)), "gzip", 2**20) == bytes(2**20)

    @pytest.mark.parametrize("encoding", ["gzip", "deflate"])
    def test_an_empty_body_stays_empty(self, encoding: str) -> None:
        """Refusals without a body say how they would have been compressed."""
        assert inflate(b"", encoding, 10) == b""

    def test_a_body_that_was_cut_is_refused_at_every_byte(self) -> None:
        """The decoder of aiohttp takes what came for the whole."""
        whole = gzip.compress(b'{"data": [1, 2, 3]}')

        for length in range(1, len(whole)):
            with pytest.raises(DecodeError) as caught:
                inflate(whole[:length], "gzip", MEBIBYTE)
            assert caught.value.retryable

    @pytest.mark.parametrize(
        "body",
        [
            gzip.compress(BODY) + b"junk",
            gzip.compress(BODY) + b"\0",
            gzip.compress(BODY)[:-8] + b"12345678",
            BODY,
            zlib.compress(BODY),
            gzip.compress(BODY)[:2] + b"\xff" * 20,
        ],
    )
    def test_a_broken_body_is_refused(self, body: bytes) -> None:
        """Trailing bytes, wrong check sums, other formats."""
        with pytest.raises(DecodeError) as caught:
            inflate(body, "gzip", MEBIBYTE)

        assert caught.value.retryable
        assert caught.value.__context__ is None

    @pytest.mark.parametrize("encoding", ["br", "zstd", "gzip, gzip", "gzip,deflate", "compress", "*", "é"])
    def test_unknown_and_stacked_encodings_are_refused(self, encoding: str) -> None:
        """None of them was asked for."""
        with pytest.raises(DecodeError, match="not one that was asked for"):
            inflate(b"", encoding, 10)

    def test_a_body_may_be_as_large_as_the_cap(self) -> None:
        """One byte more is too much."""
        body = gzip.compress(bytes(1000))

        assert inflate(body, "gzip", 1000) == bytes(1000)
        with pytest.raises(DecodeError, match="max_response_bytes") as caught:
            inflate(body, "gzip", 999)
        assert not caught.value.retryable

    def test_members_share_the_cap(self) -> None:
        """Many small ones are as large as a large one."""
        with pytest.raises(DecodeError, match="max_response_bytes"):
            inflate(gzip.compress(bytes(600)) * 2, "gzip", 1000)

    def test_what_arrives_may_not_be_larger_either(self) -> None:
        """Compressed data can be longer than what it holds, and it has to be read."""
        body = gzip.compress(bytes(100), 0)

        assert inflate(body, "gzip", len(body)) == bytes(100)
        with pytest.raises(DecodeError, match="max_response_bytes"):
            inflate(body, "gzip", len(body) - 1)

    def test_a_bomb_takes_little_more_memory_than_the_cap(self) -> None:
        """A megabyte on the wire holds a gigabyte."""
        cap = 8 * MEBIBYTE
        bomb = gzip.compress(bytes(256 * MEBIBYTE), 1)
        tracemalloc.start()

        with pytest.raises(DecodeError, match="max_response_bytes"):
            inflate(bomb, "gzip", cap)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()

        assert peak < cap + 2 * MEBIBYTE

    @pytest.mark.parametrize("encoding", ["", "gzip"])
    def test_a_body_takes_little_more_memory_than_it_is_long(self, encoding: str) -> None:
        """Parts that are joined take it twice, and compressed data that is kept beside them three times."""
        size, step = 8 * MEBIBYTE, 2**16
        pieces = [bytes(step)] * (size // step)
        if encoding:
            level = zlib.compressobj(0, wbits=zlib.MAX_WBITS | 16)
            pieces = [level.compress(piece) for piece in pieces] + [level.flush()]
        arriving = Body(encoding, size + MEBIBYTE)
        tracemalloc.start()

        for piece in pieces:
            arriving.feed(piece)
        body = arriving.end()
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()

        assert len(body) == size
        assert peak < 1.2 * size

    def test_millions_of_members_cost_nothing(self) -> None:
        """Each of them would cost a copy of what follows."""
        body = gzip.compress(b"", 1) * 500_000

        with pytest.raises(DecodeError, match="too many parts"):
            inflate(body, "gzip", 16 * MEBIBYTE)

    @given(st.binary(), st.sampled_from(["gzip", "deflate"]))
    def test_any_bytes_are_data_or_refused(self, body: bytes, encoding: str) -> None:
        """They come from whoever answers."""
        with suppress(DecodeError):
            assert len(inflate(body, encoding, 1000)) <= 1000
