"""Neighbours of a program: the same but for one operation, constant, default or source. A model of one of the two,
offered as a model of the other, must not be certified where they differ."""

from __future__ import annotations

import difflib
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import hardwire as hw
from hardwire import SOp, tokens
from hardwire.lang.expr import INDICES, TOKENS, Expr, Op, again, node, rebuilt
from hardwire.lang.text import formula
from hardwire.model.circuit import Claim
from hardwire.rewrite import analysed, claimable

ALIKE = {
    **dict.fromkeys((Op.ONE, Op.VALUE, Op.MEAN, Op.COUNT_DISTINCT), (Op.ONE, Op.VALUE, Op.MEAN, Op.COUNT_DISTINCT)),
    **dict.fromkeys((Op.MAX, Op.MIN), (Op.MAX, Op.MIN)),
    **{op: tuple(o for o in Op if o.comparison) for op in Op if op.comparison},
    **dict.fromkeys((Op.AND, Op.OR, Op.XOR), (Op.AND, Op.OR, Op.XOR)),
    **dict.fromkeys((Op.ADD, Op.SUB, Op.MUL), (Op.ADD, Op.SUB, Op.MUL)),
}
"""Operations that take the same sources."""


def _constant(v: Any) -> Expr:
    return node(Op.CONST, arg=v)


def changes(e: Expr, vocab: Sequence[Any], rng: random.Random) -> Expr | None:
    """An expression next to e, one step away; None where there is none of the kind drawn."""
    some = [v for v in (0, 1, 2, True, False, "x", -1, *vocab) if not (e.op is Op.CONST and v == e.arg)]
    if e.op in ALIKE and rng.random() < 0.6:
        return node(rng.choice([op for op in ALIKE[e.op] if op is not e.op]), *e.src, arg=e.arg)
    if e.op is Op.CONST:
        return _constant(rng.choice(some))
    if e.op in (Op.TOKENS, Op.INDICES):
        return {Op.TOKENS: INDICES, Op.INDICES: TOKENS}[e.op]
    if e.op is Op.COMPARE:
        if isinstance(e.arg, Op) and rng.random() < 0.5:
            return node(Op.COMPARE, *e.src, arg=rng.choice(ALIKE[e.arg]))
        return node(Op.COMPARE, *e.src[::-1], arg=e.arg)
    if e.op.defaulted:
        few = tokens.map(dict.fromkeys(vocab[:1], e.src[-1].arg if e.src[-1].op is Op.CONST else 0))
        every = tokens.map(dict.fromkeys(vocab, e.src[-1].arg if e.src[-1].op is Op.CONST else 0))
        default = rng.choice([_constant(rng.choice(some)), TOKENS, INDICES, few.expr, every.expr])
        return node(e.op, *e.src[:-1], default, arg=e.arg)
    if e.op is Op.WHERE:
        return node(Op.WHERE, *(e.src[i] for i in rng.choice([(0, 2, 1), (0, 1, 1), (0, 2, 2)])))
    if e.op is Op.WIDTH:
        return node(Op.VALUE, e.src[0], _constant(rng.choice([True, 1, 2])), _constant(0))
    return None


def neighbour(program: SOp, vocab: Sequence[Any], rng: random.Random) -> SOp | None:
    """A program with one part changed; None where the part that was drawn has no neighbour."""
    parts = list(program.expr.walk())
    at = rng.choice(parts)
    found = changes(at, vocab, rng)
    if found is None or found is at:
        return None
    return SOp(rebuilt(program.expr, lambda e, src: found if e is at else again(e, src))[program.expr])


@dataclass(frozen=True, eq=False)
class Offer:
    """A model of `built`, offered as one of `program` by its claims."""

    model: hw.Transformer
    program: SOp
    built: SOp


def offers(program: SOp, built: SOp, vocab: Any, max_len: int, rng: random.Random, **options: Any) -> Iterator[Offer]:
    """The model of a program with claims that say that it is of another, which is written in every way from the
    user's own to the compiler's."""
    model = hw.compile(built, vocab, max_len, certify=False, **options)
    given = options.get("given")
    known = analysed(
        program.expr, model.vocab, max_len, causal=model.causal, given=None if given is None else given.expr
    )
    for form in dict.fromkeys([known.root, *known.rewrites.values()]):
        parts = [e for e in claimable(form) if not e.op.leaf]
        for _ in range(2):
            claims = tuple(c for c in (_said(c, parts, rng) for c in model.circuit.claims) if c is not None)
            circuit = replace(model.circuit, claims=claims, computes=form, readings=())
            yield Offer(replace(model, circuit=circuit, source=None, program=""), program, built)


def _said(claim: Claim, parts: list[Expr], rng: random.Random) -> Claim | None:
    """The claim, of a part of another program that looks like its own."""
    own = claim.expression
    alike = sorted(parts, key=lambda e: -difflib.SequenceMatcher(None, formula(e, 200), own).quick_ratio())
    if not alike:
        return None
    return replace(claim, expr=alike[min(len(alike) - 1, int(rng.expovariate(1.5)))])
