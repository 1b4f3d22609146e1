"""What the rewriting stages make of a program."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

import hardwire as hw
from hardwire import full, indices, key, length, query, tokens, where
from hardwire.errors import CompileError
from hardwire.lang.expr import Op, node
from hardwire.rewrite import analysed


def rewritten(program: hw.SOp, max_len: int = 30, *, causal: bool = False) -> set[Op]:
    """The operations of a program after all rewriting stages."""
    known = analysed(program.expr, ("a", "b"), max_len, causal=causal)
    return {e.op for e in known.rewritten[program.expr].walk()}


def test_what_is_the_same_at_every_position_is_a_constant() -> None:
    never = (key(where(indices < 0, True, False)) == query(True)).width()
    assert rewritten(never + (key(tokens) == query("a")).width()) >= {Op.WIDTH}
    assert Op.INDICES not in rewritten(never + (key(tokens) == query("a")).width())


def test_logic_with_a_constant_is_the_other_side() -> None:
    is_a = tokens == "a"
    assert (is_a | hw.SOp(node(Op.CONST, arg=False))).expr.op is Op.OR
    assert rewritten(is_a | hw.SOp(node(Op.CONST, arg=False))) == rewritten(is_a)
    assert rewritten(hw.SOp(node(Op.CONST, arg=True)) & is_a) == rewritten(is_a)
    assert rewritten(is_a | hw.SOp(node(Op.CONST, arg=True))) == {Op.CONST}
    assert rewritten(is_a & hw.SOp(node(Op.CONST, arg=False))) == {Op.CONST}


def test_what_nothing_is_selected_for_has_its_default() -> None:
    behind, is_a = key(indices) > query(indices), key(tokens) == query("a")
    assert rewritten((behind & is_a).first(tokens, "-"), causal=True) == {Op.CONST}
    assert rewritten((behind & is_a).first(tokens, "-")) >= {Op.MIN}
    assert rewritten((behind & (is_a | behind)).width(), causal=True) == {Op.CONST}
    assert rewritten((key(tokens) == query("q")).last(indices, -1)) == {Op.CONST}  # no token of "ab"
    assert rewritten((key(tokens) < query("a")).width()) == {Op.CONST}
    assert rewritten((key(tokens) < query("b")).width()) == {Op.WIDTH, Op.COMPARE, Op.TOKENS, Op.CONST}
    ratio = (key(tokens) == query(Fraction(1, 10))).width()  # a float meets it
    assert hw.compile(ratio, (0.1, 0.2, 1), 4)([0.1, 0.2, 0.1]) == ratio([0.1, 0.2, 0.1]) == [2, 2, 2]
    one = (key(indices) == query(indices)) | (key(indices) == query(indices - 1))
    assert analysed(one.expr, "ab", 9, causal=True).facts.width((one & is_a).expr) == (0, 2)
    assert analysed(one.expr, "ab", 9, causal=True).facts.width((one | is_a).expr) == (1, 9)


@pytest.mark.parametrize(("even", "odd"), [(-0.0, 0.0), ((1,), (True,)), (Fraction(2), 2)])
def test_equal_values_of_different_lengths_are_no_constant(even: Any, odd: Any) -> None:
    x = full.first(where(length % 2 == 0, even, odd))
    assert {e.op for e in analysed(x.expr, ("a", "b"), 5, causal=False).rewritten[x.expr].walk()} != {Op.CONST}
    with pytest.raises(CompileError, match="distinguishes equal values"):
        hw.compile(x.str(), "ab", 5)


@pytest.mark.parametrize(("a", "b"), [((1,), (True,)), (0.0, -0.0), (1, True)])
def test_an_analysis_is_of_one_vocabulary(a: Any, b: Any) -> None:
    for token in (a, b, a):
        model = hw.compile(tokens.str(), [token, "x"], 3)
        assert repr(model.vocab) == repr((token, "x"))
        assert model([token]) == [str(token)]
