"""The commands by name, and where each is made; a command's module loads only when that command runs."""

from collections.abc import Mapping
from importlib.metadata import version
from io import StringIO
from typing import Final

from cyclopts import App, Group, Parameter
from rich.console import Console

from capillary_async.cli.conversion import convert_exactly
from capillary_async.cli.exit_codes import EXIT_CODES

# Each lookup: the client's method, and an example.
LOOKUPS: Final[Mapping[str, tuple[str, str]]] = {
    "customer": ("customers.get", "567584951 --embed points,mlp --format json"),
    "find-customer": ("customers.find_id", "mobile 999565345001"),
    "user-groups": ("customers.list_user_groups", "567584951 --format csv"),
    "customer-trackers": ("customers.list_trackers", "567584951"),
    "search-groups": ("user_groups.search", "family"),
    "trackers": ("user_groups.list_trackers", "93257 --columns name,type,value"),
    "members": ("user_groups.list_members", "93257 --include-cards --format jsonl | head -3"),
    "active-targets": ("targets.get_active", "564703252 --enrollment-type TRANSACTION"),
    "events": ("targets.list_events", "387538614 79196 --format csv --report > events.csv"),
}
_ANY_ENDPOINT: Final[Mapping[str, str]] = {
    "get": "/v3/users/387538614/targetGroups includePeriods=true",
    "paginate": "/v2/userGroup2/search q=family --offset-unit records --max-rows 3",
}
_MANY: Final = Group("Look many up", sort_key=2)
_EPILOGUE: Final = f"Start here, without an account: `capillary demo`.\n\n{EXIT_CODES}"


def build() -> App:
    """Put the command together."""
    app = App(
        name="capillary",
        help="Look up customers, user groups and targets in Capillary's loyalty platform. It only reads.",
        help_epilogue=_EPILOGUE,
        version=lambda: version("capillary-async"),
        default_parameter=Parameter(negative=(), converter=convert_exactly),
        suppress_keyboard_interrupt=False,
    )
    here = "capillary_async.cli"
    for group, module, examples in (
        (Group("Look something up", sort_key=0), "lookups", {name: example for name, (_, example) in LOOKUPS.items()}),
        (Group("Any other endpoint", sort_key=1), "any_endpoint", _ANY_ENDPOINT),
    ):
        for name, example in examples.items():
            epilogue = f"Example: `capillary {name} {example}`"
            app.command(f"{here}.{module}:{name.replace('-', '_')}", name=name, group=group, help_epilogue=epilogue)
    app.command(f"{here}.commands:bulk", name="bulk")
    app.command(f"{here}.watch:watch", name="watch", group=_MANY)
    trial = Group("Try it out", sort_key=3)
    for name in ("sandbox", "demo"):
        app.command(f"{here}.{name}:{name}", name=name, group=trial)
    app.command(f"{here}.completion:install_completion", name="--install-completion")
    return app


def __getattr__(name: str) -> App:
    """Make the commands of `bulk` when one of them runs."""
    if name != "bulk":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from capillary_async.cli.bulk import bulk_app  # noqa: PLC0415  (brings the jobs)

    app = bulk_app()
    app.group = (_MANY,)
    return app


def help_text() -> str:
    """Return what `capillary --help` prints, 80 columns wide and without colours."""
    out, app = StringIO(), build()
    for name in app:
        _ = app[name]  # only a command that is loaded has a line of help
    app.help_print([], console=Console(file=out, width=80, color_system=None, legacy_windows=False))
    return "".join(f"{line.rstrip()}\n" for line in out.getvalue().splitlines())
