"""The logits of a model: a row for each output value, and at each position the greatest as the winner."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..model.transformer import Transformer
from . import shapes
from .columns import Columns, Floats
from .metrics import number_in, rounding
from .shapes import Box, Element
from .theme import GAP

DIGITS = 3
"""The number of digits of a logit: the winner is often ahead by little."""
MOST_OUTPUTS = 8
"""The number of output values that have a row."""


def logits(model: Transformer, input: Any, result: Sequence[Any], columns: Columns) -> Box:
    """The panel of the logits, with the result below."""
    heading = shapes.heading("logits", 200)
    answer = columns.values("result", result, "result", said="the output value with the greatest logit")
    if model.outputs is None or columns.long or not columns.tokens:
        return shapes.below([shapes.heading("result", 200), answer], GAP / 2)
    found = model.logits(input)
    shown = _shown(found)
    rows = [columns.header(bos=False), *(_row(model.outputs[i], i, found, columns) for i in shown)]
    if len(shown) < found.shape[1]:
        rows.append(columns.caption(f"… {found.shape[1] - len(shown)} more output values, which win nowhere"))
    note = columns.caption("a score for each output value; the greatest at each position wins")
    return shapes.below([heading, note, shapes.below(rows, 2), answer], GAP)


def _shown(logits: Floats) -> list[int]:
    """Return the output values to show: all if they are few, otherwise those that rank first, second, ... somewhere."""
    n = logits.shape[1]
    if n <= MOST_OUTPUTS:
        return list(range(n))
    winners = set(logits.argmax(axis=1).tolist())
    order = np.argsort(-logits, axis=1, kind="stable")
    chosen = dict.fromkeys(sorted(winners))
    for rank in order.T.tolist():
        for i in sorted(set(rank)):
            if len(chosen) < MOST_OUTPUTS:
                chosen.setdefault(i)
    return sorted(chosen)


def _row(value: Any, index: int, logits: Floats, columns: Columns) -> Box:
    width, height = columns.cell
    parts: list[Element] = [*shapes.cells([value], "result", width, height).at(columns.bos, 0)]
    wins: list[Element] = []
    rest: list[Element] = []
    for j, row in enumerate(logits):
        x = columns.first + j * width
        v = float(row[index])
        won = int(row.argmax()) == index
        shown, size = number_in(v, width - 3, 11, DIGITS)
        cls = "hw-bold" if won else "hw-muted"
        middle, base = x + width / 2, height / 2 + 0.35 * size
        text = shapes.text(shown, middle, base, width, size=size, cls=cls, full=rounding(shown, v))
        if won:
            ground = shapes.group([shapes.rect(x + 1, 1, width - 2, height - 2, rx=2)], "hw-on")
            wins.append(shapes.group([ground, text], "hw-onto", "hw-mid"))
        else:
            rest.append(text)
    row_of = shapes.group([*wins, shapes.group(rest, "hw-mid")], "hw-logits", winners=len(wins))
    return Box(columns.width, height, (*parts, row_of))
