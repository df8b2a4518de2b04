"""Make aioresponses work with the installed aiohttp.

Since 3.14 aiohttp's `ClientResponse` requires the argument `stream_writer`, which aioresponses (0.7.9 and older) does
not pass: https://github.com/pnuckowski/aioresponses/issues/289. The fix changes another library, so it is applied only
on request.
"""

from collections.abc import Generator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any, Final
from unittest import mock

import aiohttp

_SENT_ALREADY: Final[Any] = SimpleNamespace(output_size=0)


class _CannedResponse(aiohttp.ClientResponse):
    """An aiohttp response without a request."""

    def __init__(self, *args: Any, stream_writer: Any = _SENT_ALREADY, **kwargs: Any) -> None:
        super().__init__(*args, stream_writer=stream_writer, **kwargs)


@contextmanager
def fixed_aioresponses() -> Generator[None]:
    """Make aioresponses work inside the block; do nothing with an aiohttp that needs no fix."""
    with mock.patch("aioresponses.core.ClientResponse", _CannedResponse):
        yield
