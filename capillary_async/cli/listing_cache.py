"""What listings of a host were found to mean, in the user's cache directory, so that a command starts with it."""

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
    """Return what is kept of a host; nothing if that cannot be read, because it only saves requests."""
    found = _load().get(host)
    return cast("dict[str, Any]", found) if isinstance(found, dict) else {}


def save_traits(host: str, traits: Mapping[str, Any]) -> None:
    """Keep what is known of a host; a directory that cannot be written to is no error."""
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
