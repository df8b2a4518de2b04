"""Twenty questions of new users, and the pages that answer them."""

import html
import os
import re
from pathlib import Path
from typing import Final

import attrs
import pytest


@attrs.frozen
class Question:
    """A question of a new user.

    Attributes:
        text: The question.
        page: Where the answer stands.
        answer: Words of the answer, as the page shows them.
    """

    text: str
    page: str
    answer: str


SITE = Path(os.environ.get("SITE", "docs/_build/html"))
QUESTIONS: Final = (
    Question("Which call gives me points?", "explanation/endpoints", "customers.get_points_balance"),
    Question("Can it change anything in my organisation?", "index", "never changes data"),
    Question("Can I try it without an account?", "tutorial", "You need no account"),
    Question("Which extra do I need for Parquet?", "reference/install", "Arrow tables and Parquet files"),
    Question("I have a mobile number. What is the customer's tier?", "how-to/from-a-mobile-number", "customers.find"),
    Question("How do three cron jobs share a limit?", "how-to/share-a-limit", "--share file"),
    Question("Do retries count towards the rate limit?", "explanation/rate-limits", "because the server counts them"),
    Question("What does exit code 4 mean?", "reference/command-line", "stopped before the end"),
    Question("What is code 8069, and what do I do?", "how-to/merged-customers", "the customer has another id now"),
    Question("Why did I get an UnexpectedResponseError?", "reference/errors", "Check the base URL"),
    Question("How long does a call take at most?", "reference/limits", "ClientOptions.deadline"),
    Question("Why is a date-time off by five and a half hours?", "explanation/values", "Asia/Kolkata"),
    Question("Which key of the API is loyalty_points?", "reference/models", "loyaltyPoints"),
    Question("My job was killed. What is lost?", "explanation/jobs", "the other keys are looked up again"),
    Question("How do I use it in Flask or Django, without async?", "how-to/without-asyncio", "capillary_async.sync"),
    Question("How do I get events into pandas?", "how-to/tables", "to_arrow"),
    Question("How do I test my code without a network?", "how-to/test-your-code", "capillary_client"),
    Question("Does a phone number end up in a trace?", "how-to/opentelemetry", "No span contains an id"),
    Question("Where do I put a proxy's password?", "how-to/proxies-and-tls", "CAPILLARY_PROXY"),
    Question("How long do a million customers take?", "explanation/when-not", "17 hours"),
)

pytestmark = pytest.mark.skipif("SITE" not in os.environ, reason="make docs-check builds the site first")


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.text)
def test_the_site_answers(question: Question) -> None:
    """The test fails when a page moves or loses its answer."""
    source = (SITE / f"{question.page}.html").read_text("utf-8")
    text = " ".join(html.unescape(re.sub(r"<[^>]+>", "", source)).split())

    assert question.answer in text


def test_there_are_twenty() -> None:
    """No question is asked twice."""
    assert len({question.text for question in QUESTIONS}) == 20
