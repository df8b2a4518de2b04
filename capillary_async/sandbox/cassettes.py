"""Cassettes of vcrpy without personal data and credentials, so that they can be committed with the tests."""

import zlib
from collections.abc import Generator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Final, Literal, get_args

import vcr

from capillary_async.sandbox.scrubbing import Scrubber

RecordMode = Literal["once", "all", "none"]
# Only these headers are kept, because others may identify the caller.
_KEPT_OF_REQUESTS: Final = frozenset(("accept", "content-type", "language"))
_KEPT_OF_ANSWERS: Final = frozenset(("content-type", "retry-after", "x-cap-requestid"))


@contextmanager
def cassette(file: Path, *, record_mode: RecordMode = "once") -> Generator[Any]:
    """Play a cassette, or record it.

    Headers, tokens, keys and secrets are left out. Identifiers, numbers of seven digits and more, addresses, names and
    values of custom fields are replaced by other values of the same kind; amounts and dates stay. Requests that differ
    only in replaced values are answered in the order of the recording, so send them one after another.

    Args:
        file: Path of the cassette.
        record_mode: "once" records when there is no file yet, "all" always, "none" never.

    Raises:
        ValueError: There is no such mode. "new_episodes" of vcrpy is not supported, because new recordings would
            reuse the replacements of earlier values.
    """
    if record_mode not in get_args(RecordMode):
        raise ValueError(f"record_mode must be one of {', '.join(get_args(RecordMode))}, not {record_mode!r}")
    scrubber = Scrubber()
    if record_mode == "all":
        file.unlink(missing_ok=True)
    elif file.exists():
        scrubber.recognise(file.read_text("utf-8"))
    recorder: Any = vcr.VCR(
        record_mode=vcr.record_mode.RecordMode(record_mode),
        before_record_request=partial(_scrubbed_request, scrubber),
        before_record_response=partial(_scrubbed_answer, scrubber),
    )
    with recorder.use_cassette(str(file)) as played:
        scrubber.recorded = [request.uri for request in played.requests]
        yield played


def _scrubbed_request(scrubber: Scrubber, request: Any) -> Any:
    request.uri = scrubber.url(request.uri)
    request.headers = {name: value for name, value in request.headers.items() if name.lower() in _KEPT_OF_REQUESTS}
    if request.body:
        request.body = scrubber.body(request.body)
    return request


def _scrubbed_answer(scrubber: Scrubber, response: Any) -> Any:
    headers = {name.lower(): (name, value) for name, value in response["headers"].items()}
    body = response["body"].get("string", b"")
    if "content-encoding" in headers:
        body = _decompressed(body, headers["content-encoding"][1])
    kept = dict(pair for name, pair in headers.items() if name in _KEPT_OF_ANSWERS)
    return {**response, "headers": kept, "body": {"string": scrubber.body(body) if body else b""}}


def _decompressed(body: bytes, encodings: list[str]) -> bytes:
    """Decompress gzip or deflate."""
    if not set(encodings) & {"gzip", "deflate"}:
        return body
    try:
        return zlib.decompress(body, wbits=47)  # gzip's header or zlib's
    except zlib.error:
        return zlib.decompress(body, wbits=-15)  # raw deflate, which some servers send
