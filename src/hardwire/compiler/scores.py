"""Selectors as the scores of heads."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import CompileError, Option, Remedy
from ..lang.expr import INDICES, TOKENS, Expr, Op, node, unnamed
from ..lang.expr import ONE as ONE_CONST
from ..lang.expr import ZERO as ZERO_CONST
from ..lang.selector import Selector
from ..lang.selectors import Literal, comparisons, unshifted
from ..lang.text import formula
from ..lang.values import leave
from ..recipes import attention as at
from ..recipes import feedforward as ff
from ..recipes.form import ZERO, Floats, Form, combine
from .codes import Tabled
from .domain import LARGEST
from .elementwise import Values
from .literals import Holds, holds
from .relations import table_of

LOUD = 1e-3
"""Noise above this is restored where it would change the weight of a selected key."""
SPREAD = 0.2
"""How far scores may be off in a sum, times the keys that it may select."""
GAP = 24.0
"""How far apart neighbouring ranks score, and scores of heads that share a mean: e^-24 of the weight leaks."""
MOST_CLASSES = 400
"""The most dimensions a head may have for one relation."""
MOST_ENTRIES = 2_000_000
"""The most numbers that one relation may put into the embedding of positions."""


class Scores:
    """Makes the scores of conjunctions out of the forms of their keys and queries.

    `steady`: numbers with errors are compared by tables wherever the weight of a selected key counts.
    """

    def __init__(self, values: Values, steady: bool) -> None:
        self.steady = steady
        self.values, self.facts, self.labels, self.stream = values, values.facts, values.labels, values.stream

    def _unit(self, magnitude: float) -> float:
        return at.UNIT * magnitude

    def score(
        self, literals: list[Literal], unit: float, *, exact: bool, level_known: bool = False, squares: bool = True
    ) -> at.Score:
        """The score of a conjunction. With `exact`, selected keys score the same to rounding, whatever noise
        their codes carry. With `level_known` BOS does not compete, so squares of queries are left out. Without
        `squares` equality is a table, which is no more than a few units large.
        """
        result = at.Score()
        for literal in literals:
            result = result + self._literal(literal, unit, exact, level_known, squares)
        return result

    def _literal(self, c: Literal, unit: float, exact: bool, level_known: bool, squares: bool) -> at.Score:
        real = self.stream.real
        if c.joint:
            return self._table(c, unit)
        if not self.facts.basis(c.query) and not self.facts.basis(c.key):
            answer = holds(c, self._constant(c.key), self._constant(c.query))
            return at.Score() if answer else at.query_bit(ZERO, real, unit)
        if not self.facts.basis(c.query):
            bit = self.condition(c, c.key)
            return at.key_bit(self._exact(bit) if exact else self._bit(bit), real, unit)
        if not self.facts.basis(c.key):
            return at.query_bit(self._bit(self.condition(c, c.query)), real, unit)
        if c.op is Op.EQ and squares:
            found = self._equality(c, unit, exact, level_known)
            if found is not None:
                return found
        return self._table(c, unit)

    def _constant(self, e: Expr) -> Any:
        return unnamed(e).arg if unnamed(e).op is Op.CONST else self.facts.domain(e).values[0]

    def _bit(self, e: Expr) -> Form:
        """1 where e is true, 0 elsewhere."""
        return self.values.clipped(self._truth(e))

    def _exact(self, e: Expr) -> Form:
        return self.values.restored(self._truth(e))

    def _truth(self, e: Expr) -> Expr:
        return e if all(v in (0, 1) for v in self.facts.domain(e).values) else node(Op.WHERE, e, ONE_CONST, ZERO_CONST)

    def _equality(self, c: Literal, unit: float, exact: bool, level_known: bool) -> at.Score | None:
        """-T (a - b)^2 for codes that are whole numbers."""
        if self.is_position(c):
            q = self.moved(c)
            key, square, middle = self.index()
            query = self._side(q, exact) - self.stream.constant(middle)
            self.within_precision(c, middle, query.noise)
            level = ZERO
            if not level_known:
                level = self._square(q, middle, exact)
            return at.equality(key, square, query, level, self.stream.real, unit)
        keys, queries = self.facts.domain(c.key), self.facts.domain(c.query)
        labels: dict[float, Any] = {}
        for v in (*keys.values, *queries.values):
            if not self.labels.known(v):
                return None
            label = self.labels[v]
            if label != round(label) or labels.setdefault(label, v) != v:
                return None
        middle = float(round((min(labels) + max(labels)) / 2))
        furthest = max(labels) - middle
        if min(len(keys), len(queries)) <= 2 or furthest**2 > LARGEST:
            return None  # a table is smaller; labels of squares end there
        if not self._bounded(c.key) or not self._bounded(c.query):
            return None
        sides = [self.values.scalar(c.key), self.values.scalar(c.query)]
        if max(f.noise for f in sides) and self._too_loud(furthest, max(f.noise for f in sides), unit, exact):
            return None  # directions of their own for the values carry less
        shift = self.stream.constant(middle)
        key, query = self._side(c.key, exact) - shift, self._side(c.query, exact) - shift
        self.within_precision(c, furthest, max(key.noise, query.noise))
        level = ZERO if level_known else self._square(c.query, middle, exact)
        return at.equality(key, self._square(c.key, middle, exact), query, level, self.stream.real, unit)

    def within_precision(self, c: Literal, furthest: float, noise: float) -> None:
        """Whether scores of numbers up to `furthest` from their middle keep apart what is 1 apart.

        Sums of products of whole numbers are exact while they are whole numbers of the dtype. With noise they are
        rounded, and then a fifth leaves half of the distance between neighbouring keys; queries further off than the
        keys are have no neighbour. Raises CompileError.
        """
        if 3 * furthest**2 * (5 if noise else 1) > self.stream.wholes:
            raise CompileError(
                f"{formula(c.atom)} compares numbers up to {furthest:,.0f} from their middle, which are too many for "
                "the precision of the weights.",
                expression=Selector(c.atom),
                remedies=[Remedy("{} or a smaller max_len would help.", (Option("dtype", "float64"),))],
            )

    def _too_loud(self, furthest: float, noise: float, unit: float, exact: bool) -> bool:
        """Whether squares would carry too much error into the score, in the worst order of summation.

        Numbers up to r from their middle have squares of r bends to each side, whose neurons add up to at most r^2.
        """
        if self.steady and exact:
            return True
        error = 2 * unit * (2 * furthest**3 / self.stream.wholes + noise)
        return error > (SPREAD / self.facts.max_len if exact else min(unit, GAP) / 4)

    def _bounded(self, e: Expr) -> bool:
        """Whether the label of e stays among those it may have even where e has failed: squares hold for no others."""
        e = unnamed(e)
        while e.op in (Op.ADD, Op.SUB) and not self.facts.basis(e.src[1]):
            e = unnamed(e.src[0])
        if self.facts.sure(e):
            return True
        if e.op.additive and self.facts.width(e.src[0])[1] == self.facts.max_len:
            return e.op is Op.WIDTH or self._bounded(e.src[1])  # parts of a sum share the positions
        labels = [self.labels[v] for v in self.facts.domain(e).values]
        low, high = self.values.ranges.of(self.values.scalar(e))
        return low > min(labels) - 0.5 and high < max(labels) + 0.5

    def _side(self, e: Expr, exact: bool) -> Form:
        """e's label; with little noise where that would change the weight of a selected key."""
        form = self.values.scalar(e)
        return self.values.restored(e) if exact and form.noise > LOUD else form

    def _square(self, e: Expr, middle: float, exact: bool) -> Form:
        """(label - middle)^2, straight between whole numbers and made of the very form that holds the label, so
        that its noise cancels in (a - b)^2. Sums with a constant share one square.
        """
        base, offset = unnamed(e), 0.0
        while base.op in (Op.ADD, Op.SUB) and unnamed(base.src[1]).op is Op.CONST and self.facts.domain(base).whole:
            offset += float(unnamed(base.src[1]).arg) * (1 if base.op is Op.ADD else -1)
            base = unnamed(base.src[0])
        labels = sorted({self.labels[v] for v in self.facts.domain(base).values})
        centre = float(round((labels[0] + labels[-1]) / 2))
        x = self.values.scalar(base)
        square = self._centred_square(base, x, labels, centre, exact)
        # (x + offset - middle)^2 = (x - centre)^2 + 2 d (x - centre) + d^2
        d = offset + centre - middle
        return combine((1.0, square), (2 * d, x), (d * d - 2 * d * centre, self.stream.real))

    def _centred_square(self, base: Expr, x: Form, labels: list[float], centre: float, exact: bool) -> Form:
        basis = self.facts.basis(base)
        embedded = len(basis) == 1 and basis <= {INDICES, TOKENS}
        points = [(v, (v - centre) ** 2) for v in labels]
        if embedded or self.values.free(base) is None:  # made by neurons: in one layer with its square, if it can
            table = {(leave(v),): (self.labels[v] - centre) ** 2 for v in self.facts.domain(base).values}
            square = node(Op.MAP, base, arg=Tabled(table, "squared"))
            form = self.values.scalar(square)
            # What x itself lets through cancels, unless x has been restored.
            own = form.noise - (self.values.passed.get(square, 0.0) if x.noise <= LOUD else 0.0)
            return self.values.restored(square) if exact and own > LOUD else form
        piece = ff.interpolate(x, points, self.stream.real)
        return self.stream.neurons(
            piece, f"{self.values.title(base, 24)} squared", "square", expression=f"({self.values.title(base)}) ** 2"
        )

    def _table(self, c: Literal, unit: float) -> at.Score:
        """Any relation of finite codes, as indicators of one side's classes times penalties of the other's."""
        relation = table_of(c, self.facts)
        if relation is None:
            raise self._too_large(c)
        # A failed cell is one the model need not get right.
        table = relation.selected.astype(np.float64)
        if not table.size:
            return at.query_bit(ZERO, self.stream.real, unit)
        _, row_of = np.unique(table, axis=0, return_inverse=True)
        _, column_of = np.unique(table, axis=1, return_inverse=True)
        row_of, column_of = row_of.ravel(), column_of.ravel()
        by_key = column_of.max() <= row_of.max()
        if by_key:
            class_of, rows = column_of, table.T
        else:
            class_of, rows = row_of, table
        classes = int(class_of.max()) + 1
        if classes > MOST_CLASSES or classes * self.facts.max_len > MOST_ENTRIES:
            raise self._too_large(c)
        members: list[Floats] = []
        penalties: list[Floats] = []
        for one in range(classes):
            member = class_of == one
            penalty = rows[np.flatnonzero(member)[0]] - 1.0
            if penalty.any():
                members.append(member.astype(np.float64))
                penalties.append(penalty)
        inner = self.values.features(relation.keys if by_key else relation.queries, members)
        outer = self.values.features(relation.queries if by_key else relation.keys, penalties)
        return at.table(list(zip(outer, inner, strict=True) if by_key else zip(inner, outer, strict=True)), unit)

    def _too_large(self, c: Literal) -> CompileError:
        sides = [x for a in comparisons(c.atom) for x in a.src if self.facts.basis(x)]
        what = ", ".join(f"{formula(x, 40)}: {self.facts.domain(x)}" for x in dict.fromkeys(sides))
        return CompileError(
            f"{formula(c.atom)} is too large for one head: it compares {what}, and "
            f"{min(MOST_CLASSES, MOST_ENTRIES // self.facts.max_len)} different rows are the most at this max_len.\n"
            "  A smaller max_len, or codes with fewer values, would help.",
            expression=Selector(c.atom),
        )

    def condition(self, literal: Literal, side: Expr) -> Expr:
        """A comparison with a constant as a Boolean sop."""
        other = literal.query if side is literal.key else literal.key
        if isinstance(literal.op, Op):
            pair = (side, other) if side is literal.key else (other, side)
            if literal.op is Op.EQ and unnamed(other).op is Op.CONST and unnamed(other).arg is True:
                domain = self.facts.domain(side)
                if all(v in (0, 1) for v in domain.values):
                    return side
            return node(literal.op, *pair)
        return node(Op.MAP, literal.key, literal.query, arg=Holds(literal))

    def is_position(self, literal: Literal) -> bool:
        return literal.op is Op.EQ and self.moved(literal) is not None and self.facts.domain(literal.query).whole

    def moved(self, literal: Literal) -> Any:
        """q with key(indices) == query(q) the same as this literal, or None.

        A shift of the key that is the same at every position moves to the query.
        """
        key, query = unshifted(literal.atom, self.facts).src
        return query if key is INDICES else None

    def index(self) -> tuple[Form, Form, float]:
        """(centred index, its square, the middle)"""
        n = self.facts.max_len
        middle = n // 2
        centred = np.arange(n, dtype=np.float64) - middle
        key = self.stream.embed_position(centred, "indices", "indices")
        square = self.stream.embed_position(centred * centred, "indices squared", f"(indices - {middle}) ** 2")
        return key, square, float(middle)
