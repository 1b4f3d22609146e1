"""How large a class and a function may be, how Booleans are passed, and that a class name means one thing."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent / "src" / "hardwire"

GIVEN = {ROOT / "tracr" / path for path in ("expressions/sops.py", "expressions/selectors.py", "compiler/compiling.py")}
"""Modules with the signatures of Tracr, whose users pass these arguments by position: only classes are checked."""

MOST_LINES = 250
"""Lines of a class."""
MOST_PUBLIC = 20
"""Public methods and properties that a class defines itself; its bases are counted separately."""
MOST_PARAMETERS = 6
"""Positional parameters of a function, without `self` and `cls`; keyword-only options are not counted."""

MODULES = sorted(ROOT.rglob("*.py"))
CHECKED = MODULES

Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
Found = list[tuple[int, str]]
"""Violations: line and description."""


def public(cls: ast.ClassDef) -> set[str]:
    """The public methods and properties that a class body defines; overloads and setters count once."""
    found = {x.name for x in cls.body if isinstance(x, ast.FunctionDef | ast.AsyncFunctionDef)}
    return {name for name in found if not name.startswith("_")}


def large_classes(tree: ast.AST) -> Found:
    found: Found = []
    for cls in ast.walk(tree):
        if isinstance(cls, ast.ClassDef):
            lines = (cls.end_lineno or cls.lineno) - cls.lineno + 1
            if lines > MOST_LINES:
                found.append((cls.lineno, f"class {cls.name} has {lines} lines (at most {MOST_LINES})"))
            if (methods := len(public(cls))) > MOST_PUBLIC:
                found.append((cls.lineno, f"class {cls.name} has {methods} public methods (at most {MOST_PUBLIC})"))
    return found


def functions(tree: ast.AST) -> Iterator[tuple[Function, str]]:
    """Every function with its name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node, node.name
        elif isinstance(node, ast.Lambda):
            yield node, "lambda"


def positional(function: Function) -> list[tuple[ast.arg, ast.expr | None]]:
    """The parameters that may be given by position, with their defaults, without `self` and `cls`."""
    arguments = [*function.args.posonlyargs, *function.args.args]
    defaults = [None] * (len(arguments) - len(function.args.defaults)) + [*function.args.defaults]
    return [(a, d) for a, d in zip(arguments, defaults, strict=True) if a.arg not in ("self", "cls")]


def long_signatures(tree: ast.AST) -> Found:
    return [
        (function.lineno, f"{name} has {count} positional parameters (at most {MOST_PARAMETERS})")
        for function, name in functions(tree)
        if (count := len(positional(function))) > MOST_PARAMETERS
    ]


def boolean(parameter: ast.arg, default: ast.expr | None) -> bool:
    """Whether a parameter is a Boolean: annotated as one, or True or False by default.

    A parameter annotated as `object` takes any value of a program, and is no option whatever its default is.
    """
    annotation = ast.unparse(parameter.annotation).strip("'\"") if parameter.annotation else ""
    by_default = isinstance(default, ast.Constant) and isinstance(default.value, bool)
    return annotation in ("bool", "bool | None", "None | bool") or (by_default and annotation != "object")


def positional_booleans(tree: ast.AST) -> Found:
    return [
        (parameter.lineno, f"{name}: the Boolean parameter {parameter.arg!r} may be given by position")
        for function, name in functions(tree)
        for parameter, default in positional(function)
        if boolean(parameter, default)
    ]


def fields_of(cls: ast.ClassDef, known: dict[str, list[tuple[str, str]]]) -> list[tuple[str, str]]:
    """(name, annotation) of the fields that a data class takes by position, after those of its bases."""
    inherited = [field for base in cls.bases for field in known.get(ast.unparse(base), [])]
    own = [x for x in cls.body if isinstance(x, ast.AnnAssign) and "ClassVar" not in ast.unparse(x.annotation)]
    keyword_only = any("kw_only=True" in ast.unparse(d) for d in cls.decorator_list)
    given = [x for x in own if x.value is None or not {"init=False", "kw_only=True"} & {*words(x.value)}]
    return [*inherited, *((ast.unparse(x.target), ast.unparse(x.annotation)) for x in given if not keyword_only)]


def words(call: ast.expr) -> list[str]:
    return [ast.unparse(k) for k in call.keywords] if isinstance(call, ast.Call) else []


def records(trees: Iterable[ast.AST]) -> dict[str, list[tuple[str, str]]]:
    """The fields of every data class and named tuple, by its name; a base comes before what is derived from it."""
    classes = [x for tree in trees for x in ast.walk(tree) if isinstance(x, ast.ClassDef)]
    found: dict[str, list[tuple[str, str]]] = {}
    for _ in range(3):  # a base of a base
        for cls in classes:
            if any("dataclass" in ast.unparse(x) for x in cls.decorator_list) or "NamedTuple" in map(
                ast.unparse, cls.bases
            ):
                found[cls.name] = fields_of(cls, found)
    return found


