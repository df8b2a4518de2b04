"""Prove to the API who is calling: a till with a password, a client key with a secret, or a finished token."""

import base64
import hashlib
import re
from collections.abc import Mapping
from contextlib import suppress
from typing import Final, Literal, get_args

from capillary_async.errors import ConfigurationError
from capillary_async.models.frozen import frozen
from capillary_async.options import Secret
from capillary_async.pipeline.request import Transport
from capillary_async.pipeline.telemetry import OnEvent
from capillary_async.pipeline.token import TOKEN_HEADER, TokenTransport, is_header_safe

_MD5: Final = re.compile(r"[0-9a-f]{32}")

EntityType = Literal[
    "TILL", "STORE_CODE", "STORE_NAME", "STORE_EXTERNAL_ID", "STORE_EXTERNAL_ID_1", "STORE_EXTERNAL_ID_2"
]


@frozen(init=False)
class BasicAuth:
    """A till's id and password.

    What travels is the MD5 of the password, as the documentation asks for; the password is not kept.
    """

    till: str
    _credentials: Secret

    def __init__(self, till: str, password: str) -> None:
        """Take the password as the till's owner types it.

        Raises:
            ConfigurationError: The password is empty, or the till's id is unusable in a header.
        """
        hidden = Secret(password)
        del password  # so that a traceback with locals, from the lines below, does not show it
        _fill(self, till=till, _credentials=hidden)
        _fill(self, _credentials=_basic(till, _md5_of(hidden), "password must be a text that is not empty"))

    @classmethod
    def from_md5(cls, till: str, password_md5: str) -> "BasicAuth":
        """Take the password's MD5, 32 hexadecimal digits, which many integrations store instead.

        Raises:
            ConfigurationError: It is not one, or the till's id is unusable in a header.
        """
        digest = Secret(password_md5.strip().lower() if isinstance(password_md5, str) else "")
        del password_md5
        credentials = _basic(till, digest, "password_md5 must be the 32 hexadecimal digits of an MD5")
        auth = cls.__new__(cls)
        _fill(auth, till=till, _credentials=credentials)
        return auth

    @property
    def headers(self) -> Mapping[str, Secret]:
        """What every request carries."""
        return {"Authorization": self._credentials}

    @property
    def account(self) -> str:
        """Who asks: the till."""
        return f"till {self.till}"

    @property
    def advice(self) -> str:
        """What to check when the API does not know who asks."""
        return (
            f"check the till {self.till} and its password (CAPILLARY_TILL, CAPILLARY_PASSWORD or"
            " CAPILLARY_PASSWORD_MD5), and whether the organisation allows Basic authentication"
        )


@frozen(init=False)
class AccessToken:
    """An access token that was made elsewhere; used as it is, never renewed."""

    _token: Secret

    def __init__(self, token: str) -> None:
        """Take the token.

        Raises:
            ConfigurationError: It is empty, or unusable in a header.
        """
        hidden = Secret(token)
        del token
        _fill(self, _token=hidden)
        _check("token", hidden)

    @property
    def headers(self) -> Mapping[str, Secret]:
        """What every request carries."""
        return {TOKEN_HEADER: self._token}

    @property
    def account(self) -> str:
        """Empty: a token does not tell whose it is."""
        return ""

    @property
    def advice(self) -> str:
        """What to check when the API does not know who asks."""
        return "the access token has ended or is another organisation's; get a new one (CAPILLARY_ACCESS_TOKEN)"


@frozen(init=False)
class OAuth:
    """A client key and secret, exchanged for access tokens as needed.

    Attributes:
        attribution: Whose calls these are.
    """

    _key: Secret
    _secret: Secret
    attribution: tuple[EntityType, str] | None

    def __init__(self, key: str, secret: str, attribution: tuple[EntityType, str] | None = None) -> None:
        """Take the pair that Capillary's developer portal shows.

        Args:
            key: The client key.
            secret: The client secret.
            attribution: The till or store whose calls these are, such as `("STORE_CODE", "s1")`; `None` means the
                till that is tied to the key.

        Raises:
            ConfigurationError: One of them is empty, or unusable in a header.
        """
        hidden_key, hidden_secret = Secret(key), Secret(secret)
        del key, secret
        _fill(self, _key=hidden_key, _secret=hidden_secret, attribution=attribution)
        _check("key", hidden_key)
        _check("secret", hidden_secret)
        if attribution is not None and not _is_attribution(attribution):
            kinds = ", ".join(get_args(EntityType))
            raise ConfigurationError(f"attribution must be one of {kinds}, and a text of printable ASCII characters")

    @property
    def headers(self) -> Mapping[str, Secret]:
        """What every request carries: nothing, because tokens change."""
        return {}

    def wrap(self, transport: Transport, for_tokens: Transport, /, on_event: OnEvent | None = None) -> TokenTransport:
        """Return `transport` with a fresh token added to each request; `for_tokens` carries the requests for tokens."""
        extra: dict[str, str] = {}
        if self.attribution is not None:
            entity_type, entity_code = self.attribution
            extra["X-CAP-API-ATTRIBUTION-ENTITY-TYPE"] = entity_type
            extra["X-CAP-API-ATTRIBUTION-ENTITY-CODE"] = entity_code
        credentials = {"key": self._key, "secret": self._secret}
        return TokenTransport(transport, for_tokens, credentials, extra, on_event=on_event)

    @property
    def account(self) -> str:
        """Who asks: a few digits of the key's hash, by which the key is recognised but not guessed."""
        return f"client key {hashlib.sha256(self._key.reveal().encode()).hexdigest()[:12]}"

    @property
    def advice(self) -> str:
        """What to check when the API does not know who asks."""
        return "check the client key and its secret (CAPILLARY_KEY, CAPILLARY_SECRET)"


Auth = BasicAuth | OAuth | AccessToken


def _basic(till: str, digest: Secret, message: str) -> Secret:
    if not _MD5.fullmatch(digest.reveal()):
        raise ConfigurationError(message)
    if not is_header_safe(till) or ":" in till:
        raise ConfigurationError("till must be printable ASCII characters without a colon, and at least one")
    return Secret("Basic " + base64.b64encode(f"{till}:{digest.reveal()}".encode()).decode())


def _md5_of(password: Secret) -> Secret:
    """Return the MD5 of a password; an empty secret for what is none, because an error's frame would show it."""
    text: object = password.reveal()
    data = b""
    if isinstance(text, str):
        with suppress(UnicodeEncodeError):
            data = text.encode(errors="surrogateescape")  # what a process finds in its environment may not be UTF-8
    return Secret(hashlib.md5(data, usedforsecurity=False).hexdigest() if data else "")


def _is_attribution(value: object) -> bool:
    match value:
        case (str(entity_type), str(entity_code)):
            return entity_type in get_args(EntityType) and is_header_safe(entity_code)
        case _:
            return False


def _fill(auth: object, **attributes: object) -> None:
    """Set attributes of a frozen object before they are checked, because a traceback with locals prints the object."""
    for name, value in attributes.items():
        object.__setattr__(auth, name, value)


def _check(name: str, secret: Secret) -> None:
    if not is_header_safe(secret.reveal()):
        raise ConfigurationError(f"{name} must be printable ASCII characters, and at least one")
