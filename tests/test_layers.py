"""The package keeps its layers and its sizes.

A module imports only from lower rows. This includes imports in functions and under `TYPE_CHECKING`.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import pytest

import capillary_async

ROOT = Path(capillary_async.__file__).parent
ROWS = {
    "errors": 0,
    **dict.fromkeys(("models", "options"), 1),
    **dict.fromkeys(("codec", "tables"), 2),
    "pipeline": 3,
    "paging": 4,
    **dict.fromkeys(("api", "bulk"), 5),
    **dict.fromkeys(("client", "telemetry"), 6),
    **dict.fromkeys(("jobs", "sync"), 7),
    "distributed": 8,
    "cli": 9,
}
# These parts may import the sandbox, and all others.
TOP = {"cli", "__main__"}
# Libraries that only one part may import, so that a new version changes only this part.
SOLE_IMPORTERS = {
    "aiohttp": {"pipeline", "sandbox"},
    "cattrs": {"codec"},
    "msgspec": {"codec", "paging", "pipeline"},
    "cyclopts": {"cli"},
    "rich": {"cli", "telemetry"},
    "pyarrow": {"jobs", "tables"},
    "distributed": {"distributed"},
    "redis": {"pipeline"},
    "opentelemetry": {"pipeline"},
    "prometheus_client": {"telemetry"},
    **{library: {"sandbox"} for library in ("aioresponses", "pytest", "vcr")},
    **{library: {"models"} for library in ("hypothesis", "polyfactory")},
}
LONGEST_MODULE, LONGEST_FUNCTION = 400, 40


def _module_name(path: Path) -> str:
    parts = [ROOT.name, *path.relative_to(ROOT).with_suffix("").parts]
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


TREES = {_module_name(path): ast.parse(path.read_text("utf-8")) for path in sorted(ROOT.rglob("*.py"))}
PACKAGES = {_module_name(path) for path in ROOT.rglob("__init__.py")}


def _part(module: str) -> str:
    """Name the part of the package that `module` belongs to; the package itself has none."""
    return module.split(".")[1] if "." in module else ""


def _stem(node: ast.ImportFrom, module: str) -> str:
    if not node.level:
        return node.module or ""
    above = module.split(".")
    above = above[: len(above) - node.level + (module in PACKAGES)]
    return ".".join([*above, *filter(None, [node.module])])


def _imported(module: str) -> Iterator[str]:
    """Yield every module that the source of `module` names in an import, wherever it stands."""
    for node in ast.walk(TREES[module]):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            stem = _stem(node, module)
            submodules = {f"{stem}.{alias.name}" for alias in node.names} & TREES.keys()
            yield from submodules
            if len(submodules) < len(node.names):
                yield stem


IMPORTS = {module: {name for name in _imported(module) if name != module} for module in TREES}
OWN_IMPORTS = {module: names & TREES.keys() for module, names in IMPORTS.items()}


def _length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Count the lines of a function, its docstring left out."""
    first = function.body[0]
    docstring = (first.end_lineno or 0) - first.lineno + 1 if ast.get_docstring(function) is not None else 0
    return (function.end_lineno or 0) - function.lineno + 1 - docstring


FUNCTIONS = {
    f"{module}:{node.name}:{node.lineno}": _length(node)
    for module, tree in TREES.items()
    for node in ast.walk(tree)
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
}


def test_every_module_belongs_to_a_row() -> None:
    """A module outside the table would not be checked."""
    parts = {_part(module) for module in TREES} - {"", "sandbox"} - TOP

    assert parts == ROWS.keys() - TOP


def test_a_class_name_stands_for_one_thing() -> None:
    """A name in a traceback must be unambiguous. The sandbox is a separate program, so it is excepted."""
    places: dict[str, list[str]] = {}
    for module, tree in TREES.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef) and _part(module) != "sandbox":
                places.setdefault(node.name, []).append(module)

    assert {name: modules for name, modules in places.items() if len(modules) > 1} == {}


def test_modules_import_only_from_lower_rows() -> None:
    """Each layer must be readable, testable and replaceable with only the layers below it."""
    wrong = [
        f"{module} imports {target}"
        for module, targets in OWN_IMPORTS.items()
        if _part(module) in ROWS.keys() - TOP
        for target in targets
        if _part(target) != _part(module) and ROWS.get(_part(target), len(ROWS)) >= ROWS[_part(module)]
    ]

    assert not wrong


def test_the_sandbox_stands_alone() -> None:
    """Shared code would hide a misreading of the API from the tests."""
    wrong = [
        f"{module} imports {target}"
        for module, targets in OWN_IMPORTS.items()
        for target in targets
        if (_part(module) == "sandbox") != (_part(target) == "sandbox") and _part(module) not in TOP
    ]

    assert not wrong


def test_there_is_no_import_cycle() -> None:
    """In a cycle, the order of imports matters."""
    cycles: list[str] = []

    def visit(module: str, trail: tuple[str, ...]) -> None:
        if module in trail:
            cycles.append(" -> ".join([*trail[trail.index(module) :], module]))
        elif module not in done:
            for target in OWN_IMPORTS[module]:
                visit(target, (*trail, module))
            done.add(module)

    done: set[str] = set()
    for module in TREES:
        visit(module, ())

    assert not cycles


@pytest.mark.parametrize(("library", "parts"), SOLE_IMPORTERS.items())
def test_each_library_has_one_importing_part(library: str, parts: set[str]) -> None:
    """A new major version of the library must change only one part."""
    importers = {_part(module) for module, names in IMPORTS.items() if library in {n.split(".")[0] for n in names}}

    assert importers <= parts


def test_only_the_command_line_prints() -> None:
    """A library that prints would corrupt the output of the program."""
    printers = {
        module
        for module, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    }

    assert {_part(module) for module in printers} <= TOP


def test_the_words_of_contributors_are_names_of_the_code() -> None:
    """A glossary with old names would mislead contributors."""
    _, _, text = (ROOT.parent / "CONTRIBUTING.md").read_text("utf-8").partition("## Words")
    table = text.partition("\n\nWrite plain English")[0]
    classes = {node.name for tree in TREES.values() for node in ast.walk(tree) if isinstance(node, ast.ClassDef)}
    named = set(re.findall(r"`([A-Z]\w+)`", table))

    assert len(named) > 10
    assert named <= classes


def test_modules_have_at_most_400_lines() -> None:
    """A longer module has more than one subject and should be split."""
    sizes = {path: len(path.read_text("utf-8").splitlines()) for path in ROOT.rglob("*.py")}

    assert {str(path): size for path, size in sizes.items() if size > LONGEST_MODULE} == {}


def test_functions_have_at_most_40_lines() -> None:
    """A longer function does more than one thing."""
    assert {name: length for name, length in FUNCTIONS.items() if length > LONGEST_FUNCTION} == {}
    assert median(FUNCTIONS.values()) <= 8
