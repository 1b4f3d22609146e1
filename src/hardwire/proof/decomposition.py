"""Linear forms of the residual stream as sums of proved parts, the embedding, and neurons.

The weights of a form are the sum of the vectors of proved parts, each times its share, and of a remainder. Any shares
would be sound; they are chosen so that the remainder is 0 at the pivot of every part. It is followed back through the
slots: to the embedding, or to neurons, whose arguments are forms again (`NeuronTerm.below`). A remainder that reads the
output of a head is refused: only claims say what heads write.

`evaluate.py` computes a decomposition in abstract states.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ..errors import CertificateError
from ..lang.expr import Expr
from ..model.slots import ATTENTION, EMBEDDING, Slot
from ..numeric.floats import FLOAT64, Floats
from ..numeric.grids import powers_of_two, step
from ..run.failure import Bools, Ints
from .evidence import PartSum, Proved, Setting

CANCELLED = 2.0**-49
"""A weight that is left of a difference, relative to all that was subtracted: rounding of this proof's own float64."""
OWN_UNIT = 4 * FLOAT64.unit
"""What a quotient, a product with it and a difference from that round, relative to their terms, and reading a part."""

Share = tuple[Proved | PartSum, Floats]
"""A proved part, and how much of it every form contains."""


@dataclass(frozen=True, eq=False)
class EmbeddedForms:
    """Forms of the embedding with these `weights`, (d_model, forms): a constant, and the summand of each variable, (its
    values, forms)."""

    weights: Floats
    constant: Floats
    moving: dict[Expr, Floats]

    def forms(self, some: Ints) -> EmbeddedForms:
        """Some of the forms; a variable that moves none of them is one of which every value is covered."""
        constant, moving = self.constant[some], dict[Expr, Floats]()
        for leaf, x in self.moving.items():
            each = x[:, some]
            if np.count_nonzero(each != each[0]):
                moving[leaf] = each
            else:
                constant = constant + each[0]
        return EmbeddedForms(self.weights[:, some], constant, moving)


@dataclass(frozen=True, eq=False)
class Remainder:
    """A constant that is left of erased coordinates in each form, (forms,): its value, its error, and the magnitudes
    of which it is a sum."""

    value: Floats
    error: Floats
    size: Floats

    def __add__(self, other: Remainder) -> Remainder:
        return Remainder(self.value + other.value, self.error + other.error, self.size + other.size)

    def forms(self, some: Ints) -> Remainder:
        return Remainder(self.value[some], self.error[some], self.size[some])


@dataclass(frozen=True, eq=False)
class NeuronTerm:
    """Neurons of a layer that add to forms through `out`, (neurons, forms), of which `sizes` are the magnitudes. Their
    arguments are the last forms of `below`, after the forms that they add to."""

    layer: int
    neurons: Ints
    out: Floats
    sizes: Floats
    below: Decomposition

    def some(self, members: Ints) -> NeuronTerm:
        """Some of the neurons."""
        return replace(self, neurons=self.neurons[members], out=self.out[members], sizes=self.sizes[members])


@dataclass(frozen=True, eq=False)
class Decomposition:
    """The forms `weights`, (d_model, forms), at a slot, as shares of proved parts and the embedding or neurons.

    `total_terms`: the number of terms that the model adds up, for forms that are only a part of its sum, else 0.
    `bias`: a constant that the model adds to each form in the same sum; the forms are without it.
    """

    weights: Floats
    slot: Slot
    parts: tuple[Share, ...]
    embedded: EmbeddedForms | None
    neurons: NeuronTerm | None = None
    variables: frozenset[Expr] = frozenset()
    remainder: Remainder | None = None
    total_terms: Floats | None = None
    bias: Floats | None = None

    @property
    def width(self) -> int:
        """How many forms and neurons there are in all."""
        if self.neurons is None:
            return int(self.weights.shape[1])
        return self.neurons.below.width + len(self.neurons.neurons)

    def forms(self, some: Ints) -> Decomposition:
        """Some of the forms, of a decomposition without neurons."""
        assert self.embedded is not None
        return replace(
            self,
            weights=self.weights[:, some],
            parts=tuple((p, share[some]) for p, share in self.parts if share[some].any()),
            embedded=self.embedded.forms(some),
            remainder=None if self.remainder is None else self.remainder.forms(some),
            bias=None if self.bias is None else self.bias[some],
        )

    def with_variables(self, variables: frozenset[Expr]) -> Decomposition:
        """The same forms, to be evaluated in the states of further variables."""
        return replace(self, variables=self.variables | variables)

    def deciding(self) -> list[frozenset[Expr]]:
        """For each form the variables that it depends on."""
        dependence = self._dependence()
        return [frozenset(e for e, used in dependence.items() if used[i]) for i in range(self.weights.shape[1])]

    def _dependence(self) -> dict[Expr, Bools]:
        """For each variable, (forms,) whether a form depends on it."""
        found: dict[Expr, Bools] = {}
        for p, share in self.parts:
            found[p.expr] = found.get(p.expr, False) | (share != 0)
        if self.neurons is None:
            assert self.embedded is not None
            for leaf, x in self.embedded.moving.items():
                found[leaf] = found.get(leaf, False) | (x != x[:1]).any(axis=0)
            return found
        forms = self.weights.shape[1]
        for e, used in self.neurons.below._dependence().items():
            found[e] = found.get(e, False) | used[:forms] | (used[forms:] @ (self.neurons.out != 0))
        return found


