"""Planted secrets and personal data, and the search for them.

The search covers the logs at DEBUG (client, aiohttp, and asyncio in debug mode), each exception with its chain, its
attributes, its pickle and its traceback with the locals of all frames except the caller's, each `CallInfo`, and the
reprs of all objects of a caller.
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
    """All texts that must contain neither secrets nor personal data.

    Attributes:
        texts: The place and the text.
    """

    texts: list[tuple[str, str]] = attrs.field(factory=list[tuple[str, str]], repr=False)

    def take(self, place: str, value: object) -> None:
        """Add the repr and the str of a value."""
        self.texts.extend([(place, repr(value)), (place, str(value)), (place, f"{value}")])

    def take_pickle(self, value: object) -> None:
        """Add the pickle of a value, if it has one."""
        with suppress(TypeError, pickle.PicklingError):
            self.texts.append(("pickle", pickle.dumps(value).decode("latin-1")))

    def take_account(self, info: CallInfo) -> None:
        """Add a `CallInfo`."""
        self.take("CallInfo", info)

    def take_error(self, error: BaseException) -> None:
        """Add an exception with its attributes, pickle, chain and traceback."""
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
        """Return the planted values that were found, with their places."""
        found = {f"{planted} in {place}" for place, text in self.texts for planted in forbidden if planted in text}
        return sorted(found)


class _Listener(logging.Handler):
    """Adds log records and their tracebacks."""

    def __init__(self, evidence: Evidence) -> None:
        super().__init__(logging.DEBUG)
        self._evidence = evidence

    def emit(self, record: logging.LogRecord) -> None:
        self._evidence.texts.append((f"log of {record.name}", self.format(record)))
        if record.exc_info and record.exc_info[1]:
            self._evidence.take_error(record.exc_info[1])


@contextmanager
def gathering() -> Generator[Evidence]:
    """Collect the records of all loggers during the block."""
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
