"""Running totals of customers and user groups."""

from datetime import datetime
from decimal import Decimal

from capillary_async.models.definition import Id, Model, model
from capillary_async.models.enumerations import TrackerType


@model
class Tracker(Model):
    """A running total kept for a user group or a customer.

    Attributes:
        id: Not unique in a listing, because a tracker has a total for each of its conditions.
        value: The total, in the unit that `type` implies: money for BILL_AMOUNT, pieces for BILL_TOTAL_QTY.
        period_end_date: End of the period. A period that never ends is sent as a date about a century ahead.
    """

    id: Id
    condition_id: Id | None = None
    name: str | None = None
    condition_name: str | None = None
    type: TrackerType | str | None = None
    value: Decimal | None = None
    updated_on: datetime | None = None
    period_start_date: datetime | None = None
    period_end_date: datetime | None = None
