"""Wrong arguments are refused by name before anything is sent."""

from datetime import UTC, date, datetime
from inspect import signature
from operator import attrgetter
from typing import Any, get_args

import pytest

from capillary_async import AccessToken, CapillaryClient, Cursor, InvalidArgumentError, Region
from capillary_async.api.arguments import several_of
from capillary_async.sandbox import Sandbox

CLIENT = CapillaryClient(Region.EU, AccessToken("t"))  # nothing is sent
NO_IDS: list[Any] = [0, -1, True, False, 2**63, 10**400, "../../admin", "7", "", 3.7, 7.0, None, b"7", [7]]
NO_PAGE_SIZES: list[Any] = [0, -1, 1001, 10**6, True, 3.7, "10", None]
NO_TEXTS: list[Any] = ["", " ", "\t", "a\nb", "a\x00", "\x7f", "\ud800", None, 5, b"x", True]
NO_IDENTIFIERS: list[Any] = [text for text in NO_TEXTS if text != 5]
NO_OPTIONAL_TEXTS = [text for text in NO_TEXTS if text is not None]
NO_FLAGS: list[Any] = ["true", 1, 0, ""]
NO_OPTIONAL_FLAGS = NO_FLAGS
NO_DATES: list[Any] = ["2025-01-09", 1736424012, True, date(999, 1, 1), date(9999, 1, 1)]
NO_COLLECTIONS: list[Any] = ["points", b"points", {"points": 1}, None, 5]
NO_PATHS: list[Any] = [
    *("", " ", "/", "v2/x", "https://evil.example/x", "//evil.example/x", "/v2//x", "/v2/x/", "/v2/./x", "/v2/../x"),
    *("/..", "/v2/%2e%2e/x", "/v2/x?a=1", "/v2/x#f", "/v2\\x", "\\\\evil.example", "/v2/{x}", "/v2/x\n", "/v2/\x00"),
    *("/v2/\ud800", None, 5, b"/v2/x"),
]
NO_VALUES: list[Any] = [
    *(3.7, b"x", object(), {"a": 1}, "\ud800", [None], [3.7], [["a"]], [{}], ["a,b"], [date(2025, 1, 9)]),
    *(["\ud800"], date(999, 1, 1)),
]

