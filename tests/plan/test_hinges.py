"""Hinges: comparisons of integers with errors that are scored exactly 0 for every selected pair."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

import hardwire as hw
from hardwire import full, indices, key, query, same_token, tokens
from hardwire.compiler import BuildSettings, run_stages
from hardwire.lang.selectors import Literal
from hardwire.plan.hinges import UNMET
from hardwire.rewrite import analysed

COUNT = same_token.width()
upto = key(indices) <= query(indices)
OPS: dict[str, Callable[[Any, Any], Any]] = {
    ">": operator.gt, ">=": operator.ge, "<": operator.lt, "<=": operator.le, "==": operator.eq,
}  # fmt: skip


@pytest.mark.parametrize("queries", [range(1, 13), (0, 3, 9, 14)])
@pytest.mark.parametrize("name", OPS)
def test_selected_pairs_score_0_and_others_a_unit_less(name: str, queries: Sequence[int]) -> None:
    """For every pair, with every number off by up to an eighth, by the formula of the construction."""
    selector = OPS[name](key(COUNT), query(COUNT))
    literal, rng = Literal(selector.expr), np.random.default_rng(0)
    k, q = (x.ravel() for x in np.meshgrid(np.arange(1, 13), np.array(queries)))
    off = rng.uniform(-1 / 8, 1 / 8, (2, len(k)))
    score = np.zeros(len(k))
    for sign, distance in UNMET[literal.op]:
        of_queries = sign * np.array(queries) - distance
        for r in of_queries if len(queries) < 12 else sign * np.arange(1, 13):
            above = np.maximum(0, sign * (q + off[1]) - r + 0.5 - distance)
            score -= 4 * above * np.maximum(0, r - sign * (k + off[0]) + 0.5)
    selected = OPS[name](k, q)
    assert not score[selected].any()
    assert score[~selected].max() < -0.5


def test_they_are_as_few_as_the_values_of_either_side() -> None:
    """Counts with 41 values, compared with three numbers."""
    counts, few = (upto & same_token).width(), full.mean(tokens == "a").map(round) * 2
    for selector in (key(counts) < query(few), key(few) > query(counts)):
        program = selector.mean(indices)
        found = run_stages(analysed(program.expr, "ab", 40, causal=False), BuildSettings(steady=True))
        assert "mean (hinges" in str(found.plan)
        assert found.size[1] < 4_000
        assert hw.verify(hw.compile(program, "ab", 40, remedies=False), samples=30, exhaustive=60)


def test_they_are_the_plan_where_errors_must_not_add_up() -> None:
    program = ((key(COUNT) > query(COUNT)) & (key(tokens) == query("a"))).width()
    found = run_stages(analysed(program.expr, "abc", 20, causal=False), BuildSettings(steady=True))
    assert "sum (hinges" in str(found.plan)
    model = hw.compile(program, "abc", 20)
    assert hw.verify(model, samples=60, exhaustive=60)


@pytest.mark.parametrize("max_len", [pytest.param(n, marks=pytest.mark.nightly) for n in (60, 100)])
def test_sorting_by_frequency_has_a_proof(max_len: int) -> None:
    model = hw.compile(hw.programs.sort_by_frequency, max_len=max_len)
    assert (model.dtype, model.depth, model.certificate.max_len) == ("float32", 3, max_len)
    assert hw.verify(model, samples=40, exhaustive=10)


def test_a_rank_by_frequency_takes_two_layers() -> None:
    rank = ((key(COUNT) > query(COUNT)) | ((key(COUNT) == query(COUNT)) & (key(indices) < query(indices)))).width()
    stages = run_stages(analysed(rank.expr, "abcde", 100, causal=False), BuildSettings(steady=True))
    assert stages.schedule.depth == 2
