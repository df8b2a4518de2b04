"""Answers that hold data are told from those that refuse, in every shape that either comes in."""

import json
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capillary_async.codec import Converter
from capillary_async.errors import (
    AccessDeniedError,
    ApiErrorDetail,
    AuthenticationError,
    DecodeError,
    InvalidRequestError,
    NotFoundError,
    RateLimitedError,
    ResponseError,
    ServerError,
    UnexpectedResponseError,
)
from capillary_async.options import Secret
from capillary_async.pipeline.request import Request, Response
from capillary_async.pipeline.responses import HttpResponse, read, request_id

ASKED: Request[Any] = Request("/v2/customers/{customerId}", {"customerId": 77})
# What may stand beside data.
NO_REFUSALS: list[dict[str, Any]] = [
    {},
    {"errors": None},
    {"errors": []},
    {"errors": [{}]},
    {"errors": [None]},
    {"errors": [{"code": 0, "message": ""}]},
    {"errors": [{"code": "0", "message": None}]},
    {"errors": {}},
    {"errors": ""},
    {"errors": False},
    {"message": "one of the members that refusals have"},
    {"response": {"status": {"success": "true", "code": "200", "message": "SUCCESS"}}},
    {"response": {"status": {"success": "true", "code": 200}}},
    {"response": {"status": None}},
    {"response": "text"},
]


def answered(
    body: object, status: int = 200, headers: Mapping[str, str] | None = None, asked: Request[Any] = ASKED
) -> Response:
    """Read an answer with this body: bytes as they are, anything else as JSON."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return read(HttpResponse(status, headers or {}, content), asked, Converter(UTC).decode)


def refused(
    body: object, status: int = 200, headers: Mapping[str, str] | None = None, asked: Request[Any] = ASKED
) -> ResponseError:
    """Return the error that an answer with this body comes to."""
    with pytest.raises(ResponseError) as caught:
        answered(body, status, headers, asked)
    return caught.value


class TestSuccess:
    """What looks like a refusal, and is none."""

    @pytest.mark.parametrize(
        "extra",
        NO_REFUSALS,
    )
    def test_data_is_data_whatever_stands_beside_it(self, extra: dict[str, Any]) -> None:
        """Each of these shapes is documented, or one step from it."""
        document: dict[str, Any] = {"data": [], **extra}

        assert answered(document).document == document

    @pytest.mark.parametrize("document", [[], [1], "text", 5, False, {}, {"entity": 306}])
    def test_any_document_may_be_data(self, document: object) -> None:
        """The rest of the API is reachable too."""
        assert answered(document).document == document

    def test_what_came_with_it_is_kept(self) -> None:
        """Users give the request id to Capillary's support."""
        response = answered({"a": 1}, 206)
        error = refused({"errors": [{"code": 1, "message": "no"}]}, 206, {"x-cap-requestid": "r-1"})

        assert (response.status, error.status, error.request_id) == (206, 206, "r-1")

    @pytest.mark.parametrize("given", ["r", "r" * 128])
    def test_a_request_id_has_1_to_128_characters(self, given: str) -> None:
        """No document says how they look."""
        assert request_id({"x-cap-requestid": given}) == given

    @pytest.mark.parametrize("junk", ["", "r" * 129, "r\x00", "r\udcff", "été"])
    def test_a_request_id_that_is_junk_counts_as_none(self, junk: str) -> None:
        """It ends up in logs."""
        assert request_id({"x-cap-requestid": junk}) is None

    def test_warnings_ride_on_a_success(self) -> None:
        """They carry `"status": false`, and nothing has failed."""
        response = answered(
            {"entity": 565345934, "warnings": [{"status": False, "code": 33000, "message": "not  verified\n"}]}
        )

        assert response.warnings == (ApiErrorDetail(33000, "not verified"),)

    @pytest.mark.parametrize("warnings", [None, [], [{}], "", 0])
    def test_no_warnings_come_in_several_shapes(self, warnings: object) -> None:
        """Enrolled targets send null, target events an empty list."""
        assert answered({"data": [], "warnings": warnings}).warnings == ()

    @pytest.mark.parametrize("body", [b"", b" ", b"null", b"<html></html>", b"{", b'{"a": 1} x', b"NaN"])
    def test_a_success_without_a_document_is_no_success(self, body: bytes) -> None:
        """Gateways answer 200 with HTML, or with nothing; another attempt may heal it."""
        with pytest.raises(DecodeError) as caught:
            answered(body)

        assert caught.value.retryable
        assert caught.value.__context__ is None

    def test_null_is_said_to_be_null(self) -> None:
        """It is a whole document, and still nothing."""
        with pytest.raises(DecodeError, match=r"^the answer is null"):
            answered(b"null")

    @pytest.mark.parametrize("status", [199, 300, 302, 304])
    def test_only_a_200_and_its_kin_bring_data(self, status: int) -> None:
        """A redirect may come with a document too."""
        assert type(refused({"data": []}, status)) is ResponseError


