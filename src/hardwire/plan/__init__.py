"""Planning: which construction computes each part of a program, chosen by layers and cost.

    planning      the choices of one program: `Planning.choose(expression)`
    choice        the frozen results: Choice, Readout, Plan
    free          what takes no neurons: constants, embeddings, aggregates, arithmetic on forms (linear)
    elementwise   functions by neurons (branches: gates; pieces and products: of two numbers; cuts: parts come first;
                  fused: sums in one direction)
    aggregates    sums (splitting), lookups, means, extremes: heads
    scores        selectors as scores: bits (restored; marks of tokens), equality, positions, relation (tables)
    readout       the unembedding (columns, votes)

Everything here is a function of the program, its facts and the choices for its parts. Nothing is built: a choice holds
forms, which say how they are made.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from ..analysis import Facts
from ..constructions.sources import reached
from ..constructions.stream import Stream
from ..lang.expr import Expr
from .choice import Avoided, Choice, Cost, Output, Plan, Readout, Rejected
from .codes import Tabulated
from .elementwise import by_neurons
from .free import free
from .fused import readers_of
from .labels import Labels
from .marks import marks_of
from .planning import Planning, Rules
from .readout import readout
from .splitting import more_digits

__all__ = [
    "Avoided",
    "Choice",
    "Cost",
    "Output",
    "Plan",
    "Planning",
    "Readout",
    "Rejected",
    "Tabulated",
    "more_digits",
    "plan",
]


def plan(
    program: Expr,
    facts: Facts,
    labels: Labels,
    stream: Stream,
    *,
    names: Mapping[Expr, str] | None = None,
    steady: bool = False,
    in_place: Collection[str] = (),
    output: Output = "auto",
    digits: int = 2,
    avoid: Avoided = frozenset(),
    provable: bool = False,
    known: Tabulated | None = None,
) -> Plan:
    """The plan of a rewritten program, in the directions of a stream. `names` are the program's own names of its parts;
    `output` is how its values are read; prefixes of positions are split into `digits`; `provable` refuses what can have
    no proof. `known` are tables that the plans of one program share. Raises CompileError."""
    planning = Planning(
        facts,
        labels,
        stream,
        names=names or {},
        rules=Rules(free, by_neurons),
        steady=steady,
        in_place=in_place,
        digits=digits,
        avoid=avoid,
        provable=provable,
        known=known,
        readers=readers_of(program, names or {}),
        marks=marks_of(program, facts),
    )
    read = readout(planning, program, output)
    kept = tuple(planning.form(e) for e in program.walk() if e.op.barrier and e.arg not in in_place)
    held = reached((*read.columns, *kept))
    choices = (c for c in planning.choices.values() if held.issuperset(c.form.terms))
    return Plan(tuple(choices), read, kept)
