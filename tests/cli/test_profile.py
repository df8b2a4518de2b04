"""Profiles, and the sources of secrets other than arguments."""

import stat
import sys
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest.mock import Mock

import pytest

from capillary_async.cli import profile, sharing
from capillary_async.cli.connection import Connection
from capillary_async.options import ClientOptions, reveal_url
from capillary_async.pipeline.shared_limit import SharedRateLimit
from capillary_async.sandbox import Sandbox
from tests.cli.conftest import Capillary

LOOKUP = ("customer", "5", "--format", "jsonl")


@pytest.fixture
def folder(environment: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Return the user's configuration directory; no environment variable names a server or a login."""
    for name in ("BASE_URL", "TILL", "PASSWORD", "PROFILE", "PROXY", "SHARE"):
        environment.delenv(f"CAPILLARY_{name}", raising=False)
    environment.setattr(profile, "user_config_path", Mock(return_value=tmp_path))
    environment.setattr(sharing, "user_cache_path", Mock(return_value=tmp_path))
    return tmp_path


def write(folder: Path, text: str) -> None:
    """Write the configuration file."""
    (folder / "config.toml").write_text(text, "utf-8")


def options_of(connection: Connection, environ: dict[str, str]) -> ClientOptions:
    """Return the options of a client."""
    settled = connection.settled(environ)
    return settled.options(ClientOptions(), settled.limit(settled.environment(environ)))


def test_a_profile_has_the_cluster_and_the_login(capillary: Capillary, server: Sandbox, folder: Path) -> None:
    """Users make mistakes when they repeat both."""
    (folder / "demo.secret").write_text(server.password, "utf-8")
    write(
        folder,
        f'[profiles.demo]\nbase_url = "{server.base_url}"\ntill = "{server.till}"\nsecret_file = "demo.secret"\n',
    )

    assert capillary(*LOOKUP, "--profile", "demo").code == 0


def test_a_top_level_table_is_a_profile(capillary: Capillary, server: Sandbox, folder: Path) -> None:
    """Configuration files of other tools have this form."""
    write(folder, f'[demo]\nbase_url = "{server.base_url}"\ntill = "{server.till}"\nsecret_env = "DEMO_PASSWORD"\n')

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DEMO_PASSWORD", server.password)
        patch.setenv("CAPILLARY_PROFILE", "demo")

        assert capillary(*LOOKUP).code == 0


def test_options_override_the_profile_and_it_overrides_the_environment(folder: Path) -> None:
    """The more specific setting is right."""
    write(folder, '[profiles.demo]\nregion = "eu"\ntill = "a"\nlanguage = "zh"\ndeadline = 3\nrate = "7/1"\n')
    environ = {"CAPILLARY_REGION": "US", "CAPILLARY_TILL": "b", "CAPILLARY_PASSWORD": "p"}

    settled = Connection(profile="demo", language="en").settled(environ)
    options = options_of(Connection(profile="demo", language="en"), environ)

    assert settled.environment(environ)["CAPILLARY_REGION"] == "EU"
    assert settled.environment(environ)["CAPILLARY_TILL"] == "a"
    assert (options.language, options.deadline) == ("en", 3.0)
    assert options.rate_limit is not None
    assert options.rate_limit.limit == 7


def test_another_login_does_not_take_the_profiles_secret(folder: Path) -> None:
    """The secret of the profile belongs to another account."""
    write(folder, '[profiles.demo]\nregion = "EU"\ntill = "a"\nsecret_file = "none"\n')

    settled = Connection(profile="demo", till="b").settled({})

    assert (settled.till, settled.secret_file) == ("b", None)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "there is no file"),
        ("[profiles.prod]\n", "has no profile 'demo'; it has prod"),
        ("[profiles.demo\n", "is not valid TOML"),
        ('[profiles.demo]\npassword = "pssst"\n', "use secret_file, secret_env or keyring"),
        ('[profiles.demo]\nregoin = "EU"\n', "no setting 'regoin'"),
        ('[profiles.demo]\nregion = "mars"\n', "the value of region is invalid"),
        ('[profiles.demo]\ndeadline = "soon"\n', "the value of deadline is invalid"),
        ('[profiles.demo]\nkeyring = "yes"\n', "the value of keyring is invalid"),
    ],
)
def test_a_wrong_profile_is_an_error(capillary: Capillary, folder: Path, text: str | None, said: str) -> None:
    """The message names the file and the setting, but no value."""
    if text is not None:
        write(folder, text)

    done = capillary(*LOOKUP, "--profile", "demo")

    assert (done.code, done.err.count("\n")) == (2, 1)
    assert said in done.err
    assert "config.toml" in done.err
    assert "pssst" not in done.err


