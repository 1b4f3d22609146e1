"""Large factors that several matrices share: the same function, with smaller weights.

A coordinate of the stream is written by some matrices and read by others, a dimension of a head by two, and neurons
pass a positive factor on. Each can be measured in another unit; the best units make what writes it and what reads it
about equally large (Stock et al. 2019, arXiv:1902.10416). Units are powers of two, which round nothing; those of values
have four digits, which keep small integers exact and round the scale of a head's output once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..constructions.form import Floats
from ..constructions.stream import BOS
from .matrices import HeadMatrices, Matrices

OWN = 32.0
"""What weights that BOS has as a query are divided by where they are compared with others."""
SCALE = 4.0
"""What logits are multiplied by: the right one then leads by some units, as in a trained model."""
MOST = 64.0
"""The largest weight that an unembedding may have."""
FIRST = 2.0
"""What weights of the embeddings are divided by: two of them add up, and every query and key is made of their sum."""
LAST = 4.0
"""What weights of the unembedding are divided by: no error grows behind it."""
SWEEPS = 40
"""How often each unit is chosen, given the others."""


def balanced(m: Matrices, *, logits: bool) -> Matrices:
    """The matrices in units that make their largest weights about equal. If the columns of the unembedding are
    `logits`, these become as large as `SCALE` and `MOST` allow."""
    units, scale = Units.none(m), SCALE if logits else 1.0
    while True:
        scaled = replace(m, unembed=m.unembed * scale)
        for _ in range(SWEEPS):
            units = units.better(units.applied(scaled))
        found = units.rounded().applied(scaled)
        if not logits or np.abs(found.unembed).max(initial=0.0) <= MOST:
            return found
        scale /= 2


@dataclass(frozen=True)
class Units:
    """What the coordinates of the stream, and for each layer the dimensions of scores and values of each head and the
    neurons are multiplied by."""

    stream: Floats
    scores: tuple[tuple[Floats, ...], ...]
    values: tuple[tuple[Floats, ...], ...]
    neurons: tuple[Floats, ...]

    @classmethod
    def none(cls, m: Matrices) -> Units:
        """Ones."""
        return cls(
            np.ones(m.coordinates.width),
            tuple(tuple(np.ones(h.q.shape[1]) for h in x.heads) for x in m.layers),
            tuple(tuple(np.ones(h.v.shape[1]) for h in x.heads) for x in m.layers),
            tuple(np.ones(x.w_in.shape[1]) for x in m.layers),
        )

    def applied(self, m: Matrices) -> Matrices:
        """The matrices in these units."""
        s = self.stream
        layers = []
        for x, scores, values, neurons in zip(m.layers, self.scores, self.values, self.neurons, strict=True):
            heads = tuple(
                replace(
                    h,
                    q=h.q * score / s[:, None],
                    k=h.k / score / s[:, None],
                    v=h.v * value / s[:, None],
                    o=h.o / value[:, None] * s,
                )
                for h, score, value in zip(x.heads, scores, values, strict=True)
            )
            w_in, w_out = x.w_in * neurons / s[:, None], x.w_out / neurons[:, None] * s
            layers.append(replace(x, heads=heads, w_in=w_in, w_out=w_out))
        positions = None if m.positions is None else m.positions * s
        at = replace(m.coordinates, units=s)
        return Matrices(at, m.embed * s, positions, tuple(layers), m.unembed / s[:, None])

    def better(self, m: Matrices) -> Units:
        """These units times those that are best for the matrices as they are, each by itself."""
        scores = tuple(
            tuple(u * _even([h.k.T], [_q(m, h).T]) for h, u in zip(x.heads, some, strict=True))
            for x, some in zip(m.layers, self.scores, strict=True)
        )
        values = tuple(
            tuple(u * _even([h.o], [h.v.T]) for h, u in zip(x.heads, some, strict=True))
            for x, some in zip(m.layers, self.values, strict=True)
        )
        neurons = tuple(u * _even([x.w_out], [x.w_in.T]) for x, u in zip(m.layers, self.neurons, strict=True))
        heads = [h for x in m.layers for h in x.heads]
        read = [m.unembed / LAST, *(w for h in heads for w in (_q(m, h), h.k, h.v)), *(x.w_in for x in m.layers)]
        written = [m.embed / FIRST, *(h.o for h in heads), *(x.w_out for x in m.layers)]
        written += [] if m.positions is None else [m.positions / FIRST]
        # Only half of the way: the units of the other parts change at the same time.
        stream = self.stream * np.sqrt(_even(read, [w.T for w in written]))
        return Units(stream, scores, values, neurons)

    def rounded(self) -> Units:
        """Powers of two, and four digits for values."""

        def power(u: Floats) -> Floats:
            return np.asarray(np.exp2(np.round(np.log2(u))))

        return Units(
            power(self.stream),
            tuple(tuple(map(power, some)) for some in self.scores),
            tuple(tuple(map(_four_digits, some)) for some in self.values),
            tuple(map(power, self.neurons)),
        )


def _q(m: Matrices, h: HeadMatrices) -> Floats:
    """W_Q, in which the large score of BOS for itself counts less: there is nothing to be learnt at BOS."""
    at = m.coordinates.index.get(BOS)
    counted = h.q.copy()
    if at is not None:
        counted[at] /= OWN
    return counted


def _four_digits(u: Floats) -> Floats:
    unit = np.exp2(np.floor(np.log2(u)) - 3)
    return np.asarray(np.round(u / unit) * unit)


def _even(read: Sequence[Floats], written: Sequence[Floats]) -> Floats:
    """(units,) what makes the largest weights that read and that write each of them equal; rows are units."""
    large, other = (np.max([np.abs(x).max(axis=1, initial=0.0) for x in some], axis=0) for some in (read, written))
    both = (large > 0) & (other > 0)
    return np.asarray(np.sqrt(np.where(both, large, 1.0) / np.where(both, other, 1.0)))
