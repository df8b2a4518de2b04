"""`capillary --install-completion`: the shell completes commands, options and documented values."""

from pathlib import Path
from typing import Annotated, Literal, TypeAlias

from cyclopts import Parameter

from capillary_async.cli.commands import build

Shell: TypeAlias = Literal["bash", "zsh", "fish", "powershell"]


def install_completion(
    *,
    shell: Shell | None = None,
    output: Annotated[Path | None, Parameter(name=("--output", "-o"))] = None,
) -> None:
    """Install completion for your shell.

    Args:
        shell: The shell; by default the shell that runs this command.
        output: Write the script to this file, and do not change the shell's start-up file.
    """
    path = build().install_completion(shell=shell, output=output, add_to_startup=output is None)
    print(f"{path}; open a new shell to use it")
