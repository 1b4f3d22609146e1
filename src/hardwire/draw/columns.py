"""The columns shared by all rows of a model's picture: names at the left, then BOS, then one per token."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from . import shapes
from .metrics import ems, number, number_in, rounding
from .sequence import positions, strip
from .shapes import Box, Element
from .theme import GAP, LEAST, MOST_CELLS, MOST_SQUARES, SMALL

LEAST_NAMES, MOST_NAMES = 180.0, 252.0
"""The least and the greatest width of the names of rows."""
SPACE = 4.0
"""The gap between the queries, BOS and the tokens."""
NAMED = 11.0
"""The font size of the names of rows."""
ENDS = 4
"""The number of values shown at the start and at the end of a very long row."""

Floats = npt.NDArray[Any]


class Bos:
    """The BOS token, which precedes the tokens."""

    def __repr__(self) -> str:
        return "BOS"


@dataclass(frozen=True)
class Columns:
    """The places of the columns. Boxes made here begin at the left edge of the names."""

    tokens: Sequence[Any]
    names: float = MOST_NAMES
    """The width of the names of rows."""

    @cached_property
    def cell(self) -> tuple[float, float]:
        """The width and height of a cell."""
        for most, size in ((12, (40.0, 22.0)), (20, (32.0, 21.0)), (40, (27.0, 19.0)), (60, (19.0, 16.0))):
            if len(self.tokens) <= most:
                return size
        return 16.0, 15.0

    @property
    def long(self) -> bool:
        """Whether there are too many tokens for one cell each."""
        return len(self.tokens) > MOST_CELLS

    @property
    def queries(self) -> float:
        """The start of the column at the left of BOS, with queries or the values of logits."""
        return self.names

    @property
    def bos(self) -> float:
        return self.names + self.cell[0] + SPACE

    @property
    def first(self) -> float:
        """The start of the column of the first token."""
        return self.bos + self.cell[0] + SPACE

    @property
    def width(self) -> float:
        return self.first + len(self.tokens) * self.cell[0]

    def header(self, kind: str = "input", *, bos: bool = True) -> Box:
        """Return BOS and the tokens, with positions above them if there are many."""
        width, height = self.cell
        n = len(self.tokens)
        ticks = positions(n, width) if n > MOST_SQUARES else Box(0, 0)
        parts = [*ticks.at(self.first, 0)]
        parts += shapes.cells([Bos()] if bos else [], kind, width, height).at(self.bos, ticks.height)
        parts += shapes.cells(self.tokens, kind, width, height).at(self.first, ticks.height)
        return Box(self.width, ticks.height + height, tuple(parts))

    def values(
        self, name: str, values: Sequence[Any], kind: str, *, said: str, tag: str = "", wrong: Sequence[bool] = ()
    ) -> Box:
        """Return a row of values, one per token."""
        if self.long:
            label = shapes.line(name, self.names, size=NAMED, cls="hw-bold", full=said)
            return shapes.below([label, strip(values, kind, wrong=wrong)], 2)
        width, height = self.cell
        cells = shapes.cells(values, kind, width, height, wrong=wrong)
        return Box(self.width, cells.height, (*self.name(name, said, tag=tag, cls="hw-bold"), *cells.at(self.first, 0)))

    def numbers(
        self, name: str, values: Floats, *, said: str, tag: str = "", kind: str = "", of: int | None = None
    ) -> Box:
        """Return a row of numbers, one for BOS and one for each token: (n+1,).

        The larger a number, the darker its cell; `kind` sets the colours of the cells. Counts are shown as parts `of` a
        total.
        """
        label = self.name(name, said, tag=tag, cls=f"hw-name-{kind}" if kind else "")
        if self.long:
            shown = [number(float(v)) for v in values]
            words = ", ".join([*shown[:ENDS], "…", *shown[-ENDS:]])
            return Box(self.names + 500, 18, (*label, shapes.text(words, self.names, 13, 500, size=SMALL)))
        width, height = self.cell
        largest = max(1.0, float(np.abs(values).max(initial=0))) if of is None else float(of)
        places = [self.bos, *(self.first + j * width for j in range(len(values) - 1))]
        parts: list[Element] = []
        for x, v in zip(places, values.tolist(), strict=True):
            parts += _number(float(v), x, (width, height), largest, kind, "" if of is None else f"/{of}")
        whole = shapes.group(parts, "hw-mid", f"hw-{kind}" if kind else "hw-residual", numbers=len(values))
        return Box(self.width, height, (*label, whole))

    def name(self, name: str, said: str, *, tag: str = "", cls: str = "") -> tuple[Element, ...]:
        """Return the name of a row, which ends where the cells begin, with the kind of row at its left."""
        base = self.cell[1] / 2 + 4
        words = [shapes.text(tag, 0, base, self.names, size=SMALL, cls="hw-muted")] if tag else []
        room = self._room(tag)
        at = self._end
        return (
            *words,
            shapes.text(name, at, base, room, size=NAMED, anchor="end", cls=cls, least=9, full=said or None),
        )

    def fits(self, name: str, tag: str) -> bool:
        """Whether the name of a row with that tag need not be cut."""
        return ems(name) * 9 <= self._room(tag)

    @property
    def _end(self) -> float:
        return self.names - GAP + (0 if self.long else self.cell[0])

    def _room(self, tag: str) -> float:
        return self._end - (ems(tag) * SMALL + GAP if tag else 0.0)

    def caption(self, words: str) -> Box:
        """Return a heading for the rows below it."""
        return shapes.line(words, max(self.width, self.names + 200), size=SMALL, cls="hw-muted")


def names_width(names: Iterable[str]) -> float:
    """The width that the names of rows need, next to their tags."""
    need = max((ems(name) * NAMED for name in names), default=0.0) + ems("decoded") * SMALL + GAP
    return min(MOST_NAMES, max(LEAST_NAMES, need))


def _number(v: float, x: float, cell: tuple[float, float], largest: float, kind: str, after: str) -> list[Element]:
    width, height = cell
    shown, size = number_in(v, width - 3 - ems(after) * LEAST, 11)
    parts: list[Element] = []
    if kind:
        parts.append(shapes.rect(x + 0.5, 0.5, width - 1, height - 1, rx=2))
    elif shown != "0":
        share = round(0.1 + 0.35 * min(1.0, abs(v) / largest), 2)
        sign = "hw-plus" if v > 0 else "hw-minus"
        parts.append(shapes.rect(x + 0.5, 0.5, width - 1, height - 1, sign, rx=2, opacity=share))
    look = "hw-muted" if shown == "0" and not kind else ""
    text = shown if shown == "0" else shown + after
    full = rounding(shown, v)
    parts.append(shapes.text(text, x + width / 2, height / 2 + 0.35 * size, width - 2, size=size, cls=look, full=full))
    return parts
