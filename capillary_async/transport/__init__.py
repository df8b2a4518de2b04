"""Carry requests over HTTP; the only part that knows aiohttp."""

from typing import TYPE_CHECKING

from capillary_async.transport.http import HttpTransport
from capillary_async.transport.urls import BaseUrl

if TYPE_CHECKING:
    from aiohttp import ClientSession as ClientSession

__all__ = ["BaseUrl", "HttpTransport"]
