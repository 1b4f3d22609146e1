"""Attacks on a certificate: the same weights in other arithmetic, on as many inputs as can be tried.

A certificate promises the program's answers in any order of summation, with an exp that is right to two units in the
last place. `Orders` is a forward pass that adds everything up in an order that it draws anew for every sum; `shaken`
moves every weight by one unit in the last place. `attack` compares with the interpreter.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

import hardwire as hw
from hardwire import full, indices, key, length, query, sampling, tokens
from hardwire.attempts import proved
from hardwire.errors import CertificateError, CompileError
from hardwire.lang.text import constant
from hardwire.model import Head, Layer
from hardwire.programs import LIBRARY
from hardwire.programs.generate import VOCABULARIES, random_program

Answers = Callable[[Sequence[Any]], Sequence[Sequence[Any]]]
Floats = Any

ORDERS = ("first to last", "last to first", "in pairs", "shuffled", "small first", "large first", "positive first")
MOVED = "with weights one unit in the last place away"
CELLS = 1 << 20
"""How many numbers are worked on at a time."""


# Sums.


def arranged(x: Floats, order: str, rng: np.random.Generator) -> Floats:
    """The numbers along the last axis in the order in which they are to be added."""
    if order == "last to first":
        return x[..., ::-1]
    if order == "shuffled":
        return x[..., rng.permutation(x.shape[-1])]
    if order == "positive first":
        return np.sort(x, axis=-1)[..., ::-1]
    if order in ("small first", "large first"):
        by_size = np.take_along_axis(x, np.abs(x).argsort(axis=-1, kind="stable"), axis=-1)
        return by_size if order == "small first" else by_size[..., ::-1]
    return x


def added(x: Floats, order: str, dtype: Any, rng: np.random.Generator) -> Floats:
    """The sum along the last axis, rounded to dtype at every step. What is not rounded yet is added as if fused."""
    x = arranged(x, order, rng)
    if order == "in pairs":
        x = x.astype(dtype)
        while x.shape[-1] > 1:
            odd = x[..., x.shape[-1] // 2 * 2 :]
            x = np.concatenate([x[..., 0 : x.shape[-1] - 1 : 2] + x[..., 1::2], odd], axis=-1)
        return x[..., 0] if x.shape[-1] else np.zeros(x.shape[:-1], dtype)
    total = np.zeros(x.shape[:-1], dtype)
    for i in range(x.shape[-1]):
        total = (total + x[..., i]).astype(dtype)
    return total


# The forward pass.


@dataclass(eq=False)
class Orders:
    """A model's answers with every sum in an order of its own: `orders` are those to draw from.

    Each sum draws whether products are rounded before they are added, whether weights are divided by their total
    before or after values are, whether heads are added to the stream one by one, and how exp errs.
    """

    model: hw.Transformer
    rng: np.random.Generator
    orders: Sequence[str] = ORDERS

    def __call__(self, inputs: Sequence[Any]) -> list[list[Any]]:
        rows = [self.model.encode(x) for x in inputs]
        answers: list[list[Any]] = [[] for _ in rows]
        by_length: dict[int, list[int]] = {}
        for i, r in enumerate(rows):
            by_length.setdefault(len(r), []).append(i)
        for n, group in by_length.items():
            step = max(1, CELLS // (32 * (n + 1) ** 2))
            for start in range(0, len(group) if n else 0, step):
                some = group[start : start + step]
                logits = self.logits(np.array([[0, *rows[i]] for i in some]))[:, 1:]
                values = self.model.decode(logits.reshape(-1, logits.shape[-1]))
                for k, i in enumerate(some):
                    answers[i] = values[k * n : (k + 1) * n]
        return answers

    def logits(self, tokens: Any) -> Floats:
        """tokens: (inputs, 1 + n), with BOS."""
        model = self.model
        x = model.embed[tokens]
        if model.positions is not None:
            x = x + model.positions[: tokens.shape[1]]
        for layer in model.layers:
            x = self._heads(x, layer)
            if layer.d_ff:
                hidden = np.maximum(self.product(x, layer.w_in, layer.b_in), 0)
                x = self.product(hidden, layer.w_out, x) if self._coin() else x + self.product(hidden, layer.w_out)
        return self.product(x, model.unembed)

    def _coin(self) -> bool:
        return bool(self.rng.random() < 0.5)

    def _sum(self, terms: Floats) -> Floats:
        return added(terms, str(self.rng.choice(self.orders)), self.model.dtype, self.rng)

    def _times(self, a: Floats, b: Floats) -> Floats:
        """Products, rounded; or in float32 exact, so that adding them is fused."""
        if self.model.dtype == "float32" and self._coin():
            return a.astype(np.float64) * b.astype(np.float64)
        return a * b

    def product(self, x: Floats, w: Floats, also: Floats | None = None) -> Floats:
        """x @ w, (..., columns), with one more term in every sum. Zeros of w are left out: they change no sum."""
        shape, x = x.shape[:-1], x.reshape(math.prod(x.shape[:-1]), x.shape[-1])
        out = np.zeros((len(x), w.shape[1]), x.dtype)
        more = None if also is None else np.broadcast_to(also, (*shape, w.shape[1])).reshape(out.shape)
        count = (w != 0).sum(axis=0)
        for columns in _alike(count):
            k = int(count[columns].max())
            rows = (w[:, columns] == 0).argsort(axis=0, kind="stable")[:k].T  # (columns, k)
            factors = np.take_along_axis(w[:, columns], rows.T, axis=0).T
            step = max(1, CELLS // max(1, rows.size))
            for start in range(0, len(x), step):
                some = slice(start, start + step)
                terms = self._times(x[some][:, rows], factors)
                if more is not None:
                    terms = np.concatenate([more[some, columns, None].astype(terms.dtype), terms], axis=2)
                out[some, columns] = self._sum(terms)
        return out.reshape(*shape, w.shape[1])

    def _heads(self, x: Floats, layer: Layer) -> Floats:
        if not layer.heads:
            return x
        values = [self._head(x, head) for head in layer.heads]
        if self._coin():  # all heads at once, the stream among the terms or after them
            all_of, writes = np.concatenate(values, axis=-1), np.vstack([h.w_o for h in layer.heads])
            return self.product(all_of, writes, x) if self._coin() else x + self.product(all_of, writes)
        each = [self.product(v, h.w_o) for v, h in zip(values, layer.heads, strict=True)]
        return self._sum(np.stack([x, *each], axis=-1))

    def _head(self, x: Floats, head: Head) -> Floats:
        q, k, v = (self.product(x, w) for w in (head.w_q, head.w_k, head.w_v))
        scores = self._sum(self._times(q[:, :, None, :], k[:, None, :, :]))  # (inputs, queries, keys)
        if self.model.causal:
            scores = np.where(np.tri(scores.shape[1], dtype=bool), scores, -np.inf).astype(scores.dtype)
        scores = scores - scores.max(axis=2, keepdims=True)
        weights = self._exp(scores)
        total = self._sum(weights)[..., None]
        if self._coin():
            return self._mean(weights / total, v)
        return self._mean(weights, v) / total

    def _exp(self, x: Floats) -> Floats:
        """exp, rounded to nearest, and in most draws one unit in the last place above or below."""
        wider = np.float64 if x.dtype == np.float32 else np.longdouble
        exact = np.exp(x.astype(wider)).astype(x.dtype)
        way = self.rng.integers(4)
        if way == 3:
            return exact
        up = np.full(x.shape, way == 0) if way < 2 else self.rng.random(x.shape) < 0.5
        moved = np.nextafter(exact, np.where(up, np.inf, 0).astype(x.dtype))
        return np.where(exact > 0, moved, exact)

    def _mean(self, weights: Floats, v: Floats) -> Floats:
        """(inputs, queries, d_v) of weights (inputs, queries, keys) and values (inputs, keys, d_v)."""
        columns = [self._sum(self._times(weights, v[:, None, :, d])) for d in range(v.shape[2])]
        return np.stack(columns, axis=-1) if columns else np.zeros((*weights.shape[:2], 0), v.dtype)


def _alike(count: Any) -> Iterator[Any]:
    """Columns whose sums have about as many terms, so that few zeros are added."""
    size = np.where(count > 0, np.ceil(np.log2(np.maximum(count, 1))), 0)
    for s in np.unique(size):
        yield np.flatnonzero(size == s)


# Other weights.


def shaken(model: hw.Transformer, rng: np.random.Generator) -> hw.Transformer:
    """The model with every weight but 0 up or down by one unit in the last place."""

    def shake(w: Floats) -> Floats:
        moved = np.nextafter(w, np.where(rng.random(w.shape) < 0.5, -np.inf, np.inf).astype(w.dtype))
        return np.where(w == 0, w, moved)

    layers = [
        replace(
            layer,
            heads=tuple(
                replace(h, **{f: shake(getattr(h, f)) for f in ("w_q", "w_k", "w_v", "w_o")}) for h in layer.heads
            ),
            w_in=shake(layer.w_in),
            b_in=shake(layer.b_in),
            w_out=shake(layer.w_out),
        )
        for layer in model.layers
    ]
    embed = shake(model.embed)
    positions = None if model.positions is None else shake(model.positions)
    return replace(model, embed=embed, positions=positions, layers=tuple(layers), unembed=shake(model.unembed))


def doubled(model: hw.Transformer) -> Answers:
    """The weights as shipped, in float64 arithmetic: a sum that hardly rounds at all."""
    wide = replace(model, dtype="float64")
    return wide.batch


# Comparing.


@dataclass(frozen=True, eq=False)
class Trial:
    """Inputs, and what a program answers to them."""

    inputs: list[Any]
    wanted: list[list[Any]]
    exhaustive: bool

    @classmethod
    def of(
        cls,
        model: hw.Transformer,
        program: hw.SOp,
        most: int = 10_000,
        given: hw.SOp | None = None,
        sample: Any = None,
        seed: int = 0,
    ) -> Trial:
        """Every input where there are at most `most`, else so many: short, at the boundaries, random, and sampled."""
        assert model.max_len is not None
        vocab, longest = model.vocab, model.max_len
        every = sampling.count(len(vocab), longest, most)
        if every is not None:
            inputs = list(sampling.every(vocab, longest))
        else:
            rng = random.Random(seed)
            samples = (most - most // 8) // (2 if sample else 1)
            inputs = list(sampling.chosen(vocab, longest, rng, samples, sample, most // 8))[:most]
        if given is not None:
            truth = given.batch(inputs, errors="keep")
            inputs = [x for x, t in zip(inputs, truth, strict=True) if all(v is True or v == 1 for v in t)]
        wanted = [list(w) for w in program.batch(inputs, causal=model.causal, errors="keep")]
        return cls(inputs, wanted, every is not None)

    def part(self, size: int, rng: random.Random) -> Trial:
        """So many of the inputs, the last ones (the longest, where all were tried) more often than not."""
        if len(self.inputs) <= size:
            return self
        some = {*rng.sample(range(len(self.inputs)), size // 2), *range(len(self.inputs) - size // 2, len(self.inputs))}
        chosen = sorted(some)
        return Trial([self.inputs[i] for i in chosen], [self.wanted[i] for i in chosen], False)

    def differs(self, answers: Answers, same: Callable[[Any, Any], bool]) -> str:
        """The first input that is answered otherwise, in words; nothing where all are right."""
        for x, want, got in zip(self.inputs, self.wanted, answers(self.inputs), strict=True):
            for i, (a, b) in enumerate(zip(want, got, strict=True)):
                if not isinstance(a, hw.Failure) and not same(a, b):
                    return f"on {constant(x, 200)} at position {i}: the program gives {a!r}, the model {b!r}"
        return ""


def promised(model: hw.Transformer, certificate: Any) -> Callable[[Any, Any], bool]:
    """What the certificate says an answer is: the program's, or within its bound."""
    if model.outputs is None and not model.whole:
        # The program's own number is rounded to float64, and compared in it.
        return lambda a, b: bool(abs(a - b) <= certificate.bound + 1e-15 * abs(a))
    return lambda a, b: bool(a == b)


