"""The version, for packaging, for users and for the `User-Agent`."""

from typing import Final

VERSION: Final = "0.1.0"
