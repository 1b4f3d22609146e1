"""What is proved of stored models, number by number: a bound that changes is noticed, and has to be meant.

The models of pinned/ are of all kinds of constructions. `python tests/proof/test_pinned_bounds.py` writes what the
proof says of them now, and makes those that are not there.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from structural import settings
from test_bounds import biased
from test_crafted import CONSTANT, MORE, TOKEN, sums, weights, wider

import hardwire as hw
from hardwire import full, indices, key, query, select, tokens
from hardwire.model import Layer
from hardwire.model.slots import ATTENTION, Slot
from hardwire.proof.strategy import DEFAULT_LIMITS, Limits
from strains import with_own_bos

PINNED = Path(__file__).parent / "pinned"
NUMBERS = PINNED / "bounds.json"
CLOSE = {"rel": 1e-8, "abs": 3e-14}
"""The difference that another machine's float64 may make."""

BIT = tokens.map({"a": 0, "b": 1})
BEFORE = key(indices) < query(indices)
SOME = select(BIT, BIT * 2, lambda k, q: k % q == 0)
COUNT = full.value(BIT)
PARTIAL = COUNT.map({1: 1, 3: 3})
SAME = key(tokens) == query(tokens)
FIRST = key(indices) == query(0)


def two_outputs(model: hw.Transformer) -> hw.Transformer:
    """Its only head with every output as a sum of two halves."""
    [layer] = model.layers
    [head] = layer.heads
    head = replace(head, w_v=np.hstack([head.w_v, head.w_v]), w_o=np.vstack([head.w_o, head.w_o]) / 2)
    return replace(model, layers=(replace(layer, heads=(head,)),), circuit=replace(model.circuit, readings=()))


def beside(program: hw.SOp) -> hw.Transformer:
    """What is claimed contains a coordinate that is what is left of a token and a position, which is rounded."""
    model = wider(with_own_bos(hw.compile(program, "ab", 5, output="number", certify=False)), 1)
    token, place, [claim] = 1 + 2.0**-23 * 2, 2.0**-24, model.circuit.claims
    embed, positions, vector = np.array(model.embed), np.zeros((6, model.d_model)), claim.vector.copy()
    embed[1:, -1], positions[1:, -1], vector[-1], vector[CONSTANT] = token, place, 2.0**10, -(2.0**10) * (token + place)
    circuit = replace(model.circuit, claims=(replace(claim, vector=vector),))
    return replace(model, embed=embed, positions=positions, circuit=circuit)


def thirds(model: hw.Transformer) -> hw.Transformer:
    """What the heads of the first layer read times 1.1, and their values times a third, so that they are rounded; their
    outputs make up for it."""
    [layer, *more] = model.layers
    embed = np.array(model.embed, np.float64)
    embed[:, np.any([head.w_v.any(axis=1) for head in layer.heads], axis=0)] *= 1.1
    heads = (replace(h, w_v=h.w_v / np.float32(3), w_o=h.w_o * np.float32(3 / 1.1)) for h in layer.heads)
    layers = (replace(layer, heads=tuple(heads)), *more)
    return replace(model, embed=embed, layers=layers, circuit=replace(model.circuit, readings=()))


def with_a_bias() -> hw.Transformer:
    model = wider(sums(), 1, 1)
    layer, w_in, w_out, _, _ = weights(model)
    w_in[TOKEN, -1], w_out[-1, MORE] = 1, 1
    return replace(model, layers=(replace(layer, w_in=w_in, w_out=w_out, b_in=np.array([5.0])),))


def erased() -> hw.Transformer:
    """What is claimed contains a direction that neurons before have made constant, next to large numbers."""
    model = wider(sums(), 1, 3)
    layer, w_in, w_out, embed, _ = weights(model)
    embed[2, MORE], w_in[MORE, 0], w_in[CONSTANT, 1:] = 1, 1, 1
    w_out[:, MORE] = -1, 2.0**20 + 0.3, -(2.0**20)
    [claim], before = model.circuit.claims, Layer((), w_in, np.zeros(len(w_out)), w_out)
    after = replace(layer, w_in=layer.w_in[:, :0], b_in=layer.b_in[:0], w_out=layer.w_out[:0])
    vector = claim.vector.copy()
    vector[[CONSTANT, MORE]] = -0.3 * 2.0**-10, 2.0**-10
    claim = replace(claim, vector=vector, slot=Slot(2, ATTENTION))
    return replace(model, embed=embed, layers=(before, after), circuit=replace(model.circuit, claims=(claim,)))


