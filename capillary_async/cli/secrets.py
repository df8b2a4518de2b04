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

# The variable of each kind of account, and the variables of its secret. A secret from a file, a keyring or the keyboard
# goes into the first of them.
PROOFS: Final[Mapping[str, tuple[str, ...]]] = {
    "CAPILLARY_TILL": ("CAPILLARY_PASSWORD", "CAPILLARY_PASSWORD_MD5"),
    "CAPILLARY_KEY": ("CAPILLARY_SECRET",),
    "": ("CAPILLARY_ACCESS_TOKEN",),
}
_SERVICE: Final = "capillary"
# A password in a URL: before the host, or as a parameter.
_PASSWORD: Final = re.compile(r"^(?:[\w+.-]+://)?[^/@]*:[^@]*@|[?&]password=")
# Byte-order marks, which editors and shells of Windows write before a text. They are not part of the secret.
_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def read_secret_file(path: Path, option: str) -> str:
    """Read a secret from a file in UTF-8, or in UTF-16 as PowerShell writes it.

    Args:
        path: The file; `-` is standard input.
        option: The name of the option, for errors.

    Raises:
        ValueError: The file is empty or not a text.
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
        raise ValueError(f"{option}: the file is not a text; save it as UTF-8")
    if not text.strip():
        raise ValueError(f"{option}: the file is empty")
    return text.rstrip("\r\n")


def _read_line() -> bytes:
    """Read one line from standard input; read everything if it is UTF-16, where a line does not end with one byte."""
    stream = getattr(sys.stdin, "buffer", None)
    if stream is None:  # a program replaced standard input by a text stream
        return sys.stdin.readline().encode()
    line: bytes = stream.readline()
    return line + stream.read() if line.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else line


def secret_from_keyring(account: str) -> str:
    """Read a secret from the system's keyring; the service is "capillary", the user is the till or key.

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
        raise ConfigurationError(f"the system's keyring has no secret; store it: keyring set {_SERVICE} {account}")
    return found


def refuse_password(name: str, url: str | None, place: str) -> None:
    """Refuse a URL with a password in a place where others can read it.

    Args:
        name: The option or setting with the URL.
        url: The URL.
        place: The right place for it.

    Raises:
        ConfigurationError: The URL holds a password.
    """
    if url is not None and _PASSWORD.search(url):
        raise ConfigurationError(f"{name} must not hold a password, because others could read it; put it into {place}")


def ask_for(variable: str) -> str | None:
    """Ask the user for the secret of a variable; return `None` if standard input is not a terminal.

    Raises:
        ValueError: The user entered nothing.
    """
    if not sys.stdin.isatty():
        return None
    prompt = variable.removeprefix("CAPILLARY_").lower()
    # asyncio turns Ctrl-C into a cancellation, which would not interrupt this blocking call.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        return getpass.getpass(f"{prompt}: ")
    except EOFError:
        raise ValueError(f"no {prompt} was given") from None
    finally:
        signal.signal(signal.SIGINT, before)
