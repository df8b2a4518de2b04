"""A customer's profile in one source."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from capillary_async.models.attribution import Attribution
from capillary_async.models.definition import Id, Model, model
from capillary_async.models.enumerations import Source


@model
class Identifier(Model):
    """An identifier of a customer.

    Attributes:
        type: mobile, email, externalId and others.
    """

    type: str | None = None
    value: str | None = None


@model
class CommChannelMeta(Model):
    """Details of a communication channel."""

    residence: bool | None = None
    office: bool | None = None


@model
class CommChannel(Model):
    """A communication channel of a customer.

    Attributes:
        type: mobile, email and others.
    """

    type: str | None = None
    value: str | None = None
    primary: bool | None = None
    verified: bool | None = None
    meta: CommChannelMeta | None = None
    attributes: Mapping[str, Any] | None = None


@model
class Profile(Model):
    """A customer's profile in one source and account.

    Attributes:
        fields: Custom fields, as the brand defines them.
        conflicting_profile_list: No document shows an element of this list.
        identifiers_all: Identifiers of all sources.
    """

    first_name: str | None = None
    last_name: str | None = None
    attribution: Attribution | None = None
    fields: Mapping[str, Any] | None = None
    all_fields: Mapping[str, Any] | None = None
    identifiers: tuple[Identifier, ...] | None = None
    comm_channels: tuple[CommChannel, ...] | None = None
    source: Source | str | None = None
    user_id: Id | None = None
    account_id: str | None = None
    conflicting_profile_list: tuple[Any, ...] | None = None
    auto_update_time: datetime | date | None = None
    identifiers_all: tuple[Identifier, ...] | None = None
