"""Sums over all positions of a function of how many positions have the same value: sums over classes.

    full.value(1 / same_token.width())      is the number of different tokens
    full.value(same_token.width())          is the sum of the squares of the counts

A class of c positions adds c times the function of c, there are at most as many classes as values, and together they
have at most max_len positions. So the sums are few, though those of as many numbers of these may be many.
"""

from __future__ import annotations

import itertools
import math
from collections import defaultdict
from fractions import Fraction
from typing import TYPE_CHECKING

from ..lang.expr import Expr, Op, counts_bools, unnamed
from ..lang.selectors import EVERYWHERE, sides
from ..lang.values import Value
from ..run.column import column
from ..run.scalar import equal
from .domain import is_plain

if TYPE_CHECKING:
    from .facts import Facts

MOST_VALUES = 100
"""The most values of which each is compared with each."""
MOST_STEPS = 200_000
"""The most additions."""


def sums_over_classes(e: Expr, facts: Facts) -> list[Value] | None:
    """The values of such a sum; None for any other sum, and where they are too many."""
    x = e.source("x")
    count = next(iter(facts.variables(x)), None)
    if count is None or facts.causal or unnamed(e.src[0]) is not EVERYWHERE or facts.basis(x) != {count}:
        return None
    same = _equality(count, facts)
    if same is None:
        return None
    each = facts.evaluate(x, {count: column(range(1, facts.max_len + 1))})
    numbers = [int(v) if type(v) is bool and counts_bools(e) else v for v in each.values()]
    types = set(map(type, numbers))
    if not each.ok().all() or len(types) > 1 or bool in types or not all(map(is_plain, numbers)):
        return None  # where bools are kept, one of them is its own sum, and several have an int
    if any(v == 0 and math.copysign(1, v) < 0 for v in numbers):
        return None  # -0.0 alone is not the sum of the zeros
    ratios = [v.as_integer_ratio() for v in numbers]
    denominator = math.lcm(*(q for _, q in ratios))
    added = [c * p * (denominator // q) for c, (p, q) in enumerate(ratios, 1)]
    found = _totals(added, len(facts.domain(same)))
    if found is None:
        return None
    return [t / denominator if type(numbers[0]) is float else type(numbers[0])(Fraction(t, denominator)) for t in found]


def _equality(count: Expr, facts: Facts) -> Expr | None:
    """The sop with whose own value a sop counts the positions, if equal values of that are one value."""
    same = unnamed(count.src[0]) if count.op is Op.WIDTH else count
    if same.op is not Op.COMPARE or same.arg is not Op.EQ or sides(same)[0] is not sides(same)[1]:
        return None
    values = facts.domain(same.src[0]).values
    equals = len(values) > MOST_VALUES or any(equal(a, b) for a, b in itertools.combinations(values, 2))
    return None if equals or not facts.domains.own(same.src[0]) else same.src[0]


def _totals(added: list[int], classes: int) -> set[int] | None:
    """The sums over classes of 1, 2, ... positions that add so much each; None where they are too many."""
    most, found, steps = len(added), set[int](), 0
    totals: dict[int, set[int]] = {0: {0}}
    for _ in range(min(classes, most)):
        more = defaultdict[int, set[int]](set)
        for size, some in totals.items():
            steps += len(some) * (most - size)
            if steps > MOST_STEPS:
                return None
            for c in range(1, most - size + 1):
                more[size + c].update(t + added[c - 1] for t in some)
        totals = more
        found.update(*totals.values())
    return found
