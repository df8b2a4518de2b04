"""The connection of a command, from its options, then from a profile, then from the environment.

No option takes the value of a secret, because other users of the machine can read the arguments of processes. Secrets
come from the environment, a file, a pipe, the system's keyring or the keyboard.
"""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import attrs
from cyclopts import Group, Parameter

from capillary_async.cli.conversion import RegionArgument, read_whole_number
from capillary_async.cli.listing_cache import load_traits, save_traits
from capillary_async.cli.reporting import Reporting
from capillary_async.cli.secrets import PROOFS, ask_for, read_secret_file, refuse_password, secret_from_keyring
from capillary_async.options import ClientOptions, RateLimit
from capillary_async.pipeline.request import CallInfo

if TYPE_CHECKING:
    from capillary_async.client import CapillaryClient

_DEFAULTS: Final = ClientOptions()
_REPORTING: Final = Reporting()
_IDENTITY: Final = ("till", "key", "secret_file", "secret_env", "keyring")
_PLACE: Final = ("region", "base_url")


def _host(environment: Mapping[str, str]) -> str:
    return environment.get("CAPILLARY_BASE_URL") or environment.get("CAPILLARY_REGION") or ""


_GROUP = Group(
    "Connection",
    help="Environment variables are the defaults: CAPILLARY_REGION or CAPILLARY_BASE_URL, and CAPILLARY_TILL"
    " with CAPILLARY_PASSWORD or CAPILLARY_PASSWORD_MD5, CAPILLARY_KEY with CAPILLARY_SECRET, or"
    " CAPILLARY_ACCESS_TOKEN; also CAPILLARY_PROFILE, CAPILLARY_PROXY and CAPILLARY_SHARE."
    " No option takes a secret, because others could read it in the list of processes.",
    sort_key=3,
)


