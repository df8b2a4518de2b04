"""Make aioresponses work on the aiohttp in use.

Since 3.14 aiohttp's `ClientResponse` cannot be made without the argument `stream_writer`, which aioresponses (0.7.9 and
older) does not give: https://github.com/pnuckowski/aioresponses/issues/289. The fix is asked for, never applied
unasked: it reaches into a library that is not ours.
"""

from collections.abc import Generator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any, Final
from unittest import mock

import aiohttp

_SENT_ALREADY: Final[Any] = SimpleNamespace(output_size=0)


class _CannedResponse(aiohttp.ClientResponse):
    """An answer that no request was sent for."""

    def __init__(self, *args: Any, stream_writer: Any = _SENT_ALREADY, **kwargs: Any) -> None:
        super().__init__(*args, stream_writer=stream_writer, **kwargs)


@contextmanager
def fixed_aioresponses() -> Generator[None]:
    """Let aioresponses make its answers, as long as the block lasts; harmless where nothing is broken."""
    with mock.patch("aioresponses.core.ClientResponse", _CannedResponse):
        yield
