"""Invented documents to decode and to serve, in the documented forms."""

import json
from pathlib import Path
from typing import Any, Final

PATH: Final = "/v3/users/564332013/trackedTargetEvents/1986"


def events(count: int, *, first: int = 0) -> list[dict[str, Any]]:
    """Return target events: amounts with and without cents, mostly different times."""
    return [
        {
            "eventLogId": 606066681 + 40 * number,
            "eventName": "ADD_TRANSACTION",
            "customerId": 564332013,
            "eventDisplayName": None,
            "uniqueId": str(880613909 + number),
            "eventDate": f"2025-01-{1 + number // 24 % 28:02} {number % 24:02}:{number % 60:02}:12.0",
            "eventProcessedDate": f"2025-01-{1 + number // 24 % 28:02} {number % 24:02}:{number % 60:02}:13.0",
            "periodId": 9887,
            "targetGroupId": 1717,
            "targetRuleId": 1986,
            "targetValue": 2000 if number % 3 else 2000.46,
        }
        for number in range(first, first + count)
    ]


def page(rows: list[dict[str, Any]], *, limit: int, offset: int, total: int) -> bytes:
    """Return an answer of a listing."""
    pagination = {"limit": limit, "offset": offset, "total": total}
    return json.dumps({"pagination": pagination, "data": rows, "errors": [], "warnings": []}).encode()


def trackers(count: int) -> list[dict[str, Any]]:
    """Return running totals of different kinds."""
    return [
        {
            "id": 12446 + number // 2,
            "name": f"Tracker {number // 2}",
            "conditionId": 638 + number,
            "type": ("BILL_AMOUNT", "BILL_TOTAL_QTY")[number % 2],
            "value": number if number % 2 else number + 0.46,
            "updatedOn": f"2025-04-{1 + number % 28:02}T{number % 24:02}:{number % 60:02}:51Z",
            "conditionName": f"Condition {number}",
            "periodStartDate": "2025-04-24T15:12:51Z",
            "periodEndDate": "2125-04-24T23:59:59Z",
        }
        for number in range(count)
    ]


def customer() -> bytes:
    """Return the details of a customer with profile, loyalty, cards and tiers, in the documented form.

    A date with two keys in the API has one key here, because the other libraries read one key for each value.
    """
    sample = Path(__file__).parent.parent / "tests" / "payloads" / "customer_1.json"

    def without_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        return {name.removesuffix("ISO"): value for name, value in pairs}

    return json.dumps(json.loads(sample.read_bytes(), object_pairs_hook=without_twins)).encode()
