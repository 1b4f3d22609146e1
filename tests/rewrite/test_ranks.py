"""The first and the last position of an order are looked up by its score, with every value and type kept."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

import hardwire as hw
from hardwire import SOp, after, before, indices, key, length, query, tokens, where
from hardwire.analysis import Facts
from hardwire.lang.expr import Op
from hardwire.rewrite.ranks import ranks
from hardwire.rewrite.simplify import simplify
from observed import Values

VOCABULARIES: list[list[Any]] = [[0, 1, 2], ["b", "a"], [1, True, 1.0], [0.0, -0.0, 2], [3, 700, -5]]
ORDERS = [
    (least, behind, own) for least, behind, own in itertools.product([True, False], [before, after], [False, True])
]


def rank_of(x: SOp, least: bool, behind: Any, own: bool) -> SOp:
    """The rank of each position by x; equal values by position."""
    strict = key(x) < query(x) if least else key(x) > query(x)
    same = key(x) == query(x)
    own_too = key(indices) <= query(indices) if behind is before else key(indices) >= query(indices)
    return (strict | ((own_too if own else behind) & same)).width()


def changed(program: SOp, vocab: list[Any]) -> tuple[bool, SOp]:
    root = simplify(program.expr)[program.expr]
    new = ranks(root, Facts(tuple(vocab), 4, causal=False))[root]
    return any(e.op in (Op.MIN, Op.MAX) for e in new.walk()), SOp(new)


@pytest.mark.parametrize("vocab", VOCABULARIES, ids=str)
@pytest.mark.parametrize(("least", "behind", "own"), ORDERS)
def test_values_and_types_are_kept(vocab: list[Any], least: bool, behind: Any, own: bool) -> None:
    inputs = [list(x) for n in range(5) for x in itertools.product(vocab, repeat=n)]
    values, found = Values(inputs, causal=False), 0
    rank = rank_of(tokens, least, behind, own)
    for wanted in (0, 1, length, length - 1):
        for x in (tokens, indices, tokens == vocab[0], tokens.map(repr)):
            selected = key(rank) == query(wanted)
            for program in (selected.value(x), selected.one(x, "none"), selected.mean(x), selected.last(x)):
                done, new = changed(program, vocab)
                found += done
                for was, now in zip(values.of(program.expr), values.of(new.expr), strict=True):
                    assert was.is_kept_by(now, True), (program.formula, new.formula)
    assert found > 0 or not Facts(tuple(vocab), 4, causal=False).ordered(tokens.expr)


def test_a_tie_on_the_other_side_is_left_as_it_is() -> None:
    rank = rank_of(tokens, True, after, False)  # of equal values, the rightmost is first
    assert not changed((key(rank) == query(0)).one(indices), [0, 1])[0]
    assert changed((key(rank) == query(length - 1)).one(indices), [0, 1])[0]


def test_the_first_of_an_order_takes_one_head() -> None:
    model = hw.compile(hw.programs.minimum)
    assert (model.depth, model.heads) == (1, 1)
    assert model.parameters <= 108
    first = hw.compile(hw.programs.first)
    assert (first.depth, first.heads) == (2, 1)
    assert first.parameters <= 730


def test_the_mask_keeps_the_rank() -> None:
    rank = rank_of(tokens, True, before, False)
    program = (key(rank) == query(0)).value(tokens)
    facts = Facts((0, 1, 2), 4, causal=True)
    assert ranks(program.expr, facts)[program.expr] is program.expr
    assert hw.verify(hw.compile(program, [0, 1, 2], 4, causal=True), max_len=4)


def test_scores_too_far_apart_keep_the_rank() -> None:
    program = (key(rank_of(tokens, True, before, False)) == query(0)).value(tokens)
    assert changed(program, [0, 5])[0]
    assert not changed(program, [0, 10**6])[0]
    assert not changed(where(indices < 0, 0, program), [0, 10**6])[0]


@pytest.mark.parametrize("default", [7, -1, True, None, 0.5])
@pytest.mark.parametrize("own", [False, True])
def test_a_rank_that_is_a_sum_starts_at_its_default(default: Any, own: bool) -> None:
    """Where nothing is in front of a position, its rank is the default: 0, or no rank at all."""
    selector = rank_of(tokens, True, before, own).expr.src[0]
    rank = hw.Selector(selector).value(1, default)
    values = Values([list(x) for n in range(5) for x in itertools.product([0, 1, 2], repeat=n)], causal=False)
    for wanted in (0, 1, length, length - 1):
        program = (key(rank) == query(wanted)).one(tokens, 9)
        done, new = changed(program, [0, 1, 2])
        assert done is (own and (wanted is length or (isinstance(wanted, int) and wanted == 1)))
        for was, now in zip(values.of(program.expr), values.of(new.expr), strict=True):
            assert was.is_kept_by(now, True)
    assert changed((key(hw.Selector(selector).value(1)) == query(int(own))).one(tokens, 9), [0, 1, 2])[0]
