"""`capillary get` and `capillary paginate` for endpoints without a command."""

import json

import pytest

from capillary_async.cli.commands import build
from capillary_async.sandbox import Answer, Sandbox
from tests.cli.conftest import Capillary


def test_get_fetches_any_path(capillary: Capillary, server: Sandbox) -> None:
    """The request must have the parameters of the command line."""
    server.script("/", Answer(body={"data": {"content": []}, "errors": None}))

    done = capillary("get", "/v3/promotions", "size=10", "status=LIVE", "status=PAUSED", "q=a=b")

    assert json.loads(done.out) == {"data": {"content": []}, "errors": None}
    assert server.requests[0].path == "/v3/promotions"
    assert dict(server.requests[0].query) == {"size": "10", "status": "LIVE,PAUSED", "q": "a=b"}


def test_numbers_keep_their_digits(capillary: Capillary, server: Sandbox) -> None:
    """A float would change 1.000 to 1.0."""
    server.script("/", Answer(body=b'{"points": 1.000}'))

    assert '"points":1.000' in capillary("get", "/v2/points").out.replace(" ", "")


def test_a_refusal_is_an_exit_code(capillary: Capillary) -> None:
    """Scripts need the same exit codes from every command."""
    assert capillary("get", "/v2/customers/404", "source=INSTORE").code == 5


def test_paginate_walks_a_listing(capillary: Capillary, server: Sandbox) -> None:
    """The command must have all options of `client.paginate`."""
    server.cap_page_size(40)
    path = "/v3/users/1/trackedTargetEvents/79197"

    done = capillary("paginate", path, "--key", "eventLogId", "--page-size", "50", "--format", "jsonl")

    assert [json.loads(line)["eventLogId"] for line in done.out.splitlines()] == server.event_ids(1, 79197)


def test_paginate_prints_json_by_default(capillary: Capillary, server: Sandbox) -> None:
    """The columns of the rows are unknown, so a table would have one column."""
    done = capillary("paginate", "/v2/userGroup2/search", "q=family", "--offset-unit", "records", "--max-rows", "2")

    assert len(json.loads(done.out)) == 2
    assert server.requests[0].query["q"] == "family"


@pytest.mark.parametrize("word", ["size", "=10", ""])
def test_a_parameter_is_a_name_and_a_value(capillary: Capillary, server: Sandbox, word: str) -> None:
    """The message must not repeat the argument, because it may be a person's number."""
    done = capillary("get", "/v3/promotions", word)

    assert (done.code, server.request_count) == (2, 0)
    assert "parameter 1 must be written as name=value" in done.err


@pytest.mark.parametrize("path", ["v3/promotions", "/v3/../x", "https://evil.example/"])
def test_a_path_off_the_base_url_is_refused(capillary: Capillary, server: Sandbox, path: str) -> None:
    """Otherwise the credentials would be sent to another server."""
    done = capillary("get", path)

    assert (done.code, server.request_count) == (2, 0)


@pytest.mark.parametrize("path", ["v3/promotions", "/v3/promotions?size=10"])
def test_a_path_with_parameters_or_without_a_slash_is_explained(capillary: Capillary, path: str) -> None:
    """Users copy such paths from a browser."""
    assert "PATH must begin with /" in capillary("get", path).err


def test_a_table_of_an_object_has_a_line_for_each_value(capillary: Capillary, server: Sandbox) -> None:
    """People cannot read a long line of JSON."""
    server.script("/", Answer(body={"data": {"content": [{"id": 1}], "size": 10}}))

    lines = capillary("get", "/v3/promotions", "--format", "table").out.splitlines()

    assert [line.split() for line in lines] == [["data.content[0].id", "1"], ["data.size", "10"]]


def test_its_help_explains_the_options_of_paginate(capillary: Capillary) -> None:
    """The help comes from the docstring of `client.paginate`."""
    text = capillary("paginate", "--help").out

    assert all(option in text for option in ("--rows-key", "--limit-name", "--offset-unit", "PATH", "QUERY"))
    assert "--into" not in text


def test_both_are_commands() -> None:
    """The names are part of the design."""
    assert {"get", "paginate"} <= set(build())


def test_a_wrong_rows_key_lists_the_members_with_lists(capillary: Capillary) -> None:
    """Otherwise users must look at the raw answer first."""
    done = capillary("paginate", "/v3/promotions", "--limit-name", "size", "--offset-name", "page")

    assert "expected a list of rows at data; the answer has lists at data.content" in done.err
