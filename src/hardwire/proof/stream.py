"""The residual stream as far as it is proved: what its forms are made of.

`forms.py` says what the words mean, `magnitudes.py` how large numbers can be, `reading.py` what forms come to.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace

import numpy as np

from ..errors import CertificateError
from ..model.slots import ATTENTION, EMBEDDING, MLP, Slot, slots
from ..model.weights import Floats
from .forms import Embedded, Erased, Places, Plan, Proved, Sum
from .reading import Reading
from .situations import World

MOST_REFINED = 20_000
"""In how many situations a coordinate is looked at to bound it."""
NOTHING = 1e-12
"""What is left of a sum when all of it has been taken away: rounding of this proof's own arithmetic."""
TAKEN = 2.0**-49
"""The same of one weight, relative to all that was taken away from it."""


@dataclass(eq=False)
class Stream(Reading):
    """The residual stream of a model, and what is proved of it."""

    refined: Slot = EMBEDDING  # up to which slot coordinates are bounded one by one
    flat: bool = False  # whether leaves and aggregates alone are variables

    def plan(self, weights: Floats, slot: Slot, *, raw: int = 0, since: Slot = EMBEDDING) -> Plan:
        """What forms, the columns of `weights`, are made of after a slot. Of the first `raw` forms the outputs of heads
        after `since` count as 0, whatever is proved of them.

        Raises CertificateError where a head's output is read of which nothing is proved.
        """
        raw = raw if slot > since else 0
        left, parts, lost = self._without(weights, slot, EMBEDDING, raw)
        used = np.logical_or.reduce(left, axis=1)
        last = Slot.of(int((self.last_write[slot] * used).max(initial=EMBEDDING.index)))
        variables = {p.expr for p, _ in parts}
        if last == EMBEDDING:
            read = self._read_of(left)
            moving = frozenset(variables | read.moving.keys())
            return Plan(weights, parts, read, variables=moving, slot=slot, rest=_more(None, lost))
        if last.sublayer is ATTENTION:
            others = (left[:, raw:] != 0).any(axis=1)
            if others.any() and int(self.last_write[slot][others].max()) == last.index:
                raise CertificateError(f"layer {last.layer} has a head that is read, and nothing is proved of it")
            earlier = self.plan(left, last.previous, raw=raw, since=since)
            parts, variables = (*parts, *earlier.parts), variables | earlier.variables
            rest = _more(earlier.rest, lost)
            return replace(earlier, weights=weights, parts=parts, variables=frozenset(variables), slot=slot, rest=rest)
        # What was there before the neurons is left to them, so that forms and arguments see the same errors.
        left, parts, lost = self._without(weights, slot, last, raw)
        k, before, w_out = last.layer, left, self.w_out[last.layer - 1]
        rest = None
        if k in self.erased:
            erased = self.erased[k]
            w_out, before = erased.w_out, np.where(erased.coordinates[:, None], 0.0, left)
            rest = erased.left @ left, erased.error @ np.abs(left), np.abs(erased.left) @ np.abs(left)
        neurons = np.flatnonzero((w_out[:, used] != 0).any(axis=1))
        inner = self._below(before, k, neurons, raw=raw, since=since)
        both = frozenset({p.expr for p, _ in parts} | inner.variables)
        if len(neurons):
            out, sizes = w_out[neurons] @ left, np.abs(w_out[neurons]) @ np.abs(left)
            rest = _more(rest, lost)
            return Plan(weights, parts, None, k, neurons, out, inner, both, slot, rest=rest, sizes=sizes)
        if rest is None or inner.rest is None:
            rest = inner.rest if rest is None else rest
        else:
            rest = tuple(a + b for a, b in zip(rest, inner.rest, strict=True))
        rest = _more(rest, lost)
        return replace(inner, weights=weights, parts=(*parts, *inner.parts), variables=both, slot=slot, rest=rest)

    def _below(self, forms: Floats, k: int, neurons: Places, *, raw: int = 0, since: Slot = EMBEDDING) -> Plan:
        """Forms before the neurons of layer k, and the arguments of some of these."""
        inner = self.plan(np.hstack([forms, self.w_in[k - 1][:, neurons]]), Slot(k, ATTENTION), raw=raw, since=since)
        bias = self.b_in[k - 1][neurons]
        if not np.count_nonzero(bias):
            return inner
        return replace(inner, bias=np.concatenate((np.zeros(forms.shape[1]), bias)))

    def forget(self, k: int, world: World) -> None:
        """Finds the coordinates that neurons of layer k make constant but for what they write anew."""
        used = (self.written[Slot(k, MLP)] & (self.reach[Slot(k, ATTENTION)] > 0)).nonzero()[0]
        if not len(used):
            return
        d, w_out = self.model.d_model, self.w_out[k - 1].copy()
        gone = Erased(np.zeros(d, bool), np.zeros(d), np.zeros(d), np.zeros(d), np.zeros(d), np.full(d, np.inf), w_out)
        for c in used.tolist():
            with suppress(CertificateError):
                self._erase(c, k, gone, world)
        if gone.coordinates.any():
            self.erased[k] = gone

    def _erase(self, c: int, k: int, gone: Erased, world: World) -> None:
        """Puts a coordinate to those that are gone, if what was there and the neurons that depend on no more than that
        make a constant. Raises CertificateError where that cannot be told."""
        slot, w_in, w_out = Slot(k, MLP), self.w_in[k - 1], self.w_out[k - 1]
        there = self.plan(np.eye(len(w_in))[:, [c]], slot.previous)
        writers = np.flatnonzero(w_out[:, c])
        neurons = writers[[self.plan(w_in[:, [i]], slot.previous).variables <= there.variables for i in writers]]
        at = world.of(there.variables)
        if not there.variables or not len(neurons) or at.size > MOST_REFINED:
            return
        inner = self._below(there.weights, k, neurons)
        out = w_out[neurons][:, [c]]
        plan = Plan(there.weights, (), None, k, neurons, out, inner, inner.variables, slot, sizes=np.abs(out))
        read = self.read(plan, at)
        fired = self._fired(k, neurons, self.read(inner, at), 1, (out, np.abs(out)), np.array([c]))
        left, spread, heap = float(read.value[0, 0]), float(np.ptp(read.value)), float(fired.heap.max())
        if spread > NOTHING * heap:
            return
        error = float(read.noise(self.errors).max()) + spread
        if left and left % self.units[c]:
            error += self.format.unit * abs(left)  # no whole number of what the embedding is
        gone.coordinates[c], gone.left[c], gone.error[c] = True, left, error
        gone.count[c], gone.heap[c] = fired.count.max(), heap
        gone.unit[c] = fired.unit[0] if fired.exact else 0.0
        gone.w_out[neurons, c] = 0.0

    def _without(
        self, weights: Floats, slot: Slot, since: Slot, raw: int
    ) -> tuple[Floats, tuple[tuple[Proved | Sum, Floats], ...], Floats | None]:
        """(the forms less the parts proved from slot `since` on; these parts with their share in every form; the error
        of the forms where a weight that all but cancels is left out, None where that is negligible)"""
        left, heap, lost = weights.copy(), np.abs(weights), None
        parts: list[tuple[Proved | Sum, Floats]] = []
        for p in self.latest:
            if not (since <= p.slot <= slot < p.until) or (self.flat and not p.expr.op.aggregate):
                continue
            share = left[p.pivot] / p.vector[p.pivot]
            share[:raw] = 0.0
            if np.count_nonzero(share):
                if np.count_nonzero(p.vector) > 1:
                    taken = p.vector[:, None] * share
                    left, heap = left - taken, heap + np.abs(taken)
                    dust = (np.abs(left) <= TAKEN * heap) & (left != 0)
                    if self.format.unit < TAKEN and dust.any():  # else it is much less than what is rounded
                        off = self.reach[slot] @ np.where(dust, np.abs(left), 0.0)
                        lost = off if lost is None else lost + off
                    left[dust] = 0.0
                left[p.pivot, raw:] = 0.0
                parts.append((p, share))
        found = tuple(parts) if self.flat or not self.sums else self._summed(tuple(parts))
        return left, found, lost

    def _read_of(self, weights: Floats) -> Embedded:
        """What forms read of the embedding."""
        still, moving = self.still @ weights, {}
        for leaf, (columns, table) in self.varied.items():
            some = weights.take(columns, axis=0)
            if np.count_nonzero(some):
                each = table @ some
                if np.count_nonzero(each != each[0]):
                    moving[leaf] = each
                else:
                    still = still + each[0]
        return Embedded(weights, still, moving)

    def _summed(self, parts: tuple[tuple[Proved | Sum, Floats], ...]) -> tuple[tuple[Proved | Sum, Floats], ...]:
        held = {p.expr: (p, share) for p, share in parts}
        for s in self.sums:
            a, b = s.parts
            if a in held and b in held and np.array_equal(held[a][1] * s.sign, held[b][1]):
                held[s.expr] = (s, held.pop(a)[1])
                held.pop(b)
        return tuple(held.values())

    def refine(self, upto: Slot, world: World) -> None:
        """Bounds what neurons write, coordinate by coordinate, by what it is in every situation: less than the sum of
        what they may be on their own."""
        for slot in slots(max(Slot(1, MLP), self.refined.next), upto):
            if slot.sublayer is ATTENTION:
                self.reach[slot] = np.minimum(
                    self.reach[slot], np.where(self.written[slot], np.inf, self.reach[slot.previous])
                )
                continue
            for c in np.flatnonzero(self.written[slot]):
                try:
                    plan = self.plan(np.eye(self.model.d_model)[:, [c]], slot)
                    at = world.of(plan.variables)
                    if at.size > MOST_REFINED:
                        continue
                    value, noise = self.line(plan, at)
                except CertificateError:
                    continue
                largest = float((np.abs(value) + noise).max(initial=0.0))
                self.reach[slot, c] = min(self.reach[slot, c], largest)
            self.reach[slot] = np.where(self.written[slot], self.reach[slot], self.reach[slot.previous])
        self.refined = max(self.refined, upto)


Rest = tuple[Floats, ...] | None
"""Of forms, what is constant: its value, how far it may be off, and its magnitude."""


def _more(rest: Rest, lost: Floats | None) -> Rest:
    """The rest with another error."""
    if lost is None:
        return rest
    none = np.zeros_like(lost)
    value, error, size = rest or (none, none, none)
    return value, error + lost, size
