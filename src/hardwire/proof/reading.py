"""What forms of the stream come to in situations: the shipped weights are run on them.

Beside every number goes how it moves with the error of each proved part, and bounds of all other errors: errors that
cancel (the two neurons of a step) are seen to cancel.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from ..errors import CertificateError
from ..lang.expr import INDICES, TOKENS, Expr
from ..model.slots import ATTENTION, Slot
from ..model.weights import Floats
from ..numeric.grids import grid, nonzero, step, tall, terms
from .forms import Embedded, Fired, Mask, Places, Plan, Proved, Read, Sum, stacked
from .magnitudes import Magnitudes
from .situations import Situations

CELLS = 4_000_000
"""How many numbers are worked on at a time."""
MOST_NUMBERS = 30_000_000
"""About how many numbers may be held of what is read: values, their errors, and where those come from."""
SMALL = 2.0**-100
"""A sum of products above this is no sum of products that underflow."""
PIECE = 16_384
"""In how many situations one form is worked out at a time."""
MOST_PRODUCTS = 5e11
"""How many products of neurons, over all abstract states, one proof may take: about a minute."""
ONE_BY_ONE = 10.0
"""How many products in one matrix one takes as long as, that is worked out for a single source of errors."""
FEW = 2_000
"""In how many situations neurons are worked out one by one."""

ByKinds = list[tuple[Places, Fired, Places]]
"""Groups of neurons: which, what they add for each kind of situation, the kind of each situation."""


@dataclass
class Threshold:
    """The neuron that comes nearest to its threshold, relative to its error."""

    layer: int = 0
    neuron: int = -1
    error: float = 0.0
    distance: float = float("inf")


@dataclass(eq=False)
class Reading(Magnitudes):
    """What the residual stream holds in situations."""

    nearest: Threshold = field(default_factory=Threshold)
    products: float = 0.0

    def read(self, plan: Plan, at: Situations, *, summed: bool = True) -> Read:
        """The forms of a plan in each situation; what adding them up rounds is left out where the model has no such
        sums, not `summed`. Raises CertificateError."""
        forms, width = plan.weights.shape[1], plan.width
        if at.size * (2 * forms + width) > MOST_NUMBERS:
            raise CertificateError(f"{at.size:,} situations, of {forms:,} numbers each, are too many to check")
        many = max(1, CELLS // max(1, width))
        if at.size <= many:
            reads = [self._read(plan, at, slice(0, at.size), summed=summed)]
        else:
            pieces = (slice(i, min(at.size, i + many)) for i in range(0, at.size, many))
            reads = [self._read(plan, at, rows, summed=summed).apart() for rows in pieces]
        for r in reads:
            seen = r.value + r.rounding if plan.parts or plan.inner else r.rounding
            if np.count_nonzero(np.isfinite(seen)) < seen.size:
                raise CertificateError("what is read there has no bounds")
        return reads[0] if len(reads) == 1 else stacked(reads)

    def line(self, plan: Plan, at: Situations) -> tuple[Floats, Floats]:
        """(the one form of a plan in each situation, a bound of its error), looked at in pieces that stay in caches.
        Raises CertificateError."""
        value, noise = np.zeros(at.size), np.zeros(at.size)
        known: dict[int, ByKinds | None] = {}
        piece = min(PIECE, max(1, CELLS // max(1, plan.width)))
        for i in range(0, at.size, piece):
            rows, before = slice(i, min(at.size, i + piece)), self.products
            read = self._read(plan, at, rows, known)
            if i == piece:  # the first has found what all share; the others take as long as this one
                self._check_products((self.products - before) * (at.size // piece - 1))
            value[rows], noise[rows] = read.value[:, 0], read.noise(self.errors)[:, 0]
        if not (np.isfinite(value).all() and np.isfinite(noise).all()):
            raise CertificateError("what is read there has no bounds")
        return value, noise

    def _read(
        self,
        plan: Plan,
        at: Situations,
        rows: slice | Places,
        known: dict[int, ByKinds | None] | None = None,
        units: Floats | None = None,
        *,
        summed: bool = True,
        row_by_row: bool = False,
    ) -> Read:
        """`known`: neurons that were worked out by kinds of situations for other rows, by the plan; `units`: what each
        coordinate is a multiple of, which become those after its neurons; `row_by_row`: whether rounding is bounded for
        each situation rather than for all."""
        if units is None:
            units = self.units if plan.embedded is not None else self.units.copy()
        if plan.embedded is not None:
            read = self._embedded(plan.embedded, at, rows)
        else:
            read = self._fire(plan, at, rows, units, {} if known is None else known)
        value, slopes, loose, weights = read.value, dict(read.slopes), read.loose, read.weights
        rounding = read.rounding
        if plan.rest is not None:
            value, rounding = value + plan.rest[0], rounding + plan.rest[1]
        for p, share in plan.parts:
            value = value + (share[:, None] * at.labels(p.expr)[rows]).T
            slopes[p.expr] = slopes.get(p.expr, 0.0) + share[None, :]
            slack = at.slack(p.expr)
            if slack is not None:
                loose, weights = np.hstack([loose, slack[rows][:, None]]), np.vstack([weights, share[None, :]])

        def sized() -> Floats:
            mass = read.size if plan.rest is None else read.size + plan.rest[2]
            for p, share in plan.parts:
                mass = mass + self._magnitude(p, at.labels(p.expr)[rows][:, None], plan.slot) * np.abs(share)
            return mass

        found = Read(value, slopes, loose, weights, rounding, sized)
        if summed:
            found.rounding = self._rounding(plan, units, found, at, row_by_row or plan.neurons is not None)
        return found

    def _magnitude(self, p: Proved | Sum, label: Floats, slot: Slot) -> Floats | float:
        """How much is added up where a proved part is read: of each of its coordinates its weight times its size."""
        reach = self.reach[slot]
        if isinstance(p, Sum):
            vectors = [q.vector for q in self.proved if q.expr in p.parts]
            return float(sum(np.abs(v) @ reach for v in vectors))
        whole = float(np.abs(p.vector) @ reach)
        beside = whole - float(abs(p.vector[p.pivot]) * reach[p.pivot])
        found: Floats = np.minimum(np.abs(label) + (p.error + p.slack + 2 * beside), whole)
        return found

    def _rounding(self, plan: Plan, units: Floats, read: Read, at: Situations, row_by_row: bool) -> Floats:
        """(1 or rows, forms) what reading the coordinates adds, in any order of summation. `units`: what each is a
        multiple of."""
        w, unit = plan.weights, self.format.unit
        lost = self._underflow(w, units, read)
        if lost is not None:
            read.rounding = read.rounding + lost
        largest = self.reach[plan.slot] @ np.abs(w)
        plain = read.exact and plan.among is None and plan.bias is None and not np.count_nonzero(w != np.rint(w))
        if plain and (largest * unit).max(initial=0.0) <= units.min(initial=np.inf):
            return read.rounding  # what is seen at a glance
        bias = np.zeros(w.shape[1]) if plan.bias is None else np.abs(plan.bias)
        count = terms(w) if plan.among is None else np.maximum(terms(w), plan.among)
        gamma = self.format.gamma(count + (bias > 0))
        exact = ~read.noisy() & (gamma > 0)
        if plan.among is not None:
            exact &= plan.among == 0
        if np.count_nonzero(exact):
            # Whole numbers of one unit, as long as they are not too large, are added without rounding.
            finest = np.minimum(_finest(w, units), step(bias))
            small = (largest + bias) * unit <= finest
            if np.count_nonzero(exact & ~small):
                small |= (self._greatest(plan, read, at) + bias) * unit <= finest
            gamma = np.where(exact & small, 0.0, gamma)
        if not np.count_nonzero(gamma):
            return read.rounding
        size = read.size if row_by_row else self._greatest(plan, read, at)
        rounded: Floats = read.rounding + gamma * (np.minimum(size, largest) + bias)
        return rounded

    def _underflow(self, w: Floats, units: Floats, read: Read) -> Floats | None:
        """(forms,) what products that are no normal numbers lose; None where there are none.

        A coordinate is a multiple of its unit. Where that is not known (0), a form that is off anyhow may have any
        product; of one that is not off, the products are small only if their sum is.
        """
        tiny, used = self.format.tiny, w != 0
        known = (units[:, None] * np.abs(w) < tiny) & used & (units > 0)[:, None]
        unknown = used & (units == 0)[:, None]
        if np.count_nonzero(unknown):
            near = (np.abs(read.value) < SMALL) & (read.value != 0)
            unknown &= read.noisy() | nonzero(near)
        count = np.count_nonzero(known | unknown, axis=0)
        return tiny * count if np.count_nonzero(count) else None

    def _greatest(self, plan: Plan, read: Read, at: Situations) -> Floats:
        """(forms,) a bound of the magnitudes that are added up in any situation."""
        if plan.embedded is None:
            greatest: Floats = tall(read.size).max(axis=0, initial=0.0)
            return greatest
        weights = np.abs(plan.embedded.weights)
        greatest = np.zeros(weights.shape[1]) if plan.rest is None else plan.rest[2]
        for table in self.sizes.values():
            greatest = greatest + (table @ weights).max(axis=0)
        for p, share in plan.parts:
            label = np.abs(at.labels(p.expr)).max(initial=0.0)
            greatest = greatest + self._magnitude(p, label, plan.slot) * np.abs(share)
        return greatest

    def exact(self, plan: Plan) -> Mask:
        """(forms,) those which are whole numbers of one unit wherever they are read, and so small that nothing is
        rounded."""
        if plan.inner is not None or plan.rest is not None:
            return np.zeros(plan.weights.shape[1], bool)
        held = np.any([share != 0 for _, share in plan.parts], axis=0) if plan.parts else False
        largest = self.reach[plan.slot] @ np.abs(plan.weights)
        found: Mask = ~np.asarray(held) & (largest * self.format.unit <= _finest(plan.weights, self.units))
        return found

    def _embedded(self, read: Embedded, at: Situations, rows: slice | Places) -> Read:
        size = rows.stop - rows.start if isinstance(rows, slice) else len(rows)
        places = {TOKENS: at.token, INDICES: at.position}

        def placed(leaf: Expr) -> Places:
            place = places[leaf]
            assert place is not None
            return place[rows]

        value = read.still[:, None]
        for leaf, each in read.moving.items():
            value = value + each.T.take(placed(leaf), axis=1)
        if not read.moving:
            value = value.repeat(size, axis=1)

        def sized() -> Floats:
            weights, mass = np.abs(read.weights), np.zeros((size, forms))
            for leaf, table in self.sizes.items() if weights.any() else ():
                each = table @ weights
                mass += each.take(placed(leaf), axis=0) if leaf in read.moving else each.max(axis=0)
            return mass

        forms = len(read.still)
        rounding = np.zeros((1, forms))
        if self.summed is not None:
            rounding += self.summed @ np.abs(read.weights)
        return Read(value.T, {}, np.zeros((size, 0)), np.zeros((0, forms)), rounding, sized)

    def _fire(
        self,
        plan: Plan,
        at: Situations,
        rows: slice | Places,
        units: Floats,
        known: dict[int, ByKinds | None],
    ) -> Read:
        """The forms with what the neurons add; `units` become those of the coordinates they write."""
        assert plan.neurons is not None
        assert plan.inner is not None
        assert plan.out is not None
        assert plan.sizes is not None
        k, neurons, forms = plan.layer, plan.neurons, plan.weights.shape[1]
        used = np.flatnonzero((self.w_out[k - 1][neurons] != 0).any(axis=0) & (plan.weights != 0).any(axis=1))
        if id(plan) not in known:
            known[id(plan)] = self._by_kinds(plan, at, used) if isinstance(rows, slice) and at.size > FEW else None
        groups = known[id(plan)]
        if groups is None:
            before = self._read(plan.inner, at, rows, known, units, row_by_row=True)
            loose = before.loose
            fired = [self._fired(k, neurons, before, forms, (plan.out, plan.sizes), used)]
        else:
            before = self._read(plan.inner.cut(np.arange(forms)), at, rows, row_by_row=True)
            loose = before.loose
            fired = [f.spread(kind[rows]) for _, f, kind in groups]
        value = before.value[:, :forms] + _total([f.value for f in fired])
        slopes = {e: s[:, :forms] for e, s in before.slopes.items()}
        for f in fired:
            for e, s in f.slopes.items():
                slopes[e] = _plus(slopes[e], s) if e in slopes else s
        arriving = before.rounding[:, :forms]
        sources = nonzero(loose).nonzero()[0]
        self._count(ONE_BY_ONE * len(value) * len(sources) * plan.out.size)
        for i in sources:
            weights = before.weights[i]
            passed = fired[0].active * weights[forms:]
            arriving = arriving + loose[:, i, None] * np.abs(weights[:forms] + passed @ plan.out)
        # The sum over neurons in each coordinate, and adding it to the stream.
        there = self.reach[Slot(k, ATTENTION)][used]
        heap, count = _total([f.heap for f in fired]) + there, _total([f.count for f in fired]) + (there > 0)
        unit = np.minimum(np.min([f.unit for f in fired], axis=0), np.where(there > 0, 0.0, np.inf))
        if k in self.erased:
            gone = self.erased[k]
            heap, count, unit = heap + gone.heap[used], count + gone.count[used], np.minimum(unit, gone.unit[used])
        tiny = self.format.tiny
        summed = self.format.gamma(count) * heap + tiny * count
        if all(f.exact for f in fired):  # whole numbers of one unit
            small = (tall(heap).max(axis=0, initial=0.0) * self.format.unit <= unit) & (unit >= tiny)
            summed = np.where(small, 0.0, summed)
            units[used] = np.where(nonzero(summed), 0.0, unit)
        else:
            units[used] = 0.0
        added = np.hstack([*(f.adds for f in fired), summed])
        if groups is None:
            order = fired[0].heard
        else:
            order = np.concatenate([some[f.heard] for some, f, _ in groups])
        weights = np.vstack([plan.out[order], plan.weights[used]])
        heard = nonzero(added).nonzero()[0]

        def sized() -> Floats:
            return before.size[:, :forms] + _total([f.mass for f in fired])

        return Read(value, slopes, added[:, heard], weights[heard], arriving, sized)

    def _by_kinds(self, plan: Plan, at: Situations, used: Places) -> ByKinds | None:
        """Neurons whose arguments are made of the same parts of a situation: (which, what they add for each kind of
        situation that these parts tell apart, the kind of each situation). None where there is nothing to gain."""
        inner, neurons, out, sizes = plan.inner, plan.neurons, plan.out, plan.sizes
        assert inner is not None
        assert neurons is not None
        assert out is not None
        assert sizes is not None
        if inner.embedded is None or any(at.slack(p.expr) is not None for p, _ in inner.parts):
            return None
        forms, made_of = plan.weights.shape[1], inner.made_of()
        by_parts: dict[frozenset[Expr], list[int]] = {}
        for i in range(forms, inner.weights.shape[1]):
            by_parts.setdefault(frozenset(e for e, mask in made_of.items() if mask[i]), []).append(i - forms)
        found = []
        for variables, members in by_parts.items():
            kinds = at.kinds(variables)
            if kinds is None:
                return None
            some, (first, kind) = np.array(members), kinds
            read = self._read(inner.cut(forms + some), at, first, row_by_row=True)
            through = out[some], sizes[some]
            found.append((some, self._fired(plan.layer, neurons[some], read, 0, through, used), kind))
        return found

    def _fired(
        self, k: int, neurons: Places, inner: Read, forms: int, through: tuple[Floats, Floats], used: Places
    ) -> Fired:
        """What neurons of a layer add to forms `through` matrices, (neurons, forms), one of numbers and one of
        magnitudes, and to coordinates that are `used`; their arguments are the last of `inner`, behind so many forms.
        """
        out, sizes = through
        self._count(len(inner.value) * out.size * (2 + len(inner.slopes)))
        argument = inner.value[:, forms:] + self.b_in[k - 1][neurons]
        own = inner.rounding[:, forms:]
        total = np.zeros_like(argument) + own
        if inner.loose.shape[1]:
            total += inner.loose @ np.abs(inner.weights[:, forms:])
        for e, s in inner.slopes.items():
            total += self.errors[e] * np.abs(s[:, forms:])
        self._note(k, neurons, argument, total)
        unclear = (np.abs(argument) <= total) & (total > 0)
        fired = np.maximum(argument, 0)
        # How a neuron answers to errors: fully or not at all, and along the chord where they may switch it.
        active = (argument > 0).astype(np.float64)
        adds = active * own
        if unclear.any():
            active = np.where(unclear, (argument + total) / np.where(unclear, 2 * total, 1.0), active)
            # What it adds beyond that: a source of its own, which all forms see alike.
            bulge = np.maximum(active * total - fired, fired - active * argument)
            adds = active * own + np.where(unclear, bulge, 0.0)
        w_out = self.w_out[k - 1][neurons][:, used]
        heard = nonzero(adds).nonzero()[0]
        exact = not total.any()
        unit = np.zeros(len(used))
        if exact:
            grids = np.minimum(grid(fired), 2.0**100)[:, None] * np.minimum(step(w_out), 2.0**100)
            unit = tall(grids).min(axis=0, initial=np.inf)
        return Fired(
            value=fired @ out,
            slopes={e: _plus(0.0, (s[:, forms:] * active) @ out) for e, s in inner.slopes.items()},
            mass=(fired + adds) @ sizes,
            adds=adds[:, heard],
            heard=heard,
            active=active,
            count=((active > 0) | unclear) @ (w_out != 0).astype(np.float64),
            heap=(fired + adds) @ np.abs(w_out),
            unit=unit,
            exact=exact,
        )

    def _count(self, products: float) -> None:
        """Keeps account of how many products a proof takes. Raises CertificateError where they are too many."""
        self.products += products
        self._check_products()

    def _check_products(self, more: float = 0.0) -> None:
        """Raises CertificateError where a proof would take too many products, `more` of them still to come."""
        if self.products + more > MOST_PRODUCTS:
            raise CertificateError(
                f"the proof takes more than {MOST_PRODUCTS:,.0f} products of neurons in abstract states"
            )

    def _note(self, k: int, firing: Places, argument: Floats, total: Floats) -> None:
        """Remembers the neuron whose argument comes nearest to the threshold, where that is not meant."""
        clear = np.abs(argument) > total
        if not clear.any():
            return
        used = np.where(clear, total / np.where(clear, np.abs(argument), 1.0), -1.0)
        at = np.unravel_index(int(used.argmax()), used.shape)
        now = self.nearest
        if now.neuron < 0 or used[at] * now.distance > now.error:
            distance = float(abs(argument[at]))
            self.nearest = Threshold(k, int(firing[at[1]]), float(total[at]), distance)


def _finest(weights: Floats, units: Floats) -> Floats:
    """(forms,) what sums of coordinates, each of which is a multiple of its unit, are multiples of."""
    finest = np.minimum(step(weights), 2.0**100) * np.minimum(units, 2.0**100)[:, None]
    found: Floats = np.where(weights == 0, np.inf, finest).min(axis=0, initial=np.inf)
    return found


def _total(arrays: Sequence[Floats]) -> Floats:
    total = arrays[0]
    for x in arrays[1:]:
        total = total + x
    return total


def _plus(a: Floats | float, b: Floats) -> Floats:
    """A slope with what neurons add: (1 or rows, forms) of both."""
    total: Floats = a + b
    return total[:1] if len(total) > 1 and (total == total[0]).all() else total
