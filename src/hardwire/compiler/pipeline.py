"""The compiler on one screen: from a program to matrices.

analysis      the facts: every value of every part, ...        analysis/
rewriting     one pass after the other                         rewrite/
encodings     the number that each value is held as            labels.py
plan          a construction for each part, and the read-out   plan/
schedule      what the read-out needs, layer by layer          assemble/schedule.py
assemble      as matrices                                      assemble/matrices.py
place         directions used again, if asked for              assemble/place.py
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..analysis import Domain, Facts
from ..assemble.matrices import Matrices, matrices
from ..assemble.place import placed
from ..assemble.schedule import Schedule, schedule
from ..constructions.form import Form
from ..constructions.ranges import Ranges
from ..constructions.stream import Stream
from ..effort import doing
from ..errors import CompileError
from ..lang.expr import TOKENS, Expr, Op
from ..numeric.floats import float_format
from ..plan import Output, Plan, plan
from ..plan.labels import Labels
from ..rewrite import Analysed


@dataclass(frozen=True)
class Compiled:
    """Everything the compiler found, stage by stage."""

    program: Analysed
    labels: Labels
    plan: Plan
    schedule: Schedule
    matrices: Matrices


def run_stages(
    program: Analysed,
    *,
    reuse: bool = False,
    dtype: str = "float32",
    steady: bool = False,
    output: Output = "auto",
) -> Compiled:
    """The stages after the analysis, in order. Raises CompileError."""
    facts, final = program.facts, program.final
    labels = Labels(every_domain(final, facts), facts.vocab)
    stream = Stream(len(facts.vocab), facts.max_len, float_format(dtype))
    names = {new: str(e.arg) for e, new in program.rewritten.items() if e.op is Op.NAME}
    planned = plan(final, facts, labels, stream, names=names, steady=steady, output=output)
    doing("assembling the weights")
    scheduled = schedule(planned.readout.columns)
    built = matrices(scheduled, len(facts.vocab), facts.max_len, stream.format)
    if reuse:
        built = placed(built, Ranges(stream.real, facts.max_len), _named(program.rewritten, planned, built))
    return Compiled(program, labels, planned, scheduled, built)


def _named(rewritten: Mapping[Expr, Expr], planned: Plan, built: Matrices) -> list[tuple[Form, int]]:
    """The forms of what has a name, with the layer after which each is read."""
    forms = [planned.form_of(new) for e, new in rewritten.items() if e.op is Op.NAME and not e.selector]
    return [(f, f.slot.layer) for f in forms if f is not None and built.holds(f)]


def every_domain(root: Expr, facts: Facts) -> list[Domain]:
    """The domains of all sops of a program that have one that can be listed."""
    domains: list[Domain] = []
    for e in (TOKENS, *root.walk()):
        if e.selector:
            continue
        try:
            domains.append(facts.domain(e))
        except CompileError:
            continue
    return domains
