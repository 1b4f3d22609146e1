"""What a model may have beside the plain form, against the same arithmetic written out position by position."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import hardwire as hw
from handmade import random_model
from hardwire.errors import ModelError, ModelFileError
from hardwire.model import Head, Layer, Norm, Transformer
from variants import VARIANTS, D, head, model, neurons, some

SHORT = ("xyzzyxzx", "x", "zzzz", "yxyx")


def naive(model: Transformer, text: str) -> np.ndarray[Any, Any]:
    """The logits, one position after another, in Python's floats."""
    rows = [0, *(1 + model.vocab.index(c) for c in text)]
    assert model.positions is not None
    x = [model.embed[r] + model.positions[i] for i, r in enumerate(rows)]
    for layer in model.layers:
        seen = [normed(layer.before_heads, v) for v in x]
        added = [sum((attend(h, seen, i, model.causal) for h in layer.heads), np.zeros(D)) for i in range(len(x))]
        x = [normed(layer.after_heads, v + a) for v, a in zip(x, added, strict=True)]
        seen = [normed(layer.before_neurons, v) for v in x]
        x = [normed(layer.after_neurons, v + fire(layer, s)) for v, s in zip(x, seen, strict=True)]
    return np.stack([normed(model.final_norm, v) @ model.unembed for v in x[1:]])


def normed(n: Norm | None, v: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    if n is None:
        return v
    v = v if n.project is None else v @ n.project
    mean = sum(v) / len(v) if n.kind == "layer" else 0.0
    scale = math.sqrt(sum((c - mean) ** 2 for c in v) / len(v) + n.eps)
    return np.array([(c - mean) / scale for c in v]) * n.gain + n.bias


def fire(layer: Layer, v: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    z = v @ layer.w_in + layer.b_in
    if layer.activation == "gelu":
        h = np.array([c * (1 + math.erf(c / math.sqrt(2))) / 2 for c in z])
    elif layer.activation == "swiglu":
        h = np.array([c / (1 + math.exp(-c)) for c in z]) * (v @ layer.w_gate + layer.b_gate)
    else:
        h = np.array([max(c, 0.0) for c in z])
    return h @ layer.w_out


def attend(h: Head, x: list[Any], i: int, causal: bool) -> np.ndarray[Any, Any]:
    def turn(v: Any, t: int) -> Any:
        if h.rotary is None:
            return v
        z = (v[0::2] + 1j * v[1::2]) * np.exp(1j * t * h.rotary)
        return np.stack([z.real, z.imag], axis=1).ravel()

    keys = [j for j in range(len(x)) if not (causal and j > i)]
    keys = [j for j in keys if j == 0 or {"all": True, "before": j < i, "after": j > i}[h.sees]]
    q = turn(x[i] @ h.w_q, i)
    scores = [float(q @ turn(x[j] @ h.w_k, j)) - h.slope * abs(i - j) for j in keys]
    best = [j for j, s in zip(keys, scores, strict=True) if s == max(scores)]
    chosen = {"softmax": [], "average": best, "leftmost": best[:1], "rightmost": best[-1:]}[h.kind]
    if h.kind == "softmax":
        weights = [math.exp(s - max(scores)) for s in scores]
    else:
        weights = [float(j in chosen) for j in keys]
    mixed = sum(w * (x[j] @ h.w_v) for w, j in zip(weights, keys, strict=True)) / sum(weights)
    return np.asarray(mixed @ h.w_o)


@pytest.mark.parametrize("name", VARIANTS)
def test_forward_is_what_it_says(name: str) -> None:
    tested = VARIANTS[name]
    assert not tested.plain
    for text in SHORT:
        np.testing.assert_allclose(tested.logits(text), naive(tested, text), rtol=1e-9, atol=1e-9)
    assert tested.batch(SHORT) == [tested(text) for text in SHORT]


@pytest.mark.parametrize("name", VARIANTS)
def test_files_hold_variants(name: str, tmp_path: Path) -> None:
    tested = VARIANTS[name]
    tested.save(tmp_path / "m.safetensors")
    again = hw.load(tmp_path / "m.safetensors")
    for text in SHORT:
        assert np.array_equal(again.logits(text), tested.logits(text))
    assert repr(again.layers) == repr(tested.layers)
    assert again.parameters == tested.parameters


def test_a_plain_file_says_nothing_of_variants(tmp_path: Path) -> None:
    plain, other = tmp_path / "plain.safetensors", tmp_path / "other.safetensors"
    random_model(0).save(plain)
    VARIANTS["gelu"].save(other)
    assert b"hardwire_variants" not in plain.read_bytes()
    assert b"hardwire_variants" in other.read_bytes()
    damaged = other.read_bytes().replace(b"gelu", b"relu")
    other.write_bytes(damaged)
    with pytest.raises(ModelFileError, match="checksum"):
        hw.load(other)


def test_hard_attention_shares_ties() -> None:
    flat = {"w_q": np.zeros((D, 1)), "w_k": np.zeros((D, 1))}
    layers = [
        Layer((replace(head("a", 1), **flat, kind=kind),), np.zeros((D, 0)), np.zeros(0), np.zeros((0, D)))
        for kind in ("average", "leftmost", "rightmost")
    ]
    weights = [model(layer).attention("xyz")[0]["a"][2].tolist() for layer in layers]
    assert weights == [[0.25] * 4, [1, 0, 0, 0], [0, 0, 0, 1]]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: head("a", 1, kind="soft"), "'soft', which is not one of softmax, average"),
        (lambda: head("a", 1, sees="left"), "'left', which is not one of all, before, after"),
        (lambda: head("a", 1, rotary=np.ones(3)), "one for each pair"),
        (lambda: head("a", 1, slope=float("nan")), "slope of head 'a' is nan"),
        (lambda: Layer((), **neurons(1, activation="tanh")), "'tanh' is not one of relu, gelu, swiglu"),
        (lambda: Layer((), **neurons(1, activation="swiglu")), "swiglu neurons, and no others"),
        (lambda: Layer((), **neurons(1, w_gate=some(7, D, 5), b_gate=some(8, 5))), "the activation is relu"),
        (lambda: Norm("batch", np.ones(D), np.zeros(D)), "one of layer, rms, not 'batch'"),
        (lambda: Norm("rms", np.ones(D), np.zeros(D), 0.0), "eps of a norm is above 0"),
        (lambda: Norm("rms", np.ones(D), np.zeros(2)), "bias of a norm"),
        (lambda: Layer((), **neurons(1, after_heads=Norm("rms", np.ones(2), np.zeros(2)))), "norm after_heads"),
    ],
)
def test_what_does_not_fit_is_refused(make: Any, message: str) -> None:
    with pytest.raises(ModelError, match=message):
        make()