class TestRefusal:
    """Every shape in which the API says no."""

    @pytest.mark.parametrize("status", [200, 400])
    @pytest.mark.parametrize(
        ("body", "problem"),
        [
            (
                {"data": None, "errors": [{"code": 310018, "message": "Target rule not found"}], "warnings": None},
                ApiErrorDetail(310018, "Target rule not found"),
            ),
            ({"errors": [{"status": False, "code": 8015, "message": "Not found"}]}, ApiErrorDetail(8015, "Not found")),
            (
                {
                    "pagination": {"limit": 0, "offset": 0, "total": 0},
                    "warnings": [],
                    "errors": [{"status": False, "code": 8015, "message": "Not found"}],
                },
                ApiErrorDetail(8015, "Not found"),
            ),
            ({"warnings": [], "errors": [{"code": "8015", "message": "Not found"}]}, ApiErrorDetail(8015, "Not found")),
            ({"errors": {"code": 8015, "message": "Not found"}}, ApiErrorDetail(8015, "Not found")),
            ({"errors": [{"errorCode": 8015}]}, ApiErrorDetail(8015, "")),
            ({"response": {"status": {"success": "true", "code": "404", "message": "No"}}}, ApiErrorDetail(404, "No")),
            ({"response": {"status": {"success": "false", "code": 404}}}, ApiErrorDetail(404, "")),
            (
                {"message": "Customer is deleted after PII delete request"},
                ApiErrorDetail(None, "Customer is deleted after PII delete request"),
            ),
            ({"code": 8015, "message": "Not found"}, ApiErrorDetail(8015, "Not found")),
            ({"status": 404, "errorCode": 8015}, ApiErrorDetail(8015, "")),
            (
                {"data": None, "errors": [{"code": 404, "message": "Not found", "reference": None}], "warnings": None},
                ApiErrorDetail(404, "Not found"),
            ),
            ({"status": {"success": False, "code": 8015}, "reward": None}, ApiErrorDetail(8015, "")),
            ({"status": [{"success": "false", "code": 8015}], "rewardList": None}, ApiErrorDetail(8015, "")),
        ],
    )
    def test_each_documented_shape_is_understood(self, body: object, problem: ApiErrorDetail, status: int) -> None:
        """No document says which status they come with."""
        error = refused(body, status, {"x-cap-requestid": "r-1"})

        assert type(error) is NotFoundError
        assert error.errors == (problem,)
        assert (error.status, error.request_id) == (status, "r-1")

    @pytest.mark.parametrize(
        ("body", "expected"),
        [
            ({"response": {"status": {"success": "true", "code": "401", "message": "no"}}}, AuthenticationError),
            ({"response": {"status": {"success": "true", "code": 498, "message": "late"}}}, AuthenticationError),
            ({"response": {"status": {"success": "true", "code": "403", "message": "scope"}}}, AccessDeniedError),
            ({"response": {"status": {"success": "false", "message": "broken"}}}, ResponseError),
            ({"response": {"status": {"success": "true", "code": 300}}}, ResponseError),
            ({"response": {"status": {"success": "true", "code": 199}}}, ResponseError),
            ({"errors": [{"code": 4000, "message": "access group"}]}, AccessDeniedError),
            ({"errors": [{"code": 4001}]}, ServerError),
            ({"errors": ["something"]}, ResponseError),
            ({"errors": "something"}, ResponseError),
            ({"errors": [{"message": "something"}]}, ResponseError),
            ({"message": "something"}, ResponseError),
        ],
    )
    def test_a_refusal_may_come_as_a_success(self, body: object, expected: type[ResponseError]) -> None:
        """`success` says "true" also when the call failed."""
        assert type(refused(body)) is expected

    @pytest.mark.parametrize("body", [b"", b"{}", b"<html><h1>502</h1></html>", b"null", b"[]", b"\xff\xfe"])
    @pytest.mark.parametrize(
        ("status", "expected"),
        [
            (302, ResponseError),
            (401, AuthenticationError),
            (404, UnexpectedResponseError),
            (410, UnexpectedResponseError),
            (429, RateLimitedError),
            (498, AuthenticationError),
            (502, ServerError),
            (521, ServerError),
        ],
    )
    def test_without_a_body_the_status_speaks_alone(
        self, status: int, body: bytes, expected: type[ResponseError]
    ) -> None:
        """A blank 400 is documented; HTML comes from the gateway."""
        error = refused(body, status)

        assert type(error) is expected
        assert f"HTTP {status}" in str(error)
        assert error.codes == ()

    @pytest.mark.parametrize("body", [b"", b" \r\n", b"{}"])
    def test_a_blank_400_is_the_documented_answer_to_a_wrong_customer_id(self, body: bytes) -> None:
        """It is documented for a customer's details alone."""
        assert type(refused(body, 400)) is InvalidRequestError
        assert type(refused(body, 400, asked=Request[Any]("/v2/userGroup2/members"))) is UnexpectedResponseError
        assert type(refused(body, 404)) is UnexpectedResponseError

    @pytest.mark.parametrize(
        "body",
        [
            b"<html><h1>404</h1></html>",
            {"message": "no Route matched with those values"},
            {"code": 404, "message": "Not found"},
            {"message": "Not found", "statusCode": 404},
            {"timestamp": "2026-11-29T07:00:00Z", "status": 404, "error": "Not Found", "path": "/v2"},
            {"error": {"code": 404, "message": "Not found"}},
            "no such page",
            [],
        ],
    )
    @pytest.mark.parametrize("status", [400, 404, 405])
    def test_what_a_gateway_says_is_not_said_by_the_api(self, body: object, status: int) -> None:
        """Behind a wrong base URL every customer would be "not found"."""
        error = refused(body, status)

        assert type(error) is UnexpectedResponseError
        assert str(error).endswith("the answer does not come from the API; check the base URL")
        assert not error.retryable

    @pytest.mark.parametrize(
        ("code", "said"),
        [(None, "no code: Invalid"), ("COMMON.INVALID_INPUT", "no code: COMMON.INVALID_INPUT: Invalid")],
    )
    def test_a_code_may_be_null_or_a_word(self, code: str | None, said: str) -> None:
        """`/v3` sends both; they come from the API all the same."""
        error = refused({"data": None, "errors": [{"code": code, "message": "Invalid"}], "warnings": None}, 400)

        assert type(error) is InvalidRequestError
        assert str(error) == f"the API answered HTTP 400, {said}"

    @pytest.mark.parametrize(
        ("code", "is_retryable"), [(310126, False), (8015, False), (500, True), (999999, True), (None, True)]
    )
    def test_a_500_with_a_business_code_is_final(self, code: int | None, is_retryable: bool) -> None:  # noqa: FBT001
        """A "not enrolled to this target" comes as HTTP 500, and another attempt meets it again."""
        error = refused({"data": None, "errors": [{"code": code, "message": "no"}], "warnings": None}, 500)

        assert error.retryable is is_retryable

    @pytest.mark.parametrize(
        "body", [{"status": {"success": True, "code": 200}, "a": 1}, {"status": {"code": 5}, "a": 1}]
    )
    def test_a_status_that_did_not_fail_is_data(self, body: object) -> None:
        """Only the rewards' `success: false` says that it is a refusal."""
        assert answered(body).document == body

    @pytest.mark.parametrize(
        ("code", "documented"),
        [(8012, "INSTORE, MARTJACK, WECHAT, LINE, ALL"), (310130, "TRANSACTION, IMPORT, AUDIENCE_FILTER")],
    )
    def test_a_value_that_the_api_does_not_know_lists_those_that_are_documented(
        self, code: int, documented: str
    ) -> None:
        """The API says that it is wrong, and not what would be right."""
        error = refused({"errors": [{"code": code, "message": "Invalid"}]}, 400)

        assert str(error) == f"the API answered HTTP 400, {code}: Invalid; documented are {documented}"

    def test_a_redirect_says_that_it_is_one(self) -> None:
        """None is followed; an address with http:// or of the web site is the usual cause."""
        assert str(refused(b"", 302)) == ("the API answered HTTP 302; redirects are not followed, check the base URL")

    @pytest.mark.parametrize("status", [200, 400, 410])
    def test_a_deleted_customer_is_not_found(self, status: int) -> None:
        """The one refusal without a code that is documented word for word."""
        error = refused({"message": "Customer is deleted after PII delete request"}, status)

        assert type(error) is NotFoundError

    def test_the_message_names_what_the_api_said(self) -> None:
        """Three problems say enough for one line."""
        body = {"errors": [{"code": code, "message": f"reason {code}"} for code in (8015, 8016, 8017, 8018)]}

        error = refused(body)

        assert str(error) == "the API answered HTTP 200, 8015: reason 8015; 8016: reason 8016; 8017: reason 8017"
        assert error.codes == (8015, 8016, 8017, 8018)

    @pytest.mark.parametrize(
        ("problem", "said"),
        [({"code": 8015}, "8015"), ({"message": "gone: "}, "no code: gone"), ("gone", "no code: gone")],
    )
    def test_half_a_problem_is_said_as_it_is(self, problem: object, said: str) -> None:
        """Codes come without words, and words without a code."""
        assert str(refused({"errors": [problem]})) == f"the API answered HTTP 200, {said}"

    def test_a_status_is_not_said_twice(self) -> None:
        """The old envelope has it as a code; a wrong password is the first error that many see."""
        envelope = {"response": {"status": {"success": "true", "code": "401", "message": "Unauthorized"}}}

        assert str(refused(envelope, status=401)) == "the API answered HTTP 401, Unauthorized"

    @pytest.mark.parametrize("code", [True, 10**9, -(10**9), "1234567890", "x", "٣", 1.5, [1], {}])
    def test_a_code_that_is_none_is_left_out(self, code: object) -> None:
        """Codes have at most six digits; longer ones could be somebody's number."""
        assert refused({"errors": [{"code": code, "message": "no"}]}).codes == ()

    @given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists))
    def test_errors_may_be_anything(self, errors: object) -> None:
        """They come from whoever answers."""
        with suppress(ResponseError):
            answered({"errors": errors})

    @pytest.mark.parametrize(
        ("headers", "status", "seconds"),
        [
            ({"retry-after": "7"}, 429, 7.0),
            ({"retry-after": "7"}, 503, 7.0),
            ({"retry-after": "soon"}, 429, None),
            ({"retry-after": "7", "x-ratelimit-reset": "9"}, 429, 7.0),
            ({"x-ratelimit-reset": "9"}, 429, 9.0),
            ({"ratelimit-reset": "9"}, 429, 9.0),
            ({"x-ratelimit-reset": "9"}, 503, None),
            ({}, 429, None),
        ],
    )
    def test_the_wait_that_is_asked_for_is_read(
        self, headers: dict[str, str], status: int, seconds: float | None
    ) -> None:
        """No document describes the throttling headers: all are supported, none is needed."""
        error = refused(b"", status, headers)

        assert isinstance(error, RateLimitedError | ServerError)
        assert error.retry_after == seconds

    def test_a_wait_may_be_a_moment(self) -> None:
        """HTTP dates have whole seconds."""
        in_a_while = datetime.now(UTC) + timedelta(seconds=100)

        error = refused(b"", 429, {"retry-after": format_datetime(in_a_while, usegmt=True)})
        later = refused(b"", 429, {"x-ratelimit-reset": str(int(in_a_while.timestamp()))})

        assert isinstance(error, RateLimitedError)
        assert isinstance(later, RateLimitedError)
        assert error.retry_after == pytest.approx(99, abs=2)
        assert later.retry_after == pytest.approx(99, abs=2)


