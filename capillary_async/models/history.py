"""A customer's history: changes of the status, and events of the loyalty engine."""

from datetime import date, datetime
from typing import Any

from capillary_async.models.definition import Id, Model, model
from capillary_async.models.profiles import Profile


@model
class StatusChange(Model):
    """A status that a customer has or had.

    Attributes:
        created_by_user: Name of the till or user that set the status.
        actions: No document shows an element of this list.
        is_active: Whether this is the current status.
        label: The brand's name for the status; `prev_label` is that of the status before.
    """

    created_by_user: str | None = None
    reason: str | None = None
    created_by: Id | None = None
    actions: tuple[Any, ...] | None = None
    auto_update_time: datetime | date | None = None
    created_on: datetime | None = None
    entity_id: Id | None = None
    is_active: bool | None = None
    label: str | None = None
    prev_label: str | None = None
    status: str | None = None


@model
class LoyaltyEvent(Model):
    """An event of the loyalty engine for a customer.

    Attributes:
        event_name: The name, such as CustomerRegistration.
        status: SUCCESS and others.
    """

    id: Id
    customer_id: Id | None = None
    date: datetime | None = None
    event_name: str | None = None
    org_id: Id | None = None
    status: str | None = None
    unique_id: str | None = None


@model
class MatchedIdentifier(Model):
    """An identifier that a search matched.

    Attributes:
        id_type: mobile, firstName and others.
    """

    id_type: str | None = None
    id_value: str | None = None
    source: str | None = None
    account_id: str | None = None


@model
class CustomerMatch(Model):
    """A customer in the answer of the search.

    Attributes:
        user_id: The customer's id.
        profiles: They contain only names.
    """

    user_id: Id
    matched_identifiers: tuple[MatchedIdentifier, ...] | None = None
    profiles: tuple[Profile, ...] | None = None
