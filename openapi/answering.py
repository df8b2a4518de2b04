"""Call the sandbox without a socket, and record which parameters its endpoints read."""

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final
from urllib.parse import quote
from zoneinfo import ZoneInfo

import attrs
from multidict import CIMultiDict, MultiDict

from capillary_async.sandbox.answers import Answer
from capillary_async.sandbox.dataset import Dataset
from capillary_async.sandbox.log import LoggedRequest
from capillary_async.sandbox.routes import Routes
from capillary_async.sandbox.settings import SandboxSettings
from capillary_async.sandbox.wire import Dates

_IN_HEADERS: Final = frozenset(("DATA-SCOPE",))


class Watched(MultiDict[str]):
    """Query parameters that record which of them are read."""

    _read: set[str]

    @classmethod
    def of(cls, values: Mapping[str, str], read: set[str]) -> "Watched":
        """Return parameters that add each read name to `read`."""
        watched = cls(values)
        watched._read = read
        return watched

    def get(self, key: str, default: Any = None) -> Any:
        """Return a value, and record its name."""
        self._read.add(key)
        return super().get(key, default)

    def getall(self, key: str, default: Any = ()) -> Any:
        """Return all values, and record their name."""
        self._read.add(key)
        return super().getall(key, default)


@attrs.define
class Asker:
    """A sandbox without sockets.

    Attributes:
        read: The names of all parameters that endpoints have read.
    """

    settings: SandboxSettings = attrs.field(factory=SandboxSettings)
    read: set[str] = attrs.field(factory=set[str], init=False)
    _routes: Routes = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self._routes = Routes.of(Dataset(self.settings))

    @property
    def dates(self) -> Dates:
        """The date formats of this sandbox."""
        return Dates(ZoneInfo(self.settings.timezone))

    def ask(self, path: str, parameters: Mapping[str, str]) -> Answer:
        """Request a path whose segments are not encoded."""
        query = {name: value for name, value in parameters.items() if name not in _IN_HEADERS}
        headers = {name: value for name, value in parameters.items() if name in _IN_HEADERS}
        raw = "/".join(quote(segment, safe="") for segment in path.split("/"))
        request = LoggedRequest(
            method="GET", path=path, raw=raw, query=Watched.of(query, self.read), headers=CIMultiDict(headers), time=0.0
        )
        return self._routes.answer(request)


def document_of(answer: Answer) -> Any:
    """Decode an answer's JSON, with exact numbers."""
    return json.loads(answer.body, parse_float=Decimal)


def filled(path: str, values: Mapping[str, str]) -> str:
    """Replace the placeholders of a path by values."""
    for name, value in values.items():
        path = path.replace(f"{{{name}}}", value)
    return path
