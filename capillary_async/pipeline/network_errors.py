"""Say what went wrong on the network, and what to do about it: host, port, and what DNS, TLS or a proxy said.

An error of aiohttp may hold URLs and headers in its text. So its text is not used.
"""

import os
import socket
import ssl
from typing import Final
from urllib.parse import parse_qsl, urlsplit

import aiohttp
from aiohttp.http import HttpProcessingError

from capillary_async.errors import TransportError
from capillary_async.pipeline.direct_http import is_session_patched

_CA_FILE: Final = "if its authority is your own, give the authority's certificate as ca_file"
# What OpenSSL calls the answer of a server that speaks plain HTTP.
_NO_TLS: Final = frozenset(("WRONG_VERSION_NUMBER", "UNKNOWN_PROTOCOL", "HTTP_REQUEST", "RECORD_LAYER_FAILURE"))
_NO_FAKE: Final = "Connection refused: "  # the beginning of aioresponses' error
# aiohttp 3.14 gave its answers an argument that libraries which fake them do not know yet.
_UNFIT_FAKE: Final = (
    "the library that fakes answers in this test does not fit the installed aiohttp, as aioresponses 0.7.9 does not "
    "fit 3.14; use the pytest fixture capillary_aioresponses, or set capillary_fix_aioresponses = true"
)


def explain(error: Exception) -> TransportError | None:
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
