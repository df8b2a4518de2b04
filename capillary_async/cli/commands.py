"""The commands and their modules; a module is imported only when one of its commands runs."""

from collections.abc import Mapping
from importlib.metadata import version
from io import StringIO
from typing import Final

from cyclopts import App, Group, Parameter
from rich.console import Console

from capillary_async.cli.conversion import convert_exactly
from capillary_async.cli.exit_codes import EXIT_CODES

# For each lookup command, the client's method and an example.
LOOKUPS: Final[Mapping[str, tuple[str, str]]] = {
    "customer": ("customers.get", "567584951 --embed points,mlp --format json"),
    "find-customer": ("customers.find_id", "mobile 999565345001"),
    "find-details": ("customers.find", "mobile 999000565345 --embed points --format json"),
    "search-customers": ("customers.search", "smith --max-rows 5"),
    "points": ("customers.get_points_balance", "567584951"),
    "find-points": ("customers.find_points_balance", "mobile 999000565345"),
    "tiers": ("customers.get_tiers", "567584951 --all-programs"),
    "loyalty": ("customers.get_loyalty", "567584951"),
    "points-expiry": ("customers.get_points_expiry", "567584951"),
    "promised-points": ("customers.get_promised_points", "567584951"),
    "transactions": ("customers.list_transactions", "567584951 --columns billing_time,type,amount"),
    "find-transactions": ("customers.find_transactions", "mobile 999000565345 --format csv"),
    "ledger": ("ledger.list_entries", "id 567584951 --columns ledger_created_date,event_name,net_points_on_event"),
    "ledger-balance": ("ledger.get_balance", "id 567584951 --format json"),
    "ledger-balances": ("ledger.list_balances", "id 567584951"),
    "status-changes": ("customers.get_status_changes", "567584951"),
    "loyalty-events": ("customers.get_loyalty_events", "567584951 --limit 5"),
    "user-groups": ("customers.list_user_groups", "567584951 --format csv"),
    "customer-trackers": ("customers.list_trackers", "567584951"),
    "search-groups": ("user_groups.search", "family"),
    "trackers": ("user_groups.list_trackers", "93257 --columns name,type,value"),
    "user-group": ("user_groups.get", "93257 --program-details --format json"),
    "group-transactions": ("user_groups.list_transactions", "93257 --embed LINEITEMS --format jsonl"),
    "slab-changes": ("user_groups.list_slab_changes", "93257"),
    "members": ("user_groups.list_members", "93257 --include-cards --format jsonl | head -3"),
    "progress": ("targets.get_progress", "565345 --include-inactive --format json"),
    "active-targets": ("targets.get_active", "564703252 --enrollment-type TRANSACTION"),
    "events": ("targets.list_events", "387538614 79196 --format csv --report > events.csv"),
    "target-groups": ("targets.get_groups", "--format json"),
    "target-group": ("targets.get_group", "27397"),
    "target-periods": ("targets.get_periods", "27397"),
    "target-rules": ("targets.get_rules", "27397"),
    "promotions": ("promotions.list", "--status LIVE,ACTIVE --format jsonl"),
    "promotion": ("promotions.get", "69cbccca70137c8acf000001 --format json"),
    "member-promotions": ("promotions.list_for_member", "565345"),
    "member-promotion": ("promotions.get_for_member", "565345 126001"),
    "promotion-actions": ("promotions.get_actions", "565345 --program-id 983 --promotion-id 126001"),
}
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
        default_parameter=Parameter(negative=(), converter=convert_exactly),
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
