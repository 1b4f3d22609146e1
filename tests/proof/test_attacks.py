"""Certified models under attack (tests/attack.py): a fixed slice, and at night a thousand programs and the library."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from structural import settings

import attack
import hardwire as hw
from hardwire import indices, key, query, tokens
from hardwire.errors import CertificateError
from hardwire.limits import longest
from hardwire.model import Layer
from hardwire.programs import LIBRARY

FINE = {"right", "not certified", "not compiled"}


def outcomes(cases: Iterable[attack.Case], most: int, few: int) -> Counter[str]:
    return Counter(attack.outcome(case, most, few) for case in cases)


@pytest.mark.parametrize("start", range(0, 40, 20))
def test_generated_programs(start: int) -> None:
    found = outcomes(map(attack.generated, range(start, start + 20)), 500, 50)
    assert found.keys() <= FINE
    assert found["right"] >= 12


@pytest.mark.parametrize("name", ["flip", "histogram", "sort", "frac_prevs", "add_binary", "most_frequent"])
def test_library_programs(name: str) -> None:
    assert attack.outcome(attack.library(name, min(LIBRARY[name].max_len, 24)), 200, 20) == "right"


@pytest.mark.nightly
@pytest.mark.parametrize("start", range(0, 1000, 50))
def test_a_thousand_generated_programs(start: int) -> None:
    found = outcomes(map(attack.generated, range(start, start + 50)), 10_000, 600)
    print(dict(found))
    assert found.keys() <= FINE
    assert found["right"] >= 30


@pytest.mark.nightly
@pytest.mark.parametrize("name", LIBRARY)
def test_the_library(name: str) -> None:
    found = attack.outcome(attack.library(name), 10_000, 600)
    assert found == "right"


# Where certification only just succeeds, margins are thinnest.

WIDE = (key(indices) <= query(indices)).value(tokens.map({"a": 1, "b": 1001}))


def stretched(case: attack.Case, upto: int) -> attack.Case:
    """The same at the largest max_len that certifies."""
    return replace(case, max_len=max(1, longest(case.program, case.vocab, upto, **case.options)))


@pytest.mark.nightly
@pytest.mark.parametrize("name", ["double_histogram", "dyck", "sort_by_frequency", "reverse_words"])
def test_library_programs_at_their_longest(name: str) -> None:
    assert attack.outcome(stretched(attack.library(name), 40), 10_000, 600) in FINE


@pytest.mark.nightly
@pytest.mark.parametrize("start", range(0, 100, 20))
def test_generated_programs_at_their_longest(start: int) -> None:
    cases = [stretched(attack.generated(seed), 40) for seed in range(start, start + 20)]
    found = outcomes(cases, 10_000, 600)
    print(dict(found), sum(c.max_len < 40 for c in cases), "shorter than 40")
    assert found.keys() <= FINE


# Models that are wrong by rounding alone, made to look right.


def hidden(model: hw.Transformer, coord: int, size: float) -> hw.Transformer:
    """The model with `size` added to a direction of every token, and taken away wherever it is read.

    In real numbers it computes the same. In floating point what heads write there is rounded to what `size` leaves.
    """
    [constant] = [d.index for d in model.circuit.directions if d.code == "constant"]

    def read(w: Any) -> Any:
        w = np.array(w, np.float64)
        w[constant] -= size * w[coord]
        return w

    embed = np.array(model.embed, np.float64)
    embed[1:, coord] += size
    layers = [
        replace(
            layer,
            heads=tuple(replace(h, w_q=read(h.w_q), w_k=read(h.w_k), w_v=read(h.w_v)) for h in layer.heads),
            w_in=read(layer.w_in),
        )
        for layer in model.layers
    ]
    claims = tuple(replace(c, vector=read(c.vector)) for c in model.circuit.claims)
    circuit = replace(model.circuit, claims=claims)
    return replace(model, embed=embed, layers=tuple(layers), unembed=read(model.unembed), circuit=circuit)


BESIDE = {
    "sort": (hw.programs.sort(), "ab", 5),
    "split": (hw.programs.split("x"), "abx", 6),
    "flip": (hw.programs.flip(), "ab", 5),
    "counts": ((key(hw.same_token.width()) == query(hw.same_token.width())).width(), "ab", 5),
}


@pytest.mark.parametrize("name", BESIDE)
def test_what_is_lost_beside_a_large_number(name: str) -> None:
    """Of every direction that is written, beside every size at which a little or all of it is rounded away."""
    program, vocab, max_len = BESIDE[name]
    model = hw.compile(program, vocab, max_len)
    wrong = 0
    for d in model.circuit.directions:
        for power in range(19, 26) if d.layer else ():
            mutant = hidden(model, d.index, 2.0**power)
            if not hw.verify(mutant, program, exhaustive=1100):
                wrong += 1
                with pytest.raises(CertificateError):
                    hw.certify(mutant)
    assert wrong >= 3


def test_adding_beside_a_large_number_is_counted() -> None:
    """Not only where the sum is read: what a head writes is rounded when it is added to what is there."""
    model = hw.compile(hw.programs.flip(), "ab", 5, certify=False)
    [index] = [d.index for d in model.circuit.directions if d.name == "length"]
    (*_, last), whole = settings(hidden(model, index, 2.0**12))
    assert whole
    assert last.evidence.proved[0].error >= 2.0**12 * 2.0**-24


@pytest.mark.parametrize("kept", [0, 1])
def test_a_claim_without_labels(kept: int) -> None:
    """Two outputs exchanged, under a claim that does not say which number stands for which value."""
    model = hw.compile(hw.programs.sort(), "abc", 4)
    *claims, last = model.circuit.claims
    claims.append(replace(last, labels=last.labels[:kept], values=last.values[:kept]))
    assert model.outputs is not None
    *outputs, b, c = model.outputs
    wrong = replace(model, outputs=(*outputs, c, b), circuit=replace(model.circuit, claims=tuple(claims)))
    assert not hw.verify(wrong, hw.programs.sort())
    with pytest.raises(CertificateError):
        hw.certify(wrong, hw.programs.sort())


def test_numbers_that_are_rounded() -> None:
    program = hw.programs.frac_prevs("a")
    wrong = replace(hw.compile(program, "ab", 40), whole=True)
    assert not hw.verify(wrong, program, samples=100, exhaustive=100)
    with pytest.raises(CertificateError):
        hw.certify(wrong)


def beside(model: hw.Transformer, size: float) -> hw.Transformer:
    """With one more direction, which nothing reads, and a neuron of layer 1 that writes size * size there."""

    def wider(w: Any, axis: int) -> Any:
        return np.pad(np.array(w, np.float64), [(0, int(i == axis)) for i in range(2)])

    [constant] = [d.index for d in model.circuit.directions if d.code == "constant"]
    layers = []
    for layer in model.layers:
        heads = [
            replace(h, w_q=wider(h.w_q, 0), w_k=wider(h.w_k, 0), w_v=wider(h.w_v, 0), w_o=wider(h.w_o, 1))
            for h in layer.heads
        ]
        w_in, w_out = wider(wider(layer.w_in, 0), 1), wider(wider(layer.w_out, 1), 0)
        if not layers:
            w_in[constant, -1], w_out[-1, -1] = size, size
        layers.append(Layer(tuple(heads), w_in, np.append(layer.b_in, 0), w_out))
    claims = tuple(replace(c, vector=np.append(c.vector, 0)) for c in model.circuit.claims)
    return replace(
        model,
        embed=wider(model.embed, 1),
        positions=None if model.positions is None else wider(model.positions, 1),
        layers=tuple(layers),
        unembed=wider(model.unembed, 0),
        circuit=replace(model.circuit, claims=claims, readings=()),
    )


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # of what overflows, which is meant
def test_a_direction_that_overflows() -> None:
    program = hw.programs.flip()
    model = hw.compile(program, "abc", 4)
    fine = beside(model, 2.0**10)
    assert hw.verify(fine, program)
    hw.certify(fine)
    wrong = beside(model, 2.0**80)
    assert not hw.verify(wrong, program)
    with pytest.raises(CertificateError):
        hw.certify(wrong)


def test_bos_attends_to_others_by_rounding() -> None:
    """All that BOS scores is raised so far that what sets BOS itself apart is rounded away."""
    program = hw.programs.most_frequent()
    model = hw.compile(program, "ab", 5)
    of = {d.code: d.index for d in model.circuit.directions}
    query_more, key_more = np.zeros((model.d_model, 1)), np.zeros((model.d_model, 1))
    query_more[of["bos"]] = 2.0**34
    key_more[[of["bos"], of["constant"]]] = 1
    layers = []
    for layer in model.layers:
        heads = [replace(h, w_q=np.hstack([h.w_q, query_more]), w_k=np.hstack([h.w_k, key_more])) for h in layer.heads]
        layers.append(replace(layer, heads=tuple(heads)))
    wrong = replace(model, layers=tuple(layers))
    assert not hw.verify(wrong, program)
    with pytest.raises(CertificateError):
        hw.certify(wrong)
