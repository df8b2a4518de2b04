"""The one foreign fake in use works with the aiohttp in use."""

import aiohttp
from aioresponses import aioresponses

URL = "https://eu.example.com/v2/customers/1"


async def test_a_canned_answer_arrives() -> None:
    """Without the fixture in conftest.py, aioresponses fails on every current aiohttp."""
    with aioresponses() as answers:
        answers.add(URL, payload={"id": 1}, headers={"X-Cap-Requestid": "abc"})  # pyright: ignore[reportUnknownMemberType]

        async with aiohttp.ClientSession() as session, session.get(URL) as answer:
            document = await answer.json()

    assert (document, answer.headers["X-Cap-Requestid"]) == ({"id": 1}, "abc")
