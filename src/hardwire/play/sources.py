"""The source of a library program as a program of its own, which can be read, run and changed."""

from __future__ import annotations

import ast
import functools
import importlib.util
import inspect
import re
import sys
from types import ModuleType

from ..lang import surface
from ..programs.program import Program

HARDWIRE = sys.modules[__name__.partition(".")[0]]
"""The package whose public names programs import."""


def source(program: Program) -> str:
    """Return the source of a program with its imports and helpers; its docstring is the first line alone.

    Programs of the library that it calls are imported.
    """
    module = sys.modules[inspect.unwrap(program.build).__module__]
    parts: dict[str, str] = {}
    imports: set[tuple[str, str]] = set()
    _collect(module, program.build.__name__, parts, imports)
    lines = []
    for origin in sorted({origin for origin, _ in imports}):
        names = sorted(name for o, name in imports if o == origin)
        lines += [f"from {origin} import {', '.join(names)}"] if origin else [f"import {name}" for name in names]
    return "\n".join([*lines, "", "\n\n".join(parts.values()), ""])


def _collect(module: ModuleType, name: str, parts: dict[str, str], imports: set[tuple[str, str]]) -> None:
    """Add the definition of a name to `parts`, after what it uses of its module; the rest is imported."""
    text, uses = _definition(module, name)
    for used in sorted({x.id for part in uses for x in ast.walk(part) if isinstance(x, ast.Name)}):
        if used == name or used in parts or used not in vars(module):
            continue
        value = vars(module)[used]
        if isinstance(value, Program):
            imports.add(("hardwire.programs", used))
        elif value is surface:
            imports.add(("", "hardwire as hw"))
            text = re.sub(rf"\b{used}\.", "hw.", text)
        elif used in HARDWIRE.__all__ and getattr(HARDWIRE, used) is value:
            imports.add(("hardwire", used))
        elif isinstance(value, ModuleType):
            imports.add(("", used))
        elif (origin := _origin(module, used)) is not None:
            imports.add((origin, used))
        else:
            _collect(module, used, parts, imports)
    parts[name] = text


def _definition(module: ModuleType, name: str) -> tuple[str, list[ast.AST]]:
    """Return the text of a definition without its decorators, and the syntax of what it uses."""
    lines = inspect.getsource(module).splitlines()
    node = next(x for x in _body(module) if name in _defined(x))
    text = lines[node.lineno - 1 : node.end_lineno]
    if not isinstance(node, ast.FunctionDef):
        return "\n".join(text), [node]
    docs = node.body[0]
    if ast.get_docstring(node) and docs.end_lineno is not None and docs.end_lineno > docs.lineno:
        text[docs.lineno - node.lineno : docs.end_lineno - node.lineno + 1] = [lines[docs.lineno - 1] + '"""']
    return "\n".join(text), [node.args, *node.body, *([] if node.returns is None else [node.returns])]


@functools.cache
def _body(module: ModuleType) -> list[ast.stmt]:
    return ast.parse(inspect.getsource(module)).body


def _defined(node: ast.stmt) -> list[str]:
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return [node.name]
    return [x.id for x in node.targets if isinstance(x, ast.Name)] if isinstance(node, ast.Assign) else []


def _origin(module: ModuleType, name: str) -> str | None:
    """Return the module from which a module imports a name; None if it defines the name itself."""
    for node in _body(module):
        if isinstance(node, ast.ImportFrom) and name in {x.asname or x.name for x in node.names}:
            return importlib.util.resolve_name("." * node.level + (node.module or ""), module.__package__ or "")
    return None
