"""Purchases and returns of customers and user groups."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from capillary_async.models.attribution import Attribution, Store
from capillary_async.models.definition import Id, Model, model
from capillary_async.models.enumerations import TransactionType
from capillary_async.models.listings import ApiWarning
from capillary_async.models.profiles import Identifier


@model
class CreditNote(Model):
    """A credit note that a transaction issued or used."""

    number: str | None = None
    amount: Decimal | None = None
    notes: str | None = None
    reference_id: Id | None = None
    validity: datetime | date | None = None
    update_amount: bool | None = None


@model
class PaymentMode(Model):
    """The payment of a part of a transaction.

    Attributes:
        mode: The means of payment, such as UPI.
        attributes: No document shows an element of this list.
    """

    id: Id | None = None
    mode: str | None = None
    amount: Decimal | None = None
    notes: str | None = None
    org_payment_mode_id: Id | None = None
    attributes: tuple[Any, ...] | None = None


@model
class AwardedPoints(Model):
    """Points of one kind that a transaction gave.

    Attributes:
        points_awarded_type: The kind, such as POINT_AWARDED; `None` for the sum of all kinds.
    """

    points: Decimal | None = None
    points_awarded_type: str | None = None


@model
class ProgramPoints(Model):
    """The awards of points by a transaction in one loyalty programme."""

    program_name: str | None = None
    program_id: Id | None = None
    regular_points: tuple[AwardedPoints, ...] | None = None
    promise_points: tuple[AwardedPoints, ...] | None = None
    promo_points: tuple[AwardedPoints, ...] | None = None


@model
class ProgramPointsTotal(Model):
    """The total of the points that a transaction gave in one loyalty programme."""

    program_name: str | None = None
    program_id: Id | None = None
    regular_points: AwardedPoints | None = None
    promise_points: AwardedPoints | None = None
    promo_points: AwardedPoints | None = None


@model
class BillPoints(Model):
    """Points that a transaction gave.

    Attributes:
        alternate_currencies_breakup: No document shows an element of it or of `aggregated_bill_alternate_currencies`.
    """

    points_breakup: tuple[ProgramPoints, ...] | None = None
    aggregated_bill_points: tuple[ProgramPointsTotal, ...] | None = None
    alternate_currencies_breakup: tuple[Any, ...] | None = None
    aggregated_bill_alternate_currencies: tuple[Any, ...] | None = None


@model
class Transaction(Model):
    """A purchase or a return of a customer, without its lines.

    Returns are numbered separately, so only `type` and `id` together identify a transaction. Parts that `embed` did not
    request are `None`.

    Attributes:
        billing_time: In the cluster's time zone.
        billing_time_input_offset: The offset that the till sent, such as +05:30. With BILL_EF.
        amount: Money, like `gross_amount` and `discount`; rounded down as the organisation is configured.
        outlier_status: NORMAL and others.
        return_type: Only for returns.
        currency_log_dto: Amounts in the local currency. No document shows its keys.
        txn_identifiers: Identifiers that named the customer. With TRANSACTION_IDENTIFIER.
    """

    id: Id
    type: TransactionType | str | None = None
    customer_id: Id | None = None
    loyalty_log_id: Id | None = None
    billing_time: datetime | None = None
    billing_time_input_offset: str | None = None
    bill_number: str | None = None
    notes: str | None = None
    amount: Decimal | None = None
    gross_amount: Decimal | None = None
    discount: Decimal | None = None
    outlier_status: str | None = None
    return_type: str | None = None
    billing_store: Store | None = None
    bill_points: BillPoints | None = None
    credit_notes: tuple[CreditNote, ...] | None = None
    payment_modes: tuple[PaymentMode, ...] | None = None
    txn_identifiers: tuple[Identifier, ...] | None = None
    attribution: Attribution | None = None
    extended_fields: Mapping[str, Any] | None = None
    custom_fields: Mapping[str, Any] | None = None
    currency_log_dto: Mapping[str, Any] | None = None


@model
class BillDetails(Model):
    """The bill of a transaction.

    Attributes:
        amount: Money, like `discount` and `gross_amount`.
    """

    amount: Decimal | None = None
    billing_store: Store | None = None
    bill_number: str | None = None
    billing_time: datetime | None = None
    discount: Decimal | None = None
    gross_amount: Decimal | None = None
    note: str | None = None
    return_details: Mapping[str, Any] | None = None
    ni_return_details: Mapping[str, Any] | None = None
    invalid_bill: bool | None = None


@model
class TransactionPoints(Model):
    """The points of a transaction, by their present status.

    Attributes:
        delayed_points: Promised points, redeemable from `redeemable_from`.
    """

    issued_points: Decimal | None = None
    returned_points: Decimal | None = None
    redeemed_points: Decimal | None = None
    expired_points: Decimal | None = None
    available_points: Decimal | None = None
    expiry_date: datetime | date | None = None
    program_id: Id | None = None
    delayed_points: Decimal | None = None
    delayed_points_returned: Decimal | None = None
    redeemable_from: datetime | date | None = None


@model
class TransactionGroup(Model):
    """The user group that a transaction was made in."""

    id: Id | None = None
    group_status: str | None = None
    life_time_purchases: Decimal | None = None
    primary_user_id: Id | None = None


@model
class LineItemDetails(Model):
    """The content of one line of a bill.

    Attributes:
        rate: Price of one piece.
        returnable_days: -1 if there is no limit.
    """

    amount: Decimal | None = None
    description: str | None = None
    discount: Decimal | None = None
    item_code: str | None = None
    qty: Decimal | None = None
    rate: Decimal | None = None
    serial: int | None = None
    value: Decimal | None = None
    returnable: bool | None = None
    returnable_days: int | None = None
    attributes: Mapping[str, Any] | None = None
    attributes_set: tuple[Any, ...] | None = None
    extended_fields: Mapping[str, Any] | None = None


@model
class LineItem(Model):
    """One line of a bill. No document shows the content of the free-form members."""

    id: Id | None = None
    customer_id: Id | None = None
    details: LineItemDetails | None = None
    outlier_status: str | None = None
    return_details: Mapping[str, Any] | None = None
    valid: bool | None = None
    return_line_items_dtos: tuple[Any, ...] | None = None
    ni_return_line_items_dtos: tuple[Any, ...] | None = None
    addon_details: tuple[Any, ...] | None = None
    split_items_details: tuple[Any, ...] | None = None
    ni_return: bool | None = None


@model
class GroupTransaction(Model):
    """A purchase or a return that a member made for a user group.

    Attributes:
        customer_id: The member.
        point_summary: The points of the transaction, by their present status.
        user_group2: The user group.
        line_items: With LINEITEMS.
        loyalties_point_details: No document shows an element of it or of `bill_points_breakup`.
    """

    id: Id
    type: TransactionType | str | None = None
    customer_id: Id | None = None
    bill_details: BillDetails | None = None
    point_summary: TransactionPoints | None = None
    user_group2: TransactionGroup | None = None
    line_items: tuple[LineItem, ...] | None = None
    payment_modes: tuple[PaymentMode, ...] | None = None
    credit_note: CreditNote | None = None
    outlier_status: str | None = None
    source: str | None = None
    transaction_event_status: str | None = None
    basket_size: Decimal | None = None
    life_time_purchases: Decimal | None = None
    auto_update_time: datetime | None = None
    attribution: Attribution | None = None
    custom_fields: Mapping[str, Any] | None = None
    extended_fields: Mapping[str, Any] | None = None
    loyalties_point_details: tuple[Any, ...] | None = None
    bill_points_breakup: tuple[Any, ...] | None = None
    return_details: Mapping[str, Any] | None = None
    ni_return_details: Mapping[str, Any] | None = None
    use_default_fleet_group: bool | None = None
    add_with_local_currency: bool | None = None
    async_: bool | None = None
    use_v2: bool | None = None
    simulation: bool | None = None
    ignore_points: bool | None = None
    retro_txn: bool | None = None
    warnings: tuple[ApiWarning, ...] | None = None
