"""Evaluating decomposed forms in abstract states, with every error."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import reduce

import numpy as np

from ..effort import doing, reserve
from ..errors import CertificateError
from ..lang.expr import Expr
from ..model.slots import ATTENTION, EMBEDDING, MLP, Slot
from ..numeric.floats import Floats
from ..numeric.grids import nonzero, powers_of_two, step, tall, terms
from ..run.failure import Bools, Ints
from .affine import HUGE, AffineForm, stacked
from .along import narrowed
from .decomposition import Decomposition, EmbeddedForms, NeuronTerm, finest
from .evidence import PartSum, Proved, Setting
from .firing import Fired, fire, one_row, spend
from .states import StateSpace
from .underflow import underflow

PIECE = 16_384
"""In so many states a single form is evaluated at a time: pieces that stay in caches."""
FORMS, NEURONS = 6, 20
"""How many arrays, (states, numbers of a form), are in memory while a piece without or with neurons is evaluated."""
ONE_BY_ONE = 10.0
"""A product in a matrix that is computed for one source of errors alone takes as long as so many others."""
FEW_STATES = 2_000
"""In so few states neurons are evaluated state by state."""

Groups = list[tuple[Ints, Fired, Ints]]
"""Groups of neurons: their indices, their outputs in each class of states, and the class of each state."""


def evaluate(setting: Setting, decomposed: Decomposition, space: StateSpace, *, summed: bool = True) -> AffineForm:
    """Evaluate forms in each state. Without `summed`, they are not computed by the model, so that adding them up rounds
    nothing. Raises CertificateError."""
    forms, width = decomposed.weights.shape[1], decomposed.width
    if space.size * (2 * forms + width) > setting.limits.numbers:
        raise CertificateError(
            f"{space.size:,} abstract states with {forms:,} numbers each are too many to check; use a smaller max_len "
            "or vocabulary"
        )
    many = max(1, setting.limits.cells // max(1, width))
    whole, piece = space.size * (2 * forms + width), min(many, space.size) * width
    needed = 8.0 * (whole + (FORMS if decomposed.neurons is None else NEURONS) * piece)
    reserve(needed, f"{space.size:,} abstract states", CertificateError)

    def evaluated(start: int) -> AffineForm:
        rows = slice(start, min(space.size, start + many))
        found, _ = _Evaluation(setting, space, rows).of(decomposed, summed=summed)
        if not found.largest < HUGE:
            raise _unbounded()
        return found

    if space.size <= many:
        return stacked([evaluated(0)])
    # What a piece was computed from is forgotten before the next one.
    return stacked([evaluated(i).detached() for i in range(0, space.size, many)])


def evaluate_one(setting: Setting, decomposed: Decomposition, space: StateSpace) -> tuple[Floats, Floats]:
    """(the value of a single form in each state, a bound of its error). Raises CertificateError."""
    value, error = np.zeros(space.size), np.zeros(space.size)
    groups: dict[Decomposition, Groups | None] = {}
    piece = min(PIECE, max(1, setting.limits.cells // max(1, decomposed.width)))
    for i in range(0, space.size, piece):
        rows, before = slice(i, min(space.size, i + piece)), setting.meter.products
        found, _ = _Evaluation(setting, space, rows, groups).of(decomposed)
        if i == piece:  # the first has evaluated what all share; the others take as long as this one
            spend(setting, 0.0, ahead=(setting.meter.products - before) * (space.size // piece - 1))
        value[rows], error[rows] = found.value[:, 0], found.error[:, 0]
    if not np.abs(value).max(initial=0.0) + error.max(initial=0.0) < HUGE:
        raise _unbounded()
    return value, error


def most_terms(setting: Setting, weights: Floats, slot: Slot) -> Floats:
    """(forms,) how many products of a sum may be rounded in one state: as `terms`, without those with the zeros of a
    one-hot code, which no later slot has written to."""
    found, weights_of = terms(weights), setting.weights
    later = weights_of.last_write[slot] > EMBEDDING.index
    if not np.count_nonzero((weights != 0)[~later].sum(axis=0) > 2):
        return found
    used = (weights != 0).astype(np.float64)
    most = used[later].sum(axis=0)
    used[later] = 0.0
    for table in weights_of.embedding.nonzero.values():
        most = most + (table @ used).max(axis=0, initial=0.0)
    fewer: Floats = np.minimum(found, np.maximum(most, 1.0))
    return fewer


def exact_products(setting: Setting, weights: Floats, slot: Slot) -> Bools:
    """(forms,) whether no product is rounded: of powers of two, or with numbers that are powers of two or 0."""
    embedding = setting.weights.embedding
    later = setting.weights.last_write[slot] > EMBEDDING.index
    powers = ~later & (embedding.units == embedding.largest) & powers_of_two(embedding.largest)
    found: Bools = ((weights == 0) | powers_of_two(weights) | powers[:, None]).all(axis=0)
    return found


def _unbounded() -> CertificateError:
    return CertificateError(f"the numbers computed there may exceed {HUGE:.0e} in some abstract state")


@dataclass(frozen=True, eq=False)
class _Evaluation:
    """Some rows of a state space in which forms are evaluated; `groups` are neurons that were evaluated by classes of
    all states, by the decomposition."""

    setting: Setting
    space: StateSpace
    rows: slice | Ints
    groups: dict[Decomposition, Groups | None] = field(default_factory=dict)

    def of(
        self, decomposed: Decomposition, *, summed: bool = True, by_state: bool = False
    ) -> tuple[AffineForm, Floats]:
        """(the forms, the power of two that each coordinate is a multiple of, 0 where it may be any number).
        `by_state`: rounding is bounded in every state, rather than for all states together."""
        doing("evaluating the weights in abstract states", work=_count(self.rows) * decomposed.weights.shape[1])
        if decomposed.neurons is None:
            assert decomposed.embedded is not None
            found, units = self._embedded(decomposed.embedded), self.setting.weights.embedding.units
            for layer, erased in self.setting.evidence.erased.items():
                units = np.where((erased.error > 0) & (Slot(layer, MLP) <= decomposed.slot), 0.0, units)
        else:
            found, units = self._fired(decomposed, decomposed.neurons)
        below = found
        value, rounding, sources = found.value, found.rounding, found.sources
        coefficients, source_coefficients = dict(found.coefficients), found.source_coefficients
        if decomposed.remainder is not None:
            value, rounding = value + decomposed.remainder.value, rounding + decomposed.remainder.error
        for p, share in decomposed.parts:
            value = value + (share[:, None] * self.space.encoded(p.expr)[self.rows]).T
            times, alone = _error_of_part(self.setting, self.space, p, self.rows)
            coefficients[p.expr] = coefficients.get(p.expr, 0.0) + share * times[:, None]
            if alone is not None:
                sources = np.hstack([sources, alone[:, None]])
                source_coefficients = np.vstack([source_coefficients, share[None, :]])

        def sized() -> Floats:
            size = below.size if decomposed.remainder is None else below.size + decomposed.remainder.size
            for p, share in decomposed.parts:
                number = self.space.encoded(p.expr)[self.rows][:, None]
                fallback = self.space.fallback_error(p.expr)
                off = 0.0 if fallback is None else fallback[self.rows][:, None]
                size = size + _magnitude(self.setting, p, number, off, decomposed.slot) * np.abs(share)
            return size

        errors = self.setting.errors
        found = AffineForm(value, coefficients, sources, source_coefficients, rounding, errors, sized=sized)
        if summed:
            by_state = by_state or decomposed.neurons is not None
            found = replace(found, rounding=self._rounding(decomposed, units, found, by_state=by_state))
        return found, units

    # Rounding.

    def _rounding(self, decomposed: Decomposition, units: Floats, form: AffineForm, *, by_state: bool) -> Floats:
        """(1 or states, forms) the rounding of a form with that of adding up its products in any order. `units`: the
        power of two that each coordinate is a multiple of."""
        lost = underflow(self.setting, decomposed, self.space, units, form)
        if lost is not None:
            form = replace(form, rounding=form.rounding + lost)
        largest = self.setting.largest(decomposed.slot) @ np.abs(decomposed.weights)
        bias = np.zeros(len(largest)) if decomposed.bias is None else np.abs(decomposed.bias)
        gamma, pairs = self._gamma(decomposed, units, form, largest, bias)
        if not np.count_nonzero(gamma):
            return form.rounding
        size = form.size if by_state else self._greatest(decomposed, form)
        added = gamma * (np.minimum(size, largest) + bias)
        if by_state and len(pairs):  # the sum of two numbers is rounded once, however large they are
            both = form.forms(pairs)
            signed = 0.0 if decomposed.bias is None else decomposed.bias[pairs]
            once = self.setting.format.gamma(1) * (np.abs(both.value + signed) + both.error)
            added = added + np.zeros_like(form.value)
            added[:, pairs] = np.minimum(added[:, pairs], once)
        rounded: Floats = form.rounding + added
        return rounded

    def _gamma(
        self, decomposed: Decomposition, units: Floats, form: AffineForm, largest: Floats, bias: Floats
    ) -> tuple[Floats, Ints]:
        """((forms,) the rounding of adding up products, relative to their magnitudes; the forms that are the sum of at
        most two numbers). Magnitudes are at most `largest`, and that of the bias is `bias`."""
        w, fmt = decomposed.weights, self.setting.format
        simple = form.is_constant and decomposed.total_terms is None and decomposed.bias is None
        simple = simple and not np.count_nonzero(w != np.rint(w))
        if simple and fmt.adds_exactly(largest.max(initial=0.0), units.min(initial=np.inf)):
            return np.zeros(len(largest)), np.zeros(0, np.int64)  # the common case, decided quickly
        count, exact = most_terms(self.setting, w, decomposed.slot), exact_products(self.setting, w, decomposed.slot)
        whole = np.ones(w.shape[1], bool)  # forms that are not only a part of the sum that the model computes
        if decomposed.total_terms is not None:
            whole = decomposed.total_terms == 0
            count = np.where(whole, count, np.maximum(terms(w), decomposed.total_terms))
        exact &= whole
        gamma = fmt.gamma(count + (bias > 0) - (exact & (count > 0)))
        constant = ~form.inexact(parts=True) & (gamma > 0) & whole
        if np.count_nonzero(constant):
            multiples = np.minimum(finest(w, units), step(bias))
            rounded = constant & ~fmt.adds_exactly(largest + bias, multiples)
            if np.count_nonzero(rounded):
                rounded &= ~fmt.adds_exactly(self._greatest(decomposed, form) + bias, multiples)
            gamma = np.where(constant & ~rounded, 0.0, gamma)
        return gamma, np.flatnonzero(exact & (count + (bias > 0) <= 2) & (gamma > 0))

    def _greatest(self, decomposed: Decomposition, form: AffineForm) -> Floats:
        """(forms,) a bound of the magnitudes that are added up in any state."""
        if decomposed.embedded is None:
            greatest: Floats = tall(form.size).max(axis=0, initial=0.0)
            return greatest
        weights = np.abs(decomposed.embedded.weights)
        greatest = np.zeros(weights.shape[1]) if decomposed.remainder is None else decomposed.remainder.size
        for table in self.setting.weights.embedding.sizes.values():
            greatest = greatest + (table @ weights).max(axis=0)
        for p, share in decomposed.parts:
            number = np.abs(self.space.encoded(p.expr)).max(initial=0.0)
            fallback = self.space.fallback_error(p.expr)
            off = 0.0 if fallback is None else float(fallback.max(initial=0.0))
            greatest = greatest + _magnitude(self.setting, p, number, off, decomposed.slot) * np.abs(share)
        return greatest

    # The embedding.

    def _embedded(self, embedded: EmbeddedForms) -> AffineForm:
        """Forms of the embedding."""
        tables, rows, forms, size = self.setting.weights.embedding, self.rows, len(embedded.constant), _count(self.rows)
        row_of = {leaf: x[rows] for leaf, x in self.space.embedded.items()}
        value = embedded.constant[:, None]
        for leaf, each in embedded.moving.items():
            value = value + each.T.take(row_of[leaf], axis=1)
        if not embedded.moving:
            value = value.repeat(size, axis=1)

        def sized() -> Floats:
            weights, total = np.abs(embedded.weights), np.zeros((size, forms))
            for leaf, table in tables.sizes.items() if weights.any() else ():
                each = table @ weights
                total += each.take(row_of[leaf], axis=0) if leaf in embedded.moving else each.max(axis=0)
            return total

        rounding = np.zeros((1, forms))
        if tables.rounding is not None:
            rounding += tables.rounding @ np.abs(embedded.weights)
        none = np.zeros((0, forms))
        return AffineForm(value.T, {}, np.zeros((size, 0)), none, rounding, self.setting.errors, sized=sized)

    # Neurons.

    def _fired(self, decomposed: Decomposition, term: NeuronTerm) -> tuple[AffineForm, Floats]:
        """(the forms with the neurons, the power of two that each coordinate is a multiple of then)"""
        forms, layer = decomposed.weights.shape[1], self.setting.weights.layers[term.layer - 1]
        used = np.flatnonzero((layer.w_out[term.neurons] != 0).any(axis=0) & (decomposed.weights != 0).any(axis=1))
        groups = self._groups(decomposed, term, used)
        if groups is None:
            before, units = self.of(term.below, by_state=True)
            fired = [fire(self.setting, term, before, forms, used)]
            order = fired[0].uncertain
        else:
            before, units = self.of(term.below.forms(np.arange(forms)), by_state=True)
            fired = [f.spread(kind[self.rows]) for _, f, kind in groups]
            order = np.concatenate([some[f.uncertain] for some, f, _ in groups])
        value = before.value[:, :forms] + reduce(np.add, [f.value for f in fired])
        coefficients = {e: s[:, :forms] for e, s in before.coefficients.items()}
        for f in fired:
            for e, s in f.coefficients.items():
                coefficients[e] = one_row(coefficients[e] + s) if e in coefficients else s
        summed, units = self._written(term, fired, units, used)
        sources = np.hstack([*(f.independent for f in fired), summed])
        source_coefficients = np.vstack([term.out[order], decomposed.weights[used]])
        present = nonzero(sources).nonzero()[0]

        def sized() -> Floats:
            return before.size[:, :forms] + reduce(np.add, [f.size for f in fired])

        found = AffineForm(
            value,
            coefficients,
            sources[:, present],
            source_coefficients[present],
            _arriving(self.setting, term, before, fired[0], forms),
            self.setting.errors,
            sized=sized,
        )
        if forms == 1 and groups is None:
            bias, rounded = layer.b_in[term.neurons], summed @ np.abs(decomposed.weights[used, 0])
            found = narrowed(found, before, bias, term.out[:, 0], rounded)
        return found, units

    def _groups(self, decomposed: Decomposition, term: NeuronTerm, used: Ints) -> Groups | None:
        """Neurons grouped by the variables of their arguments, and evaluated by classes of states; None where that
        would not help. Found once for all rows."""
        if decomposed not in self.groups:
            many = isinstance(self.rows, slice) and self.space.size > FEW_STATES
            self.groups[decomposed] = self._by_classes(decomposed, term, used) if many else None
        return self.groups[decomposed]

    def _by_classes(self, decomposed: Decomposition, term: NeuronTerm, used: Ints) -> Groups | None:
        below, forms = term.below, decomposed.weights.shape[1]
        if below.embedded is None or any(self.space.fallback_error(p.expr) is not None for p, _ in below.parts):
            return None
        by_variables: dict[frozenset[Expr], list[int]] = {}
        for i, variables in enumerate(below.deciding()[forms:]):
            by_variables.setdefault(variables, []).append(i)
        found: Groups = []
        for variables, members in by_variables.items():
            classes = self.space.classes(variables)
            if classes is None:
                return None
            some, (first, kind) = np.array(members), classes
            arguments, _ = _Evaluation(self.setting, self.space, first).of(below.forms(forms + some), by_state=True)
            found.append((some, fire(self.setting, term.some(some), arguments, 0, used), kind))
        return found

    def _written(self, term: NeuronTerm, fired: list[Fired], units: Floats, used: Ints) -> tuple[Floats, Floats]:
        """((states, used) the rounding of each coordinate's sum over neurons, with adding it to the stream; the power
        of two that each coordinate is a multiple of then)"""
        fmt, erased = self.setting.format, self.setting.evidence.erased.get(term.layer)
        before = self.setting.largest(Slot(term.layer, ATTENTION))[used]
        total, count = (
            reduce(np.add, [f.total for f in fired]) + before,
            reduce(np.add, [f.count for f in fired]) + (before > 0),
        )
        unit = np.minimum(np.min([f.unit for f in fired], axis=0), np.where(before > 0, 0.0, np.inf))
        positive = reduce(np.add, [f.positive for f in fired])
        high, low = positive + before, total - positive
        if erased is not None:
            total, count = total + erased.total[used], count + erased.count[used]
            high, low = high + erased.total[used], low + erased.total[used]
            unit = np.minimum(unit, erased.unit[used])
        w_out = self.setting.weights.layers[term.layer - 1].w_out[:, used]
        summed = fmt.gamma(count) * total
        # No sum of some of the summands is larger than that of all that have one sign.
        products = np.where(((w_out == 0) | powers_of_two(w_out)).all(axis=0), 0.0, fmt.gamma(1) * total)
        added = fmt.gamma(np.maximum(count - 1, 0)) * (1 + 2 * fmt.unit) * np.maximum(high, low) + products
        summed = np.minimum(summed, added)
        reach = reduce(np.add, [f.reach for f in fired])
        if np.isfinite(reach).any():  # two neurons write, and no more: one addition, which is rounded once
            alone = (before == 0) & (True if erased is None else erased.count[used] == 0)
            alone &= np.add.reduce(w_out != 0, axis=0) <= 2
            summed = np.where(alone, np.minimum(summed, fmt.gamma(1) * reach), summed)
        summed = summed + fmt.tiny * count
        units = units.copy() if erased is None else np.where(erased.error > 0, 0.0, units)
        units[used] = 0.0
        if all(f.exact for f in fired):
            exact = fmt.adds_exactly(tall(total).max(axis=0, initial=0.0), unit) & (unit >= fmt.tiny)
            summed = np.where(exact, 0.0, summed)
            units[used] = np.where(nonzero(summed), 0.0, unit)
        return summed, units


def _arriving(setting: Setting, term: NeuronTerm, before: AffineForm, fired: Fired, forms: int) -> Floats:
    """(1 or states, forms) the errors from before the neurons, through their slopes. Where neurons are evaluated in
    groups, no sources are before them."""
    arriving, rows = before.rounding[:, :forms], nonzero(before.sources).nonzero()[0]
    spend(setting, ONE_BY_ONE * len(before.value) * len(rows) * term.out.size)
    for i in rows:
        coefficients = before.source_coefficients[i]
        passed = fired.slope * coefficients[forms:]
        arriving = arriving + before.sources[:, i, None] * np.abs(coefficients[:forms] + passed @ term.out)
    return arriving


def _count(rows: slice | Ints) -> int:
    return rows.stop - rows.start if isinstance(rows, slice) else len(rows)


def _error_of_part(
    setting: Setting, space: StateSpace, p: Proved | PartSum, rows: slice | Ints
) -> tuple[Floats, Floats | None]:
    """((1 or states,) the error of a part in multiples of its proved error; (states,) an error in addition to that).
    Where it is undefined, the error is that of its fallback, which neurons pass on to several forms like its own error,
    if it has any."""
    fallback, error = space.fallback_error(p.expr), setting.errors[p.expr]
    if fallback is None:
        return np.ones(1), None
    return (1 + fallback[rows] / error, None) if error else (np.ones(1), fallback[rows])


def _magnitude(
    setting: Setting, p: Proved | PartSum, number: Floats, off: Floats | float, slot: Slot
) -> Floats | float:
    """The magnitudes added up where a proved part is read: of each of its coordinates the weight times the size.
    `off`: the error of its fallback where it is undefined."""
    largest = setting.largest(slot)
    if isinstance(p, PartSum):
        return float(sum(np.abs(q.vector) @ largest for q in setting.evidence.stored(p)))
    whole = float(np.abs(p.vector) @ largest)
    others = whole - float(abs(p.vector[p.pivot]) * largest[p.pivot])
    found: Floats = np.minimum(np.abs(number) + (p.error + off + 2 * others), whole)
    return found
