"""Every documented parameter can be sent in its documented form, and no other."""

from datetime import UTC, date, datetime, timedelta, timezone
from enum import Enum
from typing import Any
from unittest.mock import patch
from zoneinfo import ZoneInfo

import attrs
import pytest

from capillary_async import (
    BasicAuth,
    CapillaryClient,
    ClientOptions,
    Embed,
    EnrollmentType,
    RetryPolicy,
    Source,
    lookup_many,
)
from capillary_async.sandbox import Answer, Sandbox
from tests.api.asking import CallContext, open_client
from tests.fakes import outcomes

KOLKATA = ZoneInfo("Asia/Kolkata")
IN_KOLKATA = ClientOptions(timezone=KOLKATA, retry=RetryPolicy(attempts=1))
NOON = datetime(2025, 1, 9, 12, 0, 12, tzinfo=UTC)


class Colour(str, Enum):  # noqa: UP042  (the older kind is the subject)
    """A user's own enumeration, whose str is the name of the member."""

    RED = "red"


GET = "/v2/customers/7"
GROUP_TRACKERS = "/v2/customers/userEntityTrackers"
MEMBERS = "/v2/userGroup2/members"
EVENTS = "/v3/users/7/trackedTargetEvents/8"
TARGETS = "/v3/users/7/enrolledTargets"
LOOKUP = "/v2/customers/lookup"
SEARCH = "/v2/userGroup2/search"

# The documented parameters of each endpoint.
DOCUMENTED = {
    GET: {
        *("source", "accountId", "embed", "includedAllUserGroup2", "userGroup2Id", "includedUserGroup2LoyaltyDetails"),
        *("includedFraudDetails", "includedOnlyCurrentProfile", "ug2JoinedStartDate", "ug2JoinedEndDate", "ug2Offset"),
        *("ug2Limit", "ug2SortBy", "ug2SortOrder", "ug2PaginationDetails", "gapToUpgrade", "gapToRenew", "ndncStatus"),
        *("optinStatus", "slabHistory", "tierUpgradeCriteria", "membershipRetentionCriteria"),
    },
    GET + "/trackers": {"source"},
    GROUP_TRACKERS: {"type", "identifierType", "identifierValue", "source"},
    EVENTS: {"periodId", "limit", "offset"},
    TARGETS: {"targetRuleIds", "trackingDate", "enrollmentType", "includeOnlyUserCreated"},
    MEMBERS: {
        *("source", "identifierName", "identifierValue", "limit", "offset", "paginationDetails", "sortBy"),
        *("sortOrder", "fromDate", "toDate", "includeCardDetails", "includeStatusDetails"),
    },
    SEARCH: {"q", "limit", "offset"},
    LOOKUP: {"source", "accountId", "identifierName", "identifierValue"},
}


@attrs.frozen
class Case:
    """A call, and the path and parameters that it should send."""

    call: CallContext
    path: str
    query: dict[str, str]


