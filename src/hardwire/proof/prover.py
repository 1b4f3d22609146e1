"""From a claim to its proof: the strategies that are tried."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ..effort import working_on
from ..errors import CertificateError
from ..lang.expr import INDICES, Expr
from ..model.circuit import Claim
from ..model.slots import MLP
from .affine import HUGE
from .decomposition import decompose
from .evidence import Evidence, Proved, Setting
from .heads import HeadClaim, NotCloseError
from .neurons import prove_neurons
from .obligations import SUM, Obligation, obligation_of, prove_heads
from .selection import variables_of
from .strategy import Strategy
from .tracking import refined
from .twins import Twin

ONE_HOT = 16
"""A head of so many dimensions reads one-hot encodings, whose sums would be bounded far too loosely at first."""
WORTH_REFINING = 0.05
"""An error above this is bounded again, more closely."""
FIRST, REFINED, LEAVES = Strategy(), Strategy(refine=True), Strategy(variables="leaves")
REFINED_LEAVES = Strategy(variables="leaves", refine=True)
TOGETHER = Strategy(refine=True, together=True)
"""The strategies, in the order in which they are tried: the later ones take longer."""


def prove_claim(setting: Setting, e: Expr, claim: Claim, *, always_defined: bool = False) -> Evidence:
    """Return the evidence with a part that the model is proved to store as claimed.

    `always_defined`: whether no answer depends on the number stored where the part is undefined. Raises
    CertificateError.
    """
    working_on("proving", lambda: setting.named(e, 60))
    try:
        for numbers in (claim.vector, claim.labels):
            if not np.abs(numbers).max(initial=0.0) < HUGE:
                raise CertificateError(f"its claim has a number that is not below {HUGE:.0e}")
        twin, same = None, None
        pivot = setting.evidence.pivot(setting.weights, claim.vector, claim.slot)
        if pivot is None:
            twin = Twin.of(setting, e, claim)
            pivot = twin.proved.pivot
        proved, evidence = _Prover(setting, _meaning(e), claim, pivot, always_defined=always_defined).proved()
        if e.op.barrier:  # from here on it may have any of its values, whatever the rest of the state is
            proved = replace(proved, expr=e, variable=replace(proved.variable, values=None, places=None))
        if twin is not None:
            same = twin.same_number(setting, proved)
    except CertificateError as error:
        raise CertificateError(f"{setting.named(e)}: {error.message}", expression=e, remedies=error.remedies) from None
    return evidence.learn(proved, same)


def _meaning(e: Expr) -> Expr:
    """The expression whose value a part has: for a kept one its source."""
    return e.src[0] if e.op.barrier else e


@dataclass(frozen=True, eq=False)
class _Prover:
    """A claim, and the pivot of its vector."""

    setting: Setting
    e: Expr
    claim: Claim
    pivot: int
    always_defined: bool

    def proved(self) -> tuple[Proved, Evidence]:
        """(the part, the evidence with the bounds found on the way). Raises the CertificateError of the first strategy
        if none succeeds."""
        obligation = obligation_of(self.setting, self.e, self.claim)
        if obligation is None or (self.e in self.setting.spaces.proved and self.claim.slot.sublayer is MLP):
            return self._neurons()  # which compute it, or copy a proved part
        setting, strategies = self.setting, self._strategies(obligation)
        best: tuple[Proved, Evidence] | None = None
        first: CertificateError | None = None
        while strategies:
            strategy = strategies.pop(0)
            if best is not None and (strategy is TOGETHER or not strategy.refine or best[0].error <= WORTH_REFINING):
                continue  # it would not make the error less
            if strategy.refine:
                closer = refined(setting, self.claim.slot.previous)
                setting = setting.with_evidence(replace(setting.evidence, magnitudes=closer))
            try:
                case = HeadClaim.of(setting.using(strategy), self.e, self.claim)
                best = prove_heads(case, obligation, self.pivot, always_defined=self.always_defined)
                # What was shown of the outputs of heads holds whichever strategy showed it.
                setting = setting.with_evidence(replace(setting.evidence, outputs=best[1].outputs))
            except CertificateError as error:
                first = first or error
                if isinstance(error, NotCloseError):  # other variables may help, rather than closer bounds
                    strategies.sort(key=lambda s: s.variables != "leaves")
        if best is None:
            assert first is not None
            raise first
        return best[0], replace(setting.evidence, margins=best[1].margins)

    def _neurons(self) -> tuple[Proved, Evidence]:
        """With proved parts as variables, or, where that fails, with aggregates alone."""
        try:
            found, before = prove_neurons(self.setting, self.e, self.claim, self.pivot), self.claim.slot.previous
            evidence = self.setting.evidence
            if found[0].error > WORTH_REFINING and evidence.magnitudes.refined < before:
                closer = replace(evidence, magnitudes=refined(self.setting, before))
                again = prove_neurons(self.setting.with_evidence(closer), self.e, self.claim, self.pivot)
                found = min(found, again, key=lambda x: x[0].error)
            return found
        except CertificateError as first:
            other = self.setting.using(LEAVES)
            if self._reads(other) == self._reads(self.setting):
                raise  # the same states again
            try:
                return prove_neurons(other, self.e, self.claim, self.pivot)
            except CertificateError:
                raise first from None

    def _reads(self, setting: Setting) -> tuple[frozenset[Expr], frozenset[Expr]]:
        """The variables of what neurons read, and those of the part that they compute."""
        decomposed = decompose(setting, self.claim.vector[:, None], self.claim.slot)
        return frozenset(decomposed.variables), frozenset(setting.variables(self.e))

    def _strategies(self, obligation: Obligation) -> list[Strategy]:
        """The strategies that are tried in turn."""
        heads = self.setting.weights.model.layers[self.claim.layer - 1].heads
        found = [FIRST, REFINED, LEAVES, REFINED_LEAVES]
        if obligation is SUM and max((h.d_qk for h in heads), default=0) >= ONE_HOT:
            found = [REFINED, LEAVES]
        elif self.setting.evidence.magnitudes.refined >= self.claim.slot.previous:
            found = [FIRST, LEAVES]
        keys, queries = variables_of(self.e.src[0], self.setting.using(FIRST))
        both = keys & queries
        return [*found, TOGETHER] if INDICES in both and len(both) > 1 else found
