"""Send requests to a sandbox, with aiohttp and JSON only."""

import hashlib
import json
from base64 import b64encode
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any

import aiohttp
import attrs

from capillary_async.sandbox import Sandbox


@attrs.frozen
class Heard:
    """An answer.

    Attributes:
        json: The decoded body, with `Decimal`s for decimal numbers; `None` if the body is not JSON.
    """

    status: int
    text: str
    headers: Mapping[str, str]
    json: Any

    @property
    def codes(self) -> list[int]:
        """The codes of the answer's errors."""
        return [error["code"] for error in self.json["errors"]]


def basic(sandbox: Sandbox) -> dict[str, str]:
    """Return the Basic header of a till."""
    digest = hashlib.md5(sandbox.password.encode()).hexdigest()
    return {"Authorization": "Basic " + b64encode(f"{sandbox.till}:{digest}".encode()).decode()}


@attrs.frozen
class Asker:
    """Sends requests to one sandbox, with Basic by default."""

    sandbox: Sandbox
    session: aiohttp.ClientSession

    async def get(self, path: str, **query: Any) -> Heard:
        """Send a GET to a path."""
        return await self.send("GET", path, params={name: str(value) for name, value in query.items()})

    async def send(self, method: str, path: str, *, headers: Mapping[str, str] | None = None, **more: Any) -> Heard:
        """Send any request."""
        used = basic(self.sandbox) if headers is None else headers
        async with self.session.request(method, self.sandbox.base_url + path, headers=used, **more) as response:
            text = await response.text()
            is_json = response.content_type == "application/json"
            return Heard(
                status=response.status,
                text=text,
                headers=response.headers.copy(),
                json=json.loads(text, parse_float=Decimal) if is_json and text else None,
            )

    async def customer(self, customer_id: int | str, **query: Any) -> Heard:
        """Get a customer."""
        return await self.get(f"/v2/customers/{customer_id}", **{"source": "INSTORE", **query})

    async def events(self, user_id: int | str, rule_id: int | str, **query: Any) -> Heard:
        """Get target events."""
        return await self.get(f"/v3/users/{user_id}/trackedTargetEvents/{rule_id}", **query)

    async def members(self, group_id: int | str, **query: Any) -> Heard:
        """Get the members of a user group."""
        named = {"source": "INSTORE", "identifierName": "id", "identifierValue": group_id}
        return await self.get("/v2/userGroup2/members", **{**named, **query})

    async def group_trackers(self, value: int | str, **query: Any) -> Heard:
        """Get the trackers of a user group."""
        named = {"type": "USERGROUP2", "identifierType": "id", "identifierValue": value, "source": "INSTORE"}
        return await self.get("/v2/customers/userEntityTrackers", **{**named, **query})

    async def token(self, key: str, secret: str) -> Heard:
        """Request a token."""
        return await self.send("POST", "/v3/oauth/token/generate", headers={}, json={"key": key, "secret": secret})


class Clock:
    """A clock that changes only when a test sets it or a task sleeps."""

    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        """Return the time."""
        return self.now

    async def sleep(self, seconds: float) -> None:
        """Advance the time at once."""
        self.slept.append(seconds)
        self.now += seconds


@asynccontextmanager
async def asking(sandbox: Sandbox) -> AsyncGenerator[Asker, None]:
    """Run a sandbox, and return an `Asker` for it."""
    async with sandbox, aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        yield Asker(sandbox, session)
