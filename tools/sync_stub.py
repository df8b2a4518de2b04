"""Write the types of `capillary_async.sync`: `python -m tools.sync_stub`.

The blocking classes are made from the async classes at run time, which type checkers and editors cannot see. So this
module reads the source of the async classes, and writes the types of their methods without `async` and `await`.
"""

import ast
import inspect
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from capillary_async import CapillaryClient, bulk, paging
from capillary_async import sync as blocking
from capillary_async.api.groups import GROUPS, group_class
from capillary_async.api.methods import Group
from capillary_async.sync.mirror import PROTOCOLS, is_shown

STUB: Final = Path(blocking.__file__).with_suffix(".pyi")
MIRRORED: Final = (
    paging.Pager,
    paging.PageIterator,
    paging.ItemIterator,
    paging.PrefetchContext,
    bulk.Outcomes,
    CapillaryClient,
)
RENAMED: Final = {**PROTOCOLS, "aclose": "close"}
# The blocking counterparts of async types; `None` stands for the awaited type.
WITHOUT_LOOP: Final = {"AsyncIterator": "Iterator", "AsyncGenerator": "Iterator"}
AWAITED: Final = frozenset({"Coroutine", "Awaitable", "Request"})
PROSE: Final = ((r"\basync (with|for)\b", r"\1"), (r"\bawait ", ""), (r"\bcoroutine function\b", "function"))
Function = ast.FunctionDef | ast.AsyncFunctionDef
HEADER: Final = '"""The types of the blocking client. Written by `make sync`; change the async client instead."""\n'


class Names:
    """The modules of the names in annotations."""

    def __init__(self, local: Iterable[str]) -> None:
        self.imports: dict[str, str] = {}
        self.variables: dict[str, str] = {}
        self._local = frozenset(local)

    def take(self, name: str, module: ModuleType) -> None:
        """Record a name of a module's source."""
        if name in self._local or name in dir(sys.modules["builtins"]):
            return
        tree = ast.parse(inspect.getsource(module))
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and any((alias.asname or alias.name) == name for alias in node.names):
                self._note(name, str(node.module))
                return
            if ast.unparse(node).startswith(f"{name} = TypeVar("):
                self.variables[name] = ast.unparse(node)
                self._note("TypeVar", "typing")
                return
        self._note(name, module.__name__)

    def _note(self, name: str, module: str) -> None:
        if self.imports.setdefault(name, module) != module:
            raise ValueError(f"{name} comes from {self.imports[name]} and from {module}")


class WithoutLoop(ast.NodeTransformer):
    """Converts an annotation to that of a blocking method."""

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        """Replace an awaitable by its result."""
        self.generic_visit(node)
        name = node.value.id if isinstance(node.value, ast.Name) else ""
        if name in AWAITED:
            return node.slice.elts[-1] if isinstance(node.slice, ast.Tuple) else node.slice
        if name in WITHOUT_LOOP and isinstance(node.slice, ast.Tuple):
            node.slice = node.slice.elts[0]
        return node

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        """Replace `take.Several` by `Several`."""
        return ast.Name(node.attr)

    def visit_Name(self, node: ast.Name) -> ast.AST:
        """Replace async protocols, and a listing by a pager."""
        return ast.Name({**WITHOUT_LOOP, "Listing": "Pager"}.get(node.id, node.id), node.ctx)

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        """Convert annotations that are strings."""
        return self.visit(ast.parse(node.value, mode="eval").body) if isinstance(node.value, str) else node

    def of(self, annotation: ast.expr) -> ast.expr:
        """Return the annotation of the blocking method; the strings of a `Literal` stay."""
        if isinstance(annotation, ast.Subscript) and ast.unparse(annotation.value) in ("Literal", "Annotated"):
            return annotation
        if isinstance(annotation, ast.BinOp):
            return ast.BinOp(self.of(annotation.left), annotation.op, self.of(annotation.right))
        found: ast.expr = self.visit(annotation)
        return found


