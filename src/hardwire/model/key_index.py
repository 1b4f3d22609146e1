"""An index of the keys of a head: a step reads those that can have any weight, however long the text is.

The weights say which coordinates of the stream depend on the position alone, and rise or fall with it. Dimensions of
keys that read them are clocks, if all queries multiply them by the same number. Keys that agree in all dimensions, less
what clocks add, are a class; BOS is one of its own. Within a class

    without a clock, all keys are the same: their values are added up when they come;
    with a clock, each key scores more (or less) than the one before it: the last few (or the first few) are kept.

Where there are many classes, and each dimension of all keys has one size, as in codes of signs, the classes that agree
with the signs of the query are looked up, and read with BOS alone.

The classes are only a guess. That a key outscores the one before it is seen when it comes, from both; and keys are left
out only where, by a bound on their scores that allows for rounding, exp of a score less the greatest is 0 in the
model's own arithmetic. So the sums have the same terms as those over all keys, added up in another order, which
certificates allow. Where a bound does not hold at some step, that step reads all keys.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..numeric.floats import float_format
from .forward import Ints
from .weights import Floats, Head, Layer

Bools = npt.NDArray[np.bool_]

MANY = 256
"""With more classes than this they are not all compared with each query."""
MOST_KEPT = 16
"""The most keys of a class that are kept for a head with a clock."""
SPARE = 2.0
"""How much more than the necessary lead the keys that are kept allow for, so that bounds of rounding fit in."""
SHARE = 0.9
"""How much of its least step, by the weights, a clock must advance between two keys of a class."""
GRAINS = 8
"""How many parts of a step of a clock are distinguished in classes."""
BOS = b"BOS"


@dataclass(frozen=True, eq=False)
class KeyShape:
    """What the weights say of the keys of a head.

    clock: the dimension that is one, or -1. added: (max_len + 1,) what each position adds to it, and step: the signed
    least distance of two positions. pace: by how much a key outscores the one before it in its class, at least; if
    below 0, the one after it; 0 without a clock. kept: how many keys of a class are kept.
    """

    clock: int = -1
    added: Floats | None = None
    step: float = 0.0
    pace: float = 0.0
    kept: int = 1


def key_shapes(embed: Floats, positions: Floats | None, layers: Sequence[Layer]) -> list[list[KeyShape]]:
    """The shape of each head of each layer. embed: (1 + V, d_model); positions: (max_len + 1, d_model)."""
    exp_is_zero = float_format(embed.dtype.name).exp_is_zero
    stream = (embed[1:2] if positions is None else embed[1] + positions).astype(np.float64)
    steps = np.diff(stream[1:], axis=0)
    moves = (steps != 0).any(axis=0)
    rises = ((steps > 0).all(axis=0) | (steps < 0).all(axis=0)) & moves
    placed = (embed[1:] == embed[1:2]).all(axis=0)  # coordinates that neither tokens nor earlier layers write
    found: list[list[KeyShape]] = []
    for layer in layers:
        found.append([_shape(head, stream, placed & rises, placed & ~moves, exp_is_zero) for head in layer.heads])
        for writes in (*(head.w_o for head in layer.heads), layer.w_out):
            placed = placed & ~(writes != 0).any(axis=0)
    return found


def _shape(head: Head, stream: npt.NDArray[np.float64], rising: Bools, fixed: Bools, exp_is_zero: float) -> KeyShape:
    """The shape of a head that reads a stream, (max_len + 1, d_model), some of whose coordinates rise or fall with the
    position, and some are fixed."""
    clocks = np.flatnonzero((head.w_k[rising] != 0).any(axis=0))
    if len(clocks) != 1 or (head.w_q[~fixed, clocks[0]] != 0).any():
        return KeyShape()
    (clock,) = clocks.tolist()
    added = stream[:, rising] @ head.w_k[rising, clock]
    steps = np.diff(added[1:])
    step = float(steps.min() if steps.min() > 0 else min(steps.max(), 0.0))
    pace = SHARE * step * float(stream[-1] @ head.w_q[:, clock])
    if not pace:
        return KeyShape()
    return KeyShape(clock, added, step, pace, math.ceil(SPARE * exp_is_zero / abs(pace)))


class KeyIndex:
    """The index of the keys of one head, in one text.

    keys: (rows, d_qk), values: (rows, d_v + 1), whose last column counts keys; each class has `kept` rows. Rows that
    are not used yet have a key of the class and the value 0.
    """

    def __init__(self, shape: KeyShape, d_qk: int, d_v: int, dtype: np.dtype[np.floating]) -> None:
        self.shape, self.format = shape, float_format(dtype.name)
        self.classes: dict[tuple[bytes, int], int] = {}
        self.by_content: dict[bytes, list[int]] = {}
        self.counts: list[int] = []
        self.newest: list[float] = []  # the clock of the last key of each class
        self.keys = np.zeros((16 * shape.kept, d_qk), dtype)
        self.values = np.zeros((16 * shape.kept, d_v + 1), dtype)
        self.sizes = np.zeros(d_qk, dtype)  # the greatest of all keys
        self.first: Floats | None = None  # the first content after BOS
        self.content = np.delete(np.arange(d_qk), [] if shape.added is None else [shape.clock])
        self.varying = np.zeros(len(self.content), bool)  # where contents differ
        self.signs = True  # whether contents differ in signs alone
        self.over = shape.kept > MOST_KEPT
        """Whether the index is given up: too many keys matter."""

    def add(self, key: Floats, value: Floats, at: int) -> None:
        """Add the key and the value at a position. They are added in order, BOS first."""
        if self.over:
            return
        shape, clock, grain = self.shape, 0.0, 0
        content = key + 0  # -0 + 0 is 0
        if shape.added is not None:
            content, clock = content[self.content], float(key[shape.clock])
            grain = round(GRAINS * (clock - float(shape.added[at])) / shape.step)
        name = (content.tobytes(), grain) if at else (BOS, 0)
        number = self.classes.get(name)
        if number is None:
            number = self._open(name, key, content)
        elif shape.pace and not (clock - self.newest[number]) / shape.step >= SHARE:
            self.over = True
        start, count = number * shape.kept, self.counts[number]
        self.counts[number], self.newest[number] = count + 1, clock
        if not shape.pace:
            self.values[start, :-1] += value
            self.values[start, -1] += 1
            return
        if abs(clock) > self.sizes[shape.clock]:
            self.sizes[shape.clock] = abs(clock)
        if shape.pace > 0 or count < shape.kept:
            row = start + count % shape.kept
            self.keys[row], self.values[row, :-1], self.values[row, -1] = key, value, 1

    def _open(self, name: tuple[bytes, int], key: Floats, content: Floats) -> int:
        """Open a class."""
        number = self.classes[name] = len(self.counts)
        self.counts.append(0)
        self.newest.append(0.0)
        start, end = number * self.shape.kept, (number + 1) * self.shape.kept
        if end > len(self.keys):
            self.keys, self.values = (np.concatenate([x, np.zeros_like(x)]) for x in (self.keys, self.values))
        self.keys[start:end] = key
        np.maximum(self.sizes, np.abs(key), out=self.sizes)
        if name[0] is not BOS:
            self.first = content if self.first is None else self.first
            self.by_content.setdefault(name[0], []).append(number)
            self.varying |= self.first != content
            self.signs = self.signs and bool((np.abs(self.first) == np.abs(content)).all())
        self.over = number >= MANY and not self.signs
        return number

    def mixed(self, query: Floats) -> Floats | None:
        """(d_v,) the mean of values by the softmax of scores; None where all keys have to be read."""
        if self.over:
            return None
        kept, count = self.shape.kept, len(self.counts)
        rows: slice | Ints = slice(0, count * kept)
        lead, others = 0.0, -math.inf
        if self.shape.pace or count > MANY:
            rounded = 2 * self.format.gamma(len(query) + 1) * float(np.abs(query) @ self.sizes)
            lead = self.format.exp_is_zero + rounded  # from here on exp is 0
            if self.shape.pace and not lead <= kept * self._pace(query):
                return None
            if count > MANY:
                rows, others = self._by_signs(query)
        scores = self.keys[rows] @ query
        greatest = np.maximum.reduce(scores)
        if not others + lead <= greatest:
            return None
        scores -= greatest
        totals = np.exp(scores, out=scores) @ self.values[rows]
        found: Floats = totals[:-1] / totals[-1]
        return found

    def _pace(self, query: Floats) -> float:
        """By how much each key of a class outscores the next one towards those that are left out, at least."""
        return math.copysign(SHARE, self.shape.pace) * float(query[self.shape.clock]) * self.shape.step

    def _by_signs(self, query: Floats) -> tuple[Ints, float]:
        """(the rows of BOS and of the classes with the signs of the query, the most that any other key scores)"""
        assert self.first is not None
        shape = self.shape
        asked = query if shape.added is None else query[self.content]
        wanted = np.where(self.varying, np.copysign(self.first, asked), self.first) + 0
        weighed = (asked * wanted).astype(np.float64)
        others = float(np.add.reduce(weighed)) - 2 * float(np.minimum.reduce(weighed[self.varying]))
        if shape.added is not None:
            others += abs(float(query[shape.clock])) * float(self.sizes[shape.clock])
        classes = [0, *self.by_content.get(wanted.tobytes(), ())]
        if shape.kept == 1:
            return np.array(classes), others
        return (np.array(classes)[:, None] * shape.kept + np.arange(shape.kept)).ravel(), others
