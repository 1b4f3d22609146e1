"""What the tests of exports share: compiled library programs, fixed inputs, and what the programs answer."""

from __future__ import annotations

import importlib.util
import json
import os
import random
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import hardwire as hw
from hardwire.export.tokenizer import Tokenizer
from hardwire.programs import LIBRARY

CAUSAL = (
    "bracket_depth",
    "copy",
    "cumsum",
    "frac_prevs",
    "histogram",
    "induction",
    "is_first",
    "shift",
    "unique_count",
    "sort",
)
"""What is compiled as causal too."""
LOADERS = Path(__file__).parent / "loaders"


@cache
def compiled(name: str, causal: bool = False) -> hw.Transformer:
    """A library program at its default vocabulary and length."""
    program = LIBRARY[name]
    return hw.compile(program(), program.vocab, program.max_len, causal=causal)


@dataclass(frozen=True)
class Case:
    """A model, fixed inputs of all lengths, and what its program answers to them."""

    name: str
    model: hw.Transformer
    inputs: list[list[Any]]
    answers: list[Any] = field(repr=False)

    def job(self, path: Path, **more: Any) -> dict[str, Any]:
        names = dict(zip(self.model.vocab, Tokenizer.of(self.model.vocab).names, strict=True))
        words = [[names[t] for t in x] for x in self.inputs]
        ids = [[0, *self.model.encode(x)] for x in self.inputs]
        return {"name": self.name, "path": str(path), "words": words, "ids": ids, **more}

    def wrong(self, found: Any) -> int:
        """How many inputs got a wrong answer somewhere. found: the indices of outputs, or numbers."""
        assert not isinstance(found, str), f"{self.name}: {found}"
        outputs = self.model.outputs
        wrong = 0
        for want, got in zip(self.answers, found, strict=True):
            assert len(want) == len(got)
            wrong += not all(
                isinstance(a, hw.Failure) or (b is not None and self._same(a, b if outputs is None else outputs[b]))
                for a, b in zip(want, got, strict=True)
            )
        return wrong

    def _same(self, want: Any, got: Any) -> bool:
        if self.model.outputs is not None:
            return bool(want == got)
        return bool(round(got) == want) if self.model.whole else abs(got - want) <= self.model.tolerance


def case(name: str, causal: bool = False, many: int = 24) -> Case:
    program, model = LIBRARY[name], compiled(name, causal)
    rng = random.Random(name)
    longest = program.max_len
    inputs = [list(program.example), [], *([v] * n for v in program.vocab[:2] for n in (1, longest))]
    inputs += [list(program.sample(rng, longest)) for _ in range(many // 2)]
    inputs += [rng.choices(program.vocab, k=n) for n in (2, 3, longest - 1, longest)]
    inputs += [rng.choices(program.vocab, k=rng.randint(0, longest)) for _ in range(many // 2)]
    return Case(name, model, inputs, program().batch(inputs, causal=causal, errors="keep"))


def load(loader: str, jobs: list[dict[str, Any]], also: str = "") -> dict[str, Any]:
    """What a fresh process answers that knows nothing of hardwire. also: a folder to import from first."""
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    if also:
        environment["PYTHONPATH"] = also
    done = subprocess.run(
        [sys.executable, "-W", "ignore", str(LOADERS / loader)],
        input=json.dumps(jobs),
        capture_output=True,
        text=True,
        env=environment,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def needs(package: str, extra: str) -> None:
    """Skips, saying why, where a package is missing."""
    if importlib.util.find_spec(package) is None:
        pytest.skip(f"{package} is not installed (the extra `{extra}`): `make test-exports` runs this")


Export = Callable[[hw.Transformer, Path], Any]


def totals(loader: str, cases: list[Case], paths: list[Path], also: str = "", **more: Any) -> tuple[int, int]:
    """(inputs, wrong ones) over all cases; each wrong case is named."""
    found = load(loader, [c.job(path, **more) for c, path in zip(cases, paths, strict=True)], also)
    wrong = {c.name: n for c in cases if (n := c.wrong(found[c.name]))}
    assert not wrong, wrong
    return sum(len(c.inputs) for c in cases), sum(wrong.values())
