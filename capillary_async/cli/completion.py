"""`capillary --install-completion`: let the shell complete commands, options and documented values."""

from pathlib import Path
from typing import Annotated, Final, Literal, TypeAlias

from cyclopts import Parameter

from capillary_async.cli.commands import build

Shell: TypeAlias = Literal["bash", "zsh", "fish", "powershell"]
_AGAIN: Final = "open a new shell to use it"


def install_completion(
    *,
    shell: Shell | None = None,
    output: Annotated[Path | None, Parameter(name=("--output", "-o"))] = None,
) -> None:
    """Install completion for your shell.

    Args:
        shell: Which shell; without it, the one that runs this command.
        output: Write the script here, and change no start-up file of the shell.
    """
    path = build().install_completion(shell=shell, output=output, add_to_startup=output is None)
    print(f"{path}; {_AGAIN}")
