"""Scheduling: the directions that a read-out reaches, and the heads and neurons that write them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ..constructions.form import Direction, Form
from ..constructions.sources import Embedding, HeadSpec, NeuronOutput, NormOutput, NormSpec, head_outputs, reached
from ..constructions.stream import BOS


@dataclass(frozen=True)
class ScheduledHead:
    """A head with the values that it writes into directions."""

    spec: HeadSpec
    name: str
    values: tuple[tuple[Form, Direction], ...]

    @property
    def recipe(self) -> str:
        """The recipe of its pattern."""
        return self.spec.pattern.recipe


@dataclass(frozen=True)
class Group:
    """Neurons that together write one direction: (argument, coefficient), and what multiplies each, if gated."""

    layer: int
    name: str
    recipe: str
    neurons: tuple[tuple[Form, float], ...]
    output: Direction
    gates: tuple[Form, ...] = ()
    activation: str = "relu"

    @property
    def keys(self) -> list[object]:
        """Equal for neurons that are equal, whatever they write."""
        gates = self.gates or (None,) * len(self.neurons)
        return [(f.key, gate and gate.key) for (f, _), gate in zip(self.neurons, gates, strict=True)]


@dataclass(frozen=True)
class ScheduledNorm:
    """A layer whose neurons copy what a norm makes of some forms: each output by a pair of neurons."""

    spec: NormSpec
    name: str
    outputs: tuple[Direction, ...]


@dataclass(frozen=True)
class Schedule:
    """What each layer computes for the columns of an unembedding, in the order in which directions were made."""

    columns: tuple[Form, ...]
    embedded: tuple[Direction, ...]
    heads: tuple[ScheduledHead, ...]
    groups: tuple[Group, ...]
    norms: tuple[ScheduledNorm, ...]

    @property
    def depth(self) -> int:
        """The number of layers, at least 1."""
        layers = [h.spec.layer for h in self.heads] + [g.layer for g in self.groups]
        return max([1, *layers, *(n.spec.layer for n in self.norms)])

    def __str__(self) -> str:
        """The heads and neurons of each layer, one a line."""
        lines = []
        for k in range(1, self.depth + 1):
            for h in (h for h in self.heads if h.spec.layer == k):
                sizes = f"d_qk {len(h.spec.pattern.pairs) + 1:3}  d_v {len(h.values)}"
                lines.append(f"layer {k}  head     {sizes}  {h.recipe}: {h.name}")
            groups = (g for g in self.groups if g.layer == k)
            lines += [f"layer {k}  neurons  {len(g.neurons):4}            {g.recipe}: {g.name}" for g in groups]
        return "\n".join(lines) or "nothing but the embedding and the read-out"


def schedule(columns: Sequence[Form], kept: Sequence[Form] = ()) -> Schedule:
    """Everything that the columns of an unembedding need, and forms that are kept."""
    made = sorted(reached((*columns, *kept)) - {BOS}, key=lambda d: d.number)
    heads: dict[HeadSpec, list[tuple[Form, Direction]]] = {}
    norms: dict[NormSpec, Direction] = {}
    groups = []
    for d in made:
        for output in head_outputs(d.source):
            heads.setdefault(output.head, []).append((output.value, d))
        if isinstance(d.source, NormOutput):
            norms.setdefault(d.source.norm, d)
        elif isinstance(d.source, NeuronOutput):
            s = d.source
            groups.append(Group(s.layer, d.name, d.recipe, s.neurons, d, s.gates, activation=s.activation))
    embedded = [d for d in made if isinstance(d.source, Embedding)]
    return Schedule(
        tuple(columns),
        tuple([BOS] * bool(heads) + embedded),
        tuple(ScheduledHead(spec, values[0][1].name, tuple(values)) for spec, values in heads.items()),
        tuple(groups),
        tuple(ScheduledNorm(spec, d.recipe, tuple(_outputs(spec, d.recipe))) for spec, d in norms.items()),
    )


def _outputs(spec: NormSpec, name: str) -> Iterator[Direction]:
    """All numbers that a norm makes, of which some may be read."""
    for i in range(len(spec.forms)):
        yield Direction(f"{name}[{i}]", "normed", NormOutput(spec, i), recipe=name)