MODELS: dict[str, Callable[[], hw.Transformer]] = {
    "sort": lambda: hw.compile(hw.programs.sort(), "0123", 6, certify=False),
    "histogram": lambda: hw.compile(hw.programs.histogram(), "abc", 12, certify=False),
    "dyck1": lambda: hw.compile(hw.programs.dyck1(), "()", 10, certify=False),
    "median": lambda: hw.compile(hw.programs.median(), "0123", 7, certify=False),
    "split": lambda: hw.compile(hw.programs.split(), "a ", 8, causal=True, certify=False),
    "unique_count": lambda: hw.compile(hw.programs.unique_count(), "abc", 9, reuse=True, certify=False),
    "biased": lambda: biased(hw.compile(hw.programs.unique_count(), "abc", 8, certify=False), -3.7),
    "mean": lambda: hw.compile(BEFORE.mean(BIT, 2), "ab", 10, certify=False),
    "mean of the same": lambda: hw.compile(SAME.mean(indices), "ab", 8, certify=False),
    "number": lambda: hw.compile(full.mean(BIT) * 0.5 + 1, "ab", 9, output="number", certify=False),
    "without a value": lambda: hw.compile(SOME.one(indices, 0) + SOME.width(), "ab", 6, certify=False),
    "mean without a value": lambda: hw.compile(SOME.mean(BIT, 0) + BIT, "ab", 6, certify=False),
    "greatest": lambda: hw.compile(full.max(indices, of=BIT) + full.last(BIT), "ab", 9, certify=False),
    "mean of counts": lambda: hw.compile(BEFORE.mean(COUNT, 0), "ab", 9, certify=False),
    "quotient": lambda: hw.compile(indices == (6 // COUNT), "ab", 7, certify=False),
    "quotient looked up": lambda: hw.compile(FIRST.one(6 // COUNT, 0) + indices, "ab", 6, certify=False),
    "mean by two outputs": lambda: two_outputs(hw.compile(full.mean(BIT), "ab", 9, output="number", certify=False)),
    "partial": lambda: hw.compile(FIRST.one(PARTIAL, 0) + PARTIAL + indices, "ab", 6, certify=False),
    "sum of sums": lambda: hw.compile(full.value(BEFORE.value(BIT)), "ab", 7, certify=False),
    "sum by thirds": lambda: thirds(hw.compile(COUNT, "ab", 7, certify=False)),
    "sum by thirds of the same": lambda: thirds(hw.compile((BEFORE & SAME).value(BIT), "ab", 12, certify=False)),
    "undefined": lambda: hw.compile((indices == 1) & (FIRST.one(6 // COUNT, 0) == 2), "ab", 6, certify=False),
    "sum by thirds before": lambda: thirds(hw.compile(BEFORE.value(BIT), "ab", 7, causal=True, certify=False)),
    "neuron with a bias": with_a_bias,
    "mean beside a rounded embedding": lambda: beside(full.mean(BIT)),
    "sum beside an erased direction": erased,
    "votes": lambda: hw.compile((full.value(BIT) > 2) & BEFORE.mean(BIT, 0) | (BIT == 1), "ab", 9, certify=False),
}


def numbers(model: hw.Transformer, limits: Limits = DEFAULT_LIMITS) -> dict[str, list[float]]:
    """The errors of what is proved, where it is undefined too; the margins; how large coordinates are."""
    found, whole = settings(model, limits=limits)
    evidence = found[-1].evidence
    proved = [(p.error, p.variable.fallback_error, *p.variable.fallback) for p in evidence.proved]
    margins = [(m.error, m.limit) for m in evidence.margins]
    sizes = evidence.magnitudes.at
    return {
        "all claims are proved": [float(whole)],
        "proved": [x for row in proved for x in row],
        "margins": [x for row in margins for x in row if np.isfinite(x)],
        "sizes": [float(x) for x in np.where(np.isfinite(sizes), sizes, -1.0).ravel()],
        "outputs": [float(x) for row in evidence.outputs for x in row if np.isfinite(x)],
    }


def every(model: hw.Transformer) -> dict[str, list[float]]:
    """The same, and with one fallback at most and every head split into blocks."""
    few = numbers(model, replace(DEFAULT_LIMITS, fallbacks=1, whole=1))
    return numbers(model) | {f"{what}, in blocks": x for what, x in few.items()}


def stored(name: str) -> hw.Transformer:
    return hw.load(PINNED / f"{name.replace(' ', '_')}.safetensors")


@pytest.mark.parametrize("name", MODELS)
def test_bounds_are_as_they_were(name: str) -> None:
    wanted: dict[str, list[float]] = json.loads(NUMBERS.read_text("utf-8"))[name]
    found = every(stored(name))
    assert found.keys() == wanted.keys()
    for what, values in found.items():
        assert values == pytest.approx(wanted[what], **CLOSE), what


def write() -> None:
    PINNED.mkdir(exist_ok=True)
    written: dict[str, Any] = {}
    for name, made in MODELS.items():
        path = PINNED / f"{name.replace(' ', '_')}.safetensors"
        if not path.exists():
            made().save(path)
        written[name] = every(stored(name))
    NUMBERS.write_text(json.dumps(written, indent=0) + "\n", "utf-8")


if __name__ == "__main__":
    write()
