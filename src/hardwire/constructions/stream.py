"""The directions of one residual stream, as forms.

`Stream` makes forms: of the embedding, of what heads and neurons write, each in the earliest layer that can hold it.
Making one changes no other, and nothing that is made belongs to a model yet: `schedule.py` collects what a read-out
needs, and `matrices.py` makes matrices of that.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from ..model.slots import Slot
from ..numeric.floats import FLOAT32, FloatFormat
from .attention import Pattern
from .feedforward import Neurons, Piece
from .form import ZERO, Direction, DirectionSource, Floats, Form, Given, combine, of
from .hardness import SHARP, Sharpness
from .sources import Embedding, HeadOutput, HeadSpec, HeadSum, NeuronOutput, NormOutput, NormSpec, head_outputs

BOS = Direction("bos", "bos", Given("bos"))
"""The direction that is 1 at BOS and 0 at every token."""


class Stream:
    """Makes the directions of one residual stream, for a vocabulary of `size` tokens and inputs up to `max_len`.

    Equal directions are one: the first to be made gives it its name. The weights will have the format `fmt`, and
    scores will be that sharp.
    """

    def __init__(self, size: int, max_len: int, fmt: FloatFormat = FLOAT32, sharpness: Sharpness = SHARP) -> None:
        self.size, self.max_len, self.format, self.sharpness = size, max_len, fmt, sharpness
        self._real = Direction("real", "constant", Embedding(np.ones(size), None))
        self.real = of(self._real)
        self._known: dict[bytes, Direction] = {self._real.key: self._real}
        self._embedded: dict[tuple[bool, int, int], list[tuple[Direction, Floats]]] = {}

    def constant(self, value: float) -> Form:
        """The same number at every real position."""
        return self.real * value

    def embed_token(self, table: Floats, name: str, expression: str) -> Form:
        """A function of the token, (V,); a direction that differs by scale and shift alone is used again."""
        return self._embed(table, Embedding(table, None), name, expression)

    def embed_position(self, table: Floats, name: str, expression: str) -> Form:
        """A function of the position, (max_len,)."""
        return self._embed(table, Embedding(None, table), name, expression)

    def _embed(self, table: Floats, source: Embedding, name: str, expression: str) -> Form:
        ends = _ends(table) if len(table) else (0, 0)
        if not len(table) or table[ends[0]] == table[ends[1]]:
            return self.constant(float(table[0]) if len(table) else 0.0)
        # Functions that differ by scale and shift are least and greatest at the same places, in either order.
        known = self._embedded.setdefault((source.token is not None, *ends), [])
        fit = _like(table, ends, known)
        if fit is not None:
            d, factor, shift = fit
            return combine((factor, of(d)), (shift, self.real))
        made = Direction(name, "embedding", source, expression, number=len(self._known))
        self._known[made.key] = made
        known.append((made, table))
        return of(made)

    def head(self, name: str, pattern: Pattern, value: Form, *, expression: str = "", error: float = 0.0) -> Form:
        """What a head writes: the weighted value, times B for a sum. The earliest layer that can hold it is used."""
        p = pattern
        ready = max([value.slot, p.bos.slot, *(f.slot for pair in p.pairs for f in pair)])
        source = HeadOutput(HeadSpec(p, self.format.exp(p.sink), ready.next_attention.layer), value)
        return of(self._once(Direction(name, "scalar", source, expression, error, p.recipe)))

    def neurons(
        self, piece: Piece, name: str, recipe: str, *, expression: str = "", error: float = 0.0, layer: int = 1
    ) -> Form:
        """What a piece computes, in the earliest layer from `layer` on that can hold it; without neurons it is a form
        already."""
        if not piece.neurons:
            return piece.linear
        source = NeuronOutput(piece.neurons, piece.gates, piece.activation, max(layer, first_layer(piece)))
        return piece.linear + of(self._once(Direction(name, "scalar", source, expression, error, recipe)))

    def own(self, form: Form, name: str, *, expression: str, rounding: Callable[[Neurons], float], heads: bool) -> Form:
        """A form that stores the same number in a direction that is used for nothing else (and a constant).

        What writes the form writes the direction too: the embedding, neurons, or, if `heads`, some heads. Any other
        form is copied by a pair of neurons, relu(x) - relu(-x), in the next layer that can hold them.
        """
        constant = of(self._real, form.terms.get(self._real, 0.0))
        moving = form - constant
        sources = [(d.source, c) for d, c in moving.terms.items()]
        copied = any(d.own for d in moving.terms)  # an intervention on the named value must have its effect here
        source: DirectionSource
        if not copied and all(isinstance(s, Embedding) for s, _ in sources):
            source, constant = _embedded(form, name, self.size), ZERO
        elif not copied and heads and all(head_outputs(s) for s, _ in sources):
            parts = [(output, c) for s, c in sources for output in head_outputs(s)]
            source = HeadSum(tuple(HeadOutput(output.head, output.value * c) for output, c in parts), name)
        else:
            source = _neurons(moving, name)
        error = form.error + (rounding(source.neurons) if isinstance(source, NeuronOutput) else 0.0)
        return of(self._once(Direction(name, "kept", source, expression, error, "kept"))) + constant

    def summed(self, form: Form) -> Form:
        """The form with one direction for all heads of a layer that write parts of it."""
        layers: dict[Slot, list[tuple[Direction, float]]] = {}
        for d, c in form.terms.items():
            if head_outputs(d.source):
                layers.setdefault(d.slot, []).append((d, c))
        for parts in (parts for parts in layers.values() if len(parts) > 1):
            outputs = tuple(HeadOutput(o.head, o.value * c) for d, c in parts for o in head_outputs(d.source))
            error = sum(abs(c) * d.error for d, c in parts)
            made = self._once(replace(parts[0][0], source=HeadSum(outputs, ""), error=error))
            form = form - combine(*((c, of(d)) for d, c in parts)) + of(made)
        return form

    def normalise(
        self,
        forms: Sequence[Form],
        name: str,
        *,
        kind: str = "layer",
        size: float = 1.0,
        eps: float = 1e-12,
        layer: int = 1,
    ) -> tuple[Form, ...]:
        """The forms as one vector, normed and scaled to the length `size`; takes the neurons of a layer of its own."""
        layer = max(layer, max(f.slot for f in forms).next_mlp.layer)
        norm = NormSpec(tuple(forms), kind, size, eps, layer)
        outputs = (NormOutput(norm, i) for i in range(len(forms)))
        return tuple(of(self._once(Direction(f"{name}[{o.index}]", "normed", o, recipe=name))) for o in outputs)

    def _once(self, d: Direction) -> Direction:
        """The direction with the same source, as it was first made."""
        if d.key not in self._known:
            self._known[d.key] = replace(d, number=len(self._known))
        return self._known[d.key]


def _embedded(form: Form, own: str, size: int) -> Embedding:
    """A form of the embedding as one direction."""
    sources = [(d.source, c) for d, c in form.terms.items() if isinstance(d.source, Embedding)]
    token = [c * s.token for s, c in sources if s.token is not None]
    position = [c * s.position for s, c in sources if s.position is not None]
    of_token = np.sum(token, axis=0) if token else None if position else np.zeros(size)
    return Embedding(of_token, np.sum(position, axis=0) if position else None, own=own)


def _neurons(form: Form, own: str) -> NeuronOutput:
    """A form as what neurons write: the neurons that complete it, if they write one direction, and pairs that copy the
    rest of it."""
    last = [d for d in form.terms if d.slot == form.slot and isinstance(d.source, NeuronOutput) and not d.own]
    neurons: Neurons = ()
    layer = first_layer(Piece(ZERO, ((form, 1.0),)))
    rest = form
    if len(last) == 1 and sum(d.slot == form.slot for d in form.terms) == 1:
        source, c = last[0].source, form.terms[last[0]]
        assert isinstance(source, NeuronOutput)
        if source.activation == "relu":
            neurons, layer = tuple((argument, c * factor) for argument, factor in source.neurons), source.layer
            rest = form - of(last[0], c)
    if rest.terms:
        neurons = (*neurons, (rest, 1.0), (-rest, -1.0))
    return NeuronOutput(neurons, (), "relu", layer, own)


def first_layer(piece: Piece) -> int:
    """The earliest layer that can hold the neurons of a piece."""
    return max(f.slot for f in (*(f for f, _ in piece.neurons), *piece.gates)).next_mlp.layer


def _like(
    wanted: Floats, ends: tuple[int, int], known: Sequence[tuple[Direction, Floats]]
) -> tuple[Direction, float, float] | None:
    """(direction, factor, shift): the first with wanted = factor * table + shift exactly, or None."""
    for d, table in known:
        low, high = ends if table[ends[0]] < table[ends[1]] else ends[::-1]
        factor = float((wanted[high] - wanted[low]) / (table[high] - table[low]))
        shift = float(wanted[low] - factor * table[low])
        if (factor * table + shift == wanted).all():
            return d, factor, shift
    return None


def _ends(table: Floats) -> tuple[int, int]:
    low, high = int(table.argmin()), int(table.argmax())
    return min(low, high), max(low, high)
