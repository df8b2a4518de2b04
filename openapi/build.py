"""Build the OpenAPI document."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from capillary_async.sandbox.answers import CODES
from capillary_async.sandbox.listings import KINDS
from capillary_async.sandbox.promotions import Promotions
from capillary_async.sandbox.settings import SandboxSettings
from openapi.answering import Asker, document_of, filled
from openapi.endpoints import CUSTOMER, ENDPOINTS, GROUP, PLACES, Endpoint
from openapi.inference import infer
from openapi.parameters import ID, PARAMETERS

SHIPPED: Final = Path(__file__).parents[1] / "capillary_async" / "sandbox" / "openapi.json"
SAMPLES: Final = Path(__file__).parents[1] / "tests" / "payloads"
TOKEN_PATH: Final = "/v3/oauth/token/generate"  # noqa: S105  (a path)
# Ids of customers, groups and targets. There are enough of them that each optional member is missing in some answer.
_NUMBERS: Final = (565345, *range(1, 25), 79196, 79197, *range(27_390, 27_410))
_FEW: Final = 6
_DESCRIPTION: Final = (
    "Made from the documentation's samples and from the sandbox of capillary_async, which serves it. Capillary does "
    "not publish this document."
)
_SHORT: Final = SandboxSettings(rows=dict.fromkeys(KINDS, 2))
_HEADERS: Final = frozenset(("DATA-SCOPE",))
_JSON: Final = "application/json"


def build() -> dict[str, Any]:
    """Build the OpenAPI document."""
    schemas = {endpoint.name: _schema_of(path, endpoint) for path, endpoint in ENDPOINTS.items() if not endpoint.schema}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "The documented endpoints of Capillary's loyalty APIs",
            "version": "1",
            "description": _DESCRIPTION,
        },
        "servers": [{"url": "https://eu.api.capillarytech.com"}],
        "security": [{"basic": []}, {"token": []}],
        "paths": {TOKEN_PATH: _token(), **{path: {"get": _get(path, ENDPOINTS[path])} for path in sorted(ENDPOINTS)}},
        "components": {
            "schemas": {**dict(sorted(schemas.items())), **_REFUSALS},
            "responses": {"Refused": _REFUSED, "Trouble": _TROUBLE},
            "securitySchemes": {
                "basic": {
                    "type": "http",
                    "scheme": "basic",
                    "description": "A till, and the MD5 of its password in hex.",
                },
                "token": {"type": "apiKey", "in": "header", "name": "X-CAP-API-OAUTH-TOKEN"},
            },
        },
    }


def write() -> None:
    """Write the document into the package."""
    SHIPPED.write_text(text_of(build()), "utf-8")


def text_of(document: Mapping[str, Any]) -> str:
    """Return the document as compact JSON text; the same document always gives the same text."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"), default=float) + "\n"


def _get(path: str, endpoint: Endpoint) -> dict[str, Any]:
    # The example has all rows that its `total` counts, because a mock server sends the same answer for every page.
    example = document_of(Asker(_SHORT).ask(filled(path, PLACES), endpoint.example))
    # The newer services also refuse with the status 200; no document says for which codes.
    answer = {"anyOf": [_ref(endpoint.schema or endpoint.name), _ref("Refusal")]}
    refused = {"$ref": "#/components/responses/Refused"}
    return {
        "operationId": f"get{endpoint.name}",
        "summary": endpoint.summary,
        **({"description": _codes(endpoint)} if endpoint.codes else {}),
        "parameters": [_place(name) for name in re.findall(r"{(\w+)}", path)]
        + [_parameter(key, endpoint, is_required=is_required) for key, is_required in endpoint.parameters()],
        "responses": {
            "200": {
                "description": "The answer, or a refusal with the status 200.",
                "content": {_JSON: {"schema": answer, "example": example}},
            },
            "4XX": refused,
            "5XX": {"$ref": "#/components/responses/Trouble"},
        },
    }


def _codes(endpoint: Endpoint) -> str:
    lines = [f"* {code}: {CODES[code][1]}" for code in dict.fromkeys(endpoint.codes)]
    return "\n".join(("Codes of refusals:", "", *lines))


def _place(name: str) -> dict[str, Any]:
    schema = {"type": "string"} if name == "promotionId" else ID
    example = PLACES[name] if name == "promotionId" else int(PLACES[name])
    return {"name": name, "in": "path", "required": True, "schema": schema, "example": example}


def _parameter(key: str, endpoint: Endpoint, *, is_required: bool) -> dict[str, Any]:
    schema, meaning = PARAMETERS[key]
    name = key.partition(".")[0]
    is_header = name in _HEADERS
    parameter: dict[str, Any] = {"name": name, "in": "header" if is_header else "query", "description": meaning}
    if is_required:
        parameter["required"] = True
    if schema["type"] == "array":
        parameter |= {"style": "form", "explode": False}
    example = endpoint.example.get(name)
    if example is not None:
        parameter["example"] = _value(schema["type"], example)
    return {**parameter, "schema": schema}


def _value(kind: str, text: str) -> Any:
    """Return the example value of a parameter in the document."""
    if kind == "array":
        return text.split(",")
    return {"integer": lambda: int(text), "boolean": lambda: text == "true"}.get(kind, lambda: text)()


