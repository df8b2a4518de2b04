"""Transactions: a customer's without lines, a user group's with all documented fields."""

from decimal import Decimal
from typing import Any, Final

import attrs

from capillary_async.sandbox.accounts import DEFAULT_PROGRAM, NOTHING, Accounts, Purchase
from capillary_async.sandbox.people import Person
from capillary_async.sandbox.wire import Dates

STORE: Final[dict[str, Any]] = {
    "id": 75_152_715,
    "code": "sbx123",
    "description": "",
    "name": "Sandbox Store",
    "type": "STORE",
    "referenceId": -1,
    "adminType": "GENERAL",
    "isActive": True,
    "isOuEnabled": False,
    "timeZoneId": 191,
    "currencyId": 95,
    "languageId": 148,
    "default": False,
}
TILL: Final[dict[str, Any]] = {
    **STORE,
    "id": 75_152_721,
    "code": "sandbox.till",
    "name": "Sandbox till",
    "type": "TILL",
}
EMBEDS: Final = frozenset(
    (
        "BILL_CF",
        "BILL_EF",
        "ATTRIBUTION",
        "PAYMENT_MODES",
        "CREDIT_NOTES",
        "BILL_STORE_DETAILS",
        "BILL_POINTS",
        "TRANSACTION_IDENTIFIER",
    )
)