CASES = [
    Case(lambda client: client.customers.get(7), GET, {"source": "INSTORE"}),
    Case(
        lambda client: client.customers.get(
            7,
            source="WECHAT",
            account_id="wechat-1",
            embed=["points", Embed.MLP],
            include_all_user_groups=True,
            user_group_id=5,
            include_user_group_loyalty_details=False,
            include_fraud_details=True,
            only_current_profile=True,
            user_group_joined_after=date(2025, 1, 9),
            user_group_joined_before=NOON,
            user_group_offset=0,
            user_group_limit=1000,
            user_group_sort_by="JoinedDate",
            user_group_sort_order="ASC",
            user_group_pagination=True,
            gap_to_upgrade=0,
            gap_to_renew=30,
            ndnc_status=True,
            optin_status=True,
            slab_history=False,
            tier_upgrade_criteria=True,
            membership_retention_criteria=True,
        ),
        GET,
        {
            "source": "WECHAT",
            "accountId": "wechat-1",
            "embed": "points,mlp",
            "includedAllUserGroup2": "true",
            "userGroup2Id": "5",
            "includedUserGroup2LoyaltyDetails": "false",
            "includedFraudDetails": "true",
            "includedOnlyCurrentProfile": "true",
            "ug2JoinedStartDate": "2025-01-09 00:00:00",
            "ug2JoinedEndDate": "2025-01-09 17:30:12",
            "ug2Offset": "0",
            "ug2Limit": "1000",
            "ug2SortBy": "JoinedDate",
            "ug2SortOrder": "ASC",
            "ug2PaginationDetails": "true",
            "gapToUpgrade": "0",
            "gapToRenew": "30",
            "ndncStatus": "true",
            "optinStatus": "true",
            "slabHistory": "false",
            "tierUpgradeCriteria": "true",
            "membershipRetentionCriteria": "true",
        },
    ),
    Case(
        lambda client: client.customers.find_id("mobile", "+91 98"),
        LOOKUP,
        {"source": "INSTORE", "identifierName": "mobile", "identifierValue": "+91 98"},
    ),
    Case(
        lambda client: client.customers.find_id("wechat", "&a=b#", source="WECHAT", account_id="x/y"),
        LOOKUP,
        {"source": "WECHAT", "accountId": "x/y", "identifierName": "wechat", "identifierValue": "&a=b#"},
    ),
    Case(
        lambda client: client.customers.list_trackers(7, source="ALL").collect(), GET + "/trackers", {"source": "ALL"}
    ),
    Case(
        lambda client: client.customers.list_user_groups(7).collect(),
        GET,
        {
            "source": "INSTORE",
            "includedAllUserGroup2": "true",
            "ug2PaginationDetails": "true",
            "ug2Limit": "50",
            "ug2Offset": "0",
        },
    ),
    Case(
        lambda client: client.customers.list_user_groups(
            7,
            source=Source.LINE,
            page_size=20,
            joined_after=NOON,
            joined_before=date(2026, 2, 1),
            sort_by="JoinedDate",
            sort_order="DESC",
            include_loyalty_details=True,
        ).collect(),
        GET,
        {
            "source": "LINE",
            "includedAllUserGroup2": "true",
            "includedUserGroup2LoyaltyDetails": "true",
            "ug2PaginationDetails": "true",
            "ug2JoinedStartDate": "2025-01-09 17:30:12",
            "ug2JoinedEndDate": "2026-02-01 00:00:00",
            "ug2SortBy": "JoinedDate",
            "ug2SortOrder": "DESC",
            "ug2Limit": "20",
            "ug2Offset": "0",
        },
    ),
    Case(
        lambda client: client.user_groups.list_trackers(93257).collect(),
        GROUP_TRACKERS,
        {"type": "USERGROUP2", "identifierType": "id", "identifierValue": "93257", "source": "INSTORE"},
    ),
    Case(
        lambda client: client.user_groups.list_trackers(
            "grp 1/ü", identifier_type="externalId", source="ALL"
        ).collect(),
        GROUP_TRACKERS,
        {"type": "USERGROUP2", "identifierType": "externalId", "identifierValue": "grp 1/ü", "source": "ALL"},
    ),
    Case(
        lambda client: client.user_groups.list_trackers(7, identifier_type="primaryUserId").collect(),
        GROUP_TRACKERS,
        {"type": "USERGROUP2", "identifierType": "primaryUserId", "identifierValue": "7", "source": "INSTORE"},
    ),
    Case(
        lambda client: client.user_groups.list_members(5).collect(),
        MEMBERS,
        {
            "source": "INSTORE",
            "identifierName": "id",
            "identifierValue": "5",
            "paginationDetails": "true",
            "limit": "100",
            "offset": "0",
        },
    ),
    Case(
        lambda client: client.user_groups.list_members(
            5,
            source="MARTJACK",
            page_size=1,
            joined_after=date(2025, 1, 9),
            joined_before=datetime(2025, 1, 9, 12, 0, 12, tzinfo=timezone(timedelta(hours=-5))),
            include_cards=True,
            include_status=True,
            sort_by="IS_PRIMARY",
            sort_order="ASC",
        ).collect(),
        MEMBERS,
        {
            "source": "MARTJACK",
            "identifierName": "id",
            "identifierValue": "5",
            "paginationDetails": "true",
            "fromDate": "2025-01-09 00:00:00",
            "toDate": "2025-01-09 22:30:12",
            "includeCardDetails": "true",
            "includeStatusDetails": "true",
            "sortBy": "IS_PRIMARY",
            "sortOrder": "ASC",
            "limit": "1",
            "offset": "0",
        },
    ),
    Case(
        lambda client: client.user_groups.search("会員 グループ", page_size=1000).collect(),
        SEARCH,
        {"q": "会員 グループ", "limit": "1000", "offset": "0"},
    ),
    Case(lambda client: client.targets.get_active(7), TARGETS, {}),
    Case(
        lambda client: client.targets.get_active(
            7,
            target_rule_ids=[79192, 2**63 - 1],
            tracking_date=datetime(2025, 1, 9, 17, 30, 12),  # noqa: DTZ001  (the cluster's own time)
            enrollment_type=EnrollmentType.IMPORT,
            only_user_created=False,
        ),
        TARGETS,
        {
            "targetRuleIds": f"79192,{2**63 - 1}",
            "trackingDate": "1736424012000",
            "enrollmentType": "IMPORT",
            "includeOnlyUserCreated": "false",
        },
    ),
    Case(
        lambda client: client.targets.get_active(7, tracking_date=NOON, enrollment_type="SOMETHING_NEW"),
        TARGETS,
        {"trackingDate": "1736424012000", "enrollmentType": "SOMETHING_NEW"},
    ),
    Case(lambda client: client.targets.list_events(7, 8).collect(), EVENTS, {"limit": "100", "offset": "0"}),
    Case(
        lambda client: client.targets.list_events(7, 8, period_id=9, page_size=5).collect(),
        EVENTS,
        {"periodId": "9", "limit": "5", "offset": "0"},
    ),
    Case(
        lambda client: client.fetch(
            "/v3/users/7 8/targetGroups",
            {
                "yes": True,
                "no": False,
                "nothing": None,
                "count": 3,
                "text": " a&b=c+d%20\n",
                "empty": "",
                "colour": Colour.RED,
                "region": Source.ALL,
                "ids": (1, 2),
                "texts": ["a", Colour.RED, True],
                "none": [],
                "on": date(2025, 1, 9),
                "at": NOON,
                "na me&": "x",
            },
        ),
        "/v3/users/7 8/targetGroups",
        {
            "yes": "true",
            "no": "false",
            "count": "3",
            "text": " a&b=c+d%20\n",
            "empty": "",
            "colour": "red",
            "region": "ALL",
            "ids": "1,2",
            "texts": "a,red,true",
            "on": "2025-01-09 00:00:00",
            "at": "2025-01-09 17:30:12",
            "na me&": "x",
        },
    ),
    Case(
        lambda client: client.paginate("/v3/promotions", {"status": ["LIVE", "PAUSED"]}, page_size=7).collect(),
        "/v3/promotions",
        {"status": "LIVE,PAUSED", "limit": "7", "offset": "0"},
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.path)
async def test_each_call_sends_exactly_its_documented_parameters(sandbox: Sandbox, case: Case) -> None:
    """A `None` is not sent, and dates are in the cluster's time zone."""
    sandbox.script("/", Answer(body={"data": [], "entity": 7, "id": 7}), times=None)

    async with open_client(sandbox, options=IN_KOLKATA) as client:
        await case.call(client)

    request = sandbox.requests[0]
    assert (request.method, request.path, dict(request.query)) == ("GET", case.path, case.query)
    assert len(request.query) == len(case.query)


@pytest.mark.parametrize("path", DOCUMENTED)
def test_every_documented_parameter_has_an_argument(path: str) -> None:
    """Every argument must also be a documented parameter."""
    sent = {name for case in CASES if case.path == path for name in case.query}

    assert sent == DOCUMENTED[path]


@pytest.mark.parametrize(
    "base_url", ["https://apac.api.capillarytech.com", "HTTPS://APAC.api.capillarytech.com:443/prefix/"]
)
async def test_a_base_url_of_a_region_has_its_time_zone(base_url: str) -> None:
    """This must also hold for a base URL with a path."""
    with patch("capillary_async.client.HttpTransport") as http:
        CapillaryClient(base_url, BasicAuth("t", "p"))
        CapillaryClient("https://x.example.com", BasicAuth("t", "p"))

    assert [call.args[1] for call in http.call_args_list] == [KOLKATA, UTC]


async def test_dates_of_answers_have_the_clusters_time_zone() -> None:
    """The API sends them without a zone."""
    async with Sandbox(timezone="Asia/Kolkata") as sandbox, open_client(sandbox, options=IN_KOLKATA) as client:
        event = await client.targets.list_events(6, 79190 + 1).first()
    async with Sandbox() as sandbox, open_client(sandbox) as client:
        same = await client.targets.list_events(6, 79190 + 1).first()

    assert event is not None
    assert same is not None
    assert event.event_date == same.event_date
    assert event.event_date is not None
    assert event.event_date.utcoffset() == timedelta(hours=5, minutes=30)


async def test_headers_are_the_documented_ones(sandbox: Sandbox) -> None:
    """Two headers are mandatory, also for GET; the language is optional."""
    options = attrs.evolve(IN_KOLKATA, language="zh")

    async with open_client(sandbox) as client, open_client(sandbox, options=options) as chinese:
        await outcomes(client.customers.get(6))
        await outcomes(client.customers.get(6))
        await outcomes(chinese.customers.get(6))

    for request in sandbox.requests:
        assert request.headers["Accept"] == request.headers["Content-Type"] == "application/json"
        assert "Cookie" not in request.headers
    assert [request.headers.get("language") for request in sandbox.requests] == [None, None, "zh"]


async def test_integers_of_numpy_are_numbers(sandbox: Sandbox) -> None:
    """The values of `df["id"]` are integers of numpy."""
    numpy: Any = pytest.importorskip("numpy")
    six = numpy.int64(6)

    async with open_client(sandbox) as client:
        async with lookup_many(client.customers.get, numpy.array([6, 7])) as found:
            ok = [outcome.ok async for outcome in found]
        await client.customers.get(6, user_group_limit=six)
        await client.targets.list_events(six, numpy.int32(79191), page_size=six).first()
        await client.user_groups.get(six, identifier_type="externalId")
        await client.fetch(f"/v2/customers/{six}", into=dict, query={"source": "INSTORE", "userGroup2Id": six})

    assert ok == [True, True]
    assert [request.path for request in sandbox.requests] == [
        *("/v2/customers/6", GET, "/v2/customers/6", "/v3/users/6/trackedTargetEvents/79191"),
        *("/v2/userGroup2", "/v2/customers/6"),
    ]
    sent = dict(pair for request in sandbox.requests for pair in request.query.items())
    assert sent == {
        "source": "INSTORE",
        **dict.fromkeys(("ug2Limit", "limit", "externalId", "userGroup2Id"), "6"),
        "offset": "0",
    }
