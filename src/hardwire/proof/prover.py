"""From a claim to its proof: which kind of proof it takes, and what is remembered of it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..compiler.analyse import Analysis
from ..errors import CertificateError
from ..lang.expr import INDICES, Expr, Op, unnamed
from ..lang.text import formula
from ..model.certificate import Margin
from ..model.circuit import Claim
from ..model.slots import ATTENTION, Slot
from ..model.weights import Floats
from .claims import Numbers, is_own
from .forms import Proved
from .heads import Aggregate
from .means import Mean
from .neurons import Elementwise
from .pairs import sides
from .picks import Pick
from .situations import World
from .stream import Stream
from .sums import Sum

MANY = 16
"""With so many dimensions a head reads codes, one direction a value, whose sums would be bounded far too wide."""
LOUD = 0.05
"""An error above this is looked at again, more closely."""


class Attempt(NamedTuple):
    """One way to prove a claim: whether leaves and aggregates alone are variables; whether coordinates are bounded one
    by one first; whether a key and a query at one position are told to be the same in all else."""

    flat: bool = False
    refined: bool = False
    meeting: bool = False


class Prover:
    """Proves claims about one model."""

    def __init__(self, stream: Stream, world: World, facts: Analysis, bos: list[Floats], needed: set[Expr]) -> None:
        """`bos`: (d_model,) its row before each layer as far as they are known. `needed`: aggregates that are the same
        at every position, and without which the program has no value: what would stand there if they had none matters
        to nobody.
        """
        self.stream, self.world, self.facts, self.bos, self.needed = stream, world, facts, bos, needed
        self.format = stream.format
        self.margins: list[Margin] = []
        self.meeting = False
        self.outputs = [self._crude(k) for k in range(stream.model.depth)]

    def _crude(self, k: int) -> Floats:
        """(all d_v,) no bound yet of what the heads of a layer give."""
        return np.zeros(len(self.stream.w_o[k])) + np.inf

    def bound(self, k: int) -> Floats:
        """(all d_v,) how large the outputs of layer k's heads can be: no larger than their values."""
        bounds: Floats = np.minimum(
            self.outputs[k - 1], self.stream.reach[Slot(k, ATTENTION).previous] @ self.stream.valued[k - 1]
        )
        return bounds

    def prove(self, e: Expr, claim: Claim) -> Proved:
        """That the model holds a part of the program as claimed. Raises CertificateError where that is not shown."""
        pivot = self.stream.pivot(claim.vector, claim.slot)
        if pivot is None:
            pivot = self._same(e, claim)
        case, start = self._kind(e, claim), len(self.margins)
        best: Proved | None = None
        error: CertificateError | None = None
        attempts = self._attempts(case, claim)
        while attempts:
            attempt = attempts.pop(0)
            if best is not None and not (attempt.refined and best.error > LOUD):
                continue
            if attempt.refined:
                self.stream.refine(claim.slot.previous, self.world)
            self.stream.flat, self.meeting, noted = attempt.flat, attempt.meeting, len(self.margins)
            tried = case(self, e, claim, pivot)
            try:
                best = tried.prove()
                self.margins = [*self.margins[:start], *self.margins[noted:]]
            except CertificateError as found:
                error = error or found
                del self.margins[noted:]
                if tried.far:  # other variables rather than closer bounds
                    attempts.sort(key=lambda a: not a.flat)
            finally:
                self.stream.flat = self.meeting = False
            if best is None and not attempts and not attempt.meeting and self._meets(case, e):
                attempts.append(Attempt(refined=True, meeting=True))
        if best is not None and not (e in self.world.same and best.elsewhere):
            return best
        if best is not None:
            raise CertificateError(f"{formula(e, 80)}: it shares its directions with another part", expression=e)
        assert error is not None
        raise CertificateError(f"{formula(e, 80)}: {error}", expression=e) from None

    def _same(self, e: Expr, claim: Claim) -> int:
        """The pivot of another part that is held in the very directions: both are one number, if both are proved and
        always have a value."""
        for p in self.stream.proved:
            held = p.slot <= claim.slot < p.until and np.array_equal(p.vector, claim.vector) and not p.elsewhere
            held = held and Numbers(claim).own and is_own(self.world.known[p.expr].number)
            if held and self._one_type(e, p.expr):
                self.world.same[e] = p.expr
                return p.pivot
        raise CertificateError(f"{formula(e, 80)}: it shares its directions with other parts", expression=e)

    def _one_type(self, *parts: Expr) -> bool:
        """Whether aggregates have integers for values, all of one type: one number is one value then."""
        domains = [self.facts.domain(e) for e in parts if e.op.aggregate]
        types = frozenset[type]().union(*(d.types for d in domains))
        return len(domains) == len(parts) and all(d.whole for d in domains) and len(types) == 1

    def _attempts(self, case: type[Aggregate] | type[Elementwise], claim: Claim) -> list[Attempt]:
        """What is tried in turn."""
        if case is Elementwise:
            return [Attempt(), Attempt(flat=True)]
        first, *closer = [Attempt(), Attempt(refined=True)]
        heads = self.stream.model.layers[claim.layer - 1].heads
        if case is Sum and max((h.d_qk for h in heads), default=0) >= MANY:
            first, closer = closer[0], []
        elif self.stream.refined >= claim.slot.previous:
            closer = []
        return [first, *closer, Attempt(flat=True)]

    def _meets(self, case: type[Aggregate] | type[Elementwise], e: Expr) -> bool:
        """Whether a selector compares positions, and something else that both a key and a query have."""
        if case is Elementwise:
            return False
        keys, queries = sides(e.src[0], self.world, flat=False)
        return INDICES in keys & queries and len(keys & queries) > 1

    def defaulted(self, e: Expr) -> bool:
        """Whether it is a sum with a default that is a number other than 0, which neurons add."""
        if e.op is not Op.VALUE:
            return False
        least, most = self.facts.width(e.src[0])
        default = unnamed(e.src[-1])
        other = default.op is Op.CONST and default.arg != 0
        return other and most > 1 and least == 0 and self.facts.domain(e.src[1]).plain

    def _kind(self, e: Expr, claim: Claim) -> type[Aggregate] | type[Elementwise]:
        if not e.op.aggregate or self.defaulted(e):
            return Elementwise
        most = self.facts.width(e.src[0])[1]
        if e.op is Op.WIDTH or (e.op is Op.VALUE and most > 1 and self.facts.domain(e.src[1]).plain):
            return Sum
        headless = not any((w_o @ claim.vector).any() for w_o in self.stream.w_o[: claim.layer])
        if headless and (most == 1 or (most > 1 and e.op is Op.ONE)):
            return Sum  # of the query's own position alone: of one value, which is the sum
        return Mean if e.op is Op.MEAN and most > 1 else Pick
