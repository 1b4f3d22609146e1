"""Look-ups: the value at the one selected key."""

from __future__ import annotations

from dataclasses import replace

from ..constructions import attention as at
from ..constructions import feedforward as ff
from ..constructions.form import ZERO, combine
from ..constructions.lookups import lookup_quadratic
from ..constructions.rounding import copy_bound, lookup_bound
from ..lang.expr import INDICES, Expr, Op, node
from ..lang.selectors import LENGTH, Literal, conjuncts
from .choice import Choice, Rejected
from .need import Need
from .planning import Planning
from .positions import check_precision, index, is_position, moved
from .scores import below, score

AGREEMENT = 4.0
"""The units that a sign which differs costs in a look-up by signs, whose scores are exact: enough for a weight of 0 in
float32, so that a text of any length is written without reading the other keys."""


def lookup(p: Planning, e: Expr, selector: Expr, offset: float, *, never_empty: bool) -> Choice:
    """x at the one selected key; BOS competes half a unit below, with the default as its value."""
    x = e.src[-2]
    literals = conjuncts(selector, p.facts.ordered)
    value = combine((1.0, p.form(x)), (-offset, p.bias))
    sharp = p.stream.sharpness
    signs = not sharp.soft and _of_signs(p, x, e)
    unit = 2 * sharp.unit if signs else sharp.unit
    bos_gap = sharp.bos_gap(p.facts.max_len, unit)
    pattern = None if never_empty or signs or sharp.soft else _by_position(p, literals)
    construction = "look-up by position"
    rejected: tuple[Rejected, ...] = ()
    if pattern is None:
        found = score(p, literals, Need(unit, level_known=never_empty, squares=not sharp.soft))
        if set(found.constructions) == {"agreement"} and not sharp.soft:
            unit, bos_gap = AGREEMENT * sharp.unit, sharp.bos_gap(p.facts.max_len, AGREEMENT * sharp.unit)
            found = score(p, literals, Need(unit, level_known=never_empty))
        lower = below(p, found.score, unit) if never_empty and not (signs or sharp.soft) else None
        pattern = at.pick(found.score, p.bias, unit, bos_gap=lower or bos_gap)
        construction, rejected = f"look-up ({found})", found.alternatives
    error = lookup_bound(
        p.facts.max_len, p.span(x), unit, bos_gap=bos_gap, fmt=p.stream.format, never_empty=never_empty
    )
    if signs and _exact(pattern):
        error = min(error, copy_bound(p.facts.max_len, p.span(x), bos_gap, p.stream.format))
    form = p.head(e, pattern, value, value.error + error)
    return p.choice(e, construction, form + p.stream.constant(offset), rejected)


def _of_signs(p: Planning, x: Expr, e: Expr) -> bool:
    """Whether -1 and 1 are looked up. Scores multiply them by large units (`agreement`), so that they are copied with a
    lead that is large enough for no error."""
    return set(p.facts.domain(x).values) == {-1, 1} and e.src[-1].op is Op.CONST and e.src[-1].arg in (-1, 1)


def _exact(pattern: at.Pattern) -> bool:
    return not any(form.error for form in (*(f for pair in pattern.pairs for f in pair), pattern.bos))


def _by_position(p: Planning, literals: list[Literal]) -> at.Pattern | None:
    """key(indices) == query(q) for a q that may lie outside the input.

    BOS stands at index -1, and whatever is below 0 is nearest to it. Beyond the last token, where a token would be
    nearest, one neuron, relu(q - n + 1/2), lifts BOS above all. So q needs no square.
    """
    if len(literals) != 1 or not is_position(p, literals[0]):
        return None
    q = moved(p, literals[0])
    if q is None or all(b is INDICES for b in p.facts.basis(q)):
        return None  # its square is one more column of the embedding
    key, square, middle = index(p)
    query = p.form(q) - p.stream.constant(middle)
    check_precision(p, literals[0], middle, query.error)
    pattern = lookup_quadratic(query, key, square, p.bias, p.stream.sharpness.unit, first=-middle)
    if _may_pass(p, q):
        length = p.form(INDICES) + p.bias if p.facts.causal else p.form(LENGTH)
        beyond = ff.Piece(ZERO, ((combine((1.0, query), (-1.0, length), (middle + 0.5, p.bias)), 1.0),))
        most = p.size(q) + p.facts.max_len
        lift = p.stream.neurons(beyond, f"{p.title(q, 24)} beyond the end", "overshoot")
        pattern = replace(pattern, bos=pattern.bos + lift * (8 * p.stream.sharpness.unit * most**2))
    return pattern


def _may_pass(p: Planning, q: Expr) -> bool:
    """Whether q may lie beyond the last position, as far as is known."""
    if p.facts.reaches.is_position(q, below=True):
        return False
    ahead = p.facts.listed(node(Op.SUB, q, INDICES))
    return ahead is None or bool(max(ahead.values) > 0)
