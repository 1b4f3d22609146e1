"""Attacks on a certificate: the same weights in other arithmetic, on as many inputs as can be tried.

A certificate promises the program's answers on every machine that `hardwire.numeric.machine` can simulate with rounding
to nearest; `shaken` goes beyond it and moves every weight by one unit in the last place. `attack` compares the answers
with the interpreter's.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np

from .. import sampling
from ..lang.sop import SOp
from ..lang.text import constant
from ..model.transformer import Transformer
from ..numeric.machine import ORDERS, Choices, Simulated
from ..run import Failure

AnswersOfInputs = Callable[[Sequence[Any]], Sequence[Sequence[Any]]]
Floats = Any

NUMBERS: tuple[Any, ...] = (int, float, Fraction)
MOVED = "with weights one unit in the last place away"


# Other weights.


def shaken(model: Transformer, rng: np.random.Generator) -> Transformer:
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
        model: Transformer,
        program: SOp,
        most: int = 10_000,
        given: SOp | None = None,
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
        return Trial([self.inputs[i] for i in chosen], [self.wanted[i] for i in chosen], exhaustive=False)

    def differs(self, answers: AnswersOfInputs, same: Callable[[Any, Any], bool]) -> str:
        """The first input that is answered otherwise, in words; nothing where all are right."""
        for x, want, got in zip(self.inputs, self.wanted, answers(self.inputs), strict=True):
            for i, (a, b) in enumerate(zip(want, got, strict=True)):
                if not isinstance(a, Failure) and not same(a, b):
                    return f"on {constant(x, 200)} at position {i}: the program gives {a!r}, the model {b!r}"
        return ""


def promised(model: Transformer, certificate: Any) -> Callable[[Any, Any], bool]:
    """What the certificate says an answer is: the program's, or within its bound."""
    if model.outputs is None and not model.whole:
        # The program's own number is rounded to float64, and compared in it.
        return lambda a, b: isinstance(a, NUMBERS) and bool(abs(a - b) <= certificate.bound + 1e-15 * abs(a))
    return lambda a, b: bool(a == b)


def attack(
    model: Transformer,
    trial: Trial,
    same: Callable[[Any, Any], bool],
    *,
    seed: int = 0,
    few: int = 600,
    orders: Sequence[str] = ORDERS,
    moved: bool = True,
    more: Mapping[str, AnswersOfInputs] | None = None,
) -> str:
    """What went wrong, or nothing: the weights as shipped, in all orders mixed, and moved, on all inputs; in each order
    alone on a `few`. `more` are further ways to compute the answers. A certificate does not promise the answers of
    `moved` weights; nearly all models have them right."""
    rng = np.random.default_rng(seed)
    part = trial.part(few, random.Random(seed))
    ways: list[tuple[str, AnswersOfInputs, Trial]] = [
        ("as shipped", model.batch, trial),
        ("in mixed orders", Simulated.of(model, Choices(seed)), trial),
        *((f"{order} everywhere", Simulated.of(model, Choices(seed, (order,))), part) for order in orders),
        *((name, answers, trial) for name, answers in (more or {}).items()),
        ("in float64", replace(model, dtype="float64").batch, part),
    ]
    if moved and (model.outputs is not None or model.whole):  # a number that is read as it is moves with the weights
        ways += [
            (MOVED, shaken(model, rng).batch, trial),
            (f"{MOVED}, in mixed orders", Simulated.of(shaken(model, rng), Choices(seed)), part),
        ]
    for name, answers, tried in ways:
        if wrong := tried.differs(answers, same):
            return f"{name}: {wrong}"
    return ""
