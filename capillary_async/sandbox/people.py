"""The customers, and their identifiers.

Every positive 64-bit id is a customer's, except ids that end in one of these digits, which are chosen after HTTP
statuses: 403 may not be read, 404 does not exist, 409 was merged into another account, 410 was deleted.
"""

from collections.abc import Callable, Iterator
from typing import Any, Final, Literal

import attrs

from capillary_async.sandbox.seeded_random import SeededRandom

CustomerStatus = Literal["present", "denied", "missing", "merged", "deleted"]
LARGEST_ID: Final = 2**63 - 1
SOURCES: Final = ("INSTORE", "MARTJACK", "WECHAT", "LINE", "ALL")
ACCOUNTS: Final = {"INSTORE": "", "MARTJACK": "", "WECHAT": "wechat-1", "LINE": "line-1"}
_BY_LAST_DIGITS: Final[dict[int, CustomerStatus]] = {403: "denied", 404: "missing", 409: "merged", 410: "deleted"}
_FIRST_NAMES: Final = (
    "Asha",
    "Björn",
    "Chidi",
    "Dilara",
    "Émile",
    "Farida",
    "Goran",
    "Hana",
    "İpek",
    "Jūra",
    "思雨",
    "Leilani",
)
_LAST_NAMES: Final = (
    "Ashgrove",
    "Birkfeld",
    "Copperly",
    "Dunmarsh",
    "Eastwick",
    "Fennimore",
    "Galloden",
    "O'Hearth",
    "Ivers",
)
_DIGITS: Final = frozenset("0123456789")


def status_by_last_digits(customer_id: int) -> CustomerStatus:
    """Return a customer's status by the last three digits of the id."""
    return _BY_LAST_DIGITS.get(customer_id % 1000, "present")


def everyone_present(customer_id: int) -> CustomerStatus:  # noqa: ARG001  (the rule takes any id)
    """Return that the customer is present, for any id."""
    return "present"


def as_id(text: str) -> int | None:
    """Read a positive 64-bit integer as the API does; return `None` for any other text."""
    if not text or len(text) > 19 or not _DIGITS.issuperset(text):
        return None
    number = int(text)
    return number if 0 < number <= LARGEST_ID else None


@attrs.frozen
class Person:
    """A customer's names and identifiers, all derived from the id."""

    id: int
    first_name: str
    last_name: str
    has_email: bool
    has_external_id: bool

    @property
    def mobile(self) -> str:
        """A phone number with the prefix 999, which is not the code of a country."""
        return f"999{self.id:09d}"

    @property
    def email(self) -> str:
        """An address of a reserved domain, which nobody can own."""
        return f"customer.{self.id}@example.com"

    @property
    def external_id(self) -> str:
        """The organisation's id for the customer."""
        return f"ext-{self.id}"

    @property
    def identifiers(self) -> dict[str, str]:
        """The identifiers that the in-store profile shows, by type."""
        shown = {"mobile": self.mobile}
        if self.has_email:
            shown["email"] = self.email
        if self.has_external_id:
            shown["externalId"] = self.external_id
        return shown

    @property
    def sources(self) -> tuple[str, ...]:
        """The sources with a profile: always INSTORE, and others if the id is divisible by 2, 3 or 5."""
        elsewhere = {"MARTJACK": 2, "WECHAT": 3, "LINE": 5}
        return ("INSTORE", *(source for source, divisor in elsewhere.items() if self.id % divisor == 0))

    @property
    def card_count(self) -> int:
        """Number of the customer's cards: 0 to 3, depending on the id."""
        return self.id % 4

    def card_number(self, index: int) -> str:
        """Return the number of a card."""
        return f"sbx{self.id:012d}{index}"

    def card_external_id(self, index: int) -> str:
        """Return the organisation's id for a card."""
        return f"card-{self.id}-{index}"

    @property
    def findable(self) -> dict[str, tuple[str, ...]]:
        """Every identifier that a lookup accepts, by its name there."""
        shown: dict[str, tuple[str, ...]] = {name: (value,) for name, value in self.identifiers.items()}
        social = {"WECHAT": ("wechat", f"wx-{self.id}"), "MARTJACK": ("martjackId", f"mj-{self.id}")}
        for source in self.sources:
            if source in social:
                name, value = social[source]
                shown[name] = (value,)
        shown["fbId"] = (f"fb-{self.id}",)
        shown["cardnumber"] = tuple(self.card_number(index) for index in range(self.card_count))
        shown["cardExternalId"] = tuple(self.card_external_id(index) for index in range(self.card_count))
        return shown


@attrs.frozen
class People:
    """The customers of the sandbox.

    Attributes:
        seed: Two sandboxes with the same seed have the same customers.
        customer_status: Returns the status of a customer's id.
    """

    seed: int
    customer_status: Callable[[int], CustomerStatus]

    def person(self, customer_id: int) -> Person:
        """Return the customer with an id; the status is not checked."""
        random = SeededRandom(self.seed, "person", customer_id)
        return Person(
            id=customer_id,
            first_name=random.pick(_FIRST_NAMES),
            last_name=random.pick(_LAST_NAMES),
            has_email=not random.one_in(3),
            has_external_id=random.one_in(2),
        )

    def find(self, name: str, value: str) -> int | None:
        """Return the id of the customer with an identifier, or `None`."""
        for candidate in _ids_in(value):
            if value in self.person(candidate).findable.get(name, ()):
                return candidate
        return None

    # -- search ----------------------------------------------------------------------------------

    def match_count(self, text: str) -> int:
        """Return the number of customers that a search finds; one for a mobile number or an id."""
        return 1 if self._exact(text) else 1 + SeededRandom(self.seed, "matches", text).below(33)

    def match_id(self, text: str, row: int) -> int:
        """Return the id of a customer that a search finds."""
        exact = self._exact(text)
        # The ids end in 001, so each of them is a customer.
        return exact or 1_000 * (SeededRandom(self.seed, "match", text).below(900_000) + row + 100_000) + 1

    def match(self, text: str, row: int) -> dict[str, Any]:
        """Return a customer in the form of the search."""
        person = self.person(self.match_id(text, row))
        kind, value = ("mobile", person.mobile) if self._exact(text) else ("firstName", text)
        return {
            "userId": person.id,
            "matchedIdentifiers": [{"idType": kind, "idValue": value, "source": "INSTORE", "accountId": ""}],
            "profiles": [{"source": "INSTORE", "firstName": person.first_name, "lastName": person.last_name}],
        }

    def _exact(self, text: str) -> int | None:
        found = self.find("mobile", text) or as_id(text)
        return found if found is not None and self.customer_status(found) == "present" else None


def _ids_in(value: str) -> Iterator[int]:
    """Yield the ids that an identifier may contain in its digits."""
    digits = "".join(filter(_DIGITS.__contains__, value))
    hidden = {digits, digits.removeprefix("999"), digits[:-1]}
    for text in hidden:
        candidate = as_id(text.lstrip("0"))
        if candidate is not None:
            yield candidate


IDENTIFIER_NAMES: Final = frozenset(
    ("mobile", "email", "externalId", "cardnumber", "cardExternalId", "wechat", "martjackId", "fbId")
)
