"""How the directions of a residual stream are made: by the embedding, a head, neurons or a norm.

A source holds the forms that it is computed from, so that a form holds everything that a model of it needs. Nothing is
built to make one: a form that nobody uses is never reached. A source with an `own` name makes a direction that differs
from all others, whatever they store: nothing else uses it.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from ..model.slots import ATTENTION, EMBEDDING, MLP, Slot
from .attention import Pattern
from .feedforward import Neurons
from .form import Direction, Floats, Form, Keyed, digest


@dataclass(frozen=True, eq=False)
class Embedding(Keyed):
    """A function of the token, (V,), plus one of the position, (max_len,); both without BOS, where it is 0."""

    token: Floats | None
    position: Floats | None
    slot: Slot = EMBEDDING
    inputs: tuple[Form, ...] = ()
    own: str = ""

    @cached_property
    def key(self) -> bytes:
        tables = (b"" if t is None else t.astype("<f8").tobytes() for t in (self.token, self.position))
        return digest("embedding", *tables, *_owned(self.own))

    @property
    def tables(self) -> list[Floats]:
        """The tables that there are."""
        return [t for t in (self.token, self.position) if t is not None]


@dataclass(frozen=True, eq=False)
class HeadSpec(Keyed):
    """A head without its values: where it attends to, and what its output is multiplied by."""

    pattern: Pattern
    scale: float
    layer: int

    @cached_property
    def key(self) -> bytes:
        p = self.pattern
        pairs = (form.key for pair in p.pairs for form in pair)
        return digest("head", self.layer, self.scale, repr(p.variant), p.bos.key, *pairs)

    @property
    def inputs(self) -> tuple[Form, ...]:
        """The forms of its scores."""
        return (*(form for pair in self.pattern.pairs for form in pair), self.pattern.bos)


@dataclass(frozen=True, eq=False)
class HeadOutput(Keyed):
    """The weighted mean of a value by a head, times its scale."""

    head: HeadSpec
    value: Form
    own: str = ""

    @cached_property
    def key(self) -> bytes:
        return digest("output", self.head.key, self.value.key, *_owned(self.own))

    @property
    def slot(self) -> Slot:
        return Slot(self.head.layer, ATTENTION)

    @property
    def inputs(self) -> tuple[Form, ...]:
        return (*self.head.inputs, self.value)


@dataclass(frozen=True, eq=False)
class HeadSum(Keyed):
    """What several heads write into one direction."""

    outputs: tuple[HeadOutput, ...]
    own: str

    @cached_property
    def key(self) -> bytes:
        return digest("head sum", *(output.key for output in self.outputs), *_owned(self.own))

    @property
    def slot(self) -> Slot:
        return max(output.slot for output in self.outputs)

    @property
    def inputs(self) -> tuple[Form, ...]:
        return tuple(form for output in self.outputs for form in output.inputs)


@dataclass(frozen=True, eq=False)
class NeuronOutput(Keyed):
    """The sum of neurons, (argument, coefficient) each; `gates` multiply them one by one, if there are any."""

    neurons: Neurons
    gates: tuple[Form, ...]
    activation: str
    layer: int
    own: str = ""

    @property
    def shared(self) -> list[tuple[object, ...]]:
        """For each neuron, equal for neurons that are equal, whatever they write."""
        gates = self.gates or (None,) * len(self.neurons)
        return [(self.layer, f.key, gate and gate.key) for (f, _), gate in zip(self.neurons, gates, strict=True)]

    @cached_property
    def key(self) -> bytes:
        neurons = b"".join(form.key + struct.pack("<d", c) for form, c in self.neurons)
        gates = (gate.key for gate in self.gates)
        return digest("neurons", self.layer, self.activation, neurons, *gates, *_owned(self.own))

    @property
    def slot(self) -> Slot:
        return Slot(self.layer, MLP)

    @property
    def inputs(self) -> tuple[Form, ...]:
        return (*(form for form, _ in self.neurons), *self.gates)


@dataclass(frozen=True, eq=False)
class NormSpec(Keyed):
    """A norm of some forms as one vector, scaled to the length `size`; it takes the neurons of a layer."""

    forms: tuple[Form, ...]
    kind: str
    size: float
    eps: float
    layer: int

    @cached_property
    def key(self) -> bytes:
        return digest("norm", self.layer, self.kind, self.size, self.eps, *(form.key for form in self.forms))


@dataclass(frozen=True, eq=False)
class NormOutput(Keyed):
    """One number of a vector after a norm."""

    norm: NormSpec
    index: int

    @cached_property
    def key(self) -> bytes:
        return digest("normed", self.norm.key, self.index)

    @property
    def slot(self) -> Slot:
        return Slot(self.norm.layer, MLP)

    @property
    def inputs(self) -> tuple[Form, ...]:
        return self.norm.forms


def head_outputs(source: object) -> tuple[HeadOutput, ...]:
    """What heads write, of a source that is one head or several; nothing of any other."""
    return source.outputs if isinstance(source, HeadSum) else (source,) if isinstance(source, HeadOutput) else ()


def _owned(name: str) -> tuple[str, ...]:
    return ("own", name) if name else ()


def reached(forms: Iterable[Form]) -> set[Direction]:
    """The directions that forms are made of, directly or not."""
    found: set[Direction] = set()
    waiting = [d for form in forms for d in form.terms]
    while waiting:
        d = waiting.pop()
        if d not in found:
            found.add(d)
            waiting += [x for form in d.source.inputs for x in form.terms]
    return found
