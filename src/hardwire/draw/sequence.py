"""Sequences: a row of labelled cells, one per position; a key as a row, a query as a column."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from ..lang.cut import cut, short
from ..lang.expr import Expr
from ..lang.selector import Selector
from ..lang.sop import SOp
from ..run import Trace
from . import shapes
from .metrics import ADVANCE, ems, fit, least_side, visible, written
from .shapes import Box
from .theme import CELL, GAP, MOST_CELLS, MOST_SQUARES, SMALL, TEXT, cell_size

BROADEST = 64.0
"""The width of a cell with a long value."""
NAMES = 64.0
"""The width of the column of names at the left of rows."""
LINE = 1060.0
"""The longest row with wider cells than a matrix, and the length of the lines of a very long row."""
MOST_LINES = 8
"""The number of lines of a very long sequence before its middle is left out."""
LONGEST = 9
"""The greatest length of a value in a line of many, in characters."""
NBSP = "\N{NO-BREAK SPACE}"
"""Blanks that viewers do not merge."""
BOOLEANS = {True: "✓", False: "·"}
"""The text of Booleans in such a line."""
TICKS = 10
"""The distance between the numbered positions above a long row."""


def values_of(trace: Trace, expr: Expr) -> list[Any]:
    """Return the values of an expression in a run."""
    return trace[Selector(expr) if expr.selector else SOp(expr)]


def row(
    label: str,
    values: Sequence[Any],
    kind: str,
    *,
    wrong: Sequence[bool] = (),
    names: float = NAMES,
    width: float | None = None,
) -> Box:
    """A name, and the cells at its right, `width` pixels each; more than `MOST_CELLS` go on in other lines."""
    name = shapes.line(label, names - GAP, size=fit(label, names - GAP, TEXT)[1], cls=f"hw-bold hw-name-{kind}")
    lines = strip(values, kind, wrong=wrong, width=width)
    return shapes.beside([Box(names, name.height, name.parts), lines], 0, "middle")


def step(name: str, formula: str, values: Sequence[Any]) -> Box:
    """Return a named step of a very long input: its name and formula, and the values below."""
    return shapes.below([step_title(name, formula, LINE), listing("", values, "input")], 2)


def step_title(name: str, formula: str, width: float) -> Box:
    """Return the name and the formula of a step."""
    whole = f"{name} = {formula}"
    said = [shapes.paragraph(name, width, lines=3, cls="hw-bold", full=whole)]
    if formula:
        said.append(shapes.paragraph(f"= {formula}", width, lines=10, size=SMALL, cls="hw-muted", full=whole))
    return shapes.below(said, 0)


def width_of(*rows: Sequence[Any]) -> float:
    """Return the width of the cells of aligned rows: that of a matrix if the values fit, otherwise more."""
    n = len(rows[0])
    words = [ems(t) for values in rows for v, t in zip(values, written(values), strict=True) if type(v) is not bool]
    need = max(words, default=0.0) * TEXT + 6
    broad = max(cell_size(n), min(need, BROADEST if n <= 16 else CELL + 4))
    least = max(cell_size(n), *(least_side(values) for values in rows))
    return math.ceil(max(least, broad if n * broad <= LINE else min(broad, LINE / max(1, n))))


def strip(
    values: Sequence[Any],
    kind: str,
    *,
    wrong: Sequence[bool] = (),
    width: float | None = None,
    height: float | None = None,
) -> Box:
    """Return a row of cells, with positions above a long one; on several lines beyond `MOST_CELLS` cells."""
    n = len(values)
    if n == 0:
        return shapes.note("no positions", 200)
    width = width_of(values) if width is None else width
    if n > MOST_CELLS:
        return _lines(values, kind, wrong, width)
    cells = shapes.cells(values, kind, width, height or cell_size(n), wrong=wrong)
    return shapes.below([positions(n, width), cells], 1) if n > MOST_SQUARES else cells


def positions(n: int, width: float) -> Box:
    """The number of every tenth position, above a row of cells."""
    ticks = [
        shapes.text(str(i), (i + 0.5) * width, 9, 40, size=SMALL - 1, anchor="middle", cls="hw-muted hw-tick")
        for i in range(0, n, TICKS)
    ]
    return Box(n * width, 11, tuple(ticks))


def _lines(values: Sequence[Any], kind: str, wrong: Sequence[bool], width: float) -> Box:
    """Several lines, each after the position of its first cell; the middle of very many is left out."""
    n = len(values)
    texts = written(values)
    size = max(10, int(LINE / width) // 10 * 10)
    starts = list(range(0, n, size))
    if len(starts) > MOST_LINES:
        starts = starts[: MOST_LINES - 2] + starts[-2:]
    boxes: list[Box] = []
    for before, at in zip([0, *starts], starts, strict=False):
        if at > before + size:
            boxes.append(shapes.note(f"      … {at - before - size} positions left out …", LINE))
        some = slice(at, at + size)
        line = shapes.cells(values[some], kind, width, 20, wrong=wrong[some], texts=texts[some])
        number = shapes.text(str(at), 26, 14, 30, size=SMALL, anchor="end", cls="hw-muted hw-tick")
        boxes.append(shapes.beside([Box(32, 20, (number,)), line], 0))
    return shapes.below(boxes, 2)


def listing(label: str, values: Sequence[Any], kind: str) -> Box:
    """A name, and very many values below it as lines of text, each after the position of its first value."""
    texts = [BOOLEANS[v] if type(v) is bool else short_text(v) for v in values]
    wide = max(map(len, texts)) + 1
    size = max(10, int(LINE / (wide * ADVANCE * SMALL)) // 10 * 10)
    cls = f"hw-name-{kind}"
    boxes = [shapes.line(label, LINE, size=SMALL, cls=f"hw-bold {cls}")] if label else []
    for at in range(0, len(texts), size):
        words = "".join(t.ljust(wide, NBSP) for t in texts[at : at + size]).rstrip(NBSP)
        number = shapes.text(str(at), 26, 11, 30, size=SMALL - 1, anchor="end", cls="hw-muted hw-tick")
        boxes.append(shapes.beside([Box(32, 14, (number,)), shapes.line(words, LINE + 60, size=SMALL, cls=cls)], 0))
    return shapes.below(boxes, 1)


def short_text(value: Any) -> str:
    """A value in a line of many."""
    text = written([value])[0]
    if len(text) <= LONGEST:
        return text
    return cut(text, LONGEST) if type(value) is str else visible(short(value, LONGEST, 3))


def given(trace: Trace, names: float = NAMES, width: float | None = None) -> Box:
    """The row of the input."""
    return row("input", list(trace.input), "input", names=names, width=width)


def side(trace: Trace, word: str) -> Box:
    """Return a key as a row, or a query as a column, next to the input."""
    if word == "key":
        width = width_of(list(trace.input), trace.result)
        return shapes.below([given(trace, width=width), row("key", trace.result, "key", width=width)], GAP)
    if len(trace.result) > MOST_CELLS:
        return shapes.below([given(trace), row("query", trace.result, "query")], GAP)
    width = min(BROADEST, max([CELL, *(ems(t) * TEXT + 6 for t in written(trace.result))]))
    tokens = shapes.cells(list(trace.input), "input", CELL, CELL, down=True)
    column = shapes.cells(trace.result, "query", width, CELL, down=True)
    parts = []
    for name, cells in (("input", tokens), ("query", column)):
        parts.append(shapes.below([shapes.line(name, 80, size=SMALL, cls=f"hw-name-{name}"), cells], 2))
    return shapes.beside(parts, 2 * GAP)
