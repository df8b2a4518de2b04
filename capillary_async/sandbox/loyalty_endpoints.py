"""`/v2/customers/…`: points, tiers, transactions and history, by id and by another identifier."""

from collections.abc import Callable, Mapping
from typing import Any, Final

import attrs

from capillary_async.sandbox.access import Access
from capillary_async.sandbox.accounts import DEFAULT_PROGRAM, PROGRAMS, TIE
from capillary_async.sandbox.answers import Answer, document, listing
from capillary_async.sandbox.customer_endpoints import cap_warnings
from capillary_async.sandbox.dataset import Dataset
from capillary_async.sandbox.loyalty import balance, expiry_schedule, programs, promised_schedule, tiers
from capillary_async.sandbox.people import Person, as_id
from capillary_async.sandbox.queries import Query
from capillary_async.sandbox.transactions import EMBEDS

_MOST_TRANSACTIONS: Final = 1_000
_NO_ROWS: Final[Mapping[str, Any]] = {"data": [], "warnings": []}


@attrs.frozen
class LoyaltyEndpoints:
    """Answers requests for a customer's points, tiers, transactions and history."""

    _dataset: Dataset

    def of(self, answer: "Callable[[LoyaltyEndpoints, Query, Person], Answer]") -> Callable[[Query, str], Answer]:
        """Return the endpoint that takes a customer's id in its path."""
        return lambda query, customer: answer(self, query, Access(self._dataset).by_id(customer))

    def found(self, answer: "Callable[[LoyaltyEndpoints, Query, Person], Answer]") -> Callable[[Query], Answer]:
        """Return the endpoint that takes an identifier among its parameters."""
        return lambda query: answer(self, query, Access(self._dataset).by_identifier(query, and_id=True))

    # -- points and tiers ------------------------------------------------------------------------

    def balance(self, query: Query, person: Person) -> Answer:
        """Answer `…/points/balance`, of the customer or of the customer's first user group."""
        kind = self._entity_type(query)
        self._programs(query)
        entity_id = person.id if kind == "CUSTOMER" else self._dataset.groups.customer_group_id(person.id, 0)
        return document(balance(self._dataset.accounts, entity_id, kind))

    def tiers(self, query: Query, person: Person) -> Answer:
        """Answer `…/tierDetails`, which has no envelope."""
        kind = self._entity_type(query)
        every = [number for number, _ in PROGRAMS]
        numbers = every if query.flag("fetchDataForAllPrograms") else self._programs(query)
        rows = tiers(self._dataset.dates, person, numbers)
        return document({"entityId": person.id, "entityType": kind, "programTiers": rows, "warnings": []})

    def loyalty(self, query: Query, person: Person) -> Answer:
        """Answer `…/loyaltyDetails`: the requested programs, or all."""
        query.flag("includedAllFleetGroup")
        query.natural("fleetGroupId")
        wanted = query.natural("programId")
        rows = programs(self._dataset.accounts, self._dataset.dates, person, {})
        found = [row for row in rows if wanted in {None, row["programId"]}]
        if not found:
            raise Access(self._dataset).refused(8089)
        return document({"data": found, "warnings": [], "errors": []})

    def expiry(self, query: Query, person: Person) -> Answer:  # noqa: ARG002  (it takes no parameters)
        """Answer `…/pointsExpirySchedule`, which has the form of a customer."""
        head: dict[str, Any] = {"id": person.id, "profiles": [], "segments": {}, "extendedFields": {}}
        info = {"loyaltyType": "loyalty"}
        schedule = expiry_schedule(self._dataset.accounts, self._dataset.dates, person)
        return document({**head, "loyaltyInfo": info, "expirySchedules": schedule, "warnings": []})

    def promised(self, query: Query, person: Person) -> Answer:  # noqa: ARG002  (it takes no parameters)
        """Answer `…/promisedPointsSchedule`."""
        schedule = promised_schedule(self._dataset.accounts, self._dataset.dates, person)
        return document({"entityId": person.id, "entityType": "CUSTOMER", **schedule, "warnings": []})

    # -- history ---------------------------------------------------------------------------------

    def statuses(self, query: Query, person: Person) -> Answer:  # noqa: ARG002  (it takes no parameters)
        """Answer `…/statusLog`."""
        return document({"data": self._dataset.history.statuses(person.id), "warnings": [], "errors": []})

    def events(self, query: Query, person: Person) -> Answer:
        """Answer `…/loyaltyEvents`, which has a limit and an offset in the documentation's text."""
        kind, limit = query.text("eventType"), query.natural("limit")
        start, end = query.moment("fromDate", self._dataset.dates), query.moment("toDate", self._dataset.dates)
        found = [
            event
            for event in self._dataset.history.events(person.id)
            if kind in {"", event["eventName"]} and self._is_between(event["date"], start, end)
        ]
        first = query.natural("offset") or 0
        shown = found[first : first + (10 if limit is None else limit)]
        return document({"data": shown, "warnings": [], "errors": []})

    def subscriptions(self, query: Query, person: Person) -> Answer:  # noqa: ARG002  (both are the same for all)
        """Answer `…/subscriptions`."""
        info = self._dataset.customers.subscriptions()
        return document({**info, "campaignId": 0, "communicationId": 0, "warnings": []})

    # -- transactions ----------------------------------------------------------------------------

    def transactions(self, query: Query, person: Person) -> Answer:
        """Answer `…/transactions`. A limit above 1,000 is an error. Rows with the same time have no fixed order."""
        access = Access(self._dataset, _NO_ROWS)
        limit, offset = query.whole("limit"), query.whole("offset") or 0
        if limit is not None and limit > _MOST_TRANSACTIONS:
            raise access.refused(1109)
        if limit is not None and limit < 1:
            raise access.refused(1111)
        if offset < 0:
            raise access.refused(1112)
        embed = query.each("embed")
        if embed - EMBEDS:
            raise access.refused(1110)
        page = self._dataset.page(
            "transactions", (person.id,), (limit, offset), self._transaction_rows(query, person.id)
        )
        rows = [self._dataset.transactions.transaction(person, row, embed) for row in page.rows]
        order = {"sortBy": "BILLING_TIME", "sortOrder": query.text("sortOrder") or "DESC"}
        return listing(None if page.pagination is None else {**page.pagination, **order}, rows, cap_warnings(page))

    def _transaction_rows(self, query: Query, customer_id: int) -> list[int]:
        accounts = self._dataset.accounts
        first, last = query.natural("startId"), query.natural("endId")
        ids = {as_id(part) for part in query.each("transactionId")}
        numbers = query.each("number") | query.each("transNos")
        kind = query.text("transactionType")
        code = query.text("entityCode")
        rows = query.rows_between(
            ("startDate", "endDate"),
            self._dataset.dates,
            self._dataset.look_up("transactions", customer_id).rows,
            lambda row: accounts.purchase(customer_id, row).time,
        )
        purchases = [accounts.purchase(customer_id, row) for row in rows]
        found = [
            purchase.row
            for purchase in purchases
            if (first is None or purchase.id >= first)
            and (last is None or purchase.id <= last)
            and (not ids or purchase.id in ids)
            and (not numbers or self._dataset.transactions.number(purchase) in numbers)
            and kind in {"", "ALL", purchase.type}
            and code in {"", "sbx123", "sandbox.till"}
        ]
        if self._dataset.settings.unstable_ties:
            turn = self._dataset.turn()
            found.sort(key=lambda row: (row // TIE, (row + turn) % TIE))
        return found[::-1] if query.text("sortOrder") == "ASC" else found

    # -- common to several endpoints --------------------------------------------------------------

    def _entity_type(self, query: Query) -> str:
        kind = query.text("entityType") or "CUSTOMER"
        if kind not in {"CUSTOMER", "FLEET", "USERGROUP2"}:
            raise Access(self._dataset).refused(1212)
        return kind

    def _programs(self, query: Query) -> list[int]:
        wanted = query.natural("programId")
        if wanted not in {None, *(number for number, _ in PROGRAMS)}:
            raise Access(self._dataset).refused(8089)
        return [wanted or DEFAULT_PROGRAM[0]]

    def _is_between(self, text: str, start: int | None, end: int | None) -> bool:
        when = self._dataset.dates.read(text)
        return (start is None or when >= start) and (end is None or when <= end)
