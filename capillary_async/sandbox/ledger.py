"""The points ledger: one entry for each transaction, and one for the redeemed points."""

from decimal import Decimal
from typing import Any

import attrs

from capillary_async.sandbox.accounts import DEFAULT_PROGRAM, NOTHING, PROGRAMS, Accounts, Purchase
from capillary_async.sandbox.people import Person
from capillary_async.sandbox.transactions import STORE, TILL
from capillary_async.sandbox.wire import Dates

_CATEGORIES = {"REGULAR": "Main", "PROMISED": "DelayedAccrualPointCategory"}
_TRIGGERED = "ExternalTriggerBasedPointCategory"
_DAY = 86_400


def category_of(kind: str) -> str:
    """Return an entry's name of the category that a request names REGULAR, PROMISED or TRIGGER_BASED."""
    return _CATEGORIES.get(kind, _TRIGGERED)


@attrs.frozen
class Ledger:
    """Makes entries and balances of the ledger. Points are strings in all of them."""

    dates: Dates
    accounts: Accounts

    def count(self, customer_id: int) -> int:
        """Return the number of entries of a customer's ledger."""
        return self.accounts.count(customer_id) + self._is_redeemed(customer_id)

    def event_id(self, customer_id: int, row: int) -> int:
        """Return the `eventLogId` of an entry; the newest has the largest."""
        return 616_000_000 + customer_id % 1_000 * 1_000 + 999 - row

    def time(self, customer_id: int, row: int) -> int:
        """Return when an entry was made; row 0 is the newest."""
        if row < self._is_redeemed(customer_id):
            return self.accounts.purchase(customer_id, 0).time + _DAY
        return self.accounts.purchase(customer_id, row - self._is_redeemed(customer_id)).time + 60

    def entry(self, person: Person, row: int) -> dict[str, Any]:
        """Return an entry."""
        if row < self._is_redeemed(person.id):
            redeemed = self.accounts.account(person.id).redeemed
            details = [_detail("DEBIT", redeemed, "Main")]
            return self._entry(person, row, "PointsRedemption", details, None)
        purchase = self.accounts.purchase(person.id, row - self._is_redeemed(person.id))
        event = "ReturnBill" if purchase.is_return else "TransactionAdd"
        details = [_detail("DEBIT" if purchase.is_return else "CREDIT", purchase.points, "Main")]
        if purchase.row == 0:
            account = self.accounts.account(person.id)
            promised = [("DelayedAccrualPointCategory", account.promised), (_TRIGGERED, account.triggered)]
            details += [_detail("CREDIT", points, category) for category, points in promised if points]
        return self._entry(person, row, event, details, purchase)

    def has(self, person: Person, row: int, kind: str, category: str, program_id: int | None) -> bool:
        """Return whether an entry has a booking of a kind, a category and a program; empty means any."""
        return any(
            kind in {"", detail["ledgerEntryType"]}
            and (not category or category_of(category) == detail["pointsCategory"])
            and program_id in {None, detail["programId"]}
            for detail in self.entry(person, row)["entryDetails"]
        )

    def _entry(
        self, person: Person, row: int, event: str, details: list[dict[str, Any]], purchase: Purchase | None
    ) -> dict[str, Any]:
        main = details[0]
        net = Decimal(main["points"]) * (1 if main["ledgerEntryType"] == "CREDIT" else -1)
        when = self.time(person.id, row)
        number, name = DEFAULT_PROGRAM
        return {
            "eventLogId": self.event_id(person.id, row),
            "eventName": event,
            "customerId": person.id,
            "ledgerCreatedDate": self.dates.naive(when),
            "ledgerCreatedDateISO": self.dates.iso(when),
            "customerDetails": {"userId": 0} if purchase else None,
            "entryDetails": details,
            "netPointsOnEvent": f"{net:.3f}",
            "transactionDetails": {} if purchase is None else self._transaction(purchase),
            "store": STORE["name"],
            "storeCode": STORE["code"],
            "tillCode": TILL["code"],
            "eventDetails": {"eventDate": self.dates.naive(when - 60), "eventDateISO": self.dates.iso(when - 60)},
            "sourceProgramId": number,
            "sourceProgramName": name,
            "orgId": None,
        }

    def _transaction(self, purchase: Purchase) -> dict[str, Any]:
        return {
            "transactionId": purchase.id,
            "transactionNumber": f"{'RET' if purchase.is_return else 'sbx'}-{purchase.id}-{purchase.row}",
            "date": self.dates.naive(purchase.time),
            "dateISO": self.dates.iso(purchase.time),
            "amount": purchase.amount,
            "grossBillAmount": purchase.amount,
            "source": "instore",
        }

    def balance_count(self, customer_id: int) -> int:  # noqa: ARG002  (as every other listing's count)
        """Return the number of a customer's closing balances: one for each program and category."""
        return len(PROGRAMS) * 3

    def balance_key(self, customer_id: int, row: int) -> tuple[int, str]:  # noqa: ARG002
        """Return the key of a closing balance."""
        program = PROGRAMS[row // 3 % len(PROGRAMS)]
        return program[0], (_CATEGORIES["REGULAR"], _CATEGORIES["PROMISED"], _TRIGGERED)[row % 3]

    def balance(self, customer_id: int, row: int) -> dict[str, Any]:
        """Return a closing balance."""
        account = self.accounts.account(customer_id)
        program_id, category = self.balance_key(customer_id, row)
        points = (account.available, account.promised, account.triggered)[row % 3]
        closing = points if program_id == DEFAULT_PROGRAM[0] else NOTHING
        return {
            "pointsCategory": category,
            "programName": PROGRAMS[row // 3 % len(PROGRAMS)][1],
            "programId": program_id,
            "closingBalance": f"{closing:.3f}",
        }

    def owner(self, person: Person) -> dict[str, Any]:
        """Return the customer of a ledger."""
        named = {"externalId": person.external_id} if person.has_external_id else {}
        return {
            "firstName": person.first_name,
            "lastName": person.last_name,
            "userId": person.id,
            **named,
            "entityType": "CUSTOMER",
        }

    def _is_redeemed(self, customer_id: int) -> int:
        return int(self.accounts.account(customer_id).redeemed > 0)


def _detail(kind: str, points: Decimal, category: str) -> dict[str, Any]:
    number, name = DEFAULT_PROGRAM
    return {
        "ledgerEntryType": kind,
        "points": f"{points:.3f}",
        "pointsCategory": category,
        "programName": name,
        "programId": number,
    }
