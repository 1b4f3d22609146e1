"""Traces: every intermediate value of one run, by expression and by name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ..errors import BuildError, UnknownNameError
from ..lang.drawn import Drawn
from ..lang.expr import Expr, Op, walk
from ..lang.handle import Handle
from ..lang.selector import Selector
from ..lang.sop import SOp
from ..lang.text import formula


@dataclass(frozen=True)
class TraceStep:
    """One named step of a run. `values` are the n results, or the rows of a selector's matrix."""

    name: str
    layer: int
    of: SOp | Selector
    values: list[Any]


class Trace(Drawn):
    """The values of every expression of a program on one input, with failures in place.

    >>> from hardwire import tokens, length
    >>> trace = (length - 1).name("last").trace("abc")
    >>> trace["last"]
    [2, 2, 2]
    >>> trace[length]
    [3, 3, 3]
    >>> [step.name for step in trace.steps]
    ['full', 'length', 'last']
    """

    def __init__(self, of: Handle, input: str | list[Any], values: dict[Expr, list[Any]], *, causal: bool) -> None:
        self.of = of
        self.input = input
        self.causal = causal
        self._values = values
        self.steps = tuple(_steps(of.expr, values))

    @property
    def names(self) -> dict[str, list[Any]]:
        """The values of every named step, in order of evaluation; equal names become a, a#2, ..."""
        return {step.name: step.values for step in self.steps}

    def __getitem__(self, what: Handle | str) -> list[Any]:
        """The values of a part of the program, given as a sop, a selector or a name."""
        if isinstance(what, str):
            if what not in self.names:
                raise UnknownNameError("step named", what, self.names)
            return self.names[what]
        if not isinstance(what, Handle) or what.expr not in self._values:
            shown = what.formula if isinstance(what, Handle) else repr(what)
            raise BuildError(f"{shown} is not a part of the traced program {self.of.formula}")
        return self._values[what.expr]

    def __contains__(self, what: object) -> bool:
        return what in self.names if isinstance(what, str) else isinstance(what, Handle) and what.expr in self._values

    def __iter__(self) -> Iterator[TraceStep]:
        return iter(self.steps)

    def __len__(self) -> int:
        return len(self.steps)

    @property
    def result(self) -> list[Any]:
        """The values of the traced program itself."""
        return self._values[self.of.expr]

    def __repr__(self) -> str:
        width = max((len(s.name) for s in self.steps), default=0)
        lines = [f"{self.of.formula} on {self.input!r:.60}"]
        for step in self.steps:
            shown = "selector" if isinstance(step.of, Selector) else repr(step.values)
            lines.append(f"  layer {step.layer}  {step.name:{width}}  {shown:.80}")
        lines.append(f"  result   {'':{width}} {self.result!r:.80}")
        return "\n".join(lines)


def _steps(root: Expr, values: dict[Expr, list[Any]]) -> Iterator[TraceStep]:
    """The named expressions in order of evaluation, names made distinct."""
    for expr, name in step_names(root).items():
        yield TraceStep(name, expr.layers, Selector(expr) if expr.selector else SOp(expr), values[expr])


def step_names(root: Expr) -> dict[Expr, str]:
    """Return the names of a program by expression, in order of evaluation; equal names become a, a#2, ..."""
    names: dict[Expr, str] = {}
    seen: dict[str, int] = {}
    for expr in walk(root):
        if expr.op is Op.NAME:
            name = str(expr.arg)
            seen[name] = seen.get(name, 0) + 1
            names[expr] = name if seen[name] == 1 else f"{name}#{seen[name]}"
    return names


def step_formula(step: TraceStep) -> str:
    """Return the expression of a named step."""
    return formula(step.of.expr.src[0])
