"""Single passes: what each changes, and what it leaves as it is."""

from __future__ import annotations

import itertools
import operator
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest

from hardwire import Selector, SOp, before, full, indices, key, length, query, tokens, where
from hardwire.analysis import Facts
from hardwire.lang.expr import Expr, Op
from hardwire.rewrite import analysed
from hardwire.rewrite.absent import absent
from hardwire.rewrite.addresses import addresses
from hardwire.rewrite.certain import certain
from hardwire.rewrite.closed_form import closed_form
from hardwire.rewrite.lower import lower
from hardwire.rewrite.recognised import recognised
from hardwire.rewrite.simplify import simplify
from hardwire.rewrite.unions import unions
from observed import Values

FACTS = Facts(("a", "b"), 4)


def test_a_bool_of_a_number_stays() -> None:
    for x in (indices, indices - 1, tokens.map(len)):
        assert simplify(x.map(bool).expr)[x.map(bool).expr] is x.map(bool).expr
    condition = indices > 0
    assert simplify(condition.map(bool).expr)[condition.map(bool).expr] is condition.expr


def test_a_default_that_is_never_taken_costs_nothing() -> None:
    def operations(x: SOp) -> set[Op]:
        return {e.op for e in lower(x.expr, FACTS)[x.expr].walk()}

    assert Op.WHERE not in operations(full.value(indices, default=indices * 2))
    assert Op.WHERE in operations(before.value(indices, default=indices * 2))


