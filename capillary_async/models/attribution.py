"""Who created and last changed an object, and when."""

from datetime import datetime

from capillary_async.models.definition import Id, Model, model


@model
class OrgEntity(Model):
    """A till, a store, a user or another entity of an organisation.

    Attributes:
        type: TILL, STORE, ADMIN_USER and others.
        reference_id: -1 means none.
    """

    id: Id | None = None
    code: str | None = None
    description: str | None = None
    name: str | None = None
    type: str | None = None
    reference_id: Id | None = None
    admin_type: str | None = None
    is_active: bool | None = None
    is_ou_enabled: bool | None = None
    time_zone_id: Id | None = None
    currency_id: Id | None = None
    language_id: Id | None = None
    default: bool | None = None


@model
class Actor(OrgEntity):
    """A till or a user of Capillary's consoles that created or changed something."""


@model
class Store(OrgEntity):
    """A store. Most answers contain only `code` and `name`."""

    is_org_unit: bool | None = None


@model
class Attribution(Model):
    """Who created a profile or a loyalty account, who changed it last, and when."""

    create_date: datetime | None = None
    created_by: Actor | None = None
    modified_by: Actor | None = None
    modified_date: datetime | None = None
    created_from_source: str | None = None


@model
class TargetAttribution(Model):
    """Who created a target or a target group, who changed it last, and when."""

    created_on: datetime | None = None
    last_updated_on: datetime | None = None
    last_updated_by: Actor | None = None
    created_by: Actor | None = None
