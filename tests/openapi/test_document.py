"""The OpenAPI document describes the sandbox."""

import json
import re
from decimal import Decimal
from itertools import islice
from typing import Any

import aiohttp
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capillary_async.sandbox import Sandbox
from capillary_async.sandbox.dataset import Dataset
from capillary_async.sandbox.openapi import openapi_text
from capillary_async.sandbox.routes import Routes
from capillary_async.sandbox.settings import SandboxSettings
from openapi.answering import Asker, document_of, filled
from openapi.build import TOKEN_PATH, answers_of, build, text_of
from openapi.endpoints import ENDPOINTS, PLACES, Endpoint
from openapi.parameters import PARAMETERS

DOCUMENT = json.loads(openapi_text())
# What a client may send although nobody should.
WORDS = st.sampled_from(
    (
        *("", "true", "maybe", "0", "-1", "7", "565345", "565345404", "93257", "2147483648", "9223372036854775808"),
        *("1e3", "٣", "2025-01-09 00:00:00", "2025-13-40", "0001-01-01T00:00:00+23:59", "ASC", "INSTORE", "ALL", "id"),
        *("mobile", "email", "999000565345", "points,mlp,,", "\x00", "é/..", "SELF", "USERGROUP2", "%", "REGULAR"),
        "BILL_CF,ATTRIBUTION",
    )
)


def bare(path: str) -> str:
    """Return a path in the form of the sandbox's routes."""
    return re.sub(r"{\w+}", "{}", path)


@pytest.fixture(scope="module")
def checked() -> Any:
    """Return a function that checks an answer against a schema of the document."""
    jsonschema = pytest.importorskip("jsonschema")

    def check(name: str, value: Any) -> None:
        schema = {"$ref": f"#/components/schemas/{name}", "components": DOCUMENT["components"]}
        jsonschema.Draft202012Validator(schema).validate(json.loads(json.dumps(value, default=float)))

    return check


def test_every_route_is_described() -> None:
    """Users would not find an undescribed endpoint."""
    routes = Routes.of(Dataset(SandboxSettings())).paths

    assert {bare(path) for path in ENDPOINTS} == set(routes), "describe the difference in openapi/endpoints.py"
    assert set(DOCUMENT["paths"]) == {*ENDPOINTS, TOKEN_PATH}


def test_the_shipped_document_is_current() -> None:
    """`python -m openapi` must be run after each change."""
    is_up_to_date = text_of(build()) == openapi_text()

    assert is_up_to_date, "run `make openapi` and look at what has changed"


def test_the_document_is_valid_openapi() -> None:
    """Programs read it."""
    validator = pytest.importorskip("openapi_spec_validator")

    validator.validate(DOCUMENT)


@pytest.mark.parametrize(
    ("path", "endpoint"), ENDPOINTS.items(), ids=[endpoint.name for endpoint in ENDPOINTS.values()]
)
def test_every_parameter_that_the_sandbox_reads_is_described(path: str, endpoint: Endpoint) -> None:
    """Users would not find an undescribed parameter."""
    asker = Asker()
    described = {key.partition(".")[0]: PARAMETERS[key][0] for key, _ in endpoint.parameters()}

    asker.ask(filled(path, PLACES), endpoint.example)
    asker.ask(filled(path, PLACES), {**dict.fromkeys(described, "1"), **endpoint.example})

    assert asker.read - {"DATA-SCOPE"} <= set(described)


@pytest.mark.parametrize(
    ("path", "endpoint"), ENDPOINTS.items(), ids=[endpoint.name for endpoint in ENDPOINTS.values()]
)
def test_every_example_matches_its_schema(path: str, endpoint: Endpoint, checked: Any) -> None:
    """Mock servers send the examples."""
    example = DOCUMENT["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["example"]

    assert not example.get("errors")
    checked(endpoint.schema or endpoint.name, example)


@given(data=st.data())
@settings(max_examples=200)
def test_every_answer_is_as_described_and_never_a_500(data: st.DataObject, checked: Any) -> None:
    """A 500 of the sandbox would look like a 500 of the API."""
    path = data.draw(st.sampled_from(sorted(ENDPOINTS)))
    endpoint = ENDPOINTS[path]
    places = {name: data.draw(WORDS | st.just(value)) for name, value in PLACES.items() if f"{{{name}}}" in path}
    names = [key.partition(".")[0] for key, _ in endpoint.parameters()]
    sent = data.draw(st.dictionaries(st.sampled_from(names or ["x"]), WORDS, max_size=5))

    answer = Asker().ask(filled(path, places), {**endpoint.example, **sent} if data.draw(st.booleans()) else sent)

    assert answer.status < 500 or b"1099" in answer.body
    if answer.status == 200:
        document = document_of(answer)
        checked("Refusal" if document.get("errors") else endpoint.schema or endpoint.name, document)
    elif answer.body.startswith(b"{"):
        checked("Refusal", document_of(answer))


def test_schemas_reject_other_types() -> None:
    """A schema that allows everything would pass every other test here."""
    events = DOCUMENT["components"]["schemas"]["TargetEvents"]["properties"]["data"]["items"]
    first = next(islice(answers_of(*next(iter(ENDPOINTS.items()))), 1))["data"][0]

    assert set(events["required"]) <= set(first)
    assert events["properties"]["targetValue"] == {"type": "number"}
    assert isinstance(first["targetValue"], Decimal | int)


async def test_the_sandbox_serves_the_document(capillary_sandbox: Sandbox) -> None:
    """The document must have the sandbox's own address, and need no login."""
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"{capillary_sandbox.base_url}/openapi.json") as response,
    ):
        served = await response.json()

    assert served["servers"] == [{"url": capillary_sandbox.base_url}]
    assert served["paths"] == DOCUMENT["paths"]
