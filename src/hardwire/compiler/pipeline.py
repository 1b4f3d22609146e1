"""The compiler on one screen: from a program to matrices.

analysis      the facts: every value of every part, ...        analysis/, before this module
rewriting     one pass after the other                         rewrite/, before this module
encodings     the number that encodes each value (its label)   plan/labels.py
plan          a construction for each part, and the read-out   plan/
schedule      the inputs of the read-out, layer by layer       assemble/schedule.py
assemble      as matrices                                      assemble/matrices.py
narrow        dimensions that heads can do without             assemble/narrow.py
place         directions that share a coordinate               assemble/place.py
balance       large factors, shared by two matrices            assemble/balance.py (soft weights)
emit          the model with its circuit and claims            emit.py, after this module
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace

from ..assemble.balance import balanced
from ..assemble.matrices import Matrices, matrices
from ..assemble.narrow import narrowed
from ..assemble.place import placed
from ..assemble.schedule import Schedule, schedule
from ..constructions.form import Form
from ..constructions.ranges import Ranges
from ..constructions.stream import Stream
from ..effort import doing
from ..errors import CompileError
from ..lang.expr import Expr, Op, again, rebuilt
from ..lang.values import Value
from ..numeric.floats import float_format
from ..plan import DEFAULT, BuildSettings, Plan, Readout, Shared, more_digits, plan
from ..plan.labels import Labels
from ..rewrite import Analysed

ASSEMBLED = 3_000
"""So many multiplications take as long as the weights and notes of one choice."""


@dataclass(frozen=True)
class Compiled:
    """Everything the compiler found, stage by stage."""

    program: Analysed
    shared: Shared
    plan: Plan
    schedule: Schedule
    matrices: Matrices
    how: BuildSettings

    @property
    def labels(self) -> Labels:
        """The encodings of the values."""
        return self.shared.labels

    @property
    def size(self) -> tuple[int, int]:
        """(layers, parameters)"""
        return len(self.matrices.layers), self.matrices.parameters

    def encodings(self, e: Expr) -> list[tuple[float, Value]]:
        """The values of a part by their encodings, rising, ratios as ratios; none where they are too many to list."""
        domain, found = self.program.facts.listed(e), dict[float, Value]()
        for v, label in () if domain is None else zip(domain.values, self.labels.of(domain), strict=True):
            if type(found.get(label, True)) is bool:  # where True and 1 both occur, 1
                found[label] = v
        return sorted(found.items())


def shared_by(program: Analysed) -> Shared:
    """What all plans of a program share."""
    names = {new: str(e.arg) for e, new in program.rewritten.items() if e.op is Op.NAME}
    return Shared.of(program.final, program.facts, names)


def run_stages(program: Analysed, how: BuildSettings = DEFAULT, shared: Shared | None = None) -> Compiled:
    """The stages after the analysis, in order; `shared` is what other plans of the program share. Raises
    CompileError."""
    shared = shared or shared_by(program)
    if how.digits is not None:
        return _run(program, how, shared)
    least = _run(program, replace(how, digits=2), shared)
    for count in () if how.sharpness.soft else more_digits(program.final, program.facts):
        with suppress(CompileError):
            least = min(least, _run(program, replace(how, digits=count), shared), key=lambda found: found.size)
    return least


def _run(program: Analysed, how: BuildSettings, shared: Shared) -> Compiled:
    """The same with a given number of digits."""
    facts, soft = program.facts, how.sharpness.soft
    stream, planned = _planned(program, how, shared)
    doing("assembling the weights", work=ASSEMBLED * len(planned.choices))
    scheduled = schedule(planned.readout.columns, planned.kept)
    built = matrices(scheduled, len(facts.vocab), facts.max_len, stream.format)
    named = _named(program.rewritten, planned, built)
    ranges = Ranges(stream.real, facts.max_len, stream.format)
    if not soft:
        built = narrowed(built, ranges, causal=facts.causal)
    if how.reuse or not soft:
        built = placed(built, ranges, named, reuse=how.reuse)
    if soft:
        built = balanced(built, logits=planned.readout.outputs is not None)
    return Compiled(program, shared, planned, scheduled, built, how)


def replan(program: Analysed, like: Compiled, *, in_place: Collection[str] = ()) -> Readout:
    """The read-out of a program that is planned as another one was; kept parts of the names `in_place` have no
    directions of their own. Raises CompileError."""
    how = like.how
    if how.avoid:  # in what is computed from kept parts too
        kept = like.program.keep
        bare = rebuilt(program.final, lambda e, src: src[0] if e.op.barrier and e.arg not in kept else again(e, src))
        how = replace(how, avoid=frozenset((e, way) for e, old in bare.items() for x, way in how.avoid if x is old))
    return _planned(program, how, shared_by(program).like(like.shared), in_place=in_place)[1].readout


def _planned(
    program: Analysed, how: BuildSettings, shared: Shared, *, in_place: Collection[str] = ()
) -> tuple[Stream, Plan]:
    facts = program.facts
    stream = Stream(len(facts.vocab), facts.max_len, float_format(how.dtype), how.sharpness)
    return stream, plan(program.final, facts, shared, stream, how, in_place=in_place)


def _named(rewritten: Mapping[Expr, Expr], planned: Plan, built: Matrices) -> list[tuple[Form, int]]:
    """The forms of named expressions, with the layer after which each is read."""
    forms = [planned.form_of(new) for e, new in rewritten.items() if e.op is Op.NAME and not e.selector]
    return [(f, f.slot.layer) for f in forms if f is not None and built.holds(f)]
