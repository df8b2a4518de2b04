"""`/v2/userGroup2`: a user group, its members, transactions and tiers, and the search for groups."""

from collections.abc import Mapping
from typing import Any, Final

import attrs

from capillary_async.sandbox.access import Access
from capillary_async.sandbox.answers import Answer, document, listing
from capillary_async.sandbox.customer_endpoints import cap_warnings
from capillary_async.sandbox.dataset import Dataset
from capillary_async.sandbox.people import SOURCES
from capillary_async.sandbox.queries import Query, Refused

_LONGEST_SEARCH: Final = 50
_NOTHING: Final[Mapping[str, Any]] = {"warnings": []}


@attrs.frozen
class GroupEndpoints:
    """Answers requests for user groups."""

    _dataset: Dataset

    def members(self, query: Query) -> Answer:
        """Answer `GET /v2/userGroup2/members`."""
        error_responses = self._dataset.error_responses
        if query.text("source") not in SOURCES:
            raise Refused(error_responses.v2(8012, beside=_NOTHING))
        if query.text("identifierName") != "id":
            raise Refused(error_responses.v2(1632, beside=_NOTHING))
        group_id = self._dataset.groups.group_named("id", query.text("identifierValue"))
        if group_id is None:
            raise Refused(error_responses.v2(1619, beside=_NOTHING))
        page = self._dataset.page("members", (group_id,), query.window(), self._member_rows(query, group_id))
        has_cards, has_status = query.flag("includeCardDetails"), query.flag("includeStatusDetails")
        write = self._dataset.groups.member
        rows = [write(group_id, row, has_cards=has_cards, has_status=has_status) for row in page.rows]
        pagination = page.pagination
        if pagination is not None:
            sorting = {"sortBy": query.text("sortBy") or "IS_PRIMARY", "sortOrder": query.text("sortOrder") or "DESC"}
            pagination = {**pagination, **sorting}
        return listing(pagination if query.flag("paginationDetails") else None, rows, cap_warnings(page))

    def details(self, query: Query) -> Answer:
        """Answer `GET /v2/userGroup2`."""
        group_id = self._named(query)
        return document(self._dataset.group_accounts.details(group_id, query))

    def transactions(self, query: Query) -> Answer:
        """Answer `GET /v2/userGroup2/transactions`, which has no `pagination` at all."""
        group_id = self._named(query)
        page = self._dataset.page("group_transactions", (group_id,), query.window(), self._purchases(query, group_id))
        rows = [self._transaction(group_id, row, query.each("embed")) for row in page.rows]
        return listing(page.pagination, rows)

    def _transaction(self, group_id: int, row: int, embed: frozenset[str]) -> dict[str, Any]:
        return self._dataset.transactions.group_transaction(group_id, self._buyer(group_id, row), row, embed)

    def _buyer(self, group_id: int, row: int) -> int:
        groups = self._dataset.groups
        return groups.member_id(group_id, row % groups.member_count(group_id))

    def _purchases(self, query: Query, group_id: int) -> list[int]:
        accounts = self._dataset.accounts
        start, end = (query.moment(name, self._dataset.dates) for name in ("startDate", "endDate"))
        kind, buyer, number = query.text("type"), query.natural("customerId"), query.text("billNumber")
        only = query.natural("transactionId")
        purchases = [
            accounts.purchase(group_id, row) for row in self._dataset.look_up("group_transactions", group_id).rows
        ]
        rows = [
            purchase.row
            for purchase in purchases
            if (start is None or purchase.time >= start)
            and (end is None or purchase.time < end)
            and kind in {"", purchase.type}
            and buyer in {None, self._buyer(group_id, purchase.row)}
            and only in {None, purchase.id}
            and number in {"", self._dataset.transactions.number(purchase)}
        ]
        return rows[::-1] if query.text("order") == "ASC" else rows

    def slab_history(self, query: Query) -> Answer:
        """Answer `GET /v2/userGroup2/slabHistory`: one page, with a total that may be larger."""
        group_id = self._dataset.groups.group_named("id", query.text("fleetGroupId"))
        if group_id is None:
            raise Refused(self._dataset.error_responses.v2(1619, beside=_NOTHING))
        size = query.natural("pageSize") or 20
        start, end = (query.moment(name, self._dataset.dates) for name in ("startDate", "endDate"))
        changes = self._dataset.group_accounts.slab_history(group_id, start, end)
        pagination = {"limit": size, "offset": 0, "total": len(changes)}
        return document({"data": changes[:size], "pagination": pagination, "warnings": []})

    def _named(self, query: Query) -> int:
        """Return the group that the request names in one of four ways."""
        access = Access(self._dataset, _NOTHING)
        for kind in ("id", "externalId", "primaryUserId"):
            if query.text(kind):
                group_id = self._dataset.groups.group_named(kind, query.text(kind))
                if group_id is None:
                    raise access.refused(1619 if kind == "id" else 1632)
                return group_id
        if not query.text("identifierName"):
            raise access.refused(1635)
        return self._dataset.groups.customer_group_id(access.by_identifier(query).id, 0)

    def search(self, query: Query) -> Answer:
        """Answer `GET /v2/userGroup2/search`."""
        name = query.text("q")
        if not 0 < len(name) <= _LONGEST_SEARCH:
            raise Refused
        page = self._dataset.page("search", (name,), query.window())
        return listing(
            page.pagination, [self._dataset.groups.found(name, row) for row in page.rows], cap_warnings(page)
        )

    def _member_rows(self, query: Query, group_id: int) -> list[int]:
        rows = query.rows_between(
            ("fromDate", "toDate"),
            self._dataset.dates,
            self._dataset.look_up("members", group_id).rows,
            self._dataset.groups.member_joined,
        )
        return rows[::-1] if query.text("sortOrder") == "ASC" else rows
