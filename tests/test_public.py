"""Public names can be imported, are documented, and take little time to import."""

import inspect
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any, get_args, get_origin, get_type_hints

import pytest

import capillary_async
from capillary_async import models, options

# The public names.
PROMISED = {
    *("CapillaryClient", "ClientOptions", "CallInfo", "Region", "BasicAuth", "OAuth", "AccessToken", "RetryPolicy"),
    *("RateLimit", "Pager", "Page", "Cursor", "PagingReport", "lookup_many", "Outcome"),
    *("Customer", "CustomerUserGroup", "Target", "TargetEvent", "Tracker", "GroupMember", "UserGroupSummary"),
    *("CapillaryError", "ConfigurationError", "TransportError", "DeadlineExceeded", "ResponseError"),
    *("AuthenticationError", "AccessDeniedError", "NotFoundError", "InvalidRequestError", "RateLimitedError"),
    *("ServerError", "DecodeError", "PaginationError", "RepeatedPageError", "IncompleteListingError"),
}
NO_NAME = "nothing"
MSGSPEC = "msgspec"
HEAVY = ("aiohttp", "cattrs", MSGSPEC, "pyarrow", "rich", "cyclopts", "pytest", "sqlite3")


def test_the_public_names_of_the_design_exist() -> None:
    """Users' programs import these names."""
    assert set(capillary_async.__all__) >= PROMISED


@pytest.mark.parametrize("name", capillary_async.__all__)
def test_each_public_name_exists_and_is_documented(name: str) -> None:
    """Users read `help()`."""
    public: Any = getattr(capillary_async, name)

    for each in classes_of(public):
        assert inspect.getdoc(each)
        assert each.__doc__
        assert each.__module__.startswith("capillary_async.")


def classes_of(public: Any) -> tuple[Any, ...]:
    """Return the classes of a union without their parameters; return any other value unchanged."""
    return tuple(get_origin(one) or one for one in get_args(public)) or (public,)


def public_members() -> list[str]:
    """Return the name of every public method and property of the public classes."""
    found: list[str] = []
    for name in capillary_async.__all__:
        public: Any = getattr(capillary_async, name)
        if inspect.isclass(public):
            found += [f"{name}.{member}" for member in vars(public) if not member.startswith("_")]
    return [path for path in found if callable(member_of(path)) or isinstance(member_of(path), property)]


def member_of(path: str) -> Any:
    """Return a member of a public class by its dotted name."""
    name, member = path.split(".")
    return inspect.getattr_static(getattr(capillary_async, name), member)


def groups() -> list[str]:
    """Return the name of every method of a client's endpoint groups."""
    client = capillary_async.CapillaryClient(capillary_async.Region.EU, capillary_async.AccessToken("t"))
    return [
        f"{group}.{method}"
        for group in ("customers", "user_groups", "targets", "promotions", "ledger")
        for method in dir(getattr(client, group))
        if not method.startswith("_") and method != "endpoint_client"
    ]


@pytest.mark.parametrize("path", public_members())
def test_each_public_member_is_documented(path: str) -> None:
    """Methods and properties need docstrings too."""
    assert inspect.getdoc(member_of(path))


@pytest.mark.parametrize("path", groups())
def test_each_endpoint_is_documented_with_its_parameters(path: str) -> None:
    """Editors show the function's parameters and documentation on the method."""
    group, name = path.split(".")
    client = capillary_async.CapillaryClient(capillary_async.Region.EU, capillary_async.AccessToken("t"))
    method = getattr(getattr(client, group), name)

    signature = inspect.signature(method)
    documentation = inspect.getdoc(method) or ""

    assert "Raises:" in documentation
    assert not {"args", "kwargs", "group", "self"} & signature.parameters.keys()
    for parameter in signature.parameters:
        assert f"\n    {parameter}: " in documentation


def test_help_shows_the_type_of_the_answer() -> None:
    """The function returns a request, but the method returns the answer."""
    client = capillary_async.CapillaryClient(capillary_async.Region.EU, capillary_async.AccessToken("t"))

    assert inspect.signature(client.customers.get).return_annotation is capillary_async.Customer
    assert get_type_hints(client.customers.find_id)["return"] is int
    assert (
        inspect.signature(client.targets.list_events).return_annotation
        == (capillary_async.Pager[capillary_async.TargetEvent])
    )


@pytest.mark.skipif(sys.version_info < (3, 12), reason="a function cannot be marked so")
def test_endpoint_methods_are_coroutine_functions() -> None:
    """A mock with a method's specification must be awaitable."""
    client = capillary_async.CapillaryClient(capillary_async.Region.EU, capillary_async.AccessToken("t"))

    assert inspect.iscoroutinefunction(client.customers.get)
    assert not inspect.iscoroutinefunction(client.targets.list_events)


@pytest.mark.parametrize("package", [capillary_async, models])
def test_dir_lists_what_a_star_import_brings(package: ModuleType) -> None:
    """Completion shows the names."""
    brought: dict[str, Any] = {}

    exec(f"from {package.__name__} import *", brought)

    assert len(set(package.__all__)) == len(package.__all__)
    assert dir(package) == sorted(package.__all__) == sorted(brought.keys() - {"__builtins__"})


def test_a_name_that_is_not_public_is_no_attribute() -> None:
    """The message must be that of Python."""
    with pytest.raises(AttributeError, match="module 'capillary_async' has no attribute 'nothing'"):
        getattr(capillary_async, NO_NAME)


def heavy_after(code: str) -> str:
    """Return the heavy packages that a new interpreter imported after this code, and its warnings."""
    # Without coverage's settings, because coverage would import some of them itself.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    code = f"{code}\nimport sys\nprint(*sorted(set({HEAVY!r}) & sys.modules.keys()))"
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    return done.stdout.strip() + done.stderr


@pytest.mark.parametrize(
    ("statement", "heavy"),
    [("import capillary_async", ""), ("from capillary_async import CapillaryClient, Target", MSGSPEC)],
)
def test_importing_loads_nothing_heavy(statement: str, heavy: str) -> None:
    """The HTTP library is imported for the first session, cattrs for the first answer; a client is made of Structs."""
    assert heavy_after(statement) == heavy


def test_creating_a_client_loads_nothing_heavy() -> None:
    """A command that only checks its settings must start fast."""
    code = (
        "import capillary_async as c\n"
        "c.CapillaryClient(c.Region.EU, c.OAuth('k', 's'), options=c.ClientOptions(rate_limit=c.RateLimit(5)))"
    )

    assert heavy_after(code) == MSGSPEC


def test_the_version_is_that_of_the_package() -> None:
    """The version must not differ between code and metadata."""
    assert capillary_async.__version__ == options.VERSION


def test_the_package_is_typed() -> None:
    """Type checkers look for the marker."""
    assert Path(capillary_async.__file__).with_name("py.typed").read_text() == ""
