"""Functions of three and more numbers are computed two by two, with every value and type kept."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable
from typing import Any

import pytest

import hardwire as hw
from hardwire import SOp, indices, key, query, same_token, tokens
from hardwire.analysis import Facts
from hardwire.lang.expr import Op
from hardwire.rewrite.folded import folded
from observed import Values

PREV = (key(indices) == query(indices - 1)).one(tokens)
NEXT = (key(indices) == query(indices + 1)).one(tokens)
FUNCTIONS: dict[str, Callable[..., Any]] = {
    "max": lambda *x: max(x),
    "min": lambda *x: min(x),
    "sum mod": lambda *x: sum(x) % 7,
    "product": lambda a, *x: a * sum(x),
    "between": lambda a, b, *x: a < b < x[0],
    "largest is": lambda *x: x.index(max(x)),
    "constant": lambda *x: 3,
    "clamped": lambda a, b, *x: min(max(a, b - 3), b + x[0]),
    "fails": lambda a, b, *x: a // b + x[0],
    "large": lambda a, b, *x: 2**53 + (a + b + x[0]) % 3,
    "larger": lambda a, b, *x: 2**70 + (a + b + x[0]) % 3,
    "of types": lambda a, b, *x: (a + b) % 2 if a + b + x[0] > 3 else (a + b) % 2 == 1,
}


def opaque(f: Callable[..., Any], *sops: SOp) -> SOp:
    return SOp.zip(lambda *values: f(*values), *sops)


def rewritten(program: SOp, vocab: list[int], n: int) -> SOp:
    return SOp(folded(program.expr, Facts(tuple(vocab), n, causal=False))[program.expr])


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize(
    "sops",
    [(tokens, PREV, NEXT), (PREV, tokens, indices, NEXT), (tokens, tokens + 1, NEXT)],
    ids=["three", "four", "two that belong together"],
)
def test_values_and_types_are_kept(name: str, sops: tuple[SOp, ...]) -> None:
    vocab, rng = [0, 2, 3, 4, 5, 7], random.Random(3)
    inputs = [[rng.choice(vocab) for _ in range(n)] for n in (1, 2, 3, 5, 6, 6, 6, 6) for _ in range(6)]
    values, program = Values(inputs, causal=False), opaque(FUNCTIONS[name], *sops)
    new = rewritten(program, vocab, 6)
    for was, now in zip(values.of(program.expr), values.of(new.expr), strict=True):
        assert was.is_kept_by(now, True), new.formula


def test_pythons_own_are_nested_for_any_values() -> None:
    values = Values([list(x) for x in itertools.product([1, True, 1.0, "a"], repeat=3)], causal=False)
    program = SOp.zip(max, tokens, PREV, NEXT)
    new = rewritten(program, [0], 3)
    assert [len(e.src) for e in new.expr.walk() if e.op is Op.MAP] == [2, 2]
    for was, now in zip(values.of(program.expr), values.of(new.expr), strict=True):
        assert was.is_kept_by(now, True)


def test_what_has_many_different_rows_is_left_as_it_is() -> None:
    middle = opaque(lambda a, b, c: (a * 7 + b * b * 5 + a * b * c) % 101, tokens, PREV, NEXT)
    assert rewritten(middle, list(range(12)), 6) is not None
    assert rewritten(middle, list(range(12)), 6).expr is middle.expr


COUNT = same_token.width()
SIZES: dict[str, tuple[SOp, int, int, int, int]] = {  # (program, tokens, max_len, layers, parameters at most)
    "max": (SOp.zip(max, tokens, PREV, NEXT), 30, 9, 2, 730),
    "of 100 tokens": (SOp.zip(max, tokens, PREV, NEXT), 100, 20, 2, 1_940),
    "opaque": (opaque(min, tokens, PREV, NEXT), 30, 9, 2, 730),
    "sum": (opaque(lambda a, b, c: a + b + c, tokens, PREV, NEXT), 30, 9, 1, 870),
    "sum mod": (opaque(lambda a, b, c: (a + b + c) % 30, tokens, PREV, NEXT), 30, 9, 1, 670),
    "median": (opaque(lambda *x: sorted(x)[1], tokens, PREV, NEXT), 30, 9, 2, 1_000),
    "between": (opaque(lambda a, b, c: min(max(a, b), c + 3), PREV, tokens, COUNT), 30, 9, 2, 1_500),
    "of four": (SOp.zip(max, tokens, PREV, NEXT, COUNT), 30, 9, 2, 2_970),
}


LARGER: dict[str, tuple[SOp, int, int, int, int]] = {
    "of 200 tokens": (SOp.zip(min, tokens, PREV, NEXT), 200, 40, 2, 3_900),
    "opaque, of 50 tokens": (opaque(max, tokens, PREV, NEXT), 50, 9, 2, 1_100),
}


@pytest.mark.parametrize("name", [*SIZES, *(pytest.param(n, marks=pytest.mark.nightly) for n in LARGER)])
def test_they_are_small(name: str) -> None:
    program, vocab, n, layers, parameters = (SIZES | LARGER)[name]
    model = hw.compile(program, range(vocab), n)
    assert (model.dtype, model.certificate.max_len) == ("float32", n)
    assert model.depth <= layers
    assert model.parameters <= parameters
    assert hw.verify(model, samples=60, exhaustive=10)


def test_arguments_that_never_meet_may_have_values_of_any_kind() -> None:
    def f(a: int, b: int, c: int) -> Any:
        return (a + c) % 3 if b == a + 1 else "never"

    values = Values([[0, 2, 3, 5], [7, 4]], causal=False)
    program = SOp.zip(f, tokens, tokens + 1, NEXT)
    new = rewritten(program, [0, 2, 3, 4, 5, 7], 6)
    for was, now in zip(values.of(program.expr), values.of(new.expr), strict=True):
        assert was.is_kept_by(now, True)
