"""The residual stream as tables: a row for each direction, a column for each position."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..model.circuit import Direction
from ..model.transformer import Transformer
from . import shapes
from .metrics import number
from .shapes import Box, Element
from .theme import MOST_CELLS, SMALL

MOST_ROWS = 24
"""How many directions a table shows."""
NAMES = 170.0
"""The room for a direction's name."""
ROW = 18.0


def tables(model: Transformer, input: Any, tokens: list[Any]) -> list[Box]:
    """For the embedding and every layer a table of the directions that it changed, with their values after it."""
    stream = model.residuals(input)
    names = {d.index: d for d in model.circuit.directions}
    before = np.zeros_like(stream["embedding"])
    found = []
    for k in range(model.depth + 1):
        after = stream[f"layer {k} neurons" if k else "embedding"]
        changed = np.flatnonzero((np.abs(after - before) > 1e-5 * (1 + np.abs(before))).any(axis=0))
        found.append(_table(after, changed.tolist(), names, tokens))
        before = after
    return found


def _table(values: Any, rows: list[int], names: dict[int, Direction], tokens: list[Any]) -> Box:
    if not rows:
        return shapes.note("no direction changed", NAMES)
    n = len(tokens)
    width = 40.0 if n <= 15 else 26.0
    lines = [shapes.note("residual stream: the directions written here, and their values after it", 480)]
    if n <= MOST_CELLS:
        lines.append(shapes.placed(shapes.cells(tokens, "input", width, ROW), NAMES, 0))
    lines += [_row(values[:, i], names.get(i), i, width) for i in rows[:MOST_ROWS]]
    if len(rows) > MOST_ROWS:
        lines.append(shapes.note(f"… {len(rows) - MOST_ROWS} more directions", NAMES))
    return shapes.below(lines, 1)


def _row(values: Any, direction: Direction | None, index: int, width: float) -> Box:
    name = f"direction {index}" if direction is None else direction.name
    said = name if direction is None else f"{index}: {direction.expression or name}, as {direction.code}"
    label = shapes.text(name, 0, 13, NAMES - 8, size=SMALL, full=said)
    if len(values) > MOST_CELLS:
        shown = [number(float(v)) for v in values]
        words = ", ".join([*shown[:8], "…", *shown[-4:]])
        return Box(NAMES + 400, ROW, (label, shapes.text(words, NAMES, 13, 400, size=SMALL)))
    largest = max(1.0, float(np.abs(values).max()))
    tints: list[Element] = []
    texts: list[Element] = []
    for j, v in enumerate(values.tolist()):
        content, x = number(v), j * width
        if content != "0":
            kind = "hw-plus" if v > 0 else "hw-minus"
            share = 0.1 + 0.35 * min(1.0, abs(v) / largest)
            tints.append(shapes.rect(x + 0.5, 0.5, width - 1, ROW - 1, kind, opacity=round(share, 2)))
        look = "hw-muted" if content == "0" else ""
        texts.append(shapes.text(content, x + width / 2, 12.5, width - 2, size=9, anchor="middle", cls=look, least=7))
    cells = shapes.group([*tints, *texts], "hw-residual", cells=len(values))
    return Box(NAMES + len(values) * width, ROW, (label, *Box(0, 0, (cells,)).at(NAMES, 0)))
