"""The purpose of each part of a model, recorded by the compiler as ground truth.

Layers count from 1 and 0 is the embedding; heads, neurons and directions count from 0.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

import numpy as np

from ..errors import InterventionError, ModelError, UnknownNameError
from ..lang.expr import Expr
from ..lang.text import constant, formula
from ..lang.values import Value
from .codec import Malformed, pack, unpack
from .expressions import RowsByFunction, StoredNode, pack_expressions, unpack_expressions, without_functions
from .slots import Slot
from .variables import ModelVariable, Variables
from .weights import Floats

WIDEST = 44
"""The greatest width of a cell of a table, in characters."""


@dataclass(frozen=True)
class DirectionNote:
    """One coordinate of the residual stream.

    `code` is the kind of encoding of `expression`: "scalar", "one-hot", "square", "thermometer", "constant", "bos", ...
    `values` are the possible values (for a one-hot direction the value that it indicates), or None if they are not
    listed. It is written in `layer` and last used in layer `until` (depth + 1 is the unembedding).
    """

    index: int
    name: str
    expression: str
    code: str
    values: tuple[Value, ...] | None
    layer: int
    until: int


@dataclass(frozen=True)
class HeadNote:
    """The expression and recipe of a head, and the names of its input and output directions."""

    layer: int
    head: int
    expression: str
    recipe: str
    reads: tuple[str, ...]
    writes: tuple[str, ...]


@dataclass(frozen=True)
class NeuronNote:
    """The expression and recipe of the neurons start, ..., stop - 1 of a layer."""

    layer: int
    start: int
    stop: int
    expression: str
    recipe: str


@dataclass(frozen=True)
class Wire:
    """One part of a model feeds another one through an input, as in circuit.json: `source` and `target` are the ids of
    the parts, `input` is q, k, v, mlp or logits, `carries` are the expressions and `variables` the named values."""

    source: str
    target: str
    input: str
    carries: tuple[str, ...]
    variables: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Reading:
    """How to decode a named intermediate from the residual stream.

    After `layer`, residual @ vector is close to one of the encodings `labels` (k,) of `values`, which are in the same
    order. Without labels the number itself is the value.
    """

    name: str
    expression: str
    layer: int
    vector: Floats
    labels: Floats
    values: tuple[Value, ...]

    def __post_init__(self) -> None:
        for name in ("vector", "labels"):
            array = np.array(getattr(self, name), np.float64)
            if array.ndim != 1 or not np.isfinite(array).all():
                raise ModelError(f"the {name} of the reading {self.name!r} is not a list of finite numbers")
            array.setflags(write=False)
            object.__setattr__(self, name, array)
        if len(self.labels) != len(self.values):
            raise ModelError(f"the reading {self.name!r} has {len(self.labels)} labels for {len(self.values)} values")

    def decode(self, residual: Floats) -> tuple[list[Value], float]:
        """Return (the value at each position, the greatest distance from its encoding). residual: (n, d_model)."""
        found = residual.astype(np.float64) @ self.vector
        if not len(self.labels):
            return found.tolist(), 0.0
        order = np.argsort(self.labels, kind="stable")
        rising = self.labels[order]
        nearest = np.searchsorted((rising[1:] + rising[:-1]) / 2, found)
        distance = float(np.abs(rising[nearest] - found).max(initial=0.0))
        return [self.values[order[i]] for i in nearest], distance

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Reading) and pack(self, Reading) == pack(other, Reading)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        known = f"{len(self.values)} values" if self.values else "a number"
        return f"Reading({self.name!r}, {self.expression!r}, after layer {self.layer}, {known})"


@dataclass(frozen=True, eq=False)
class Claim:
    """A claim that the stream stores a part of the program, for a proof to check.

    From `slot` on, residual @ vector is the encoding of the value of `expr`. Numbers encode themselves; other values
    have the encodings of `labels` (k,), in the order of `values`. `expr` is a part of the program that the circuit
    computes. Files of formats 1 to 3 hold no expressions: `expr` is None then, and `part` is its place among the parts
    of the rewritten program.
    """

    expr: Expr | None
    slot: Slot
    vector: Floats
    labels: Floats
    values: tuple[Value, ...]
    part: int = -1

    @property
    def layer(self) -> int:
        return self.slot.layer

    @property
    def expression(self) -> str:
        """The expression as text."""
        return f"part {self.part}" if self.expr is None else formula(self.expr, 100)

    def __post_init__(self) -> None:
        for name in ("vector", "labels"):
            array = np.array(getattr(self, name), np.float64)
            if array.ndim != 1 or not np.isfinite(array).all():
                raise ModelError(f"the {name} of the claim {self.expression!r} is not a list of finite numbers")
            array.setflags(write=False)
            object.__setattr__(self, name, array)
        if len(self.labels) != len(self.values):
            raise ModelError(f"the claim {self.expression!r} has {len(self.labels)} labels, {len(self.values)} values")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Claim) and self.expr is other.expr and self.stored(0) == other.stored(0)

    __hash__ = None  # type: ignore[assignment]

    def stored(self, place: int) -> StoredClaim:
        """The claim as files hold it; `place` is that of its expression."""
        numbers = tuple(self.vector.tolist()), tuple(self.labels.tolist())
        return StoredClaim(place, self.slot.index, *numbers, self.values, self.part)


@dataclass(frozen=True)
class StoredClaim:
    """A claim in a file: `expression` is the place of its expression among the circuit's, -1 where it has none;
    `time` is the index of its slot."""

    expression: int
    time: int
    vector: tuple[float, ...]
    labels: tuple[float, ...]
    values: tuple[Value, ...]
    part: int = -1

    def claim(self, expressions: Sequence[Expr]) -> Claim:
        """Raises Malformed."""
        if self.expression >= len(expressions):
            raise Malformed("a claim has an expression that the circuit does not have")
        expr = expressions[self.expression] if self.expression >= 0 else None
        return Claim(expr, Slot.of(self.time), np.array(self.vector), np.array(self.labels), self.values, self.part)


@dataclass(frozen=True)
class StoredCircuit:
    """A circuit in a file: the expressions that are claimed and computed are stored once, as nodes."""

    directions: tuple[DirectionNote, ...]
    heads: tuple[HeadNote, ...]
    neurons: tuple[NeuronNote, ...]
    readings: tuple[Reading, ...]
    expressions: tuple[StoredNode, ...]
    claims: tuple[StoredClaim, ...]
    computes: int = -1
    variables: tuple[ModelVariable, ...] | None = None
    keep: tuple[str, ...] = ()
    wires: tuple[Wire, ...] | None = None
    temperature: float = 0.0

    def circuit(self) -> Circuit:
        """Raises Malformed."""
        built = unpack_expressions(self.expressions)
        if not -1 <= self.computes < len(built):
            raise Malformed("the circuit computes an expression that it does not have")
        claims = tuple(c.claim(built) for c in self.claims)
        computes = built[self.computes] if self.computes >= 0 else None
        notes = (self.directions, self.heads, self.neurons, self.readings)
        return Circuit(*notes, claims, computes, self.variables, self.keep, self.wires, self.temperature)


@dataclass(frozen=True, repr=False)
class Circuit:
    """The purpose of every direction, head and neuron of a model, and how to decode its named intermediates.

    `computes` is the program as the compiler rewrote it, which the claims are parts of; None of a model made by hand.
    `keep` are the names of the parts of the program that have directions of their own. `variables` is None where it is
    not known yet (`Transformer.variables` finds it). `wires` are the edges where the weights do not show them: of a
    model in another basis, with noise or with norms; None where they do. `temperature` is what scores were divided by,
    for soft weights, or 0.
    """

    directions: tuple[DirectionNote, ...] = ()
    heads: tuple[HeadNote, ...] = ()
    neurons: tuple[NeuronNote, ...] = ()
    readings: tuple[Reading, ...] = ()
    claims: tuple[Claim, ...] = ()
    computes: Expr | None = None
    variables: tuple[ModelVariable, ...] | None = field(default=None, compare=False)
    keep: tuple[str, ...] = ()
    wires: tuple[Wire, ...] | None = None
    temperature: float = 0.0

    def stored(self, program: Expr | None = None, tables: RowsByFunction | None = None) -> StoredCircuit:
        """The circuit as files hold it; `program` numbers the functions, of which `tables` are the results. Raises
        NotStorable."""
        roots = [e for e in (*(c.expr for c in self.claims), self.computes) if e is not None]
        nodes, places = pack_expressions(roots, program, tables)
        place = dict(zip(roots, places, strict=True))
        claims = tuple(c.stored(-1 if c.expr is None else place[c.expr]) for c in self.claims)
        computes = -1 if self.computes is None else place[self.computes]
        notes = (self.directions, self.heads, self.neurons, self.readings)
        return StoredCircuit(*notes, nodes, claims, computes, self.variables, self.keep, self.wires, self.temperature)

    def without_functions(self, program: Expr, tables: RowsByFunction | None) -> Circuit:
        """The circuit with the functions of the program as data."""
        claims = tuple(
            c if c.expr is None else replace(c, expr=without_functions(c.expr, program, tables)) for c in self.claims
        )
        computes = None if self.computes is None else without_functions(self.computes, program, tables)
        return replace(self, claims=claims, computes=computes)

    def to_json(self) -> str:
        """Raises NotStorable for values that JSON cannot hold exactly."""
        return json.dumps(pack(self.stored(), StoredCircuit))

    @classmethod
    def from_json(cls, text: str) -> Circuit:
        """Raises Malformed."""
        return unpack(json.loads(text), StoredCircuit).circuit()

    def table(self) -> list[tuple[str, str, str, str]]:
        """Return rows (place, expression, recipe, inputs and outputs), in the order of the computation."""
        rows = [("embedding", d, code, "") for d, code in _embedded(self.directions)]
        parts: list[tuple[int, int, int, tuple[str, str, str, str]]] = []
        for h in self.heads:
            flow = f"{', '.join(h.reads)} -> {', '.join(h.writes)}" if h.reads or h.writes else ""
            parts.append((h.layer, 0, h.head, (f"layer {h.layer}  head {h.head}", h.expression, h.recipe, flow)))
        for n in self.neurons:
            which = f"neuron {n.start}" if n.stop - n.start == 1 else f"neurons {n.start}-{n.stop - 1}"
            parts.append((n.layer, 1, n.start, (f"layer {n.layer}  {which}", n.expression, n.recipe, "")))
        return rows + [row for _, _, _, row in sorted(parts)]

    def __repr__(self) -> str:
        neurons = sum(n.stop - n.start for n in self.neurons)
        counts = ((len(self.directions), "direction"), (len(self.heads), "head"), (neurons, "neuron"))
        head = ", ".join(f"{count} {what}{'s' if count != 1 else ''}" for count, what in counts)
        lines = [f"Circuit: {head}", *(f"  {line}" for line in columns(self.table()))]
        lines += [f"  readable after layer {r.layer}: {r.name} = {r.expression}" for r in self.readings]
        return "\n".join(lines)


def _embedded(directions: Sequence[DirectionNote]) -> list[tuple[str, str]]:
    """Return (expression, code) of the directions that the embedding writes, grouped by code."""
    count: dict[tuple[str, str], int] = {}
    for d in directions:
        if d.layer == 0:
            key = (d.expression or d.name, d.code)
            count[key] = count.get(key, 0) + 1
    return [(what, code if k == 1 else f"{code}, {k} directions") for (what, code), k in count.items()]


def columns(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return the lines of a table with aligned columns; long cells are shortened."""
    short = [[cell if len(cell) <= WIDEST else cell[: WIDEST - 1] + "…" for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*short, strict=True)]
    return ["  ".join(f"{cell:{w}}" for cell, w in zip(row, widths, strict=True)).rstrip() for row in short]


