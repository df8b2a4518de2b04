"""Turn everything that an attempt can raise into the error of this library that says what to do about it.

* No exception of aiohttp gets out, not even as `__context__`, because its attributes hold URLs and headers. Its text is
  not used either. The message names host and port, and what DNS, TLS or a proxy said.
* No frame of aiohttp gets out in a traceback, because its locals hold the headers as they are sent. An exception that
  our own code raised is a bug. It keeps the frames of our own code.
"""

import asyncio
import os
import socket
import ssl
from collections.abc import Iterator
from types import TracebackType
from typing import Final
from urllib.parse import parse_qsl, urlsplit

import aiohttp
from aiohttp.http import HttpProcessingError

from capillary_async.errors import CapillaryError, DeadlineExceeded, TransportError
from capillary_async.pipeline.clock import loop_time
from capillary_async.pipeline.direct_http import is_session_patched
from capillary_async.pipeline.request import CallContext

_OURS: Final = __name__.partition(".")[0] + "."
# The modules that call aiohttp. Below one of them, a traceback may go through frames of aiohttp.
_EDGES: Final = tuple(f"capillary_async.pipeline.{name}" for name in ("http", "direct_http", "sessions"))
_CA_FILE: Final = "if its authority is your own, give the authority's certificate as ca_file"
# What OpenSSL calls the answer of a server that speaks plain HTTP.
_NO_TLS: Final = frozenset(("WRONG_VERSION_NUMBER", "UNKNOWN_PROTOCOL", "HTTP_REQUEST", "RECORD_LAYER_FAILURE"))
_NO_FAKE: Final = "Connection refused: "  # the beginning of aioresponses' error
# aiohttp 3.14 gave its answers an argument that libraries which fake them do not know yet.
_UNFIT_FAKE: Final = (
    "the library that fakes answers in this test does not fit the installed aiohttp, as aioresponses 0.7.9 does not "
    "fit 3.14; use the pytest fixture capillary_aioresponses, or set capillary_fix_aioresponses = true"
)


def error_for(error: BaseException, call: CallContext) -> BaseException:
    """Return the error to raise for what an attempt of `call` raised."""
    if isinstance(error, CapillaryError) or not isinstance(error, Exception | asyncio.CancelledError):
        return error
    if isinstance(error, TimeoutError):
        return _too_late(call)
    if isinstance(error, asyncio.CancelledError):
        return error.with_traceback(None)
    if (known := _explain(error)) is not None:
        return known
    if _is_bug(error):
        return error.with_traceback(_drop_frames_of_others(error.__traceback__))
    return TransportError(f"the request failed ({type(error).__name__})", retryable=False)


def _too_late(call: CallContext) -> TransportError:
    if loop_time() >= call.deadline:
        return DeadlineExceeded("the deadline passed while waiting for the answer")
    return TransportError(f"no complete answer within {call.options.attempt_timeout:g} s")


def _explain(error: Exception) -> TransportError | None:
    """Return the error to raise in place of one of aiohttp's; `None` if nothing went wrong on the network."""
    if isinstance(error, aiohttp.ClientConnectorError):
        return _no_connection(error)
    if isinstance(error, aiohttp.ClientHttpProxyError):
        return _refused_by_proxy(error.status)
    if isinstance(error, HttpProcessingError):
        error = aiohttp.ClientPayloadError()
    if str(error).startswith(_NO_FAKE) and is_session_patched():
        return _without_fake_answer(str(error))
    if isinstance(error, aiohttp.ClientError | OSError | EOFError):
        return TransportError(f"the connection broke or the answer was malformed ({type(error).__name__})")
    if isinstance(error, TypeError) and "ClientResponse.__init__" in str(error):
        return TransportError(f"the request failed (TypeError): {_UNFIT_FAKE}", retryable=False)
    return None


def _without_fake_answer(text: str) -> TransportError:
    """Return the error for a request that aioresponses has no answer for; its own error ends with method and URL."""
    method, _, url = text.removeprefix(_NO_FAKE).partition(" ")
    names = ", ".join(dict.fromkeys(name for name, _ in parse_qsl(urlsplit(url).query, keep_blank_values=True)))
    request = f"{method} with the query parameters {names}" if names else f"{method} without query parameters"
    return TransportError(
        f"no fake answer of this test matches {request}; aioresponses compares whole URLs, so register the URL with"
        " these parameters, or a pattern such as re.compile(...)",
        retryable=False,
    )


def _no_connection(error: aiohttp.ClientConnectorError) -> TransportError:
    host = f"[{error.host}]" if ":" in error.host else error.host
    proxy = "the proxy " if isinstance(error, aiohttp.ClientProxyConnectionError) else ""
    # The error of a certificate has no `os_error`.
    cause: Exception = (
        error.certificate_error if isinstance(error, aiohttp.ClientConnectorCertificateError) else error.os_error
    )
    is_lasting = isinstance(cause, ssl.SSLCertVerificationError) or _is_unknown_host(cause)
    message = f"no connection to {proxy}{host}:{error.port}: {_reason(cause)}"
    return TransportError(message, retryable=not is_lasting)


def _refused_by_proxy(status: int) -> TransportError:
    if status in (401, 407):
        return TransportError(f"the proxy wants other credentials (HTTP {status})", retryable=False)
    return TransportError(f"the proxy does not connect (HTTP {status})", retryable=status >= 500)


def _is_unknown_host(cause: Exception) -> bool:
    # DNS knows that there is none. Where it could not tell, the number is EAI_AGAIN.
    return isinstance(cause, socket.gaierror) and cause.errno == socket.EAI_NONAME


def _reason(cause: Exception) -> str:
    if isinstance(cause, ssl.SSLCertVerificationError):
        said = " ".join(str(getattr(cause, "verify_message", "") or cause.args[-1]).split())
        return f"its certificate is not trusted ({said}); {_CA_FILE}"
    if isinstance(cause, ssl.SSLError):
        said = cause.reason or "no reason given"
        hint = "; it speaks no TLS there, check the base URL and the port" if said in _NO_TLS else ""
        return f"TLS failed ({said}){hint}"
    number = cause.errno if isinstance(cause, OSError) and not isinstance(cause, socket.gaierror) else None
    return os.strerror(number) if number else "the host was not found; check the base URL, and the network's DNS"


def _is_bug(error: Exception) -> bool:
    """Say whether our own code raised it, and not aiohttp, what aiohttp calls, or what a tool has put in its place.

    Our own code raised it if the last frame is ours, or if our last frame called something else than aiohttp.
    """
    names = [_module_of(trace) for trace in _frames(error.__traceback__)]
    own = [name for name in names if name.startswith(_OURS)]
    return bool(own) and (names[-1] == own[-1] or own[-1] not in _EDGES)


def _drop_frames_of_others(trace: TracebackType | None) -> TracebackType | None:
    """Return a traceback with the frames of our own code alone, if aiohttp may have been called in between."""
    frames = list(_frames(trace))
    if any(_module_of(frame) in _EDGES for frame in frames):
        frames = [frame for frame in frames if _module_of(frame).startswith(_OURS)]
    below: TracebackType | None = None
    for frame in reversed(frames):
        below = TracebackType(below, frame.tb_frame, frame.tb_lasti, frame.tb_lineno)
    return below


def _frames(trace: TracebackType | None) -> Iterator[TracebackType]:
    while trace is not None:
        yield trace
        trace = trace.tb_next


def _module_of(trace: TracebackType) -> str:
    return str(trace.tb_frame.f_globals.get("__name__", ""))
