"""Every pass keeps each value with its type, on generated programs over values of every kind. The interpreter runs
every input up to length 5, or a sample of them, under both masks."""

from __future__ import annotations

import pytest

import wild
from hardwire import SOp
from hardwire.analysis import Facts
from hardwire.errors import CompileError
from hardwire.rewrite import PASSES
from hardwire.rewrite.verify import verify
from observed import Values


def check_passes(seed: int) -> bool:
    """Whether the program could be analysed; asserts that each pass keeps every value with its type."""
    case, inputs = wild.case(seed, few=64, some=40)
    facts, values = Facts(tuple(case.vocab), case.max_len, causal=case.causal), Values(inputs, case.causal)
    root = case.program.expr
    for p in PASSES:
        try:
            new = p.change(root, facts)
        except CompileError:
            return False
        for e, changed in new.items():
            if e is changed or e.selector or changed.selector:
                continue
            # The type of a program's own result is not promised where its values differ in type.
            typed = p.types or e is not root
            for was, now in zip(values.of(e), values.of(changed), strict=True):
                shown = f"{p.name}: {SOp(e).formula} is {was}, {SOp(changed).formula} is {now}, in {case}"
                assert was.is_kept_by(now, typed), shown
        root = new[root]
        verify(root, p.name, set())
    return True


@pytest.mark.parametrize("start", range(0, 450, 50))
def test_rewriting_keeps_values_and_types(start: int) -> None:
    analysed = [check_passes(seed) for seed in range(start, start + 50)]
    assert sum(analysed) >= 40, "too many are refused to say anything"


@pytest.mark.nightly
@pytest.mark.parametrize("start", range(100_000, 140_000, 500))
def test_rewriting_keeps_values_and_types_of_many(start: int) -> None:
    for seed in range(start, start + 500):
        check_passes(seed)