def long_calls(tree: ast.AST, known: dict[str, list[tuple[str, str]]]) -> Found:
    """Where a data class is made of more values by position than a function may have, or of a Boolean by position."""
    found: Found = []
    for call in (x for x in ast.walk(tree) if isinstance(x, ast.Call)):
        name = ast.unparse(call.func).rpartition(".")[2]
        if name not in known or any(isinstance(x, ast.Starred) for x in call.args):
            continue
        if len(call.args) > MOST_PARAMETERS:
            found.append((call.lineno, f"{name} is given {len(call.args)} values by position"))
        found += [
            (call.lineno, f"{name} is given the Boolean {field!r} by position")
            for (field, annotation), _ in zip(known[name], call.args, strict=False)
            if annotation in ("bool", "bool | None")
        ]
    return found


def class_names(tree: ast.AST) -> list[tuple[str, int]]:
    return [(node.name, node.lineno) for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]


def type_names(tree: ast.Module) -> list[tuple[str, int]]:
    """The names that a module gives to types and type variables, and not to classes of its own."""
    named = [x for x in tree.body if isinstance(x, ast.Assign) and isinstance(x.targets[0], ast.Name)]
    return [
        (ast.unparse(x.targets[0]), x.lineno)
        for x in named
        if re.match("_?[A-Z][A-Z]*[a-z]", ast.unparse(x.targets[0]))
    ]


SAMPLE = """
class Large:
    def a(self): ...
    @property
    def b(self): ...
    def b(self, x): ...
    def _private(self): ...
def long(a, b, c, d, e, f, g): ...
def short(a, b, c, d, e, f, *, g): ...
def flagged(a: bool, b=True, *, c: bool, d=False): ...
def value(default: object = False, text: str = "True"): ...
@dataclass
class Base:
    a: int
    b: bool
@dataclass
class Derived(Base):
    c: int = field(default=0, kw_only=True)
Alias = tuple[int, str]
Base(1, True), Base(1, b=True), Derived(1, True), Derived(1, 2, 3, 4, 5, 6, 7)
"""


def test_the_rules_find_what_they_are_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules[__name__], "MOST_LINES", 5)
    monkeypatch.setattr(sys.modules[__name__], "MOST_PUBLIC", 1)
    tree = ast.parse(SAMPLE)
    assert large_classes(tree) == [
        (2, "class Large has 6 lines (at most 5)"),
        (2, "class Large has 2 public methods (at most 1)"),
    ]
    assert long_signatures(tree) == [(8, "long has 7 positional parameters (at most 6)")]
    assert positional_booleans(tree) == [
        (10, "flagged: the Boolean parameter 'a' may be given by position"),
        (10, "flagged: the Boolean parameter 'b' may be given by position"),
    ]
    assert class_names(tree) == [("Large", 2), ("Base", 13), ("Derived", 17)]
    assert type_names(tree) == [("Alias", 19)]
    assert [description for _, description in long_calls(tree, records([tree]))] == [
        "Base is given the Boolean 'b' by position",
        "Derived is given the Boolean 'b' by position",
        "Derived is given 7 values by position",
        "Derived is given the Boolean 'b' by position",
    ]


@pytest.mark.parametrize("rule", [large_classes, long_signatures, positional_booleans], ids=lambda f: f.__name__)
def test_sizes(rule: Callable[[ast.AST], Found]) -> None:
    found = [
        f"{path.relative_to(ROOT.parent.parent)}:{line}: {description}"
        for path in CHECKED
        if rule is large_classes or path not in GIVEN
        for line, description in rule(ast.parse(path.read_text("utf-8")))
    ]
    assert not found, "\n" + "\n".join(found)


def test_data_classes_are_made_by_name() -> None:
    trees = {path: ast.parse(path.read_text("utf-8")) for path in CHECKED}
    known = records(trees.values())
    found = [
        f"{path.relative_to(ROOT.parent.parent)}:{line}: {description}"
        for path, tree in trees.items()
        for line, description in long_calls(tree, known)
    ]
    assert not found, "\n" + "\n".join(found)


def test_a_class_name_occurs_once() -> None:
    """And no type that is not a class has the name of one."""
    places: dict[str, list[tuple[Path, int]]] = {}
    types: list[tuple[str, Path, int]] = []
    for path in CHECKED:
        tree = ast.parse(path.read_text("utf-8"))
        types += [(name, path, line) for name, line in type_names(tree)]
        for name, line in class_names(tree):
            places.setdefault(name, []).append((path, line))
    for name, path, line in types:
        if name in places:
            places[name].append((path, line))
    found = [
        f"class {name}: " + ", ".join(f"{path.relative_to(ROOT.parent.parent)}:{line}" for path, line in at)
        for name, at in sorted(places.items())
        if len(at) > 1
    ]
    assert not found, "\n" + "\n".join(found)