@pytest.mark.parametrize("negated", [False, True])
def test_a_comparison_that_may_fail_stays_in_a_conjunction(negated: bool) -> None:
    comparison: Selector = key(6 // indices) == query(1)
    one = ~comparison if negated else comparison
    both = one & (key(tokens) == query(tokens))
    for s in (one, both):
        assert certain(s.expr, FACTS, summed=False) is s.expr
        assert (certain(s.expr, FACTS, summed=True) is s.expr) is not negated
    either = one | (key(tokens) == query(tokens))
    assert certain(either.expr, FACTS, summed=False) is not either.expr


def test_positions_without_a_value_have_no_key() -> None:
    """The position itself, where it has a value."""
    x = (key(indices) == query(indices)).one(6 // (2 - indices) * 0 + indices, 0)
    assert SOp(closed_form(x.expr, FACTS)[x.expr]).formula == "indices.map({0: 0, 1: 1, 3: 3})"
    x = (key(indices) == query(indices)).one(6 // (3 - indices) * 0 + indices, 0)
    assert SOp(closed_form(x.expr, FACTS)[x.expr]).formula == "indices.map({0: 0, 1: 1, 2: 2})"
    x = (key(indices) == query(indices)).one(indices, 0)
    assert closed_form(x.expr, FACTS)[x.expr] is indices.expr


def test_combinations_of_length_and_position_are_written_short() -> None:
    length = (key(True) == query(True)).width()
    for x, expected in (
        ((key(1) == query(1)).value(1), length.formula),
        ((key(1) == query(1)).value(2), f"2 * {length.formula}"),
        ((key(indices) > query(indices)).value(1), f"-1 * indices + ({length.formula} + -1)"),
    ):
        assert SOp(closed_form(x.expr, FACTS)[x.expr]).formula == expected


def difference(a: int, b: int) -> int:
    return int(a - b)


def test_a_function_whose_result_has_another_type_is_no_difference() -> None:
    """It is an int where the difference is a ratio."""
    number = tokens.map({"a": 2, "b": 4})
    either = where(full.any(tokens == "a"), number / 1, number)
    e = SOp.zip(difference, either, (key(indices) == query(indices - 1)).one(number, default=2)).expr
    values = Values([["a"], ["b"], ["a", "b"], ["b", "b"]], False)
    new = recognised(e, FACTS)[e]
    assert all(was.is_kept_by(now, typed=True) for was, now in zip(values.of(e), values.of(new), strict=True))


def test_equal_values_of_two_types_have_one_address() -> None:
    """1 and True are equal, and a function that distinguishes them is stored by no sign."""
    vocab = tuple(range(200))
    one = (key(indices) == query(indices - 1)).one(tokens.map({t: t or True for t in vocab}), default=5)
    wide = one.map(lambda x: 20_000 if type(x) is bool else 50 * x)
    e = (key(wide) == query(50 * tokens)).width().expr
    new = addresses(e, Facts(vocab, 3))[e]
    values = Values([[0, 1], [1, 0], [0, 0], [1, 1], [1, 2, 1], [0, 2, 1]], False)
    assert values.of(e) == values.of(new)


@pytest.mark.parametrize("other", [-1, "x", 5])
def test_an_alternative_that_is_no_truth_value_is_not_added(other: object) -> None:
    """`True | -1` is True, and so is `True | "x"`: their sum is 0, or has no value."""
    either = tokens.map({"a": True, "b": False}) | tokens.map({"a": other, "b": 0})
    e = ((key(either) == query(True)).width() > 0).expr
    values = Values([["a"], ["b"], ["a", "b"], ["b", "b"]], False)
    assert values.of(unions(e, FACTS)[e]) == values.of(e)


def test_alternatives_are_not_added_beside_a_selector_that_may_fail() -> None:
    """It fails at a cell where no alternative holds, and there the cell is not selected."""
    either = (tokens == 1) | (tokens == 2)
    e = (((key(tokens) < query(tokens)) & (key(either) == query(True))).width() > 0).expr
    values = Values([[1, "a"], ["a", 1], [2, 1, "a"]], False)
    assert [p.ok for p in values.of(e)] == [True, False, False, True, True, True, False]
    assert values.of(unions(e, Facts((1, 2, "a"), 3))[e]) == values.of(e)


@pytest.mark.parametrize("other", [0, -1])
def test_widths_that_are_added_up_are_one_sum(other: int) -> None:
    """As an earlier version wrote them in its models; not where a key may be no truth value."""
    a, b = (key(tokens == "a") == query(True)), (key(tokens.map({"a": other, "b": 1})) == query(True))
    e = (((before & a).width() + (b & before).width()) > 0).expr
    values = Values([["a"], ["b"], ["a", "b"], ["b", "b"], ["b", "a", "b"]], False)
    new = unions(e, FACTS)[e]
    assert values.of(new) == values.of(e)
    assert sum(x.op is Op.WIDTH for x in new.walk()) == (2 if other else 0)


def test_a_marker_that_equals_a_ratio_is_none() -> None:
    """A ratio is equal to the float that is nearest to it."""
    mean = full.mean(tokens.map({"a": 0, "b": 1}))
    e = (key(where(tokens == "a", indices, 1 / 3)) == query(mean)).width().expr
    values = Values([["a", "a", "b"], ["b", "a", "a"], ["b", "b", "a"], ["a"]], False)
    assert values.of(absent(e, FACTS)[e]) == values.of(e)


def simplified(program: SOp) -> Expr:
    return simplify(program.expr)[program.expr]


TOTALS = [[], *([*x] for n in range(1, 5) for x in itertools.product("abc", repeat=n))]


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("limit", [0, 1, True, Fraction(1, 2), 0.5, -1])
@pytest.mark.parametrize("side", [operator.lt, operator.gt])
def test_a_total_is_compared_on_one_side_where_its_parts_are_on_the_other(
    causal: bool, limit: object, side: Callable[[Any, Any], SOp]
) -> None:
    """Of sums of ints, bools, ratios and floats."""
    for table in (
        {"a": 1, "b": -1, "c": True},
        {"a": Fraction(1, 2), "b": -1, "c": 0.5},
        {"a": 0.1, "b": -0.3, "c": 0},
    ):
        x = tokens.map(table)
        for order in (operator.le, operator.ge):
            sums = order(key(indices), query(indices)).value(x)
            e = simplified(full.any(side(sums, limit) | (full.value(x) != limit)))
            facts = Facts(tuple("abc"), 4, causal=causal)
            values, new = Values(TOTALS, causal), unions(e, facts)[e]
            assert all(was.is_kept_by(now, typed=True) for was, now in zip(values.of(e), values.of(new), strict=True))
            kept = any(part.op is Op.NE for part in new.walk())
            assert kept is (causal and order is operator.ge)


def test_other_totals_are_compared_on_both_sides() -> None:
    """Of another number, with another limit, of fewer keys, or where the prefix is compared with `<=`."""
    x, y = tokens.map({"a": 1, "b": -1, "c": 0}), tokens.map({"a": 1, "b": 0, "c": -1})
    upto, some = key(indices) <= query(indices), key(tokens) != query("c")
    facts, values = Facts(tuple("abc"), 4), Values(TOTALS, False)
    for part, total in (
        (upto.value(y) < 0, full.value(x) != 0),
        (upto.value(x) < -1, full.value(x) != 0),
        ((upto & some).value(x) < 0, full.value(x) != 0),
        (upto.value(x) <= 0, full.value(x) != 0),
        (before.value(x) < 0, full.value(x) != 0),
        (upto.value(x, "x") == 0, full.value(x) != 0),
    ):
        for e in map(simplified, (full.any(part | total), some.any(part | total))):
            new = unions(e, facts)[e]
            assert values.of(new) == values.of(e)
            assert any(x.op is Op.NE for x in new.walk() if not x.selector)


def doubled(x: SOp) -> SOp:
    for _ in range(30):
        x = x + x
    return x


MARKS = (key(tokens) == query("a")).width()
DOUBLED = {
    "a sum": doubled(MARKS) - doubled((key(tokens) == query("b")).width()),
    "means": doubled(full.mean(tokens == "a")) > doubled(full.mean(indices)),
    "widths": doubled(MARKS) > 0,
    "a sum of widths": full.value(doubled(tokens == "a")) > 0,
    "a remainder": doubled(length - indices) % 3,
    "a key": (key(doubled(full.value(tokens == "a"))) == query(indices)).width(),
    "a position": (key(doubled(where(indices == 0, length, indices))) == query(doubled(indices))).one(tokens, "-"),
}


@pytest.mark.parametrize("name", DOUBLED)
def test_what_is_read_twice_is_looked_at_once(name: str) -> None:
    """There are a billion ways from the result to what is doubled thirty times."""
    program = analysed(DOUBLED[name].expr, "ab", 9, causal=False)
    assert sum(1 for _ in program.final.walk()) < 150
