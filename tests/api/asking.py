"""One call of each endpoint, and clients to make it with."""

from collections.abc import Awaitable, Callable
from typing import Any

from capillary_async import BasicAuth, CapillaryClient, ClientOptions, RetryPolicy
from capillary_async.pipeline.auth import Auth
from capillary_async.pipeline.request import CallInfo
from capillary_async.pipeline.telemetry import OnEvent
from capillary_async.sandbox import Sandbox

ONCE = ClientOptions(retry=RetryPolicy(attempts=1))

CallContext = Callable[[CapillaryClient], Awaitable[Any]]

CUSTOMER, GROUP, RULE = 6, 93257, 79193
EVENTS_PATH = f"/v3/users/{CUSTOMER}/trackedTargetEvents/{RULE}"

# By the path template that errors and metrics show.
CALLS: dict[str, tuple[str, CallContext]] = {
    "customers.get": ("/v2/customers/{customerId}", lambda client: client.customers.get(CUSTOMER)),
    "customers.find_id": (
        "/v2/customers/lookup",
        lambda client: client.customers.find_id("email", "customer.6@example.com"),
    ),
    "customers.list_trackers": (
        "/v2/customers/{customerId}/trackers",
        lambda client: client.customers.list_trackers(CUSTOMER).collect(),
    ),
    "customers.list_user_groups": (
        "/v2/customers/{customerId}",
        lambda client: client.customers.list_user_groups(CUSTOMER).collect(),
    ),
    "user_groups.list_trackers": (
        "/v2/customers/userEntityTrackers",
        lambda client: client.user_groups.list_trackers(GROUP).collect(),
    ),
    "user_groups.list_members": (
        "/v2/userGroup2/members",
        lambda client: client.user_groups.list_members(GROUP).collect(),
    ),
    "user_groups.search": ("/v2/userGroup2/search", lambda client: client.user_groups.search("fleet").collect()),
    "targets.get_active": ("/v3/users/{userId}/enrolledTargets", lambda client: client.targets.get_active(CUSTOMER)),
    "targets.list_events": (
        "/v3/users/{userId}/trackedTargetEvents/{targetRuleId}",
        lambda client: client.targets.list_events(CUSTOMER, RULE).collect(),
    ),
    "fetch": ("/v3/users/{value1}/targetGroups", lambda client: client.fetch(f"/v3/users/{CUSTOMER}/targetGroups")),
    "list": (
        "/v3/users/{value1}/trackedTargetEvents/{value2}",
        lambda client: client.paginate(EVENTS_PATH, key="eventLogId").collect(),
    ),
}


def open_client(
    sandbox: Sandbox,
    auth: Auth | None = None,
    *,
    options: ClientOptions = ONCE,
    on_call: Callable[[CallInfo], None] | None = None,
    on_event: OnEvent | None = None,
) -> CapillaryClient:
    """Make a client of a sandbox, logged in with Basic unless told otherwise."""
    auth = auth or BasicAuth(sandbox.till, sandbox.password)
    return CapillaryClient(sandbox.base_url, auth, options=options, on_call=on_call, on_event=on_event)
