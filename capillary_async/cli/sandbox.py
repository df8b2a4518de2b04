"""`capillary sandbox`: run the sandbox, and print its address and login as shell variables."""

import asyncio
import inspect
import shlex
from collections.abc import Callable
from contextlib import AsyncExitStack
from inspect import Parameter
from typing import Any, Final

import attrs

from capillary_async.cli.connection import read_rate
from capillary_async.sandbox import Sandbox

_EXPORT: Final = "export "
_PORT: Final = 8080
# The settings of a sandbox that are options of the command.
_SETTINGS: Final = (
    *("port", "host", "seed", "timezone", "latency", "jitter", "token_ttl", "error_status"),
    *("page_cap", "offset_unit", "total_unit"),
)
_HELP: Final = """Run a server of the same API on this machine, with invented customers, until Ctrl-C.

The command first prints lines for a shell; they set the variables that the other commands read. All customer ids exist,
except ids that end in 403 (not permitted), 404 (unknown), 409 (merged into another) and 410 (deleted). Customer 5 has
the mobile number 999000000005, customer 1000 has 999000001000, and so on.

Args:
    rate: Answer 429 to more than n requests in s seconds, written n/s, such as 100/60.
"""


def sandbox_command() -> Callable[..., None]:
    """Make the command with the options, and their help, of `Sandbox`."""

    def sandbox(*, rate: str | None = None, **settings: Any) -> None:
        if rate is not None:
            limit = read_rate(rate)
            settings["rate_limit"] = (limit.limit, limit.per)
        settings.setdefault("port", _PORT)
        asyncio.run(_serve(Sandbox(**settings)))

    fields = attrs.fields_dict(Sandbox)
    options = [_option(name, fields[name].default, fields[name].type) for name in _SETTINGS]
    vars(sandbox)["__signature__"] = inspect.Signature([*options, _option("rate", None, str | None)])
    _, _, described = (inspect.getdoc(Sandbox) or "").partition("Attributes:\n")
    sandbox.__doc__ = _HELP + described
    return sandbox


def _option(name: str, default: Any, hint: Any) -> Parameter:
    return Parameter(name, Parameter.KEYWORD_ONLY, default=_PORT if name == "port" else default, annotation=hint)


# The function of the command.
sandbox: Final = sandbox_command()


async def _serve(sandbox: Sandbox) -> None:
    async with AsyncExitStack() as stack:
        try:
            await stack.enter_async_context(sandbox)
        except OSError as error:
            reason = error.strerror or str(error)
            where = f"--host {sandbox.host} --port {sandbox.port}"
            raise OSError(f"cannot listen on {where}: {reason}; --port 0 takes any free port") from None
        exports = {
            "CAPILLARY_BASE_URL": sandbox.base_url,
            "CAPILLARY_TILL": sandbox.till,
            "CAPILLARY_PASSWORD": sandbox.password,
        }
        for name, value in exports.items():
            print(f"{_EXPORT}{name}={shlex.quote(value)}")
        print("# Paste these lines into another shell, and then for example: capillary events 1 79196")
        oauth = f"CAPILLARY_KEY={shlex.quote(sandbox.key)} CAPILLARY_SECRET={shlex.quote(sandbox.secret)}"
        print(f"# By OAuth: unset CAPILLARY_TILL CAPILLARY_PASSWORD; export {oauth}", flush=True)
        # anyio's `sleep_forever` imports its backend here. A SIGTERM during the import would end the process by SIGINT.
        await asyncio.Event().wait()


async def read_exports(lines: asyncio.StreamReader) -> dict[str, str]:
    """Read the variables from the command's output.

    Raises:
        OSError: The command ended before the server started; it printed the reason on standard error.
    """
    variables: dict[str, str] = {}
    while line := (await lines.readline()).decode():
        if not line.startswith(_EXPORT):
            return variables
        name, _, value = shlex.split(line)[1].partition("=")
        variables[name] = value
    raise OSError("the sandbox did not start")
