"""What has been proved so far: a frozen value, and a new one for every claim that is proved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from ..analysis import Facts
from ..lang.expr import Expr
from ..model.certificate import Margin
from ..model.slots import ATTENTION, Slot
from ..numeric.floats import FloatFormat, Floats
from ..run.failure import Bools
from .magnitudes import Magnitudes
from .spaces import StateSpaces
from .states import SameNumber, StateSpace, Variable
from .strategy import DEFAULT_LIMITS, Limits, Meter, Strategy
from .weights import ModelWeights


@dataclass(frozen=True, eq=False)
class Proved:
    """A part of the program that the residual stream is proved to store: from slot `slot` on, before slot `until`,
    residual @ vector is the number that encodes its value, to within `error`, at every position where it is defined.

    `pivot` is a coordinate of the vector that identifies it: where a form reads it, the form contains the part, in the
    proportion of its weight there to the vector's (`decomposition.py`).
    """

    expr: Expr
    slot: Slot
    until: Slot
    vector: Floats
    pivot: int
    error: float
    variable: Variable


@dataclass(frozen=True, eq=False)
class PartSum:
    """A part of the program that is a sum or difference of two proved ones; `sign` is that of the second."""

    expr: Expr
    parts: tuple[Expr, Expr]
    sign: float
    error: float


@dataclass(frozen=True, eq=False)
class Erased:
    """Coordinates that the neurons of a layer make constant, so that they can be used again.

    Arrays are (d_model,): which `coordinates`, the constant that is `left` in each and its error, and of the neurons
    that erase how many there are (`count`), the magnitudes that they add (`total`), and what these are multiples of
    (`unit`, 0 where that is not known). `w_out` is the matrix of the layer without them.
    """

    coordinates: Bools
    left: Floats
    error: Floats
    count: Floats
    total: Floats
    unit: Floats
    w_out: Floats


@dataclass(frozen=True, eq=False)
class Evidence:
    """What is proved of a model up to some claim.

    `outputs` bounds the outputs of all heads of each layer, (all d_v,), infinite before their claims are proved; `bos`
    is the row of BOS, (d_model,), before each layer so far; `erased` is by layer.
    """

    spaces: StateSpaces
    magnitudes: Magnitudes
    outputs: tuple[Floats, ...]
    bos: tuple[Floats, ...] = ()
    proved: tuple[Proved, ...] = ()
    sums: tuple[PartSum, ...] = ()
    erased: Mapping[int, Erased] = field(default_factory=dict)
    margins: tuple[Margin, ...] = ()

    @cached_property
    def latest(self) -> tuple[Proved, ...]:
        """Proved parts, those of the last slot first."""
        return tuple(sorted(self.proved, key=lambda p: p.slot, reverse=True))

    @cached_property
    def errors(self) -> dict[Expr, float]:
        """The error of every proved part."""
        return {s.expr: s.error for s in self.sums} | {p.expr: p.error for p in self.proved}

    def learn(self, proved: Proved, same: SameNumber | None = None) -> Evidence:
        """With another proved part; `same` is one that is stored as the same number."""
        sums = tuple(s for s in self.sums if s.expr is not proved.expr)  # from now on it has a vector of its own
        spaces = self.spaces.learn(proved.expr, proved.variable, same)
        return replace(self, proved=(*self.proved, proved), sums=sums, spaces=spaces)

    def stored(self, p: Proved | PartSum) -> list[Proved]:
        """The parts with a vector of their own that a part, or a sum of sums, is read as."""
        if isinstance(p, Proved):
            return [p]
        known: dict[Expr, Proved | PartSum] = {s.expr: s for s in self.sums}
        known.update((x.expr, x) for x in self.proved)
        return [q for e in p.parts for q in self.stored(known[e])]

    def learn_sum(self, found: PartSum, variable: Variable) -> Evidence:
        """With a sum: forms that contain both of its parts in one proportion may be read as containing the sum."""
        return replace(self, sums=(*self.sums, found), spaces=self.spaces.learn(found.expr, variable))

    def pivot(self, weights: ModelWeights, vector: Floats, slot: Slot) -> int | None:
        """A coordinate that identifies a vector: one written last among those it uses, and no other part's pivot."""
        taken = {p.pivot for p in self.proved if p.slot <= slot < p.until}
        used = vector.nonzero()[0]
        last = weights.last_write[slot][used]
        free = [c for c in used[last == last.max(initial=0)].tolist() if c not in taken]
        return max(free, key=lambda c: abs(float(vector[c]))) if free else None


@dataclass(frozen=True, eq=False)
class Setting:
    """The inputs of one step of a proof: the weights, the facts about the program, the evidence so far,
    and how to proceed."""

    weights: ModelWeights
    facts: Facts
    evidence: Evidence
    strategy: Strategy = field(default_factory=Strategy)
    limits: Limits = DEFAULT_LIMITS
    meter: Meter = field(default_factory=Meter)

    @property
    def format(self) -> FloatFormat:
        return self.weights.format

    @property
    def spaces(self) -> StateSpaces:
        return self.evidence.spaces

    @property
    def errors(self) -> dict[Expr, float]:
        return self.evidence.errors

    def largest(self, slot: Slot) -> Floats:
        """(d_model,) how large each coordinate can be at a slot."""
        row: Floats = self.evidence.magnitudes.at[slot]
        return row

    def variables(self, e: Expr) -> frozenset[Expr]:
        """The variables of which a sop is a function, by the strategy."""
        return self.spaces.variables(e, self.strategy.variables)

    def space(self, *variables: frozenset[Expr]) -> StateSpace:
        """The state space of some variables. Raises CertificateError where it is too large."""
        return self.spaces.of(frozenset[Expr]().union(*variables))

    def with_evidence(self, evidence: Evidence) -> Setting:
        if evidence is self.evidence:
            return self
        return Setting(self.weights, self.facts, evidence, self.strategy, self.limits, self.meter)

    def using(self, strategy: Strategy) -> Setting:
        return self if strategy == self.strategy else replace(self, strategy=strategy)

    def named(self, e: Expr, width: int = 80) -> str:
        """A part of the program for people."""
        return self.spaces.named(e, width)


def outputs_of(setting: Setting, layer: int) -> Floats:
    """(all d_v,) how large the outputs of the heads of a layer can be: never larger than their values."""
    own = setting.weights.layers[layer - 1]
    found: Floats = np.minimum(
        setting.evidence.outputs[layer - 1], setting.largest(Slot(layer, ATTENTION).previous) @ own.valuing
    )
    return found
