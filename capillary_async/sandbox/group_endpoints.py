"""`/v2/userGroup2`: the members of a user group, and the search for groups."""

from collections.abc import Mapping
from typing import Any, Final

import attrs

from capillary_async.sandbox.answers import Answer, listing
from capillary_async.sandbox.customer_endpoints import cap_warnings
from capillary_async.sandbox.dataset import Dataset
from capillary_async.sandbox.people import SOURCES
from capillary_async.sandbox.queries import Query, Refused

_LONGEST_SEARCH: Final = 50
_NOTHING: Final[Mapping[str, Any]] = {"warnings": []}


@attrs.frozen
class GroupEndpoints:
    """Answers requests for user groups."""

    _world: Dataset

    def members(self, query: Query) -> Answer:
        """Answer `GET /v2/userGroup2/members`."""
        refusals = self._world.refusals
        if query.text("source") not in SOURCES:
            raise Refused(refusals.v2(8012, beside=_NOTHING))
        if query.text("identifierName") != "id":
            raise Refused(refusals.v2(1632, beside=_NOTHING))
        group_id = self._world.groups.group_named("id", query.text("identifierValue"))
        if group_id is None:
            raise Refused(refusals.v2(1619, beside=_NOTHING))
        page = self._world.page("members", (group_id,), query.window(), self._member_rows(query, group_id))
        has_cards, has_status = query.flag("includeCardDetails"), query.flag("includeStatusDetails")
        write = self._world.groups.member
        rows = [write(group_id, row, has_cards=has_cards, has_status=has_status) for row in page.rows]
        pagination = page.pagination
        if pagination is not None:
            sorting = {"sortBy": query.text("sortBy") or "IS_PRIMARY", "sortOrder": query.text("sortOrder") or "DESC"}
            pagination = {**pagination, **sorting}
        return listing(pagination if query.flag("paginationDetails") else None, rows, cap_warnings(page))

    def search(self, query: Query) -> Answer:
        """Answer `GET /v2/userGroup2/search`."""
        name = query.text("q")
        if not 0 < len(name) <= _LONGEST_SEARCH:
            raise Refused
        page = self._world.page("search", (name,), query.window())
        return listing(page.pagination, [self._world.groups.found(name, row) for row in page.rows], cap_warnings(page))

    def _member_rows(self, query: Query, group_id: int) -> list[int]:
        rows = query.rows_between(
            ("fromDate", "toDate"),
            self._world.dates,
            self._world.look_up("members", group_id).rows,
            self._world.groups.member_joined,
        )
        return rows[::-1] if query.text("sortOrder") == "ASC" else rows
