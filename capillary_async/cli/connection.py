"""Where a command connects, as whom, and how patiently: options on top of the environment.

No option takes a secret's value, because everybody on a machine can read the arguments of its
processes. Secrets come from the environment, a file, a pipe or the keyboard.
"""

import getpass
import os
import signal
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import attrs
from cyclopts import Group, Parameter

from capillary_async.client import CapillaryClient
from capillary_async.options import ClientOptions, RateLimit, Region
from capillary_async.pipeline.request import CallInfo

_DEFAULTS: Final = ClientOptions()

# Who one can be, and the variables that prove it; the first of these takes what is read from a file or typed.
_PROOFS: Final[Mapping[str, tuple[str, ...]]] = {
    "CAPILLARY_TILL": ("CAPILLARY_PASSWORD", "CAPILLARY_PASSWORD_MD5"),
    "CAPILLARY_KEY": ("CAPILLARY_SECRET",),
    "": ("CAPILLARY_ACCESS_TOKEN",),
}

_GROUP = Group(
    "Connection",
    help="Without these options the environment decides: CAPILLARY_REGION or CAPILLARY_BASE_URL, and CAPILLARY_TILL"
    " with CAPILLARY_PASSWORD or CAPILLARY_PASSWORD_MD5, CAPILLARY_KEY with CAPILLARY_SECRET, or"
    " CAPILLARY_ACCESS_TOKEN. No option takes a secret: others could read it in the list of processes.",
    sort_key=3,
)


@Parameter(name="*", group=_GROUP)
@attrs.frozen(kw_only=True)
class Connection:
    """Where to connect, as whom, and how patiently.

    Attributes:
        region: The cluster.
        base_url: The API's address, for a cluster that is not listed.
        till: Log in as this till.
        key: Log in by OAuth with this client key.
        secret_file: Read the password, the secret or the token from this file; `-` reads standard input.
        deadline: Seconds one call may take with all its retries.
        rate: Start at most so many requests in so many seconds, such as 1000/60.
        timezone: Clock of the date-times that come without one, such as Asia/Kolkata.
        language: Ask for localised fields in this language, such as zh.
        ca_file: Certificates to trust instead of the system's.
        proxy: An HTTP proxy; none is ever taken from the environment.
    """

    region: Region | None = None
    base_url: str | None = None
    till: str | None = None
    key: str | None = None
    secret_file: Annotated[Path | None, Parameter(allow_leading_hyphen=True)] = None
    deadline: float | None = None
    rate: str | None = None
    timezone: str | None = None
    language: str | None = None
    ca_file: str | None = None
    proxy: str | None = None

    def client(
        self, defaults: ClientOptions = _DEFAULTS, on_call: Callable[[CallInfo], None] | None = None
    ) -> CapillaryClient:
        """Make the client, not yet entered.

        Args:
            defaults: What holds where no option was given.
            on_call: Gets a `CallInfo` for each call that ended.

        Raises:
            ConfigurationError: Something is missing, or contradicts something else.
            ValueError: An option's value makes no sense.
            OSError: The file with the secret cannot be read.
        """
        options = self._options(defaults)
        return CapillaryClient.from_env(self._environment(os.environ), options=options, on_call=on_call)

    @property
    def rate_limit(self) -> RateLimit | None:
        """What `rate` means.

        Raises:
            ValueError: It means nothing.
        """
        return None if self.rate is None else read_rate(self.rate)

    def _options(self, defaults: ClientOptions) -> ClientOptions:
        given = {name: getattr(self, name) for name in ("deadline", "rate_limit", "language", "ca_file", "proxy")}
        given["timezone"] = self.timezone and _timezone(self.timezone)
        return attrs.evolve(defaults, **{name: value for name, value in given.items() if value is not None})

    def _environment(self, variables: Mapping[str, str]) -> dict[str, str]:
        environment = dict(variables)
        if self.region is not None:
            _replace(environment, {"CAPILLARY_REGION": self.region.name}, ("CAPILLARY_BASE_URL",))
        if self.base_url is not None:
            _replace(environment, {"CAPILLARY_BASE_URL": self.base_url}, ("CAPILLARY_REGION",))
        self._add_identity(environment)
        self._add_proof(environment)
        return environment

    def _add_identity(self, environment: dict[str, str]) -> None:
        if self.till is not None and self.key is not None:
            raise ValueError("--till and --key are two ways to log in; give one")
        for name, given in (("CAPILLARY_TILL", self.till), ("CAPILLARY_KEY", self.key)):
            if given is not None:
                rivals = [rival for who in _PROOFS.keys() - {name} for rival in (who, *_PROOFS[who])]
                _replace(environment, {name: given}, rivals)

    def _add_proof(self, environment: dict[str, str]) -> None:
        who = next((name for name in _PROOFS if environment.get(name)), "")
        if self.secret_file is not None:
            _replace(environment, {_PROOFS[who][0]: _read_secret(self.secret_file)}, _PROOFS[who][1:])
        elif who and not any(environment.get(name) for name in _PROOFS[who]) and sys.stdin.isatty():
            environment[_PROOFS[who][0]] = _ask(f"{_PROOFS[who][0].removeprefix('CAPILLARY_').lower()}: ")


def _replace(environment: dict[str, str], new: Mapping[str, str], rivals: "tuple[str, ...] | list[str]") -> None:
    for name in rivals:
        environment.pop(name, None)
    environment.update(new)


def _ask(prompt: str) -> str:
    # asyncio makes a cancellation of Ctrl-C, and nothing here would await one.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        return getpass.getpass(prompt)
    except EOFError:
        raise ValueError(f"no {prompt.rstrip(': ')} was given") from None
    finally:
        signal.signal(signal.SIGINT, before)


def _read_secret(path: Path) -> str:
    text = sys.stdin.readline() if str(path) == "-" else path.read_text("utf-8")
    if not text.strip():
        raise ValueError("--secret-file holds nothing")
    return text.rstrip("\r\n")


def read_rate(text: str) -> RateLimit:
    """Read so many requests in so many seconds; without seconds it is a minute.

    Raises:
        ValueError: The text is not of that form.
    """
    requests, _, seconds = text.partition("/")
    try:
        return RateLimit(int(requests), per=float(seconds or 60))
    except ValueError:
        raise ValueError(f"--rate wants requests/seconds, such as 1000/60, not {text!r}") from None


def _timezone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise ValueError(f"--timezone wants a name such as Asia/Kolkata, not {name!r}") from None
