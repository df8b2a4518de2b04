"""A cache of listing traits for each host, in the user's cache directory; with it commands send fewer requests."""

import json
import os
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, cast

from platformdirs import user_cache_path

_MOST_HOSTS: Final = 32


def load_traits(host: str) -> Mapping[str, Any]:
    """Return the traits of a host; an empty mapping if the file cannot be read, because a cache is optional."""
    found = _load().get(host)
    return cast("dict[str, Any]", found) if isinstance(found, dict) else {}


def save_traits(host: str, traits: Mapping[str, Any]) -> None:
    """Store the traits of a host; a directory that cannot be written is no error, because a cache is optional."""
    kept = _load()
    if not traits or kept.get(host) == traits:
        return
    kept.pop(host, None)
    kept[host] = dict(traits)
    latest = dict(list(kept.items())[-_MOST_HOSTS:])
    with suppress(OSError):
        path = _path()
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, draft = tempfile.mkstemp(dir=path.parent, prefix=path.name)
        with os.fdopen(descriptor, "w", encoding="utf-8") as out:
            json.dump(latest, out)
        Path(draft).replace(path)


def _path() -> Path:
    return user_cache_path("capillary") / "listings.json"


def _load() -> dict[str, Any]:
    with suppress(OSError, ValueError):
        kept = json.loads(_path().read_text("utf-8"))
        if isinstance(kept, dict):
            return cast("dict[str, Any]", kept)
    return {}
