"""The compiler on one screen: from an expression to matrices.

simplify      names off, constants folded                      simplify.py
unions        widths of alternatives, split                    unions.py
counts        means that are counts, as sums                   means.py
closed form   what position and length decide, looked up       positions.py
lower         aggregates that take several heads, as several   lower.py
differences   comparisons as functions of one number           differences.py
domains       every value of every part, and its encoding      analyse.py, domain.py
plan          a construction for each part, and the read-out   plan/
schedule      what the read-out needs, layer by layer          assemble/schedule.py
assemble      as matrices                                      assemble/matrices.py
place         directions used again, if asked for              assemble/place.py
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from ..assemble.matrices import Matrices, matrices
from ..assemble.place import placed
from ..assemble.schedule import Schedule, schedule
from ..constructions.form import Form
from ..constructions.ranges import Ranges
from ..constructions.stream import Stream
from ..errors import CompileError
from ..lang.expr import TOKENS, Expr, Op
from ..lang.selectors import LENGTH
from ..lang.values import Value, exact
from ..numeric.floats import float_format
from .analyse import Analysis
from .differences import differences
from .domain import Domain, Labels
from .lower import from_zero, lower
from .means import counted
from .plan import Plan, plan
from .positions import closed_form
from .simplify import simplify
from .unions import split_unions


@dataclass(frozen=True)
class Compiled:
    """Everything the compiler found, stage by stage.

    `rewrites` are the program after each rewriting stage, by its name; `rewritten` maps every part of the program
    as written to what is computed in its place.
    """

    root: Expr
    given: Expr | None
    rewrites: dict[str, Expr]
    rewritten: dict[Expr, Expr]
    facts: Analysis
    labels: Labels
    plan: Plan
    schedule: Schedule
    matrices: Matrices


def run_stages(
    root: Expr,
    vocab: Sequence[Value],
    max_len: int,
    *,
    causal: bool,
    given: Expr | None = None,
    reuse: bool = False,
    dtype: str = "float32",
    steady: bool = False,
) -> Compiled:
    """The stages in order. Raises CompileError."""
    known = analysed(root, vocab, max_len, causal, given)
    facts, rewrites, rewritten = known.facts, known.rewrites, known.rewritten
    program = rewritten[root]
    labels = Labels(every_domain(program, facts), vocab)
    stream = Stream(len(vocab), max_len, float_format(dtype))
    names = {new: str(e.arg) for e, new in rewritten.items() if e.op is Op.NAME}
    planned = plan(program, facts, labels, stream, names=names, steady=steady)
    scheduled = schedule(planned.readout.columns)
    built = matrices(scheduled, len(vocab), max_len, stream.format)
    if reuse:
        built = placed(built, Ranges(stream.real, max_len), _named(rewritten, planned, built))
    return Compiled(root, given, rewrites, rewritten, facts, labels, planned, scheduled, built)


def _named(rewritten: dict[Expr, Expr], planned: Plan, built: Matrices) -> list[tuple[Form, int]]:
    """The forms of what has a name, with the layer after which each is read."""
    forms = [planned.form_of(new) for e, new in rewritten.items() if e.op is Op.NAME and not e.selector]
    return [(f, f.slot.layer) for f in forms if f is not None and built.holds(f)]


@dataclass(frozen=True)
class Analysed:
    """A program before anything is placed: what is known of its parts, the program after each rewriting stage, and
    what every part of it becomes."""

    facts: Analysis
    rewrites: dict[str, Expr]
    rewritten: dict[Expr, Expr]


def analysed(root: Expr, vocab: Sequence[Value], max_len: int, causal: bool, given: Expr | None) -> Analysed:
    """The analysis and the rewriting of a program. Raises CompileError.

    The last one is kept, since a program that is compiled is proved next.
    """
    key = (root, given, causal, max_len, exact(tuple(vocab)))
    if key not in _LAST:
        facts = Analysis(vocab, max_len, causal)
        if given is not None and not causal:  # under the mask a count is another count than that of `given`
            facts.assume(simplify(given)[given])
        found = Analysed(facts, *rewrite(root, facts))
        _LAST.clear()
        _LAST[key] = found
    return _LAST[key]


_LAST: dict[tuple[object, ...], Analysed] = {}


def rewrite(root: Expr, facts: Analysis) -> tuple[dict[str, Expr], dict[Expr, Expr]]:
    """(the program after each rewriting stage, what every part of it becomes)"""
    rewritten = simplify(root)
    rewrites = {"simplify": rewritten[root]}
    for name, change in PASSES:
        new = change(rewritten[root], facts)
        facts.follow(new)
        rewritten = {e: new[x] for e, x in rewritten.items() if x in new}  # what a pass dropped is left out
        rewrites[name] = rewritten[root]
    return rewrites, rewritten


Pass = Callable[[Expr, Analysis], dict[Expr, Expr]]
PASSES: tuple[tuple[str, Pass], ...] = (
    ("unions", split_unions),
    ("counts", counted),
    ("closed form", closed_form),
    ("lower", lower),
    ("differences", differences),
)
"""The rewriting after `simplify`, in order. Each gives, for every part of a program, one with the same value and type
wherever the part has a value (`counted` and the root: an equal value)."""


@lru_cache(maxsize=1)
def parts(program: Expr) -> tuple[Expr, ...]:
    """Every part of a rewritten program in order of evaluation; kept, since what is compiled is proved next."""
    return tuple(program.walk())


@lru_cache(maxsize=1)
def claimable(program: Expr) -> tuple[Expr, ...]:
    """What a model may claim to hold: the length, the sops of a rewritten program in order of evaluation, and its sums
    apart from their defaults."""
    sops = [e for e in parts(program) if not e.selector]
    sums = [x for e in sops if e.op is Op.VALUE for x in from_zero(e)]
    return tuple(dict.fromkeys([LENGTH, *sops, *sums]))


def every_domain(root: Expr, facts: Analysis) -> list[Domain]:
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
