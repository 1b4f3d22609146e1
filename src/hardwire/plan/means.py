"""Means over the selected positions: by one head, or by several that share a mean."""

from __future__ import annotations

import numpy as np

from ..constructions import attention as at
from ..constructions.form import Floats, Form, combine
from ..constructions.heads import part_bound, part_of_mean
from ..constructions.rounding import mean_bound
from ..lang.expr import Expr, Op, node
from ..lang.selectors import Conjunction, conjuncts, expand, selector_of
from .choice import Choice
from .need import Need
from .planning import Planning
from .scores import below, score
from .splitting import split


def mean(p: Planning, e: Expr, selector: Expr, offset: float) -> Choice:
    """Equal weights on the selected positions, and BOS far below for an empty selection. Raises CompileError."""
    x = e.src[-2]
    value = combine((1.0, p.form(x)), (-offset, p.bias))
    parts = None if p.facts.causal else _by_position(p, selector)
    keys, span, sharp = p.facts.max_len, p.span(x), p.stream.sharpness
    if parts is not None:
        error = part_bound(keys, span, len(parts), sharp.tie, p.stream.format) / len(parts)
        return _shared(p, e, parts, value, offset, value.error + error)
    literals = conjuncts(selector, p.facts.ordered)
    if p.facts.causal:
        literals = [c for c in literals if not (c.prefix and c.op is Op.LE)]
    found = score(p, literals, Need.of_shared(keys, sharp.unit, squares=not sharp.soft, hinges=p.steady))
    never_empty = p.facts.width(selector)[0] > 0
    error = value.error + mean_bound(keys, span, sharp.unit, p.stream.format, never_empty=never_empty)
    lower = below(p, found.score, sharp.unit) if never_empty and not sharp.soft else None
    form = p.head(e, at.average(found.score, p.bias, 2 * lower if lower else sharp.unit), value, error)
    return p.choice(e, f"mean ({found})", form + p.stream.constant(offset), found.alternatives)


def _shared(
    p: Planning, e: Expr, parts: list[tuple[Conjunction, Form]], value: Form, offset: float, error: float
) -> Choice:
    """A mean that several heads share. Their scores do not cancel: small ones, which weights that are off by a unit in
    the last place hardly move."""
    result = p.stream.constant(offset)
    for conjunction, weight in parts:
        need = Need.of_shared(p.facts.max_len, p.stream.sharpness.tie, squares=False, hinges=p.steady)
        found = score(p, list(conjunction), need)
        result = result + p.head(e, part_of_mean(found.score, weight, p.bias), value, error)
    return p.choice(e, f"mean in {len(parts)} heads", result)


def _by_position(p: Planning, selector: Expr) -> list[tuple[Conjunction, Form]] | None:
    """A selector of positions alone as disjoint conjunctions, each with BOS's score log(others' keys).

    Only where the counts depend on the position and not on the length.
    """
    if not p.facts.token_free(selector) or not p.facts.tables.complete or len(expand(selector, p.facts.ordered)) != 1:
        return None
    parts = split(selector, p.facts, p.digits)
    if len(parts) < 2 or any(sign != 1 for sign in parts.values()):
        return None
    position = p.facts.tables.position
    counts = []
    for conjunction in parts:
        col = p.facts.tables.of(node(Op.WIDTH, selector_of(conjunction)))
        at_position = np.zeros(p.facts.max_len)
        at_position[position] = col.data
        if not np.array_equal(at_position[position], col.data):
            return None
        counts.append(at_position)
    whole: Floats = np.sum(counts, axis=0, dtype=np.float64)
    result = []
    for i, (conjunction, own) in enumerate(zip(parts, counts, strict=True)):
        others = whole - own
        # With nothing else to stand for, BOS keeps out of the way, unless nothing at all is selected.
        away = np.where(whole > 0, -2 * p.stream.sharpness.unit, 0.0)
        weight: Floats = np.where(others > 0, np.log(np.maximum(others, 1)), away)
        name = f"log weight of BOS {i}"
        result.append((conjunction, p.stream.embed_position(np.asarray(weight, np.float64), name, name)))
    return result
