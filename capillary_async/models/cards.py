"""Loyalty cards and their statuses."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from capillary_async.models.definition import Id, Model, model


@model
class MappedEntity(Model):
    """The entity that a card belongs to, such as a till."""

    type: str | None = None
    value: str | None = None


@model
class CardStatus(Model):
    """A card's status and the time of its last change.

    Attributes:
        created_by: An id here; an object in profiles.
        actions: No document shows an element of this list.
        auto_update_time: When the status last changed. A date if the answer has no time.
        label: The brand's name for the status.
    """

    id: Id | None = None
    reason: str | None = None
    created_by: Id | None = None
    actions: tuple[Any, ...] | None = None
    auto_update_time: datetime | date | None = None
    created_on: datetime | date | None = None
    entity_id: Id | None = None
    is_active: bool | None = None
    label_id: Id | None = None
    label: str | None = None
    status: str | None = None


@model
class Card(Model):
    """A customer's card.

    Attributes:
        type: DIGITAL and others.
        expiry_days: Number of days for which a card of this series is valid.
        created_date: The API is replacing it by `created_date_time`.
    """

    id: Id
    card_id: Id | None = None
    card_number: str | None = None
    card_external_id: str | None = None
    type: str | None = None
    issued_date: datetime | date | None = None
    created_date: date | None = None
    created_date_time: datetime | None = None
    expiry_date: datetime | date | None = None
    expiry_days: int | None = None
    series_id: Id | None = None
    series_code: str | None = None
    series_name: str | None = None
    customer_id: Id | None = None
    max_active_cards: int | None = None
    org_id: Id | None = None
    entity_id: Id | None = None
    mapped_entity: MappedEntity | None = None
    status_info: CardStatus | None = None
    transaction_not_allowed: bool | None = None
    active_and_digital: bool | None = None
    extended_fields: Mapping[str, Any] | None = None
    custom_fields: Mapping[str, Any] | None = None
