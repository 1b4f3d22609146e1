"""A carry from the nearest deciding column: an absent answer between its two values, and a read-out of fewer values."""

from __future__ import annotations

import random
from typing import Any

import pytest

import hardwire as hw
from hardwire import SOp, after, before, indices, key, query, tokens, where
from hardwire.analysis import Facts
from hardwire.rewrite.digits import carried
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
    "a computed default": (lambda over: over, tokens > 2),
}


def program(base: int, kind: str, *, forward: bool = True, over: bool = True) -> SOp:
    """Columns with sums up to 2 base - 2, each plus what the nearest other column than base - 1 passes on."""
    value, default = CARRIES[kind]
    column = where(indices % 2 == 0, tokens, tokens * 2)
    decides = (after if forward else before) & (key(column) != query(base - 1))
    passed = value(column >= base if over else column > base)
    found = decides.first(passed, default) if forward else decides.last(passed, default)
    return (column + found.name("carry")) % base


def inputs(base: int, max_len: int) -> list[list[Any]]:
    rng = random.Random(base)
    return [rng.choices(range(base), k=rng.randint(1, max_len)) for _ in range(150)]


@pytest.mark.parametrize("forward", [True, False])
@pytest.mark.parametrize("over", [True, False])
@pytest.mark.parametrize("base", [2, 4, 10])
@pytest.mark.parametrize("kind", CARRIES)
def test_values_and_types_are_kept(kind: str, base: int, over: bool, forward: bool) -> None:
    root = program(base, kind, forward=forward, over=over).expr
    for causal in (False, True):
        facts, values = Facts(tuple(range(base)), 24, causal=causal), Values(inputs(base, 24), causal)
        for e, new in lower(root, facts).items():
            if e is not new and not e.selector:
                assert all(was.is_kept_by(now, True) for was, now in zip(values.of(e), values.of(new), strict=True))


def test_the_pattern() -> None:
    """Only where the program compares x with m, and one subtraction of m is enough."""
    facts = Facts(tuple(range(10)), 24)
    x, y = tokens + tokens, before.value(1)
    total, over = (x + y) % 10, (x >= 10).expr
    assert list(carried(total.expr, facts, {over})) == [(x.expr, y.expr)]
    for e, parts in (
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
@pytest.mark.parametrize("forward", [True, False])
def test_models(kind: str, forward: bool) -> None:
    model = hw.compile(program(4, kind, forward=forward), range(4), 24)
    assert hw.verify(model, samples=300)


def test_a_carry_is_read_without_neurons() -> None:
    model = hw.compile(program(4, "bool"), range(4), 24)
    assert not len(model.layers[-1].b_in)
    assert model.outputs is not None
    assert len(model.outputs) == 5, "4 is read as 0"