def decompose(
    setting: Setting, weights: Floats, slot: Slot, *, claimed: int = 0, since: Slot = EMBEDDING
) -> Decomposition:
    """Decompose the forms `weights`, (d_model, forms), at a slot.

    The first `claimed` forms are those of a claim: in them, the outputs of heads after slot `since` count as 0,
    whatever is proved of them. Raises CertificateError where a form reads a head of which nothing is proved.
    """
    claimed = claimed if slot > since else 0
    taken = _without_parts(setting, weights, slot, claimed=claimed)
    left, last_write = taken.left, setting.weights.last_write
    used = np.logical_or.reduce(left, axis=1)
    last = Slot.of(int((last_write[slot] * used).max(initial=EMBEDDING.index)))
    if last == EMBEDDING:
        embedded = _embedded(setting, left)
        variables = taken.variables.union(embedded.moving)
        return Decomposition(weights, slot, taken.parts, embedded, variables=variables, remainder=taken.remainder)
    if last.sublayer is ATTENTION:
        others = (left[:, claimed:] != 0).any(axis=1)
        if others.any() and int(last_write[slot][others].max()) == last.index:
            raise CertificateError(
                f"layer {last.layer}: a head's output is used later, but no claim of the circuit covers it"
            )
        earlier = decompose(setting, left, last.previous, claimed=claimed, since=since)
        return _extended(earlier, weights, slot, taken)
    # The forms before the neurons are decomposed together with the arguments, so that both contain the same errors.
    taken = _without_parts(setting, weights, slot, since=last, claimed=claimed)
    left, k = taken.left, last.layer
    before, w_out, remainder = left, setting.weights.layers[k - 1].w_out, None
    if k in setting.evidence.erased:
        erased = setting.evidence.erased[k]
        before, w_out = np.where(erased.coordinates[:, None], 0.0, left), erased.w_out
        size = np.abs(left)
        remainder = Remainder(erased.left @ left, erased.error @ size, np.abs(erased.left) @ size)
    neurons = np.flatnonzero((w_out[:, used] != 0).any(axis=1))
    below = before_neurons(setting, before, k, neurons, claimed=claimed, since=since)
    if not len(neurons):
        return _extended(replace(below, remainder=_sum(below.remainder, remainder)), weights, slot, taken)
    term = NeuronTerm(k, neurons, w_out[neurons] @ left, np.abs(w_out[neurons]) @ np.abs(left), below)
    variables = taken.variables | below.variables
    remainder = _sum(remainder, taken.remainder)
    return Decomposition(weights, slot, taken.parts, None, term, variables, remainder=remainder)


def before_neurons(
    setting: Setting, forms: Floats, layer: int, neurons: Ints, *, claimed: int = 0, since: Slot = EMBEDDING
) -> Decomposition:
    """Forms before the neurons of a layer, and behind them the arguments of some of these."""
    own = setting.weights.layers[layer - 1]
    both = np.hstack([forms, own.w_in[:, neurons]])
    found = decompose(setting, both, Slot(layer, ATTENTION), claimed=claimed, since=since)
    bias = own.b_in[neurons]
    if not np.count_nonzero(bias):
        return found
    return replace(found, bias=np.concatenate((np.zeros(forms.shape[1]), bias)))


def exactly_summed(setting: Setting, decomposed: Decomposition) -> Bools:
    """(forms,) True for sums of multiples of one unit that are so small that no addition rounds."""
    if decomposed.neurons is not None or decomposed.remainder is not None:
        return np.zeros(decomposed.weights.shape[1], bool)
    with_parts = np.any([share != 0 for _, share in decomposed.parts], axis=0) if decomposed.parts else False
    largest = setting.largest(decomposed.slot) @ np.abs(decomposed.weights)
    exact = setting.format.adds_exactly(largest, finest(decomposed.weights, setting.weights.embedding.units))
    found: Bools = ~np.asarray(with_parts) & exact
    return found


