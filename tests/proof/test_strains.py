"""Models strained (tests/strains.py) as far as they are certified: there, if anywhere, a bound that counts too little
lets a machine answer wrongly."""

from __future__ import annotations

import random
from collections import Counter
from functools import cache

import numpy as np
import pytest

import attack
import hardwire as hw
from hardwire import SOp, before, full, indices, key, query, tokens, where
from hardwire.errors import CertificateError, ModelError
from hardwire.numeric.machine import ORDERS, Choices, Simulated
from strains import STRAINS, Strain, edge

NUMBERS = tokens.map({"a": 0, "b": 1, "c": 3})
SAME = key(tokens) == query(tokens)
OF_A, OF_B = (key(tokens) == query(x) for x in "ab")
PROGRAMS: dict[str, tuple[SOp, dict[str, object]]] = {
    "sum": (full.value(NUMBERS), {}),
    "sum in float64": (full.value(NUMBERS), {"dtype": "float64"}),
    "sum of what is before": (before.value(NUMBERS), {"causal": True}),
    "count": (SAME.width(), {}),
    "counts of counts": ((key(SAME.width()) == query(SAME.width())).width(), {}),
    "mean": (before.mean(tokens == "a"), {}),
    "mean, compared": (before.mean(NUMBERS) > 1, {"causal": True}),
    "look-up": ((key(indices) == query(indices - 1)).one(tokens, "-"), {}),
    "look-up of one position": ((key(indices) == query(0)).one(NUMBERS), {}),
    "greatest": (full.max(NUMBERS), {}),
    "last": ((before & OF_A).last(NUMBERS, -1), {}),
    "first": (OF_B.first(indices, -1), {}),
    "reversed": (hw.programs.flip(), {"dtype": "float64"}),
    "sorted, directions used again": (hw.programs.sort(), {"reuse": True}),
    "most frequent, directions used again": (hw.programs.most_frequent(), {"reuse": True}),
    "comparison": (OF_A.width() > OF_B.width(), {}),
    "votes": ((OF_A.width() > 2) & (OF_B.width() > 2), {}),
    "branches": (where(full.value(NUMBERS) > 3, full.max(NUMBERS), before.value(NUMBERS)), {}),
}
VOCAB = "abc"


@cache
def compiled(name: str, max_len: int) -> hw.Transformer:
    program, options = PROGRAMS[name]
    return hw.compile(program, VOCAB, max_len, **options)  # type: ignore[arg-type]


def hard_inputs(longest: int, rng: random.Random) -> list[list[str]]:
    """Inputs of one token, of two with one of them first or last alone, and random ones."""
    found = []
    for n in {longest, longest - 1, max(1, longest // 2)}:
        found += [[v] * n for v in VOCAB]
        found += [[v, *[w] * (n - 1)] for v in VOCAB for w in VOCAB if v != w]
        found += [[*[w] * (n - 1), v] for v in VOCAB for w in VOCAB if v != w]
        found += [[rng.choice(VOCAB) for _ in range(n)] for _ in range(3)]
    return found


def outcome(name: str, strain: Strain, max_len: int, seed: int) -> str:
    """Whether the most strained model that is certified is "right", or what a machine answers otherwise; "refused"
    where the least strained is."""
    program, model = PROGRAMS[name][0], compiled(name, max_len)

    def certified(strained: hw.Transformer) -> bool:
        try:
            hw.certify(strained, program)
        except CertificateError:
            return False
        return True

    try:
        found = edge(lambda amount: strain(model, amount, np.random.default_rng(seed)), certified)
    except (ModelError, StopIteration, ValueError):  # it has no such weights, or they leave the format
        return "none"
    if found is None:
        return "refused"
    same = attack.promised(found, hw.certify(found, program))
    inputs = hard_inputs(max_len, random.Random(seed))
    wanted = program.batch(inputs, causal=found.causal, errors="keep")
    trial = attack.Trial(inputs, [list(w) for w in wanted], False)
    order = ORDERS[seed % len(ORDERS)]
    machines = [Simulated.of(found, Choices(seed + i)) for i in range(3)]
    for answers in (*machines, Simulated.of(found, Choices(seed, (order,)))):
        if wrong := trial.differs(answers, same):
            return f"{name} for {max_len} tokens, {strain.__name__}, seed {seed}: {wrong}"
    return "right"


def tally(cases: list[tuple[str, Strain, int, int]]) -> Counter[str]:
    with np.errstate(all="ignore"):
        found = Counter(outcome(*case) for case in cases)
    print(dict(found))
    assert found.keys() <= {"refused", "right", "none"}, found
    return found


@pytest.mark.parametrize("strain", STRAINS, ids=lambda s: s.__name__)
def test_strains(strain: Strain) -> None:
    """Each on some programs, of which each meets several."""
    at = STRAINS.index(strain)
    names = [n for i, n in enumerate(PROGRAMS) if (i + at) % 4 == 0]
    assert tally([(name, strain, 12, at) for name in names])["right"] >= 1


@pytest.mark.nightly
@pytest.mark.parametrize("strain", STRAINS, ids=lambda s: s.__name__)
@pytest.mark.parametrize("max_len", [5, 30, 120])
def test_many_strains(strain: Strain, max_len: int) -> None:
    seeds = range(4 if max_len < 100 else 1)
    cases = [(n, strain, max_len, seed) for n in PROGRAMS for seed in seeds if "float64" in n or max_len < 100]
    tally(cases)