@attrs.frozen
class Transactions:
    """Makes the transactions that an account sums up."""

    dates: Dates
    accounts: Accounts

    def number(self, purchase: Purchase) -> str:
        """Return the bill number."""
        return f"{'RET' if purchase.is_return else 'sbx'}-{purchase.id}-{purchase.row}"

    def transaction(self, person: Person, row: int, embed: frozenset[str]) -> dict[str, Any]:
        """Return one of a customer's transactions, with the parts that `embed` names."""
        purchase = self.accounts.purchase(person.id, row)
        # The samples have whole amounts without a decimal point.
        amount = int(purchase.amount) if purchase.amount == int(purchase.amount) else purchase.amount
        return {
            "id": purchase.id,
            "customerId": person.id,
            "loyaltyLogId": purchase.id,
            "billingTime": self.dates.iso(purchase.time),
            "billNumber": self.number(purchase),
            "type": purchase.type,
            **({"returnType": "FULL"} if purchase.is_return else {}),
            "notes": "",
            "amount": amount,
            "grossAmount": amount,
            "discount": 0,
            "outlierStatus": "NORMAL",
            **self._embedded(person, purchase, embed),
        }

    def _embedded(self, person: Person, purchase: Purchase, embed: frozenset[str]) -> dict[str, Any]:
        offset = self.dates.millis(purchase.time)[-5:]
        input_offset = f"{offset[:3]}:{offset[3:]}"
        parts: dict[str, dict[str, Any]] = {
            "BILL_CF": {"customFields": {"weight": "12"}},
            "BILL_EF": {
                "billingTimeInputOffset": input_offset,
                "extendedFields": {"event_input_date_offset": input_offset},
            },
            "BILL_STORE_DETAILS": {"billingStore": STORE},
            "ATTRIBUTION": {"attribution": self._attribution(purchase)},
            "PAYMENT_MODES": {"paymentModes": [self._payment(purchase)]},
            "CREDIT_NOTES": {"creditNotes": [self._credit_note(purchase)] if purchase.is_return else []},
            "BILL_POINTS": {"billPoints": self._points(purchase)},
            "TRANSACTION_IDENTIFIER": {"txnIdentifiers": [{"type": "mobile", "value": person.mobile}]},
        }
        return {key: value for name in sorted(embed & parts.keys()) for key, value in parts[name].items()}

    def _attribution(self, purchase: Purchase) -> dict[str, Any]:
        return {
            "createDate": self.dates.iso(purchase.time),
            "createdBy": TILL,
            "modifiedBy": {"referenceId": -1, "default": False},
            "modifiedDate": self.dates.iso(purchase.time + 60),
        }

    def _payment(self, purchase: Purchase) -> dict[str, Any]:
        return {
            "amount": purchase.amount,
            "id": 24_000_000 + purchase.row,
            "mode": "UPI",
            "notes": "",
            "orgPaymentModeId": 8976,
        }

    def _credit_note(self, purchase: Purchase) -> dict[str, Any]:
        number = f"credit-{purchase.id}"
        return {"number": number, "amount": purchase.amount, "notes": "Returned", "referenceId": purchase.id}

    def _points(self, purchase: Purchase) -> dict[str, Any]:
        number, name = DEFAULT_PROGRAM
        points = NOTHING if purchase.is_return else purchase.points
        program = {"programName": name, "programId": number}
        regular = [{"points": points, "pointsAwardedType": "POINT_AWARDED"}] if points else []
        return {
            "pointsBreakup": [{**program, "regularPoints": regular, "promisePoints": [], "promoPoints": []}],
            "aggregatedBillPoints": [
                {
                    **program,
                    "regularPoints": {"points": points},
                    "promisePoints": {"points": 0},
                    "promoPoints": {"points": 0},
                }
            ],
            "alternateCurrenciesBreakup": [],
            "aggregatedBillAlternateCurrencies": [],
        }

    def group_transaction(self, group_id: int, member_id: int, row: int, embed: frozenset[str]) -> dict[str, Any]:
        """Return a transaction that a member made for a user group."""
        purchase = self.accounts.purchase(group_id, row)
        return {
            "useDefaultFleetGroup": False,
            "pointSummary": self._point_summary(purchase),
            "userGroup2": {
                "id": group_id,
                "groupStatus": "ACTIVE",
                "lifeTimePurchases": self.accounts.account(group_id).purchases,
                "primaryUserId": member_id,
            },
            "billDetails": {
                "amount": purchase.amount,
                "billingStore": STORE,
                "billNumber": self.number(purchase),
                "billingTime": self.dates.iso(purchase.time),
                "discount": Decimal("0.0"),
                "grossAmount": purchase.amount,
                "note": "",
                "invalidBill": False,
            },
            **({"customFields": {"paymentmode": "abc"}} if "CUSTOMFIELDS" in embed else {}),
            "addWithLocalCurrency": False,
            "async": False,
            "useV2": False,
            "customerId": member_id,
            "id": purchase.id,
            **({"lineItems": [self._line(purchase)]} if "LINEITEMS" in embed else {}),
            "outlierStatus": "NORMAL",
            **({"paymentModes": [self._payment(purchase)]} if "PAYMENTDETAILS" in embed else {}),
            "type": purchase.type,
            "warnings": [],
            "lifeTimePurchases": 0,
            "ignorePoints": False,
            **({"extendedFields": {"ship_first_name": "22.02"}} if "EXTENDEDFIELDS" in embed else {}),
            "autoUpdateTime": self.dates.iso(purchase.time),
            "transactionEventStatus": "PROCESSING_COMPLETE",
            "basketSize": Decimal("1.0"),
        }

    def _point_summary(self, purchase: Purchase) -> dict[str, Any]:
        issued = NOTHING if purchase.is_return else purchase.points
        return {
            "issuedPoints": issued,
            "returnedPoints": purchase.points if purchase.is_return else NOTHING,
            "redeemedPoints": NOTHING,
            "expiredPoints": NOTHING,
            "availablePoints": issued,
            "expiryDate": self.dates.iso(purchase.time + 365 * 86_400),
            "programId": DEFAULT_PROGRAM[0],
            "delayedPoints": NOTHING,
            "delayedPointsReturned": NOTHING,
            "redeemableFrom": self.dates.iso(purchase.time),
        }

    def _line(self, purchase: Purchase) -> dict[str, Any]:
        return {
            "id": 2_157_000_000 + purchase.row,
            "customerId": 0,
            "details": {
                "amount": purchase.amount,
                "description": "",
                "discount": Decimal("0.0"),
                "itemCode": "sku__1",
                "qty": Decimal("1.0"),
                "rate": purchase.amount,
                "serial": 0,
                "value": purchase.amount,
                "returnable": True,
                "returnableDays": -1,
                "extendedFields": {},
            },
            "outlierStatus": "NORMAL",
            "returnDetails": {},
            "valid": True,
            "returnLineItemsDtos": [],
            "niReturnLineItemsDtos": [],
            "addonDetails": [],
            "splitItemsDetails": [],
            "niReturn": False,
        }
