"""Remove personal data and credentials from recorded requests and answers.

Each personal value is replaced by a pseudonym of the same kind, always the same one for the same value. Pseudonyms are
numbered by first appearance, so they hold nothing of the value, not even a hash. When a test plays a cassette, it sends
the original values, which the cassette does not hold. So a request is matched by its other parts, and its personal
values are bound to the pseudonyms of the matching recorded request.
"""

import json
import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Any, Final, cast
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import attrs

REMOVED: Final = "scrubbed"
# No country's phone numbers begin with 899, and 19 digits that begin with it fit into a 64-bit integer.
_PREFIX: Final = "899"
_PSEUDONYM: Final = re.compile(r"(?<!\d)899\d{4,}(?!\d)|\bperson-\d+@example\.com|\btext-\d+\b")
_LONG_NUMBER: Final = re.compile(r"(?<![\d.])\d{7,}(?!\d|\.\d)")
_ADDRESS: Final = re.compile(r"[\w.+%-]+@[\w-]+(?:\.[\w-]+)+")
_LONG: Final = 7
_PEOPLE: Final = frozenset(("customer", "customers", "members", "user", "users"))
_LOGIN_KEYS: Final = frozenset(("accesstoken", "key", "secret", "password", "token"))
_PERSONAL_KEYS: Final = frozenset(
    (
        *("firstname", "lastname", "fullname", "email", "mobile", "phone", "externalid", "dob", "address"),
        *("cardnumber", "cardexternalid", "value", "idvalue", "identifiervalue"),
        *("groupname", "groupexternalid", "customerimage", "imageurl", "thumbnailurl", "createdbyuser"),
    )
)
_PERSONAL_PARAMETERS: Final = _PERSONAL_KEYS | {"q", "searchtext", "number", "userid", "customerid", "id"}
# Objects whose keys a brand defines, which may hold personal data, and objects that describe staff.
_PERSONAL_OBJECTS: Final = frozenset(
    (
        *("extendedfields", "customfields", "fields", "allfields", "customfieldvalues"),
        *("createdby", "modifiedby", "lastupdatedby"),
    )
)
_Template = tuple[str | None, ...]


def _folded(key: str) -> str:
    return key.replace("_", "").lower()


def _is_moment(key: str) -> bool:
    return key.endswith(("Date", "DateTime", "Time", "On", "ISO"))


@attrs.define
class Scrubber:
    """Replaces personal values by pseudonyms, the same value always by the same pseudonym.

    Attributes:
        recorded: The URLs of the cassette that is played.
    """

    recorded: Iterable[str] = ()
    _known: dict[str, str] = attrs.field(factory=dict[str, str], init=False)
    _issued: set[str] = attrs.field(factory=set[str], init=False)

    def recognise(self, recording: str) -> None:
        """Mark the values of a recording as scrubbed, so that they are not replaced again."""
        self._issued.update(_PSEUDONYM.findall(recording))

    def url(self, url: str) -> str:
        """Replace personal values in the path and the query of a URL."""
        template, values = _split(url)
        self._bind(template, values)
        scrubbed = iter([self._pseudonym(value) for value in values])
        return "".join(self._text(part) if part is not None else quote(next(scrubbed), safe="@") for part in template)

    def body(self, body: bytes) -> bytes:
        """Replace personal values in a body: by key in JSON, and by form (number, address) in any other body."""
        try:
            document = json.loads(body, parse_float=Decimal)
        except ValueError:
            return self._text(body.decode("utf-8", "replace")).encode()
        return _as_json(self._scrubbed(document, "", is_personal=False)).encode()

    def _bind(self, template: _Template, values: list[str]) -> None:
        """Bind values to the pseudonyms of the first recorded request that matches."""
        for url in self.recorded:
            known_template, pseudonyms = _split(url)
            pairs = list(zip(values, pseudonyms, strict=False))
            if known_template == template and all(self._may_be(value, name) for value, name in pairs):
                self._known.update((value, name) for value, name in pairs if value not in self._issued)
                return

    def _may_be(self, value: str, pseudonym: str) -> bool:
        if value in self._known or value == pseudonym:
            return self._known.get(value, value) == pseudonym
        return value not in self._issued and pseudonym in self._issued - set(self._known.values())

    def _scrubbed(self, value: Any, key: str, *, is_personal: bool) -> Any:
        if isinstance(value, dict):
            is_personal = is_personal or _folded(key) in _PERSONAL_OBJECTS
            members = cast("dict[str, Any]", value)
            return {name: self._scrubbed(item, name, is_personal=is_personal) for name, item in members.items()}
        if isinstance(value, list):
            items = cast("list[Any]", value)
            return [self._scrubbed(item, key, is_personal=is_personal) for item in items]
        if isinstance(value, str):
            return self._scrubbed_text(value, key, is_personal=is_personal)
        if isinstance(value, int) and not isinstance(value, bool) and not _is_moment(key):
            digits = str(value)
            # A short number identifies a customer only if a request named a customer by it.
            return int(self._pseudonym(digits) if len(digits) >= _LONG else self._known.get(digits, digits))
        return value

    def _scrubbed_text(self, text: str, key: str, *, is_personal: bool) -> str:
        folded = _folded(key)
        if folded in _LOGIN_KEYS:
            return REMOVED
        if is_personal or folded in _PERSONAL_KEYS:
            return self._pseudonym(text)
        return text if _is_moment(key) else self._text(text)

    def _text(self, text: str) -> str:
        text = _ADDRESS.sub(lambda found: self._pseudonym(found[0]), text)
        return _LONG_NUMBER.sub(lambda found: self._pseudonym(found[0]), text)

    def _pseudonym(self, text: str) -> str:
        if not text or text in self._issued:
            return text
        if text not in self._known:
            self._known[text] = _made(text, len(self._issued) + 1)
            self._issued.add(self._known[text])
        return self._known[text]


def _split(url: str) -> tuple[_Template, list[str]]:
    """Split a URL into a template (with `None` for each personal value) and the personal values."""
    parts = urlsplit(url)
    template: list[str | None] = [f"{parts.scheme}://{parts.netloc}"]
    values: list[str] = []
    before = ""
    for segment in parts.path.split("/")[1:]:
        is_person = segment.isdigit() and (before in _PEOPLE or len(segment) >= _LONG)
        template += ["/", None if is_person else segment]
        values += [segment] * is_person
        before = segment
    for index, (name, value) in enumerate(parse_qsl(parts.query, keep_blank_values=True)):
        is_person = _folded(name) in _PERSONAL_PARAMETERS
        template += ["&" if index else "?", f"{name}=", None if is_person else urlencode({"": value})[1:]]
        values += [value] * is_person
    return tuple(template), values


def _made(text: str, count: int) -> str:
    if text.isdigit():
        return f"{_PREFIX}{count:0{max(len(text), _LONG) - len(_PREFIX)}d}"
    return f"person-{count}@example.com" if _ADDRESS.fullmatch(text) else f"text-{count}"


def _as_json(value: Any) -> str:
    """Encode JSON, keeping all digits of decimals."""
    if isinstance(value, dict):
        members = cast("dict[str, Any]", value)
        return "{" + ",".join(f"{json.dumps(key)}:{_as_json(item)}" for key, item in members.items()) + "}"
    if isinstance(value, list):
        items = cast("list[Any]", value)
        return "[" + ",".join(map(_as_json, items)) + "]"
    return format(value, "f") if isinstance(value, Decimal) else json.dumps(value, ensure_ascii=False)