def attack(
    model: hw.Transformer,
    trial: Trial,
    same: Callable[[Any, Any], bool],
    seed: int = 0,
    few: int = 600,
    more: dict[str, Answers] | None = None,
) -> str:
    """What went wrong, or nothing: the weights as shipped, in all orders mixed, and moved, on all inputs; in each order
    alone on a `few`. `more` are further ways to compute the answers."""
    rng = np.random.default_rng(seed)
    part = trial.part(few, random.Random(seed))
    ways: list[tuple[str, Answers, Trial]] = [
        ("as shipped", model.batch, trial),
        ("in mixed orders", Orders(model, rng), trial),
        *((f"{order} everywhere", Orders(model, rng, (order,)), part) for order in ORDERS),
        *((name, answers, trial) for name, answers in (more or {}).items()),
    ]
    if model.dtype == "float32":
        ways.append(("in float64", doubled(model), part))
    ways += [
        (MOVED, shaken(model, rng).batch, trial),
        (f"{MOVED}, in mixed orders", Orders(shaken(model, rng), rng), part),
    ]
    for name, answers, tried in ways:
        if wrong := tried.differs(answers, same):
            return f"{name}: {wrong}"
    return ""


# What to attack.


@dataclass(frozen=True, eq=False)
class Case:
    """A program to compile, certify and attack."""

    name: str
    program: hw.SOp
    vocab: tuple[Any, ...]
    max_len: int
    causal: bool = False
    given: hw.SOp | None = None
    reuse: bool = False
    dtype: str = "float32"
    sample: Any = None

    @property
    def options(self) -> dict[str, Any]:
        return {"causal": self.causal, "given": self.given, "reuse": self.reuse, "dtype": self.dtype}

    def compiled(self) -> hw.Transformer:
        """Raises CompileError."""
        return hw.compile(self.program, self.vocab, self.max_len, certify=False, **self.options)

    def proved(self) -> hw.Transformer:
        """Raises CompileError and CertificateError."""
        return proved(self.program, self.vocab, self.max_len, **self.options)


