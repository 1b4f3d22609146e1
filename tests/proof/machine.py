"""A machine that is as bad as a proof allows: it adds up in an order of its own, and rounds where it may."""

from __future__ import annotations

from typing import Any

import numpy as np

import hardwire as hw
from hardwire.model import Head, Layer, Norm

Array = np.ndarray[Any, Any]


class Machine:
    """Runs a model in its dtype, the stream after every step; `seed` decides orders and errors."""

    def __init__(self, model: hw.Transformer, seed: int) -> None:
        self.model, self.rng = model, np.random.default_rng(seed)
        self.dtype = np.dtype(model.dtype)
        self.unit = 2.0**-24 if model.dtype == "float32" else 2.0**-53

    def off(self, x: Array, steps: float) -> Array:
        """x, wrong by up to so many roundings."""
        wrong = 1 + steps * self.unit * self.rng.uniform(-1, 1, x.shape)
        return (x.astype(np.longdouble) * wrong).astype(self.dtype)

    def sum(self, terms: Array) -> Array:
        """Over the first axis, in some order: one after another, in pairs, or in pieces."""
        terms = terms[self.rng.permutation(len(terms))].astype(self.dtype)
        while len(terms) > 1:
            how = self.rng.integers(3)
            if how == 0 or len(terms) < 4:
                total = terms[0]
                for t in terms[1:]:
                    total = total + t
                return total
            if how == 1 and len(terms) % 2:
                terms = np.concatenate([terms[:-2], terms[-2:-1] + terms[-1:]])
            half = len(terms) // 2
            terms = np.concatenate([terms[:half] + terms[half : 2 * half], terms[2 * half :]])
        return terms[0]

    def times(self, x: Array, w: Array, *more: Array) -> Array:
        """x @ w + ...; x: (n, d)."""
        terms = [x[:, i, None] * w[i] for i in range(len(w))]
        return self.sum(np.stack([*terms, *(np.broadcast_to(m, (len(x), w.shape[1])) for m in more)]))

    def stream(self, rows: list[int]) -> list[Array]:
        """(n + 1, d_model) each, as `BoundedForward.stream` has them."""
        model = self.model
        x = model.embed[rows]
        if model.positions is not None:
            x = x + model.positions[: len(rows)]
        seen = [x]
        for layer in model.layers:
            if layer.heads:
                read = self.norm(layer.before_heads, x)
                mixed = np.hstack([self.head(h, read) for h in layer.heads])
                x = self.times(mixed, np.vstack([h.w_o for h in layer.heads]), x)
            x = self.norm(layer.after_heads, x)
            seen.append(x)
            if layer.d_ff:
                read = self.norm(layer.before_neurons, x)
                x = self.times(self.neurons(layer, read), layer.w_out, x)
            x = self.norm(layer.after_neurons, x)
            seen.append(x)
        return [*seen, self.norm(model.final_norm, x)]

    def norm(self, n: Norm | None, x: Array) -> Array:
        if n is None:
            return x
        if n.project is not None:
            x = self.times(x, n.project)
        d = self.dtype.type(x.shape[1])
        if n.kind == "layer":
            x = x - self.sum(x.T)[:, None] / d
        square = self.sum((x * x).T)[:, None] / d
        root = self.off(np.sqrt(square + self.dtype.type(n.eps)), 3)
        return self.off(x / root, 3) * n.gain + n.bias

    def neurons(self, layer: Layer, x: Array) -> Array:
        from hardwire.model.variants import gelu, swish

        z = self.times(x, layer.w_in, layer.b_in)
        if layer.activation == "relu":
            return np.maximum(z, 0)
        if layer.activation == "gelu":
            wrong = 4 * self.unit * self.rng.uniform(-1, 1, z.shape)  # of Phi, where the error function is wrong
            return (gelu(z.astype(np.float64)) + z * wrong).astype(self.dtype)
        assert layer.w_gate is not None
        assert layer.b_gate is not None
        return self.off(swish(z.astype(np.float64)), 8) * self.times(x, layer.w_gate, layer.b_gate)

    def head(self, h: Head, x: Array) -> Array:
        n = len(x)
        q, k, v = self.times(x, h.w_q), self.times(x, h.w_k), self.times(x, h.w_v)
        if h.rotary is not None:
            q, k = self.turned(q, h.rotary), self.turned(k, h.rotary)
        far = np.abs(np.arange(n)[:, None] - np.arange(n))
        slope = (self.dtype.type(h.slope) * far).astype(self.dtype)
        terms = [q[:, [i]] * k[None, :, i] for i in range(h.d_qk)]
        scores = self.sum(np.stack([*terms, -slope]))
        seen = np.tri(n, dtype=bool) if self.model.causal else np.ones((n, n), bool)
        i, j = np.arange(n)[:, None], np.arange(n)
        seen &= {"all": j >= 0, "before": (j < i) | (j == 0), "after": (j > i) | (j == 0)}[h.sees]
        scores = np.where(seen, scores, -np.inf)
        best = scores == scores.max(axis=1, keepdims=True)
        if h.kind == "softmax":
            away = scores - scores.max(axis=1, keepdims=True)
            weights = self.off(np.exp(away.astype(np.float64)), 3.5) * seen
        elif h.kind == "average":
            weights = best.astype(self.dtype)
        else:
            at = best.argmax(axis=1) if h.kind == "leftmost" else n - 1 - best[:, ::-1].argmax(axis=1)
            weights = (np.arange(n) == at[:, None]).astype(self.dtype)
        total = self.sum(weights.T)[:, None]
        if self.rng.random() < 0.5:
            return self.times((weights / total).astype(self.dtype), v)
        return (self.times(weights.astype(self.dtype), v) / total).astype(self.dtype)

    def turned(self, x: Array, frequencies: Array) -> Array:
        angle = np.arange(len(x))[:, None] * frequencies.astype(np.float64)
        cos, sin = self.off(np.cos(angle), 2), self.off(np.sin(angle), 2)
        out = np.empty_like(x)
        out[:, 0::2] = x[:, 0::2] * cos - x[:, 1::2] * sin
        out[:, 1::2] = x[:, 0::2] * sin + x[:, 1::2] * cos
        return out