@pytest.mark.parametrize(
    ("encoding", "code"), [("utf-8", 0), ("utf-8-sig", 0), ("utf-16", 0), ("utf-16-le", 2), ("utf-32", 2)]
)
def test_a_secret_file_may_be_written_on_windows(
    capillary: Capillary, server: Sandbox, tmp_path: Path, encoding: str, code: int
) -> None:
    """PowerShell writes UTF-16, and editors write a byte-order mark; neither is part of the password."""
    file = tmp_path / "secret"
    file.write_bytes(f"{server.password}\r\n".encode(encoding))

    done = capillary(*LOOKUP, "--secret-file", str(file))

    assert done.code == code
    assert not code or "save it as UTF-8" in done.err


class Keyring(ModuleType):
    """A fake of the system's keyring, which servers do not have."""

    def __init__(self, **secrets: str) -> None:
        super().__init__("keyring")
        self.secrets = secrets

    def get_password(self, service: str, account: str) -> str | None:
        """Return the secret of an account."""
        return self.secrets.get(f"{service}/{account}")


@pytest.mark.parametrize("is_stored", [True, False])
def test_a_secret_may_be_in_the_systems_keyring(
    capillary: Capillary,
    server: Sandbox,
    environment: pytest.MonkeyPatch,
    is_stored: bool,  # noqa: FBT001
) -> None:
    """Passwords of laptops are often there."""
    environment.delenv("CAPILLARY_PASSWORD")
    secrets = {f"capillary/{server.till}": server.password} if is_stored else {}
    errors = ModuleType("keyring.errors")
    vars(errors)["KeyringError"] = OSError
    environment.setitem(sys.modules, "keyring", Keyring(**secrets))
    environment.setitem(sys.modules, "keyring.errors", errors)

    done = capillary(*LOOKUP, "--keyring")

    assert done.code == (0 if is_stored else 2)
    assert is_stored or f"keyring set capillary {server.till}" in done.err


def test_a_missing_keyring_package_is_named(capillary: Capillary, environment: pytest.MonkeyPatch) -> None:
    """The package is an extra."""
    environment.setitem(sys.modules, "keyring", None)

    assert "pip install 'capillary-async[keyring]'" in capillary(*LOOKUP, "--keyring").err


def test_two_sources_of_a_secret_are_refused(capillary: Capillary) -> None:
    """The command cannot know which source is right."""
    done = capillary(*LOOKUP, "--secret-env", "X", "--keyring")

    assert (done.code, "give only one" in done.err) == (2, True)


def test_an_unset_variable_is_named(capillary: Capillary) -> None:
    """An empty password would only cause a 401."""
    assert "NO_SUCH_VARIABLE" in capillary(*LOOKUP, "--secret-env", "NO_SUCH_VARIABLE").err


def test_a_proxy_may_come_from_a_variable_or_a_file(folder: Path) -> None:
    """A proxy's password must not be an argument."""
    (folder / "proxy").write_text("http://u:p@proxy.example:1\n", "utf-8")
    environ = {"CAPILLARY_REGION": "EU", "CAPILLARY_ACCESS_TOKEN": "t"}

    from_file = options_of(Connection(proxy_file=folder / "proxy"), environ)
    from_variable = options_of(Connection(), {**environ, "CAPILLARY_PROXY": "http://u:q@proxy.example:1"})
    from_option = options_of(Connection(proxy="http://a:1"), {**environ, "CAPILLARY_PROXY": "http://b:1"})

    assert reveal_url(from_file.proxy or "") == "http://u:p@proxy.example:1"
    assert reveal_url(from_variable.proxy or "") == "http://u:q@proxy.example:1"
    assert from_option.proxy == "http://a:1"


def test_a_limit_is_shared_by_all_commands_of_one_key(folder: Path) -> None:
    """For the API, three cron jobs with one key are one caller."""
    environ = {"CAPILLARY_REGION": "EU", "CAPILLARY_KEY": "k", "CAPILLARY_SECRET": "s"}

    first, second = (options_of(Connection(rate="100/60", share="file"), environ).rate_limit for _ in range(2))
    other = options_of(Connection(rate="100/60", share="file", key="l"), environ).rate_limit

    assert isinstance(first, SharedRateLimit)
    assert isinstance(other, SharedRateLimit)
    assert first == second
    assert (first.limit, first.per, first.url) == (100, 60.0, (folder / "limit").as_uri())
    assert first.name != other.name