class Stub:
    """The stub file under construction."""

    def __init__(self) -> None:
        self.groups: dict[str, type[Group]] = {name: group_class(name) for name in GROUPS}
        classes: tuple[type, ...] = (*self.groups.values(), *MIRRORED)
        self.names = Names([*(cls.__name__ for cls in classes), "lookup_many"])

    def text(self) -> str:
        """Return the whole text."""
        blocks = [self._function(_definition(bulk.lookup_many), sys.modules[bulk.lookup_many.__module__], "")]
        blocks += [self._group(group) for group in self.groups.values()]
        blocks += [self._class(cls) for cls in MIRRORED]
        for name in ("Generic", "Final", "TracebackType"):
            self.names.imports.setdefault(name, "types" if name == "TracebackType" else "typing")
        by_module: dict[str, list[str]] = {}
        for name, module in self.names.imports.items():
            by_module.setdefault(module, []).append(name)
        imports = [f"from {module} import {', '.join(sorted(by_module[module]))}" for module in sorted(by_module)]
        variables = [self.names.variables[name] for name in sorted(self.names.variables)]
        exported = f"__all__ = {sorted(blocking.__all__)!r}"
        return "\n".join([HEADER, *imports, "", exported, "", *variables, "", *blocks])

    def _group(self, group: type[Group]) -> str:
        lines = [f"class {group.__name__}:", _docstring(inspect.getdoc(group), "    ")]
        for name in list(vars(group)):
            if not name.startswith("_"):
                build = inspect.unwrap(getattr(group, name))
                lines.append(self._function(_definition(build), sys.modules[build.__module__], "    ", name=name))
        return "\n".join([*lines, ""])

    def _class(self, cls: type[Any]) -> str:
        module = sys.modules[cls.__module__]
        definition = _definition(cls)
        parameters = [base for base in definition.bases if ast.unparse(base).startswith("Generic[")]
        for parameter in parameters:
            self._take(parameter, module)
        bases = ", ".join(map(ast.unparse, parameters))
        doc = inspect.getdoc(getattr(blocking, cls.__name__)) or inspect.getdoc(cls)
        lines = [f"class {cls.__name__}({bases}):" if bases else f"class {cls.__name__}:", _docstring(doc, "    ")]
        if cls is CapillaryClient:
            lines += [f"    {name}: Final[{group.__name__}]" for name, group in self.groups.items()]
        lines += self._methods(cls, definition, module)
        if "__anext__" in vars(cls) and "__aiter__" not in vars(cls):
            lines.append("    def __iter__(self) -> Self: ...")
            self.names.imports.setdefault("Self", "typing")
        return "\n".join([*lines, ""])

    def _methods(self, cls: type[Any], definition: ast.ClassDef, module: ModuleType) -> Iterator[str]:
        functions = [node for node in definition.body if isinstance(node, Function) and self._is_shown(node.name, cls)]
        docs = {node.name: ast.get_docstring(node) for node in functions}  # of overloads the last has it
        overloaded = {node.name for node in functions if _is_overload(node)}
        for node in functions:
            if _is_overload(node):
                self.names.imports.setdefault("overload", "typing")
            if _is_overload(node) or node.name not in overloaded:
                yield self._function(node, module, "    ", doc=docs[node.name])

    @staticmethod
    def _is_shown(name: str, cls: type[Any]) -> bool:
        if cls is CapillaryClient and name in ("__init__", "aclose"):
            return True
        return is_shown(cls, name)

    def _function(
        self, node: Function, module: ModuleType, indent: str, *, name: str = "", doc: str | None = None
    ) -> str:
        arguments = self._arguments(node.args, module)
        if name:  # a method of a function without `self`
            arguments = ", ".join(filter(None, ("self", arguments)))
        returned = self._annotation(node.returns or ast.Constant(None), module)
        lines = [f"{indent}@{ast.unparse(decorator)}" for decorator in node.decorator_list]
        shown = name or RENAMED.get(node.name, node.name)
        lines.append(f"{indent}def {shown}({arguments}) -> {returned}:")
        lines.append(_docstring(doc or ast.get_docstring(node), indent + "    "))
        return "\n".join(lines)

    def _arguments(self, arguments: ast.arguments, module: ModuleType) -> str:
        kept = [argument for argument in arguments.kwonlyargs if argument.arg != "session"]
        pairs = zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
        defaults = [default for argument, default in pairs if argument in kept]
        copy = ast.arguments(
            posonlyargs=[self._argument(argument, module) for argument in arguments.posonlyargs],
            args=[self._argument(argument, module) for argument in arguments.args],
            vararg=None,
            kwonlyargs=[self._argument(argument, module) for argument in kept],
            kw_defaults=[_constant_or_dots(default) for default in defaults],
            kwarg=None,
            defaults=[_constant_or_dots(default) or ast.Constant(...) for default in arguments.defaults],
        )
        return ast.unparse(copy)

    def _argument(self, argument: ast.arg, module: ModuleType) -> ast.arg:
        annotation = argument.annotation
        if annotation is None:
            return ast.arg(argument.arg, None)
        return ast.arg(argument.arg, ast.parse(self._annotation(annotation, module), mode="eval").body)

    def _annotation(self, annotation: ast.expr, module: ModuleType) -> str:
        copy = ast.parse(ast.unparse(annotation), mode="eval").body
        for part in ast.walk(copy):
            if isinstance(part, ast.Attribute):
                alias: Any = getattr(module, ast.unparse(part.value))
                self.names.take(part.attr, alias)
        without = WithoutLoop().of(copy)
        self._take(without, module)
        return ast.unparse(without)

    def _take(self, node: ast.AST, module: ModuleType) -> None:
        for part in ast.walk(node):
            if isinstance(part, ast.Name) and part.id in WITHOUT_LOOP.values():
                self.names.imports.setdefault(part.id, "collections.abc")
            elif isinstance(part, ast.Name) and part.id not in self.names.imports:
                self.names.take(part.id, module)


def _is_overload(node: Function) -> bool:
    return "overload" in map(ast.unparse, node.decorator_list)


def _constant_or_dots(default: ast.expr | None) -> ast.expr | None:
    """Return a default that is a constant, and `...` for any other default."""
    return default if default is None or isinstance(default, ast.Constant) else ast.Constant(...)


def _definition(thing: Any) -> Any:
    """Return the node that defines a class or a function."""
    tree = ast.parse(inspect.getsource(sys.modules[thing.__module__]))
    return next(node for node in tree.body if getattr(node, "name", "") == thing.__name__)


def _docstring(doc: str | None, indent: str) -> str:
    text = doc or ""
    for pattern, replacement in PROSE:
        text = re.sub(pattern, replacement, text)
    first, *others = text.splitlines()
    if not others:
        return f'{indent}"""{first}"""'
    return "\n".join([f'{indent}"""{first}', *(f"{indent}{line}".rstrip() for line in others), f'{indent}"""'])


def main() -> None:
    """Write the stub file."""
    STUB.write_text(Stub().text(), "utf-8")


if __name__ == "__main__":
    main()
