"""The commands and their modules; a module is imported only when one of its commands runs."""

from collections.abc import Mapping
from importlib.metadata import version
from io import StringIO
from typing import Final

from cyclopts import App, Group, Parameter
from rich.console import Console

from capillary_async.cli.conversion import convert_exactly, shown_default
from capillary_async.cli.exit_codes import EXIT_CODES
from capillary_async.cli.methods import LOOKUPS

_ANY_ENDPOINT: Final[Mapping[str, str]] = {
    "get": "/v3/users/387538614/targetGroups includePeriods=true",
    "paginate": "/v2/userGroup2/search q=family --offset-unit records --max-rows 3",
}
_PANELS: Final[Mapping[str, Group]] = {
    name: Group(title, sort_key=number)
    for number, (name, title) in enumerate(
        (
            ("customers", "Customers, their points and transactions"),
            ("ledger", "Points ledger"),
            ("targets", "Targets and progress"),
            ("promotions", "Loyalty promotions"),
            ("user_groups", "User groups"),
        )
    )
}
_ANY: Final = Group("Any other endpoint", sort_key=len(_PANELS))
_MANY: Final = Group("Look many up", sort_key=len(_PANELS) + 1)
_EPILOGUE: Final = f"Start here, without an account: `capillary demo`.\n\n{EXIT_CODES}"


def build() -> App:
    """Make the `capillary` command with all its commands."""
    app = App(
        name="capillary",
        help="Look up customers, points, targets, promotions and user groups in Capillary's loyalty platform. "
        "It only reads.",
        help_epilogue=_EPILOGUE,
        version=lambda: version("capillary-async"),
        default_parameter=Parameter(negative=(), converter=convert_exactly, show_default=shown_default),
        suppress_keyboard_interrupt=False,
    )
    here = "capillary_async.cli"
    commands = [
        (_PANELS[path.partition(".")[0]], "lookups", name, example) for name, (path, example) in LOOKUPS.items()
    ]
    commands += [(_ANY, "any_endpoint", name, example) for name, example in _ANY_ENDPOINT.items()]
    for group, module, name, example in commands:
        epilogue = f"Example: `capillary {name} {example}`"
        app.command(f"{here}.{module}:{name.replace('-', '_')}", name=name, group=group, help_epilogue=epilogue)
    app.command(f"{here}.commands:bulk", name="bulk")
    app.command(f"{here}.watch:watch", name="watch", group=_MANY)
    trial = Group("Try it out", sort_key=len(_PANELS) + 2)
    for name in ("sandbox", "demo"):
        app.command(f"{here}.{name}:{name}", name=name, group=trial)
    app.command(f"{here}.completion:install_completion", name="--install-completion")
    return app


def __getattr__(name: str) -> App:
    """Make the commands of `bulk` when one of them is used."""
    if name != "bulk":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from capillary_async.cli.bulk import bulk_app  # noqa: PLC0415  (it imports the jobs)

    app = bulk_app()
    app.group = (_MANY,)
    return app


def help_text() -> str:
    """Return what `capillary --help` prints, 80 columns wide and without colours."""
    out, app = StringIO(), build()
    for name in app:
        _ = app[name]  # imports the command, because the help lists only imported commands
    app.help_print([], console=Console(file=out, width=80, color_system=None, legacy_windows=False))
    return "".join(f"{line.rstrip()}\n" for line in out.getvalue().splitlines())
