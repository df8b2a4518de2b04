"""A customer's history: changes of the status, and events of the loyalty engine."""

from typing import Any, Final

import attrs

from capillary_async.sandbox.accounts import Accounts
from capillary_async.sandbox.wire import Dates, moment

_CREATED: Final = moment("2025-01-30") + 33_426
_DAY: Final = 86_400
_LABELS: Final = (("Active", "ACTIVE"), ("Suspended", "SUSPENDED"), ("Active", "ACTIVE"))


@attrs.frozen
class History:
    """Makes status changes and loyalty events."""

    dates: Dates
    accounts: Accounts

    def statuses(self, customer_id: int) -> list[dict[str, Any]]:
        """Return a customer's one to three statuses, the current one last; the number depends on the id."""
        last = customer_id % 3
        return [self._status(customer_id, number, is_active=number == last) for number in range(last + 1)]

    def _status(self, customer_id: int, number: int, *, is_active: bool) -> dict[str, Any]:
        label, status = _LABELS[number]
        when = _CREATED + number * _DAY
        return {
            "createdByUser": "sandbox.till",
            "reason": f"Reason {number}",
            "createdBy": 75_155_291,
            "actions": [],
            "autoUpdateTime": self.dates.day(when),
            "autoUpdateTimeISO": self.dates.iso(when),
            "createdOn": self.dates.iso(when),
            "entityId": customer_id,
            "isActive": is_active,
            "label": label,
            **({"prevLabel": _LABELS[number - 1][0]} if number else {}),
            "status": status,
        }

    def events(self, customer_id: int) -> list[dict[str, Any]]:
        """Return the loyalty events, the latest first: one for each transaction, and the registration."""
        rows = [self.accounts.purchase(customer_id, row) for row in range(self.accounts.count(customer_id))]
        names = [("ReturnBill" if row.is_return else "TransactionAdd", row.time) for row in rows]
        return [
            {
                "id": 1_603_616_000 + len(names) - number,
                "customerId": customer_id,
                "date": self.dates.iso(when),
                "eventName": name,
                "orgId": 100_737,
                "status": "SUCCESS",
                "uniqueId": f"sbx{customer_id % 1_000:03}{number:04}",
            }
            for number, (name, when) in enumerate([*names, ("CustomerRegistration", _CREATED)])
        ]
