"""Groups of customers, such as families and fleets."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from capillary_async.models.definition import Id, Model, OneOrMore, alias, model
from capillary_async.models.listings import ApiWarning
from capillary_async.models.loyalty import GapToRenewSummary, UpgradeStrategy
from capillary_async.models.points import ExpiredPoints, LoyaltyProgramDetails, PointsExpiry
from capillary_async.models.profiles import Identifier


@model
class CustomerUserGroup(Model):
    """A user group that a customer belongs to.

    No document shows this object; the attributes are those that other endpoints have for a group.

    Attributes:
        life_time_purchases: Money spent by the group so far.
    """

    id: Id = alias("id", "groupId")
    external_id: str | None = alias("externalId", "groupExternalId", default=None)
    group_name: str | None = None
    group_status: str | None = None
    primary_user_id: Id | None = None
    max_group_size: int | None = None
    life_time_purchases: Decimal | None = alias("lifeTimePurchases", "lifetimePurchases", default=None)


@model
class GroupMember(Model):
    """A member of a user group.

    Attributes:
        fleet_user_id: The customer's id.
        permissions: Names separated by commas, such as `allow_points_redemption,block_points_transfer`.
        role: PRIMARY, SECONDARY and others.
        in_active: The API's name; its meaning is unclear, because the sample of an active group has true.
    """

    fleet_user_id: Id
    first_name: str | None = None
    last_name: str | None = None
    joined_on: date | None = None
    permissions: str | None = None
    points_contributed: Decimal | None = None
    email: str | None = None
    mobile: str | None = None
    role: str | None = None
    identifiers: tuple[Identifier, ...] | None = None
    in_active: bool | None = None
    primary_member: bool | None = None


@model
class UserGroupSummary(Model):
    """A user group in the answer of the search.

    Attributes:
        first_name: The primary member's, like `last_name`, `email` and `mobile`.
    """

    group_id: Id
    group_name: str | None = None
    group_status: str | None = None
    group_external_id: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    primary_member_id: Id | None = None
    email: str | None = None
    mobile: str | None = None
    total_members: int | None = None
    extended_fields: Mapping[str, Any] | None = None


@model
class UserGroupMembership(Model):
    """A customer's membership in a user group.

    Attributes:
        user_id: The customer's id.
        default_group: Whether the group is the customer's default one.
        permissions: Names of permissions, such as block_points_redemption.
    """

    user_id: Id
    group_id: Id | None = None
    default_group: bool | None = None
    primary_member: bool | None = None
    active: bool | None = None
    permissions: tuple[str, ...] | None = None


@model
class UserGroup(Model):
    """A user group with its points, tiers and gaps. Parts that were not requested are `None`.

    Attributes:
        group_status: ACTIVE, INACTIVE or DELETED.
        life_time_purchases: Money spent by the group so far.
        points_summaries: One for each loyalty programme.
        gap_to_upgrade: Conditions of the next tier.
        company_details: No document shows its keys.
    """

    id: Id
    external_id: str | None = None
    group_name: str | None = None
    group_status: str | None = None
    max_group_size: int | None = None
    total_active_members: int | None = None
    total_exited_members: int | None = None
    fleet_group_users: tuple[UserGroupMembership, ...] | None = None
    life_time_purchases: Decimal | None = None
    created_by: Id | None = None
    created_on: datetime | None = None
    points_summaries: tuple[LoyaltyProgramDetails, ...] | None = None
    expiry_schedules: tuple[PointsExpiry, ...] | None = None
    expired_points: tuple[ExpiredPoints, ...] | None = None
    gap_to_upgrade: OneOrMore[UpgradeStrategy] | None = None
    gap_to_renew: OneOrMore[GapToRenewSummary] | None = None
    company_details: Any = None
    extended_fields: Mapping[str, Any] | None = None
    warnings: tuple[ApiWarning, ...] | None = None
