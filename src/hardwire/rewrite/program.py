"""A program after analysis and rewriting: the input of the compiler and of the proof."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from ..analysis import Facts
from ..analysis.assumptions import Assumptions
from ..effort import doing
from ..lang.expr import ZERO, Expr, Op, node
from ..lang.selectors import LENGTH
from ..lang.values import Value
from ..run.interventions import with_kept
from .passes import PASSES
from .simplify import simplify
from .verify import verify


@dataclass(frozen=True, eq=False)
class Analysed:
    """The program as written, the condition on inputs, and what becomes of it.

    `facts` are those about the rewritten program; `rewrites` is the program after each pass, by the pass's name, and
    `rewritten` what every part of the program as written becomes; `keep` are the names of the parts that are kept.
    """

    root: Expr
    given: Expr | None
    facts: Facts
    rewrites: Mapping[str, Expr]
    rewritten: Mapping[Expr, Expr]
    keep: tuple[str, ...] = ()

    @property
    def final(self) -> Expr:
        """The rewritten program."""
        return self.rewritten[self.root]


def analysed(
    root: Expr,
    vocab: Sequence[Value],
    max_len: int,
    *,
    causal: bool,
    given: Expr | None = None,
    keep: Collection[str] = (),
    without: Collection[str] = (),
) -> Analysed:
    """The facts about a program that keeps the parts of these names, and the program after all passes but those that it
    goes `without`. Raises CompileError."""
    assumptions = Assumptions()
    if given is not None and not causal:  # under the mask a count is another count than that of `given`
        assumptions = Assumptions.of(simplify(given)[given], causal=causal)
    facts = Facts(tuple(vocab), max_len, causal=causal, assumptions=assumptions)
    rewritten, rewrites = with_kept(root, keep), dict[str, Expr]()
    sound: set[Expr] = set()
    for p in PASSES:
        if p.name in without:
            continue
        doing(f"rewriting ({p.name})")
        new = p.change(rewritten[root], facts)
        rewritten = {e: new[x] for e, x in rewritten.items() if x in new}  # without the parts that a pass dropped
        rewrites[p.name] = rewritten[root]
        verify(rewritten[root], p.name, sound)
        facts = facts.after(new)
    return Analysed(root, given, facts, rewrites, rewritten, tuple(keep))


def claimable(program: Expr) -> tuple[Expr, ...]:
    """What a model may claim to hold: the length, the sops of a rewritten program in order of evaluation, and its sums
    without their defaults."""
    sops = [e for e in program.walk() if not e.selector]
    sums = [x for e in sops if e.op is Op.VALUE for x in from_zero(e)]
    return tuple(dict.fromkeys([LENGTH, *sops, *sums]))


def from_zero(e: Expr) -> tuple[Expr, Expr]:
    """(a sum that has a constant for default without it, how many positions it selects)"""
    return node(Op.VALUE, *e.src[:-1], ZERO, arg=e.arg), node(Op.WIDTH, e.src[0])
