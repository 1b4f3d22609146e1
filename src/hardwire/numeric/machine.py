"""One simulated machine, as bad as a certificate allows.

A certificate holds for every order of summation, with and without fused multiplication and subnormal numbers, and for
a mathematics library whose functions are a few roundings wrong. `Choices` says what a machine may do of all that, and
the seed from which it draws; `Machine` is the arithmetic, `Simulated` a transformer that runs on it. Proofs do not use
any of this: it is what they are tested with.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from ..model.transformer import Transformer
from ..model.variants import distances, gelu, hard, hidden, swish
from ..model.weights import Head, Layer, Norm
from .floats import EXP_UNITS, FLOAT32, FloatFormat, Floats, float_format

ORDERS = (
    "first to last", "last to first", "shuffled", "small first", "large first", "positive first",
    "in pairs", "in pieces",
)  # fmt: skip
"""The orders of summation; by size and by sign each number of a result has an order of its own."""
ROUNDINGS = ("nearest", "up", "down", "either")
"""How results are rounded. Certificates assume the nearest number; "either" is one of the two neighbours."""
LIBRARY = {"exp": EXP_UNITS - 0.5, "sigmoid": 8.0, "erf": 4.0, "root": 3.0, "quotient": 3.0, "angle": 2.0}
"""How many roundings wrong each function is before its result is rounded; root and quotient are those of norms."""
IEEE = LIBRARY | {"root": 0.0, "quotient": 0.0}
"""A library in which these two are only rounded, as IEEE 754 asks."""
MANY = 64
"""In sums of more terms, rounded to nearest, partial sums are not flushed to 0; terms and totals are."""
CELLS = 1 << 15
"""How many attention weights are computed at a time."""


@dataclass(frozen=True)
class Choices:
    """What a machine may choose, and the seed from which it draws.

    orders: every sum draws one; rounding: one of `ROUNDINGS`; fused: whether products are added without being rounded,
    drawn for every sum where it is None (in float64 they never are); flush: whether subnormal results are 0, drawn once
    where it is None; library: how many roundings wrong each function may be.
    """

    seed: int = 0
    orders: tuple[str, ...] = ORDERS
    rounding: str = "nearest"
    fused: bool | None = None
    flush: bool | None = None
    library: Mapping[str, float] = field(default_factory=lambda: LIBRARY)


class Machine:
    """The arithmetic of one float format. Sums run over the first axis."""

    def __init__(self, fmt: FloatFormat = FLOAT32, choices: Choices = Choices()) -> None:
        self.format, self.choices = fmt, choices
        self.dtype = fmt.numpy
        self.wide: np.dtype[Any] = np.dtype(np.float64 if fmt is FLOAT32 else np.longdouble)
        self.rng = np.random.default_rng(choices.seed)
        self.flush = self.coin() if choices.flush is None else choices.flush

    def coin(self) -> bool:
        return bool(self.rng.random() < 0.5)

    # Single operations.

    def round(self, x: Floats) -> Floats:
        """Return numbers of a wider format in this one."""
        out: Floats = x.astype(self.dtype)
        if self.choices.rounding != "nearest" and x.dtype != self.dtype:
            up: Any = self.choices.rounding == "up"
            if self.choices.rounding == "either":
                up = self.rng.random(x.shape) < 0.5
            other = np.where(up, out < x, out > x)
            out = np.where(other, np.nextafter(out, np.where(up, np.inf, -np.inf).astype(self.dtype)), out)
        return np.where(np.abs(out) < self.format.tiny, self.dtype.type(0), out) if self.flush else out

    def add(self, a: Floats, b: Floats) -> Floats:
        return self._exactly(np.add, a, b)

    def multiply(self, a: Floats, b: Floats) -> Floats:
        return self._exactly(np.multiply, a, b)

    def divide(self, a: Floats, b: Floats) -> Floats:
        return self._exactly(np.divide, a, b)

    def _exactly(self, operation: Any, a: Floats, b: Floats) -> Floats:
        """An operation, rounded once. In a wider format and then to nearest would be to round twice."""
        direct = self.choices.rounding == "nearest" and a.dtype == b.dtype == self.dtype
        return self.round(operation(a, b, dtype=self.dtype if direct else self.wide))

    def products(self, a: Floats, b: Floats) -> Floats:
        """a * b as the terms of a sum: rounded, or in a wider format where they fuse with the addition."""
        fused = self.coin() if self.choices.fused is None else self.choices.fused
        if fused and self.format is FLOAT32:
            exact: Floats = np.multiply(a, b, dtype=self.wide)
            return exact
        return self.multiply(a, b)

    def errors(self, function: str, shape: tuple[int, ...]) -> Floats:
        """Relative errors of a function: all up, all down, each either way, anything between, or none."""
        most = self.choices.library[function] * self.format.unit
        way = int(self.rng.integers(5))
        if way < 3:
            return np.full(shape, (way - 1) * most)
        return most * (self.rng.choice((-1.0, 1.0), shape) if way == 3 else self.rng.uniform(-1, 1, shape))

    def called(self, function: str, exact: Floats) -> Floats:
        """What a function of the library returns for an exact result."""
        return self.round(exact.astype(self.wide) * (1 + self.errors(function, exact.shape)))

    # Sums.

    def sum(self, terms: Floats) -> Floats:
        """The sum over the first axis, in an order drawn for it."""
        orders = self.choices.orders
        order = orders[int(self.rng.integers(len(orders)))]
        terms = self._arranged(terms, order)
        if order in ("in pairs", "in pieces"):
            terms = self.round(terms)
            while len(terms) > 2 and (order == "in pairs" or self.rng.random() < 0.7):
                half = len(terms) // 2
                pairs = order == "in pairs" or self.coin()
                a, b = (terms[: 2 * half : 2], terms[1::2]) if pairs else (terms[:half], terms[half : 2 * half])
                terms = np.concatenate([self.add(a, b), terms[2 * half :]])
        if len(terms) > MANY and terms.dtype == self.dtype and self.choices.rounding == "nearest":
            return self.round(np.asarray(np.add.accumulate(terms)[-1]))
        total = np.zeros(terms.shape[1:], self.dtype)
        for term in terms:
            total = self.add(total, term)
        return total

    def _arranged(self, terms: Floats, order: str) -> Floats:
        if order == "last to first":
            return terms[::-1]
        if order == "shuffled":
            return self.rng.permuted(terms, axis=0)
        if order == "positive first":
            return np.sort(terms, axis=0)[::-1]
        if order in ("small first", "large first"):
            found = np.take_along_axis(terms, np.abs(terms).argsort(axis=0, kind="stable"), axis=0)
            return found if order == "small first" else found[::-1]
        return terms

    def times(self, x: Floats, w: Floats, *more: Floats) -> Floats:
        """x @ w + ..., each column a sum in an order of its own; x: (..., d), more: (..., columns).

        Zeros of w are left out: they change no sum.
        """
        shape, count = (*x.shape[:-1], w.shape[1]), math.prod(x.shape[:-1])
        rows = x.reshape(count, x.shape[-1]).T
        others = [np.broadcast_to(m, shape).reshape(count, w.shape[1]).T for m in more]
        out = np.empty((w.shape[1], count), self.dtype)
        for c in range(w.shape[1]):
            used = np.flatnonzero(w[:, c])
            terms = self.products(rows[used], w[used, c, None])
            out[c] = self.sum(np.concatenate([*(m[None, c] for m in others), terms]))
        return out.T.reshape(shape)

    def dots(self, q: Floats, k: Floats, *more: Floats) -> Floats:
        """Every row of q with every row of k: (..., n, d) and (..., m, d) to (..., n, m); more: (..., n, m)."""
        terms = self.products(np.moveaxis(q, -1, 0)[..., :, None], np.moveaxis(k, -1, 0)[..., None, :])
        return self.sum(np.concatenate([*(np.broadcast_to(m, terms.shape[1:])[None] for m in more), terms]))

    # Parts of a transformer.

    def attend(self, scores: Floats, values: Floats, kind: str = "softmax") -> Floats:
        """The weighted means of values (..., keys, d_v) by scores (..., queries, keys), which are -inf for hidden keys;
        each column is divided by the total of the weights before or after it is added up."""
        if kind == "softmax":
            away = self.add(scores, -scores.max(axis=-1, keepdims=True))
            weights = self.called("exp", np.exp(away.astype(self.wide)))
        else:
            weights = hard(scores, kind).astype(self.dtype)
        total = self.sum(np.moveaxis(weights, -1, 0))[..., None]
        before = self.coin()
        if before:
            weights = self.divide(weights, total)
        terms = np.moveaxis(weights, -1, 0)
        out = np.empty((*weights.shape[:-1], values.shape[-1]), self.dtype)
        for d in range(values.shape[-1]):
            out[..., d] = self.sum(self.products(terms, np.moveaxis(values[..., d], -1, 0)[..., None]))
        return out if before else self.divide(out, total)

    def rotated(self, x: Floats, frequencies: Floats) -> Floats:
        """Rotary positions. x: (..., positions, d_qk)."""
        angle = np.arange(x.shape[-2])[:, None] * frequencies.astype(np.float64)
        cos, sin = self.called("angle", np.cos(angle)), self.called("angle", np.sin(angle))
        out = np.empty_like(x)
        for into, first, second in ((0, cos, -sin), (1, sin, cos)):
            terms = [self.products(x[..., 0::2], first)[None], self.products(x[..., 1::2], second)[None]]
            out[..., into::2] = self.sum(np.concatenate(terms))
        return out

    def activated(self, activation: str, z: Floats, gate: Floats | None = None) -> Floats:
        """An activation of z; of "swiglu", times the gate."""
        if activation == "relu":
            above: Floats = np.maximum(z, self.dtype.type(0))
            return above
        exact = z.astype(np.float64)
        if activation == "gelu":  # an error of the error function is one of the factor of z
            return self.round((gelu(exact) + z * self.errors("erf", z.shape)).astype(self.wide))
        made = self.called("sigmoid", swish(exact))
        return made if gate is None else self.multiply(made, gate)

    def norm(self, n: Norm | None, x: Floats) -> Floats:
        """x, normed where there is a norm. x: (..., d_model)."""
        if n is None:
            return x
        if n.project is not None:
            x = self.times(x, n.project)
        d = self.dtype.type(x.shape[-1])
        if n.kind == "layer":
            mean = self.divide(self.sum(np.moveaxis(x, -1, 0)), d)
            x = self.add(x, -mean[..., None])
        rows = np.moveaxis(x, -1, 0)
        square = self.divide(self.sum(self.products(rows, rows)), d)
        root = self.called("root", np.sqrt(self.add(square, self.dtype.type(n.eps)).astype(self.wide)))[..., None]
        scaled = self.called("quotient", x.astype(self.wide) / root)
        return self.add(self.multiply(scaled, n.gain), n.bias)


@dataclass(eq=False)
class Simulated:
    """A model that runs on a machine."""

    model: Transformer
    machine: Machine

    @classmethod
    def of(cls, model: Transformer, choices: Choices = Choices()) -> Simulated:
        """In the format of the model."""
        return cls(model, Machine(float_format(model.dtype), choices))

    def __call__(self, inputs: Sequence[Any]) -> list[list[Any]]:
        """The answers to inputs of any lengths; those of one length run together."""
        rows = [self.model.encode(x) for x in inputs]
        answers: list[list[Any]] = [[] for _ in rows]
        for some in _together([len(r) for r in rows]):
            n = len(rows[some[0]])
            logits = self.logits(np.array([[0, *rows[i]] for i in some]))[:, 1:]
            values = self.model.decode(logits.reshape(-1, logits.shape[-1]))
            for k, i in enumerate(some):
                answers[i] = values[k * n : (k + 1) * n]
        return answers

    def logits(self, tokens: npt.NDArray[np.int64]) -> Floats:
        """(inputs, n + 1, O), those of BOS too. tokens: (inputs, n + 1), BOS first."""
        return self.machine.times(self.stream(tokens)[-1], self.model.unembed)

    def stream(self, tokens: npt.NDArray[np.int64]) -> list[Floats]:
        """The residual stream, (inputs, n + 1, d_model): of the embedding, after the heads and after the neurons of
        each layer, and as the unembedding reads it."""
        machine, model = self.machine, self.model
        x = model.embed[tokens].astype(machine.dtype)
        if model.positions is not None:
            x = machine.add(x, model.positions[: tokens.shape[1]].astype(machine.dtype))
        seen = [x]
        for layer in model.layers:
            if layer.heads:
                x = self._attended(layer, x)
            x = machine.norm(layer.after_heads, x)
            seen.append(x)
            if layer.d_ff:
                x = self._written(self._fired(layer, x), layer.w_out, x)
            x = machine.norm(layer.after_neurons, x)
            seen.append(x)
        return [*seen, machine.norm(model.final_norm, x)]

    def _written(self, made: Floats, w: Floats, x: Floats) -> Floats:
        """What heads or neurons add to the stream, which is one of the terms of the sum or added last."""
        return (
            self.machine.times(made, w, x) if self.machine.coin() else self.machine.add(x, self.machine.times(made, w))
        )

    def _attended(self, layer: Layer, x: Floats) -> Floats:
        read = self.machine.norm(layer.before_heads, x)
        made = [self._head(head, read) for head in layer.heads]
        if self.machine.coin():
            return self._written(np.concatenate(made, axis=-1), np.vstack([h.w_o for h in layer.heads]), x)
        each = [self.machine.times(m, h.w_o) for m, h in zip(made, layer.heads, strict=True)]
        return self.machine.sum(np.stack([x, *each]))

    def _head(self, head: Head, x: Floats) -> Floats:
        machine, n = self.machine, x.shape[-2]
        q, k, v = (machine.times(x, w) for w in (head.w_q, head.w_k, head.w_v))
        if head.rotary is not None:
            q, k = machine.rotated(q, head.rotary), machine.rotated(k, head.rotary)
        far = (machine.dtype.type(-head.slope) * distances(slice(0, n), n)).astype(machine.dtype)
        scores = machine.dots(q, k, far) if head.slope else machine.dots(q, k)
        unseen = ~np.tri(n, dtype=bool) if self.model.causal else np.zeros((n, n), bool)
        if head.sees != "all":
            unseen |= hidden(head.sees, slice(0, n), n)
        return machine.attend(np.where(unseen, machine.dtype.type(-np.inf), scores), v, head.kind)

    def _fired(self, layer: Layer, x: Floats) -> Floats:
        read = self.machine.norm(layer.before_neurons, x)
        z = self.machine.times(read, layer.w_in, layer.b_in)
        gate = None
        if layer.w_gate is not None and layer.b_gate is not None:
            gate = self.machine.times(read, layer.w_gate, layer.b_gate)
        return self.machine.activated(layer.activation, z, gate)


def _together(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Groups of inputs of one length, none of them empty, and few enough for `CELLS`."""
    for n in sorted(set(lengths) - {0}):
        group = [i for i, length in enumerate(lengths) if length == n]
        step = max(1, CELLS // (n + 1) ** 2)
        yield from (group[i : i + step] for i in range(0, len(group), step))
