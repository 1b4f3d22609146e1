"""Small random models, one for each thing that a model may have beside the plain form."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from handmade import random_model
from hardwire.model import Head, Layer, Norm, Transformer

D = 6


def some(seed: int, *shape: int) -> np.ndarray[Any, Any]:
    return np.random.default_rng(seed).normal(size=shape) * 0.5


def norm(seed: int, kind: str = "layer", *, project: bool = False) -> Norm:
    return Norm(kind, 1 + some(seed, D), some(seed + 1, D), 1e-3, some(seed + 2, D, D) if project else None)


def head(name: str, seed: int, **more: Any) -> Head:
    return Head(name, some(seed, D, 4), some(seed + 1, D, 4), some(seed + 2, D, 3), some(seed + 3, 3, D), **more)


def neurons(seed: int, **more: Any) -> dict[str, Any]:
    return {"w_in": some(seed, D, 5), "b_in": some(seed + 1, 5), "w_out": some(seed + 2, 5, D), **more}


def model(*layers: Layer, **more: Any) -> Transformer:
    return replace(random_model(0), layers=layers, **more)


VARIANTS = {
    "gelu": model(Layer((), **neurons(1, activation="gelu"))),
    "swiglu": model(Layer((), **neurons(1, activation="swiglu", w_gate=some(7, D, 5), b_gate=some(8, 5)))),
    "rotary": model(Layer((head("a", 1, rotary=np.array([1.0, 0.3])),), **neurons(5))),
    "alibi": model(Layer((head("a", 1, slope=0.7), head("b", 5)), **neurons(5))),
    "alibi, causal": model(Layer((head("a", 1, slope=0.7),), **neurons(5)), causal=True),
    "before": model(Layer((head("a", 1, sees="before"), head("b", 5, sees="after")), **neurons(5))),
    "leftmost": model(Layer((head("a", 1, kind="leftmost", sees="after"),), **neurons(5))),
    "rightmost": model(Layer((head("a", 1, kind="rightmost"),), **neurons(5)), causal=True),
    "average": model(Layer((head("a", 1, kind="average"),), **neurons(5))),
    "pre-norm": model(
        Layer((head("a", 1),), **neurons(5, before_heads=norm(20), before_neurons=norm(30, "rms"))),
        final_norm=norm(40),
    ),
    "post-norm": model(Layer((head("a", 1),), **neurons(5, after_heads=norm(20, "rms"), after_neurons=norm(30)))),
    "projected": model(Layer((), **neurons(5, before_neurons=norm(20, project=True)))),
}
