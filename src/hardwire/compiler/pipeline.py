"""The compiler on one screen: from a program to matrices.

analysis      the facts: every value of every part, ...        analysis/
rewriting     one pass after the other                         rewrite/
encodings     the number that encodes each value               labels.py
plan          a construction for each part, and the read-out   plan/
schedule      the inputs of the read-out, layer by layer       assemble/schedule.py
assemble      as matrices                                      assemble/matrices.py
narrow        dimensions that heads can do without            assemble/narrow.py
place         directions that share a coordinate               assemble/place.py
balance       large factors, shared by two matrices            assemble/balance.py (soft weights)
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace

from ..analysis import Domain, Facts
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
from ..lang.expr import TOKENS, Expr, Op, again, rebuilt
from ..lang.values import Value
from ..numeric.floats import float_format
from ..plan import DEFAULT, BuildSettings, Plan, Readout, Tabulated, more_digits, plan
from ..plan.labels import Labels, Pairs
from ..rewrite import Analysed

ASSEMBLED = 3_000
"""So many multiplications take as long as the weights and notes of one choice."""


@dataclass(frozen=True)
class Compiled:
    """Everything the compiler found, stage by stage."""

    program: Analysed
    encoded: Encoded
    plan: Plan
    schedule: Schedule
    matrices: Matrices
    how: BuildSettings

    @property
    def labels(self) -> Labels:
        """The encodings of the values."""
        return self.encoded.labels

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


@dataclass(frozen=True)
class Encoded:
    """The encodings of the values of a program, and tables of its functions in them, which all its plans share."""

    labels: Labels
    tables: Tabulated

    @classmethod
    def of(cls, program: Analysed) -> Encoded:
        facts, final = program.facts, program.final
        return cls(Labels(every_domain(final, facts), facts.vocab, numbers_of(final, facts)), Tabulated())

    def like(self, other: Encoded) -> Encoded:
        """Those of another program, if it encodes all values alike; functions that both have are tabulated once."""
        return other if self.labels <= other.labels else self


def run_stages(program: Analysed, how: BuildSettings = DEFAULT, encoded: Encoded | None = None) -> Compiled:
    """The stages after the analysis, in order; `encoded` is what other plans of the program share. Raises
    CompileError."""
    encoded = encoded or Encoded.of(program)
    if how.digits is not None:
        return _run(program, how, encoded)
    least = _run(program, replace(how, digits=2), encoded)
    for count in () if how.sharpness.soft else more_digits(program.final, program.facts):
        with suppress(CompileError):
            least = min(least, _run(program, replace(how, digits=count), encoded), key=lambda found: found.size)
    return least


def _run(program: Analysed, how: BuildSettings, encoded: Encoded) -> Compiled:
    """The same with a given number of digits."""
    facts, soft = program.facts, how.sharpness.soft
    stream, planned = _planned(program, how, encoded)
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
    return Compiled(program, encoded, planned, scheduled, built, how)


def replan(program: Analysed, like: Compiled, *, in_place: Collection[str] = ()) -> Readout:
    """The read-out of a program that is planned as another one was; kept parts of the names `in_place` have no
    directions of their own. Raises CompileError."""
    how = like.how
    if how.avoid:  # in what is computed from kept parts too
        kept = like.program.keep
        bare = rebuilt(program.final, lambda e, src: src[0] if e.op.barrier and e.arg not in kept else again(e, src))
        how = replace(how, avoid=frozenset((e, way) for e, old in bare.items() for x, way in how.avoid if x is old))
    return _planned(program, how, Encoded.of(program).like(like.encoded), in_place=in_place)[1].readout


def _planned(
    program: Analysed, how: BuildSettings, encoded: Encoded, *, in_place: Collection[str] = ()
) -> tuple[Stream, Plan]:
    facts, final = program.facts, program.final
    stream = Stream(len(facts.vocab), facts.max_len, float_format(how.dtype), how.sharpness)
    names = {new: str(e.arg) for e, new in program.rewritten.items() if e.op is Op.NAME}
    planned = plan(final, facts, encoded.labels, stream, how, names=names, in_place=in_place, known=encoded.tables)
    return stream, planned


def _named(rewritten: Mapping[Expr, Expr], planned: Plan, built: Matrices) -> list[tuple[Form, int]]:
    """The forms of named expressions, with the layer after which each is read."""
    forms = [planned.form_of(new) for e, new in rewritten.items() if e.op is Op.NAME and not e.selector]
    return [(f, f.slot.layer) for f in forms if f is not None and built.holds(f)]


def every_domain(root: Expr, facts: Facts) -> list[Domain]:
    """The domains of all sops of a program that have one that can be listed."""
    domains = (facts.listed(e) for e in (TOKENS, *root.walk()) if not e.selector)
    return [d for d in domains if d is not None]


def numbers_of(root: Expr, facts: Facts) -> list[Pairs]:
    """The functions of a program from aggregates that are no numbers to numbers, as pairs."""
    found: list[Pairs] = []
    for e in root.walk():
        if e.op is not Op.MAP or len(e.src) != 1 or not e.src[0].op.aggregate:
            continue
        domain, image = facts.listed(e.src[0]), facts.listed(e)
        if domain is None or domain.plain or image is None or not image.plain:
            continue
        values = facts.evaluate(e, {e.src[0]: domain.column})
        some = zip(domain.values, values.values(), values.ok().tolist(), strict=True)
        found.append([(v, y) for v, y, ok in some if ok])
    return found