# The method, the argument, and its wrong values; the other arguments are correct.
CASES: list[tuple[str, dict[str, Any], str, list[Any]]] = [
    ("customers.get", {}, "customer_id", NO_IDS),
    ("customers.get", {"customer_id": 1}, "source", NO_TEXTS),
    ("customers.get", {"customer_id": 1}, "account_id", NO_OPTIONAL_TEXTS),
    ("customers.get", {"customer_id": 1}, "embed", [*NO_COLLECTIONS, *([text] for text in NO_TEXTS), ["a,b"]]),
    ("customers.get", {"customer_id": 1}, "user_group_id", [value for value in NO_IDS if value is not None]),
    ("customers.get", {"customer_id": 1}, "user_group_limit", [value for value in NO_PAGE_SIZES if value is not None]),
    *(
        ("customers.get", {"customer_id": 1}, name, [-1, True, 3.7, "1", 2**31])
        for name in ("user_group_offset", "gap_to_upgrade", "gap_to_renew")
    ),
    *(
        ("customers.get", {"customer_id": 1}, name, NO_OPTIONAL_TEXTS)
        for name in ("user_group_sort_by", "user_group_sort_order")
    ),
    *(
        ("customers.get", {"customer_id": 1}, name, NO_DATES)
        for name in ("user_group_joined_after", "user_group_joined_before")
    ),
    *(
        ("customers.get", {"customer_id": 1}, name, NO_FLAGS)
        for name in (
            *("include_all_user_groups", "include_user_group_loyalty_details", "include_fraud_details"),
            *("only_current_profile", "user_group_pagination", "ndnc_status", "optin_status", "slab_history"),
            *("tier_upgrade_criteria", "membership_retention_criteria"),
        )
    ),
    ("customers.find_id", {"identifier_value": "x"}, "identifier_name", NO_TEXTS),
    ("customers.find_id", {"identifier_name": "mobile"}, "identifier_value", NO_IDENTIFIERS),
    ("customers.find_id", {"identifier_name": "mobile", "identifier_value": "x"}, "source", NO_TEXTS),
    ("customers.find_id", {"identifier_name": "mobile", "identifier_value": "x"}, "account_id", NO_OPTIONAL_TEXTS),
    ("customers.list_trackers", {}, "customer_id", NO_IDS),
    ("customers.list_trackers", {"customer_id": 1}, "source", NO_TEXTS),
    ("customers.list_user_groups", {}, "customer_id", NO_IDS),
    ("customers.list_user_groups", {"customer_id": 1}, "page_size", NO_PAGE_SIZES),
    ("customers.list_user_groups", {"customer_id": 1}, "joined_after", NO_DATES),
    ("customers.list_user_groups", {"customer_id": 1}, "include_loyalty_details", ["true", 1]),
    ("user_groups.list_trackers", {}, "identifier", NO_IDS),
    ("user_groups.list_trackers", {"identifier_type": "primaryUserId"}, "identifier", NO_IDS),
    ("user_groups.list_trackers", {"identifier_type": "externalId"}, "identifier", [*NO_TEXTS[:-3], 0, -1, True]),
    ("user_groups.list_trackers", {"identifier": 1}, "identifier_type", NO_TEXTS),
    ("user_groups.list_members", {}, "group_id", NO_IDS),
    ("user_groups.list_members", {"group_id": 1}, "page_size", NO_PAGE_SIZES),
    ("user_groups.list_members", {"group_id": 1}, "joined_before", NO_DATES),
    ("user_groups.list_members", {"group_id": 1}, "include_cards", ["true", 1]),
    ("user_groups.list_members", {"group_id": 1}, "include_status", ["true", 1]),
    ("user_groups.list_members", {"group_id": 1}, "sort_by", NO_OPTIONAL_TEXTS),
    ("user_groups.search", {}, "name", [*NO_TEXTS, "x" * 51]),
    ("user_groups.search", {"name": "x"}, "page_size", NO_PAGE_SIZES),
    ("targets.get_active", {}, "customer_id", NO_IDS),
    ("targets.get_active", {"customer_id": 1}, "target_rule_ids", [*NO_COLLECTIONS, *([bad] for bad in NO_IDS)]),
    ("targets.get_active", {"customer_id": 1}, "tracking_date", NO_DATES),
    ("targets.get_active", {"customer_id": 1}, "enrollment_type", NO_OPTIONAL_TEXTS),
    ("targets.get_active", {"customer_id": 1}, "only_user_created", NO_FLAGS),
    ("targets.list_events", {"target_rule_id": 1}, "customer_id", NO_IDS),
    ("targets.list_events", {"customer_id": 1}, "target_rule_id", NO_IDS),
    (
        "targets.list_events",
        {"customer_id": 1, "target_rule_id": 1},
        "period_id",
        [bad for bad in NO_IDS if bad is not None],
    ),
    ("targets.list_events", {"customer_id": 1, "target_rule_id": 1}, "page_size", NO_PAGE_SIZES),
    ("fetch", {}, "path", NO_PATHS),
    ("fetch", {"path": "/v2/x"}, "query", [{"name": bad} for bad in NO_VALUES]),
    ("fetch", {"path": "/v2/x"}, "query", [{bad: "x"} for bad in ("", " ", "a\n", None, 5)]),
    ("paginate", {}, "path", NO_PATHS),
    ("paginate", {"path": "/v2/x"}, "query", [{"limit": 5}, {"offset": 0}, {"name": 3.7}]),
    ("paginate", {"path": "/v2/x"}, "rows_key", NO_TEXTS),
    ("paginate", {"path": "/v2/x"}, "page_size", NO_PAGE_SIZES),
    ("paginate", {"path": "/v2/x"}, "limit_name", NO_TEXTS),
    ("paginate", {"path": "/v2/x"}, "offset_name", [*NO_TEXTS, "limit"]),
    ("paginate", {"path": "/v2/x", "limit_name": "size"}, "query", [{"size": 5}, {"offset": 0}]),
    ("paginate", {"path": "/v2/x"}, "offset_unit", ["rows", "", 5, True]),
    ("paginate", {"path": "/v2/x"}, "pages_key", ["a\n", " ", 5]),
    ("paginate", {"path": "/v2/x"}, "last_key", ["a\n", " ", 5]),
    ("paginate", {"path": "/v2/x"}, "has_short_pages", [True]),
    ("paginate", {"path": "/v2/x", "last_key": "last"}, "has_short_pages", NO_FLAGS),
    ("paginate", {"path": "/v2/x"}, "empty_codes", [*NO_COLLECTIONS, ["11003"], [None], [-1], [1.5]]),
]


# The required arguments of a method.
WHO: dict[str, Any] = {"identifier_name": "mobile", "identifier_value": "919"}
OF_A_CUSTOMER = (
    *("customers.get_points_balance", "customers.get_tiers", "customers.get_loyalty"),
    *("customers.get_points_expiry", "customers.get_promised_points", "customers.get_status_changes"),
    *("customers.get_loyalty_events", "customers.list_transactions", "targets.get_progress"),
    "promotions.list_for_member",
)
ONE: dict[str, Any] = {"customer_id": 1}
WANTED: dict[str, dict[str, Any]] = {
    "customers.find": WHO,
    "customers.search": {"query": "x"},
    **dict.fromkeys(
        (
            *("customers.get_points_balance", "customers.get_tiers", "customers.get_loyalty"),
            *("customers.get_points_expiry", "customers.get_promised_points", "customers.get_status_changes"),
            *("customers.get_loyalty_events", "customers.list_transactions", "targets.get_progress"),
            "promotions.list_for_member",
        ),
        ONE,
    ),
    "customers.find_points_balance": WHO,
    "customers.find_transactions": WHO,
    "targets.get_groups": {},
    "targets.get_group": {"group_id": 1},
    "targets.get_periods": {"group_id": 1},
    "targets.get_rules": {"group_id": 1},
    "promotions.list": {},
    "promotions.get": {"promotion_id": "x"},
    "promotions.get_for_member": {"customer_id": 1, "promotion_id": 2},
    "promotions.get_actions": {"customer_id": 1, "program_id": 2, "promotion_id": 3},
    "ledger.list_entries": WHO,
    "ledger.get_balance": WHO,
    "ledger.list_balances": WHO,
    "user_groups.get": {"identifier": 1},
    "user_groups.list_transactions": {"identifier": 1},
    "user_groups.list_slab_changes": {"group_id": 1},
}
LARGEST_PAGES = {
    "promotions.list": 100,
    "promotions.list_for_member": 20,
    "ledger.list_entries": 100,
    "ledger.list_balances": 10,
}