def conditions(vocab: Sequence[Any]) -> list[hw.SOp]:
    """Conditions on inputs, to draw from."""
    first = tokens == vocab[0]
    same = key(tokens) == query(tokens)
    return [
        same.width() == 1,
        full.value(first) <= 2,
        tokens.at(0, vocab[0]) == vocab[0],
        (key(indices) < query(indices)).value(first) <= 3,
        first | (indices % 2 == 1),
        (length >= 2) & ~(full.all(first)),
    ]


def generated(seed: int) -> Case:
    """A generated program with everything else drawn too."""
    rng = random.Random(f"attack {seed}")
    vocab = VOCABULARIES[rng.choice(["letters"] * 4 + list(VOCABULARIES))]
    if len(vocab) > 4:
        vocab = vocab[: rng.randint(2, 6)]
    program = random_program(seed, rng.randint(2, 10), vocab)
    causal = rng.random() < 0.35
    given = rng.choice(conditions(vocab)) if not causal and rng.random() < 0.3 else None
    dtype = "float64" if rng.random() < 0.2 else "float32"
    size = rng.randint(4, 12)
    name = f"generated {seed}: length {size}, {vocab!r}{', causal' * causal}, {dtype}"
    return Case(name, program, vocab, size, causal, given, rng.random() < 0.3, dtype)


def library(name: str, max_len: int | None = None) -> Case:
    """A library program at its defaults, or at another length."""
    p = LIBRARY[name]
    given = None if p.given is None else p.given()
    return Case(name, p(), p.vocab, p.max_len if max_len is None else max_len, given=given, sample=p.sample)


def outcome(case: Case, most: int = 10_000, few: int = 600, more: Any = None) -> str:
    """Compiles, certifies and attacks: "not compiled", "not certified", "right", or what went wrong.

    `more`: from a model to further ways to compute its answers.
    """
    try:
        model = case.proved()
    except CompileError:
        return "not compiled"
    except CertificateError:
        return "not certified"
    trial = Trial.of(model, case.program, most, case.given, case.sample)
    wrong = attack(model, trial, promised(model, model.certificate), few=few, more=more and more(model))
    return f"{case.name}, {wrong}" if wrong else "right"


__all__ = ["ORDERS", "Case", "Orders", "Trial", "attack", "generated", "library", "outcome", "promised", "shaken"]
