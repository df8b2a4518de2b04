"""The points ledger: every change of a balance."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from capillary_async.models.definition import ExactNumber, Id, Model, model
from capillary_async.models.enumerations import EntityType, LedgerEntryType
from capillary_async.models.listings import ApiWarning, PageDetails


@model
class LedgerCustomer(Model):
    """The customer that a ledger belongs to.

    Attributes:
        user_id: The customer's id; 0 in an entry of the customer's own ledger.
    """

    user_id: Id | None = None
    first_name: str | None = None
    last_name: str | None = None
    external_id: str | None = None
    entity_type: EntityType | str | None = None


@model
class LedgerEntryDetail(Model):
    """One booking of an entry.

    Attributes:
        points: Never negative; `ledger_entry_type` is the direction.
        points_category: Main for points that can be spent, DelayedAccrualPointCategory and
            ExternalTriggerBasedPointCategory for promised ones.
        alternate_currency_name: The currency of `points` if it is not points.
    """

    ledger_entry_type: LedgerEntryType | str | None = None
    points: ExactNumber | None = None
    points_category: str | None = None
    program_name: str | None = None
    program_id: Id | None = None
    alternate_currency_name: str | None = None


@model
class LedgerTransaction(Model):
    """The transaction of an entry; all values are `None` for an entry without a transaction.

    Attributes:
        amount: Money, like `gross_bill_amount`.
    """

    transaction_id: Id | None = None
    transaction_number: str | None = None
    date: datetime | None = None
    amount: Decimal | None = None
    gross_bill_amount: Decimal | None = None
    source: str | None = None


@model
class LedgerEvent(Model):
    """The event of an entry that has no transaction."""

    reason: str | None = None
    event_display_name: str | None = None
    event_date: datetime | None = None
    promotion_id: Id | None = None
    promotion_name: str | None = None
    promotion_description: str | None = None
    promotion_identifier: str | None = None


@model
class LedgerEntry(Model):
    """A change of a points balance.

    Attributes:
        event_name: The name, such as TransactionAdd, ReturnBill or ManualPointsAdjustment.
        customer_id: Negative in one of the documentation's samples.
        net_points_on_event: The change of the balance; negative for a deduction.
        net_alternate_currencies_on_event: The changes of other currencies, by name.
        store: Name of the store.
    """

    event_log_id: Id
    event_name: str | None = None
    customer_id: Id | None = None
    ledger_created_date: datetime | None = None
    net_points_on_event: ExactNumber | None = None
    net_alternate_currencies_on_event: Mapping[str, ExactNumber] | None = None
    entry_details: tuple[LedgerEntryDetail, ...] | None = None
    transaction_details: LedgerTransaction | None = None
    event_details: LedgerEvent | None = None
    store: str | None = None
    store_code: str | None = None
    till_code: str | None = None
    source_program_id: Id | None = None
    source_program_name: str | None = None
    org_id: Id | None = None
    customer_details: LedgerCustomer | None = None


@model
class ClosingBalance(Model):
    """The balance of one category of points in one loyalty programme.

    Attributes:
        points_category: As in `LedgerEntryDetail`.
    """

    program_id: Id | None = None
    program_name: str | None = None
    points_category: str | None = None
    closing_balance: ExactNumber | None = None
    alternate_currency_name: str | None = None


@model
class LedgerBalances(PageDetails):
    """One page of a customer's closing balances."""

    ledger_closing_balance: tuple[ClosingBalance, ...] | None = None


@model
class LedgerBalance(Model):
    """A customer's points by programme and category.

    Attributes:
        ledger_details: The balances of this page, and the number of pages.
    """

    customer_details: LedgerCustomer | None = None
    ledger_details: LedgerBalances | None = None
    warnings: tuple[ApiWarning, ...] | None = None

    @property
    def closing_balances(self) -> tuple[ClosingBalance, ...]:
        """The balances of this page."""
        details = self.ledger_details
        return () if details is None else details.ledger_closing_balance or ()