@Parameter(name="*", group=_GROUP)
@attrs.frozen(kw_only=True)
class Connection:
    """Where to connect, with which account, limits and deadline.

    Attributes:
        profile: Read the options that are not given from `[profiles.NAME]` in the file config.toml of your
            configuration directory, ~/.config/capillary on Linux. The keys are these options, with underscores, and
            `format`.
        region: The cluster.
        base_url: The API's address, for a cluster that is not listed.
        till: Log in as this till.
        key: Log in by OAuth with this client key.
        secret_file: Read the password, the secret or the token from this file; `-` reads standard input.
        secret_env: Read the secret from this environment variable.
        keyring: Read the secret from the system's keyring; `keyring set capillary TILL-OR-KEY` stores it there.
        deadline: Seconds that one call may take with all its retries.
        rate: Start at most n requests in s seconds, written n/s, such as 1000/60.
        share: Share --rate with all commands of the same till or key: `file` for the commands of this machine,
            file:///PATH, or the URL of a Redis server. Put a URL with a password into CAPILLARY_SHARE.
        timezone: Time zone of the date-times that the API sends without one, such as Asia/Kolkata.
        language: Request localised fields in this language, such as zh.
        ca_file: A file of certificates to trust instead of the system's certificates.
        proxy: URL of an HTTP proxy. Put a URL with a password into CAPILLARY_PROXY or --proxy-file. HTTP_PROXY and
            similar variables have no effect.
        proxy_file: Read the proxy's URL from this file.
        reporting: What is printed about requests and errors.
    """

    profile: str | None = None
    region: RegionArgument = None
    base_url: str | None = None
    till: str | None = None
    key: str | None = None
    secret_file: Annotated[Path | None, Parameter(allow_leading_hyphen=True)] = None
    secret_env: str | None = None
    keyring: bool = False
    deadline: float | None = None
    rate: str | None = None
    share: str | None = None
    timezone: str | None = None
    language: str | None = None
    ca_file: Path | None = None
    proxy: str | None = attrs.field(default=None, repr=False)
    proxy_file: Path | None = None
    reporting: Reporting = _REPORTING

    def client(
        self, defaults: ClientOptions = _DEFAULTS, on_call: Callable[[CallInfo], None] | None = None
    ) -> "CapillaryClient":
        """Create the client without opening it.

        Args:
            defaults: The values of options that were not given.
            on_call: Called with a `CallInfo` for each call that ended.

        Raises:
            ConfigurationError: A setting is missing, or two settings contradict each other.
            ValueError: The value of an option is invalid.
            OSError: The file with the secret cannot be read.
        """
        from capillary_async.client import CapillaryClient  # noqa: PLC0415  (`--help` does not need it)

        settings = self.settled(os.environ)
        environment = settings.environment(os.environ)
        options = settings.options(defaults, settings.limit(environment))
        options = attrs.evolve(options, listing_traits=load_traits(_host(environment)))
        listener = self.reporting.listener()
        return CapillaryClient.from_env(environment, options=options, on_call=on_call, on_event=listener)

    def remember(self, client: "CapillaryClient") -> None:
        """Store the traits of the listings, so that the next command sends fewer requests."""
        save_traits(_host(self.settled(os.environ).environment(os.environ, is_asking=False)), client.listing_traits)

    @property
    def rate_limit(self) -> RateLimit | None:
        """The rate limit of this command; it may be shared with other commands.

        Raises:
            ValueError: `rate` or `share` is invalid.
        """
        settings = self.settled(os.environ)
        return settings.limit(settings.environment(os.environ, is_asking=False))

    def settled(self, variables: Mapping[str, str]) -> "Connection":
        """Add settings of the environment and of the profile for the options that were not given.

        Raises:
            ConfigurationError: There is no such profile, or an option holds a password.
        """
        refuse_password("--proxy", self.proxy, "CAPILLARY_PROXY or the file of --proxy-file")
        refuse_password("--share", self.share, "CAPILLARY_SHARE")
        given: dict[str, Any] = {
            "proxy": variables.get("CAPILLARY_PROXY"),
            "share": variables.get("CAPILLARY_SHARE"),
        }
        given |= {key: value for key, value in self._profile(variables).items() if key != "format"}
        for together in (_IDENTITY[:2], _PLACE, _IDENTITY[2:], ("proxy", "proxy_file")):
            if any(getattr(self, option) for option in together):
                given = {key: value for key, value in given.items() if key not in together}
        if self.till or self.key:  # the profile's secret belongs to another account
            given = {key: value for key, value in given.items() if key not in _IDENTITY}
        missing = {key: value for key, value in given.items() if value is not None and not getattr(self, key)}
        return attrs.evolve(self, profile=None, **missing)

    def profile_setting(self, name: str) -> Any:
        """Return the profile's setting for an option of another class; `None` if there is none."""
        return self._profile(os.environ).get(name)

    def _profile(self, variables: Mapping[str, str]) -> dict[str, Any]:
        name = self.profile or variables.get("CAPILLARY_PROFILE")
        if not name:
            return {}
        from capillary_async.cli.profile import load_profile  # noqa: PLC0415  (it imports a TOML parser)

        return load_profile(name)

    def options(self, defaults: ClientOptions, rate_limit: RateLimit | None) -> ClientOptions:
        """Return the client's options; the options that were given replace those of `defaults`."""
        given: dict[str, Any] = {name: getattr(self, name) for name in ("deadline", "language", "proxy")}
        given["rate_limit"] = rate_limit
        given["ca_file"] = self.ca_file and str(self.ca_file)
        given["timezone"] = self.timezone and _timezone(self.timezone)
        if self.proxy_file is not None:
            given["proxy"] = read_secret_file(self.proxy_file, "--proxy-file").strip()
        return attrs.evolve(defaults, **{name: value for name, value in given.items() if value is not None})

    def limit(self, environment: Mapping[str, str]) -> RateLimit | None:
        """Return the rate limit of `rate` and `share`, for the environment's account."""
        if self.rate is None:
            if self.share is not None:
                raise ValueError("--share needs --rate, because --rate is the limit that is shared")
            return None
        limit = read_rate(self.rate)
        if self.share is None:
            return limit
        from capillary_async.cli.sharing import share  # noqa: PLC0415  (few commands need it)

        return share(limit, self.share, environment)

    def environment(self, variables: Mapping[str, str], *, is_asking: bool = True) -> dict[str, str]:
        """Return the variables for `from_env`.

        Args:
            variables: The environment variables of the process.
            is_asking: Whether to read the secret, and to ask for it in a terminal if no source has it.
        """
        environment = dict(variables)
        if self.region is not None:
            _replace(environment, {"CAPILLARY_REGION": self.region.name}, ("CAPILLARY_BASE_URL",))
        if self.base_url is not None:
            _replace(environment, {"CAPILLARY_BASE_URL": self.base_url}, ("CAPILLARY_REGION",))
        self._add_identity(environment)
        if is_asking:
            self._add_proof(environment)
        return environment

    def _add_identity(self, environment: dict[str, str]) -> None:
        if self.till is not None and self.key is not None:
            raise ValueError("give either --till or --key, because each is a way to log in")
        for name, given in (("CAPILLARY_TILL", self.till), ("CAPILLARY_KEY", self.key)):
            if given is not None:
                rivals = [rival for who in PROOFS.keys() - {name} for rival in (who, *PROOFS[who])]
                _replace(environment, {name: given}, rivals)

    def _add_proof(self, environment: dict[str, str]) -> None:
        who = next((name for name in PROOFS if environment.get(name)), "")
        proof, *others = PROOFS[who]
        secret = self._secret(environment, environment.get(who, ""))
        if secret is not None:
            _replace(environment, {proof: secret}, others)
        elif who and not any(environment.get(name) for name in PROOFS[who]):
            typed = ask_for(proof)
            if typed is not None:
                environment[proof] = typed

    def _secret(self, environment: Mapping[str, str], account: str) -> str | None:
        """Read the secret from the source that an option names; `None` if no option does."""
        sources = [name for name in _IDENTITY[2:] if getattr(self, name)]
        if len(sources) > 1:
            raise ValueError(
                "give only one of --secret-file, --secret-env and --keyring, because each reads the secret"
            )
        if self.secret_file is not None:
            return read_secret_file(self.secret_file, "--secret-file")
        if self.secret_env is not None:
            if not environment.get(self.secret_env):
                raise ValueError(f"--secret-env names the variable {self.secret_env}, which is not set")
            return environment[self.secret_env]
        return secret_from_keyring(account) if self.keyring else None


def _replace(environment: dict[str, str], new: Mapping[str, str], rivals: "tuple[str, ...] | list[str]") -> None:
    for name in rivals:
        environment.pop(name, None)
    environment.update(new)


def read_rate(text: str) -> RateLimit:
    """Read a rate limit such as 1000/60: requests in seconds; without seconds the period is a minute.

    Raises:
        ValueError: The text does not have this form.
    """
    requests, _, seconds = text.partition("/")
    try:
        return RateLimit(read_whole_number(requests), per=float(seconds or 60))
    except ValueError:
        raise ValueError(f"--rate must be requests/seconds, such as 1000/60, not {text!r}") from None


def _timezone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise ValueError(f"--timezone must be a name such as Asia/Kolkata, not {name!r}") from None
