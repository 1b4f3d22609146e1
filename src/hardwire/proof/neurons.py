"""A claim that neurons compute a function of the values stored at the same position."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..analysis import is_plain
from ..errors import CertificateError
from ..lang.expr import ZERO, Expr, Op, node, unnamed
from ..model.certificate import Margin
from ..model.circuit import Claim
from ..model.slots import ATTENTION, EMBEDDING
from ..numeric.floats import Floats
from .cases import error_by_cases
from .decomposition import decompose
from .evaluate import evaluate_one
from .evidence import Evidence, Proved, Setting
from .selection import space_of
from .states import ClaimedEncoding, Variable, distinct_values, places_of, values_in

COVERED = 2.0**-6
"""Fallbacks count as one interval if half of its length exceeds their error by no more than this share."""


def prove_neurons(setting: Setting, e: Expr, claim: Claim, pivot: int) -> tuple[Proved, Evidence]:
    """(the proved part, the evidence with its margin and a bound of its coordinate). Raises CertificateError."""
    if claim.slot.sublayer is ATTENTION:  # where it is not known yet how large the stream is
        raise CertificateError("heads do not compute it, and neurons write later")
    encoding, facts = ClaimedEncoding(claim), setting.facts
    meaning = with_default(e, encoding) if e.op is Op.VALUE and e not in setting.spaces.proved else e
    decomposed = decompose(setting, claim.vector[:, None], claim.slot)
    try:
        space = space_of(meaning, setting, decomposed.variables)
    except CertificateError as too_many:
        if meaning is not e:
            raise
        try:
            worst, largest = error_by_cases(setting, e, decomposed, encoding)
        except CertificateError:
            raise too_many from None
        return _shown(setting, e, claim, pivot, worst=worst, largest=largest, variable=Variable(encoding))
    value, error = evaluate_one(setting, decomposed, space)
    column = values_in(meaning, facts, space)
    defined, off = column.ok(), np.abs(value - encoding.targets(column)) + error
    worst = float(off[defined].max(initial=0.0))
    values = places = None  # those of the analysis, which knows how a sum and its default belong together
    if meaning is e:
        values = distinct_values(column)
        places = places_of(column, values, space, facts.max_len, setting.limits.places)
    variable = Variable(
        encoding, values, places, *_fallback(value[~defined], error[~defined], setting.limits.fallbacks)
    )
    largest = float((np.abs(value) + error).max(initial=0.0))
    return _shown(setting, e, claim, pivot, worst=worst, largest=largest, variable=variable)


def _shown(
    setting: Setting, e: Expr, claim: Claim, pivot: int, *, worst: float, largest: float, variable: Variable
) -> tuple[Proved, Evidence]:
    """What follows from the greatest error of a claim, and from how large its number can be. Raises
    CertificateError."""
    if not worst < 0.5:
        raise CertificateError(f"its error may reach {worst:.3g}, and must stay below 0.5")
    until = setting.weights.until(claim.vector, claim.slot)
    found = Proved(e, claim.slot, until, claim.vector, pivot, worst, variable=variable)
    margin = Margin(claim.layer, claim.expression, "neurons", worst, 0.5)
    evidence = _capped(setting, found, largest)
    return found, replace(evidence, margins=(*evidence.margins, margin))


def _fallback(value: Floats, error: Floats, most: int) -> tuple[tuple[float, ...], float]:
    """(the fallbacks where a part is undefined, their error)"""
    if not len(value):
        return (), 0.0
    numbers, off = np.unique(value), float(error.max())
    low, high = float((value - error).min()), float((value + error).max())
    if len(numbers) > most or (high - low) / 2 <= off * (1 + COVERED):
        return ((low + high) / 2,), (high - low) / 2
    return tuple(numbers.tolist()), off


def with_default(e: Expr, encoding: ClaimedEncoding) -> Expr:
    """A sum with a default as a sum without, plus the default, or the number that encodes it, where nothing is
    selected. Raises CertificateError."""
    default = unnamed(e.src[-1])
    if default.op is Op.CONST and not is_plain(default.arg):
        number = encoding(default.arg)
        if encoding(number) != number:
            raise CertificateError("the number that encodes its default is not encoded as itself")
        default = node(Op.CONST, arg=number)
    total, count = node(Op.VALUE, *e.src[:-1], ZERO, arg=e.arg), node(Op.WIDTH, e.src[0])
    return node(Op.ADD, total, node(Op.WHERE, node(Op.EQ, count, ZERO), default, ZERO))


def _capped(setting: Setting, proved: Proved, largest: float) -> Evidence:
    """The evidence with a bound of the pivot, where the vector reads only this coordinate and a constant."""
    weights, evidence, vector, pivot = setting.weights, setting.evidence, proved.vector, proved.pivot
    others = vector.copy()
    others[pivot] = 0.0
    used = others != 0
    if (
        weights.written[EMBEDDING.next :, used].any()
        or np.ptp(weights.embed[1:, used], axis=0).any()
        or (weights.positions is not None and weights.positions[1:, used].any())
    ):
        return evidence
    constant = float(np.abs(others) @ setting.largest(EMBEDDING))
    known = evidence.magnitudes.at[proved.slot, pivot]
    bound = min(known, (largest + constant) / abs(vector[pivot]))
    return replace(evidence, magnitudes=evidence.magnitudes.with_bound(proved.slot, pivot, bound))
