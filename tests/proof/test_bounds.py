"""What a proof by structure says of the stream, on machines that round where they may: every part that it proved is
held to within its error, and no coordinate is larger than it says."""

from __future__ import annotations

import random
import sys
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from machine import Machine

import attack
import hardwire as hw
from hardwire.errors import CertificateError, CompileError
from hardwire.programs import LIBRARY
from hardwire.proof.prover import Prover


@pytest.fixture
def provers(monkeypatch: pytest.MonkeyPatch) -> list[Prover]:
    """The provers that were at work, with all that they found."""
    found: list[Prover] = []

    class Watched(Prover):
        def __init__(self, *args: Any) -> None:
            super().__init__(*args)
            found.append(self)

    monkeypatch.setattr(sys.modules["hardwire.proof.certify"], "Prover", Watched)
    return found


@dataclass
class Seen:
    """How many numbers were looked at, and the largest part of its bound that an error was."""

    numbers: int = 0
    used: float = 0.0


def check(prover: Prover, model: hw.Transformer, inputs: list[Any], seed: int) -> Seen:
    stream, world, seen = prover.stream, prover.world, Seen()
    wanted = {p.expr: hw.SOp(p.expr).batch(inputs, causal=model.causal, errors="keep") for p in stream.proved}
    for i, x in enumerate(inputs):
        runs = Machine(model, seed + i).stream([0, *model.encode(x)])[:-1]
        for time, run in enumerate(runs):
            most = stream.reach[time] * (1 + 1e-6) + 1e-30
            assert (np.abs(run[1:].astype(np.float64)) <= most).all(), (x, time)
        for p in stream.proved:
            number = world.known[p.expr].number
            for run in runs[p.time : p.until]:
                for got, value in zip(run[1:].astype(np.longdouble) @ p.vector, wanted[p.expr][i], strict=True):
                    if isinstance(value, hw.Failure):
                        assert not p.elsewhere or min(abs(got - e) for e in p.elsewhere) <= p.slack, (x, p.expr)
                        continue
                    off = float(abs(got - np.longdouble(number(value))))
                    assert off <= p.error, (x, p.expr, off, p.error)
                    seen.numbers += 1
                    seen.used = max(seen.used, off / p.error if p.error else 0.0)
    return seen


def inputs_of(case: attack.Case, model: hw.Transformer, count: int) -> list[Any]:
    trial = attack.Trial.of(model, case.program, 20 * count, case.given, case.sample)
    return random.Random(count).sample(trial.inputs, min(count, len(trial.inputs)))


@pytest.mark.parametrize("name", LIBRARY)
def test_the_library(name: str, provers: list[Prover]) -> None:
    case = attack.library(name)
    model = case.compiled()
    hw.certify(model)
    seen = check(provers[-1], model, inputs_of(case, model, 6), 5)
    print(name, seen, len(provers[-1].stream.proved))


@pytest.mark.parametrize("start", range(0, 100, 10))
def test_generated_programs(start: int, provers: list[Prover]) -> None:
    held = 0
    for number in range(start, start + 10):
        case = attack.generated(number)
        try:
            model = case.compiled()
            hw.certify(model)
        except (CompileError, CertificateError):
            continue
        held += check(provers[-1], model, inputs_of(case, model, 10), number).numbers
    assert held
