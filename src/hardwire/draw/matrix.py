"""Attention as a matrix: keys on top, queries at the left, values below, results at the right.

The same arrangement serves a selector's cells and a model's weights. Beyond `MOST_CELLS` a side it is a heat map
(heat.py), and the sequences beside it become lines of text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..run import Failure
from . import heat, shapes
from .metrics import ems, full, number
from .shapes import Box, Element
from .text import row
from .theme import GAP, LEAST, MOST_CELLS, SMALL, TEXT, cell_size

LABEL = 15.0
"""The height of a line that names a strip of cells."""
LEAST_LABEL = 160.0
"""The room for such a name, at least."""
SPACE = 5.0
"""Between a strip of cells and the matrix."""
NAMES = 64.0
"""Where the input begins above a matrix that is a heat map."""
AMPLIFIES = 10.0
"""The least gain that makes tiny weights count."""
VISIBLE = 0.005
"""The least weight that is drawn as it is."""
SPOKEN = 20
"""Up to this size every selected cell has a tooltip of its own."""


@dataclass(frozen=True)
class Strip:
    """A sequence beside a matrix: what it is called, what kind it is, its values, and which of them are wrong."""

    label: str
    kind: str
    values: Sequence[Any]
    wrong: Sequence[bool] = ()


@dataclass(frozen=True)
class Attention:
    """All that is drawn of one head. `cells` are the rows of a selector's matrix (True, False or a failure), or
    weights (n, n); `signs` say how each key is compared with its query, `join` how two comparisons are combined.

    `gain` is what the head multiplies its output by: where it is large, tiny weights count, and are drawn as discs.
    """

    cells: Sequence[Sequence[Any]] | npt.NDArray[Any]
    keys: Sequence[Strip]
    queries: Sequence[Strip]
    signs: Sequence[str] = ()
    join: str = ""
    values: Sequence[Strip] = ()
    results: Sequence[Strip] = ()
    causal: bool = False
    gain: float = 1.0


def attention(of: Attention) -> Box:
    """The picture of a head."""
    n = len(of.cells)
    if n == 0:
        return shapes.note("no positions", 200)
    if n > MOST_CELLS:
        return _long(of)
    cell = cell_size(n)
    side = n * cell
    weights = of.cells if isinstance(of.cells, np.ndarray) else None
    body = _selected(of, cell) if weights is None else _weighted(weights, of, cell)

    left = left_of(of)
    room = max(side + 3 * cell, LEAST_LABEL)
    top = len(of.keys) * (LABEL + cell) + SPACE
    parts: list[Element] = list(body.at(left, top))
    for i, strip in enumerate(of.keys):
        y = i * (LABEL + cell)
        parts += _named(strip, room, left, y + LABEL - 4)
        parts += shapes.cells(strip.values, strip.kind, cell, cell).at(left, y + LABEL)
    for i, strip in enumerate(of.queries):
        x = i * (LABEL + cell)
        parts += _upright(strip, side + top - 4, x + LABEL - 4, top + side)
        parts += shapes.cells(strip.values, strip.kind, cell, cell, down=True).at(x + LABEL, top)
    parts += _corner(of, cell)
    right = left + side
    for strip in of.results:
        right += SPACE
        column = shapes.cells(strip.values, strip.kind, cell, cell, down=True, wrong=strip.wrong)
        parts += column.at(right, top)
        right += cell
        parts += _upright(strip, side, right + LABEL - 3, top + side)
        right += LABEL
    bottom = top + side
    for strip in of.values:
        parts += shapes.cells(strip.values, strip.kind, cell, cell).at(left, bottom + SPACE)
        parts += _named(strip, room, left, bottom + SPACE + cell + LABEL - 4)
        bottom += SPACE + cell + LABEL
    labels = [left + min(ems(s.label) * SMALL, room) for s in (*of.keys, *of.values)]
    return Box(max(right, *labels), bottom, tuple(parts))


def left_of(of: Attention) -> float:
    """Where the matrix begins: the width of what stands at its left."""
    n = len(of.cells)
    return len(of.queries) * (LABEL + cell_size(n)) + SPACE if 0 < n <= MOST_CELLS else NAMES


def _named(strip: Strip, width: float, x: float, y: float) -> tuple[Element, ...]:
    return (shapes.text(strip.label, x, y, width, size=SMALL, cls=f"hw-name-{strip.kind}"),)


def _upright(strip: Strip, length: float, x: float, y: float) -> tuple[Element, ...]:
    """A name written upwards, from (x, y)."""
    words = shapes.text(strip.label, 0, 0, length, size=SMALL, cls=f"hw-name-{strip.kind}", least=LEAST)
    return (shapes.turned(words, x, y),)


def _corner(of: Attention, cell: float) -> list[Element]:
    """Where a row of keys would meet a column of queries: how the two are compared."""
    parts: list[Element] = []
    for i, sign in enumerate(of.signs):
        x = i * (LABEL + cell) + LABEL + cell / 2
        y = i * (LABEL + cell) + LABEL + cell / 2 + 4
        parts.append(shapes.text(sign, x, y, cell + 6, size=TEXT, anchor="middle", cls="hw-bold", least=8))
        if i and of.join:
            parts.append(shapes.text(of.join, x, y - LABEL - cell, cell, anchor="middle", cls="hw-muted"))
    return parts


def _ground(n: int, cell: float, causal: bool) -> list[Element]:
    """The empty matrix: its ground, what a causal mask hides, and the lines between its cells."""
    side = n * cell
    parts = [shapes.rect(0.5, 0.5, side - 1, side - 1, cls="hw-cells")]
    if causal:
        parts += [shapes.rect((i + 1) * cell, i * cell, side - (i + 1) * cell, cell, "hw-masked") for i in range(n - 1)]
    inner = [i * cell for i in range(1, n)]
    across = [(1.0, at, side - 2, 0.0) for at in inner]
    down = [(at, 1.0, 0.0, side - 2) for at in inner]
    if inner:
        parts.append(shapes.path(iter(across + down), "hw-grid"))
    return parts


def _selected(of: Attention, cell: float) -> Box:
    n = len(of.cells)
    on: list[Element] = []
    failed: list[Element] = []
    for i, cells in enumerate(of.cells):
        for j, c in enumerate(cells):
            if isinstance(c, Failure):
                failed.append(_failure(c, j * cell, i * cell, cell))
            elif c:
                square = shapes.rect(j * cell + 1.5, i * cell + 1.5, cell - 3, cell - 3, rx=2)
                on.append(shapes.group([square], title=f"query {i} selects key {j}") if n <= SPOKEN else square)
    parts = [*_ground(n, cell, of.causal), shapes.group(on, "hw-on"), *failed]
    whole = shapes.group(parts, "hw-matrix", rows=n, columns=n, selected=len(on))
    return Box(n * cell, n * cell, (whole,))


def _failure(failure: Failure, x: float, y: float, cell: float) -> Element:
    cross = shapes.text("✗", x + cell / 2, y + cell / 2 + 4, cell, anchor="middle")
    parts = [shapes.rect(x + 1.5, y + 1.5, cell - 3, cell - 3, rx=2), cross]
    return shapes.group(parts, "hw-failed", title=full(failure))


def _weighted(weights: npt.NDArray[Any], of: Attention, cell: float) -> Box:
    """Weights as squares the darker the larger, with the number where it is neither nearly 0 nor nearly 1; as discs
    those that are tiny but count, since the head multiplies what it reads by its gain."""
    n = len(weights)
    strong: list[Element] = []
    faint: list[Element] = []
    marks: list[Element] = []
    for i, j in np.argwhere(_weight_shown(weights, of.gain) >= VISIBLE).tolist():
        w = float(weights[i, j])
        amplified = w < VISIBLE
        shade = max(0.08, round(min(1.0, w * of.gain if amplified else w), 3))
        inset = 5.0 if amplified else 1.5
        size = cell - 2 * inset
        mark = shapes.rect(
            j * cell + inset, i * cell + inset, size, size, rx=shapes.px(size / 2) if amplified else 2, opacity=shade
        )
        marks.append(shapes.group([mark], title=f"{i} attends to {j}: {w:.3g}") if n <= SPOKEN else mark)
        if VISIBLE <= w < 1 - VISIBLE and cell >= 20:
            content = shapes.text(
                number(w), (j + 0.5) * cell, (i + 0.5) * cell + 3.5, cell - 4, size=9, anchor="middle"
            )
            (strong if w > 0.55 else faint).append(content)
    parts = [*_ground(n, cell, of.causal), shapes.group(marks, "hw-on")]
    parts += [shapes.group(strong, "hw-onto")] if strong else []
    parts += [shapes.group(faint)] if faint else []
    return Box(n * cell, n * cell, (shapes.group(parts, "hw-matrix", rows=n, columns=n, selected=len(marks)),))


def _weight_shown(weights: npt.NDArray[Any], gain: float) -> npt.NDArray[Any]:
    """What the shade of a weight says: the weight, or of a tiny one what the head makes of it."""
    return np.where(weights < VISIBLE, np.minimum(1, weights * gain), weights) if gain > AMPLIFIES else weights


def _long(of: Attention) -> Box:
    """A head on a long input: a heat map, and the sequences beside it as lines of text."""
    if isinstance(of.cells, np.ndarray):
        weights = _weight_shown(of.cells, of.gain)
    else:
        weights = np.array([[not isinstance(c, Failure) and bool(c) for c in cells] for cells in of.cells], float)
    picture = heat.heat_map(weights, of.causal)
    lines = []
    for strip in (*of.keys, *of.queries, *of.values, *of.results):
        words = f"{strip.label}  {row(list(strip.values), 6)}"
        lines.append(shapes.line(words, picture.width, size=SMALL, cls=f"hw-name-{strip.kind}"))
    return shapes.below([*lines, picture], GAP / 2)
