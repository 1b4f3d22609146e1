"""Aggregates as heads.

A sum goes through any selector: unions, differences and complements of selectors are sums and differences
of heads, and a prefix splits into one head for each digit of the position. What picks one key needs the
whole selector in one score.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from ..errors import CompileError
from ..lang.expr import INDICES, Expr, Op, node, unnamed
from ..lang.expr import ONE as ONE_CONST
from ..lang.expr import ZERO as ZERO_CONST
from ..lang.selector import Selector
from ..lang.selectors import LENGTH, Conjunction, Literal, Terms, conjuncts, expand, selector_of
from ..lang.sop import SOp
from ..lang.text import formula
from ..lang.values import leave
from ..recipes import attention as at
from ..recipes import feedforward as ff
from ..recipes.assembly import Stream
from ..recipes.form import ZERO, Floats, Form, combine
from ..recipes.hardness import leftmost, rightmost
from ..recipes.heads import part_of_mean, sink_sum
from ..recipes.lookups import lookup_quadratic
from .analyse import Analysis
from .codes import Tabled
from .domain import Labels
from .elementwise import Values
from .literals import Holds, digits, holds, same_digits, simple
from .lower import from_zero
from .scores import GAP, Scores

MOST_OF_SQUARES = 1e5
"""How large squares of positions may be, times what they select, where weights that are off by a unit in the last place
are to leave sums right."""
MOST_DISTANCES = 8
"""The most distances that a window of positions is split into."""


class Attention:
    """Makes the heads of aggregates in one stream."""

    def __init__(
        self, facts: Analysis, labels: Labels, stream: Stream, names: Mapping[Expr, str], *, steady: bool = False
    ) -> None:
        self.facts, self.labels, self.stream = facts, labels, stream
        self.values = Values(facts, labels, stream, self.form, names)
        self.scores = Scores(self.values, steady)

    # Which kind of head.

    def form(self, e: Expr) -> Form:
        """The form of an aggregate's label. Raises CompileError."""
        selector = unnamed(e.src[0])
        low, high = self.facts.width(selector)
        if e.op is Op.WIDTH:
            return self.sums(e, selector, ONE_CONST)
        x, default = unnamed(e.src[-2]), unnamed(e.src[-1])
        if default.op is not Op.CONST and low == 0:
            raise CompileError(
                f"{formula(e)} may select nothing, and its default is computed.\n"
                "  Write where(selector.width() > 0, ..., default) in its place.",
                expression=SOp(e),
            )
        if high == 0:
            return self.stream.constant(self.labels[default.arg])
        if self._adds_up(e, x, high):
            if low > 0 or self.labels[default.arg] == 0:
                return self.sums(e, selector, x)
            added, found = from_zero(e)
            empty = self.values.scalar(node(Op.EQ, found, ZERO_CONST))
            return self.values.scalar(added) + empty * self.labels[default.arg]
        shift = self.labels[default.arg] if low == 0 else 0.0
        if e.op is Op.MEAN and high > 1:
            return self._mean(e, selector, x, shift)
        if e.op.scored:
            return self._best(e, selector, shift)
        return self._lookup(e, selector, x, shift, low > 0)

    def _adds_up(self, e: Expr, x: Expr, high: int) -> bool:
        """Whether this is a sum of several numbers, and not a value that is picked."""
        if e.op is not Op.VALUE or high <= 1:
            return False
        if self.facts.domain(x).plain:
            return True
        if any(type(v) in (int, float, bool) for v in self.facts.domain(x).values):
            raise CompileError(
                f"{formula(e)} may add up numbers or pick a value that is none, and one head cannot do both.\n"
                "  Use .one(x) where one position is selected, or sum numbers only.",
                expression=Selector(e.src[0]),
            )
        return False

    # Sums.

    def sums(self, e: Expr, selector: Expr, x: Expr) -> Form:
        """The sum of x over what the selector picks."""
        result = ZERO
        for conjunction, sign in self._split(expand(selector, self.facts.ordered)).items():
            result = combine((1.0, result), (float(sign), self._sum(e, conjunction, x)))
        return result

    def _split(self, terms: Terms) -> Terms:
        """The terms with every prefix of positions split into digits (or left to the causal mask)."""
        done: Terms = {}
        for conjunction, sign in terms.items():
            for part, s in self._digits(conjunction).items():
                done[part] = done.get(part, 0) + sign * s
        return {c: s for c, s in done.items() if s}

    def _digits(self, conjunction: Conjunction) -> Terms:
        window = self._window(conjunction)
        if window is not None:
            return window
        for i, literal in enumerate(conjunction):
            if not literal.prefix:
                continue
            rest = conjunction[:i] + conjunction[i + 1 :]
            if self.facts.causal:
                return self._masked(literal, rest)
            if self.facts.max_len <= 8:
                continue
            parts: Terms = {}
            for split in digits(literal, self.facts.max_len):
                for part, sign in self._digits(rest).items():
                    parts[part + split] = parts.get(part + split, 0) + sign
            return parts
        return {conjunction: 1}

    def _window(self, conjunction: Conjunction) -> Terms | None:
        """Two or more orders of positions that leave few distances between key and query, as these distances."""
        orders = tuple(c for c in conjunction if unnamed(c.key) is INDICES and isinstance(c.op, Op) and c.op.order)
        if len(orders) < 2 or self.facts.causal:
            return None
        ahead: set[int] = set(range(1 - self.facts.max_len, self.facts.max_len))
        for c in orders:
            try:
                shifts = self.facts.domain(node(Op.SUB, c.query, INDICES)).values
            except CompileError:
                return None
            if len(shifts) != 1 or type(shifts[0]) is not int:
                return None
            ahead = {d for d in ahead if holds(c, d, shifts[0])}
        if len(ahead) > MOST_DISTANCES:
            return None
        rest = tuple(c for c in conjunction if c not in orders)
        here = {d: node(Op.ADD, INDICES, node(Op.CONST, arg=d)) if d else INDICES for d in ahead}
        return {(*rest, Literal(node(Op.COMPARE, INDICES, q, arg=Op.EQ))): 1 for q in here.values()}

    def _masked(self, literal: Literal, rest: Conjunction) -> Terms:
        """A prefix where the mask hides what is behind the query."""
        here = Literal(node(Op.COMPARE, INDICES, INDICES, arg=Op.EQ))
        if literal.op is Op.LE:
            return self._digits(rest)
        if literal.op is Op.GT:
            return {}
        if literal.op is Op.GE:
            return {(*part, here): sign for part, sign in self._digits(rest).items()}
        parts = dict(self._digits(rest))
        for part, sign in self._digits(rest).items():
            parts[(*part, here)] = parts.get((*part, here), 0) - sign
        return parts

    def _sum(self, e: Expr, conjunction: Conjunction, x: Expr) -> Form:
        """The sum over one conjunction: one head with the sink."""
        scored: list[Literal] = []
        for literal in conjunction:
            if not self.facts.basis(literal.query):
                # A condition on the key alone is cheaper in the value than in the score.
                x = node(Op.WHERE, self.scores.condition(literal, literal.key), x, ZERO_CONST)
            else:
                scored.append(literal)
        itself = [c for c in scored if c.op is Op.EQ and unnamed(c.key) is unnamed(c.query) is INDICES]
        if itself:
            return self._own(scored, x)
        x = simple(x)
        if x.op is Op.CONST and self.labels[x.arg] == 0:
            return ZERO
        value, unit = self.values.scalar(x), self._unit_of_sum(x)
        if unit * self.facts.max_len**2 * self._most(x) > MOST_OF_SQUARES:
            scored = [part for c in scored for part in self._in_digits(c)]
        score = self.scores.score(scored, unit, exact=True)
        return self._head(e, sink_sum(score, self.stream.real), value, self._sum_noise(x, value, unit))

    def _head(self, e: Expr, pattern: at.Pattern, value: Form, noise: float) -> Form:
        name, expression = self.values.title(e, 32), self.values.title(e)
        return self.stream.head(name, pattern, value, expression=expression, noise=noise)

    def _own(self, scored: list[Literal], x: Expr) -> Form:
        """The sum over the query's own position: its own value, where it meets the other conditions."""
        for c in scored:
            if not (c.op is Op.EQ and unnamed(c.key) is unnamed(c.query)):
                x = node(Op.WHERE, node(Op.MAP, c.key, c.query, arg=Holds(c)), x, ZERO_CONST)
        return self.values.scalar(simple(x))

    def _in_digits(self, c: Literal) -> Conjunction:
        """A position that is equal to one that positions decide: digit by digit, whose squares are small."""
        if not self.scores.is_position(c) or any(b is not INDICES for b in self.facts.basis(c.query)):
            return (c,)
        return same_digits(self.scores.moved(c), self.facts.max_len)

    def _most(self, x: Expr) -> float:
        return max((abs(self.labels[v]) for v in self.facts.domain(x).values), default=0.0)

    def _unit_of_sum(self, x: Expr) -> float:
        """How far below the others keys that are not selected score: as little as does no harm, since errors of codes
        grow with it. e^-16 of 2,000 is 2e-4. In float64 codes have next to no errors."""
        most = self._most(x)
        return at.UNIT / 2 if most * self.facts.max_len <= 2000 and self.stream.wholes <= 2.0**24 else at.UNIT

    def _sum_noise(self, x: Expr, value: Form, unit: float) -> float:
        most = self._most(x)
        n = self.facts.max_len
        # Rounding, what BOS lacks, and what the keys add that are not selected.
        relative = (n + 8) / self.stream.wholes + 4 * n / at.exponent_of_sink() + at.leak(unit, 1)
        return n * value.noise + most * n * relative

    # Picking one.

    def _lookup(self, e: Expr, selector: Expr, x: Expr, shift: float, never_empty: bool) -> Form:
        """x at the one selected key: BOS competes half a unit below, with the default as its value."""
        literals = conjuncts(selector, self.facts.ordered)
        value = combine((1.0, self.values.scalar(x)), (-shift, self.stream.real))
        pattern = None if never_empty else self._by_position(literals)
        if pattern is None:
            score = self.scores.score(literals, at.UNIT, exact=False, level_known=never_empty)
            pattern = at.pick(score, self.stream.real)
        out = self._head(e, pattern, value, value.noise + self._span(x) * 2e-6)
        return out + self.stream.constant(shift)

    def _by_position(self, literals: list[Literal]) -> at.Pattern | None:
        """key(indices) == query(q) for a q that may lie outside the input.

        BOS stands at index -1, and whatever is below 0 is nearest to it. Beyond the last token, where a token
        would be nearest, one neuron, relu(q - n + 1/2), lifts BOS above all. So q needs no square.
        """
        if len(literals) != 1 or not self.scores.is_position(literals[0]):
            return None
        q = self.scores.moved(literals[0])
        if all(b is INDICES for b in self.facts.basis(q)):
            return None  # its square is one more column of the embedding
        key, square, middle = self.scores.index()
        query = self.values.scalar(q) - self.stream.constant(middle)
        self.scores.within_precision(literals[0], middle, query.noise)
        pattern = lookup_quadratic(query, key, square, self.stream.real, first=-middle)
        if self._may_pass(q):
            length = self.values.scalar(LENGTH)
            beyond = ff.Piece(ZERO, ((combine((1.0, query), (-1.0, length), (middle + 0.5, self.stream.real)), 1.0),))
            most = max(map(abs, self.facts.domain(q).values)) + self.facts.max_len
            lift = self.stream.neurons(beyond, f"{self.values.title(q, 24)} beyond the end", "overshoot")
            pattern = replace(pattern, bos=pattern.bos + lift * (8 * at.UNIT * float(most) ** 2))
        return pattern

    def _may_pass(self, q: Expr) -> bool:
        """Whether q may lie beyond the query's own position."""
        try:
            ahead = self.facts.domain(node(Op.SUB, q, INDICES))
        except CompileError:
            return True
        return bool(max(ahead.values) > 0)

    def _mean(self, e: Expr, selector: Expr, x: Expr, shift: float) -> Form:
        """The mean: equal weights on what is selected, BOS far below for when nothing is."""
        value = combine((1.0, self.values.scalar(x)), (-shift, self.stream.real))
        parts = None if self.facts.causal else self._position_parts(selector)
        noise = value.noise + self._span(x) * (2e-6 + 5e-7 * self.facts.max_len)
        if parts is not None:
            result = self.stream.constant(shift)
            for conjunction, weight in parts:
                # Where heads share a mean, their scores do not cancel: small ones, which weights that are off by a
                # unit in the last place hardly move.
                score = self.scores.score(list(conjunction), GAP, exact=True, squares=False)
                part = part_of_mean(score, weight, self.stream.real)
                result = result + self._head(e, part, value, noise + self._span(x) * 3e-5)
            return result
        literals = conjuncts(selector, self.facts.ordered)
        if self.facts.causal:
            literals = [c for c in literals if not (c.prefix and c.op is Op.LE)]
        score = self.scores.score(literals, at.UNIT, exact=True)
        out = self._head(e, at.average(score, self.stream.real), value, noise)
        return out + self.stream.constant(shift)

    def _position_parts(self, selector: Expr) -> list[tuple[Conjunction, Form]] | None:
        """A selector of positions alone as disjoint conjunctions, each with BOS's score log(others' keys).

        Only where the counts depend on the position and not on the length.
        """
        terms = expand(selector, self.facts.ordered)
        if len(terms) != 1 or not self.facts.token_free(selector) or not self.facts.can_enumerate:
            return None
        parts = self._split(terms)
        if len(parts) < 2 or any(sign != 1 for sign in parts.values()):
            return None
        position = self.facts.every_position
        counts = []
        for conjunction in parts:
            col = self.facts.positional(node(Op.WIDTH, selector_of(conjunction)))
            at_position = np.zeros(self.facts.max_len)
            at_position[position] = col.data
            if not np.array_equal(at_position[position], col.data):
                return None
            counts.append(at_position)
        whole: Floats = np.sum(counts, axis=0, dtype=np.float64)
        result = []
        for i, (conjunction, own) in enumerate(zip(parts, counts, strict=True)):
            others = whole - own
            with np.errstate(divide="ignore"):
                # With nothing else to stand for, BOS keeps out of the way, unless nothing at all is selected.
                weight: Floats = np.where(others > 0, np.log(np.maximum(others, 1)), np.where(whole > 0, -60.0, 0.0))
            name = f"log weight of BOS {i}"
            result.append((conjunction, self.stream.embed_position(np.asarray(weight, np.float64), name, name)))
        return result

    def _best(self, e: Expr, selector: Expr, shift: float) -> Form:
        """The x with the best score, the leftmost of equals: hard attention by a score that ranks."""
        score_of, x = unnamed(e.src[1]), unnamed(e.src[2])
        sign = float(e.op.best)
        literals = [c for c in conjuncts(selector, self.facts.ordered) if not self._free_by_mask(c)]
        ranked = self._rank(score_of)
        rank = self.values.scalar(ranked)
        ranks = [self.labels[v] for v in self.facts.domain(ranked).values]
        low, high = min(ranks), max(ranks)
        if score_of is not x and not self.facts.injective(score_of):
            # Of equals the leftmost: positions as the last digit of the rank.
            n = float(self.facts.max_len)
            rank = combine((n, rank), (-sign, self.values.scalar(INDICES)))
            low, high = (n * low - n, n * high) if sign > 0 else (n * low, n * high + n)
        if not self.facts.sure(score_of):  # a score that has failed is not needed, and yet must not win
            low, high = self.values.ranges.of(rank)
        unit = 2.0 ** math.ceil(math.log2(GAP * (high - low + 2)))
        score = self.scores.score(literals, unit, exact=False)
        best = (rightmost if sign > 0 else leftmost)(rank, self.stream.real, GAP)
        worst = low if sign > 0 else -high
        bos = self.stream.constant(GAP * (worst - 1)) + score.level
        pattern = at.Pattern((score + best).pairs, bos, recipe=f"hard attention ({e.op.symbol})")
        value = combine((1.0, self.values.scalar(x)), (-shift, self.stream.real))
        out = self._head(e, pattern, value, value.noise + self._span(x) * 2e-6)
        return out + self.stream.constant(shift)

    def _span(self, e: Expr) -> float:
        try:
            xs = [self.labels[v] for v in self.facts.domain(e).values]
        except CompileError:
            return float(self.facts.max_len)
        return max(xs) - min(xs) if xs else 0.0

    def _free_by_mask(self, literal: Literal) -> bool:
        return self.facts.causal and literal.prefix and literal.op is Op.LE

    def _rank(self, score: Expr) -> Expr:
        """A whole-number sop that orders as the score does: itself where it is one."""
        domain = self.facts.domain(score)
        if domain.whole:
            return score
        if not domain.ordered:
            raise CompileError(
                f"{formula(score)} has values without a total order ({domain}), so none of them is the best.\n"
                "  Map them to numbers first.",
                expression=SOp(score),
            )
        ordered = sorted(set(domain.values))
        return node(Op.MAP, score, arg=Tabled({(leave(v),): float(i) for i, v in enumerate(ordered)}, "rank"))
