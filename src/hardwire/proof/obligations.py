"""The obligation of a claim, and its consequences once it is shown."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from ..analysis import Facts, is_plain
from ..errors import CertificateError
from ..lang.expr import Expr, Op, unnamed
from ..lang.values import is_number
from ..model.circuit import Claim
from ..model.slots import ATTENTION, Slot
from ..numeric.floats import Floats
from . import lookups, means, sums
from .evidence import Evidence, Proved, Setting, outputs_of
from .heads import FAR, HeadClaim, NotCloseError, ShownHeads
from .states import ClaimedEncoding, or_nan


@dataclass(frozen=True)
class Obligation:
    """A property of heads that compute an aggregate, to be shown. `adds`: whether several numbers are added up or
    averaged, rather than one value copied; `hull`: the range of the output on any input, where it depends on the values
    alone."""

    show: Callable[[HeadClaim], ShownHeads]
    adds: bool = True
    hull: Callable[[HeadClaim], tuple[float, float]] | None = None


SUM = Obligation(sums.show)
LOOKUP = Obligation(lookups.show, adds=False, hull=lookups.hull)
MEAN = Obligation(means.show, hull=lookups.hull)


def obligation_of(setting: Setting, e: Expr, claim: Claim) -> Obligation | None:
    """The obligation of a claim that heads compute an aggregate; None where neurons compute the part."""
    facts = setting.facts
    if not e.op.aggregate or has_added_default(facts, e, claim):
        return None
    least, most = facts.width(e.src[0])
    if e.op.defaulted and least == 0 and unnamed(e.src[-1]).op is not Op.CONST:
        raise CertificateError("its default is not a constant, and heads compute no other")
    if not (e.op.picks or e.op.adds or e.op is Op.WIDTH):
        raise CertificateError(f"heads do not compute .{e.op.symbol}")
    if e.op is Op.WIDTH or (e.op is Op.VALUE and most > 1 and facts.domain(e.src[1]).plain):
        return SUM
    headless = not any((layer.w_o @ claim.vector).any() for layer in setting.weights.layers[: claim.layer])
    if headless and (most == 1 or (most > 1 and e.op.single)):
        return SUM  # of one value, which is at the query's own position
    if e.op is Op.MEAN and most > 1:
        return MEAN
    # Several values that are not numbers have no sum. Of several numbers `_check_numbers` says that one is not copied.
    return LOOKUP


def has_added_default(facts: Facts, e: Expr, claim: Claim) -> bool:
    """Whether it is a sum with a default that is not encoded as 0, which neurons add to the sum."""
    if e.op is not Op.VALUE:
        return False
    least, most = facts.width(e.src[0])
    default = unnamed(e.src[-1])
    other = default.op is Op.CONST and or_nan(ClaimedEncoding(claim), default.arg) != 0
    return other and most > 1 and least == 0 and facts.domain(e.src[1]).plain


def prove_heads(
    case: HeadClaim, obligation: Obligation, pivot: int, *, always_defined: bool = False
) -> tuple[Proved, Evidence]:
    """(the part as proved, the evidence with margins and closer bounds of the heads' outputs).

    `always_defined`: whether no answer depends on the number stored where the aggregate is undefined. Raises
    CertificateError.
    """
    _check_numbers(case, obligation)
    setting, claim = case.setting, case.claim
    shown = obligation.show(case)
    total, outputs = _outputs(case, shown.share)
    evidence = replace(setting.evidence, outputs=outputs, margins=(*setting.evidence.margins, *shown.margins))
    # The shown error includes the rounding of each output by itself: of dividing by the weights, and of W_O.
    error = shown.error + _underflow(case) + _adding(case, setting.with_evidence(evidence))
    spacing = _spacing(case)
    if not error < spacing / 2:
        needed = f", and must stay below {spacing / 2:.3g}, half the distance between its values"
        raise (NotCloseError if error > FAR * spacing else CertificateError)(
            f"its error may reach {error:.3g}{needed if math.isfinite(spacing) else ''}"
        )
    fallback, fallback_error = shown.variable.fallback, float(error + shown.variable.fallback_error)
    if shown.unbounded or len(fallback) > setting.limits.fallbacks:
        low, high = _hull(case, total, shown.share) if obligation.hull is None else obligation.hull(case)
        fallback, fallback_error = ((low + high) / 2,), (high - low) / 2 + float(error)
    if always_defined:
        fallback, fallback_error = (), 0.0
    variable = replace(shown.variable, fallback=fallback, fallback_error=fallback_error)
    until = setting.weights.until(claim.vector, claim.slot)
    return Proved(case.expr, claim.slot, until, claim.vector, pivot, float(error), variable=variable), evidence


def _check_numbers(case: HeadClaim, obligation: Obligation) -> None:
    """Raises CertificateError where several numbers may be added or averaged of which one is not encoded as itself:
    the encoding of a sum would not be the sum of encodings."""
    e, identity = case.expr, case.encoding.identity
    if e.op is Op.WIDTH:
        numeric = identity
    elif case.most > 1 and e.op.adds:
        numbers = [v for v in case.setting.facts.domain(e.src[1]).values if is_number(v)]
        numeric = not numbers or (obligation.adds and identity and all(map(is_plain, numbers)))
    else:
        return
    if not numeric:
        raise CertificateError(
            "it adds up numbers that are not encoded as themselves, or mixes numbers with other values; one head can "
            "either add or copy"
        )


def _outputs(case: HeadClaim, share: float) -> tuple[float, tuple[Floats, ...]]:
    """(the largest that the heads' part of the claim can be on any input, bounds of the outputs of all heads), where a
    key has at most a `share` of the weight."""
    total, weight = 0.0, min(1.0, case.max_len * share)
    outputs = list(case.setting.evidence.outputs)
    for p in case.parts:
        given = case.setting.largest(p.slot) @ np.abs(p.values) * weight
        total += float(given @ np.abs(p.mix))
        own = outputs[p.layer - 1].copy()
        own[p.outputs] = np.minimum(own[p.outputs], given)
        outputs[p.layer - 1] = own
    return total, tuple(outputs)


def _underflow(case: HeadClaim) -> float:
    """The error of weights, of their products with values, and of products with W_O where they are too small to be
    normal numbers. A weight underflows twice, as it is computed and as it is divided."""
    lost = sum(len(p.mix) for p in case.parts) * float(np.abs(case.claim.vector).sum())
    for p in case.parts:
        largest = case.setting.largest(p.slot) @ np.abs(p.values)
        lost += (case.max_len + 2) * float((1 + 2 * largest) @ np.abs(p.mix))
    return case.format.tiny * lost


def _hull(case: HeadClaim, total: float, share: float) -> tuple[float, float]:
    """The range of residual @ vector on any input, where heads add up to `total` in size, and a key has
    at most a `share` of the weight."""
    rounded = total * float(case.format.gamma(case.max_len + 8))
    around = float(case.setting.largest(case.claim.slot.previous) @ np.abs(case.claim.vector)) + rounded
    low = high = 0.0
    for part in case.parts:
        try:
            outputs, _ = case.outputs(part)
        except CertificateError:  # too many states
            return -around - total, around + total
        weight = min(1.0, case.max_len * share)
        low, high = low + weight * outputs.low, high + weight * outputs.high
    return max(-total, low) - around, min(total, high) + around


def _adding(case: HeadClaim, setting: Setting) -> float:
    """The rounding of adding heads to the stream, one by one or all at once."""
    claimed, vector, total = case.claim.vector, np.abs(case.claim.vector), 0.0
    for k in case.layers:
        slot = Slot(k, ATTENTION)
        used = vector * setting.weights.written[slot]
        if not np.count_nonzero(used):
            continue
        layer, before, outputs = setting.weights.layers[k - 1], setting.largest(slot.previous), outputs_of(setting, k)
        magnitudes = before + outputs @ np.abs(layer.w_o)
        count = layer.writers + (before > 0) - 1
        total += float(used @ (setting.format.gamma(count) * magnitudes))
        # The shown error includes the rounding of W_O, except for products that cancel in the claimed vector.
        cancelled = np.abs(layer.w_o) @ vector - np.abs(layer.w_o @ claimed)
        total += setting.format.unit * float(outputs @ cancelled)
    return total


def _spacing(case: HeadClaim) -> float:
    """The least distance between the encodings of two values; infinite where values are too many to list."""
    domain = case.setting.facts.listed(case.expr)
    if domain is None:
        return float("inf")
    if domain.plain:  # ratios may be closer to each other than anything needs to distinguish
        return 1.0 if domain.whole else float("inf")
    numbers = sorted({or_nan(case.encoding, v) for v in domain.values})
    if any(math.isnan(x) for x in numbers):
        return float("nan")
    return min((b - a for a, b in pairwise(numbers)), default=float("inf"))
