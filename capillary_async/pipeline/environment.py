"""What environment variables say about where to connect, and as whom."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from capillary_async.errors import ConfigurationError
from capillary_async.options import Region, Secret
from capillary_async.pipeline.auth import AccessToken, Auth, BasicAuth, OAuth

# The variables of each way to authenticate, in the order of the arguments.
_WAYS: Final[Mapping[tuple[str, ...], Callable[..., Auth]]] = MappingProxyType(
    {
        ("CAPILLARY_TILL", "CAPILLARY_PASSWORD"): BasicAuth,
        ("CAPILLARY_TILL", "CAPILLARY_PASSWORD_MD5"): BasicAuth.from_md5,
        ("CAPILLARY_KEY", "CAPILLARY_SECRET"): OAuth,
        ("CAPILLARY_ACCESS_TOKEN",): AccessToken,
    }
)


def settings(environ: Mapping[str, str]) -> dict[str, Secret]:
    """Return the variables that are set; an empty one is not."""
    names = {"CAPILLARY_BASE_URL", "CAPILLARY_REGION"}.union(*_WAYS)
    return {name: Secret(environ[name]) for name in sorted(names) if environ.get(name)}


def base_url_from(found: Mapping[str, Secret]) -> Region | str:
    """Return the base URL or the region that the variables name.

    Raises:
        ConfigurationError: They say nothing about it, or two things.
    """
    url, region = found.get("CAPILLARY_BASE_URL"), found.get("CAPILLARY_REGION")
    if url and region:
        raise ConfigurationError("set CAPILLARY_BASE_URL or CAPILLARY_REGION, not both")
    if url:
        return url.reveal()
    name = region.reveal().strip().upper() if region else ""
    if name in Region.__members__:
        return Region[name]
    message = "CAPILLARY_REGION must be" if region else "set CAPILLARY_BASE_URL, or CAPILLARY_REGION to"
    raise ConfigurationError(f"{message} one of {', '.join(Region.__members__)}")


def auth_from(found: Mapping[str, Secret]) -> Auth:
    """Return the credentials that the variables give.

    Raises:
        ConfigurationError: The variables that are set are not exactly those of one way to authenticate.
    """
    given = tuple(dict.fromkeys(name for names in _WAYS for name in names if name in found))
    if given in _WAYS:
        return _WAYS[given](*(found[name].reveal() for name in given))
    ways = "; ".join(" and ".join(names) for names in _WAYS)
    present = f"these are set: {', '.join(given)}" if given else "none is set"
    raise ConfigurationError(f"set the variables of one way to authenticate ({ways}); {present}")
