"""The operations of generated programs: each makes a part of drawn operands, and says of which kind it is."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from ..lang.sop import SOp
from ..lang.surface import indices, length, raw, switch, where
from .idioms import idiom
from .options import KINDS
from .parts import COMPARISONS, Parts

NewPart = tuple[str, SOp]
GROWING = (operator.mul, operator.pow)
DIVIDING = (operator.mod, operator.floordiv)


def arithmetic(p: Parts) -> NewPart:
    f = p.rng.choice((operator.add, operator.add, operator.sub, operator.sub, *GROWING, operator.mul, *DIVIDING))
    a, b = p.part("int"), p.operand(p.rng.choice(("int", "int", "bool")))
    if p.options.bounded and f in GROWING:
        a, b = p.few(), p.few() if isinstance(b, SOp) else b
    elif f in DIVIDING and p.chance(0.7):
        b = p.rng.choice((2, 3, 4, 5, -3))
    if isinstance(b, str):
        b = p.few()  # "..." % x is Python's formatting, and never asks x
    return "int", f(b, a) if p.chance(0.25) else f(a, b)


def fraction(p: Parts) -> NewPart:
    x, y = p.part(p.rng.choice(KINDS[:3])), p.operand(p.rng.choice(("int", "real")))
    made = (
        lambda: x / p.few(), lambda: x / p.rng.randint(1, 4), lambda: x * p.constant("real"), lambda: x - y,
        lambda: x + p.part("real"), lambda: p.constant("int") / (1 + p.few()), lambda: round(x / 3, 1), lambda: x / y,
    )  # fmt: skip
    return "real", p.rng.choice(made)()


def unary(p: Parts) -> NewPart:
    x, y = p.part("int"), p.part("real")
    return p.rng.choice(
        (
            lambda: ("int", -x), lambda: ("int", abs(x)), lambda: ("int", round(x / 2)), lambda: ("int", round(x, -1)),
            lambda: ("int", round(y)), lambda: ("real", -y), lambda: ("real", abs(y)), lambda: ("real", y.round(1)),
        )
    )()  # fmt: skip


def comparison(p: Parts) -> NewPart:
    f, kind = p.rng.choice(COMPARISONS), p.rng.choice(("int", "int", "int", "int", "real", "any", "any", "bool"))
    return "bool", f(p.part(kind), p.operand(kind))


def logic(p: Parts) -> NewPart:
    f = p.rng.choice((operator.and_, operator.or_, operator.xor, None))
    a: Any = p.part("bool")
    b: Any = p.part("bool") if p.chance(0.8) else p.chance(0.5)
    return "bool", ~a if f is None else f(b, a) if p.chance(0.3) else f(a, b)


def branch(p: Parts) -> NewPart:
    kind = p.rng.choice(("int", "int", "any", "any", "bool", "real"))
    condition = p.operand("bool") if p.chance(0.8) else p.part()
    if p.chance(0.2):
        cases = (condition, p.operand(kind)), (p.part("bool"), p.part(kind))
        return kind, switch(*cases, default=p.operand(kind))
    other = p.few() if kind == "any" and p.chance(0.3) else p.operand(kind)
    return kind, where(condition, p.operand(kind), other)


def mapped(p: Parts) -> NewPart:
    drawn = p.rng.choice(p.options.functions)
    *others, last = drawn.arguments
    if not others:
        return drawn.result, p.few(last).map(drawn.function)
    operands = [p.few(kind) if kind == "int" else p.operand(kind) for kind in others]
    return drawn.result, SOp.zip(drawn.function, *operands, p.few(last))


def table(p: Parts) -> NewPart:
    """A table over the vocabulary, or over some of it."""
    vocab, kind = p.options.vocab, p.rng.choice(("int", "any"))
    entries = {v: p.constant(kind) for v in vocab[: max(1, len(vocab) - p.rng.choice((0, 0, 0, 1)))]}
    return kind, p.part("any").map(entries)


def member(p: Parts) -> NewPart:
    if p.chance(0.5):
        return "bool", p.part("any").has(p.options.vocab[:2])
    return "bool", p.few().has(p.rng.choice(p.options.members))


def quantified(p: Parts) -> NewPart:
    s, x = p.selector(), p.operand("bool")
    return "bool", s.any(x) if p.chance(0.5) else s.all(x)


def counted(p: Parts) -> NewPart:
    if p.chance(0.25):
        return "int", p.selector().count_distinct(p.operand(p.rng.choice(("int", "any"))), **p.default("int"))
    return "int", p.selector().width()


def added(p: Parts) -> NewPart:
    """A sum or a mean, or the one value where a selector has one key."""
    mean, kind = p.chance(0.4), p.rng.choice(("int", "int", "bool", "bool", "any"))
    if kind == "any" and p.options.bounded:
        s = p.single()
    else:
        s = p.selector()
    x = p.few() if kind == "int" else p.operand(kind)
    kind = "any" if kind == "any" else "real" if mean else "int"
    return kind, (s.mean if mean else s.value)(x, **p.default("int" if kind == "real" else kind))


def picked(p: Parts) -> NewPart:
    """The value at one of the selected keys."""
    kind = p.rng.choice(("int", "int", "any", "any", "real", "bool"))
    method = p.rng.choice(("one", "first", "last"))
    s = p.single() if method == "one" and p.chance(0.9) else p.selector()
    return kind, getattr(s, method)(p.operand(kind), **p.default(kind))


def best(p: Parts) -> NewPart:
    """The greatest or least value, or another one at the same key."""
    kind = p.rng.choice(("int", "int", "real", "any"))
    s, score = p.selector(), p.few(kind) if p.chance(0.8) else p.operand(kind)
    of: dict[str, Any] = {}
    if p.chance(0.5):
        kind = p.rng.choice(KINDS)
        of["of"] = p.operand(kind)
    return kind, (s.max if p.chance(0.5) else s.min)(score, **of, **p.default(kind))


def placed(p: Parts) -> NewPart:
    """A value at one position, or a value by position."""
    kind = p.rng.choice(("int", "int", "any"))
    x = p.part(kind)
    made = (
        lambda: x.at(p.rng.choice((0, 1, -1, -2)), **p.default(kind)), lambda: x.at(p.few(), **p.default(kind)),
        lambda: raw(p.listed(kind) or [0]), lambda: (indices if x.layers > 2 else x).of(p.part("any")),
    )  # fmt: skip
    return kind, p.rng.choice(made)()


def converted(p: Parts) -> NewPart:
    made = (
        lambda: ("int", length), lambda: ("int", p.part("bool").int()), lambda: ("bool", p.part().bool()),
        lambda: ("any", p.part().str()), lambda: ("any", p.few().str()), lambda: ("any", p.part("any").str() + "x"),
    )  # fmt: skip
    return p.rng.choice(made)()


STEPS: tuple[Callable[[Parts], NewPart], ...] = (
    *(arithmetic,) * 4, *(comparison,) * 3, *(branch,) * 3, *(added,) * 3, *(idiom,) * 3, *(counted,) * 2,
    *(mapped,) * 2, *(logic,) * 2, *(best,) * 2, *(picked,) * 2, fraction, unary, table, member, quantified, placed,
    converted,
)  # fmt: skip
"""All operations, each as often as it is to be drawn."""
