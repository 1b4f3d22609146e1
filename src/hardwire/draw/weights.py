"""The attention of a head of a model: a matrix below the tokens, its values below, its output at the right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..lang.cut import rounded
from ..model.circuit import HeadNote
from ..model.transformer import Head
from . import heat, shapes
from .columns import SPACE, Bos, Columns, Floats
from .metrics import number_in, rounding
from .shapes import Box, Element
from .theme import GAP, MOST_SQUARES, SMALL

AMPLIFIES = 1000.0
"""The least gain for which tiny weights matter; a smaller one is only the size of the values."""
VISIBLE = 0.005
"""The least weight that is drawn with its own shade."""
MOST_VALUES = 3
"""The number of output coordinates of a head that are shown."""
LEAST_LINES = 3
"""The least number of lines for the inputs of a head, however small its matrix is."""
LINE = 14.0
"""The height of a small line of text."""
SPOKEN = 21
"""Up to this size every weight has its own tooltip."""


@dataclass(frozen=True)
class Attended:
    """A head on an input of n tokens.

    weights: (n+1, n+1), BOS first; read: (n+1, d_model), the head's input; `moved` says whether the head adds anything
    at BOS. `note` describes the head, `names` are the names of the coordinates.
    """

    name: str
    head: Head
    weights: Floats
    read: Floats
    note: HeadNote | None
    names: dict[int, str]
    plain: bool

    @property
    def gain(self) -> float:
        """The greatest factor by which the head multiplies a coordinate of its input."""
        return float(np.abs(self.head.w_v.astype(np.float64) @ self.head.w_o.astype(np.float64)).max(initial=0))

    @property
    def written(self) -> list[int]:
        """The coordinates of its output, the most important first."""
        size = np.abs(self.head.w_o).max(axis=0, initial=0)
        order = np.argsort(-size, kind="stable")
        return [int(i) for i in order if size[i] > 1e-6 * max(1e-30, float(size.max()))]

    def values(self, index: int) -> Floats:
        """Return what each key adds to a coordinate if all attention is on it, without the gain, (n+1,)."""
        out: Floats = (
            self.read.astype(np.float64) @ self.head.w_v.astype(np.float64) @ self.head.w_o[:, index].astype(float)
        )
        return out / self.gain if self.gain > AMPLIFIES else out

    def added(self, index: int) -> Floats:
        """Return what the head adds to a coordinate at each position, (n+1,)."""
        moved: Floats = self.weights.astype(np.float64) @ self.values(index)
        return moved * self.gain if self.gain > AMPLIFIES else moved


def head_box(of: Attended, columns: Columns) -> Box:
    """The picture of a head."""
    if columns.long:
        return _long(of, columns)
    width, height = columns.cell
    rows = _rows(of, columns)
    queries = [Bos(), *columns.tokens] if rows == 0 else list(columns.tokens)
    weights = of.weights[rows:]
    keys = columns.header("key")
    top = keys.height + SPACE
    parts: list[Element] = [*keys.at(0, 0)]
    parts += shapes.cells(queries, "query", width, height, down=True).at(columns.queries, top)
    parts += _cells(weights[:, :1], of.gain, (width, height), rows, 0).at(columns.bos, top)
    parts += _cells(weights[:, 1:], of.gain, (width, height), rows, 1).at(columns.first, top)
    right = columns.width
    written = of.written[:MOST_VALUES] if of.plain else []
    for index in written:
        right += SPACE
        parts += _result(of.added(index)[rows:], (width, height)).at(right, top)
        right += width
        words = of.names.get(index, f"direction {index}")
        label = shapes.text(words, 0, 0, len(queries) * height, size=SMALL, cls="hw-name-result")
        parts.append(shapes.turned(label, right + 11, top + len(queries) * height))
        right += 15
    body = Box(right, top + len(queries) * height, tuple(parts))
    said = _said(of, columns.names - GAP, body.height)
    body = Box(body.width, max(body.height, said.height), (*said.parts, *body.parts))
    below = [_values(of, index, columns, alone=len(written) == 1) for index in written]
    return shapes.below([body, *below], SPACE)


def _rows(of: Attended, columns: Columns) -> int:
    """The first row to show: BOS only if the head adds something there, or if the input is empty."""
    moves = any(abs(of.added(index)[0]) > 1e-3 for index in of.written)
    return 0 if moves or not columns.tokens else 1


def _values(of: Attended, index: int, columns: Columns, *, alone: bool) -> Box:
    name = of.names.get(index, f"direction {index}")
    values = of.values(index)
    label = "value" if alone else f"value for {name}"
    said = f"what each key adds to {name} where all attention is on it"
    return columns.numbers(label, values, said=said, kind="value")


def _result(values: Floats, cell: tuple[float, float]) -> Box:
    """Return what a head adds at each query, as a column."""
    width, height = cell
    parts: list[Element] = []
    for i, v in enumerate(values.tolist()):
        shown, size = number_in(v, width - 3, 11)
        y = i * height
        parts.append(shapes.rect(0.5, y + 0.5, width - 1, height - 1, rx=2))
        parts.append(
            shapes.text(shown, width / 2, y + height / 2 + 0.35 * size, width, size=size, full=rounding(shown, v))
        )
    whole = shapes.group(parts, "hw-result", "hw-mid", numbers=len(values))
    return Box(width, len(values) * height, (whole,))


def _said(of: Attended, width: float, height: float) -> Box:
    """Return the description of the head as text at the left of its matrix, if possible of the same height."""
    recipe = "head" if of.note is None else f"head: {of.note.recipe}"
    lines = [shapes.paragraph(of.name, width, lines=2, cls="hw-bold"), _small(recipe, width, 2)]
    if of.note is not None and of.note.expression not in (of.name, of.name.partition("#")[0]):
        lines.append(shapes.paragraph(of.note.expression, width, lines=3, size=SMALL))
    if of.note is not None and of.note.writes:
        lines.append(_small(f"writes {', '.join(of.note.writes)}", width, 2))
    if of.gain > AMPLIFIES:
        lines.append(_small(f"discs: tiny weights, which count {rounded(of.gain, 2)[0]} times", width, 2))
    if of.note is not None and of.note.reads:
        left = height - sum(line.height + 2 for line in lines)
        every = f"reads {', '.join(of.note.reads)}"
        words = f"reads {', '.join(_grouped(of.note.reads))}"
        full = every if words != every else None
        most = max(LEAST_LINES, int(left / LINE))
        lines.append(shapes.paragraph(words, width, lines=most, size=SMALL, cls="hw-muted", full=full))
    return shapes.below(lines, 2)


def _grouped(names: Sequence[str]) -> list[str]:
    """Return the names of directions, with those that encode one expression together combined."""
    parts = [name.partition(".map(code ") for name in names]
    shared = {stem for stem, code, _ in parts if code and sum(p[0] == stem and bool(p[1]) for p in parts) > 1}
    return list(dict.fromkeys(f"{p[0]}.map(codes)" if p[1] and p[0] in shared else "".join(p) for p in parts))


def _small(words: str, width: float, lines: int) -> Box:
    return shapes.paragraph(words, width, lines=lines, size=SMALL, cls="hw-muted")


def _cells(weights: Floats, gain: float, cell: tuple[float, float], row: int, column: int) -> Box:
    """Return weights as cells, the darker the larger, with the number unless it is nearly 0 or 1. Tiny weights that
    matter, since the head multiplies its input by its gain, are discs.

    `row` and `column` are the positions of the first query and key, BOS being 0.
    """
    n, m = weights.shape
    width, height = cell
    if not n or not m:
        return Box(0, 0)
    ground = [shapes.rect(0.5, 0.5, m * width - 1, n * height - 1, cls="hw-cells")]
    lines = [(1.0, i * height, m * width - 2, 0.0) for i in range(1, n)]
    lines += [(j * width, 1.0, 0.0, n * height - 2) for j in range(1, m)]
    ground += [shapes.path(iter(lines), "hw-grid")] if lines else []
    if max(n, m) > MOST_SQUARES:
        shares = weight_shown(weights, gain)
        shares = np.where(shares >= VISIBLE, shares, 0)
        parts = [*ground, *heat.strokes(shares, width, height)]
        selected = int((shares > 0).sum())
        whole = shapes.group(parts, "hw-heatmap", rows=n, columns=m, step=1, selected=selected)
        return Box(m * width, n * height, (whole,))
    marks = _marks(weights, gain, cell, row, column)
    parts = [*ground, shapes.group([e for e, _, _ in marks], "hw-on")]
    for strong, look in ((True, ["hw-onto", "hw-mid"]), (False, ["hw-mid"])):
        words = [text for _, text, dark in marks if text is not None and dark is strong]
        parts += [shapes.group(words, *look)] if words else []
    whole = shapes.group(parts, "hw-matrix", rows=n, columns=m, selected=len(marks))
    return Box(m * width, n * height, (whole,))


def _marks(
    weights: Floats, gain: float, cell: tuple[float, float], row: int, column: int
) -> list[tuple[Element, Element | None, bool]]:
    """Yield for each drawn weight its square or disc, its number, and whether its background is dark."""
    width, height = cell
    found: list[tuple[Element, Element | None, bool]] = []
    for i, j in np.argwhere(weight_shown(weights, gain) >= VISIBLE).tolist():
        w = float(weights[i, j])
        amplified = w < VISIBLE
        shade = max(0.08, round(min(1.0, w * gain if amplified else w), 3))
        across, down = (width - 3, height - 3) if not amplified else (height - 8, height - 8)
        x, y = (j + 0.5) * width - across / 2, (i + 0.5) * height - down / 2
        mark = shapes.rect(x, y, across, down, rx=shapes.px(down / 2) if amplified else 2, opacity=shade)
        if len(weights) <= SPOKEN:
            said = f"{_position(i + row)} attends to {_position(j + column)}: {w:.3g}"
            mark = shapes.group([mark], title=said)
        text = None
        if VISIBLE <= w < 1 - VISIBLE and width >= 20:
            shown, size = number_in(w, width - 4, 10)
            text = shapes.text(shown, (j + 0.5) * width, (i + 0.5) * height + 0.35 * size, width, size=size)
        found.append((mark, text, w > 0.55))
    return found


def _position(index: int) -> str:
    """Return a position as in the program."""
    return "BOS" if index == 0 else str(index - 1)


def weight_shown(weights: Floats, gain: float) -> Floats:
    """Return the value that the shade shows: the weight, or for a tiny one its product with the gain."""
    return np.where(weights < VISIBLE, np.minimum(1, weights * gain), weights) if gain > AMPLIFIES else weights


def _long(of: Attended, columns: Columns) -> Box:
    """Return the picture for a very long input: a heat map of the tokens, preceded by a column of the attention to
    BOS."""
    shares = weight_shown(of.weights[1:], of.gain)
    picture = heat.heat_map(shares[:, 1:], bos=shares[:, :1])
    return shapes.beside([_said(of, columns.names - GAP, picture.height), picture])
