"""Selection as a matrix: keys on top, queries at the left, values below, results at the right.

With more than `MOST_CELLS` cells per side it is a heat map (heat.py), with the sequences as rows of cells above it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from ..run import Failure
from . import heat, shapes
from .metrics import ems, full, least_side
from .sequence import listing, positions
from .shapes import Box, Element
from .theme import GAP, MOST_CELLS, MOST_SQUARES, READABLE, SMALL, TEXT, cell_size

LABEL = 15.0
"""The height of the name of a strip of cells."""
LEAST_LABEL = 300.0
"""The least width of such a name."""
SPACE = 5.0
"""The gap between a strip of cells and the matrix."""
NAMES = 64.0
"""The start of the input above a heat map."""
SPOKEN = 20
"""Up to this size every selected cell has its own tooltip."""
BEATEN = 0.28
"""The shade of a selected cell whose value is not used, since another key has a better score."""


@dataclass(frozen=True)
class Strip:
    """A sequence at the edge of a matrix: its label, its kind, and its values."""

    label: str
    kind: str
    values: Sequence[Any]


@dataclass(frozen=True)
class Corner:
    """The comparison of keys and queries: a sign for each pair of them, and how the comparisons are combined.

    This is one `operator` between all of them, or a `formula` in which they have `letters`.
    """

    signs: tuple[str, ...] = ()
    operator: str = ""
    letters: tuple[str, ...] = ()
    formula: str = ""


@dataclass(frozen=True)
class AttentionMatrix:
    """The content of the picture of a selector or aggregate. `cells` are the matrix: True, False or failures, by row.

    `picked` has for each query the one selected key whose value is used; it is None if all selected values are used.
    """

    cells: Sequence[Sequence[Any]]
    keys: Sequence[Strip]
    queries: Sequence[Strip]
    corner: Corner = Corner()
    values: Sequence[Strip] = ()
    results: Sequence[Strip] = ()
    causal: bool = False
    picked: Sequence[int | None] | None = None

    @cached_property
    def cell(self) -> float:
        """The side of a cell: the usual one for inputs of this length, or more if the numbers at the edges need it."""
        every = (*self.keys, *self.queries, *self.values, *self.results)
        return max(cell_size(len(self.cells)), *(least_side(s.values) for s in every), 0.0)

    @property
    def left(self) -> float:
        """The start of the matrix: the width of the columns at its left."""
        return self.left_of(self.cell)

    def left_of(self, width: float) -> float:
        """The start of the matrix if its cells have that width."""
        return len(self.queries) * (LABEL + width) + SPACE if 0 < len(self.cells) <= MOST_CELLS else NAMES


def attention(of: AttentionMatrix, cell: tuple[float, float] | None = None, left: float = 0.0) -> Box:
    """The picture of a selector or an aggregate, with cells of that width and height; the matrix starts at `left` or,
    if the queries need more room, farther right."""
    n = len(of.cells)
    if n == 0:
        return shapes.placed(shapes.note("no positions", 200), left, 0)
    if n > MOST_CELLS:
        return _long(of)
    width, height = cell or (of.cell, of.cell)
    side = n * width
    start = of.left_of(width)
    left = max(left, start)
    room = max(side + 3 * width, LEAST_LABEL)
    ticks = positions(n, width) if n > MOST_SQUARES else Box(0, 0)
    names = [_label(key, room) for key in of.keys]
    tops: list[float] = []  # where the cells of each row of keys begin
    top = ticks.height
    for name in names:
        tops.append(top + max(LABEL, name.height))
        top = tops[-1] + height
    top += SPACE
    body = _selected(of, width, height) if n <= MOST_SQUARES else _stroked(of, width, height)
    parts: list[Element] = [*ticks.at(left, 0), *body.at(left, top)]
    for key, name, y in zip(of.keys, names, tops, strict=True):
        parts += name.at(left, y - name.height)
        parts += shapes.cells(key.values, key.kind, width, height).at(left, y)
    above: list[Box] = []
    bottom = top + n * height
    for i, query in enumerate(of.queries):
        x = left - start + i * (LABEL + width)
        parts += _upright(query, n * height, x + LABEL - 4, bottom)
        parts += shapes.cells(query.values, query.kind, width, height, down=True).at(x + LABEL, top)
        if not _has_room(query.label, n * height):
            letter = f"{of.corner.letters[i]}: " if of.corner.letters else ""
            above.append(_label(Strip(letter + query.label, query.kind, ()), left + room))
    parts += _corner(of.corner, (width, height), left - start, tops)
    right = left + side
    for result in of.results:
        right += SPACE
        parts += shapes.cells(result.values, result.kind, width, height, down=True).at(right, top)
        right += width
        parts += _upright(result, n * height, right + LABEL - 3, bottom)
        right += LABEL
    labels = [left + name.width for name in names]
    for value in of.values:
        parts += shapes.cells(value.values, value.kind, width, height).at(left, bottom + SPACE)
        name = _label(value, room)
        parts += name.at(left, bottom + SPACE + height + 1)
        labels.append(left + name.width)
        bottom += SPACE + height + name.height + 1
    return shapes.below([*above, Box(max(right, *labels), bottom, tuple(parts))], SPACE)


def _label(strip: Strip, width: float) -> Box:
    """Return the name of a row of cells, on several lines if it is long."""
    return shapes.paragraph(strip.label, width, lines=3, size=SMALL, cls=f"hw-name-{strip.kind}")


def _has_room(label: str, length: float) -> bool:
    return ems(label) * READABLE <= length


def _upright(strip: Strip, length: float, x: float, y: float) -> tuple[Element, ...]:
    """Return a vertical name from (x, y), next to its cells; only the first word of a long one."""
    label = strip.label if _has_room(strip.label, length) else strip.label.split("(")[0]
    cls = f"hw-name-{strip.kind}"
    words = shapes.text(
        label, 0, 0, length, size=SMALL, cls=cls, least=READABLE, full=None if label == strip.label else strip.label
    )
    return (shapes.turned(words, x, y),)


def _corner(corner: Corner, cell: tuple[float, float], left: float, tops: Sequence[float]) -> list[Element]:
    """Return the corner between a row of keys and a column of queries, with their comparison."""
    parts: list[Element] = []
    width, height = cell
    step = LABEL + width
    lines = [top + height / 2 + 4 for top in tops]
    for i, sign in enumerate(corner.signs):
        x = left + i * step + LABEL + width / 2
        word = f"{corner.letters[i]}: {sign}" if corner.letters else sign
        middle = x - LABEL / 2 if ems(word) * TEXT > width else x
        parts.append(shapes.text(word, middle, lines[i], step - 2, size=TEXT, anchor="middle", cls="hw-bold", least=8))
        if i and corner.operator:
            parts.append(shapes.text(corner.operator, x, lines[i - 1], width, anchor="middle", cls="hw-muted"))
    if corner.formula:
        parts.append(shapes.text(corner.formula, left, tops[0] - 4, len(corner.signs) * step, cls="hw-bold"))
    return parts


def _ground(n: int, width: float, height: float, *, causal: bool) -> list[Element]:
    """Return the empty matrix: its background, the part hidden by a causal mask, and the lines between its cells."""
    right, bottom = n * width, n * height
    parts = [shapes.rect(0.5, 0.5, right - 1, bottom - 1, cls="hw-cells")]
    if causal:
        parts += [
            shapes.rect((i + 1) * width, i * height, right - (i + 1) * width, height, "hw-masked") for i in range(n - 1)
        ]
    across = [(1.0, i * height, right - 2, 0.0) for i in range(1, n)]
    down = [(i * width, 1.0, 0.0, bottom - 2) for i in range(1, n)]
    if across:
        parts.append(shapes.path(iter(across + down), "hw-grid"))
    return parts


def _selected(of: AttentionMatrix, width: float, height: float) -> Box:
    n = len(of.cells)
    on: list[Element] = []
    failed: list[Element] = []
    for i, cells in enumerate(of.cells):
        for j, c in enumerate(cells):
            x, y = j * width, i * height
            if isinstance(c, Failure):
                failed.append(_failure(c, x, y, (width, height)))
            elif c:
                beaten = of.picked is not None and of.picked[i] != j
                square = shapes.rect(x + 1.5, y + 1.5, width - 3, height - 3, rx=2, opacity=BEATEN if beaten else None)
                taken = "" if of.picked is None else ", but takes another" if beaten else " and takes its value"
                said = f"query {i} selects key {j}{taken}"
                on.append(shapes.group([square], title=said) if n <= SPOKEN else square)
    parts = [*_ground(n, width, height, causal=of.causal), shapes.group(on, "hw-on"), *failed]
    whole = shapes.group(parts, "hw-matrix", rows=n, columns=n, selected=len(on))
    return Box(n * width, n * height, (whole,))


def _stroked(of: AttentionMatrix, width: float, height: float) -> Box:
    """Return the same if there are too many cells for one square each."""
    n = len(of.cells)
    shares = _shares(of)
    parts = [*_ground(n, width, height, causal=of.causal), *heat.strokes(shares, width, height)]
    whole = shapes.group(parts, "hw-heatmap", rows=n, columns=n, step=1, selected=int((shares > 0).sum()))
    return Box(n * width, n * height, (whole,))


def _shares(of: AttentionMatrix) -> heat.HeatMatrix:
    """Return the shade of each cell."""
    shares = np.array([[not isinstance(c, Failure) and bool(c) for c in cells] for cells in of.cells], float)
    if of.picked is not None:
        taken = np.zeros(shares.shape, bool)
        for i, j in enumerate(of.picked):
            if j is not None:
                taken[i, j] = True
        shares[(shares > 0) & ~taken] = BEATEN
    return shares


def _failure(failure: Failure, x: float, y: float, cell: tuple[float, float]) -> Element:
    width, height = cell
    cross = shapes.text("✗", x + width / 2, y + height / 2 + 4, width, anchor="middle")
    parts = [shapes.rect(x + 1.5, y + 1.5, width - 3, height - 3, rx=2), cross]
    return shapes.group(parts, "hw-failed", title=full(failure))


def _long(of: AttentionMatrix) -> Box:
    """Return the picture for a very long input: a heat map, with the sequences as lines of text above it."""
    picture = heat.heat_map(_shares(of), causal=of.causal)
    rows = [listing(x.label, x.values, x.kind) for x in (*of.keys, *of.queries, *of.values, *of.results)]
    return shapes.below([*rows, picture], GAP)
