"""Soft weights: small, with a proof, and with attention that is no sharper than it must be."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import pytest

import attack
import hardwire as hw
from hardwire import compiler, full, key, length, query, tokens
from hardwire.assemble.balance import balanced
from hardwire.attempts import LARGEST, TEMPERATURES
from hardwire.constructions.hardness import SHARP, Sharpness
from hardwire.errors import CertificateError, CompileError, SoftWeightsError
from hardwire.programs import LIBRARY

CLOSE = ("most_frequent", "anbncn", "reverse_words")
"""Programs whose sums must lose less than others: they are ranked, or several are added up."""
FEW = ("flip", "histogram", "sort", "cumsum", "first", "digit_sum", "frac_prevs", "majority", "unique_count", "shift")


def soft(name: str, max_len: int = 8, **options: Any) -> hw.Transformer:
    return hw.compile(LIBRARY[name], max_len=max_len, weights="soft", **options)


@dataclass(frozen=True)
class SoftCase(attack.Case):
    """A program to compile with soft weights, and to attack."""

    temperature: float = 4.0

    @property
    def options(self) -> dict[str, Any]:
        return {**super().options, "weights": "soft", "temperature": self.temperature}


def generated(seed: int) -> SoftCase:
    """A generated program at any of the temperatures that are tried: most have just a proof."""
    case = attack.generated(seed, lengths=(3, 8))
    parts = {f.name: getattr(case, f.name) for f in fields(case)}
    return SoftCase(**parts, temperature=random.Random(seed).choice(TEMPERATURES))


@pytest.fixture(scope="module")
def histogram() -> hw.Transformer:
    return soft("histogram")


@pytest.mark.parametrize("name", FEW)
def test_weights_are_small_and_proved(name: str) -> None:
    model = soft(name)
    assert model.certificate is not None
    assert model.certificate.max_len == 8
    assert model.largest <= LARGEST
    assert hw.verify(model, samples=100)


@pytest.mark.parametrize("name", CLOSE)
def test_sums_that_are_compared_lose_less(name: str) -> None:
    model = soft(name, 6, remedies=False)
    assert model.certificate is not None
    assert model.largest <= LARGEST
    assert hw.verify(model, samples=100)
    assert model.variables  # which finds the same weights again


@pytest.mark.nightly
@pytest.mark.parametrize("name", list(LIBRARY))
def test_the_library_with_soft_weights(name: str) -> None:
    model = soft(name, 10)
    assert model.largest <= LARGEST
    assert hw.verify(model, samples=300)


@pytest.mark.parametrize("name", ["flip", "histogram", "sort"])
def test_attention_is_not_astronomically_small(name: str) -> None:
    model, sharp = soft(name), hw.compile(LIBRARY[name], max_len=8)

    def least(m: hw.Transformer) -> float:
        rows = [w[1:] for heads in m.attention(LIBRARY[name].example[:8]) for w in heads.values()]
        return float(min(w.min() for w in rows))

    assert least(model) > 1e-16  # two conditions that fail, a unit each
    assert least(sharp) < 1e-30


def test_it_says_how_soft_it_is(histogram: hw.Transformer) -> None:
    assert f"soft weights up to {histogram.largest:.3g} at temperature 4" in repr(histogram)
    assert "soft weights" in histogram.summary()
    assert "soft" not in repr(hw.compile(hw.programs.histogram(), "ab", 4))


def test_the_softest_that_leave_room_are_taken() -> None:
    def used(t: float) -> float:
        try:
            found = soft("sort", temperature=t).certificate
        except (CertificateError, CompileError):
            return 1.0
        return max(m.error / m.limit for m in found.margins)

    taken = soft("sort").circuit.temperature
    softer = TEMPERATURES[TEMPERATURES.index(taken) - 1]
    most = max(0.75, 1.1 * used(TEMPERATURES[-1]))
    assert used(taken) <= most < used(softer)


def test_a_temperature_can_be_given() -> None:
    softer, sharper = soft("flip", temperature=3), soft("flip", temperature=2)
    assert sharper.circuit.temperature == 2
    assert sharper.digest != softer.digest
    assert sharper.certificate is not None


def test_outputs_have_logits(histogram: hw.Transformer) -> None:
    """A wrong one would have to rise by some units, so that the loss of the model is small."""
    logits = histogram.logits("abca")
    best, second = np.sort(logits, axis=1)[:, -1], np.sort(logits, axis=1)[:, -2]
    assert (best - second > 2).all()


def test_units_do_not_change_what_is_computed() -> None:
    found = compiler.stages(LIBRARY["sort"](), range(4), 5)
    for logits in (True, False):
        m = balanced(found.matrices, logits=logits)
        assert m.embed.shape == found.matrices.embed.shape
        product = [h.q @ h.k.T for x in found.matrices.layers for h in x.heads]
        units = m.coordinates.units
        assert units is not None
        for a, h in zip(product, (h for x in m.layers for h in x.heads), strict=True):
            assert np.array_equal(a, units[:, None] * (h.q @ h.k.T) * units)


def test_a_soft_model_is_stored_and_proved_again(histogram: hw.Transformer, tmp_path: Any) -> None:
    histogram.save(tmp_path / "soft.safetensors")
    loaded = hw.load(tmp_path / "soft.safetensors")
    assert loaded.circuit.temperature == histogram.circuit.temperature
    assert hw.certify(loaded).max_len == 8
    assert loaded.variables["histogram"].status == histogram.variables["histogram"].status


def test_variables_of_soft_models_can_be_set() -> None:
    model = hw.compile(LIBRARY["sort"](), range(4), 6, weights="soft", keep="named")
    assert hw.interchange(model, "rank", samples=40).accuracy == 1.0
    assert model.run([3, 1, 2], set={"rank": [0, 1, 2]}) == [3, 1, 2]


def test_a_program_that_cannot_be_soft_says_why() -> None:
    with pytest.raises(SoftWeightsError, match=r'no proof with soft weights.*\n.*weights="sharp"'):
        hw.compile(length, "ab", 400, weights="soft", remedies=False)
    program = full.value(tokens * 1000)
    with pytest.raises(SoftWeightsError):
        hw.compile(program, range(50), 20, weights="soft", remedies=False)


def test_options_are_checked() -> None:
    for options in ({"weights": "gentle"}, {"temperature": 2}, {"weights": "soft", "temperature": 0}):
        with pytest.raises(CompileError, match=r"weights|temperature"):
            hw.compile(length, "ab", 4, **options)


def test_sharpness_of_a_temperature() -> None:
    assert Sharpness.at(4) == Sharpness(8.0, 6.0, 9.125, 4)
    assert Sharpness.at(4).soft
    assert not SHARP.soft
    assert SHARP.bos_gap(100, 32) == 16
    assert SHARP.sink_of(4, 4) == SHARP.sink
    for keys in (1, 5, 10):
        s = Sharpness.at(3)
        assert keys**2 / np.exp(s.sink_of(keys, keys)) <= 1 / 8
        assert keys * np.exp(-s.unit_of(keys)) <= 1 / 32


@pytest.mark.parametrize("start", range(0, 60, 20))
def test_generated_programs_under_attack(start: int) -> None:
    found = Counter(attack.outcome(generated(seed), 400, 40) for seed in range(start, start + 20))
    assert found.keys() <= {"right", "not certified", "not compiled"}
    assert found["right"] >= 5


@pytest.mark.nightly
@pytest.mark.parametrize("start", range(1000, 1600, 50))
def test_many_generated_programs_under_attack(start: int) -> None:
    found = Counter(attack.outcome(generated(seed), 4000, 200) for seed in range(start, start + 50))
    assert found.keys() <= {"right", "not certified", "not compiled"}
    assert found["right"] >= 10


def test_a_mean_may_be_soft() -> None:
    program = (key(tokens) <= query(tokens)).mean(tokens)
    model = hw.compile(program, range(4), 6, weights="soft")
    assert model.certificate is not None
    assert hw.verify(model, samples=200)
