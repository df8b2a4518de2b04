"""Read secrets from files, pipes, the system's keyring or the keyboard, never from the command line."""

import codecs
import getpass
import re
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from capillary_async.errors import ConfigurationError

# The variables that name an account, and those of its secret; the first gets a secret that is read or typed.
PROOFS: Final[Mapping[str, tuple[str, ...]]] = {
    "CAPILLARY_TILL": ("CAPILLARY_PASSWORD", "CAPILLARY_PASSWORD_MD5"),
    "CAPILLARY_KEY": ("CAPILLARY_SECRET",),
    "": ("CAPILLARY_ACCESS_TOKEN",),
}
_SERVICE: Final = "capillary"
# In a URL, before the host or among the parameters.
_PASSWORD: Final = re.compile(r"^(?:[\w+.-]+://)?[^/@]*:[^@]*@|[?&]password=")
# Byte-order marks, which editors and shells of Windows put before a text; not part of the secret.
_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def read_secret_file(path: Path, option: str) -> str:
    """Read a secret's one line, in UTF-8, or in UTF-16 as PowerShell writes it.

    Args:
        path: The file; `-` is standard input.
        option: The option that named it, for errors.

    Raises:
        ValueError: There is no text in it.
        OSError: The file cannot be read.
    """
    try:
        raw = _read_line() if str(path) == "-" else path.read_bytes()
    except OSError as error:
        raise OSError(f"{option} {path}: {error.strerror}") from None
    encoding = next((name for mark, name in _MARKS if raw.startswith(mark)), "utf-8")
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError:
        text = "\0"
    del raw
    if "\0" in text:
        raise ValueError(f"{option} is no text; save the file as UTF-8")
    if not text.strip():
        raise ValueError(f"{option} holds nothing")
    return text.rstrip("\r\n")


def _read_line() -> bytes:
    """Read one line from standard input; of UTF-16, whose line ends are not those of bytes, everything."""
    stream = getattr(sys.stdin, "buffer", None)
    if stream is None:  # a program put a text there
        return sys.stdin.readline().encode()
    line: bytes = stream.readline()
    return line + stream.read() if line.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else line


def secret_from_keyring(account: str) -> str:
    """Read a secret from the system's keyring, where it is kept under "capillary" and the till or key.

    Raises:
        ConfigurationError: There is no keyring, or it has no such secret.
    """
    try:
        import keyring  # noqa: PLC0415  (an extra)
        from keyring.errors import KeyringError  # noqa: PLC0415
    except ModuleNotFoundError:
        raise ConfigurationError("--keyring needs a package: pip install 'capillary-async[keyring]'") from None
    try:
        found = keyring.get_password(_SERVICE, account)
    except KeyringError as error:
        raise ConfigurationError(f"the system's keyring cannot be read ({type(error).__name__})") from None
    if not found:
        raise ConfigurationError(f"the system's keyring has no secret; put it there: keyring set {_SERVICE} {account}")
    return found


def refuse_password(name: str, url: str | None, place: str) -> None:
    """Refuse a URL with a password where others can read it.

    Args:
        name: The option or setting that the URL was given by.
        url: The URL.
        place: Where it should be instead.

    Raises:
        ConfigurationError: There is a password in the URL.
    """
    if url is not None and _PASSWORD.search(url):
        raise ConfigurationError(f"{name} must not hold a password, because others could read it; put it into {place}")


def ask_for(variable: str) -> str | None:
    """Ask for the secret of a variable; return `None` if standard input is no terminal.

    Raises:
        ValueError: Nothing was typed.
    """
    if not sys.stdin.isatty():
        return None
    prompt = variable.removeprefix("CAPILLARY_").lower()
    # asyncio makes a cancellation of Ctrl-C, and nothing here would await one.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        return getpass.getpass(f"{prompt}: ")
    except EOFError:
        raise ValueError(f"no {prompt} was given") from None
    finally:
        signal.signal(signal.SIGINT, before)
