"""Endpoints about a customer's points and tiers."""

from collections.abc import Mapping
from typing import Any, Final, cast

import capillary_async.api.arguments as take
from capillary_async.api.identity import by_id, by_identifier, identity
from capillary_async.errors import DecodeError
from capillary_async.models.enumerations import EntityType, IdentifierName, Source
from capillary_async.models.points import (
    LoyaltyProgramDetails,
    PointsBalance,
    PointsExpiry,
    PromisedPoints,
    TierDetails,
)
from capillary_async.pipeline.request import Request, Structure

_PROMISED: Final = ("promisedPointsScheduleList", "triggerBasedPointsList")


def _of_program(program_id: int | None, entity_type: str | None) -> take.Query:
    return take.query(
        programId=take.optional_id("program_id", program_id), entityType=take.optional_text("entity_type", entity_type)
    )


def get_points_balance(
    customer_id: int, *, program_id: int | None = None, entity_type: EntityType | str | None = None
) -> Request[PointsBalance]:
    """Fetch a customer's number of points; the answer is small and fast.

    Args:
        customer_id: As `customers.find_id` returns it.
        program_id: Only the points of this loyalty programme.
        entity_type: CUSTOMER, the API's default, or FLEET or USERGROUP2 for the points of the customer's user group.

    Returns:
        The points that can be spent, and the promised points.

    Raises:
        InvalidArgumentError: An argument is wrong; nothing was sent.
        NotFoundError: There is no such customer (8015).
        InvalidRequestError: The entity type is unknown (1212), or the user group is not valid (1632).
    """
    return by_id(customer_id, "/points/balance", _of_program(program_id, entity_type), PointsBalance)


def find_points_balance(
    identifier_name: IdentifierName | str,
    identifier_value: str | int,
    *,
    source: Source | str = "INSTORE",
    account_id: str | None = None,
    program_id: int | None = None,
    entity_type: EntityType | str | None = None,
) -> Request[PointsBalance]:
    """Fetch a customer's number of points by an identifier other than the id.

    Args:
        identifier_name: mobile, email, externalId, cardnumber, cardExternalId, wechat, martjackId or fbId.
        identifier_value: The value of the identifier, such as the phone number.
        source: Where the customer is registered.
        account_id: The account, in a source that has several.
        program_id: Only the points of this loyalty programme.
        entity_type: As `customers.get_points_balance` takes it.

    Returns:
        The points that can be spent, and the promised points.

    Raises:
        InvalidArgumentError: An argument is wrong; nothing was sent.
        NotFoundError: There is no such customer (8015), or not in this source (8065).
        InvalidRequestError: The entity type is unknown (1212), or the user group is not valid (1632).
    """
    who = identity(identifier_name, identifier_value, source, account_id)
    return by_identifier(who, "/points/balance", _of_program(program_id, entity_type), PointsBalance)


def get_tiers(
    customer_id: int,
    *,
    program_id: int | None = None,
    entity_type: EntityType | str | None = None,
    all_programs: bool | None = None,
) -> Request[tuple[TierDetails, ...]]:
    """Fetch a customer's tier in one loyalty programme or in all; the answer is small and fast.

    Args:
        customer_id: As `customers.find_id` returns it.
        program_id: The loyalty programme; `None` means the default one.
        entity_type: CUSTOMER, the API's default, or FLEET for the tier of the customer's user group.
        all_programs: Every programme.

    Returns:
        One tier for each programme.

    Raises:
        InvalidArgumentError: An argument is wrong; nothing was sent.
        NotFoundError: There is no such customer (8015).
        InvalidRequestError: The customer is not in the programme (8089), or the entity type is unknown (1212).
    """
    query = (
        *_of_program(program_id, entity_type),
        *take.query(fetchDataForAllPrograms=take.flag("all_programs", all_programs)),
    )
    return by_id(customer_id, "/tierDetails", query, tuple[TierDetails, ...], at="programTiers")


def get_loyalty(
    customer_id: int,
    *,
    program_id: int | None = None,
    include_all_user_groups: bool | None = None,
    user_group_id: int | None = None,
) -> Request[tuple[LoyaltyProgramDetails, ...]]:
    """Fetch a customer's points and tier in every loyalty programme.

    Args:
        customer_id: As `customers.find_id` returns it.
        program_id: Only this programme.
        include_all_user_groups: Add the customer's points and tiers in user groups.
        user_group_id: Add the customer's points and tiers in this user group.

    Returns:
        One entry for each programme; `is_enrolled` is false in a programme that the customer did not join.

    Raises:
        InvalidArgumentError: An argument is wrong; nothing was sent.
        NotFoundError: There is no such customer (8015).
        InvalidRequestError: The customer is not in the programme (8089) or not in the user group (1620).
    """
    query = take.query(
        programId=take.optional_id("program_id", program_id),
        includedAllFleetGroup=take.flag("include_all_user_groups", include_all_user_groups),
        fleetGroupId=take.optional_id("user_group_id", user_group_id),
    )
    return by_id(customer_id, "/loyaltyDetails", query, tuple[LoyaltyProgramDetails, ...], at="data")


def get_points_expiry(customer_id: int) -> Request[tuple[PointsExpiry, ...]]:
    """Fetch the dates on which a customer's points expire.

    Args:
        customer_id: As `customers.find_id` returns it.

    Returns:
        The number of points that expire on each day; empty when no points expire.

    Raises:
        InvalidArgumentError: An argument is wrong; nothing was sent.
        NotFoundError: There is no such customer (8015).
    """
    return by_id(customer_id, "/pointsExpirySchedule", (), tuple[PointsExpiry, ...], read=_read_expiry)


def get_promised_points(customer_id: int) -> Request[tuple[PromisedPoints, ...]]:
    """Fetch a customer's points that cannot be spent yet.

    Args:
        customer_id: As `customers.find_id` returns it.

    Returns:
        First the points with a date, then the points that wait for an event, whose `redeemable_from` is `None`.

    Raises:
        InvalidArgumentError: An argument is wrong; nothing was sent.
        NotFoundError: There is no such customer (8015).
    """
    return by_id(customer_id, "/promisedPointsSchedule", (), tuple[PromisedPoints, ...], read=_read_promised)


def _read_expiry(document: Any, structure: Structure) -> Any:
    return structure(_list_in(document, "id", "expirySchedules"), tuple[PointsExpiry, ...], "expirySchedules")


def _read_promised(document: Any, structure: Structure) -> Any:
    found: tuple[PromisedPoints, ...] = ()
    for name in _PROMISED:
        found += structure(_list_in(document, "entityId", name), tuple[PromisedPoints, ...], name)
    return found


def _list_in(document: Any, owner: str, name: str) -> Any:
    """Return a list of an answer that names the customer; an empty list may be missing in the answer."""
    if not isinstance(document, Mapping) or owner not in document:
        raise DecodeError(f"expected an object with {owner} and {name}", location=name)
    return cast("Mapping[str, Any]", document).get(name) or []
