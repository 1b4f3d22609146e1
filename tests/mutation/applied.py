"""A mutant in effect: in the functions of this process, or in a module that is imported. Files stay as they are."""

from __future__ import annotations

import ast
import gc
import importlib.abc
import importlib.machinery
import importlib.util
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from types import CodeType, FunctionType, ModuleType
from typing import Any


class NeedsImport(Exception):
    """The changed code runs on import: functions that are there cannot be changed into it."""


def codes(code: CodeType) -> Iterator[CodeType]:
    """A code object and all those inside it."""
    yield code
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            yield from codes(inner)


def _by_place(code: CodeType) -> dict[tuple[str, int], CodeType]:
    """The code objects by their name and which of several of that name they are."""
    seen: Counter[str] = Counter()
    found: dict[tuple[str, int], CodeType] = {}
    for c in codes(code):
        found[c.co_qualname, seen[c.co_qualname]] = c
        seen[c.co_qualname] += 1
    return found


def exchange(files: Mapping[str, tuple[str, ast.Module]]) -> None:
    """Gives every function of some files that are loaded the code that it has in a changed tree. `files`: by name, the
    source and the tree. Raises NeedsImport."""
    changed: dict[CodeType, CodeType] = {}
    for filename, (source, tree) in files.items():
        before = compile(source, filename, "exec", dont_inherit=True)
        after = compile(tree, filename, "exec", dont_inherit=True)
        old, new = _by_place(before), _by_place(after)
        if old.keys() != new.keys():
            raise NeedsImport("functions come or go")
        changed |= {old[k]: new[k] for k in old if old[k] != new[k]}
    for f in [f for f in gc.get_objects() if isinstance(f, FunctionType) and f.__code__.co_filename in files]:
        code = changed.get(f.__code__)
        if code is None:
            continue
        try:
            f.__code__ = code
        except ValueError as error:  # it has other variables in its closure
            raise NeedsImport(str(error)) from None


class Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports one module from a changed tree."""

    def __init__(self, name: str, tree: ast.Module, filename: str) -> None:
        self.name, self.tree, self.filename = name, tree, filename

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> Any:
        if name != self.name:
            return None
        spec = importlib.util.spec_from_file_location(name, self.filename)
        assert spec is not None
        packaged = spec.submodule_search_locations if self.filename.endswith("__init__.py") else None
        new = importlib.machinery.ModuleSpec(name, self, origin=self.filename, is_package=packaged is not None)
        new.submodule_search_locations = packaged
        new.has_location = True
        return new

    def exec_module(self, module: ModuleType) -> None:
        exec(compile(self.tree, self.filename, "exec", dont_inherit=True), module.__dict__)


def before_import(name: str, tree: ast.Module, filename: str) -> None:
    """Has a module imported from a changed tree from now on."""
    assert name not in sys.modules, f"{name} is imported already"
    sys.meta_path.insert(0, Finder(name, tree, filename))
