"""Two parts of a program that one number of the residual stream stores.

Heads with one selector may write a part and a function of it into one direction: tokens, and whether the token is "a".
Then the one part's encoding is a line along the other's. Both are proved from the weights, so that the values of the
two go together whose encodings do.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..errors import CertificateError
from ..lang.expr import Expr, Op
from ..lang.values import Value
from ..model.circuit import Claim
from .affine import OWN_ROUNDING
from .decomposition import decompose
from .evaluate import evaluate
from .evidence import Proved, Setting
from .states import SameNumber, alike, or_nan


@dataclass(frozen=True, eq=False)
class Twin:
    """Another part, `proved`, whose number the claimed one is a line of: factor * number + constant, within `error`."""

    proved: Proved
    factor: float
    constant: float
    error: float

    @classmethod
    def of(cls, setting: Setting, e: Expr, claim: Claim) -> Twin:
        """Raises CertificateError if no twin exists."""
        for p in setting.evidence.proved:
            if not (p.slot <= claim.slot < p.until) or p.variable.fallback or p.expr.op.barrier or e.op.barrier:
                continue
            factor = float(claim.vector[p.pivot] / p.vector[p.pivot])
            rest = claim.vector - factor * p.vector
            if not factor:
                continue
            decomposed = decompose(setting, rest[:, None], claim.slot)
            if not decomposed.variables:
                form = evaluate(setting, decomposed, setting.space())
                return cls(p, factor, float(form.value[0, 0]), float(form.error[0, 0]))
        remedy = "; write where(s.width() > 0, s.value(x), default)" if e.op is Op.VALUE else ""
        raise CertificateError(f"it shares its coordinates with other parts{remedy}")

    def same_number(self, setting: Setting, found: Proved) -> SameNumber:
        """Which value of the claimed part goes with each of the other's. Raises CertificateError where several do."""
        if found.variable.fallback:
            raise CertificateError("it shares its coordinates with another part, and may be undefined")
        values, others = _values(setting, found), _values(setting, self.proved)
        if len(values) * len(others) > setting.limits.value_pairs:
            raise CertificateError("it shares its coordinates with another part, and has too many values to compare")
        own = np.array([or_nan(found.variable.encoding, v) for v in values])
        numbers = np.array([or_nan(self.proved.variable.encoding, v) for v in others])
        expected = self.factor * numbers + self.constant
        error = found.error + abs(self.factor) * self.proved.error + self.error
        error += OWN_ROUNDING * float(np.abs(expected).max(initial=1.0))
        near = ~(np.abs(own[None, :] - expected[:, None]) > error)
        if (near.sum(axis=1) > 1).any():
            raise CertificateError("it shares its coordinates with another part, whose number does not tell its value")
        pairs: dict[object, Value] = {}
        for i, j in zip(*near.nonzero(), strict=True):
            if pairs.setdefault(alike(others[i]), values[j]) is not values[j]:
                raise CertificateError("it shares its coordinates with another part, of which equal values differ")
        return SameNumber(self.proved.expr, pairs)


def _values(setting: Setting, p: Proved) -> tuple[Value, ...]:
    """All values of a proved part. Raises CertificateError where they are too many to list."""
    if p.variable.values is not None:
        return p.variable.values
    domain = setting.facts.listed(p.expr)
    if domain is None:
        raise CertificateError("it shares its coordinates with another part, and has too many values")
    return domain.values
