"""Say why there is no connection, and what to do about it: host, port, and what DNS, TLS or a proxy said.

An error of aiohttp may hold URLs and headers in its own words; from here on only these words are used.
"""

import os
import socket
import ssl
from typing import Final

from capillary_async.errors import TransportError

_CA_FILE: Final = "if its authority is your own, give the authority's certificate as ca_file"
# What OpenSSL calls the answer of a server that speaks plain HTTP.
_NO_TLS: Final = frozenset(("WRONG_VERSION_NUMBER", "UNKNOWN_PROTOCOL", "HTTP_REQUEST", "RECORD_LAYER_FAILURE"))


def no_connection(where: str, cause: Exception) -> TransportError:
    """Return the error for a connection that could not be opened.

    Args:
        where: Host and port.
        cause: What the system, DNS or TLS said.
    """
    is_lasting = isinstance(cause, ssl.SSLCertVerificationError) or _is_unknown_host(cause)
    return TransportError(f"no connection to {where}: {_reason(cause)}", retryable=not is_lasting)


def refused_by_proxy(status: int) -> TransportError:
    """Return the error for a proxy that answers with this HTTP status, and does not connect."""
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
