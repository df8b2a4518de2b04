"""Options are checked when they are created, so that calls do not fail later."""

import copy
import math
import pickle
import traceback
from collections.abc import Callable
from datetime import UTC
from zoneinfo import ZoneInfo

import attrs
import pytest

from capillary_async.options import ClientOptions, RateLimit, Region, RetryPolicy, Secret

HIDDEN = "the-secret-itself"


@pytest.mark.parametrize(
    ("region", "base_url", "timezone"),
    [
        (Region.EU, "https://eu.api.capillarytech.com", "UTC"),
        (Region.APAC, "https://apac.api.capillarytech.com", "Asia/Kolkata"),
        (Region.APAC2, "https://apac2.api.capillarytech.com", "Asia/Singapore"),
        (Region.SEA, "https://sea.api.capillarytech.com", "Asia/Singapore"),
        (Region.US, "https://us.api.capillarytech.com", "America/New_York"),
        (Region.USHC, "https://ushc.api.capillarytech.com", "America/New_York"),
        (Region.CHINA, "https://api.capillarytech.cn.com", "Asia/Shanghai"),
    ],
)
def test_a_region_has_a_host_and_a_time_zone(region: Region, base_url: str, timezone: str) -> None:
    """The API sends date-times in the cluster's time zone."""
    assert region.base_url == base_url
    assert region.timezone == ZoneInfo(timezone)


def test_there_are_no_other_regions() -> None:
    """Python's enumerations would merge two regions with the same host and time zone."""
    assert len(Region) == 7


class TestSecret:
    """Only `reveal` returns the text of a secret."""

    @pytest.mark.parametrize("show", [repr, str, ascii, format])
    def test_a_secret_is_not_shown(self, show: Callable[[object], str]) -> None:
        """Objects that hold a secret are logged."""
        assert HIDDEN not in show(Secret(HIDDEN))

    def test_reveal_returns_the_secret(self) -> None:
        """The pipeline needs the text to send it."""
        assert Secret(HIDDEN).reveal() == HIDDEN

    @pytest.mark.parametrize("travel", [pickle.dumps, copy.deepcopy])
    def test_a_secret_is_not_pickled(self, travel: Callable[[object], object]) -> None:
        """A pickle would hold the secret in plain text."""
        with pytest.raises(TypeError, match="cannot be pickled"):
            travel(Secret(HIDDEN))

    def test_locals_of_a_traceback_do_not_show_it(self) -> None:
        """Error trackers print the local variables of every frame."""
        holder = attrs.make_class("Holder", ["secret"])(Secret(HIDDEN))

        with pytest.raises(ValueError, match="invalid literal") as caught:
            int(repr(holder))
        shown = "".join(traceback.TracebackException.from_exception(caught.value, capture_locals=True).format())

        assert "Secret(...)" in shown
        assert HIDDEN not in shown

    def test_secrets_compare_by_their_texts(self) -> None:
        """Options with equal secrets must be equal."""
        assert Secret("a") == Secret("a")
        assert hash(Secret("a")) == hash(Secret("a"))
        assert Secret("a") != Secret("b")
        assert Secret("a") != "a"


@pytest.mark.parametrize("name", ["attempts", "budget", "retry_cost", "throttled_cost"])
@pytest.mark.parametrize("value", [0, -1, True, 1.5, "4", None, math.inf])
def test_counts_of_a_retry_policy_are_positive_whole_numbers(name: str, value: object) -> None:
    """A budget of half a token has no meaning."""
    with pytest.raises(ValueError, match=name):
        RetryPolicy(**{name: value})  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["base", "throttled_base", "cap", "max_retry_after"])
@pytest.mark.parametrize("value", [0, -1, True, "4", None, math.inf, math.nan])
def test_waits_of_a_retry_policy_are_positive(name: str, value: object) -> None:
    """A wait of NaN seconds would fail during an outage."""
    with pytest.raises(ValueError, match=name):
        RetryPolicy(**{name: value})  # type: ignore[arg-type]


