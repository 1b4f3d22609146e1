"""Positions moved around the input: any spelling of a rotation becomes the same gates, with the same values."""

from __future__ import annotations

import random

import pytest

import hardwire as hw
from hardwire import SOp, indices, key, length, query, tokens, where
from hardwire.analysis import Facts
from hardwire.lang.expr import Op
from hardwire.rewrite.rotations import rotations
from observed import Values

INPUTS = [list("abcabcabcabc"[:n]) for n in range(13)]


def same(program: SOp, max_len: int = 12) -> SOp:
    """The program after the pass; asserts that it has the same values on an input of each length."""
    new = rotations(program.expr, Facts(tuple("abc"), max_len))[program.expr]
    values = Values(INPUTS[: max_len + 1], False)
    for was, now in zip(values.of(program.expr), values.of(new), strict=True):
        assert was.ok == now.ok
        assert was.value == now.value
        assert type(was.value) is type(now.value)
    return SOp(new)


def operations(program: SOp) -> set[Op]:
    return {e.op for e in program.expr.walk()}


@pytest.mark.parametrize("by", range(-11, 12))
@pytest.mark.parametrize("sign", [1, -1])
def test_a_rotation_as_a_value_and_on_either_side(by: int, sign: int) -> None:
    moved = (sign * indices + by) % length
    assert Op.MOD not in operations(same(moved))
    query_side, key_side = key(indices) == query(moved), key(moved) == query(indices)
    for s in (query_side, key_side):
        new = same(s.one(tokens))
        (compared,) = [e for e in new.expr.walk() if e.op is Op.COMPARE and e.src[0].op is not Op.CONST]
        assert compared.src[0] is indices.expr
        assert Op.MOD not in operations(new)


@pytest.mark.parametrize(
    "program",
    [
        (key(where(indices == length - 1, 0, indices + 1)) == query(indices)).one(tokens),
        (key((indices + 1) % length) == query((indices + 3) % length)).one(tokens),
        (key(length * 2 - 2 * indices) == query(2 * indices + 2)).one(tokens),
        (key(-indices) == query(indices + 1 - length)).one(tokens),
        (key(indices * 2) == query((indices + 5) % length * 2)).one(tokens),
    ],
)
def test_other_spellings(program: SOp) -> None:
    new = same(program)
    (compared,) = [e for e in new.expr.walk() if e.op is Op.COMPARE and e.src[0].op is not Op.CONST]
    assert compared.src[0] is indices.expr


@pytest.mark.parametrize(
    "program",
    [
        (indices * 2) % length,
        (indices + 1) % (length + 1),
        (indices + 1) % where(length > 5, length, length - 1),
        where(length == 12, (indices + 1) % length, indices),
        (key((indices + 1) % length) == query(indices + 1)).one(tokens, "-"),
        (key((indices + 1) % length) == query(indices // 2)).one(tokens),
        (key(indices % 3) == query(indices % length)).value(indices),
        (key((indices + 1) % length) == query(tokens.map({"a": 0, "b": 1, "c": 7}))).one(indices, -1),
        (key(6 // indices) == query((indices + 1) % length)).width(),
    ],
)
def test_what_is_no_rotation_keeps_its_values(program: SOp) -> None:
    same(program)


EVENS_FIRST = where(indices % 2 == 0, indices // 2, (length + 1) // 2 + indices // 2)


@pytest.mark.parametrize("query_side", [indices, length - indices, indices * 2 - 3])
def test_a_key_that_takes_neurons_is_looked_up_by_a_table(query_side: SOp) -> None:
    """A position, or none."""
    s = key(EVENS_FIRST) == query(query_side)
    for program in (s.one(tokens, "-"), s.first(tokens, None), s.max(tokens, "-"), s.width(), s.value(indices)):
        new = same(program)
        (compared,) = [e for e in new.expr.walk() if e.op is Op.COMPARE and e.src[0].op is not Op.CONST]
        assert compared.src[0] is indices.expr


@pytest.mark.parametrize("aggregate", ["one", "first", "max", "value"])
def test_their_models_are_proved(aggregate: str) -> None:
    """`.first` and `.max` of one position are the value there."""
    program = getattr(key(EVENS_FIRST) == query(indices), aggregate)(tokens)
    model = hw.compile(program, "abc", 40, remedies=False)
    assert model.parameters < 4_000
    assert hw.verify(model, samples=20)


@pytest.mark.parametrize("seed", range(60))
def test_random_functions_of_position_and_length(seed: int) -> None:
    rng = random.Random(seed)

    def drawn(depth: int) -> SOp:
        if depth == 0:
            return rng.choice([indices, length, indices + rng.randrange(-3, 4), length - indices])
        a, b = drawn(depth - 1), drawn(depth - 1)
        made = [lambda: a + b, lambda: a - b, lambda: a % length, lambda: -a % length, lambda: where(a < b, a, b)]
        return rng.choice(made)()

    s = key(drawn(2)) == query(drawn(2))
    same(s.width())
    same(s.max(tokens, "-"))
    same(drawn(3))


@pytest.mark.parametrize("length_", [16, 60, 100])
@pytest.mark.parametrize("by", [1, -1, 2, -3, 7])
def test_their_models_are_as_small_as_with_where(length_: int, by: int) -> None:
    programs = [(key((indices + by) % length) == query(indices)), (key(indices) == query((indices - by) % length))]
    models = [hw.compile(s.one(tokens), "abc", length_) for s in programs]
    assert all(m.certificate.max_len == length_ for m in models)
    assert models[0].parameters == models[1].parameters <= 8 * length_ + 400 + 250 * abs(by)
    if by == 1:
        chosen = (key(indices) == query(where(indices == 0, length - 1, indices - 1))).one(tokens)
        assert models[0].parameters <= hw.compile(chosen, "abc", length_).parameters
    assert all(hw.verify(m, samples=50) for m in models)