@dataclass(frozen=True)
class Step:
    """A named intermediate, decoded from the residual stream.

    `distance` is the greatest distance of a number from the encoding of its value. `expected` are the values in the
    program (a failure where it has no value), or None if the program is not known.
    """

    name: str
    expression: str
    layer: int
    values: list[Value]
    distance: float
    expected: list[Any] | None = None


class ModelTrace:
    """A model's named intermediates on one input: `trace["length"]`, or all of them in `steps`."""

    def __init__(
        self,
        input: object,
        steps: Sequence[Step],
        result: list[Value],
        variables: Callable[[], Variables] | None = None,
    ) -> None:
        self.input = input
        self.steps = tuple(steps)
        self.result = result
        self._variables = variables

    @property
    def names(self) -> dict[str, list[Value]]:
        """The values of every step, by name."""
        return {step.name: step.values for step in self.steps}

    def __getitem__(self, name: str) -> list[Value]:
        names = self.names
        if name not in names:
            raise UnknownNameError("step named", name, names, self._why(name))
        return names[name]

    def _why(self, name: str) -> str:
        """Why a named value of the program is not among the steps; empty for any other name."""
        try:
            variables = Variables(()) if self._variables is None else self._variables()
        except InterventionError:
            return ""
        if name not in variables:
            return ""
        known = variables[name]
        return f"`{name}` is {known.status}: {known.reason}. Compile with keep=[{name!r}] to store it."

    def __contains__(self, name: object) -> bool:
        return name in self.names

    def __iter__(self) -> Iterator[Step]:
        return iter(self.steps)

    def __len__(self) -> int:
        return len(self.steps)

    def __repr__(self) -> str:
        rows = [(f"layer {s.layer}", s.name, _shown(s.values) + _beside(s)) for s in self.steps]
        rows.append(("result", "", _shown(self.result)))
        width = max(len(name) for _, name, _ in rows)
        lines = [f"{_shown(self.input)}", *(f"  {where:8}  {name:{width}}  {text}" for where, name, text in rows)]
        return "\n".join(line.rstrip() for line in lines)


def _beside(step: Step) -> str:
    """Return the program's values if they differ."""
    if step.expected is None or all(map(_agree, step.values, step.expected)):
        return ""
    return f"  (the program: {_shown(step.expected)})"


def _agree(value: Any, expected: Any) -> bool:
    numbers = isinstance(value, float) and isinstance(expected, (int, float, Fraction))
    return bool(value == expected or (numbers and abs(value - expected) < 1e-3))


def _shown(x: object) -> str:
    return constant(x, 76)
