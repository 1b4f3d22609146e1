"""Means that are counts: the model is exact, and no worse than the same program written with counts."""

from __future__ import annotations

import random
from fractions import Fraction
from typing import Any

import pytest

import hardwire as hw
from hardwire import SOp, before, full, indices, key, length, query, select, tokens, where
from hardwire.analysis import Facts
from hardwire.compiler import compile as compile_model
from hardwire.lang.expr import Op, node
from hardwire.rewrite.counts import counts
from hardwire.rewrite.simplify import simplify

A, B = where(tokens == "a", 1, 0), where(tokens == "b", 1, 0)
UP_TO = key(indices) <= query(indices)
FIRST = where(indices == 0, 1, 0)
SAME = key(tokens) == query(tokens)
WITH_FIRST = SAME | (key(indices) == query(0))

# (as a mean, as a count)
PAIRS: dict[str, tuple[SOp, SOp]] = {
    "a sum": (length * full.mean(A), full.value(A)),
    "a sum of a prefix": ((indices + 1) * UP_TO.mean(A), UP_TO.value(A)),
    "an empty prefix": (before.mean(A) * indices, before.value(A)),
    "by its width": (SAME.mean(indices % 2) * SAME.width(), SAME.value(indices % 2)),
    "rounded": (round(length * full.mean(A)), full.value(A)),
    "a width": (1 / WITH_FIRST.mean(FIRST) - 1, WITH_FIRST.width() - 1),
    "a difference": ((indices + 1) * UP_TO.mean(A) - (indices + 1) * UP_TO.mean(B), UP_TO.value(A) - UP_TO.value(B)),
    "compared": (UP_TO.mean(A) > UP_TO.mean(B), UP_TO.value(A) > UP_TO.value(B)),
    "above a half": (UP_TO.mean(A) > 0.5, UP_TO.value(2 * A - 1) > 0),
    "at least a third": (UP_TO.mean(A) >= Fraction(1, 3), UP_TO.value(3 * A - 1) >= 0),
    "at least 0.8, a float near 4/5": (UP_TO.mean(A) >= 0.8, UP_TO.value(5 * A - 4) >= 0),
    "the other way round": (Fraction(1, 3) <= UP_TO.mean(A), UP_TO.value(3 * A - 1) >= 0),
    "any": (full.mean(A) > 0, full.value(A) > 0),
    "in a selector": (
        (key((indices + 1) * UP_TO.mean(A)) == query((indices + 1) * UP_TO.mean(A))).width(),
        (key(UP_TO.value(A)) == query(UP_TO.value(A))).width(),
    ),
}


def rewritten(x: SOp) -> Any:
    facts = Facts(("a", "b"), 8)
    simple = simplify(x.expr)[x.expr]
    return counts(simple, facts)[simple]


@pytest.mark.parametrize("name", PAIRS)
def test_no_mean_is_left(name: str) -> None:
    assert not any(e.op is Op.MEAN for e in rewritten(PAIRS[name][0]).walk())


@pytest.mark.parametrize("name", PAIRS)
def test_values_and_types_are_kept(name: str) -> None:
    """Types too, wherever the program has one type for a number."""
    mean, count = PAIRS[name]
    again = SOp(rewritten(mean))
    rng = random.Random(1)
    inputs = ["".join(rng.choices("ab", k=rng.randint(1, 8))) for _ in range(200)]
    types: dict[Any, set[type]] = {}
    for x in inputs:
        assert mean(x) == again(x) == count(x)
        for v in mean(x):
            types.setdefault(v, set()).add(type(v))
    for x in inputs:
        assert all(type(v) in types[v] or len(types[v]) > 1 for v in again(x))


def test_large_ratios_are_counted_as_ratios() -> None:
    """2^53 + 1 is no float; the ratio equals the float next to it, and the int does not."""
    large = where(indices == 0, full.mean(tokens) * length * 2**53 + 1, 2.0**53)
    program = full.count_distinct(large)
    root = simplify(program.expr)[program.expr]
    again = SOp(counts(root, Facts((0, 1), 3))[root])
    for x in ([1, 0], [1, 1], [0, 1, 0], [1, 0, 0]):
        assert program(x) == again(x)


@pytest.mark.parametrize("name", PAIRS)
def test_models_are_exact(name: str) -> None:
    assert hw.verify(compile_model(PAIRS[name][0], "ab", 24), samples=100, exhaustive=200)


@pytest.mark.parametrize(
    "x",
    [
        before.mean(A, 1) > 0,  # nothing selected: 1 > 0, and no sum is
        before.mean(A) >= 0.5,
        full.mean(A) * indices,  # not its width
        1 / full.mean(A),  # may be of several
        1 / SAME.mean(FIRST),  # the first position is not always selected
        full.mean(A) > 0.1,  # a float that is no small fraction
        full.mean(indices / 2) * length,
        select(indices, indices, "<").mean(tokens, "-"),
    ],
)
def test_what_is_no_count_stays(x: SOp) -> None:
    assert any(e.op is Op.MEAN for e in rewritten(x).walk())


NEARLY = tokens.map({"a": 1 - 2.0**-53, "b": 0.0})


@pytest.mark.parametrize("swapped", [False, True])
@pytest.mark.parametrize(
    ("mean", "other"),
    [
        # The float next to 1 is less than 1, and a third of it is the float that is nearest to a third.
        (full.mean(NEARLY), full.mean(A)),
        (before.mean(A, indices), before.mean(B)),
        (before.mean(A, 0.5), before.mean(B)),
        (before.mean(A, 0.5), before.mean(B, 1)),
        (before.mean(A / 2), before.mean(B)),
    ],
)
def test_comparisons_of_other_means_keep_their_values(mean: SOp, other: SOp, swapped: bool) -> None:
    for compared in (mean < other, mean <= other, mean == other):
        program = SOp(node(compared.expr.op, *compared.expr.src[::-1])) if swapped else compared
        changed = SOp(rewritten(program))
        for x in ("abb", "a", "", "bab", "abab"):
            assert changed(x) == program(x)


def test_a_whole_number_over_one_is_compared_as_it_is() -> None:
    assert not any(e.op is Op.DIV for e in rewritten(full.value(A) / 1 > 2).walk())
    assert not any(e.op is Op.MEAN for e in rewritten(full.mean(A) * length / 1 > 2).walk())
    assert not any(e.op is Op.MEAN for e in rewritten(before.mean(A) > before.mean(B)).walk())
    assert SOp(rewritten(full.value(A) / 1 > 2))("aaab") == [True] * 4
