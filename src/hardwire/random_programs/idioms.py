"""Shapes that a compiler rewrites or draws conclusions from."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from ..lang.sop import SOp
from ..lang.surface import after, before, full, indices, key, length, query, select, tokens, where
from .parts import COMPARISONS, Parts


def idiom(p: Parts) -> tuple[str, SOp]:
    """One of them, and now and then a text or a pair of it, which shows the type of its values."""
    kinds = mean, mean, shifted, ranked, nearest, marked, by_length, guarded
    kind, made = p.rng.choice(kinds if p.options.bounded else (*kinds, numbered))(p)
    if p.chance(0.3) and not (p.options.bounded and kind == "real"):  # there may be very many texts of fractions
        made = p.rng.choice((made.str, lambda: made.map(repr), lambda: SOp.zip(_pair, made, p.part("int"))))()
        kind = "any"
    return kind, made


def _pair(a: Any, b: Any) -> tuple[Any, Any]:
    return a, b


def mean(p: Parts) -> tuple[str, SOp]:
    """Means that are multiplied, divided and compared."""
    s, x, mark = p.selector(), p.part("int"), indices == p.rng.choice((0, 0, 1, indices, p.part("int")))
    over = p.rng.choice((s, full, full, before | full, s | full, before))
    found = over.mean(p.rng.choice((x, mark, mark, p.part("bool"), p.part("any" if p.options.mixed else "int"))))
    width = p.rng.choice((s.width(), length, length * 1.0, full.width(), before.width()))
    other = p.rng.choice((0.5, 0.1, 1, Fraction(1, 3), x, full.mean(x)))
    return p.rng.choice(
        (
            lambda: ("real", found * width), lambda: ("real", p.operand("real") / found),
            lambda: ("real", found / p.rng.choice((1, 2, length)) + x), lambda: ("int", round(found * length)),
            lambda: ("bool", p.rng.choice(COMPARISONS)(found, other)),
        )
    )()  # fmt: skip


def shifted(p: Parts) -> tuple[str, SOp]:
    """Keys that are positions moved by what is the same everywhere."""
    x = p.part("int")
    same = p.rng.choice(
        (full.max(tokens if p.options.mixed else x), full.max(p.operand("int")), full.value(p.few()), 2)
    )
    place = p.rng.choice((lambda: indices + same, lambda: same - indices, lambda: indices - same))()
    s = key(place) == query(p.rng.choice((same, p.operand("int"))))
    if p.chance(0.5):
        return "int", s.width()
    kind = p.rng.choice(("int", "any"))
    return kind, s.value(p.operand(kind), **p.default(kind))


def ranked(p: Parts) -> tuple[str, SOp]:
    """How many are less, ties broken by position; and what has that rank."""
    by = p.part(p.rng.choice(("int", "any")))
    rank = (key(by) < query(by)) | ((key(by) == query(by)) & p.rng.choice((before, after)))
    wanted = p.rng.choice((indices, 0, 1, length - 1))
    counted = rank.width() if p.chance(0.6) else rank.value(1, p.rng.choice((None, -1, p.constant("int"))))
    return p.rng.choice(
        (lambda: ("int", rank.width()), lambda: ("any", (key(counted) == query(wanted)).value(by, **p.default("any"))))
    )()


def numbered(p: Parts) -> tuple[str, SOp]:
    """The position of a number among those that a selector selects, or leaves out."""
    s, drawn = p.selector(), p.rng.choice(p.options.predicates)
    if p.chance(0.4):
        s = select(p.few(drawn.arguments[0]), p.constant(drawn.arguments[1]), drawn.function)
    among = p.rng.choice((s, s, ~s, p.selector())) & p.rng.choice((before, before, after, full))
    found = p.rng.choice((s, s, ~s)) & (key(among.width()) == query(p.rng.choice((0, 0, 1, indices))))
    return p.rng.choice((lambda: ("int", found.width()), lambda: ("any", found.value(p.part("any")))))()


def nearest(p: Parts) -> tuple[str, SOp]:
    """The nearest position with a mark, by the count of marks up to each position, or around a shift."""
    by = p.part("any")
    if p.chance(0.4):
        by = by.shift(p.rng.choice((-1, 1, -2)), p.constant())
    mark = by != p.operand("any")
    here = key(indices) == query(indices)
    count = p.rng.choice((before, before | here, after, after | here)).value(mark)
    found = ((key(count) == query(count + p.rng.choice((-1, 0, 0, 1, 1)))) & (key(mark) == query(True))).value(by)
    return "any", where(mark, by, found) if p.chance(0.5) else found


def marked(p: Parts) -> tuple[str, SOp]:
    """Whether there is a selected key with a mark that is one of two."""
    either = p.rng.choice((p.part("any") == p.operand("any"), p.part("bool"))) | p.rng.choice(
        (p.part("bool"), p.few() > 3, p.part("int") < p.operand("int"))
    )
    s = p.rng.choice((p.selector(), full)) & (key(either) == query(True))
    return "bool", p.rng.choice((lambda: s.width() > 0, lambda: s.width() == 0, lambda: s.any(True)))()


def by_length(p: Parts) -> tuple[str, SOp]:
    """Extremes and firsts: of values that only the length decides, of the position itself, of all."""
    parity, by = length % 2 == p.rng.choice((0, 1, p.operand("int"))), p.part("any")
    chosen, default = where(parity, p.constant(), p.constant()), p.operand("any")
    made = (
        lambda: full.max(chosen), lambda: full.first(chosen), lambda: full.max(by),
        lambda: (before & p.selector()).first(by, default),
        lambda: (after | (key(indices) == query(indices))).last(by, default=default),
    )  # fmt: skip
    return "any", p.rng.choice(made)()


def guarded(p: Parts) -> tuple[str, SOp]:
    """A quotient that is asked for only where it has a value."""
    x = p.few()
    return "int", where(x > 0, 6 // x, -1)
