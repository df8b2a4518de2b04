"""`/v3/promotions` and the promotions of customers. A page larger than the documents allow is an error here."""

from typing import Any

import attrs

from capillary_async.sandbox.answers import Answer, document
from capillary_async.sandbox.dataset import Dataset
from capillary_async.sandbox.paging import Page
from capillary_async.sandbox.people import as_id
from capillary_async.sandbox.promotions import (
    ENROLLMENT_STATUSES,
    KNOWN_STATUSES,
    promotion_name,
    promotion_status,
)
from capillary_async.sandbox.queries import Query, Refused

_LARGEST_PAGE = 100
_LARGEST_MEMBER_PAGE = 20
_UNSORTED = {"empty": True, "sorted": False, "unsorted": True}


@attrs.frozen
class PromotionEndpoints:
    """Answers requests for loyalty promotions."""

    _dataset: Dataset

    def promotions(self, query: Query) -> Answer:
        """Answer `GET /v3/promotions`, whose `page` counts pages from 0."""
        statuses, text = query.each("status"), query.text("searchText").lower()
        if statuses - KNOWN_STATUSES:
            raise self._refused(310151)
        size, number = self._window(query, _LARGEST_PAGE, 300004)
        among = [
            row
            for row in self._dataset.look_up("promotions").rows
            if (not statuses or promotion_status(row) in statuses) and text in promotion_name(row).lower()
        ]
        page = self._dataset.page("promotions", (), (size, number), among)
        content = list(map(self._dataset.promotions.promotion, page.rows))
        return document({"data": _spring_page(page, number, content), "errors": None, "warnings": None})

    def promotion(self, query: Query, promotion_id: str) -> Answer:
        """Answer `GET /v3/promotions/{promotionId}`."""
        query.flags(("includeDraftDetails", "includeParentDetails"))
        row = self._dataset.promotions.row_of(promotion_id)
        if row is None:
            raise self._refused(9013)
        return document({"data": self._dataset.promotions.promotion(row), "errors": None, "warnings": None})

    def member_promotions(self, query: Query, member: str) -> Answer:
        """Answer `GET /v3/members/{memberId}/promotions`, which has no envelope."""
        member_id = self._member(member)
        status = query.text("memberEnrollmentStatus")
        if status and status not in ENROLLMENT_STATUSES:
            raise self._refused(310196)
        size, number = self._window(query, _LARGEST_MEMBER_PAGE, 310195)
        only, name = query.natural("promotionId"), query.text("promotionIdentifier")
        promotions = self._dataset.promotions
        among = [
            row
            for row in self._dataset.look_up("member_promotions", member_id).rows
            if (not status or promotions.enrollment_status(member_id, row) == status)
            and only in {None, promotions.member_promotion_id(member_id, row)}
            and name in {"", promotions.member_promotion(member_id, row)["promotionIdentifier"]}
        ]
        page = self._dataset.page("member_promotions", (member_id,), (size, number), among)
        rows = [promotions.member_promotion(member_id, row) for row in page.rows]
        return document({"pageDetails": page_details(page, number), "memberId": member_id, "promotions": rows})

    def member_promotion(self, query: Query, member: str, promotion: str) -> Answer:  # noqa: ARG002  (no parameters)
        """Answer `GET /v3/members/{memberId}/promotions/{promotionId}`."""
        member_id = self._member(member)
        row = self._row(member_id, as_id(promotion))
        if row is None:
            raise self._refused(310194)
        found = self._dataset.promotions.member_promotion(member_id, row, is_full=True)
        return document({"memberId": member_id, "promotions": [found]})

    def actions(self, query: Query, customer: str) -> Answer:
        """Answer `GET /v3/customers/{customerId}/customerPromotionDetails/actionSummary`.

        One sample has an envelope and the other has none. Customers with an odd id get the envelope, others do not.
        """
        customer_id = self._member(customer)
        program, promotion = query.natural("programId"), query.natural("promotionId")
        if program is None:
            raise self._refused(9001)
        if promotion is None:
            raise self._refused(9002)
        row = self._row(customer_id, promotion)
        names = {"orgId": 100_737, "programId": program, "entityId": customer_id, "promotionId": promotion}
        if row is None:
            nothing = {"status": False, "code": 8116, "message": "No benefits were issued for the promotion"}
            summary: dict[str, Any] = {**names, "incentives": [], "warnings": [nothing]}
        else:
            summary = {**names, **self._dataset.promotions.actions(customer_id, row), "warnings": []}
        return document({"data": summary, "errors": None, "warnings": None} if customer_id % 2 else summary)

    def _row(self, member_id: int, promotion_id: int | None) -> int | None:
        rows = self._dataset.look_up("member_promotions", member_id).rows
        numbers = self._dataset.promotions.member_promotion_id
        return next((row for row in rows if numbers(member_id, row) == promotion_id), None)

    def _member(self, text: str) -> int:
        member_id = as_id(text)
        customer_status = "missing" if member_id is None else self._dataset.people.customer_status(member_id)
        if member_id is None or customer_status != "present":
            raise self._refused(1044 if customer_status == "denied" else 310192)
        return member_id

    def _window(self, query: Query, largest: int, code: int) -> tuple[int, int]:
        size, number = query.whole("size"), query.whole("page") or 0
        size = 10 if size is None else size
        if number < 0 or not 1 <= size <= largest:
            raise self._refused(code)
        return size, number

    def _refused(self, code: int) -> Refused:
        return Refused(self._dataset.error_responses.v3(code))


def page_details(page: Page, number: int) -> dict[str, int]:
    """Return the position of a page, in the form of endpoints that count pages."""
    return {"pageNumber": number, "pageSize": page.size, "totalEntries": page.total, "pageCount": page.pages}


def _spring_page(page: Page, number: int, content: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "content": content,
        "pageable": {
            "pageNumber": number,
            "pageSize": page.size,
            "sort": _UNSORTED,
            "offset": number * page.size,
            "unpaged": False,
            "paged": True,
        },
        "totalElements": page.total,
        "totalPages": page.pages,
        "last": number + 1 >= page.pages,
        "size": page.size,
        "number": number,
        "sort": _UNSORTED,
        "numberOfElements": len(content),
        "first": number == 0,
        "empty": not content,
    }