def finest(weights: Floats, units: Floats) -> Floats:
    """(forms,) the power of two that every product of a weight and a coordinate is a multiple of; a coordinate is a
    multiple of its unit."""
    products = np.minimum(step(weights), 2.0**100) * np.minimum(units, 2.0**100)[:, None]
    found: Floats = np.where(weights == 0, np.inf, products).min(axis=0, initial=np.inf)
    return found


@dataclass(frozen=True, eq=False)
class _WithoutParts:
    """Forms without proved parts: the weights that are `left`, the parts, and the error of leaving out weights that are
    nothing but rounding of this proof (None where that is negligible)."""

    left: Floats
    parts: tuple[Share, ...]
    remainder: Remainder | None

    @property
    def variables(self) -> frozenset[Expr]:
        return frozenset(p.expr for p, _ in self.parts)


def _without_parts(
    setting: Setting, weights: Floats, slot: Slot, *, since: Slot = EMBEDDING, claimed: int = 0
) -> _WithoutParts:
    """Subtract the parts proved from slot `since` on that are stored at `slot`; not from the `claimed` forms."""
    left, total, lost = weights.copy(), np.abs(weights), None
    leaves = setting.strategy.variables == "leaves"
    parts: list[Share] = []
    for p in setting.evidence.latest:
        if not (since <= p.slot <= slot < p.until) or (leaves and not p.expr.op.variable):
            continue
        share = left[p.pivot] / p.vector[p.pivot]
        share[:claimed] = 0.0
        if not np.count_nonzero(share):
            continue
        if np.count_nonzero(p.vector) > 1 or not powers_of_two(p.vector[p.pivot]):
            product = p.vector[:, None] * share
            before, left, total = left, left - product, total + np.abs(product)
            dust = (np.abs(left) <= CANCELLED * total) & (left != 0)
            rounded = _is_rounded(p, share, before, product, left)
            if rounded.any() or dust.any():
                off = np.where(dust, np.abs(left), 0.0) + OWN_UNIT * np.where(rounded, total, 0.0)
                lost = setting.largest(slot) @ off + (0.0 if lost is None else lost)
                left[dust] = 0.0
        left[p.pivot, claimed:] = 0.0
        parts.append((p, share))
    found = tuple(parts) if leaves or not setting.evidence.sums else _joined(setting, parts)
    if lost is None:
        return _WithoutParts(left, found, None)
    return _WithoutParts(left, found, Remainder(np.zeros_like(lost), lost, np.zeros_like(lost)))


def _is_rounded(p: Proved, share: Floats, before: Floats, product: Floats, after: Floats) -> Bools:
    """(forms,) whether this proof's own float64 rounds where it subtracts a part: the products, the differences, or the
    quotient `share`, after which nothing is left at the pivot."""
    moved = after - before
    exact = np.multiply.outer(_odd(p.vector), _odd(share)) < FLOAT64.exact_integers
    exact &= (before - (after - moved)) == (product + moved)
    found: Bools = ~exact.all(axis=0) | ((after[p.pivot] != 0) & (share != 0))
    return found


def _odd(x: Floats) -> Floats:
    """The odd factor of each number, whose others are powers of two; 0 for 0."""
    found: Floats = np.abs(x) / step(x)
    return found


def _joined(setting: Setting, parts: list[Share]) -> tuple[Share, ...]:
    """The parts, where two that a form contains in one proportion alone are their sum."""
    found: dict[Expr, Share] = {p.expr: (p, share) for p, share in parts}
    for s in setting.evidence.sums:
        a, b = s.parts
        if a in found and b in found and np.array_equal(found[a][1] * s.sign, found[b][1]):
            found[s.expr] = (s, found.pop(a)[1])
            found.pop(b)
    return tuple(found.values())


def _extended(decomposed: Decomposition, weights: Floats, slot: Slot, taken: _WithoutParts) -> Decomposition:
    """Extend the decomposition of a remainder to one of the forms themselves."""
    return replace(
        decomposed,
        weights=weights,
        slot=slot,
        parts=(*taken.parts, *decomposed.parts),
        variables=taken.variables | decomposed.variables,
        remainder=_sum(decomposed.remainder, taken.remainder),
    )


def _sum(a: Remainder | None, b: Remainder | None) -> Remainder | None:
    return b if a is None else a if b is None else a + b


def _embedded(setting: Setting, weights: Floats) -> EmbeddedForms:
    """Forms of the embedding."""
    tables = setting.weights.embedding
    constant, moving = tables.constant @ weights, {}
    for leaf, (columns, table) in tables.varied.items():
        some = weights.take(columns, axis=0)
        if np.count_nonzero(some):
            each = table @ some
            if np.count_nonzero(each != each[0]):
                moving[leaf] = each
            else:
                constant = constant + each[0]
    return EmbeddedForms(weights, constant, moving)
