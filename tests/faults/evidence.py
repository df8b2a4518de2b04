"""Secrets and personal data that are planted, and the search for them where they may not be.

Looked through are the logs at DEBUG (the client's, aiohttp's and asyncio's, which is in debug mode), each
exception with its chain, attributes, pickle and traceback with the locals of all frames but the caller's own,
the accounts of calls, and the reprs of everything a caller holds.
"""

import base64
import hashlib
import logging
import pickle
import traceback
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final
from urllib.parse import quote

import attrs

from capillary_async import AccessToken, BasicAuth, CallInfo, OAuth
from capillary_async.pipeline.auth import Auth

TILL, PASSWORD = "a.till", "Tr0ub4dor-horse"
MD5 = hashlib.md5(PASSWORD.encode()).hexdigest()
KEY, SECRET, TOKEN = "client-key-3a55", "client-secret-9f83", "token.eyJhbGciOi.c2lnbmF0dXJl"
PROXY_PASSWORD = "proxy-word-551"
PHONE, EMAIL, EXTERNAL = "919812345678", "zaphodina@example.com", "EXT-88417-XYZ"
CUSTOMER = 5647032521
NAME = "Zaphodina"
PAIR = base64.b64encode(f"{TILL}:{MD5}".encode()).decode()
SECRETS: Final = (PASSWORD, MD5, PAIR, KEY, SECRET, TOKEN, PROXY_PASSWORD)
PERSONAL: Final = (PHONE, EMAIL, quote(EMAIL, safe=""), EXTERNAL, str(CUSTOMER), NAME)

AUTHS: Final[dict[str, Callable[[], Auth]]] = {
    "password": lambda: BasicAuth(TILL, PASSWORD),
    "md5": lambda: BasicAuth.from_md5(TILL, MD5),
    "key and secret": lambda: OAuth(KEY, SECRET),
    "token": lambda: AccessToken(TOKEN),
}
_OURS: Final = str(Path(__file__).parent)


@attrs.frozen
class Evidence:
    """All texts that may hold neither secrets nor personal data.

    Attributes:
        texts: Where each was found, and the text.
    """

    texts: list[tuple[str, str]] = attrs.field(factory=list[tuple[str, str]], repr=False)

    def take(self, place: str, value: object) -> None:
        """Keep what a value shows of itself."""
        self.texts.extend([(place, repr(value)), (place, str(value)), (place, f"{value}")])

    def take_pickle(self, value: object) -> None:
        """Keep a value's pickle, if it has one."""
        with suppress(TypeError, pickle.PicklingError):
            self.texts.append(("pickle", pickle.dumps(value).decode("latin-1")))

    def take_account(self, info: CallInfo) -> None:
        """Keep the account of a call."""
        self.take("CallInfo", info)

    def take_error(self, error: BaseException) -> None:
        """Keep all that hangs on an exception."""
        self.take("exception", error)
        self.take("attributes", vars(error))
        self.take_pickle(error)
        self._take_traceback(traceback.TracebackException.from_exception(error, capture_locals=True))

    def _take_traceback(self, shown: traceback.TracebackException) -> None:
        self.texts.append(("chain", "".join(shown.format_exception_only())))
        for frame in shown.stack:
            if not frame.filename.startswith(_OURS):
                self.texts.append((f"locals in {frame.name}", str(frame.locals)))
        for other in (shown.__cause__, shown.__context__, *(shown.exceptions or ())):
            if other is not None:
                self._take_traceback(other)

    def leaks(self, forbidden: tuple[str, ...] = SECRETS + PERSONAL) -> list[str]:
        """Name the places where something was found."""
        found = {f"{planted} in {place}" for place, text in self.texts for planted in forbidden if planted in text}
        return sorted(found)


class _Listener(logging.Handler):
    """Keeps what is logged, with the tracebacks of it."""

    def __init__(self, evidence: Evidence) -> None:
        super().__init__(logging.DEBUG)
        self._evidence = evidence

    def emit(self, record: logging.LogRecord) -> None:
        self._evidence.texts.append((f"log of {record.name}", self.format(record)))
        if record.exc_info and record.exc_info[1]:
            self._evidence.take_error(record.exc_info[1])


@contextmanager
def gathering() -> Generator[Evidence]:
    """Listen to every logger."""
    evidence = Evidence()
    root, listener = logging.getLogger(), _Listener(evidence)
    level = root.level
    root.addHandler(listener)
    root.setLevel(logging.DEBUG)
    try:
        yield evidence
    finally:
        root.setLevel(level)
        root.removeHandler(listener)
