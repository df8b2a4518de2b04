"""Generate a client with openapi-python-client, as a peer to measure.

Each run generates the client in a temporary folder, which takes a second and needs no network.
"""

import json
import subprocess
import sys
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from samples import events

_PACKAGE: Final = "generated_client"
_TYPES: Final = {int: "integer", float: "number", str: "string", type(None): "string"}


def description() -> dict[str, Any]:
    """Describe the listing of target events. Dates are texts, because the generated parser refuses a space."""
    event = {name: {"type": _TYPES[type(value)], "nullable": value is None} for name, value in events(1)[0].items()}
    event["targetValue"]["type"] = "number"
    page = {"type": "object", "properties": {"data": {"type": "array", "items": _reference("Event")}}}
    places = {"userId": "path", "targetRuleId": "path", "limit": "query", "offset": "query"}
    answer = {"description": "a page", "content": {"application/json": {"schema": _reference("Page")}}}
    operation = {
        "operationId": "listEvents",
        "tags": ["targets"],
        "parameters": [
            {"name": name, "in": place, "required": True, "schema": {"type": "integer"}}
            for name, place in places.items()
        ],
        "responses": {"200": answer},
    }
    return {
        "openapi": "3.0.3",
        "info": {"title": "Target events", "version": "1"},
        "paths": {"/v3/users/{userId}/trackedTargetEvents/{targetRuleId}": {"get": operation}},
        "components": {"schemas": {"Event": {"type": "object", "properties": event}, "Page": page}},
    }


def _reference(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


@contextmanager
def generated() -> Generator[tuple[Callable[..., Any], Callable[..., Awaitable[Any]]]]:
    """Generate the client; yield its class and its function for the listing."""
    with TemporaryDirectory() as folder:
        source, settings = Path(folder) / "openapi.json", Path(folder) / "settings.json"
        source.write_text(json.dumps(description()))
        settings.write_text(json.dumps({"post_hooks": []}))  # the code need not be formatted
        command = [sys.executable, "-m", "openapi_python_client", "generate", "--meta", "none"]
        command += ["--path", str(source), "--config", str(settings), "--output-path", f"{folder}/{_PACKAGE}"]
        subprocess.run(command, check=True, capture_output=True)
        sys.path.insert(0, folder)
        try:
            client = import_module(f"{_PACKAGE}.client").Client
            yield client, import_module(f"{_PACKAGE}.api.targets.list_events").asyncio
        finally:
            sys.path.remove(folder)
