"""A customer's transactions and points; all other answers are consistent with them.

Tests can rely on these rules:

* The id's last digit decides how many transactions a customer has: 0: none; 7: from 120 to 319; any other: from
  1 to 24.
* Row 0 is the newest. Three rows in a row share one billing time.
* Every row that is 4 more than a multiple of 6 is a return of the whole purchase before it. Returns are numbered
  separately, and a purchase of the same customer has the same id.
* A purchase gives a tenth of its amount as points, a return takes them away. A quarter of the remaining points has been
  redeemed. The newest purchase also promises points, and every third customer has points that wait for an event.
"""

from decimal import Decimal
from functools import lru_cache
from typing import Final

import attrs

from capillary_async.sandbox.seeded_random import SeededRandom
from capillary_async.sandbox.wire import moment

DEFAULT_PROGRAM: Final = (983, "Sandbox default program")
PARTNER_PROGRAM: Final = (1219, "Sandbox partner program")
PROGRAMS: Final = (DEFAULT_PROGRAM, PARTNER_PROGRAM)
NOTHING: Final = Decimal("0.000")
# Number of rows with the same billing time.
TIE: Final = 3
_NEWEST: Final = moment("2025-12-08") + 10 * 3600
_DAY: Final = 86_400
_PROMISED: Final = Decimal("12.500")
_TRIGGERED: Final = Decimal("5.000")


@attrs.frozen
class Purchase:
    """The numbers of a transaction.

    Attributes:
        row: Position in the customer's list, the newest first.
        id: Not unique; `is_return` and `id` together are.
        amount: Money.
        points: A tenth of the amount.
        time: The billing time, in seconds since 1970.
    """

    row: int
    id: int
    is_return: bool
    amount: Decimal
    time: int

    @property
    def type(self) -> str:
        """The API's name of the type."""
        return "RETURN" if self.is_return else "REGULAR"

    @property
    def points(self) -> Decimal:
        """The points that the transaction gave; negative for a return."""
        return self.amount / 10


@attrs.frozen
class Account:
    """A customer's money and points in the default program.

    Attributes:
        bought: Money for all purchases.
        brought_back: Money for all returns.
        promised: Points that become redeemable at a date.
        triggered: Points that wait for an event.
    """

    bought: Decimal
    brought_back: Decimal
    promised: Decimal
    triggered: Decimal

    @property
    def purchases(self) -> Decimal:
        """The money that the customer spent, with three decimal places."""
        return (self.bought - self.brought_back).quantize(NOTHING)

    @property
    def earned(self) -> Decimal:
        """Points ever earned."""
        return self.bought / 10 + NOTHING

    @property
    def returned(self) -> Decimal:
        """Points taken away for returns."""
        return self.brought_back / 10 + NOTHING

    @property
    def redeemed(self) -> Decimal:
        """Points spent: a quarter of the remaining points, rounded to whole points."""
        return Decimal(int((self.earned - self.returned) / 4)).quantize(NOTHING)

    @property
    def available(self) -> Decimal:
        """Points that can be spent."""
        return self.earned - self.returned - self.redeemed

    @property
    def delayed(self) -> Decimal:
        """Points that cannot be spent yet."""
        return self.promised + self.triggered


@attrs.frozen
class Accounts:
    """The transactions and points of every customer."""

    seed: int

    def count(self, customer_id: int) -> int:
        """Return the number of a customer's transactions."""
        last = customer_id % 10
        if last == 0:
            return 0
        random = SeededRandom(self.seed, "transactions", customer_id)
        return 120 + random.below(200) if last == 7 else 1 + random.below(24)

    def purchase(self, customer_id: int, row: int) -> Purchase:
        """Return a transaction."""
        if row % 6 == 4 and row + 1 < self.count(customer_id):
            original = self.purchase(customer_id, row + 1)
            return Purchase(row, self._id(customer_id, row - 1), True, original.amount, self._time(row))  # noqa: FBT003
        random = SeededRandom(self.seed, "purchase", customer_id, row)
        amount = random.amount(4_900, 2) + 100
        return Purchase(row, self._id(customer_id, row), False, amount, self._time(row))  # noqa: FBT003

    def key(self, customer_id: int, row: int) -> tuple[str, int]:
        """Return the key of a transaction."""
        purchase = self.purchase(customer_id, row)
        return purchase.type, purchase.id

    def account(self, customer_id: int) -> Account:
        """Return the sums of the transactions."""
        return _account(self, customer_id)

    def _id(self, customer_id: int, row: int) -> int:
        # Older transactions have lower ids. But the ids of one billing time ascend, as in one of the samples.
        place = row // TIE * TIE + TIE - 1 - row % TIE
        return 894_000_000 + SeededRandom(self.seed, "bill", customer_id).below(9_000_000) - place * 17

    def _time(self, row: int) -> int:
        return _NEWEST - row // TIE * _DAY


@lru_cache(maxsize=10_000)
def _account(accounts: Accounts, customer_id: int) -> Account:
    all_of_them = [accounts.purchase(customer_id, row) for row in range(accounts.count(customer_id))]
    bought = sum((purchase.amount for purchase in all_of_them if not purchase.is_return), Decimal("0.00"))
    brought_back = sum((purchase.amount for purchase in all_of_them if purchase.is_return), Decimal("0.00"))
    has_any = bool(all_of_them)
    return Account(
        bought,
        brought_back,
        promised=_PROMISED if has_any else NOTHING,
        triggered=_TRIGGERED if has_any and customer_id % 3 == 0 else NOTHING,
    )
