"""Neurons: every recipe on random and extreme inputs, noise at its limit, in every order of summation."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ...constructions import feedforward
from ...constructions.feedforward import Piece
from ...constructions.form import Floats, wires
from ...constructions.registry import bound_of
from ...numeric.floats import FLOAT32
from .. import activations, arithmetic, logic, precision
from . import simulated
from .measured import Measured, probe

COUNT = 400
"""How many inputs are tried in each order."""

Sample = Callable[[np.random.Generator, float], Any]


def anywhere(rng: np.random.Generator, size: float) -> Floats:
    """Numbers up to a size, its ends and 0 among them."""
    x = rng.uniform(-size, size, COUNT)
    x[:3] = -size, size, 0.0
    return x


def whole(rng: np.random.Generator, size: float) -> Floats:
    """Whole numbers from 0 to a size."""
    return rng.integers(0, int(size) + 1, COUNT).astype(float)


def bit(rng: np.random.Generator, size: float) -> Floats:
    """0 or 1."""
    del size
    return rng.integers(0, 2, COUNT).astype(float)


@dataclass(frozen=True)
class Case:
    """A piece, the function that it should compute, its inputs by name, and the sizes and input errors to try."""

    piece: Piece
    reference: Callable[..., Any]
    samples: Mapping[str, Sample]
    sizes: tuple[float, ...] = (1.0, 10.0, 1000.0)
    noises: tuple[float, ...] = (0.0,)
    at: str = ""
    more: dict[str, float] = field(default_factory=dict)  # for the bound


def attack(name: str, case: Case, activation: str = "") -> Iterator[Measured]:
    """The worst error of a piece at each size and noise, over inputs and orders; in another activation, if one is
    named, which may add what `converted_bound` says."""
    bound = bound_of(name)
    rng = np.random.default_rng(zlib.crc32(f"{name} {case.at}".encode()))
    cost = f"{len(case.piece.neurons)} neuron{'s' if len(case.piece.neurons) != 1 else ''}"
    piece = case.piece
    if activation:
        piece = activations.in_gelu(piece) if activation == "gelu" else activations.in_swiglu(piece, ONE)
    for size in case.sizes:
        exact = {n: np.asarray(np.float32(s(rng, size)), np.float64) for n, s in case.samples.items()}
        right = np.asarray(case.reference(*exact.values()), np.float64)
        sizes = {n: float(np.abs(x).max()) for n, x in exact.items()}
        for noise in case.noises:
            given = {n: np.asarray(np.float32(simulated.noisy(x, noise, rng)), np.float64) for n, x in exact.items()}
            worst = 0.0
            for machine in simulated.machines(int(rng.integers(2**32))):
                found = simulated.piece(machine, piece, given).astype(np.float64)
                worst = max(worst, float(np.abs(found - right).max()))
            # Storing a noisy input rounds it: a little more noise.
            claimed = bound(case.piece, sizes, noise + FLOAT32.unit * size * bool(noise), **case.more)
            if activation:
                claimed += activations.converted_bound(piece, {n: s + noise for n, s in sizes.items()})
            where = [case.at] if case.at else []
            where += [f"size {size:g}"] + ([f"noise {noise:g}"] if noise else [])
            yield Measured(name, ", ".join(where), size, claimed, worst, cost)


X, Y, P, A, B, C, AT, ONE = wires("x y p a b c at one")
TWO = {"x": anywhere, "y": anywhere}
BITS = {"a": bit, "b": bit, "c": bit}
NOISY = (0.0, 1e-6, 0.01)
QUARTER = (0.0, 0.25, 0.2469)
TENT = [(-2.0, 0.0), (0.0, 3.0), (1.0, 2.5), (4.0, -1.0)]


def tent(x: Floats) -> Floats:
    """The function through TENT, going on as it begins and ends."""
    inside = np.interp(x, [p for p, _ in TENT], [y for _, y in TENT])
    return np.where(x <= -2, 1.5 * (x + 2), np.where(x >= 4, -1 - 3.5 / 3 * (x - 4), inside))


def either_sign(rng: np.random.Generator, size: float) -> Floats:
    """Whole numbers up to a size."""
    return rng.integers(-int(size), int(size) + 1, COUNT).astype(float)


def apart(rng: np.random.Generator, size: float, low: float, high: float) -> Floats:
    """Numbers up to a size, none between low and high."""
    down = rng.random(COUNT) < 0.5
    x = np.where(down, low - rng.uniform(0, size, COUNT), high + rng.uniform(0, size, COUNT))
    x[:8] = (low, high) * 4
    return x


def cases() -> dict[str, list[Case]]:
    """What is tried of every recipe."""
    mod3 = [(float(k), float(k % 3)) for k in range(60)]
    squares = [(float(k), float(k * k % 7)) for k in range(60)]
    small = (0.25, 0.5, 1.0, 2.0)
    return {
        "identity": [
            Case(arithmetic.identity(X, act, ONE), lambda x: x, {"x": anywhere}, noises=NOISY, at=act)
            for act in ("relu", "gelu", "swiglu")
        ],
        "cancel": [
            Case(arithmetic.cancel(X, act, ONE), lambda x: -x, {"x": anywhere}, noises=NOISY, at=act)
            for act in ("relu", "gelu", "swiglu")
        ],
        "add": [Case(arithmetic.add(X, Y), lambda x, y: x + y, TWO, noises=NOISY)],
        "subtract": [Case(arithmetic.subtract(X, Y), lambda x, y: x - y, TWO, noises=NOISY)],
        "minimum": [Case(arithmetic.minimum(X, Y), np.minimum, TWO, noises=NOISY)],
        "maximum": [Case(arithmetic.maximum(X, Y), np.maximum, TWO, noises=NOISY)],
        "absolute": [Case(arithmetic.absolute(X), np.abs, {"x": anywhere}, noises=NOISY)],
        "clip": [
            Case(arithmetic.clip(X, -0.7, 0.6, ONE), lambda x: np.clip(x, -0.7, 0.6), {"x": anywhere}, noises=NOISY)
        ],
        "multiply_gelu": [
            Case(arithmetic.multiply_gelu(X, Y, h), lambda x, y: x * y, TWO, small, NOISY, f"h 2^{k}", {"scale": h})
            for k, h in ((-2, 0.25), (-5, 2.0**-5), (-8, 2.0**-8))
        ],
        "product": [
            Case(arithmetic.product(X, Y, h), lambda x, y: x * y, TWO, small, NOISY, f"h 2^{k}", {"scale": h})
            for k, h in ((-2, 0.25), (-5, 2.0**-5), (-8, 2.0**-8))
        ],
        "multiply_swiglu": [Case(arithmetic.multiply_swiglu(X, Y), lambda x, y: x * y, TWO, noises=NOISY)],
        "threshold": [
            Case(feedforward.threshold(X, 2, 3, ONE), lambda x: x >= 3, {"x": whole}, (5, 100, 2000), QUARTER),
            Case(
                feedforward.threshold(X, 0.2, 0.3, ONE),
                lambda x: x >= 0.25,
                {"x": lambda rng, s: rng.integers(-10, 11, COUNT) / 10},
                (1.0,),
                (0.0, 0.024),
                "gap 0.1",
            ),
        ],
        "step_function": [
            Case(feedforward.function(X, mod3, ONE), lambda x: x % 3, {"x": whole}, (5, 20, 59), (0.0, 0.01, 0.24)),
            Case(feedforward.function(X, squares, ONE), lambda x: x * x % 7, {"x": whole}, (5, 59), QUARTER, "no line"),
        ],
        "restoration": [
            Case(
                feedforward.staircase(X, [(float(k), float(k)) for k in range(41)], ONE),
                lambda x: x,
                {"x": whole},
                (1, 10, 40),
                QUARTER,
            )
        ],
        "gate": [
            Case(
                feedforward.gate(AT, 0, 1, X, ONE, least=0, greatest=9),
                lambda at, x: np.where(at >= 1, x, 0),
                {"at": either_sign, "x": lambda rng, _: rng.uniform(0, 9, COUNT)},
                (1, 20, 1000),
                (0.0, 0.2),
            )
        ],
        "piecewise_linear": [
            Case(
                feedforward.interpolate(X, TENT, ONE),
                tent,
                {"x": anywhere},
                noises=NOISY,
            )
        ],
        "greater": [
            Case(
                logic.greater(X, 0, 0.5, ONE),
                lambda x: x > 0,
                {"x": lambda rng, s: apart(rng, s, 0.0, 0.5)},
                noises=NOISY,
            )
        ],
        "at_least": [
            Case(
                logic.at_least(X, 0, 0.5, ONE),
                lambda x: x >= 0,
                {"x": lambda rng, s: apart(rng, s, -0.5, 0.0)},
                noises=NOISY,
            )
        ],
        "equal": [Case(logic.equal(X, 3, 1, ONE), lambda x: x == 3, {"x": whole}, (5, 100, 1000), (0.0, 0.01, 0.1))],
        "negation": [Case(logic.negation(A, ONE), lambda a: 1 - a, {"a": bit}, (1,), NOISY)],
        "conjunction": [Case(logic.conjunction([A, B, C], ONE), lambda a, b, c: a * b * c, BITS, (1,), NOISY)],
        "disjunction": [
            Case(logic.disjunction([A, B, C], ONE), lambda a, b, c: np.maximum(a, np.maximum(b, c)), BITS, (1,), NOISY)
        ],
        "boolean": [
            Case(
                logic.boolean(lambda a, b, c: (a + b + c) % 2 == 1, [A, B, C], ONE),
                lambda a, b, c: (a + b + c) % 2,
                BITS,
                (1,),
                NOISY,
                "parity",
            ),
            Case(
                logic.boolean(lambda a, b, c: a or not (b and c), [A, B, C], ONE),
                lambda a, b, c: np.maximum(a, 1 - b * c),
                BITS,
                (1,),
                NOISY,
                "one false",
            ),
        ],
        "symmetric": [
            Case(logic.symmetric(lambda k: k % 2, [A, B, C], ONE), lambda a, b, c: (a + b + c) % 2, BITS, (1,), NOISY)
        ],
        "conditional": [
            Case(
                logic.conditional(P, X, Y, -1, 1, ONE),
                lambda p, x, y: np.where(p, x, y),
                {"p": bit, "x": anywhere, "y": anywhere},
                (1.0,),
                NOISY,
            )
        ],
        "lookup_table": [
            Case(
                logic.lookup_table(lambda a, b: a * b, [A, B], [10, 10], ONE),
                lambda a, b: a * b,
                {"a": whole, "b": whole},
                (9,),
                (0.0, 0.02),
                "times table",
            )
        ],
        "round_by_precision": [
            Case(
                precision.round_by_precision(X, ONE), np.round, {"x": either_sign}, (10, 1000, 2.0**20), (0, 0.25, 0.4)
            ),
            Case(precision.round_by_precision(X, ONE), np.round, {"x": either_sign}, (2.0**22,), at="to the end"),
            Case(
                precision.round_by_precision(X, ONE, 0.25),
                lambda x: np.round(4 * x) / 4,
                {"x": anywhere},
                (10, 2.0**20),
                at="steps of 1/4",
                more={"step": 0.25},
            ),
        ],
        "in_gelu": _converted(activations.in_gelu),
        "in_swiglu": _converted(lambda p, s: activations.in_swiglu(p, ONE, s)),
    }


def _converted(convert: Callable[[Piece, float], Piece]) -> list[Case]:
    found = [
        Case(
            convert(arithmetic.minimum(X, Y), s), np.minimum, TWO, (1.0,), at=f"minimum, S {s:g}", more={"sharpness": s}
        )
        for s in (16.0, 256.0, 4096.0)
    ]
    step = feedforward.threshold(X, 2, 3, ONE)
    more = {"sharpness": 256.0, "clear": 0.25}
    found.append(
        Case(convert(step, 256.0), lambda x: x >= 3, {"x": whole}, (5, 100), (0.0, 0.125), "threshold, S 256", more)
    )
    return found


@probe(*(names := tuple(cases())))
def everything() -> Iterator[Measured]:
    """All cases of all recipes."""
    for name, many in cases().items():
        for case in many:
            yield from attack(name, case)
