"""Functions of two numbers that are affine piece by piece along an order of all pairs.

Along a - b, `min(a, b)` is a and then b, and a comparison False and then True; along a + b, `(a + b) % m` is a + b,
a + b - m, ...; along a / b, `a // b` is 0, 1, ... and `a % b` is a, a - b, ...; along a, `a * b` is 0, b, 2 b, ... Two
neurons where one piece follows another take the place of a table of all pairs, and of one where they meet.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from ..constructions import feedforward as ff
from ..constructions.form import Floats, Form, combine
from ..run.failure import Ints
from .codes import NumberTable

MOST_PIECES = 1200
"""The most pieces of one function."""
MOST_CELLS = 30_000_000
"""The most pairs that are looked at, over all pieces."""
EXACT = 2.0**-30
"""How far an affine function may miss a value, relative to the largest: rounding in float64."""
CLOSE = 2.0**-20
"""How far a slope may be from a multiple of a twelfth to be that."""
FINE = 2.0**-10
"""The least distance of two numbers that is kept to: errors of numbers that are not whole are of this size."""
LEAST_MARGIN = 2.0**-3
"""The least part of a gap that is left for errors: a narrower one makes neurons steeper, whose rounding is an error."""


@dataclass(frozen=True)
class Boundary:
    """Where one piece ends: `of_a` a + `of_b` b is at most `low` before, and at least `high` after."""

    of_a: float
    of_b: float
    low: float
    high: float

    def along(self, x: Floats) -> Floats:
        """(rows,) the number at each pair."""
        found: Floats = self.of_a * x[:, 0] + self.of_b * x[:, 1]
        return found

    @property
    def gap(self) -> float:
        return self.high - self.low


@dataclass(frozen=True, eq=False)
class Order:
    """An order of all pairs of a table: `groups`, (groups + 1,), are where pairs that are equal in it begin, in the
    sorted rows `x` with the values `y`. `coefficients` are None for quotients. `turned`: `x` has b first."""

    name: str
    x: Floats
    y: Floats
    groups: Ints
    coefficients: tuple[float, float] | None
    turned: bool = False

    def columns(self, forms: tuple[Form, Form]) -> tuple[Form, Form]:
        """The forms of a and b as the columns of `x`."""
        return forms[::-1] if self.turned else forms

    def boundary(self, row: int) -> Boundary | None:
        """What separates the rows before this one from it and those after; None where that is too close."""
        if self.coefficients is not None:
            a, b = self.coefficients
            ends = self.x[row - 1 : row + 1]
            low, high = (a * ends[:, 0] + b * ends[:, 1]).tolist()
            return Boundary(a, b, low, high) if high - low > FINE else None
        (a, b), (c, d) = self.x[row - 1].tolist(), self.x[row].tolist()
        if not b:
            return Boundary(0.0, 1.0, 0.0, float(self.x[row:, 1].min()))
        found = []
        before, after = Fraction(int(a), int(b)), Fraction(int(c), int(d))
        between = Fraction(before.numerator + after.numerator, before.denominator + after.denominator)
        for t in (before, between, after):
            p, q = float(t.numerator), float(t.denominator)
            along = q * self.x[:, 0] - p * self.x[:, 1]
            low, high = float(along[:row].max()), float(along[row:].min())
            if high > low:
                found.append(((high - low) / float(np.abs(along).max()), Boundary(q, -p, low, high)))
        return max(found, key=lambda b: b[0])[1] if found else None


def orders(table: NumberTable) -> Iterator[Order]:
    """The orders in which a function of two numbers may have few pieces."""
    a, b = table.x[:, 0], table.x[:, 1]
    for name, p, q in (("a - b", 1.0, -1.0), ("a + b", 1.0, 1.0), ("a", 1.0, 0.0), ("b", 0.0, 1.0)):
        yield _order(name, table, p * a + q * b, (p, q))
    whole = bool(np.all(table.x == np.round(table.x)))
    for name, over, of in (("a / b", a, b), ("b / a", b, a)) if whole else ():
        none = of == 0  # 0 / 0 comes first: nothing else is over 0
        if (of > 0).all() or ((of >= 0).all() and (over >= 0).all() and not over[none].any()):
            turned = table if of is b else NumberTable(table.x[:, ::-1], table.y)
            order = _order(name, turned, np.where(none, -1.0, over / np.where(none, 1.0, of)), None)
            yield replace(order, turned=of is a)


def _order(name: str, table: NumberTable, along: Floats, coefficients: tuple[float, float] | None) -> Order:
    rows = np.argsort(along, kind="stable")
    starts = np.flatnonzero(np.concatenate([[True], np.diff(along[rows]) != 0]))
    return Order(name, table.x[rows], table.y[rows], np.append(starts, len(rows)), coefficients)


@dataclass(frozen=True, eq=False)
class Pieces:
    """A function along an order: piece k, from row `begin[k]` on, is `planes[k]` . (a, b, 1)."""

    order: Order
    begin: Ints
    planes: Floats
    boundaries: tuple[Boundary, ...]


def found(table: NumberTable) -> list[Pieces]:
    """The function of a table along each order in which it has few pieces."""
    result: list[Pieces] = []
    for order in orders(table):
        least = min((len(p.begin) for p in result), default=MOST_PIECES)
        pieces = _along(order, _plane, min(MOST_PIECES, 2 * least))
        if pieces is not None:
            result.append(pieces)
    return result


def steps(table: NumberTable) -> list[Pieces]:
    """The function of a table along each order in which it rises in few steps."""
    return [found for order in orders(table) if (found := _along(order, _level, MOST_PIECES)) is not None]


def _along(order: Order, fit: Callable[[Floats, Floats], Floats | None], most: int) -> Pieces | None:
    """Each piece as long as it can be; None where they are more than `most`."""
    groups, last = order.groups, len(order.groups) - 1
    begin: list[int] = []
    planes: list[Floats] = []
    at, reach = 0, 1
    while at < last:
        if len(begin) >= most or (len(begin) + 1) * len(order.x) > MOST_CELLS:
            return None
        end, plane, step = at, None, reach
        low, high = at, last + 1  # affine up to `low`; not up to `high`
        while high - low > 1:
            end = min(low + step, high - 1) if high == last + 1 else (low + high) // 2
            tried = fit(order.x[groups[at] : groups[end]], order.y[groups[at] : groups[end]])
            if tried is None:
                if end == at + 1:
                    return None  # the values of pairs that are equal in the order are not affine
                high = end
            else:
                low, plane, step = end, tried, 2 * step
        assert plane is not None
        begin.append(int(groups[at]))
        planes.append(plane)
        reach, at = max(1, low - at), low
    boundaries = tuple(b for row in begin[1:] if (b := order.boundary(row)) is not None)
    if len(boundaries) < len(begin) - 1:
        return None
    return Pieces(order, np.array(begin), np.array(planes), boundaries)


def _level(x: Floats, y: Floats) -> Floats | None:
    """(3,) the constant function through all values; None where they differ."""
    return np.array([0.0, 0.0, y[0]]) if (y == y[0]).all() else None


def _plane(x: Floats, y: Floats) -> Floats | None:
    """(3,) the affine function through all values; None where no affine function has them."""
    level = _level(x, y)
    if level is not None:
        return level
    left, right = x - x[0], y - y[0]
    slopes = simple_slopes(np.linalg.lstsq(left, right, rcond=EXACT)[0])
    if np.abs(left @ slopes - right).max() > EXACT * (1 + np.abs(right).max()):
        return None
    return np.array([*slopes, y[0] - x[0] @ slopes])


def simple_slopes(slopes: float | Floats) -> Floats:
    """The same slopes, multiples of a twelfth without the rounding of their arithmetic."""
    nearest = np.round(np.multiply(slopes, 12)) / 12
    found: Floats = np.where(np.abs(slopes - nearest) < CLOSE, nearest, slopes)
    return found


@dataclass(frozen=True, eq=False)
class Built:
    """Neurons for a function in pieces: the error that they let through, and the most that they add up, in size."""

    piece: ff.Piece
    passed: float
    total: float


def built(pieces: Pieces, forms: tuple[Form, Form], real: Form, *, roomy: bool = False) -> Built | None:
    """The middle piece, and from there outwards what each boundary adds; None where errors of the forms are too large
    for a boundary. `roomy`: with room for the larger errors that a proof may find, though numbers become larger."""
    forms = pieces.order.columns(forms)
    errors = np.array([f.error for f in forms])
    planes, x = pieces.planes, pieces.order.x
    middle = (len(planes) - 1) // 2
    piece, passed = ff.Piece(_affine(planes[middle], forms, real)), float(np.abs(planes[middle, :2]) @ errors)
    neurons: list[tuple[Form, float]] = []
    total = np.zeros(len(x))
    for k, b in enumerate(pieces.boundaries):
        side = 1.0 if k >= middle else -1.0
        change = side * (planes[k + 1] - planes[k])
        reached, along = pieces.begin[k + 1], side * b.along(x)
        low, high = sorted((side * b.low, side * b.high))
        moved = change[:2] @ x.T + change[2]
        on = np.arange(len(x)) >= reached if side > 0 else np.arange(len(x)) < reached
        error = float(abs(b.of_a) * errors[0] + abs(b.of_b) * errors[1])
        margin = _margin(error, b.gap)
        if margin is None:
            return None
        at = combine((side * b.of_a, forms[0]), (side * b.of_b, forms[1]))
        passed += float(np.abs(change[:2]) @ errors)
        sign = _one_sided(moved, on)
        if sign:
            neurons.append((_affine(sign * change, forms, real), sign))
            total += np.maximum(sign * moved, 0.0)
        elif not change[:2].any():
            added = ff.step(at, low, high, real)
            neurons += [(f, c * float(change[2])) for f, c in added]
            total += abs(change[2]) * 2 * np.maximum(2 * (along - (low + high) / 2) / (high - low) + 0.5, 0.0)
        else:
            base = min(0.0, float(moved[on].min()))
            room = margin * (high - low)
            start = high - room
            below = start - along[~on] - (max(error, room) if roomy else error)
            strength = float(((np.maximum(moved[~on], 0.0) - base) / below).max())
            offset = combine((strength, at), (-strength * start - base, real))
            neurons += [(_affine(change, forms, real) + offset, 1.0), (offset, -1.0)]
            total += 2 * np.maximum(strength * (along - start) - base, 0.0) + np.abs(moved) * on
    return Built(piece + ff.Piece(Form({}), tuple(neurons)), passed, float(total.max(initial=0.0)))


def _margin(error: float, gap: float) -> float | None:
    """How much of a gap is left for errors of the number that it is in; None where they are too large."""
    if error >= ff.MARGIN * gap:
        return None
    return min(ff.MARGIN, max(4 * error / gap, LEAST_MARGIN))


def _one_sided(moved: Floats, on: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> float:
    """1 or -1 where a change is that times a number which is negative, or 0, wherever the change is not to count; else
    0."""
    for sign in (1.0, -1.0):
        if (sign * moved[on] >= -EXACT).all() and (sign * moved[~on] <= EXACT).all():
            return sign
    return 0.0


def _affine(plane: Floats, forms: tuple[Form, Form], real: Form) -> Form:
    a, b, c = plane.tolist()
    return combine((a, forms[0]), (b, forms[1]), (c, real))
