"""Planning: which construction computes each part of a program, chosen by layers and cost.

    planning      the choices of one program: `Planning.choose(expression)`
    settings      how a program is compiled
    shared        what all plans of one program have in common: labels, the encodings of its values
    choice        the frozen results: Choice, Readout, Plan
    codes         functions as tables over these encodings
    free          what takes no neurons: constants, embeddings, aggregates, arithmetic on forms (linear)
    elementwise   functions by neurons, each construction an offer (offers); branches: gates; pieces and products: of
                  two numbers; rows: of an embedded and other numbers; cuts: parts come first; fused:
                  sums in one direction
    aggregates    sums (splitting), lookups, means, extremes: heads
    scores        selectors as scores, as exact as a head needs them (need): literals, bits (restored), equality,
                  positions, relation (tables), hinges; marks of tokens
    reads         which parts of a program read which others
    readout       the unembedding (columns, votes)

Everything here is a function of the program, its facts and the choices for its parts. Nothing is built: a choice has
forms, which say how they are made.
"""

from __future__ import annotations

from collections.abc import Collection

from ..analysis import Facts
from ..constructions.sources import reached
from ..constructions.stream import Stream
from ..lang.expr import Expr
from .choice import Choice, Cost, OutputKind, Plan, Readout, Rejected
from .elementwise import by_neurons
from .free import free
from .planning import Planning, Rules
from .readout import readout
from .settings import DEFAULT, BuildSettings
from .shared import Shared
from .splitting import more_digits

__all__ = [
    "DEFAULT",
    "BuildSettings",
    "Choice",
    "Cost",
    "OutputKind",
    "Plan",
    "Planning",
    "Readout",
    "Rejected",
    "Shared",
    "more_digits",
    "plan",
]


def plan(
    program: Expr,
    facts: Facts,
    shared: Shared,
    stream: Stream,
    how: BuildSettings,
    *,
    in_place: Collection[str] = (),
) -> Plan:
    """The plan of a rewritten program, in the directions of a stream. Kept parts of the names `in_place` have no
    directions of their own. Raises CompileError."""
    planning = Planning(facts, shared, stream, how, rules=Rules(free, by_neurons), in_place=in_place)
    read = readout(planning, program, how.output)
    kept = tuple(planning.form(e) for e in program.walk() if e.op.barrier and e.arg not in in_place)
    held = reached((*read.columns, *kept))
    choices = (c for c in planning.choices.values() if held.issuperset(c.form.terms))
    return Plan(tuple(choices), read, kept)
