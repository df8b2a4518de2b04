"""The customer document, with every part that a parameter can request."""

from collections.abc import Callable, Mapping
from typing import Any, Final

import attrs

from capillary_async.sandbox.accounts import DEFAULT_PROGRAM, Accounts
from capillary_async.sandbox.answers import warning
from capillary_async.sandbox.cards import cards
from capillary_async.sandbox.loyalty import (
    expiry_schedule,
    points_summary,
    programs,
    renewal,
    retention_criteria,
    slab_history,
    upgrade_criteria,
    upgrade_strategies,
)
from capillary_async.sandbox.people import ACCOUNTS, Person
from capillary_async.sandbox.seeded_random import SeededRandom
from capillary_async.sandbox.wire import Dates, moment

_REGISTERED: Final = moment("2024-08-27")
_DAY: Final = 86_400
_TILLS: Final = ((75_155_282, "till.one"), (75_152_722, "till.two"), (75_197_941, "till.three"))
_CHANNELS: Final = ("SMS", "EMAIL", "ANDROID", "IOS")


@attrs.frozen
class Wanted:
    """The parts of a customer document that a request asks for.

    Attributes:
        source: Where the customer is looked up; "ALL" shows every profile.
        only_current_profile: Whether profiles of other sources are left out.
        embed: Parts named in `embed`, in lower case.
        flags: Names of the boolean parameters that are true.
        gap_to_upgrade: Days ahead, or `None` if not requested.
        gap_to_renew: Days ahead, or `None` if not requested.
    """

    source: str
    only_current_profile: bool
    embed: frozenset[str]
    flags: frozenset[str]
    gap_to_upgrade: int | None
    gap_to_renew: int | None


def _till(random: SeededRandom, *, is_full: bool = False) -> dict[str, Any]:
    number, code = random.pick(_TILLS)
    full = {
        "adminType": "GENERAL",
        "isActive": True,
        "isOuEnabled": False,
        "timeZoneId": 191,
        "currencyId": 95,
        "languageId": 148,
    }
    return {
        "id": number,
        "code": code,
        **({"description": ""} if is_full else {}),
        "name": code,
        "type": "TILL",
        # -1 means "none" here.
        "referenceId": -1,
        **(full if is_full else {}),
        "default": False,
    }


