"""Putting heads and neurons into layers.

`Stream` is a residual stream under construction: directions are added by the embedding, by heads and by
neurons, each in the earliest layer that can hold it. `matrices.py` makes matrices of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from ..model.slots import EMBEDDING, MLP, Slot
from ..numeric.floats import FLOAT32, FloatFormat
from .attention import PLAIN, Pair, Pattern, Variant, exponent_of_sink
from .feedforward import Piece
from .form import Direction, Floats, Form, combine, of


@dataclass(eq=False)
class HeadPlan:
    """One head: score pairs, the score of BOS, and the value forms it writes into directions."""

    layer: int
    name: str
    recipe: str
    pairs: tuple[Pair, ...]
    bos: Form  # BOS's score as a form of the query
    scale: float
    values: list[tuple[Form, Direction]] = field(default_factory=list)
    variant: Variant = PLAIN


@dataclass(eq=False)
class Group:
    """Neurons that together write one direction: (argument, coefficient), and what multiplies each, if gated."""

    layer: int
    name: str
    recipe: str
    neurons: tuple[tuple[Form, float], ...]
    output: Direction
    gates: tuple[Form, ...] = ()

    @property
    def keys(self) -> list[object]:
        """Equal for neurons that are equal, whatever they write."""
        gates = self.gates or (None,) * len(self.neurons)
        return [(f.key, gate and gate.key) for (f, _), gate in zip(self.neurons, gates, strict=True)]


@dataclass(eq=False)
class NormPlan:
    """A layer whose neurons copy what a norm makes of some forms: each output by a pair of neurons."""

    layer: int
    name: str
    kind: str
    forms: tuple[Form, ...]
    outputs: tuple[Direction, ...]
    size: float
    eps: float


class Stream:
    """A residual stream under construction, for a vocabulary of `size` tokens and inputs up to `max_len`.

    The weights will have the format `fmt`.
    """

    def __init__(self, size: int, max_len: int, fmt: FloatFormat = FLOAT32) -> None:
        self.size, self.max_len, self.format = size, max_len, fmt
        self.bos = Direction("bos", "bos", EMBEDDING)
        self._real = Direction("real", "constant", EMBEDDING, token=np.ones(size))
        self.real = of(self._real)
        self.embedded: list[Direction] = [self._real]
        self.heads: list[HeadPlan] = []
        self.groups: list[Group] = []
        self.norms: dict[int, NormPlan] = {}
        self.activations: dict[int, str] = {}
        self._heads: dict[object, HeadPlan] = {}
        self._outputs: dict[object, Direction] = {}

    def constant(self, value: float) -> Form:
        """The same number at every real position."""
        return self.real * value

    def embed_token(self, table: Floats, name: str, expression: str) -> Form:
        """A function of the token, (V,); a direction that differs by scale and shift alone is used again."""
        return self._embed(table, None, name, expression)

    def embed_position(self, table: Floats, name: str, expression: str) -> Form:
        """A function of the position, (max_len,)."""
        return self._embed(None, table, name, expression)

    def _embed(self, token: Floats | None, position: Floats | None, name: str, expression: str) -> Form:
        table = token if token is not None else position
        assert table is not None
        if not len(table) or np.ptp(table) == 0:
            return self.constant(float(table[0]) if len(table) else 0.0)
        for d in self.embedded:
            known = d.token if token is not None else d.position
            if known is None or d is self._real:
                continue
            fit = _affine(known, table)
            if fit is not None:
                return combine((fit[0], of(d)), (fit[1], self.real))
        # Centred, so that squares and products stay small.
        made = Direction(name, "embedding", EMBEDDING, expression, 0.0, token, position)
        self.embedded.append(made)
        return of(made)

    def head(
        self,
        name: str,
        pattern: Pattern,
        value: Form,
        *,
        code: str = "scalar",
        expression: str = "",
        noise: float = 0.0,
    ) -> Form:
        """What a head writes: the weighted value, times B for a sum. The earliest layer that can hold it is used."""
        p = pattern
        slot = max([value.slot, p.bos.slot, *(f.slot for pair in p.pairs for f in pair)]).next_attention
        key = (slot, p.sink, p.bos.key, tuple((q.key, k.key) for q, k in p.pairs), p.variant)
        plan = self._heads.get(key)
        if plan is None:
            scale = exponent_of_sink(self.format) if p.sink else 1.0
            plan = HeadPlan(slot.layer, name, p.recipe, p.pairs, p.bos, scale, variant=p.variant)
            self._heads[key] = plan
            self.heads.append(plan)
        output = self._outputs.get((key, value.key))
        if output is None:
            output = Direction(name, code, slot, expression, noise)
            self._outputs[key, value.key] = output
            plan.values.append((value, output))
        return of(output)

    def neurons(self, piece: Piece, name: str, recipe: str, *, expression: str = "", noise: float = 0.0) -> Form:
        """What a piece computes, in the earliest layer that can hold it; without neurons it is a form already."""
        if not piece.neurons:
            return piece.linear
        layer = max(f.slot for f in (*(f for f, _ in piece.neurons), *piece.gates)).next_mlp.layer
        while layer in self.norms or self.activations.get(layer, piece.activation) != piece.activation:
            layer += 1
        key = (layer, tuple((f.key, c) for f, c in piece.neurons), tuple(g.key for g in piece.gates))
        output = self._outputs.get(key)
        if output is None:
            output = Direction(name, "scalar", Slot(layer, MLP), expression, noise)
            self._outputs[key] = output
            self.groups.append(Group(layer, name, recipe, piece.neurons, output, piece.gates))
            self.activations[layer] = piece.activation
        return piece.linear + of(output)

    def normalise(
        self, forms: Sequence[Form], name: str, *, kind: str = "layer", size: float = 1.0, eps: float = 1e-12
    ) -> tuple[Form, ...]:
        """The forms as one vector, normed and scaled to the length `size`; takes the neurons of a layer of its own."""
        layer = max(f.slot for f in forms).next_mlp.layer
        while layer in self.norms or layer in self.activations:
            layer += 1
        outputs = tuple(Direction(f"{name}[{i}]", "normed", Slot(layer, MLP)) for i in range(len(forms)))
        self.norms[layer] = NormPlan(layer, name, kind, tuple(forms), outputs, size, eps)
        return tuple(map(of, outputs))


def _affine(known: Floats, wanted: Floats) -> tuple[float, float] | None:
    """(factor, shift) with wanted = factor * known + shift exactly, else None."""
    low, high = int(np.argmin(known)), int(np.argmax(known))
    spread = known[high] - known[low]
    if spread == 0:
        return None
    factor = float((wanted[high] - wanted[low]) / spread)
    shift = float(wanted[low] - factor * known[low])
    return (factor, shift) if np.array_equal(factor * known + shift, wanted) else None
