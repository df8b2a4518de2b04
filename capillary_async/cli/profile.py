"""Profiles: named settings in the user's configuration file, as defaults of options."""

import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, cast, get_args

from platformdirs import user_config_path

from capillary_async.cli.output import Format
from capillary_async.cli.secrets import refuse_password
from capillary_async.errors import ConfigurationError
from capillary_async.options import Region

_SECRETS: Final = ("password", "password_md5", "secret", "access_token")
# Settings with a URL, and the place for a URL with a password.
_URLS: Final = {"proxy": "the file that proxy_file names", "share": "CAPILLARY_SHARE"}


def config_file() -> Path:
    """Return the path of the configuration file, which need not exist."""
    return user_config_path("capillary") / "config.toml"


def load_profile(name: str) -> dict[str, Any]:
    """Read the settings of one profile: the table `[profiles.NAME]`, or `[NAME]` if there is no `[profiles]`.

    Returns:
        The settings by the names of the options, with the types of the options. Paths are relative to the file.

    Raises:
        ConfigurationError: There is no such file or profile, or a setting is invalid.
    """
    path = config_file()
    document = _read(path)
    profiles = document.get("profiles", document)
    found = cast("dict[str, Any]", profiles).get(name) if isinstance(profiles, dict) else None
    if not isinstance(found, dict):
        known = ", ".join(sorted(cast("dict[str, Any]", profiles))) if isinstance(profiles, dict) else ""
        raise ConfigurationError(f"{path} has no profile {name!r}; it has {known or 'none'}")
    settings = cast("dict[str, Any]", found)
    return {key: _checked(f"{path}, profile {name}", key, value) for key, value in settings.items()}


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8-sig"))
    except FileNotFoundError:
        raise ConfigurationError(f"there is no file {path}; create it, with a table such as [profiles.demo]") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path} is not valid TOML: {error}") from None


def _checked(where: str, key: str, value: Any) -> Any:
    if key in _SECRETS:
        raise ConfigurationError(f"{where}: {key} does not belong in this file; use secret_file, secret_env or keyring")
    read = _READERS.get(key)
    if read is None:
        raise ConfigurationError(f"{where}: there is no setting {key!r}; the settings are {', '.join(_READERS)}")
    if key in _URLS and isinstance(value, str):
        refuse_password(f"{where}: {key}", value, _URLS[key])
    try:
        return read(value)
    except (ValueError, TypeError):
        raise ConfigurationError(f"{where}: the value of {key} is invalid") from None


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise TypeError
    return value


def _region(name: str) -> Region:
    found = Region.__members__.get(name.upper())
    if found is None:
        raise ValueError
    return found


def _path(value: Any) -> Path:
    return config_file().parent / Path(_text(value)).expanduser()


def _format(value: Any) -> Format:
    if value not in get_args(Format):
        raise ValueError
    return cast("Format", value)


def _seconds(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError
    return float(value)


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError
    return value


_READERS: Final[Mapping[str, Callable[[Any], Any]]] = {
    "region": lambda value: _region(_text(value)),
    **dict.fromkeys(("base_url", "till", "key", "secret_env", "rate", "share", "timezone", "language", "proxy"), _text),
    **dict.fromkeys(("secret_file", "ca_file", "proxy_file"), _path),
    "keyring": _flag,
    "deadline": _seconds,
    "format": _format,
}
