"""Replace means by counts: sums of integers in place of fractions, where that keeps every value and its type.

    S.mean(x) * S.width()               ->  S.value(x)             also with a formula that equals the width, as n + 1
    c / S.mean(x), where S.value(x) = 1 ->  c * S.width()          x marks one position that S always selects
    S.mean(x) < S.mean(y)               ->  S.value(x) < S.value(y)
    S.mean(x) < p / q                   ->  S.value(q * x - p) < 0
    S.mean(x)                           ->  x                      where S selects the query, and keys with its x
    S.mean(x) - 2 * S.mean(y) < 1       ->  S.value(x - 2 * y - 1) < 0         any linear combination
    round(integer)                      ->  the integer
    f(S.mean(x) * S.width())            ->  f(S.value(x))          where f is the same for 3 and for 3/1

A comparison of integers has a margin of 1, where two fractions may differ by 1/N^2. These are identities of exact
numbers (bools, ints and ratios) and of no others: floats round. Most of them change the type: a mean is a ratio, or
the selected value itself where there is one, and a sum of ints is an int. So each expression has two replacements:

    typed   the same value with the same type, which every consumer may use
    plain   an equal value, for consumers that do not distinguish types: comparisons, and arithmetic, branches and
            aggregates that end in one
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from fractions import Fraction

from ..analysis import Facts, SelectedKeys, is_plain
from ..lang.expr import ONE, ZERO, Expr, Op, again, node
from ..lang.ops import Sure
from ..lang.selectors import EVERYWHERE, conjuncts, operands
from ..lang.values import EXACT, Value, exact, leave
from ..numeric.floats import FLOAT64
from ..run.column import Column, column
from ..run.scalar import scalar

FINEST = 1 << 20
"""The largest denominator of a float that is compared with a mean."""
SEPARATED = FLOAT64.exact_integers // 2
"""Up to this product of a mean's size and of both denominators, a mean is equal to a float, or above or below it, iff
its nearest float is: two different ones differ by more than two neighbouring floats."""


def counts(root: Expr, facts: Facts) -> dict[Expr, Expr]:
    """Every part of a program without names, with its means as sums where they can be."""
    return _Counting(facts).all(root)


class _Counting:
    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.typed: dict[Expr, Expr] = {}  # the same values with the same types
        self.plain: dict[Expr, Expr] = {}  # equal values
        self.ratio: dict[Expr, bool] = {}  # whether the expression, where it has a value, is always a ratio

    def all(self, root: Expr) -> dict[Expr, Expr]:
        for e in root.walk():
            self.ratio[e] = self._is_ratio(e)
            self.plain[e] = self._plain(e)
            self.typed[e] = self._typed(e)
        self.typed[root] = self._final(root)
        return self.typed

    def _plain(self, e: Expr) -> Expr:
        if e.op is Op.MEAN and self._own_value(e):
            return self.plain[e.src[1]]
        if e.op is Op.MUL:
            for mean, width in (e.src, e.src[::-1]):
                if mean.op is Op.MEAN and self._is_width(width, mean.src[0]) and self._sums(mean):
                    return self._value(mean)
        if e.op is Op.DIV and self._exact(e.src[0]):
            if self._marks_one(e.src[1]):
                return node(Op.MUL, self.plain[e.src[0]], node(Op.WIDTH, self.typed[e.src[1].src[0]]))
            if e.src[1] is ONE:
                return self.plain[e.src[0]]
        if _integral(e.op) and all(map(self._exact, e.src)):
            return again(e, tuple(self.plain[s] for s in e.src))
        if e.op is Op.WHERE or (e.op.defaulted and not e.op.scored and not e.op.counts):
            return again(e, (self.typed[e.src[0]], *(self.plain[s] for s in e.src[1:])))
        if e.op.defaulted:  # it compares its scores, or the values that it counts
            selector, score, *others = e.src
            met = self._compared(score) if self.facts.domains.own(score) else self.typed[score]
            return again(e, (self.typed[selector], met, *(self.plain[s] for s in others)))
        return self._typed(e)

    def _typed(self, e: Expr) -> Expr:
        src = tuple(self.typed[s] for s in e.src)
        if e.op is Op.ROUND and e.arg is None and self._ints(self.plain[e.src[0]]):
            return self.plain[e.src[0]]
        if e.op is Op.MAP and len(src) == 1 and self._blind(e):
            return again(e, (self.plain[e.src[0]],))
        if e.op is Op.HAS or e.op.comparison or (e.op is Op.COMPARE and isinstance(e.arg, Op)):
            members = [node(Op.CONST, arg=v) for v in e.arg] if e.op is Op.HAS else []
            if not all(map(self.facts.domains.own, (*e.src, *members))):
                return again(e, src)  # equality of another type may depend on the type it meets
            found = self._comparison(e) if e.op.comparison else None
            return found or again(e, tuple(map(self._compared, e.src)))
        same = again(e, src)
        if self.ratio[e] and e.op.linear and self.plain.get(e, same) is not same:
            return node(Op.DIV, self.plain[e], ONE)
        return same

    def _blind(self, e: Expr) -> bool:
        """Whether a function of one argument has the same values for ints and for ratios equal to them, where these may
        take the place of the argument."""
        (x,) = e.src
        if self.plain[x] is self.typed[x] or not self._ints(self.plain[x]):
            return False
        values = self.facts.domain(self.plain[x]).values
        one, other = (self.facts.evaluate(e, {x: made(values)}) for made in (column, _ratios))
        return [*map(exact, one.values())] == [*map(exact, other.values())] and bool((one.ok() == other.ok()).all())

    def _compared(self, e: Expr) -> Expr:
        """e as an operand of a comparison: large ints and ratios of equal value meet floats differently."""
        return self.plain[e] if self.facts.whole(self.plain[e]) else self.typed[e]

    def _is_ratio(self, e: Expr) -> bool:
        made = e.op is Op.DIV or (_integral(e.op) and any(self.ratio[s] for s in e.src))
        return made and all(map(self._exact, e.src))

    def _final(self, root: Expr) -> Expr:
        """The program's result, of which only the value is promised where the types of its values differ."""
        plain = self.plain[root]
        if plain is self.typed[root] or not self.facts.whole(plain):
            return self.typed[root]
        domain = self.facts.listed(root)
        types = frozenset({Fraction}) if domain is None else domain.types
        return plain if types == {int} else node(Op.DIV, plain, ONE) if Fraction in types else self.typed[root]

    # Conditions.

    def _exact(self, e: Expr) -> bool:
        """Whether all values are exact numbers."""
        return self.facts.domains.only(e, *EXACT)

    def _sums(self, mean: Expr) -> bool:
        """Whether the mean is one of integers, with an exact number where nothing is selected."""
        _, x, default = mean.src
        return default.op is Op.CONST and is_plain(default.arg) and self._exact(default) and self.facts.whole(x)

    def _ints(self, e: Expr) -> bool:
        return self.facts.whole(e) and bool not in self.facts.domain(e).types

    def _own_value(self, mean: Expr) -> bool:
        """Whether it is a mean of numbers that are all that of the query's own position, which is selected."""
        selector, x = mean.src[:2]
        if not self.facts.selections.itself(selector) or not self._exact(x):
            return False
        return SelectedKeys(self.facts, tuple(conjuncts(selector, self.facts.ordered))).agree_in(x)

    def _is_width(self, e: Expr, selector: Expr) -> bool:
        """Whether e is the width of the selector, as an exact number, at every position of every input."""
        width = node(Op.WIDTH, selector)
        if e is width:
            return True
        same = self._known(e) and self._known(width) and self._column(e) == self._column(width)
        return same and self._exact(e)

    def _marks_one(self, mean: Expr) -> bool:
        """Whether it is the mean of an x that is 1 at one always selected position, and otherwise 0."""
        if mean.op is not Op.MEAN or not self._known(mean.src[1]):
            return False
        selector, x = mean.src[:2]
        if set(self._column(x)) - {0, 1} or not self._exact(x):
            return False
        total = node(Op.VALUE, EVERYWHERE, x, ZERO)
        always = (node(Op.VALUE, part, x, ZERO) for part in _alternatives(selector))
        return set(self._column(total)) <= {1} and any(self._known(p) and set(self._column(p)) <= {1} for p in always)

    def _known(self, e: Expr) -> bool:
        """Whether position and length alone decide e, and every case is looked at."""
        return self.facts.token_free(e) and self.facts.tables.complete

    def _column(self, e: Expr) -> list[Value]:
        """e for every length and position; what fails is None, which no sum is."""
        col = self.facts.tables.of(e)
        return [v if good else None for v, good in zip(col.values(), col.ok().tolist(), strict=True)]

    # Sums.

    def _value(self, mean: Expr) -> Expr:
        return node(Op.VALUE, self.typed[mean.src[0]], self.plain[mean.src[1]], ZERO)

    def _comparison(self, e: Expr) -> Expr | None:
        """A comparison of a mean as one of sums."""
        a, b = e.src
        if a.op is b.op is Op.MEAN and a.src[0] is b.src[0] and self._sums(a) and self._sums(b):
            same = scalar(e)(a.src[2].arg, b.src[2].arg) == scalar(e)(0, 0)
            return node(e.op, self._value(a), self._value(b)) if same or self._never_empty(a) else None
        for mean, other, op in ((a, b, e.op), (b, a, e.op.mirrored)):
            if mean.op is Op.MEAN and other.op is Op.CONST and self._sums(mean):
                return self._against(node(op, mean, other))
        return self._combined(e)

    def _combined(self, e: Expr) -> Expr | None:
        """A comparison of two linear combinations of means by one selector, as that of one sum with 0."""
        if not all(v.op is Op.MEAN for v in self.facts.variables(e)):
            return None
        both = combination(node(Op.SUB, *e.src), lambda x: x.op is Op.MEAN and self._sums(x))
        means = [] if both is None else [x for x in both if x is not ONE]
        if both is None or not means or any(x.src[0] is not means[0].src[0] for x in means):
            return None
        empty = sum((c * Fraction(1 if x is ONE else x.src[2].arg) for x, c in both.items()), Fraction(0))
        if scalar(e)(empty, 0) != scalar(e)(0, 0) and not self._never_empty(means[0]):
            return None
        scale = math.lcm(*(c.denominator for c in both.values()))
        if scale > FINEST:
            return None
        total = self._weighted(
            [(self.plain[x.src[1]], int(both[x] * scale)) for x in means], int(both.get(ONE, 0) * scale)
        )
        if not self.facts.whole(total):
            return None
        return node(e.op, node(Op.VALUE, self.typed[means[0].src[0]], total, ZERO), ZERO)

    def _weighted(self, factors: list[tuple[Expr, int]], constant: int) -> Expr:
        """A linear combination, without factors of 1 where the part is an int."""
        total = node(Op.CONST, arg=constant) if constant else None
        for x, c in factors:
            term = x if abs(c) == 1 and self._ints(x) else node(Op.MUL, node(Op.CONST, arg=abs(c)), x)
            if total is None:
                total = term if c > 0 else node(Op.NEG, term)
            else:
                total = node(Op.ADD if c > 0 else Op.SUB, total, term)
        return node(Op.CONST, arg=0) if total is None else total

    def _against(self, e: Expr) -> Expr | None:
        """mean op constant"""
        mean, constant = e.src
        limit = constant.arg
        if type(limit) not in (*EXACT, float) or not is_plain(limit):
            return None
        fraction = self._limit(mean, limit)
        if fraction is None:
            return None
        if scalar(e)(mean.src[2].arg, constant.arg) != scalar(e)(0, 0) and not self._never_empty(mean):
            return None
        p, q = (node(Op.CONST, arg=k) for k in fraction.as_integer_ratio())
        x = self.plain[mean.src[1]]
        above = node(Op.SUB, node(Op.MUL, q, x), p) if limit else x
        return node(e.op, node(Op.VALUE, self.typed[mean.src[0]], above, ZERO), ZERO)

    def _limit(self, mean: Expr, limit: Value) -> Fraction | None:
        """A fraction that a mean of integers is below, equal to or above where it is that of the limit, as the language
        compares them: a mean that meets a float is the nearest float. None where no fraction is simple enough."""
        longest = self.facts.max_len
        size = max((abs(v) for v in self.facts.domain(mean.src[1]).values), default=0) + 1
        fraction = Fraction(limit)
        if type(limit) is float and fraction.denominator > longest:
            simple = fraction.limit_denominator(longest)  # 4/5 for 0.8, if a mean may be that
            fraction = simple if leave(simple) == limit else fraction
        if fraction.denominator > FINEST:
            return None
        if type(limit) is float and size * longest * fraction.denominator > SEPARATED:
            return None
        return fraction

    def _never_empty(self, mean: Expr) -> bool:
        return self.facts.width(mean.src[0])[0] > 0


