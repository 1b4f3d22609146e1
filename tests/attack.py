"""Attacks on a certificate: the same weights in other arithmetic, on as many inputs as can be tried.

A certificate promises the program's answers on every machine that `hardwire.numeric.machine` can simulate with rounding
to nearest; `shaken` goes beyond it and moves every weight by one unit in the last place. `attack` compares the answers
with the interpreter's.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

import hardwire as hw
from hardwire import full, indices, key, length, query, sampling, tokens
from hardwire.attempts import TEMPERATURES, attempt
from hardwire.errors import CertificateError, CompileError
from hardwire.lang.text import constant
from hardwire.numeric.machine import ORDERS, Choices, Simulated
from hardwire.programs import LIBRARY
from hardwire.random_programs import VOCABULARIES, random_program

Answers = Callable[[Sequence[Any]], Sequence[Sequence[Any]]]
Floats = Any

MOVED = "with weights one unit in the last place away"


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
        ("in mixed orders", Simulated.of(model, Choices(seed)), trial),
        *((f"{order} everywhere", Simulated.of(model, Choices(seed, (order,))), part) for order in ORDERS),
        *((name, answers, trial) for name, answers in (more or {}).items()),
        ("in float64", replace(model, dtype="float64").batch, part),
        (MOVED, shaken(model, rng).batch, trial),
        (f"{MOVED}, in mixed orders", Simulated.of(shaken(model, rng), Choices(seed)), part),
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
    temperature: float | None = None
    """That of soft weights; sharp ones without it."""

    def __str__(self) -> str:
        options = {k: v.formula if isinstance(v, hw.SOp) else v for k, v in self.options.items()}
        return f"{self.name}: {self.program.formula} over {self.vocab}, length {self.max_len}, {options}"

    @property
    def options(self) -> dict[str, Any]:
        found = {"causal": self.causal, "given": self.given, "reuse": self.reuse, "dtype": self.dtype}
        return found if self.temperature is None else {**found, "weights": "soft", "temperature": self.temperature}

    def compiled(self) -> hw.Transformer:
        """Raises CompileError."""
        return hw.compile(self.program, self.vocab, self.max_len, certify=False, **self.options)

    def proved(self) -> hw.Transformer:
        """Raises CompileError and CertificateError."""
        return attempt(self.program, self.vocab, self.max_len, **self.options)


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


def generated(seed: int, sizes: tuple[int, int] = (2, 10), lengths: tuple[int, int] = (4, 12)) -> Case:
    """A generated program with everything else drawn too."""
    rng = random.Random(f"attack {seed}")
    vocab = VOCABULARIES[rng.choice(["letters"] * 4 + list(VOCABULARIES))]
    if len(vocab) > 4:
        vocab = vocab[: rng.randint(2, 6)]
    program = random_program(seed, rng.randint(*sizes), vocab)
    causal = rng.random() < 0.35
    given = rng.choice(conditions(vocab)) if not causal and rng.random() < 0.3 else None
    dtype = "float64" if rng.random() < 0.2 else "float32"
    max_len = rng.randint(*lengths)
    return Case(f"generated {seed}", program, vocab, max_len, causal, given, rng.random() < 0.3, dtype)


def soft(seed: int) -> Case:
    """A generated program with soft weights, at any of the temperatures that are tried: most have just a proof."""
    return replace(generated(seed, lengths=(3, 8)), temperature=random.Random(seed).choice(TEMPERATURES))


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
    return f"{case}, {wrong}" if wrong else "right"
