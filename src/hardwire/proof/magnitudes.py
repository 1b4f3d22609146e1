"""The weights of a model as they are shipped, and how large what they make of an input can be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from ..errors import CertificateError
from ..lang.expr import INDICES, TOKENS, Expr
from ..model.slots import ATTENTION, EMBEDDING, MLP, Slot
from ..model.transformer import Transformer
from ..model.weights import Floats, Head
from ..numeric.floats import float_format
from ..numeric.grids import grid
from .forms import Erased, Proved, Sum


@dataclass(frozen=True, eq=False)
class HeadWeights:
    """The matrices of a head, in float64."""

    q: Floats
    k: Floats
    v: Floats
    o: Floats

    @classmethod
    def of(cls, head: Head) -> HeadWeights:
        return cls(*(w.astype(np.float64) for w in (head.w_q, head.w_k, head.w_v, head.w_o)))


@dataclass(eq=False)
class Magnitudes:
    """A model in float64, what is proved of its residual stream, and a bound of every coordinate after each slot."""

    model: Transformer
    proved: list[Proved] = field(default_factory=list)
    sums: list[Sum] = field(default_factory=list)

    def __post_init__(self) -> None:
        model = self.model
        self.format = float_format(model.dtype)
        self.embed = model.embed.astype(np.float64)
        positions = model.positions
        self.positions = None if positions is None else positions.astype(np.float64)
        self.w_in = [layer.w_in.astype(np.float64) for layer in model.layers]
        self.b_in = [layer.b_in.astype(np.float64) for layer in model.layers]
        self.w_out = [layer.w_out.astype(np.float64) for layer in model.layers]
        self.heads = [[HeadWeights.of(h) for h in layer.heads] for layer in model.layers]
        d = model.d_model
        none = np.zeros((d, 0))
        self.w_o = [side_by_side([h.o.T for h in heads] or [none]).T for heads in self.heads]
        # Magnitudes, (d_model, of all heads): what they score by, their values, (all d_v, d_model) and what they write.
        self.scored = [np.abs(side_by_side([x for h in heads for x in (h.q, h.k)] or [none])) for heads in self.heads]
        self.valued = [np.abs(side_by_side([h.v for h in heads] or [none])) for heads in self.heads]
        self.brought = [np.abs(w_o) for w_o in self.w_o]
        self._check_smallest()
        self.written = np.zeros((Slot(model.depth, MLP).index + 1, d), bool)  # (slots, d_model)
        self.written[EMBEDDING] = True
        self.writers = []  # (d_model,) by how many outputs of a layer's heads each coordinate is written
        for k, (w_o, w_out) in enumerate(zip(self.w_o, self.w_out, strict=True)):
            self.writers.append((w_o != 0).sum(axis=0))
            self.written[Slot(k + 1, ATTENTION)] = self.writers[k] > 0
            if len(w_out):
                self.written[Slot(k + 1, MLP)] = np.logical_or.reduce(w_out)
        indices = np.arange(len(self.written))[:, None] * self.written
        self.last_write = np.maximum.accumulate(indices)  # (slots, d_model) the index of the last slot that wrote each
        self._embedding()
        self.latest: list[Proved] = []
        self.erased: dict[int, Erased] = {}  # by layer
        self.errors: dict[Expr, float] = {}

    def _check_smallest(self) -> None:
        """That no weight is so small that a product of two is no normal number. Raises CertificateError."""
        model, least = self.model, self.format.tiny ** (60 / 126)
        tables = [w for w in (model.embed, model.positions, model.unembed) if w is not None]
        layers = (self.scored, self.valued, self.brought, self.w_in, self.b_in, self.w_out)
        every = np.concatenate([w.ravel() for w in tables] + [w.ravel() for ws in layers for w in ws if len(w)])
        if np.count_nonzero(np.abs(every) < least) > len(every) - np.count_nonzero(every):
            raise CertificateError(f"weights below {least:.3g} are too close to 0")

    def _embedding(self) -> None:
        """What is embedded, by the variable that decides it: `tables`, their `sizes`, in which columns they are
        `varied`, and what is `still` in the others; what each coordinate is a multiple of, `units`."""
        self.tables = {TOKENS: self.embed[1:]}
        if self.positions is not None:
            self.tables[INDICES] = self.positions[1:]
        rows, starts = np.concatenate(list(self.tables.values())), [0, len(self.embed) - 1][: len(self.tables)]
        high, low = np.maximum.reduceat(rows, starts), np.minimum.reduceat(rows, starts)  # (tables, d_model)
        self.still = np.where(high == low, high, 0.0).sum(axis=0)
        self.sizes, self.varied = {}, {}
        for (leaf, table), varied in zip(self.tables.items(), high != low, strict=True):
            columns = varied.nonzero()[0]
            self.sizes[leaf], self.varied[leaf] = np.abs(table), (columns, table.take(columns, axis=1))
        self.units = grid(rows)
        largest = np.maximum(high, -low)
        self.reach = np.zeros(self.written.shape)  # how large a coordinate can be after a slot, on any input
        self.reach[EMBEDDING] = largest.sum(axis=0)
        both = np.logical_and.reduce(largest) if len(largest) > 1 else np.zeros(len(self.units), bool)
        # What a sum of two embeddings rounds, if any is one.
        self.summed = np.where(both, self.format.unit * self.reach[EMBEDDING], 0.0) if np.count_nonzero(both) else None

    def add(self, proved: Proved) -> None:
        self.proved.append(proved)
        self.sums = [s for s in self.sums if s.expr is not proved.expr]  # it is read by its own directions now
        self.latest = sorted(self.proved, key=lambda p: p.slot, reverse=True)
        self.errors[proved.expr] = proved.error

    def add_sum(self, found: Sum) -> None:
        """Forms that read two parts in one proportion alone may be read as their sum."""
        self.sums.append(found)
        self.errors[found.expr] = found.error

    def settle(self, slot: Slot, outputs: Floats | None = None) -> None:
        """Bound the coordinates after a slot; `outputs` bound what the heads of the layer give, (all d_v,)."""
        before = self.reach[slot.previous]
        k, attends = slot.layer - 1, slot.sublayer is ATTENTION
        if not (len(self.w_o[k]) if attends else len(self.w_out[k])):
            self.reach[slot] = before
            return
        if attends:
            assert outputs is not None
            added = outputs @ self.brought[k]
        else:
            sums, bias = before @ np.abs(self.w_in[k]), self.b_in[k]
            rounded = self.format.gamma(len(before) + 1) * (sums + np.abs(bias))
            hidden = np.maximum(sums + bias + rounded, 0)
            added = hidden @ np.abs(self.w_out[k])
        self.reach[slot] = before + added * (1 + 1e-3)

    def check_sizes(self, bos: Sequence[Floats]) -> None:
        """That nothing can overflow. `bos`: (d_model,) its row when embedded and after each layer. Raises
        CertificateError."""
        found = []
        for k in range(self.model.depth):
            x = np.maximum(self.reach[Slot(k, MLP)], np.abs(bos[k]))
            read = x @ self.scored[k]
            # No score is larger than the sum of all their squares.
            found += [x, read, (read @ read)[None], x @ self.valued[k] @ self.brought[k]]
            if len(self.b_in[k]):
                hidden = np.maximum(self.reach[Slot(k + 1, ATTENTION)], x) @ np.abs(self.w_in[k]) + np.abs(self.b_in[k])
                found += [hidden, hidden @ np.abs(self.w_out[k])]
        x = np.maximum(self.reach[-1], np.abs(bos[-1]))
        found += [x, x @ np.abs(self.model.unembed.astype(np.float64))]
        largest = float(np.concatenate(found).max(initial=0.0))
        if not largest < self.format.largest:
            raise CertificateError(f"numbers may reach {largest:.3g}, which is too close to infinity")

    def until(self, vector: Floats, slot: Slot) -> Slot:
        """The first slot after `slot` in which a form is changed; the one after the last where there is none."""
        used = vector != 0
        later = np.logical_or.reduce(self.written[slot.next :] & used, axis=1).nonzero()[0]
        return Slot.of(slot.next.index + int(later[0]) if len(later) else len(self.written))

    def pivot(self, vector: Floats, slot: Slot) -> int | None:
        """A coordinate by which a form may be known: written when the form was finished, and no other's."""
        taken = {p.pivot for p in self.proved if p.slot <= slot < p.until}
        used = vector.nonzero()[0]
        last = self.last_write[slot][used]
        free = [c for c in used[last == last.max(initial=0)].tolist() if c not in taken]
        return max(free, key=lambda c: abs(float(vector[c]))) if free else None


def side_by_side(matrices: Sequence[Floats]) -> Floats:
    """At least one matrix, (rows, columns), as one: (rows, all columns)."""
    return matrices[0] if len(matrices) == 1 else np.concatenate(matrices, axis=1)