@attrs.frozen
class Customers:
    """Writes customer documents."""

    seed: int
    dates: Dates
    accounts: Accounts

    def registered(self, person: Person) -> int:
        """Return the moment of the customer's registration."""
        random = SeededRandom(self.seed, "registered", person.id)
        return _REGISTERED + random.below(300) * _DAY + random.below(_DAY)

    def document(self, person: Person, wanted: Wanted) -> dict[str, Any]:
        """Return the document without the user groups, which the caller adds."""
        sources = [wanted.source] if wanted.only_current_profile and wanted.source != "ALL" else person.sources
        has_segments = "segments" in wanted.embed
        return {
            "id": person.id,
            "profiles": [self._profile(person, source) for source in sources],
            "loyaltyInfo": self._loyalty_info(person),
            "segments": {"Activity segment": "Lapsed" if person.id % 2 else "Active"} if has_segments else {},
            "associatedWith": _TILLS[person.id % 3][1],
            **self._flagged(person, wanted.flags),
            **self._gaps(person, wanted),
            "extendedFields": self._extended_fields(person),
            "cardDetails": cards(self.seed, self.dates, person),
            **self._embedded(person, wanted),
            "warnings": [warning("Communication channel is not verified")] if person.id % 10 == 3 else [],
        }

    def _profile(self, person: Person, source: str) -> dict[str, Any]:
        random = SeededRandom(self.seed, "profile", person.id, source)
        identifiers = [{"type": kind, "value": value} for kind, value in person.identifiers.items()]
        modified = self.registered(person) + random.below(400) * _DAY
        return {
            "firstName": person.first_name,
            "lastName": person.last_name,
            "attribution": {
                "createDate": self.dates.iso(self.registered(person)),
                "createdBy": _till(random),
                "modifiedBy": _till(random),
                "modifiedDate": self.dates.iso(modified),
            },
            "fields": {"favourite_color": "Green"} if random.one_in(3) else {},
            "allFields": {},
            "identifiers": identifiers,
            "commChannels": [
                self._channel(random, *item) for item in person.identifiers.items() if item[0] != "externalId"
            ],
            "source": source,
            "userId": person.id,
            "accountId": ACCOUNTS[source],
            "conflictingProfileList": [],
            "autoUpdateTime": self.dates.iso(modified + _DAY),
            "identifiersAll": identifiers,
        }

    def _channel(self, random: SeededRandom, kind: str, value: str) -> dict[str, Any]:
        return {
            "type": kind,
            "value": value,
            "primary": True,
            "verified": random.one_in(2),
            "meta": {"residence": False, "office": False},
            "attributes": {},
        }

    def _loyalty_info(self, person: Person) -> dict[str, Any]:
        random = SeededRandom(self.seed, "loyalty", person.id)
        return {
            "loyaltyType": "non_loyalty" if person.id % 20 == 11 else "loyalty",
            "attributionV2": {
                "createDate": self.dates.iso(self.registered(person)),
                "createdBy": _till(random, is_full=True),
                "modifiedBy": _till(random),
                "modifiedDate": self.dates.iso(self.registered(person) + 90 * _DAY),
                "createdFromSource": "instore",
            },
            "lifetimePurchases": self.accounts.account(person.id).purchases,
            **({"score": 0} if person.id % 2 else {}),
        }

    def _extended_fields(self, person: Person) -> dict[str, Any]:
        if person.id % 3 == 0:
            return {}
        born = self.dates.iso(moment("1999-08-08"))
        return {"city": "Sandbury", "dob": born, "gender": ("Male", "Female")[person.id % 2]}

    def _flagged(self, person: Person, flags: frozenset[str]) -> dict[str, Any]:
        parts: Mapping[str, Callable[[], Any]] = {
            "optinStatus": lambda: ("NONE", "OPTED_IN", "OPTED_OUT")[person.id % 3],
            "slabHistory": lambda: slab_history(self.seed, self.dates, person),
            "tierUpgradeCriteria": lambda: upgrade_criteria(self.accounts, person),
            "ndncStatus": lambda: ("NONE", "NDNC", "DND")[person.id % 3],
            "membershipRetentionCriteria": lambda: retention_criteria(person),
            "includedFraudDetails": lambda: {"status": "CONFIRMED" if person.id % 50 == 0 else "NONE"},
        }
        # Without a downgrade strategy the part is left out even if requested (a note in the document says so).
        left_out = {"membershipRetentionCriteria"} if person.id % 7 == 0 else set[str]()
        names = {"includedFraudDetails": "fraudDetails"}
        return {names.get(name, name): part() for name, part in parts.items() if name in flags - left_out}

    def _gaps(self, person: Person, wanted: Wanted) -> dict[str, Any]:
        """Return the gaps, which need `embed=mlp`, or `embed=gapDetails` for today's gaps."""
        upgrade, renew = wanted.gap_to_upgrade, wanted.gap_to_renew
        if "gapdetails" in wanted.embed:
            upgrade, renew = upgrade or 0, renew or 0
        elif "mlp" not in wanted.embed:
            return {}
        gaps: dict[str, Any] = {}
        if upgrade is not None:
            gaps["upgradeStrategies"] = upgrade_strategies(self.accounts, self.dates, person, upgrade)
        if renew is not None and (summary := renewal(self.seed, self.dates, person, renew)):
            gaps["gapToRenewSummary"] = summary
        return gaps

    def _embedded(self, person: Person, wanted: Wanted) -> dict[str, Any]:
        parts: Mapping[str, tuple[str, Callable[[], Any]]] = {
            "points": ("pointsSummary", lambda: points_summary(self.accounts, self.dates, person)),
            "mlp": (
                "loyaltyProgramDetails",
                lambda: programs(self.accounts, self.dates, person, self._gaps(person, wanted)),
            ),
            "subscriptions": ("subscriptionInfo", self.subscriptions),
            "promotionalpoints": ("promotionalPoints", lambda: self._promotional_points(person)),
            "expiryschedules": (
                "expirySchedules",
                lambda: expiry_schedule(self.accounts, self.dates, person),
            ),
            "expiredpoints": ("expiredPoints", list[Any]),
            "returnedpoints": ("returnedPoints", list[Any]),
            "customerimage": ("customerImage", lambda: f"https://images.example.com/{person.id}.png"),
            "associatedimages": ("associatedImages", list[Any]),
        }
        return {key: part() for name, (key, part) in parts.items() if name in wanted.embed}

    def _promotional_points(self, person: Person) -> dict[str, Any]:
        promised = self.accounts.account(person.id).promised
        grant = {
            "points": promised,
            "issuedAt": {"code": "sbx123", "name": "Sandbox Store"},
            "issuedOn": self.dates.iso(moment("2025-12-08")),
            "expiryDate": self.dates.iso(moment("2026-12-31") + _DAY - 1),
            "promotionSource": {"promotionSourceId": -1, "promotionSourceType": "GOODWILL"},
            "programId": DEFAULT_PROGRAM[0],
            "promotionName": "Sandbox goodwill",
        }
        return {
            "customerPromotionType": [grant] if promised else [],
            "transactionPromotionType": [],
            "lineitemPromotionType": [],
        }

    def subscriptions(self) -> dict[str, Any]:
        """Return the messages that the customer wants."""
        return {
            "subscriptions": [
                {"channel": channel, "priority": priority, "type": "OPTIN"}
                for priority in ("TRANS", "BULK")
                for channel in _CHANNELS
            ]
        }
