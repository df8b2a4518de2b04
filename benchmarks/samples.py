"""Documents to decode and to serve; invented, in the shapes that the documentation shows."""

import json
from typing import Any, Final

PATH: Final = "/v3/users/564332013/trackedTargetEvents/1986"


def events(count: int, *, first: int = 0) -> list[dict[str, Any]]:
    """Return target events: amounts with and without cents, times that mostly differ."""
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
