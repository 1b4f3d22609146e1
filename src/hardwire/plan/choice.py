"""Plans: how each expression of a program is computed, as frozen values that can be printed and compared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from ..constructions.form import Form
from ..constructions.sources import NeuronOutput, head_outputs, reached
from ..lang.cut import cut
from ..lang.expr import Expr
from ..lang.text import constant
from ..lang.values import Value


@dataclass(frozen=True)
class Cost:
    """What a form takes: the layers until it is complete, and all that writes it, directly or not."""

    layers: int
    heads: int
    neurons: int
    directions: int

    @classmethod
    def of(cls, *forms: Form) -> Cost:
        """The cost of forms; heads and neurons that several of them need count once."""
        sources = [d.source for d in reached(forms)]
        heads = {output.head for s in sources for output in head_outputs(s)}
        neurons = {key for s in sources if isinstance(s, NeuronOutput) for key in s.shared}
        return cls(max((layer_of(f) for f in forms), default=0), len(heads), len(neurons), len(sources))

    def __str__(self) -> str:
        parts = [(self.layers, "layer"), (self.heads, "head"), (self.neurons, "neuron"), (self.directions, "direction")]
        return ", ".join(f"{n} {what}{'' if n == 1 else 's'}" for n, what in parts if n) or "nothing"


def layer_of(form: Form) -> int:
    """The layer that completes a form; 0 is the embedding."""
    return form.slot.layer


@dataclass(frozen=True)
class Rejected:
    """A construction that was considered and not chosen, with the reason."""

    construction: str
    reason: str

    def __str__(self) -> str:
        return f"{self.construction}: {self.reason}"


class Inexact(Rejected):
    """One whose inputs are not exact enough."""


@dataclass(frozen=True)
class Choice:
    """How one expression is computed: a construction, and the form that stores the value's encoding.

    `title` is the expression in the program's own names; `passed` is the part of the error that neurons let through
    from their inputs.
    """

    expr: Expr
    title: str
    construction: str
    form: Form
    alternatives: tuple[Rejected, ...] = ()
    passed: float = 0.0

    @property
    def error(self) -> float:
        """A bound of how far the form is from the encoding."""
        return self.form.error

    @property
    def cost(self) -> Cost:
        """What the form takes, all its inputs included."""
        return Cost.of(self.form)

    @property
    def encoding(self) -> str:
        """How the residual stream stores the value: as what combination of directions."""
        own = (
            any(d.expression == self.title and c == 1 for d, c in self.form.terms.items()) and len(self.form.terms) == 1
        )
        return "own direction" if own else cut(str(self.form), ENCODING)


ENCODING = 32
"""The length of an encoding in a table, at most."""
Avoided = frozenset[tuple[Expr, str]]
"""Constructions that are not used for some expressions, if there are others."""
OutputKind = Literal["auto", "values", "number"]
"""How an output is read: as one of the values that the program can have, which is exact, or as a number; "auto" is
the one that can be expected to have a proof."""


@dataclass(frozen=True)
class Readout:
    """The unembedding: its columns and the output of each.

    `outputs` is None where one column is the number itself: rounded if it is `whole`, else within `tolerance`.
    """

    columns: tuple[Form, ...]
    outputs: tuple[Value, ...] | None
    construction: str
    whole: bool = False
    tolerance: float = 0.0
    alternatives: tuple[Rejected, ...] = ()

    def __str__(self) -> str:
        if self.outputs is None:
            return "one number, rounded" if self.whole else f"one number, within {self.tolerance:.2g}"
        lines = [f"{len(self.outputs)} columns; the greatest wins"]
        lines += [f"  {constant(v)}" for v in self.outputs[:40]]
        return "\n".join(lines + (["  …"] if len(self.outputs) > 40 else []))


@dataclass(frozen=True)
class Plan:
    """How a program is computed: a choice for each part that the model has, and the read-out. `kept` are forms that the
    model has whether or not anything reads them."""

    choices: tuple[Choice, ...]
    readout: Readout
    kept: tuple[Form, ...] = ()

    def form_of(self, e: Expr) -> Form | None:
        """The form of a part of the program, if the plan has one."""
        return self._forms.get(e)

    @cached_property
    def _forms(self) -> dict[Expr, Form]:
        return {c.expr: c.form for c in self.choices}

    def __str__(self) -> str:
        """A table: for each part its slot, construction, encoding, error bound, cost and expression; the constructions
        that were not chosen follow, each with its reason or what it would cost."""
        read = self.readout
        rows = [
            ((str(c.form.slot), c.construction, c.encoding, _error(c.error), str(c.cost), c.title), c.alternatives)
            for c in sorted(self.choices, key=lambda c: c.form.slot)
        ]
        columns, *_ = str(read).splitlines()
        last = ("read-out", read.construction, "logits", _error(read.tolerance), str(Cost.of(*read.columns)), columns)
        return "\n".join(_table([*rows, (last, read.alternatives)]))


def _table(rows: Sequence[tuple[Sequence[str], Sequence[Rejected]]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*(cells for cells, _ in rows), strict=True)]
    lines = []
    for cells, rejected in rows:
        lines.append("  ".join(text.ljust(width) for text, width in zip(cells, widths, strict=True)).rstrip())
        lines += [" " * (widths[0] + 2) + f"not {r}" for r in rejected]
    return lines


def _error(error: float) -> str:
    return f"error {error:.1e}" if error else "exact"
