"""Loading files and texts as namespaces, and the library that every program starts with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, cast

from ..errors import BuildError, RaspError, UnknownNameError
from ..lang.selector import Selector
from ..lang.sop import SOp
from ..lang.text import constant
from .budget import LONGEST_TEXT, Steps
from .evaluator import Evaluator, StatementResult, Text
from .operators import Value, kind
from .reader import Syntax, read
from .running import apply
from .scope import Scope, first_scope

LIBRARY = "rasplib"
STEPS_A_CHARACTER = 3
"""The steps for reading a file, per character."""


class Namespace(Mapping[str, Any]):
    """The definitions of a program by name: s-ops, selectors, functions, lists, dicts and atoms.

    `ns["name"]` and `ns.name` are the same. Names that begin with `_` are private to the program and left out.
    """

    def __init__(self, name: str, values: Mapping[str, Value]) -> None:
        self._name, self._values = name, dict(values)

    def __getitem__(self, name: str) -> Any:
        if name not in self._values:
            raise UnknownNameError(f"definition in {self._name} named", name, self._values)
        return self._values[name]

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name not in self._values:
            raise AttributeError(str(UnknownNameError(f"definition in {self._name} named", name, self._values)))
        return self._values[name]

    def __contains__(self, name: object) -> bool:
        return name in self._values

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self._values]

    def __repr__(self) -> str:
        lines = [f"{self._name}: {len(self)} definition{'s' if len(self) != 1 else ''}"]
        return "\n".join([*lines, *(f"  {k}: {getattr(v, 'title', kind(v))}" for k, v in self._values.items())])


class Quiet:
    """The environment of a program that Python loads, without a REPL: its commands and drawings have no effect."""

    def load(self, name: str, evaluator: Evaluator) -> list[StatementResult]:
        return load_file(name, evaluator)

    def draw(self, x: SOp, input: Value, steps: Steps) -> list[StatementResult]:
        return []

    def apply(self, x: SOp | Selector, input: Value, steps: Steps) -> Value:
        return apply(x, input, steps)

    def command(self, statement: Syntax, evaluator: Evaluator) -> list[StatementResult]:
        return []


def load(program: str | Path) -> Namespace:
    """Load a RASP program: a file (a path, or a string that ends in .rasp), or the text itself.

    Raises RaspError, with the place in the program.

    >>> from hardwire import rasp
    >>> program = rasp.load("reverse = aggregate(select(indices, length-1-indices, ==), tokens);")
    >>> program.reverse("hello")
    ['o', 'l', 'l', 'e', 'h']
    """
    if not isinstance(program, (str, Path)):
        raise BuildError(f"load takes a RASP program as text, or a file, not {constant(program)}", value=program)
    if isinstance(program, Path) or (program.endswith(".rasp") and "\n" not in program and ";" not in program):
        text, name, source = _read_file(Path(program)), Path(program).stem, str(program)
    else:
        text, name, source = Text(program), "program", None
    scope = Scope(name, library_scope())
    execute(Evaluator(scope, Quiet(), Text(text.text, source)))
    return _public(name, scope)


def execute(evaluator: Evaluator) -> list[StatementResult]:
    """Execute every statement of the evaluator's text. Raises RaspError."""
    tree = read(evaluator.text.text, evaluator.text.source)
    return [outcome for s in tree.children for outcome in evaluator.run(cast("Syntax", s))]


def _read_file(path: Path) -> Text:
    try:
        with path.open(encoding="utf-8") as file:
            text = file.read(LONGEST_TEXT + 1)  # a device may have no end
        if len(text) > LONGEST_TEXT:
            raise RaspError(f"{path} has more than {LONGEST_TEXT:,} characters, which is too long")
        return Text(text, str(path))
    except FileNotFoundError:
        raise RaspError(f"could not find file: {path}") from None
    except (OSError, ValueError) as error:
        raise RaspError(f"could not read {path}: {getattr(error, 'strerror', None) or error}") from None


def _public(name: str, scope: Scope) -> Namespace:
    return Namespace(name, {k: v for k, v in scope.values.items() if not k.startswith("_") and k != "out"})


@cache
def library_scope() -> Scope:
    """The names that every program starts with; they are shared and immutable."""
    scope = Scope(LIBRARY, first_scope())
    text = resources.files(__package__).joinpath(f"{LIBRARY}.rasp").read_text("utf-8")
    execute(Evaluator(scope, Quiet(), Text(text, f"{LIBRARY}.rasp")))
    return scope


def library() -> Namespace:
    """The library that every program starts with, `rasplib`, for use from Python.

    >>> from hardwire import rasp, tokens
    >>> rasp.library().sort(tokens, tokens)("hello")
    ['e', 'h', 'l', 'l', 'o']
    """
    return _public(LIBRARY, library_scope())


def load_file(name: str, evaluator: Evaluator) -> list[StatementResult]:
    """Execute `load "name";`: add the file's public definitions to the evaluator's scope, which the file does not see.

    The file is next to the one that loads it, or in the current folder; .rasp is added if it is missing. Return the
    last definition of each public name; as in the original, those of a loop are not shown. Raises RaspError, and then
    nothing is defined.
    """
    path = _found(name, evaluator.text.source)
    if len(evaluator.loading) >= 20 or path.resolve() in evaluator.loading:
        raise RaspError(f"{path} loads itself")
    text = _read_file(path)
    evaluator.steps.take(100 + STEPS_A_CHARACTER * len(text.text))
    scope = Scope(name, library_scope())
    inner = Evaluator(scope, evaluator.environment, text, evaluator.steps)
    inner.loading = (*evaluator.loading, path.resolve())
    last: dict[str, StatementResult] = {}
    for outcome in execute(inner):
        if outcome.name is not None and not outcome.name.startswith("_") and outcome.name != "out":
            last.pop(outcome.name, None)
            last[outcome.name] = outcome
    for key, value in scope.values.items():
        if not key.startswith("_") and key != "out":
            evaluator.scope.set(key, value)
    return list(last.values())


def _found(name: str, beside: str | None) -> Path:
    file = name if name.endswith(".rasp") else f"{name}.rasp"
    folders = [Path(beside).parent] if beside is not None else []
    for folder in [*folders, Path()]:
        try:
            if (folder / file).is_file():
                return folder / file
        except (OSError, ValueError) as error:  # a folder without permission; an invalid name
            raise RaspError(f"could not find file: {file} ({getattr(error, 'strerror', None) or error})") from None
    raise RaspError(f"could not find file: {file}")
