"""Base URLs are places, and what stands in a request's URL is a value."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from urllib.parse import unquote
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capillary_async.errors import (
    ConfigurationError,
)
from capillary_async.options import Region
from capillary_async.pipeline.request import DateTimeParam, Request
from capillary_async.pipeline.urls import BaseUrl, build_url
from tests.faults.wire import RawServer, answer
from tests.pipeline.opening import ROUTE, opened, request


class TestBaseUrl:
    """A base URL is https, or this machine, and nothing but a place."""

    @pytest.mark.parametrize(
        ("given_url", "text", "origin"),
        [
            ("https://eu.example.com", "https://eu.example.com", ("https", "eu.example.com", 443)),
            ("https://eu.example.com/", "https://eu.example.com", ("https", "eu.example.com", 443)),
            ("https://eu.example.com:443", "https://eu.example.com", ("https", "eu.example.com", 443)),
            ("https://eu.example.com:", "https://eu.example.com", ("https", "eu.example.com", 443)),
            ("https://eu.example.com:0443", "https://eu.example.com", ("https", "eu.example.com", 443)),
            (
                "HTTPS://EU.Example.COM:8443/Api/v1/",
                "https://eu.example.com:8443/Api/v1",
                ("https", "eu.example.com", 8443),
            ),
            ("https://xn--bcher-kva.example", "https://xn--bcher-kva.example", ("https", "xn--bcher-kva.example", 443)),
            ("https://10.0.0.1:65535/~a/b_c.d-e", "https://10.0.0.1:65535/~a/b_c.d-e", ("https", "10.0.0.1", 65535)),
            ("https://[2001:DB8::1]/x", "https://[2001:db8::1]/x", ("https", "2001:db8::1", 443)),
            ("http://localhost:8080", "http://localhost:8080", ("http", "localhost", 8080)),
            ("http://LOCALHOST", "http://localhost", ("http", "localhost", 80)),
            ("http://127.0.0.1:80", "http://127.0.0.1", ("http", "127.0.0.1", 80)),
            ("http://127.1.2.3:1", "http://127.1.2.3:1", ("http", "127.1.2.3", 1)),
            ("http://[::1]:8080/p", "http://[::1]:8080/p", ("http", "::1", 8080)),
            (Region.EU, "https://eu.api.capillarytech.com", ("https", "eu.api.capillarytech.com", 443)),
        ],
    )
    def test_a_good_one_is_written_in_one_way(self, given_url: str, text: str, origin: tuple[str, str, int]) -> None:
        """What is compared just before sending must be the same in every letter."""
        base = BaseUrl.of(given_url)

        assert (base.text, (base.scheme, base.host, base.port)) == (text, origin)

    @pytest.mark.parametrize(
        ("bad_url", "reason"),
        [
            *((url, "base_url must be a text") for url in (None, 5, b"https://eu.example.com")),
            *(
                (url, "without spaces or backslashes")
                for url in (
                    "https://eu.example.com/a b",
                    " https://eu.example.com",
                    "https://eu.example.com\n",
                    "https://eu.example.com\t",
                    "https://eu.example.com\\@evil.example",
                    "https:\\\\eu.example.com",
                    "https://bücher.example",
                    "https://eu.example.com\x00",
                )
            ),
            *(
                (url, "is not a URL")
                for url in ("https://eu.example.com:99999", "https://eu.example.com:x", "https://[::1", "https://[x]/")
            ),
            *(
                (url, "must be a Region, or start with https:// and a host")
                for url in (
                    "",
                    "eu.example.com",
                    "//eu.example.com",
                    "https:",
                    "https://",
                    "https:///x",
                    "https:/eu.example.com",
                    "https://:443",
                    "ftp://eu.example.com",
                    "file:///etc/hosts",
                    "javascript://eu.example.com",
                    "https://eu..example.com",
                    "https://.example.com",
                    "https://eu.example.com;evil",
                    "https://eu.example.com,evil.example",
                    "https://*.example.com",
                    "https://eu%2Eexample.com",
                    "https://[fe80::1%25eth0]",
                )
            ),
            *(
                (url, "user name or a password")
                for url in (
                    "https://user@eu.example.com",
                    "https://user:word@eu.example.com",
                    "https://@eu.example.com",
                    "http://127.0.0.1@evil.example",
                    "http://127.0.0.1:80@evil.example:81",
                )
            ),
            *(
                (url, "query or a fragment")
                for url in (
                    "https://eu.example.com?a=1",
                    "https://eu.example.com/?",
                    "https://eu.example.com/#f",
                    "https://eu.example.com#@evil.example/x",
                )
            ),
            *(
                (url, "plain path")
                for url in (
                    "https://eu.example.com/a/../b",
                    "https://eu.example.com/./b",
                    "https://eu.example.com/..",
                    "https://eu.example.com/%2e%2e",
                    "https://eu.example.com/%",
                    "https://eu.example.com//evil",
                    "https://eu.example.com/a//",
                    "https://eu.example.com/a;b",
                    "https://eu.example.com/a{b}",
                    "https://eu.example.com/a<b",
                )
            ),
            ("https://eu.example.com:0", "port above 0"),
            *(
                (url, "must be https")
                for url in (
                    "http://eu.example.com",
                    "http://127.0.0.1.example.com",
                    "http://localhost.example.com",
                    "http://localhost.",
                    "http://10.0.0.1",
                    "http://0.0.0.0",
                    "http://[2001:db8::1]",
                    "http://0x7f.1",
                    "http://2130706433",
                )
            ),
        ],
    )
    def test_a_bad_one_is_refused_and_not_repeated(self, bad_url: Any, reason: str) -> None:
        """It may hold a password, and each of these has led some client astray."""
        with pytest.raises(ConfigurationError, match=reason) as caught:
            BaseUrl.of(bad_url)

        assert str(caught.value).startswith("base_url ")
        assert "evil" not in str(caught.value)
        assert "word@" not in str(caught.value)

    @given(st.text())
    def test_any_text_is_a_place_or_refused(self, text: str) -> None:
        """It may come from an environment variable."""
        for url in (text, f"https://{text}", f"https://eu.example.com/{text}", f"https://eu.example.com:{text}"):
            try:
                base = BaseUrl.of(url)
            except ConfigurationError:
                continue
            assert BaseUrl.of(base.text) == base


class TestTarget:
    """The URL of a request is its route, and the values in it are values."""

    BASE = BaseUrl.of("https://eu.example.com/prefix")

    def url_of(self, request: Request[Any], zone: Any = UTC) -> str:
        """Build the URL behind the base URL."""
        url = build_url(self.BASE, request, zone)
        assert url.startswith("https://eu.example.com/prefix/")
        return url.removeprefix("https://eu.example.com/prefix")

    @given(
        st.text(st.characters(exclude_categories=["Cs"]), min_size=1), st.text(st.characters(exclude_categories=["Cs"]))
    )
    def test_any_text_stays_one_segment_or_one_value(self, in_path: str, in_query: str) -> None:
        """A value that could open another route would let a caller's input choose what is asked."""
        if in_path in (".", ".."):
            return

        url = self.url_of(request(ROUTE, path_values={"id": in_path}, query=(("q", in_query), ("r", "1"))))

        path, _, query = url.partition("?")
        first, second, value, third = path.removeprefix("/").split("/")
        assert (first, second, unquote(value), third) == ("v2", "customers", in_path, "trackers")
        pairs = [pair.partition("=") for pair in query.split("&")]
        assert [(name, unquote(text)) for name, _, text in pairs] == [("q", in_query), ("r", "1")]
        assert url.isascii()
        assert not set(value + pairs[0][2]) & set("/?#&=+;:@\\ \"'<>{}|^`")

    @pytest.mark.parametrize("value", ["", ".", ".."])
    def test_a_segment_that_no_encoding_makes_harmless_is_refused(self, value: str) -> None:
        """Servers and proxies resolve dots before they look at the route."""
        with pytest.raises(ValueError, match=r"^id must"):
            self.url_of(request(ROUTE, path_values={"id": value}))

    def test_numbers_are_digits(self) -> None:
        """Also those of a class that prints itself otherwise."""

        class Number(int):
            def __str__(self) -> str:
                return "../../admin"

        assert self.url_of(request(ROUTE, path_values={"id": Number(7)})) == "/v2/customers/7/trackers"

    @pytest.mark.parametrize(
        ("moment", "zone", "text"),
        [
            (DateTimeParam(datetime(2025, 1, 9, 12, 0, 5)), "Asia/Kolkata", "2025-01-09%2012%3A00%3A05"),  # noqa: DTZ001
            (DateTimeParam(datetime(2025, 1, 9).date()), "Asia/Kolkata", "2025-01-09%2000%3A00%3A00"),  # noqa: DTZ001
            (DateTimeParam(datetime(2025, 1, 9, 12, 0, 5, tzinfo=UTC)), "Asia/Kolkata", "2025-01-09%2017%3A30%3A05"),
            (
                DateTimeParam(datetime(2025, 1, 9, 23, tzinfo=timezone(timedelta(hours=-2)))),
                "UTC",
                "2025-01-10%2001%3A00%3A00",
            ),
            (DateTimeParam(datetime(2025, 1, 9, 12, 0, 5, tzinfo=UTC), is_epoch=True), "Asia/Kolkata", "1736424005000"),
            (DateTimeParam(datetime(1970, 1, 1, 5, 30), is_epoch=True), "Asia/Kolkata", "0"),  # noqa: DTZ001
            (DateTimeParam(datetime(2025, 1, 9).date(), is_epoch=True), "UTC", "1736380800000"),  # noqa: DTZ001
        ],
    )
    def test_dates_are_in_the_clusters_own_time(self, moment: DateTimeParam, zone: str, text: str) -> None:
        """Whatever zone they are given in; the API knows only one."""
        assert self.url_of(request(query=(("d", moment),)), ZoneInfo(zone)) == f"/x?d={text}"


@pytest.fixture(scope="module")
def echo() -> Iterator[RawServer]:
    """Run a server that answers with the target it was asked for."""
    with RawServer(lambda wire, asked: wire.send(answer(json.dumps(asked.target).encode()))) as server:
        yield server


@settings(max_examples=50)
@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=1), min_size=1, max_size=20))
async def test_values_cross_the_wire_unchanged(echo: RawServer, values: list[str]) -> None:
    """Nothing between here and the socket may encode, decode or normalise a value once more."""
    async with opened(echo.base_url) as transport:
        for value in values:
            path_value = value if value.strip(".") else "x"
            asked = request(ROUTE, path_values={"id": path_value}, query=(("q", value),))
            target_seen = (await transport.send(asked)).document

            path, _, query = target_seen.partition("?")
            assert [unquote(part) for part in path.split("/")] == ["", "v2", "customers", path_value, "trackers"]
            assert unquote(query) == f"q={value}"
