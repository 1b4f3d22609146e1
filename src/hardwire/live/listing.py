"""The source of a program, and the line on which each of its expressions was built."""

from __future__ import annotations

import ast
import inspect
import sys
import textwrap
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from types import CodeType, FrameType
from typing import Any

from ..errors import BuildError
from ..lang.expr import Expr, Op
from ..lang.handle import Handle
from ..lang.origin import mistaken
from ..lang.sop import SOp
from ..lang.text import formula
from ..run.trace import step_names

WIDE = 100
"""The greatest length of a formula in a listing that has no source, in characters."""


@dataclass(frozen=True)
class Listing:
    """Numbered lines of text, and the number of the line for each expression of the program."""

    name: str
    lines: tuple[tuple[int, str], ...]
    places: dict[Expr, int] = field(default_factory=dict)

    def texts(self, root: Expr) -> dict[str, int]:
        """Return the line of every part of a program, by its names and formulas as circuits write them."""
        found: dict[str, int] = {}
        names = step_names(root)
        for e in root.walk():
            line = self.places.get(e)
            if line is None or e.op.leaf or e.op is Op.CONST:
                continue
            for text in (names.get(e), formula(e), formula(e, 40), formula(e, 100)):
                if text is not None:
                    found.setdefault(text, line)
        return found


def built(function: Callable[[], Any]) -> tuple[SOp, Listing | None]:
    """Call a function that builds a program; return the program, and its listing if Python has its source.

    Raises BuildError if the function does not return a sop.
    """
    inner = inspect.unwrap(function)
    code = getattr(inner, "__code__", None)
    if code is None:
        return _sop(function(), function), None
    watch = _Watch(code)
    sop = _sop(watch.call(function), function)
    lines = _source(inner)
    places = {e: line for e, line in watch.places.items() if line}
    return sop, None if lines is None else Listing(inner.__name__, lines, places)


def _sop(found: object, function: Callable[[], Any]) -> SOp:
    if isinstance(found, SOp):
        return found
    name = getattr(function, "__name__", "the function")
    hint = " Is there a `return`?" if found is None else ""
    raise BuildError(f"{name}() must return a sop, and returns {mistaken(found)}{hint}", value=found)


def of_steps(sop: SOp) -> Listing:
    """The named steps of a program as lines, for a program whose source is not known."""
    lines: list[tuple[int, str]] = []
    places: dict[Expr, int] = {}
    names = step_names(sop.expr)
    roots = [e for e in names if not (e.op is Op.NAME and e.src[0].op.leaf)]
    for e in [*roots, *([] if sop.expr in names else [sop.expr])]:
        number = len(lines) + 1
        body = formula(e.src[0] if e.op is Op.NAME else e, WIDE)
        lines.append((number, f"{names.get(e, 'result')} = {body}"))
        for part in e.walk():
            places.setdefault(part, number)
    return Listing("The program, step by step", tuple(lines), places)


class _Watch:
    """Notes, while a function runs, on which of its lines each expression first exists.

    After each line, the expressions that its local variables hold and that were not there before belong to this line,
    including those built by functions that it called.
    """

    def __init__(self, code: CodeType) -> None:
        self.code = code
        self.places: dict[Expr, int] = {}
        self._line: dict[FrameType, int] = {}

    def call(self, function: Callable[[], Any]) -> Any:
        before = sys.gettrace()
        sys.settrace(self._enter)
        try:
            return function()
        finally:
            sys.settrace(before)

    def _enter(self, frame: FrameType, event: str, arg: Any) -> Any:
        if frame.f_code is not self.code:
            return None
        self._note(frame.f_locals.values(), 0)  # what the function was given is on none of its lines
        self._line[frame] = frame.f_lineno
        return self._step

    def _step(self, frame: FrameType, event: str, arg: Any) -> Any:
        if event in ("line", "return"):
            self._note([*frame.f_locals.values(), arg], self._line[frame])
            self._line[frame] = frame.f_lineno
        return self._step

    def _note(self, values: Iterable[Any], line: int) -> None:
        for value in values:
            parts = value if isinstance(value, (list, tuple)) else (value,)
            for part in parts:
                if isinstance(part, Handle) and part.expr not in self.places:
                    for e in part.expr.walk():
                        self.places.setdefault(e, line)


def _source(function: Callable[..., Any]) -> tuple[tuple[int, str], ...] | None:
    """Return the numbered lines of a function, without its decorators and its docstring; None if Python has none."""
    try:
        lines, first = inspect.getsourcelines(function)
        tree = ast.parse(textwrap.dedent("".join(lines))).body[0]
    except (OSError, TypeError, SyntaxError, IndexError):
        return None
    if not isinstance(tree, ast.FunctionDef | ast.AsyncFunctionDef):
        return None
    skipped = set(range(1, tree.lineno))
    if ast.get_docstring(tree) is not None and len(tree.body) > 1:
        skipped |= set(range(tree.body[0].lineno, (tree.body[0].end_lineno or 0) + 1))
    text = textwrap.dedent("".join(lines)).splitlines()
    return tuple((first + i - 1, line) for i, line in enumerate(text, 1) if i not in skipped)
