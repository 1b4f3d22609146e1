"""What neurons compute: parts of the program that are functions of what the stream holds at the position."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..compiler.lower import from_zero
from ..errors import CertificateError
from ..lang.expr import ZERO, Expr, Op, node
from ..model.certificate import Margin
from ..model.circuit import Claim
from ..model.weights import Floats
from .claims import MOST_ELSEWHERE, Numbers, distinct_values, labels, places_of, values
from .forms import Proved
from .stream import Stream

if TYPE_CHECKING:
    from .prover import Prover


class Elementwise:
    """A claim that neurons compute a function of what the stream holds at the position."""

    def __init__(self, prover: Prover, e: Expr, claim: Claim, pivot: int) -> None:
        self.prover, self.e, self.claim, self.pivot = prover, e, claim, pivot
        self.far = False  # as of heads
        self.meaning = e if e.op is not Op.VALUE else _with_default(e)

    def prove(self) -> Proved:
        prover, claim, e = self.prover, self.claim, self.e
        stream, world = prover.stream, prover.world
        plan = stream.plan(claim.vector[:, None], claim.slot)
        at = world.of(plan.variables | world.variables(self.meaning, flat=stream.flat))
        value, noise = stream.line(plan, at)
        column = values(self.meaning, prover.facts, at)
        wanted, ok = labels(column, Numbers(claim))
        held = ok.all()
        off = np.abs(value - wanted) + noise
        worst = float((off if held else off[ok]).max(initial=0.0))
        if not worst < 0.5:  # a shape that is not the claimed one
            raise CertificateError(f"the error may reach {worst:.3g}")
        prover.margins.append(Margin(claim.layer, claim.expression, "neurons", worst, 0.5))
        self._bound(float((np.abs(value) + noise).max(initial=0.0)))
        elsewhere, slack = np.zeros(0), 0.0
        if not held:
            elsewhere, slack = np.unique(value[~ok]), float(noise[~ok].max())
        if len(elsewhere) > MOST_ELSEWHERE:
            low, high = float((value - noise)[~ok].min()), float((value + noise)[~ok].max())
            elsewhere, slack = np.array([(low + high) / 2]), (high - low) / 2
        until = stream.until(claim.vector, claim.slot)
        seen = places = None  # those of the analysis, which know how a sum and its default belong together
        if self.meaning is e:
            seen = distinct_values(column)
            places = places_of(column, seen, at, prover.facts.max_len)
        garbage = tuple(elsewhere.tolist())
        return Proved(e, claim.slot, until, claim.vector, self.pivot, worst, garbage, slack, seen, places)

    def _bound(self, largest: float) -> None:
        """Remembers how large the direction can be, where it holds nothing but this part and a constant."""
        vector, stream, pivot = self.claim.vector, self.prover.stream, self.pivot
        if not _alone(vector, pivot, stream):
            return
        constant = float(np.abs(vector) @ stream.reach[0] - abs(vector[pivot]) * stream.reach[0][pivot])
        now = stream.reach[self.claim.slot]
        now[pivot] = min(now[pivot], (largest + constant) / abs(vector[pivot]))


def _with_default(e: Expr) -> Expr:
    """A sum as what it is without its default, and that where nothing is selected."""
    added, found = from_zero(e)
    return node(Op.ADD, added, node(Op.WHERE, node(Op.EQ, found, ZERO), e.src[-1], ZERO))


def _alone(vector: Floats, pivot: int, stream: Stream) -> bool:
    """Whether a form is its pivot and a constant."""
    rest = vector.copy()
    rest[pivot] = 0.0
    used = rest != 0
    return (
        not stream.written[1:, used].any()
        and not np.ptp(stream.embed[1:, used], axis=0).any()
        and (stream.positions is None or not stream.positions[1:, used].any())
    )
