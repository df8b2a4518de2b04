"""A customer's cards, in the form of the documented samples."""

from typing import Any, Final

from capillary_async.sandbox.people import Person
from capillary_async.sandbox.seeded_random import SeededRandom
from capillary_async.sandbox.wire import Dates, moment

_ISSUED: Final = moment("2025-09-05")
_DAY: Final = 86_400
_SERIES: Final = (
    {"seriesName": "Sandbox everyday", "seriesId": 195, "seriesCode": "sbxeveryday", "maxActiveCards": 5},
    {"seriesName": "Sandbox fleet", "seriesId": 214, "seriesCode": "sbxfleet", "maxActiveCards": 1},
)
_LABELS: Final = (("ACTIVE", True), ("ACTIVE", True), ("SUSPENDED", False))


def _status(random: SeededRandom, dates: Dates, card_id: int, issued: int) -> dict[str, Any]:
    label, is_active = random.pick(_LABELS)
    return {
        "reason": "" if is_active else "reported lost",
        # A number here and an object in profiles, as in the samples.
        "createdBy": card_id,
        "actions": [],
        "autoUpdateTime": dates.day(issued),
        "autoUpdateTimeISO": dates.iso(issued - 1),
        "createdOn": dates.iso(issued),
        "entityId": card_id,
        "id": 28_000_000 + random.below(900_000),
        "isActive": is_active,
        "labelId": 494 if is_active else 495,
        "label": label,
        "status": label,
    }


def _extras(person: Person, index: int) -> dict[str, Any]:
    """Return the keys that only some of the sample cards have."""
    if index == 0:
        return {
            "extendedFields": {"custom_card_name": person.first_name.upper(), "vehicle_number": f"SBX{person.id}"},
            "customFields": {"vehicle_type": "Bike"},
            "mappedEntity": {"type": "TILL", "value": "sandbox.till"},
        }
    return {"customFields": {}, "cardExternalId": person.card_external_id(index)}


def card(seed: int, dates: Dates, person: Person, index: int, *, has_status: bool = True) -> dict[str, Any]:
    """Invent one of a customer's cards.

    Args:
        seed: The sandbox's.
        dates: Formats the dates.
        person: The owner of the card.
        index: Position of the card, from 0.
        has_status: Whether the card has `statusInfo`; cards of group members may lack it.
    """
    random = SeededRandom(seed, "card", person.id, index)
    card_id = 900_000 + random.below(90_000)
    issued = _ISSUED + random.below(90) * _DAY + random.below(_DAY)
    return {
        "cardId": card_id,
        "issuedDate": dates.iso(issued),
        "createdDate": dates.day(issued),
        "createdDateTimeISO": dates.iso(issued - 60),
        "expiryDays": 1000,
        **_SERIES[index % 2],
        "customerId": person.id,
        **_extras(person, index),
        "type": "PHYSICAL" if index == 2 else "DIGITAL",
        "cardNumber": person.card_number(index),
        "orgId": 100_737,
        "entityId": 75_150_000 + random.below(50_000),
        **({"statusInfo": _status(random, dates, card_id, issued)} if has_status else {}),
        "id": card_id,
        "transactionNotAllowed": random.one_in(2),
        "activeAndDigital": index != 2,
        "expiryDate": dates.iso(moment("2028-06-01")),
    }


def cards(seed: int, dates: Dates, person: Person, *, has_status: bool = True) -> list[dict[str, Any]]:
    """Invent all of a customer's cards."""
    return [card(seed, dates, person, index, has_status=has_status) for index in range(person.card_count)]
