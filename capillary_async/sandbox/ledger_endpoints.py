"""`/v2/pointsLedger`: the entries of a customer's ledger, and the balances."""

from typing import Final

import attrs

from capillary_async.sandbox.access import Access
from capillary_async.sandbox.answers import Answer, document
from capillary_async.sandbox.dataset import Dataset
from capillary_async.sandbox.people import Person
from capillary_async.sandbox.promotion_endpoints import page_details
from capillary_async.sandbox.queries import Query, Refused

_LONGEST: Final = 90 * 86_400


@attrs.frozen
class LedgerEndpoints:
    """Answers requests for the points ledger. Its `offset` counts pages by all documents."""

    _dataset: Dataset

    def entries(self, query: Query) -> Answer:
        """Answer `GET /v2/pointsLedger/getCustomerLedgerInfo`."""
        person = self._owner(query)
        limit, number = self._window(query, 100)
        page = self._dataset.page("ledger", (person.id,), (limit, number), self._rows(query, person.id))
        self._refuse_behind_the_end(page.pages, number)
        ledger = self._dataset.ledger
        return document(
            {
                "customerDetails": ledger.owner(person),
                "ledgerDetails": page_details(page, number),
                "ledgerEntries": [ledger.entry(person, row) for row in page.rows],
                "warnings": [],
            }
        )

    def balances(self, query: Query) -> Answer:
        """Answer `GET /v2/pointsLedger/getCustomerLedgerBalance`, with at most ten balances on a page."""
        person = self._owner(query)
        limit, number = self._window(query, 10)
        page = self._dataset.page("ledger_balances", (person.id,), (limit, number))
        self._refuse_behind_the_end(page.pages, number)
        balances = [self._dataset.ledger.balance(person.id, row) for row in page.rows]
        details = {**page_details(page, number), "ledgerClosingBalance": balances}
        owner = self._dataset.ledger.owner(person)
        return document({"customerDetails": owner, "ledgerDetails": details, "warnings": []})

    def _owner(self, query: Query) -> Person:
        access = Access(self._dataset, {"warnings": []})
        if not (query.text("identifierName") and query.text("identifierValue")):
            raise access.refused(11013)
        if sum(bool(query.text(name)) for name in ("tillId", "tillIds", "storeId", "storeCode")) > 1:
            raise access.refused(11028)
        return access.by_identifier(query, and_id=True)

    def _window(self, query: Query, largest: int) -> tuple[int, int]:
        limit, number = query.whole("limit"), query.whole("offset") or 0
        if limit is not None and not 1 <= limit <= largest:
            raise self._refused(11029)
        if number < 0:
            raise Refused
        return limit or 10, number

    def _rows(self, query: Query, customer_id: int) -> list[int]:
        dates, ledger = self._dataset.dates, self._dataset.ledger
        start, end = query.moment("startDate", dates), query.moment("endDate", dates)
        if start is not None and end is not None and end - start > _LONGEST:
            raise self._refused(11010)
        rows = query.rows_between(
            ("startDate", "endDate"),
            dates,
            self._dataset.look_up("ledger", customer_id).rows,
            lambda row: ledger.time(customer_id, row),
        )
        kind, category = query.text("ledgerEntryType"), query.text("pointCategoryType")
        program = query.natural("programId")
        if kind or category or program:
            person = self._dataset.people.person(customer_id)
            rows = [row for row in rows if ledger.has(person, row, kind, category, program)]
        return rows[::-1] if query.text("order") == "ASC" else rows

    def _refuse_behind_the_end(self, pages: int, number: int) -> None:
        # A ledger without entries has not even a page 0.
        if number >= pages:
            raise self._refused(11003)

    def _refused(self, code: int) -> Refused:
        return Refused(self._dataset.error_responses.v2(code, beside={"warnings": []}))
