"""Certified models in PyTorch on several numbers of threads: what is certified in NumPy's arithmetic holds there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from cases import needs

import attack
import hardwire as hw
from hardwire.export.comparison import answering
from hardwire.export.torch_file import runner
from hardwire.programs import LIBRARY

THREADS = (1, 2, 4)


def in_torch(model: hw.Transformer) -> dict[str, Callable[[Sequence[Any]], Any]]:
    """A model's answers in PyTorch on the CPU, by what they are computed with."""
    import torch

    module = hw.export.torch(model, check=False)
    answers = answering(model, runner(module))

    def on(threads: int) -> Callable[[Sequence[Any]], Any]:
        def run(inputs: Sequence[Any]) -> Any:
            before = torch.get_num_threads()
            torch.set_num_threads(threads)
            try:
                return answers(inputs)
            finally:
                torch.set_num_threads(before)

        return run

    return {f"in PyTorch on {n} threads": on(n) for n in THREADS}


def outcomes(cases: Sequence[attack.Case], most: int, few: int) -> Counter[str]:
    return Counter(attack.outcome(case, most, few, in_torch) for case in cases)


def test_generated_programs() -> None:
    needs("torch", "torch")
    found = outcomes([attack.generated(seed) for seed in range(40)], 1000, 50)
    assert found.keys() <= {"right", "not certified", "not compiled"}
    assert found["right"] >= 25


@pytest.mark.nightly
@pytest.mark.parametrize("start", range(0, 1000, 50))
def test_a_thousand_generated_programs(start: int) -> None:
    needs("torch", "torch")
    found = outcomes([attack.generated(seed) for seed in range(start, start + 50)], 10_000, 600)
    print(dict(found))
    assert found.keys() <= {"right", "not certified", "not compiled"}
    assert found["right"] >= 30


@pytest.mark.nightly
@pytest.mark.parametrize("name", LIBRARY)
def test_the_library(name: str) -> None:
    needs("torch", "torch")
    found = attack.outcome(attack.library(name), 10_000, 300, in_torch)
    assert found == "right"
