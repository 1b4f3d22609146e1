"""A whole program as one column: the input, every layer with its heads and its elementwise steps, the result.

Names and formulas are at the left. Every token has a column of its own, from the input down to the result.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ..lang.expr import Expr, unnamed
from ..lang.text import formula
from ..run import Trace
from ..run.trace import TraceStep
from . import shapes
from .aggregate import LONGEST, head, parts, title
from .matrix import AttentionMatrix, attention
from .metrics import ems, fit_value, written
from .sequence import row, step, step_title, strip, width_of
from .shapes import Box
from .theme import CELL, GAP, MOST_CELLS, MOST_SQUARES, SMALL, TEXT, cell_size

MOST_NAMES = 160.0
"""The greatest width of the names and formulas at the left."""


@dataclass(frozen=True)
class Page:
    """The columns that all rows of a program's picture share. `others` are rows shown next to the program's own."""

    run: Trace
    others: tuple[Sequence[Any], ...] = ()

    @property
    def long(self) -> bool:
        """Whether there are too many tokens for one cell each; then everything is below its name."""
        return len(self.run.input) > MOST_CELLS

    @cached_property
    def heads(self) -> dict[Expr, tuple[str, AttentionMatrix]]:
        """The name and the content of every head."""
        names: dict[Expr, str] = {}
        for named in self.run.steps:
            names.setdefault(unnamed(named.of.expr), named.name)
        found = [e for k in range(1, self.run.of.layers + 1) for e in aggregates(self.run, k)]
        return {e: (names.get(e, ""), parts(self.run, e, names.get(e, ""))) for e in found}

    @cached_property
    def steps(self) -> list[TraceStep]:
        return [s for k in range(self.run.of.layers + 1) for s in elementwise(self.run, k)]

    @cached_property
    def names(self) -> float:
        """The width of the names and formulas at the left."""
        words = [
            (name, TEXT) for name in ("program", *(s.name for s in self.steps), *(n for n, _ in self.heads.values()))
        ]
        words += [(f"= {_formula(s)}", SMALL) for s in self.steps]
        words += [(formula(e, LONGEST), SMALL) for e in self.heads if e is not unnamed(self.run.of.expr)]
        return min(MOST_NAMES, max(ems(text) * size for text, size in words) + 1)

    @cached_property
    def cell(self) -> tuple[float, float]:
        """The width and height of a cell."""
        edges = [s for _, of in self.heads.values() for s in (*of.keys, *of.queries, *of.values, *of.results)]
        rows = [list(self.run.input), self.run.result, *self.others]
        rows += [s.values for s in self.steps] + [s.values for s in edges]
        width = width_of(*rows)
        return width, max(cell_size(len(self.run.input)), min(width, CELL))

    @cached_property
    def left(self) -> float:
        """The width of the queries at the left of the matrices."""
        return max((of.left_of(self.cell[0]) for _, of in self.heads.values()), default=0.0)

    def named(self, name: Box, content: Box) -> Box:
        """Return a name with what it names at its right."""
        return shapes.over(name, shapes.placed(content, self.names + 2 * GAP, 0))

    def row(self, name: str, values: Sequence[Any], kind: str, *, wrong: Sequence[bool] = ()) -> Box:
        """Return a row of cells, one below each token."""
        if self.long:
            return row(name, values, kind, wrong=wrong)
        label = shapes.line(name, self.names, cls=f"hw-bold hw-name-{kind}")
        return self._cells(shapes.placed(label, 0, (self.cell[1] - label.height) / 2), values, kind, wrong)

    def step(self, of: TraceStep) -> Box:
        """Return a named step as a row of cells."""
        if self.long:
            return step(of.name, _formula(of), of.values)
        return self._cells(step_title(of.name, _formula(of), self.names + self.left), of.values, "input")

    def head(self, expr: Expr) -> Box:
        """Return a head, with its name and formula at the left of its matrix."""
        name, of = self.heads[expr]
        if self.long:
            return head(self.run, expr, name)
        room = self.names + self.left - of.left_of(self.cell[0])
        return self.named(title(self.run, expr, name, of, room), attention(of, self.cell, self.left))

    def header(self) -> Box:
        """Return the tokens as small letters, which say to which token a column belongs."""
        tokens = list(self.run.input)
        if not 0 < len(tokens) <= MOST_SQUARES:
            return Box(0, 0)
        width = self.cell[0]
        fitted = [fit_value(v, t, width - 2, SMALL) for v, t in zip(tokens, written(tokens), strict=True)]
        words = [
            shapes.text(text, (j + 0.5) * width, SMALL, width, size=size, anchor="middle", cls="hw-muted", full=text)
            for j, (text, size) in enumerate(fitted)
        ]
        return shapes.placed(Box(len(tokens) * width, 1.4 * SMALL, tuple(words)), self.left, 0)

    def _cells(self, name: Box, values: Sequence[Any], kind: str, wrong: Sequence[bool] = ()) -> Box:
        return self.named(
            name, shapes.placed(strip(values, kind, wrong=wrong, width=self.cell[0], height=self.cell[1]), self.left, 0)
        )


def program(trace: Trace) -> Box:
    """Return the picture of a sop."""
    page = Page(trace)
    panels = [layer(page, k) for k in range(1, trace.of.layers + 1)]
    rows = [page.row("input", list(trace.input), "input"), *map(page.step, elementwise(trace, 0))]
    last = page.row("result", trace.result, "result")
    if not panels:
        return shapes.below([*rows, last], 12)
    *rows, last = (shapes.placed(box, shapes.PAD, 0) for box in (*rows, last))
    return shapes.below([*rows, shapes.columned([(panel, Box(0, 0)) for panel in panels]), last], 12)


def layer(page: Page, k: int) -> Box:
    """Return one layer: its heads and elementwise steps, below each other."""
    parts = [*map(page.head, aggregates(page.run, k)), *map(page.step, elementwise(page.run, k))]
    heading = shapes.heading(f"layer {k}", page.names)
    header = page.header() if k > 1 else Box(0, 0)
    return shapes.below([page.named(heading, header), shapes.below(parts, 2 * GAP)], GAP / 2)


def aggregates(trace: Trace, k: int) -> list[Expr]:
    """The aggregates of a layer, in order of evaluation."""
    return [e for e in trace.of.expr.walk() if e.op.aggregate and e.layers == k]


def elementwise(trace: Trace, k: int) -> list[TraceStep]:
    """Return the named sops of a layer, except aggregates and the program itself."""
    return [
        s for s in trace.steps
        if s.layer == k and not s.of.expr.selector and s.of.expr is not trace.of.expr
        and not unnamed(s.of.expr).op.aggregate
    ]  # fmt: skip


def _formula(of: TraceStep) -> str:
    return formula(of.of.expr.src[0], LONGEST)
