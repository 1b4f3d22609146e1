"""A program after analysis and rewriting: the input of the compiler and of the proof."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from ..analysis import Facts
from ..analysis.assumptions import Assumptions
from ..analysis.definedness import fails_with
from ..analysis.domain import TOO_LARGE
from ..effort import doing
from ..errors import BuildError, CompileError
from ..lang.expr import INDICES, ZERO, Expr, Op, again, node, rebuild
from ..lang.selectors import LENGTH
from ..lang.text import constant
from ..lang.values import Value
from ..run.interventions import named_sop, with_kept
from ..run.trace import step_names
from .passes import PASSES
from .simplify import simplify
from .verify import verify

Keep = Collection[str] | Literal["named"]
"""The names of the parts to keep, or "named" for every sop that has a name."""


@dataclass(frozen=True, eq=False)
class Analysed:
    """The program as written, the condition on inputs, and what becomes of it.

    `facts` are those about the rewritten program; `rewrites` is the program after each pass, by the pass's name, and
    `rewritten` what every part of the program as written becomes; `keep` are the names of the parts that are kept,
    `forms` all that every named sop becomes on the way, and `without` the passes that were left out.
    """

    root: Expr
    given: Expr | None
    facts: Facts
    rewrites: Mapping[str, Expr]
    rewritten: Mapping[Expr, Expr]
    keep: tuple[str, ...] = ()
    forms: Mapping[Expr, tuple[Expr, ...]] = field(default_factory=dict)
    without: frozenset[str] = frozenset()

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
    like: Analysed | None = None,
) -> Analysed:
    """The facts about a program that keeps the parts of these names, and the program after all passes but those that it
    goes `without`. `like`: the same program with other parts kept, whose facts are used. Raises CompileError."""
    facts = _facts(vocab, max_len, causal=causal, given=given) if like is None else like.facts.family[0]
    rewritten, rewrites = with_kept(root, keep), dict[str, Expr]()
    forms = {e: [x] for e, x in rewritten.items() if e.op is Op.NAME and not e.selector}
    sound: set[Expr] = set()
    for p in PASSES:
        if p.name in without:
            continue
        doing(f"rewriting ({p.name})")
        new = p.change(rewritten[root], facts)
        rewritten = {e: new[x] for e, x in rewritten.items() if x in new}  # without the parts that a pass dropped
        rewrites[p.name] = rewritten[root]
        for e in forms.keys() & rewritten.keys():
            forms[e].append(rewritten[e])
        verify(rewritten[root], p.name, sound)
        facts = facts.after(new)
    every = {e: tuple(dict.fromkeys(found)) for e, found in forms.items()}
    return Analysed(root, given, facts, rewrites, rewritten, tuple(keep), forms=every, without=frozenset(without))


def kept_names(root: Expr, keep: Keep) -> tuple[str, ...]:
    """The names of the parts that a program is to keep. Raises BuildError and UnknownNameError."""
    if keep == "named":
        return tuple(name for e, name in step_names(root).items() if not e.selector)
    if isinstance(keep, str) or not isinstance(keep, Collection):
        raise BuildError(f'keep is a list of names or "named", not {constant(keep)}', value=keep)
    for name in keep:
        if not isinstance(name, str):
            raise BuildError(f'keep is a list of names or "named", and has {constant(name)}', value=name)
        named_sop(root, name)
    return tuple(keep)


def normal_form(
    root: Expr, vocab: Sequence[Value], max_len: int, *, causal: bool, given: Expr | None = None
) -> Expr | None:
    """What all passes make of a program; None where that may have a value at a position where the program has none.
    Raises CompileError."""
    facts = _facts(vocab, max_len, causal=causal, given=given)
    for p in PASSES:
        new = p.change(root, facts)
        if not all(_fails_alike(e, new, facts) for e in root.walk() if e in new):
            return None
        root, facts = new[root], facts.after(new)
    return root


def without_stored(root: Expr) -> Expr:
    """A program without `.stored()`, which changes no value."""
    return rebuild(root, lambda e, src: src[0] if e.op is Op.KEPT and e.arg is None else again(e, src))


def _facts(vocab: Sequence[Value], max_len: int, *, causal: bool, given: Expr | None) -> Facts:
    assumptions = Assumptions()
    if given is not None and not causal:  # under the mask a count is another count than that of `given`
        assumptions = Assumptions.of(simplify(given)[given], causal=causal)
    return Facts(tuple(vocab), max_len, causal=causal, assumptions=assumptions)


def _fails_alike(e: Expr, new: Mapping[Expr, Expr], facts: Facts) -> bool:
    """Whether the replacement of a part fails wherever the part does, provided that those of its sources do."""
    if e.op.transparent and not e.op.barrier:
        return True
    known = all(s in new for s in e.src)
    old = again(e, tuple(new[s] for s in e.src)) if known else e
    if (known and new[e] is old) or facts.sure(e):
        return True
    if not known or e.selector:
        return False
    if not e.op.elementwise:
        return _fail_with_one_part(old, new[e], facts)
    try:
        variables = facts.variables(old)
        if not facts.basis(new[e]) <= {*variables} or facts.domains.combinations(variables) > TOO_LARGE:
            return False
        mesh = facts.mesh(variables, failing=True)
    except CompileError:
        return False
    return not (facts.evaluate(new[e], mesh).ok() & ~facts.evaluate(old, mesh).ok()).any()


def _fail_with_one_part(old: Expr, new: Expr, facts: Facts) -> bool:
    """Whether all that may fail in a part is one look-up of an only position, the same for all queries, that is a part
    of another one, too."""
    unsure = [x for x in old.walk() if not facts.sure(x) and all(map(facts.sure, x.src))]
    if len(unsure) != 1 or unsure[0].op is not Op.ONE or not facts.uniform(unsure[0]):
        return False
    [one] = unsure
    first = node(Op.MIN, one.source("selector"), INDICES, *one.src[1:])  # the same, but where it fails
    certain = rebuild(old, lambda e, src: first if e is one else again(e, src))
    return facts.sure(certain) and fails_with(tuple(new.walk()), one)


def claimable(program: Expr) -> tuple[Expr, ...]:
    """What a model may claim to hold: the length, the sops of a rewritten program in order of evaluation, and its sums
    without their defaults."""
    sops = [e for e in program.walk() if not e.selector]
    sums = [x for e in sops if e.op is Op.VALUE for x in from_zero(e)]
    return tuple(dict.fromkeys([LENGTH, *sops, *sums]))


def from_zero(e: Expr) -> tuple[Expr, Expr]:
    """(a sum that has a constant for default without it, how many positions it selects)"""
    return node(Op.VALUE, *e.src[:-1], ZERO, arg=e.arg), node(Op.WIDTH, e.src[0])
