"""Models and certificates as they were recorded: every change of a size, a margin or a refusal is noticed.

A bound that becomes narrower may have lost a term and be wrong; one that becomes wider, or a model that becomes
larger, costs users something. Where a change is intended, `PYTHONPATH=tests python tests/proof/test_records.py` writes
records.json again, and the difference shows the change.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import hardwire as hw
from hardwire import full, indices, key, query, tokens
from hardwire.errors import CertificateError, CompileError
from hardwire.programs import LIBRARY
from hardwire.random_programs import VOCABULARIES, random_program
from hardwire.recipes import models
from variants import VARIANTS

FILE = Path(__file__).parent / "records.json"
LENGTH = 6
RANDOM = [seed for seed in range(500_000, 500_240) if seed not in (500_168, 500_218)]  # which take longest
BY_EVERY_INPUT = {
    "addition": 2,
    "dyck_average_hard": 3,
    "dyck_unique_hard": 3,
    "induction": 5,
    "majority_by_norm": 5,
    "ngram": 2,
    "table_lookup": 3,
}
"""How long the inputs of complete models are, up to which they are proved."""

QUICK = [name for name in LIBRARY if name not in ("reverse_words", "reverse_letters")]

MEAN = full.mean(tokens.map({"a": 1, "b": 3}))
SOFAR = (key(indices) <= query(indices)).mean(indices)
NUMBERS = {
    "a mean": MEAN,
    "half of it": MEAN / 2,
    "three of it and one": 3 * MEAN + 1,
    "what it lacks": 1 - MEAN,
    "its opposite": -MEAN,
    "two means": MEAN - SOFAR,
    "the same twice": (MEAN + SOFAR) * 0.5 - MEAN,
    "a mean of a mean": full.mean(MEAN - indices),
}
"""Programs that are read as numbers."""

Record = dict[str, Any]


def of_library(name: str, **options: Any) -> hw.Transformer:
    program = LIBRARY[name]
    given = None if program.given is None else program.given()
    return hw.compile(program(), program.vocab, min(LENGTH, program.max_len), given=given, remedies=False, **options)


def of_random(seed: int) -> hw.Transformer:
    rng = random.Random(seed)
    vocab = VOCABULARIES[rng.choice(sorted(VOCABULARIES))]
    size, max_len, causal = rng.randint(3, 12), rng.randint(2, 9), rng.random() < 0.4
    options = {"dtype": "float64" if rng.random() < 0.3 else "float32", "reuse": rng.random() < 0.4}
    return hw.compile(random_program(seed, size, vocab), vocab, max_len, causal=causal, remedies=False, **options)


def by_every_input(name: str) -> hw.Transformer:
    model = getattr(models, name)()
    return model.certified(hw.certify(model, max_len=BY_EVERY_INPUT[name]))


def of_numbers(name: str, *, causal: bool = False) -> hw.Transformer:
    return hw.compile(NUMBERS[name], "ab", 24, dtype="float64", causal=causal, output="number")


def variant(name: str, dtype: str) -> hw.Transformer:
    """A random model, whose program is what it answers."""
    model = replace(VARIANTS[name], dtype=dtype)
    return model.certified(hw.certify(model, lambda x: list(model(x)), max_len=3))


CASES: dict[str, Callable[[], hw.Transformer]] = {
    **{name: lambda name=name: of_library(name) for name in QUICK},
    **{f"{name}, directions used again": lambda name=name: of_library(name, reuse=True) for name in QUICK},
    **{f"{name}, causal": lambda name=name: of_library(name, causal=True) for name in QUICK},
    **{f"random {seed}": lambda seed=seed: of_random(seed) for seed in RANDOM},
    **{f"{name}, by every input": lambda name=name: by_every_input(name) for name in BY_EVERY_INPUT},
    **{f"{name}, a number": lambda name=name: of_numbers(name) for name in NUMBERS},
    **{f"{name}, a number, causal": lambda name=name: of_numbers(name, causal=True) for name in NUMBERS},
    **{f"{name}, {t}": lambda name=name, t=t: variant(name, t) for name in VARIANTS for t in ("float32", "float64")},
}


def rounded(x: float) -> float | str:
    """Seven digits: what another processor may change is far below."""
    return float(f"{x:.7g}") if abs(x) != float("inf") else str(x)


def record(case: str) -> Record:
    try:
        model = CASES[case]()
    except (CertificateError, CompileError) as error:
        return {"refused": type(error).__name__}
    size = [model.depth, model.heads, model.d_model, model.d_ff, model.parameters]
    certificate = model.certificate
    assert certificate is not None
    margins = [[m.layer, m.kind, rounded(m.error), rounded(m.limit)] for m in certificate.margins]
    return {"size": size, "status": certificate.status, "margins": sorted(margins, key=str)}


RECORDS: dict[str, Record] = json.loads(FILE.read_text(encoding="utf-8")) if FILE.exists() else {}


@pytest.mark.parametrize("case", CASES)
def test_nothing_has_changed(case: str) -> None:
    found, recorded = record(case), RECORDS[case]
    assert {**found, "margins": 0} == {**recorded, "margins": 0}
    for margin, before in zip(found.get("margins", ()), recorded.get("margins", ()), strict=True):
        assert margin[:2] == before[:2]
        assert [float(x) for x in margin[2:]] == pytest.approx([float(x) for x in before[2:]], rel=2e-6)


def test_records_are_of_these_cases() -> None:
    assert RECORDS.keys() == CASES.keys()
    assert sum("refused" in r for r in RECORDS.values()) < len(RECORDS) / 10


if __name__ == "__main__":
    lines = [f"{json.dumps(case)}: {json.dumps(record(case))}" for case in CASES]
    FILE.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