def _ratios(values: Sequence[Value]) -> Column:
    return column([Fraction(v) for v in values])


Combination = dict[Expr, Fraction]
"""The factor of each part, and the constant as that of `ONE`."""


def combination(
    e: Expr, is_part: Callable[[Expr], bool], known: dict[Expr, Combination | None] | None = None
) -> Combination | None:
    """A sop as a linear combination of some parts; None for any other sop. `known`: those found before, to which this
    one and those of its operands are added.

    Its arithmetic is that of the program only if the parts are exact numbers too.
    """
    found = {} if known is None else known
    waiting = [e]
    while waiting:
        x = waiting[-1]
        part = is_part(x)
        more = [] if part or not x.op.linear else [s for s in x.src if s not in found]
        if not more:
            found[waiting.pop()] = {x: Fraction(1)} if part else _combined(x, [found.get(s) for s in x.src])
        waiting += more
    return found[e]


def _combined(e: Expr, parts: Sequence[Combination | None]) -> Combination | None:
    """The combination that an operation makes of those of its sources."""
    if e.op is Op.CONST:
        return {ONE: Fraction(e.arg)} if type(e.arg) in EXACT else None
    if not e.op.linear or any(p is None for p in parts):
        return None
    a, *rest = ({x: c for x, c in p.items() if c} for p in parts if p is not None)
    if e.op is Op.NEG:
        return {x: -c for x, c in a.items()}
    b = rest[0]
    if e.op in (Op.ADD, Op.SUB):
        sign = 1 if e.op is Op.ADD else -1
        return {x: a.get(x, Fraction(0)) + sign * b.get(x, Fraction(0)) for x in (*a, *b)}
    factor, other = (b, a) if b.keys() <= {ONE} else (a, b)
    if not factor.keys() <= {ONE} or (e.op is Op.DIV and (factor is a or not factor)):
        return None
    number = factor.get(ONE, Fraction(0))
    return {x: c * number if e.op is Op.MUL else c / number for x, c in other.items()}


def _integral(op: Op) -> bool:
    """Whether a linear operation of ints is an int."""
    return op.linear and op.sure is Sure.WHOLE


def _alternatives(selector: Expr) -> list[Expr]:
    """Selectors that select no more than this one: itself, and the operands of its `or`."""
    return [selector, *operands(selector)] if selector.op is Op.OR else [selector]
