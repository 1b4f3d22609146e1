"""Cuts: the parts of an expression that are computed before it, so that it is a function of few values.

`(a > b) != (c > d)` is a function of four numbers, and of two Booleans.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from ..errors import CompileError
from ..lang.expr import Expr
from .linear import Known
from .planning import Planning

DEEPEST = 5
"""How many times the parts of an expression are replaced by their own parts."""


def cuts(p: Planning, e: Expr, made: Known | None = None) -> Iterator[Known]:
    """The parts of an expression as known, from its operands to theirs: each time those that have the most values are
    replaced by their own operands. `made`: what is known already."""
    known = made or Known(p, {})
    parts = unknown(e, known)
    for _ in range(DEEPEST):
        if not parts:
            return
        found = {}
        for x in parts:
            try:
                found[x] = p.form(x)
            except CompileError:
                continue  # its parts may do
        if len(found) == len(parts):
            yield Known(p, {**known.made, **found})
        domains = [p.facts.listed(x) for x in parts]
        sizes = [math.inf if d is None else len(d) for d in domains]
        wide = [x for x, size in zip(parts, sizes, strict=True) if size == max(sizes) or x not in found]
        parts = list(dict.fromkeys(y for x in parts for y in (unknown(x, known) if x in wide else [x])))


def unknown(e: Expr, known: Known) -> list[Expr]:
    """The operands of an expression that have no form yet; none of what attention computes."""
    return [] if e.op.variable else [s for s in e.src if known.form(s) is None]
