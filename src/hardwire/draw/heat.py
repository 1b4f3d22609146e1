"""Heat maps: matrices of long inputs, with ticks at the positions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from . import shapes
from .shapes import Box, Element
from .theme import SMALL

SIDE = 640.0
"""The approximate size of a heat map, in pixels."""
FINEST = 200
"""The greatest number of rows and columns; in longer inputs several positions share one."""
LEVELS = 8
"""The number of shades."""
BOS = 20.0
"""The width of the column of BOS."""
LEFT, TOP = 36.0, 18.0
"""The width of the ticks."""

HeatMatrix = npt.NDArray[Any]


def heat_map(weights: HeatMatrix, *, causal: bool = False, bos: HeatMatrix | None = None) -> Box:
    """weights: (n, m) of 0 to 1. Row i is query i, at the left; column j is key j, on top.

    bos: (n, 1), the attention of each query to BOS, which precedes the keys.
    """
    shares, step = _binned(weights)
    scale = SIDE / max(shares.shape)
    height, width = shares.shape[0] * scale, shares.shape[1] * scale
    parts: list[Element] = [shapes.rect(0, 0, width, height, cls="hw-cells")]
    if causal:
        parts.append(shapes.triangle(width, height, "hw-masked"))
    parts += strokes(shares, scale, scale)
    n, m = weights.shape
    selected = int((weights > 0).sum())
    heat = shapes.group(parts, "hw-heatmap", rows=n, columns=m, step=step, selected=selected)
    ticks = [*_ticks(m, scale / step, down=False), *_ticks(n, scale / step, down=True)]
    axes = [
        shapes.text("key", LEFT + width + 6, TOP - 5, 40, size=SMALL, cls="hw-name-key"),
        shapes.text("query", LEFT - 4, TOP + height + 12, 60, size=SMALL, anchor="end", cls="hw-name-query"),
    ]
    box = shapes.placed(Box(width, height, (heat,)), LEFT, TOP)
    whole = Box(box.width + 30, box.height + 16, (*box.parts, *ticks, *axes))
    return whole if bos is None else shapes.beside([_before(bos, height), whole], 0)


def _before(bos: HeatMatrix, height: float) -> Box:
    """Return BOS as a separate column, so that the others are counted as in the program."""
    shares = _binned(bos)[0]
    parts: list[Element] = [shapes.rect(0, TOP, BOS, height, cls="hw-cells")]
    column = Box(BOS, height, tuple(strokes(shares, BOS, height / len(shares))))
    parts += column.at(0, TOP)
    parts.append(shapes.text("BOS", BOS / 2, TOP - 6, 30, size=SMALL, anchor="middle", cls="hw-name-key"))
    return Box(BOS + 6, TOP + height, tuple(parts))


def strokes(shares: HeatMatrix, width: float, height: float) -> list[Element]:
    """Return cells of the given size as strokes, the darker the larger the share. shares: (n, m) of 0 to 1."""
    levels = np.ceil(np.clip(shares, 0, 1) * LEVELS - 1e-6).astype(int)
    found = []
    for level in range(1, LEVELS + 1):
        runs = [(j, i + 0.5, k, 0.0) for i, j, k in _runs(levels == level)]
        if runs:
            scale = [shapes.scaled(width, height)]
            found.append(shapes.path(iter(runs), "hw-heat", stroke_opacity=level / LEVELS, transform=scale))
    return found


def _binned(weights: HeatMatrix) -> tuple[HeatMatrix, int]:
    """Return the greatest weight of each bin, and the number of positions in a bin."""
    step = -(-max(weights.shape) // FINEST)
    if step == 1:
        return weights, 1
    rows, columns = (-(-size // step) for size in weights.shape)
    if weights.shape[1] == 1:  # the column of BOS
        starts = range(0, len(weights), step)
        return np.array([[weights[i : i + step].max()] for i in starts]), step
    padded = np.zeros((rows * step, columns * step))
    padded[: weights.shape[0], : weights.shape[1]] = weights
    return padded.reshape(rows, step, columns, step).max(axis=(1, 3)), step


def _runs(cells: HeatMatrix) -> Iterator[tuple[int, int, int]]:
    """Yield (row, first column, length) of every run of adjacent cells in a row."""
    edges = np.diff(np.pad(cells.astype(np.int8), ((0, 0), (1, 1))), axis=1)
    for (i, j), (_, end) in zip(np.argwhere(edges == 1).tolist(), np.argwhere(edges == -1).tolist(), strict=True):
        yield i, j, end - j


def tick_step(n: int) -> int:
    """Return 1, 2 or 5 times a power of ten, so that there are about ten ticks."""
    power = 1
    while True:
        for step in (power, 2 * power, 5 * power):
            if n <= step * 11:
                return step
        power *= 10


def _ticks(n: int, scale: float, *, down: bool) -> Iterator[Element]:
    for i in range(0, n, tick_step(n)):
        at = (i + 0.5) * scale
        if down:
            yield shapes.text(str(i), LEFT - 7, TOP + at + 3.5, LEFT, size=SMALL, anchor="end", cls="hw-muted hw-tick")
            yield shapes.path(iter([(LEFT - 4, TOP + at, 4, 0.0)]), "hw-grid")
        else:
            yield shapes.text(str(i), LEFT + at, TOP - 6, 40, size=SMALL, anchor="middle", cls="hw-muted hw-tick")
            yield shapes.path(iter([(LEFT + at, TOP - 4, 0.0, 4)]), "hw-grid")
