"""Sums of choices whose conditions are decided together: where(d == 1, x, 0) + where(d == 2, y, 0) is x, y or 0."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..lang.expr import ONE, ZERO, Expr, Op, node, unnamed

if TYPE_CHECKING:
    from .facts import Facts

MOST_CHOICES = 10_000
"""The most combinations of what decides the conditions."""
MOST_PARTS = 100
"""The most parts of a sum, a part that is added twice counted twice."""
MOST_STEPS = 1_000_000
"""The most additions in all."""


def sums_of_choices(e: Expr, facts: Facts) -> set[int] | None:
    """The values of a sum with several choices between whole numbers: for each combination of conditions that occurs,
    the sums of the chosen parts. Returns None for any other sum, and if there are too many values or no value."""
    terms, choices, waiting = list[Expr](), list[Expr](), [e]
    while waiting:
        if len(waiting) + len(terms) + len(choices) > MOST_PARTS:
            return None
        x = unnamed(waiting.pop())
        if x.op is Op.ADD:
            waiting += x.src
        else:
            (choices if x.op is Op.WHERE else terms).append(x)
    conditions = [x.src[0] for x in choices]
    variables = list(dict.fromkeys(v for c in conditions for v in facts.variables(c)))
    if len(choices) < 2 or not variables or facts.domains.combinations(variables) > MOST_CHOICES:
        return None
    mesh = facts.mesh(variables, failing=True)
    truths = [facts.evaluate(node(Op.WHERE, c, ONE, ZERO), mesh) for c in conditions]  # whose truth may fail
    some = np.flatnonzero(np.logical_and.reduce([t.ok() for t in truths]))
    found, steps = set[int](), 0
    for row in {*zip(*(t.take(some).values() for t in truths), strict=True)}:
        sums = {0}
        for part in (*terms, *(x.src[1 if true else 2] for x, true in zip(choices, row, strict=True))):
            domain = facts.listed(part)
            if domain is None or not domain.whole:
                return None
            steps += len(sums) * len(domain)
            if steps > MOST_STEPS:
                return None
            sums = {s + int(v) for s in sums for v in domain.values}
        found |= sums
    return found or None