# -- answers -----------------------------------------------------------------------------------


def _schema_of(path: str, endpoint: Endpoint) -> dict[str, Any]:
    whole, fragments = _samples(endpoint.samples)
    return infer([*whole, *answers_of(path, endpoint)], fragments)


def _samples(stem: str) -> tuple[list[Any], list[Any]]:
    """Read the documentation's samples, and separately the samples that show only a part of an answer."""
    found: dict[bool, list[Any]] = {True: [], False: []}
    for file in sorted(SAMPLES.glob("*.json")) if stem else ():
        if re.fullmatch(rf"{stem}(_documented|_embed_\w+)?_\d+", file.stem):
            found["_embed_" in file.stem].append(json.loads(file.read_bytes()))
    return found[False], found[True]


def answers_of(path: str, endpoint: Endpoint) -> Iterator[Any]:
    """Yield the sandbox's answers for many ids: without parameters, with all of them, and with the example's."""
    asker = Asker()
    for number in _NUMBERS:
        places = {**PLACES, **dict.fromkeys(("userId", "customerId", "memberId"), str(number))}
        for name in ("targetRuleId", "targetGroupId"):
            places[name] = str(number)
        if "promotionId" in path:
            places["promotionId"] = Promotions(0, asker.dates).promotion_id(number % 20)
        for parameters in _ways_to_ask(endpoint, str(number)):
            answer = asker.ask(filled(path, places), parameters)
            if answer.status == 200 and not _is_refusal(document := document_of(answer)):
                yield document


def _is_refusal(document: Any) -> bool:
    return bool(document.get("errors"))


def _ways_to_ask(endpoint: Endpoint, number: str) -> Iterator[dict[str, str]]:
    names = {key.partition(".")[0]: PARAMETERS[key][0] for key, _ in endpoint.parameters()}
    example = {name: value.replace(CUSTOMER, number).replace(GROUP, number) for name, value in endpoint.example.items()}
    if example.get("identifierName") == "mobile":
        example["identifierValue"] = f"999{int(number):09d}"
    yield dict(endpoint.example)
    yield {name: value for name, value in example.items() if name not in {"limit", "size"}}
    everything = {name: "true" for name, schema in names.items() if schema["type"] == "boolean"}
    if "embed" in names:
        everything["embed"] = ",".join(names["embed"]["items"]["enum"])
    for name in ("gapToUpgrade", "gapToRenew", "gapToUpgradeFor", "gapToRenewFor"):
        if name in names:
            everything[name] = "30"
    yield {**example, **everything}
    # The answers to each parameter alone, because the part of one parameter may be sent without that of another.
    for name, value in everything.items() if int(number) < _FEW else ():
        yield {**example, name: value}


# -- refusals --------------------------------------------------------------------------------------


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def _object(required: str, **properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": required.split()}


_CODE: Final = {"type": ["integer", "string", "null"]}
_MESSAGE: Final = {"type": "string"}
_ERROR: Final = _object("message", code=_CODE, message=_MESSAGE, status={"type": "boolean"})
_ERRORS: Final = {"type": "array", "minItems": 1, "items": _ref("Error")}
_ENVELOPE: Final = _object(
    "success code message", success={"type": ["string", "boolean"]}, code=_CODE, message=_MESSAGE
)
_REFUSALS: Final[Mapping[str, Any]] = {
    "Error": _ERROR,
    "Refusal": {
        "description": "A refusal, in one of the API's forms.",
        "anyOf": [
            _object("errors", errors=_ERRORS),
            _object("message", message=_MESSAGE),
            _object("response", response=_object("status", status=_ENVELOPE)),
        ],
    },
}
_HTML: Final = {"schema": {"type": "string"}}
_REFUSED: Final[Mapping[str, Any]] = {
    "description": "A refusal; without a body if a parameter is malformed.",
    "content": {
        _JSON: {"schema": _ref("Refusal")},
        "text/html": _HTML,
        "text/plain": _HTML,
        "application/octet-stream": {"schema": {"type": "string", "maxLength": 0}},
    },
}
_TROUBLE: Final[Mapping[str, Any]] = {
    "description": "The API or a gateway failed, or a refusal has this status.",
    "content": {_JSON: {"schema": _ref("Refusal")}, "text/html": _HTML},
}


def _token() -> dict[str, Any]:
    body = _object("key secret", key=_MESSAGE, secret=_MESSAGE)
    token = _object("accessToken ttlSeconds", accessToken=_MESSAGE, ttlSeconds={"type": "integer"})
    schema = _object("data", data=token, errors={"type": ["array", "null"]})
    example = {"data": {"accessToken": "sandbox.1.0a1b", "ttlSeconds": 300}, "errors": None}
    return {
        "post": {
            "operationId": "generateToken",
            "summary": "A token for a client key and its secret",
            "security": [],
            "requestBody": {
                "required": True,
                "content": {_JSON: {"schema": body, "example": {"key": "sandbox-key", "secret": "sandbox-secret"}}},
            },
            "responses": {
                "200": {
                    "description": "The token.",
                    "content": {_JSON: {"schema": {"anyOf": [schema, _ref("Refusal")]}, "example": example}},
                },
                "4XX": {"$ref": "#/components/responses/Refused"},
            },
        }
    }