def nonsense_for(method: str, name: str, hint: Any) -> list[Any]:
    """Return values that a parameter must refuse, by its annotation."""
    kinds = {*get_args(hint)} or {hint}
    if name == "page_size":
        return [*NO_PAGE_SIZES, LARGEST_PAGES.get(method, 1_000) + 1]
    if several_of(hint):
        return NO_COLLECTIONS
    by_kind: list[tuple[type, list[Any]]] = [
        (date, NO_DATES),
        (bool, NO_FLAGS),
        (int, [-1, True, False, 3.7, 7.0, "7", "", b"7", [7], 10**400]),
        (str, NO_OPTIONAL_TEXTS),
    ]
    if int in kinds and str in kinds:  # an identifier may be either
        return ["", " ", "a\n", -1, True, 3.7]
    return next((nonsense for kind, nonsense in by_kind if kind in kinds), NO_OPTIONAL_TEXTS)


PARAMETERS = [
    (method, arguments, name, nonsense_for(method, name, parameter.annotation))
    for method, arguments in WANTED.items()
    for name, parameter in signature(attrgetter(method)(CLIENT)).parameters.items()
]


@pytest.mark.parametrize("case", PARAMETERS, ids=lambda case: f"{case[0]}:{case[2]}")
async def test_every_parameter_refuses_wrong_values(case: tuple[str, dict[str, Any], str, list[Any]]) -> None:
    """A parameter without a check would send any value."""
    method, arguments, name, values = case

    assert values
    for value in values:
        with pytest.raises(InvalidArgumentError, match=name):
            attrgetter(method)(CLIENT)(**{**arguments, name: value})


@pytest.mark.parametrize(
    ("method", "arguments", "name"),
    [
        ("customers.list_transactions", {"entity_type": "STORE"}, "entity_code"),
        ("customers.find_transactions", {"entity_code": "s1"}, "entity_type"),
        ("ledger.list_entries", {"till_id": 1, "store_code": "s1"}, "store_code"),
        ("ledger.list_entries", {"start_date": date(2025, 1, 1), "end_date": date(2025, 4, 2)}, "90 days"),
        ("ledger.list_entries", {"start_date": datetime(2025, 1, 1, tzinfo=UTC), "end_date": date(2025, 4, 2)}, "90"),
        ("targets.get_progress", {"data_scope_org_ids": [1]}, "data_scope"),
        ("user_groups.get", {"identifier_type": "mobile"}, "identifier_type"),
    ],
)
async def test_conflicting_arguments_are_refused(method: str, arguments: dict[str, Any], name: str) -> None:
    """The API's error code does not say which argument is wrong."""
    with pytest.raises(InvalidArgumentError, match=name):
        attrgetter(method)(CLIENT)(**WANTED[method], **arguments)


def test_ninety_days_are_allowed() -> None:
    """The API's message says 60 days, but the document says 90."""
    CLIENT.ledger.list_entries("id", 1, start_date=date(2025, 1, 1), end_date=date(2025, 4, 1))


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case[0]}:{case[2]}")
async def test_a_wrong_argument_is_named(
    sandbox: Sandbox, client: CapillaryClient, case: tuple[str, dict[str, Any], str, list[Any]]
) -> None:
    """The error comes from the method call, before there is a coroutine."""
    method, arguments, name, values = case
    call: Any = client
    for part in method.split("."):
        call = getattr(call, part)

    for value in values:
        with pytest.raises(ValueError, match=name) as caught:
            call(**arguments, **{name: value})
        assert "admin" not in str(caught.value)
        assert len(str(caught.value)) < 200

    assert sandbox.request_count == 0


async def test_the_smallest_and_largest_values_are_allowed(sandbox: Sandbox, client: CapillaryClient) -> None:
    """Every positive signed 64-bit integer is a valid id."""
    for customer_id in (1, 987_654_321, 2**63 - 1):
        assert (await client.customers.get(customer_id)).id == customer_id

    assert await client.user_groups.search("x" * 50).first() is not None
    assert sandbox.request_count == 4


async def test_a_cursor_of_another_query_is_refused(sandbox: Sandbox, client: CapillaryClient) -> None:
    """It would skip rows of the wrong listing."""
    pages = client.targets.list_events(6, 79197, page_size=50).pages()
    await anext(pages)
    sandbox.forget_requests()

    with pytest.raises(ValueError, match="another query"):
        client.targets.list_events(6, 79196).resume(Cursor.parse(str(pages.cursor)))

    assert sandbox.request_count == 0
