"""Sequences: a row of labelled cells, one a position; a key as a row, a query as a column."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..lang.expr import Expr
from ..lang.selector import Selector
from ..lang.sop import SOp
from ..run import Trace
from . import shapes
from .metrics import ems, fit, written
from .shapes import Box
from .theme import CELL, GAP, MOST_CELLS, SMALL, TEXT, cell_size

BROADEST = 64.0
"""The width of a cell that holds a long value."""
NAMES = 64.0
"""The width of the column of names at the left of rows."""
FORMULA = 250.0
"""The room for the formula of a step, at least."""
LINE = 1060.0
"""The longest row of cells that stays on one line, and"""
LONG_LINE = 620.0
"""how long the lines of a longer one are."""
MOST_LINES = 8
"""How many lines a long sequence takes before its middle is left out."""


def values_of(trace: Trace, expr: Expr) -> list[Any]:
    """What an expression was in a run."""
    return trace[Selector(expr) if expr.selector else SOp(expr)]


def row(label: str, values: Sequence[Any], kind: str, *, wrong: Sequence[bool] = (), names: float = NAMES) -> Box:
    """A name, and the cells at its right; on several lines where there are more than `MOST_CELLS`."""
    name = shapes.line(label, names - GAP, size=fit(label, names - GAP, TEXT)[1], cls=f"hw-bold hw-name-{kind}")
    return shapes.beside([Box(names, name.height, name.parts), _lines(values, kind, wrong)], 0, "middle")


def step(name: str, formula: str, values: Sequence[Any], *, wrong: Sequence[bool] = (), whole: str = "") -> Box:
    """A named step: its name and what it is, and the cells below."""
    lines = _lines(values, "input", wrong)
    width = max(lines.width, FORMULA)
    said = shapes.line(name, width, cls="hw-bold", full=whole or None)
    room = width - said.width - GAP
    if formula and room > 60:
        said = shapes.beside([said, shapes.line(f"= {formula}", room, size=SMALL, cls="hw-muted", full=whole or None)])
    return shapes.below([said, lines], 2)


def _lines(values: Sequence[Any], kind: str, wrong: Sequence[bool]) -> Box:
    n = len(values)
    if n == 0:
        return shapes.note("no positions", 200)
    texts = written(values)
    # Cells of the same width as a matrix has, if the values go in; else wider ones.
    need = max(ems(t) for t in texts) * (TEXT - 1) + 6
    width = min(max(cell_size(n), need), BROADEST if n <= 16 else CELL + 4)
    if n <= MOST_CELLS and n * width <= LINE:
        return shapes.cells(values, kind, width, cell_size(n), wrong=wrong, texts=texts)
    return _wrapped(values, texts, kind, wrong, width)


def _wrapped(values: Sequence[Any], texts: list[str], kind: str, wrong: Sequence[bool], width: float) -> Box:
    """Several lines, each after the position of its first cell; the middle of very many is left out."""
    n = len(values)
    size = max(10, int(LONG_LINE / width) // 10 * 10)
    starts = list(range(0, n, size))
    if len(starts) > MOST_LINES:
        starts = starts[: MOST_LINES - 2] + starts[-2:]
    boxes: list[Box] = []
    for before, at in zip([0, *starts], starts, strict=False):
        if at > before + size:
            boxes.append(shapes.note(f"      … {at - before - size} positions left out …", LONG_LINE))
        some = slice(at, at + size)
        line = shapes.cells(values[some], kind, width, 20, wrong=wrong[some], texts=texts[some])
        number = shapes.text(str(at), 26, 14, 30, size=SMALL, anchor="end", cls="hw-muted hw-tick")
        boxes.append(shapes.beside([Box(32, 20, (number,)), line], 0))
    return shapes.below(boxes, 2)


def given(trace: Trace, names: float = NAMES) -> Box:
    """The row of the input."""
    return row("input", list(trace.input), "input", names=names)


def result(trace: Trace, wrong: Sequence[bool] = ()) -> Box:
    """The row of the result."""
    return row("result", trace.result, "result", wrong=wrong)


def side(trace: Trace, word: str) -> Box:
    """A key as a row, or a query as a column, beside the input."""
    if word == "key":
        return shapes.below([given(trace), row("key", trace.result, "key")], GAP)
    if len(trace.result) > MOST_CELLS:
        return shapes.below([given(trace), row("query", trace.result, "query")], GAP)
    width = min(BROADEST, max([CELL, *(ems(t) * (TEXT - 1) + 6 for t in written(trace.result))]))
    tokens = shapes.cells(list(trace.input), "input", CELL, CELL, down=True)
    column = shapes.cells(trace.result, "query", width, CELL, down=True)
    parts = []
    for name, cells in (("input", tokens), ("query", column)):
        parts.append(shapes.below([shapes.line(name, 80, size=SMALL, cls=f"hw-name-{name}"), cells], 2))
    return shapes.beside(parts, 2 * GAP)
