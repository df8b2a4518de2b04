"""Authentication: Basic with the MD5 of a till's password, or a token for a key and secret."""

import hmac
import json
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from hashlib import blake2b, md5
from typing import Any

import attrs

from capillary_async.sandbox.answers import Answer, ErrorResponses, document
from capillary_async.sandbox.log import LoggedRequest
from capillary_async.sandbox.settings import SandboxSettings

TOKEN_HEADER = "X-CAP-API-OAUTH-TOKEN"  # noqa: S105  (the header's name)


@lru_cache(maxsize=8)
def basic_header(till: str, password: str) -> str:
    """Return a till's `Authorization` header, with the MD5 of the password in lower-case hexadecimal digits."""
    digest = md5(password.encode(), usedforsecurity=False).hexdigest()
    return f"Basic {b64encode(f'{till}:{digest}'.encode()).decode()}"


@attrs.define(eq=False)
class Authenticator:
    """Issues tokens, and checks the credentials of requests.

    Attributes:
        tokens_issued: Number of issued tokens.
    """

    _settings: SandboxSettings
    _expiry: dict[str, float] = attrs.field(factory=dict[str, float], init=False)
    tokens_issued: int = attrs.field(default=0, init=False)

    def issue(self, request: LoggedRequest, error_responses: ErrorResponses) -> Answer:
        """Answer a request for a token."""
        given = _credentials(request.body)
        if not _same(given, (self._settings.key, self._settings.secret)):
            return error_responses.token()
        self.tokens_issued += 1
        signature = blake2b(f"{self._settings.seed}.{self.tokens_issued}".encode(), digest_size=12).hexdigest()
        token = f"sandbox.{self.tokens_issued}.{signature}"
        ttl = self._settings.token_ttl
        self._expiry[token] = self._settings.clock() + ttl
        return document({"data": {"accessToken": token, "ttlSeconds": int(ttl)}, "errors": None})

    def expire_all(self) -> None:
        """Expire every token issued so far."""
        now = self._settings.clock()
        for token, end in self._expiry.items():
            self._expiry[token] = min(end, now)

    def revoke(self, token: str) -> None:
        """Make a token unknown, so that the answer is 401 and not 498."""
        self._expiry.pop(token, None)

    def refusal(self, request: LoggedRequest, error_responses: ErrorResponses) -> Answer | None:
        """Return the refusal of a request, or `None` if its credentials are valid."""
        token = request.headers.get(TOKEN_HEADER)
        refused = (
            self._check_basic(request, error_responses) if token is None else self._check_token(token, error_responses)
        )
        if refused is not None:
            return refused
        if self._settings.denial == "scope":
            return error_responses.envelope(403, "Access token does not have the required scope")
        return error_responses.v3(4000) if self._settings.denial == "access group" else None

    def _check_basic(self, request: LoggedRequest, error_responses: ErrorResponses) -> Answer | None:
        expected = basic_header(self._settings.till, self._settings.password)
        if self._settings.basic and request.headers.get("Authorization") == expected:
            return None
        return error_responses.envelope(401, "Unauthorized")

    def _check_token(self, token: str, error_responses: ErrorResponses) -> Answer | None:
        expiry = self._expiry.get(token)
        if expiry is None:
            return error_responses.envelope(401, "Invalid token")
        left = expiry - self._settings.clock()
        if left > 0:
            return None
        ended = datetime.now(UTC) + timedelta(seconds=left)
        return error_responses.envelope(498, f"Token expired at {ended:%Y-%m-%dT%H:%M:%SZ}")


def _same(given: Any, expected: tuple[str, str]) -> bool:
    return given is not None and hmac.compare_digest(":".join(given).encode(), ":".join(expected).encode())


def _credentials(body: bytes) -> tuple[str, str] | None:
    try:
        given = json.loads(body)
        key, secret = given["key"], given["secret"]
    except (ValueError, TypeError, KeyError):
        return None
    return (key, secret) if isinstance(key, str) and isinstance(secret, str) else None
