"""The algebra of selectors keeps what the interpreter says they select, wherever they are defined."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

import hardwire as hw
import wild
from hardwire import Failure, Selector, SOp, after, before, full, indices, key, length, query, tokens
from hardwire.errors import CompileError
from hardwire.lang.expr import Expr, Op, node, unnamed
from hardwire.lang.selectors import (
    EVERYWHERE,
    LENGTH,
    Literal,
    all_of,
    comparisons,
    conditions,
    conjuncts,
    expand,
    merged,
    negated,
    operands,
    parts,
    ranking,
    selector_of,
    unshifted,
    with_comparisons,
)
from hardwire.lang.values import totally_ordered

Cells = list[list[Any]]


class World:
    """What is known of sops on one input: what the interpreter finds."""

    def __init__(self, given: Any) -> None:
        self.given = given

    def values(self, e: Expr) -> list[Any]:
        found: list[Any] = SOp(e)(self.given, errors="keep")
        return found

    def ordered(self, *sops: Expr) -> bool:
        return totally_ordered(v for e in sops for v in self.values(e) if not isinstance(v, Failure))

    def uniform(self, e: Expr) -> bool:
        return len({repr(v) for v in self.values(e)}) <= 1

    def whole(self, e: Expr) -> bool:
        return all(type(v) in (int, bool) for v in self.values(e))

    def cells(self, e: Expr) -> Cells:
        found: Cells = Selector(e)(self.given, errors="keep")
        return found


def cases(start: int) -> list[tuple[Expr, World]]:
    found = []
    for seed in range(start, start + 60):
        rng = random.Random(seed)
        made = wild.program(rng, rng.randrange(2, 10))
        found += [(e, World(wild.tokens_of(rng, rng.randrange(1, 6)))) for e in made.expr.walk() if e.selector]
    return found


def agree(was: Cells, now: Cells) -> bool:
    """Whether a selector selects what another does, wherever that is defined."""
    pairs = [(a, b) for x, y in zip(was, now, strict=True) for a, b in zip(x, y, strict=True)]
    return all(isinstance(a, Failure) or (not isinstance(b, Failure) and a == b) for a, b in pairs)


@pytest.mark.parametrize("start", range(0, 480, 60))
def test_one_conjunction(start: int) -> None:
    for e, world in cases(start):
        assert agree(world.cells(e), world.cells(selector_of(tuple(conjuncts(e, world.ordered))))), (e, world.given)
        assert agree(world.cells(e), world.cells(all_of(conditions(e)) or EVERYWHERE))


@pytest.mark.parametrize("start", range(0, 480, 60))
def test_signed_sums_of_conjunctions(start: int) -> None:
    """Sums have a value where all of their terms have one."""
    compared = 0
    for e, world in cases(start):
        try:
            terms = expand(e, world.ordered)
        except CompileError:  # too many
            continue
        was = world.cells(e)
        each = [(world.cells(selector_of(c)), sign) for c, sign in terms.items()]
        for i, row in enumerate(was):
            for j, cell in enumerate(row):
                found = [sign * m[i][j] for m, sign in each if not isinstance(m[i][j], Failure)]
                if not isinstance(cell, Failure) and len(found) == len(each):
                    assert sum(found) == cell, (e, world.given)
                    compared += 1
    assert compared > 500


@dataclass(frozen=True)
class Span:
    """From one number to another: less than what starts later, greater than what ends earlier."""

    start: int
    end: int

    def __lt__(self, other: Span) -> bool:
        return self.start < other.start

    def __gt__(self, other: Span) -> bool:
        return self.end > other.end


def test_two_orders_of_one_pair_may_both_hold() -> None:
    """One that holds what another is: (k < q) & (k > q) selects nothing only where the order is total."""
    span = tokens.map({"a": Span(0, 9), "b": Span(2, 5), "c": Span(4, 6)})
    around = (key(span) < query(span)) & (key(span) > query(span))
    assert around.width()("abc") == [0, 1, 1]
    assert list(expand(around.expr, World("abc").ordered).values()) == [1]
    numbers = (key(indices) < query(indices)) & (key(indices) > query(indices))
    assert not expand(numbers.expr, World("abc").ordered)
    assert hw.compile(around.width(), "abc", 3)("abc") == [0, 1, 1]


@pytest.mark.parametrize("start", range(0, 480, 60))
def test_comparisons(start: int) -> None:
    for e, world in cases(start):
        moved = with_comparisons(e, lambda comparison, known=world: unshifted(comparison, known))  # type: ignore[misc]
        assert agree(world.cells(e), world.cells(moved)), (e, world.given)
        for c in comparisons(e):
            opposite = negated(c, world.ordered)
            if opposite is not None:
                assert agree(world.cells(node(Op.NOT, c)), world.cells(opposite)), (c, world.given)
        one = merged(unnamed(e), world.ordered)
        if one is not None:
            assert agree(world.cells(e), world.cells(one)), (e, world.given)


def test_shifts_move_to_the_query() -> None:
    world = World("abca")
    for shifted, q in (
        (indices + 2, indices - 2), (2 + indices, indices - 2), (indices - length, indices + length),
        (length - indices, length - indices),
    ):  # fmt: skip
        c = (key(shifted) == query(indices)).expr
        k, moved = unshifted(c, world).src
        assert k is indices.expr
        assert SOp(moved)("abca") == q("abca")
    upside_down = (key(length - indices) < query(indices)).expr
    assert unshifted(upside_down, world) is upside_down


def test_parts_in_order() -> None:
    a, b, c = key(indices) == query(1), key(tokens) == query("a"), key(indices) < query(indices)
    named = (b | c).name("either")
    e = ((a & named) ^ b).expr
    assert comparisons(e) == [a.expr, b.expr, c.expr]
    assert comparisons(e, from_right=True) == [b.expr, c.expr, a.expr]
    for order in (parts(e), parts(e, from_right=True)):
        assert order[-1] is e
        assert all(order.index(s) < i for i, x in enumerate(order) if x.op is not Op.COMPARE for s in x.src)
    inner = key(b.width()) == query(1)
    assert parts(inner.expr) == [inner.expr]


def test_operands() -> None:
    a, b, c = (tokens == x for x in "abc")
    assert operands((a & (b & c).name("x") & a).expr) == [a.expr, b.expr, c.expr]
    assert conditions((~before).expr) == [(~before).expr]


def test_literals() -> None:
    prefix = Literal(unnamed(before.expr))
    assert prefix.prefix
    assert Literal(unnamed(before.expr), negated=True).op is Op.GE
    assert not Literal((key(tokens) < query(indices)).expr).prefix
    assert Literal((before | after).expr).joint
    assert selector_of(()) is EVERYWHERE is unnamed(full.expr)
    assert unnamed(length.expr) in (LENGTH, node(Op.WIDTH, full.expr))


ORDERS: list[tuple[Callable[[Any, Any], Any], Selector]] = [(lambda k, q: k < q, before), (lambda k, q: k > q, after)]


@pytest.mark.parametrize("given", [[3, 1, 1, 2, 3, 3], [1], [2, 2]])
def test_ranks(given: list[int]) -> None:
    x = tokens * 1
    same = key(x) == query(x)
    for order, ties in ORDERS:
        for s in (order(key(x), query(x)) | (same & ties), (ties & same) | order(key(x), query(x)).name("less")):
            found = ranking(s.expr)
            assert found is not None
            assert found.by is x.expr
            assert sorted(s.width()(given)) == list(range(len(given)))
    assert ranking((order(key(x), query(x)) | same).expr) is None
    assert ranking((order(key(x), query(x)) & (same | before)).expr) is None
    assert ranking((order(key(x), query(tokens)) | (same & before)).expr) is None


def test_any_of_what_is_selected_adds_no_condition() -> None:
    assert before.any().formula == before.any(True).formula == "before.width() > 0"
    assert before.any(1)("ab") == before.any()("ab") == [False, True]