@pytest.mark.parametrize(
    ("where", "expected"), [("redis://r.example:1/2", None), ("file:///run/x", None), ("valkeys://r.example", None)]
)
def test_a_limit_may_be_shared_by_machines(where: str, expected: Any) -> None:
    """Cron jobs may run on several machines."""
    environ = {"CAPILLARY_REGION": "EU", "CAPILLARY_ACCESS_TOKEN": "t", "CAPILLARY_SHARE": where}

    limit = options_of(Connection(rate="100/60"), environ).rate_limit

    assert isinstance(limit, SharedRateLimit)
    assert reveal_url(limit.url) == where


def test_commands_with_one_limit_take_turns(capillary: Capillary, server: Sandbox, folder: Path) -> None:
    """The file of the limit must change."""
    done = capillary(
        *LOOKUP, "--base-url", server.base_url, "--till", server.till, "--secret-env", "P", "--rate", "5/1",
        "--share", "file",
    )  # fmt: skip
    assert done.code == 2  # no such variable

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("P", server.password)
        done = capillary(
            *LOOKUP, "--base-url", server.base_url, "--till", server.till, "--secret-env", "P", "--rate", "5/1",
            "--share", "file",
        )  # fmt: skip

    (shared,) = folder.glob("limit.*")
    assert done.code == 0
    assert stat.S_ISREG(shared.stat().st_mode)


@pytest.mark.parametrize(
    ("words", "said"),
    [(("--share", "file"), "--share needs --rate"), (("--rate", "5/1", "--share", "ftp://x"), "--share must be")],
)
def test_a_wrong_share_is_an_error(capillary: Capillary, words: tuple[str, ...], said: str) -> None:
    """Otherwise the limit would be exceeded."""
    done = capillary(*LOOKUP, *words)

    assert (done.code, said in done.err) == (2, True)


def test_a_profile_chooses_the_format(capillary: Capillary, server: Sandbox, folder: Path) -> None:
    """Users who always want JSON need not repeat it; an option still overrides it."""
    account = f'base_url = "{server.base_url}"\ntill = "{server.till}"\nsecret_env = "DEMO"\n'
    write(folder, f'[profiles.demo]\n{account}format = "jsonl"\n')

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DEMO", server.password)
        by_profile = capillary("tiers", "5", "--profile", "demo")
        by_option = capillary("tiers", "5", "--profile", "demo", "--format", "csv")

    assert by_profile.out.startswith('{"program_id":')
    assert by_option.out.startswith("program_id,")


def test_a_profile_refuses_an_unknown_format(capillary: Capillary, folder: Path) -> None:
    """The setting must be checked like the option."""
    write(folder, '[profiles.demo]\nregion = "EU"\nformat = "yaml"\n')

    done = capillary("tiers", "5", "--profile", "demo")

    assert (done.code, "the value of format is invalid" in done.err) == (2, True)


@pytest.mark.parametrize(
    ("option", "url", "place"),
    [
        ("--proxy", "http://user:hunter2@127.0.0.1:9", "CAPILLARY_PROXY or the file of --proxy-file"),
        ("--share", "redis://:hunter2@127.0.0.1:9", "CAPILLARY_SHARE"),
        ("--share", "redis://127.0.0.1:9?db=1&password=hunter2", "CAPILLARY_SHARE"),
    ],
)
def test_a_password_in_a_url_is_refused(capillary: Capillary, option: str, url: str, place: str) -> None:
    """Other users of the machine can read the arguments of processes."""
    done = capillary(*LOOKUP, "--rate", "10/1", option, url)

    assert (done.code, done.out) == (2, "")
    assert f"{option} must not hold a password, because others could read it; put it into {place}\n" in done.err


def test_a_password_in_a_profiles_proxy_is_refused(capillary: Capillary, folder: Path) -> None:
    """The file of profiles must not hold secrets."""
    write(folder, '[profiles.demo]\nregion = "EU"\nproxy = "http://user:hunter2@127.0.0.1:9"\n')

    done = capillary("tiers", "5", "--profile", "demo")

    assert (done.code, "put it into the file that proxy_file names" in done.err) == (2, True)
    assert "hunter2" not in done.err
