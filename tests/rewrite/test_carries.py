"""A carry from the nearest deciding column: an absent answer between its two values, and a read-out of fewer values."""

from __future__ import annotations

import random
from typing import Any

import pytest

import hardwire as hw
from hardwire import SOp, after, before, indices, key, query, tokens, where
from hardwire.analysis import Facts
from hardwire.rewrite.digits import Carried, carried
from hardwire.rewrite.lower import lower
from observed import Values

CARRIES: dict[str, Any] = {
    "bool": (lambda over: over, False),
    "bool or int": (lambda over: over, 0),
    "ints": (lambda over: where(over, 3, 1), 1),
    "equal values": (lambda over: where(over, where(tokens == 1, 1, True), 0), 0),
    "other default": (lambda over: over, 7),
    "no default of its kind": (lambda over: over, None),
    "three": (lambda over: where(over, 1, where(tokens == 0, 2, 0)), 0),
    "large": (lambda over: where(over, 2**53 + 2, 2**53), 2**53),  # no float lies between
    "too large": (lambda over: where(over, 2**2000 + 1, 2**2000), 0),
    "a computed default": (lambda over: over, tokens > 2),
}


def program(base: int, kind: str, *, forward: bool = True, over: bool = True, added: bool = True) -> SOp:
    """Columns with sums up to 2 base - 2, each plus what the nearest other column than base - 1 passes on; or with
    differences, less what the nearest column other than 0 passes on."""
    value, default = CARRIES[kind]
    column = where(indices % 2 == 0, tokens, tokens * 2 if added else -tokens)
    decides = (after if forward else before) & (key(column) != query(base - 1 if added else 0))
    beyond = (column >= base if over else column > base) if added else (column < 0 if over else column < -1)
    found = decides.first(value(beyond), default) if forward else decides.last(value(beyond), default)
    return (column + found.name("carry") if added else column - found.name("borrow")) % base


def inputs(base: int, max_len: int) -> list[list[Any]]:
    rng = random.Random(base)
    return [rng.choices(range(base), k=rng.randint(1, max_len)) for _ in range(150)]


@pytest.mark.parametrize("forward", [True, False])
@pytest.mark.parametrize(("over", "added"), [(True, True), (True, False), (False, True)])
@pytest.mark.parametrize("base", [2, 4, 10])
@pytest.mark.parametrize("kind", CARRIES)
def test_values_and_types_are_kept(kind: str, base: int, over: bool, added: bool, forward: bool) -> None:
    root = program(base, kind, forward=forward, over=over, added=added).expr
    for causal in (False, True):
        facts, values = Facts(tuple(range(base)), 24, causal=causal), Values(inputs(base, 24), causal)
        for e, new in lower(root, facts).items():
            if e is not new and not e.selector:
                assert all(was.is_kept_by(now, True) for was, now in zip(values.of(e), values.of(new), strict=True))


def test_the_pattern() -> None:
    """Only where the program compares x with m or 0, and one subtraction or addition of m is enough."""
    facts = Facts(tuple(range(10)), 24)
    x, y = tokens + tokens, before.value(1)
    total, over = (x + y) % 10, (x >= 10).expr
    assert list(carried(total.expr, facts, {over})) == [Carried(x.expr, y.expr, over, -10)]
    z = tokens - where(indices == 0, tokens, 9 - tokens)
    below = (z < 0).expr
    assert list(carried(((z - y) % 10).expr, facts, {below})) == [Carried(z.expr, y.expr, below, 10)]
    for e, parts in (
        ((z - y) % 8, {below}),  # down to -9
        ((y - z) % 10, {below}),
        ((x - y) % 10, {(x < 0).expr}),  # never below 0
        (total, set()),
        ((x + y) % 9, {over, (x >= 9).expr}),  # up to 18
        ((x + y) % 20, {(x >= 20).expr}),  # always below
        ((x - 1 + y) % 10, {(x - 1 >= 10).expr}),  # below 0
        ((x - y) % 10, {over}),
        (x + y, {over}),
        ((x / 2 + y) % 5, {(x / 2 >= 5).expr}),
    ):
        assert not list(carried(e.expr, facts, parts)), e.formula


@pytest.mark.parametrize("kind", ["bool", "ints", "other default", "three"])
@pytest.mark.parametrize(("forward", "added"), [(True, True), (False, True), (True, False)])
def test_models(kind: str, forward: bool, added: bool) -> None:
    model = hw.compile(program(4, kind, forward=forward, added=added), range(4), 24)
    assert hw.verify(model, samples=300)


@pytest.mark.parametrize("kind", ["large", "too large"])
def test_large_carries(kind: str) -> None:
    assert hw.verify(hw.compile(program(3, kind), range(3), 24), samples=300)


@pytest.mark.parametrize("added", [True, False])
def test_a_carry_is_read_without_neurons(added: bool) -> None:
    model = hw.compile(program(4, "bool", added=added), range(4), 24)
    assert not len(model.layers[-1].b_in)
    assert model.outputs is not None
    assert len(model.outputs) == 5, "4 is read as 0, or -1 as 3"