@pytest.mark.parametrize(("limit", "per"), [(0, 60), (-1, 60), (True, 60), (1.5, 60), (10, 0), (10, math.inf)])
def test_a_rate_limit_has_positive_numbers(limit: int, per: float) -> None:
    """A limit of 0 would make every call wait forever."""
    with pytest.raises(ValueError, match="must be a positive"):
        RateLimit(limit, per=per)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("attempt_timeout", value) for value in (0, -1, True, "30", None, math.inf, math.nan)),
        *(("deadline", value) for value in (0, -1, True, "30", math.inf, math.nan)),
        *(("max_connections", value) for value in (0, -1, True, 1.5, None)),
        *(("max_response_bytes", value) for value in (0, -1, True, 1.5, None)),
        ("retry", None),
        ("retry", 4),
        ("rate_limit", 1000),
        ("timezone", "Asia/Kolkata"),
        *(("language", value) for value in ("", " ", "zh\r\nX-Other: 1", "zh\n", "中文", 5)),
        ("ca_file", 5),
        *(("proxy", value) for value in ("", "socks5://127.0.0.1", "127.0.0.1:8080", "http://a b", "http://", 5)),
        ("coalesce", 1),
        *(("user_agent_suffix", value) for value in ("", "a\r\nb: c", 5)),
    ],
)
def test_a_wrong_client_option_is_named(name: str, value: object) -> None:
    """Otherwise the error would come from inside the first call."""
    with pytest.raises(ValueError, match=name):
        ClientOptions(**{name: value})  # type: ignore[arg-type]


def test_a_refused_proxy_is_not_repeated() -> None:
    """The URL may hold a password."""
    with pytest.raises(ValueError, match="proxy") as caught:
        ClientOptions(proxy=f"socks5://user:{HIDDEN}@127.0.0.1")

    assert HIDDEN not in str(caught.value)


def test_options_can_be_changed_and_pickled() -> None:
    """A bulk job sends them to its processes."""
    options = ClientOptions(
        attempt_timeout=5,
        deadline=None,
        retry=RetryPolicy(attempts=2),
        rate_limit=RateLimit(1000, per=60),
        timezone=ZoneInfo("Asia/Kolkata"),
        language="zh",
        proxy="http://127.0.0.1:8080",
        coalesce=True,
        user_agent_suffix="shop/1.4",
    )

    assert pickle.loads(pickle.dumps(options)) == options
    assert attrs.evolve(options, timezone=UTC).timezone is UTC


def test_a_proxys_password_is_never_shown() -> None:
    """Options are logged by `attrs.asdict`, and pickles are plain text."""
    options = ClientOptions(proxy=f"http://user:{HIDDEN}@127.0.0.1:8080")

    assert isinstance(options.proxy, Secret)
    assert attrs.evolve(options, deadline=5.0).proxy == options.proxy
    for shown in (repr(options), str(attrs.asdict(options)), str(attrs.astuple(options))):
        assert HIDDEN not in shown
    with pytest.raises(TypeError, match="Secret"):
        pickle.dumps(options)


def test_options_are_immutable() -> None:
    """Several clients may share one object."""
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        ClientOptions().deadline = 5  # type: ignore[misc]


def test_the_defaults_are_the_documented_ones() -> None:
    """Users rely on the defaults."""
    assert attrs.asdict(ClientOptions(), recurse=False) == {
        "attempt_timeout": 30.0,
        "deadline": 120.0,
        "retry": RetryPolicy(),
        "rate_limit": None,
        "max_connections": 100,
        "max_response_bytes": 64 * 2**20,
        "timezone": None,
        "language": None,
        "ca_file": None,
        "proxy": None,
        "coalesce": False,
        "user_agent_suffix": None,
        "listing_traits": None,
    }
    assert attrs.astuple(RetryPolicy()) == (4, 0.05, 1.0, 20.0, 300.0, 500, 14, 5)
