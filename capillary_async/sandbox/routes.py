"""Find the endpoint of a path."""

from collections.abc import Callable
from typing import Final
from urllib.parse import unquote

import attrs

from capillary_async.sandbox.answers import BLANK, Answer
from capillary_async.sandbox.customer_endpoints import CustomerEndpoints
from capillary_async.sandbox.dataset import Dataset
from capillary_async.sandbox.group_endpoints import GroupEndpoints
from capillary_async.sandbox.ledger_endpoints import LedgerEndpoints
from capillary_async.sandbox.log import LoggedRequest
from capillary_async.sandbox.loyalty_endpoints import LoyaltyEndpoints
from capillary_async.sandbox.paging import RefusedOffsetError
from capillary_async.sandbox.promotion_endpoints import PromotionEndpoints
from capillary_async.sandbox.queries import Query, Refused
from capillary_async.sandbox.target_endpoints import TargetEndpoints

TOKEN_PATH: Final = "/v3/oauth/token/generate"  # noqa: S105  (a path)
_ANY: Final = "{}"
Endpoint = Callable[..., Answer]


@attrs.frozen
class Routes:
    """Finds the endpoint of a path. Fixed segments are tried before values, so that `lookup` is not read as an id."""

    _routes: tuple[tuple[tuple[str, ...], Endpoint], ...]

    @classmethod
    def of(cls, dataset: Dataset) -> "Routes":
        """Create the routes of a dataset."""
        customers, groups, targets = CustomerEndpoints(dataset), GroupEndpoints(dataset), TargetEndpoints(dataset)
        promotions, ledger = PromotionEndpoints(dataset), LedgerEndpoints(dataset)
        paths: dict[str, Endpoint] = {
            "/v3/users/{}/trackedTargetEvents/{}": targets.events,
            "/v3/users/{}/enrolledTargets": targets.enrolled,
            "/v3/users/{}/targetGroups": targets.progress,
            "/api_gateway/intouch-api-v3/v3.1/users/{}/targetGroups": targets.progress_v31,
            "/v3/targetGroups": targets.target_groups,
            "/v3/targetGroups/{}": targets.target_group,
            "/v3/targetGroups/{}/targetPeriods": targets.target_periods,
            "/v3/targetGroups/{}/targets": targets.target_rules,
            "/v3/promotions": promotions.promotions,
            "/v3/promotions/{}": promotions.promotion,
            "/v3/members/{}/promotions": promotions.member_promotions,
            "/v3/members/{}/promotions/{}": promotions.member_promotion,
            "/v3/customers/{}/customerPromotionDetails/actionSummary": promotions.actions,
            "/v2/pointsLedger/getCustomerLedgerInfo": ledger.entries,
            "/v2/pointsLedger/getCustomerLedgerBalance": ledger.balances,
            **_of_customers(LoyaltyEndpoints(dataset)),
            "/v2/customers/lookup": customers.look_up,
            "/v2/customers/lookup/customerDetails": customers.find,
            "/v2/customers/search": customers.search,
            "/v2/customers/userEntityTrackers": customers.group_trackers,
            "/v2/customers/{}/trackers": customers.trackers,
            "/v2/customers/{}": customers.get,
            "/v2/userGroup2": groups.details,
            "/v2/userGroup2/transactions": groups.transactions,
            "/v2/userGroup2/slabHistory": groups.slab_history,
            "/v2/userGroup2/members": groups.members,
            "/v2/userGroup2/search": groups.search,
        }
        return cls(tuple((tuple(path.split("/")), endpoint) for path, endpoint in paths.items()))

    @property
    def paths(self) -> tuple[str, ...]:
        """Every path, with `{}` for each value."""
        return tuple("/".join(template) for template, _ in self._routes)

    def answer(self, request: LoggedRequest) -> Answer:
        """Answer a request whose credentials are valid."""
        # Split before decoding, because an encoded slash does not separate segments.
        segments = tuple(map(unquote, request.raw.partition("?")[0].split("/")))
        for template, endpoint in self._routes:
            if len(template) == len(segments) and _fits(template, segments):
                if request.method != "GET":
                    return Answer.html(405)
                values = [segment for name, segment in zip(template, segments, strict=True) if name == _ANY]
                return _called(endpoint, Query(request.query, request.headers), values)
        return Answer.html(404)


def _of_customers(loyalty: LoyaltyEndpoints) -> dict[str, Endpoint]:
    """Return the paths of a customer, each in two forms: by id and by another identifier."""
    answers = {
        "points/balance": LoyaltyEndpoints.balance,
        "tierDetails": LoyaltyEndpoints.tiers,
        "loyaltyDetails": LoyaltyEndpoints.loyalty,
        "pointsExpirySchedule": LoyaltyEndpoints.expiry,
        "promisedPointsSchedule": LoyaltyEndpoints.promised,
        "statusLog": LoyaltyEndpoints.statuses,
        "loyaltyEvents": LoyaltyEndpoints.events,
        "subscriptions": LoyaltyEndpoints.subscriptions,
        "transactions": LoyaltyEndpoints.transactions,
    }
    twins = {f"/v2/customers/lookup/{name}": loyalty.found(answer) for name, answer in answers.items()}
    return twins | {f"/v2/customers/{{}}/{name}": loyalty.of(answer) for name, answer in answers.items()}


def _fits(template: tuple[str, ...], segments: tuple[str, ...]) -> bool:
    return all(name in (_ANY, segment) for name, segment in zip(template, segments, strict=True))


def _called(endpoint: Endpoint, query: Query, values: list[str]) -> Answer:
    try:
        return endpoint(query, *values)
    except Refused as refused:
        return refused.answer
    except RefusedOffsetError:
        return BLANK
