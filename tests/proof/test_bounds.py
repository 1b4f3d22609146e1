"""What a proof by structure says of the stream, on machines that round where they may: every part that it proved is
held to within its error, and no coordinate is larger than it says."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
from structural import settings

import attack
import hardwire as hw
from hardwire import full, indices, select, tokens
from hardwire.errors import CompileError
from hardwire.model import Layer
from hardwire.numeric.machine import Choices, Simulated
from hardwire.programs import LIBRARY
from hardwire.proof.evidence import Setting


@dataclass
class Seen:
    """How many numbers were looked at, and the largest part of its bound that an error was."""

    numbers: int = 0
    used: float = 0.0


def proved(model: hw.Transformer, program: hw.SOp | None = None) -> tuple[Setting, bool]:
    """(what is proved of a model, or what comes before the first claim that is not; whether all claims are)"""
    found, whole = settings(model, program)
    return found[-1], whole


def check(setting: Setting, model: hw.Transformer, inputs: list[Any], seed: int, *, whole: bool = True) -> Seen:
    evidence, seen = setting.evidence, Seen()
    wanted = {p.expr: hw.SOp(p.expr).batch(inputs, causal=model.causal, errors="keep") for p in evidence.proved}
    for i, x in enumerate(inputs):
        tokens = np.array([[0, *model.encode(x)]])
        runs = [run[0] for run in Simulated.of(model, Choices(seed + i)).stream(tokens)[:-1]]
        for time, run in enumerate(runs if whole else ()):
            most = evidence.magnitudes.at[time] * (1 + 1e-6) + 1e-30
            assert (np.abs(run[1:].astype(np.float64)) <= most).all(), (x, time)
        for p in evidence.proved:
            fallback, slack = p.variable.fallback, p.variable.fallback_error
            for run in runs[p.slot : p.until]:
                for got, value in zip(run[1:].astype(np.longdouble) @ p.vector, wanted[p.expr][i], strict=True):
                    if isinstance(value, hw.Failure):
                        assert not fallback or min(abs(got - e) for e in fallback) <= slack, (x, p.expr)
                        continue
                    off = float(abs(got - np.longdouble(p.variable.encoding(value))))
                    assert off <= p.error, (x, p.expr, off, p.error)
                    seen.numbers += 1
                    seen.used = max(seen.used, off / p.error if p.error else 0.0)
    return seen


def inputs_of(case: attack.Case, model: hw.Transformer, count: int) -> list[Any]:
    trial = attack.Trial.of(model, case.program, 20 * count, case.given, case.sample)
    return random.Random(count).sample(trial.inputs, min(count, len(trial.inputs)))


def tried(case: attack.Case, seed: int) -> Seen:
    try:
        model = case.compiled()
    except CompileError:
        return Seen()
    setting, whole = proved(model)
    return check(setting, model, inputs_of(case, model, 10), seed, whole=whole)


@pytest.mark.parametrize("name", LIBRARY)
def test_the_library(name: str) -> None:
    case = attack.library(name)
    model = case.compiled()
    setting, whole = proved(model)
    assert whole
    seen = check(setting, model, inputs_of(case, model, 6), 5)
    assert seen.numbers or not setting.evidence.proved


@pytest.mark.parametrize("start", range(0, 60, 30))
def test_generated_programs(start: int) -> None:
    """Whatever is proved of one is true of it; and bounds are not so wide that they could not be wrong."""
    seen = Seen()
    for number in range(start, start + 30):
        case = attack.generated(number)
        found = tried(case, number)
        seen = Seen(seen.numbers + found.numbers, max(seen.used, found.used))
    assert seen.numbers > 300
    assert seen.used > 0.02


@pytest.mark.nightly
@pytest.mark.parametrize("start", range(60, 4160, 100))
def test_many_generated_programs(start: int) -> None:
    for number in range(start, start + 100):
        case = attack.generated(number)
        tried(case, number)


def biased(model: hw.Transformer, size: float) -> hw.Transformer:
    """What neurons read of the constant, less `size`; that is their bias instead."""
    [constant] = [d.index for d in model.circuit.directions if d.code == "constant"]

    def moved(layer: Layer) -> Layer:
        w_in = layer.w_in.copy()
        w_in[constant] -= np.float32(size)
        return replace(layer, w_in=w_in, b_in=layer.b_in + np.float32(size))

    return replace(model, layers=tuple(map(moved, model.layers)))


@pytest.mark.parametrize("size", [-1.0, -0.1, -3.7, -1000.3, -(2.0**14)])
@pytest.mark.parametrize("name", ["split", "dyck1", "unique_count", "reverse_letters"])
def test_biases(name: str, size: float) -> None:
    case = attack.library(name, 20)
    model = biased(case.compiled(), size)
    assert any(layer.b_in.any() for layer in model.layers)
    setting, whole = proved(model, case.program)
    assert whole or abs(size) > 10_000
    check(setting, model, inputs_of(case, model, 10), 3, whole=whole)


def test_what_stands_where_there_is_no_value() -> None:
    """Failed pairs weigh what their scores say, and a failed value that is picked is off by as much as it was."""
    number = tokens.map({"a": 0, "b": 1})
    some = select(indices % 3, number, lambda k, q: k % q == 0)
    found = some.min(indices % 4, of=indices % 3, default=2) % 2
    often = select(number, number, lambda k, q: k % q == 0)
    inputs = [list(x) for x in ("a", "b", "ab", "ba", "aab", "bbaa", "abab", "bbbb")]
    for program in (often.width() % 3, full.max(indices % 3, of=found, default=indices % 3), full.first(found)):
        model = hw.compile(program, "ab", 4, certify=False)
        setting, whole = proved(model)
        assert whole
        check(setting, model, inputs, 7)