class TestMessages:
    """The API's words are kept; the people in them are not."""

    @pytest.mark.parametrize(
        ("said", "kept"),
        [
            ("Customer jane.doe+x@example.com not found", "Customer ... not found"),
            ("jane%40example.com is unknown", "... is unknown"),
            ("mobile 919876543210 is unknown", "mobile ... is unknown"),
            ("mobile +91 98765-43210.", "mobile ...."),
            ("mobile (030) 555-0199 x", "mobile (... x"),
            ("customer 567584 merged", "customer ... merged"),
            ("token eyJhbGciOiJIUzI1NiJ9.e30.abc-_x expired", "token ... expired"),
            ("key 8a16a6b70505eb1f1ff7cdc0cd5559a7", "key ..."),
            ("two\r\nlines\tand\x00 \u2028 more", "two lines and more"),
            ("limit is capped to 100", "limit is capped to 100"),
            ("supported types include USERGROUP2,CUSTOMER.", "supported types include USERGROUP2,CUSTOMER."),
            ("x" * 300, "x" * 200),
            (5, ""),
            (None, ""),
            (["text"], ""),
        ],
    )
    def test_numbers_addresses_and_tokens_are_left_out(self, said: object, kept: str) -> None:
        """An error ends up in logs, and those are no place for a customer."""
        assert refused({"errors": [{"code": 8015, "message": said}]}).errors == (ApiErrorDetail(8015, kept),)

    @pytest.mark.parametrize(
        ("asked", "said", "kept"),
        [
            (Request[Any]("/x/{id}", {"id": 77}), "user 77 is unknown, 770 is not", "user ... is unknown, 770 is not"),
            (Request[Any]("/x/{id}", {"id": "ext-A"}), "no EXT-a here", "no ... here"),
            (Request[Any]("/x", query=(("q", "Jane Doe"),)), "nothing like Jane Doe found", "nothing like ... found"),
            (Request[Any]("/x", query=(("q", "12,34"),)), "34 is unknown", "... is unknown"),
            (Request[Any]("/x", query=(("q", "."),)), "nothing. At all.", "nothing. At all."),
            (Request[Any]("/x", query=(("q", "Doe"), ("r", "Ann Doe"))), "no Ann Doe", "no ..."),
            (Request[Any]("/x", query=(("q", "Ann"), ("r", "Ann Doe"))), "no Ann Doe", "no ..."),
            (Request[Any]("/x", headers={"T": Secret("Basic abc=")}), "abc= refused", "... refused"),
            (Request[Any]("/x", body={"key": Secret("k-1"), "a": "code"}), "key k-1, code", "key ..., code"),
        ],
    )
    def test_what_was_asked_for_is_not_repeated(self, asked: Request[Any], said: str, kept: str) -> None:
        """The API's messages can repeat it, and short ids and names look like any other word."""
        error = refused({"errors": [{"code": 8015, "message": said}]}, asked=asked)

        assert error.errors == (ApiErrorDetail(8015, kept),)

    @pytest.mark.parametrize(
        "body",
        [
            {"errors": [{"message": "no Jane here"}]},
            {"message": "no Jane here"},
            {"response": {"status": {"code": 404, "message": "no Jane here"}}},
        ],
    )
    def test_in_no_shape_is_it_repeated(self, body: object) -> None:
        """The old envelope quotes as the new one does."""
        error = refused(body, asked=Request[Any]("/x", query=(("q", "Jane"),)))

        assert [problem.message for problem in error.errors] == ["no ... here"]

    def test_of_a_long_message_only_the_beginning_is_read(self) -> None:
        """Whoever answers could send a text that pattern matching takes ages for."""
        (problem,) = refused({"errors": [{"code": 8015, "message": " " * 1000 + "behind"}]}).errors
        assert problem.message == ""
