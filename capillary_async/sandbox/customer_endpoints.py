"""`/v2/customers`: the customer document, the lookup by identifier, and trackers."""

from collections.abc import Mapping
from typing import Any, Final

import attrs

from capillary_async.sandbox.access import Access
from capillary_async.sandbox.answers import Answer, document, listing, warning
from capillary_async.sandbox.customers import Wanted
from capillary_async.sandbox.dataset import Dataset
from capillary_async.sandbox.paging import Page
from capillary_async.sandbox.people import Person, as_id
from capillary_async.sandbox.queries import Query, Refused

_FLAGS: Final = (
    "includedFraudDetails",
    "ndncStatus",
    "optinStatus",
    "slabHistory",
    "tierUpgradeCriteria",
    "membershipRetentionCriteria",
)
_NO_TRACKERS: Final[Mapping[str, Any]] = {"pagination": {"limit": 0, "offset": 0, "total": 0}, "warnings": []}
_NO_ENTITY: Final[Mapping[str, Any]] = {"warnings": []}


def cap_warnings(page: Page) -> list[dict[str, Any]]:
    """Return the warning that a page is smaller than requested."""
    return [] if page.capped_at is None else [warning(f"limit is capped to {page.capped_at}")]


@attrs.frozen
class CustomerEndpoints:
    """Answers requests for customers."""

    _dataset: Dataset

    def get(self, query: Query, customer_id: str) -> Answer:
        """Answer `GET /v2/customers/{customerId}`."""
        if as_id(customer_id) is None:
            raise Refused
        access = Access(self._dataset)
        source = access.source(query)
        person = access.by_id(customer_id)
        if source != "ALL" and source not in person.sources:
            raise access.refused(8065)
        return self._document(query, person, source)

    def find(self, query: Query) -> Answer:
        """Answer `GET /v2/customers/lookup/customerDetails`."""
        access = Access(self._dataset)
        return self._document(query, access.by_identifier(query), access.source(query))

    def _document(self, query: Query, person: Person, source: str) -> Answer:
        wanted = Wanted(
            source=source,
            only_current_profile=query.flag("includedOnlyCurrentProfile"),
            embed=frozenset(part.lower() for part in query.each("embed")),
            flags=query.flags(_FLAGS),
            gap_to_upgrade=query.days("gapToUpgrade"),
            gap_to_renew=query.days("gapToRenew"),
        )
        return document({**self._dataset.customers.document(person, wanted), **self._groups(query, person, wanted)})

    def look_up(self, query: Query) -> Answer:
        """Answer `GET /v2/customers/lookup`."""
        person = Access(self._dataset, _NO_ENTITY).by_identifier(query)
        warnings = [warning("Communication channel is not verified")] if person.id % 10 == 3 else []
        return document({"entity": person.id, "warnings": warnings})

    def search(self, query: Query) -> Answer:
        """Answer `GET /v2/customers/search`: a customer's id or mobile number, or the beginning of a name."""
        text = query.text("q")
        if not text:
            raise Refused
        page = self._dataset.page("customers", (text,), query.window())
        return listing(
            page.pagination, [self._dataset.people.match(text, row) for row in page.rows], cap_warnings(page)
        )

    def trackers(self, query: Query, customer_id: str) -> Answer:
        """Answer `GET /v2/customers/{customerId}/trackers`."""
        if as_id(customer_id) is None:
            raise Refused
        access = Access(self._dataset, _NO_TRACKERS)
        access.source(query)
        number = access.by_id(customer_id).id
        page = self._dataset.page("customer_trackers", (number,), query.window())
        rows = [self._dataset.groups.tracker("customer", number, row) for row in page.rows]
        return listing(page.pagination, rows, cap_warnings(page))

    def group_trackers(self, query: Query) -> Answer:
        """Answer `GET /v2/customers/userEntityTrackers`."""
        error_responses = self._dataset.error_responses
        if query.text("type") != "USERGROUP2":
            raise Refused(error_responses.v2(1647, beside=_NO_TRACKERS))
        Access(self._dataset, _NO_TRACKERS).source(query)
        kind = query.text("identifierType")
        if kind not in {"id", "externalId", "primaryUserId"}:
            raise Refused(error_responses.v2(1632, beside=_NO_TRACKERS))
        group_id = self._dataset.groups.group_named(kind, query.text("identifierValue"))
        if group_id is None:
            raise Refused(error_responses.v2(1644 if kind == "primaryUserId" else 1645, beside=_NO_TRACKERS))
        if group_id % 1000 == 599:
            raise Refused(error_responses.v2(1099, beside=_NO_TRACKERS))
        page = self._dataset.page("group_trackers", (group_id,), query.window())
        rows = [self._dataset.groups.tracker("group", group_id, row) for row in page.rows]
        return listing(page.pagination, rows, cap_warnings(page))

    def _groups(self, query: Query, person: Person, wanted: Wanted) -> dict[str, Any]:
        """Return the customer's user groups and their pagination, if a parameter requests them."""
        is_paginated = query.flag("ug2PaginationDetails")
        only = query.whole("userGroup2Id")
        window = query.window("ug2Limit", "ug2Offset")
        asked = ("ug2Limit", "ug2Offset", "userGroup2Id", "ug2JoinedStartDate", "ug2JoinedEndDate")
        if not (
            query.flag("includedAllUserGroup2")
            or is_paginated
            or "usergroup" in wanted.embed
            or any(query.text(name) for name in asked)
        ):
            return {}
        page = self._dataset.page("user_groups", (person.id,), window, self._group_rows(query, person, only))
        has_loyalty = query.flag("includedUserGroup2LoyaltyDetails")
        write = self._dataset.groups.customer_group
        groups = [write(person.id, row, has_loyalty=has_loyalty) for row in page.rows]
        pagination = {"ug2Pagination": page.pagination} if is_paginated and page.pagination is not None else {}
        warnings = {"warnings": cap_warnings(page)} if page.capped_at is not None else {}
        return {self._dataset.settings.user_groups_key: groups, **pagination, **warnings}

    def _group_rows(self, query: Query, person: Person, only: int | None) -> list[int]:
        groups = self._dataset.groups
        rows = query.rows_between(
            ("ug2JoinedStartDate", "ug2JoinedEndDate"),
            self._dataset.dates,
            self._dataset.look_up("user_groups", person.id).rows,
            groups.customer_group_joined,
        )
        if only is not None:
            rows = [row for row in rows if groups.customer_group_id(person.id, row) == only]
        return rows[::-1] if query.text("ug2SortOrder") == "ASC" else rows
