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
ONE_NUMBER, WHOLE, TWO = {"x": anywhere}, {"x": whole}, {"x": anywhere, "y": anywhere}
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
    found: dict[str, list[Case]] = {}

    def case(
        name: str,
        piece: Piece,
        reference: Callable[..., Any],
        samples: Mapping[str, Sample] = ONE_NUMBER,
        sizes: tuple[float, ...] = (1.0, 10.0, 1000.0),
        noises: tuple[float, ...] = NOISY,
        *,
        at: str = "",
        **more: float,
    ) -> None:
        found.setdefault(name, []).append(Case(piece, reference, samples, sizes, noises, at, more=more))

    for act in ("relu", "gelu", "swiglu"):
        case("identity", arithmetic.identity(X, act, ONE), lambda x: x, at=act)
        case("cancel", arithmetic.cancel(X, act, ONE), lambda x: -x, at=act)
    case("add", arithmetic.add(X, Y), lambda x, y: x + y, TWO)
    case("subtract", arithmetic.subtract(X, Y), lambda x, y: x - y, TWO)
    case("minimum", arithmetic.minimum(X, Y), np.minimum, TWO)
    case("maximum", arithmetic.maximum(X, Y), np.maximum, TWO)
    case("absolute", arithmetic.absolute(X), np.abs)
    case("clip", arithmetic.clip(X, -0.7, 0.6, ONE), lambda x: np.clip(x, -0.7, 0.6))
    small = (0.25, 0.5, 1.0, 2.0)
    for k in (-2, -5, -8):
        h, at = 2.0**k, f"h 2^{k}"
        case("multiply_gelu", arithmetic.multiply_gelu(X, Y, h), lambda x, y: x * y, TWO, small, at=at, scale=h)
        case("product", arithmetic.product(X, Y, h), lambda x, y: x * y, TWO, small, at=at, scale=h)
    case("multiply_swiglu", arithmetic.multiply_swiglu(X, Y), lambda x, y: x * y, TWO)
    case("threshold", feedforward.threshold(X, 2, 3, ONE), lambda x: x >= 3, WHOLE, (5, 100, 2000), QUARTER)
    tenths = {"x": lambda rng, _: rng.integers(-10, 11, COUNT) / 10}
    narrow = feedforward.threshold(X, 0.2, 0.3, ONE)
    case("threshold", narrow, lambda x: x >= 0.25, tenths, (1.0,), (0.0, 0.024), at="gap 0.1")
    mod3, squares = ([(float(k), float(k**n % m)) for k in range(60)] for n, m in ((1, 3), (2, 7)))
    case("step_function", feedforward.function(X, mod3, ONE), lambda x: x % 3, WHOLE, (5, 20, 59), (0.0, 0.01, 0.24))
    curved = feedforward.function(X, squares, ONE)
    case("step_function", curved, lambda x: x * x % 7, WHOLE, (5, 59), QUARTER, at="no line")
    stairs = feedforward.staircase(X, [(float(k), float(k)) for k in range(41)], ONE)
    case("restoration", stairs, lambda x: x, WHOLE, (1, 10, 40), QUARTER)
    gate, gated = feedforward.gate(AT, 0, 1, X, ONE, least=0, greatest=9), lambda at, x: np.where(at >= 1, x, 0)
    passed = {"at": either_sign, "x": lambda rng, _: rng.uniform(0, 9, COUNT)}
    case("gate", gate, gated, passed, (1, 20, 1000), (0.0, 0.2))
    case("piecewise_linear", feedforward.interpolate(X, TENT, ONE), tent)
    above, below = ({"x": lambda rng, s, low=low: apart(rng, s, low, low + 0.5)} for low in (0.0, -0.5))
    case("greater", logic.greater(X, 0, 0.5, ONE), lambda x: x > 0, above)
    case("at_least", logic.at_least(X, 0, 0.5, ONE), lambda x: x >= 0, below)
    case("equal", logic.equal(X, 3, 1, ONE), lambda x: x == 3, WHOLE, (5, 100, 1000), (0.0, 0.01, 0.1))
    bits, unit = [A, B, C], (1,)
    case("negation", logic.negation(A, ONE), lambda a: 1 - a, {"a": bit}, unit)
    case("conjunction", logic.conjunction(bits, ONE), lambda a, b, c: a * b * c, BITS, unit)
    case("disjunction", logic.disjunction(bits, ONE), lambda a, b, c: np.maximum(a, np.maximum(b, c)), BITS, unit)
    parity = logic.boolean(lambda a, b, c: (a + b + c) % 2 == 1, bits, ONE)
    case("boolean", parity, lambda a, b, c: (a + b + c) % 2, BITS, unit, at="parity")
    implied = logic.boolean(lambda a, b, c: a or not (b and c), bits, ONE)
    case("boolean", implied, lambda a, b, c: np.maximum(a, 1 - b * c), BITS, unit, at="one false")
    case("symmetric", logic.symmetric(lambda k: k % 2, bits, ONE), lambda a, b, c: (a + b + c) % 2, BITS, unit)
    choice = logic.conditional(P, X, Y, -1, 1, ONE)
    case("conditional", choice, lambda p, x, y: np.where(p, x, y), {"p": bit, **TWO}, (1.0,))
    times = logic.lookup_table(lambda a, b: a * b, [A, B], [10, 10], ONE)
    digits = {"a": whole, "b": whole}
    case("lookup_table", times, lambda a, b: a * b, digits, (9,), (0.0, 0.02), at="times table")
    rounded, signed = precision.round_by_precision(X, ONE), {"x": either_sign}
    case("round_by_precision", rounded, np.round, signed, (10, 1000, 2.0**20), (0, 0.25, 0.4))
    case("round_by_precision", rounded, np.round, signed, (2.0**22,), (0.0,), at="to the end")
    quarters, reach = precision.round_by_precision(X, ONE, 0.25), (10, 2.0**20)
    nearest: Callable[..., Any] = lambda x: np.round(4 * x) / 4  # noqa: E731
    case("round_by_precision", quarters, nearest, ONE_NUMBER, reach, (0.0,), at="steps of 1/4", step=0.25)
    found["in_gelu"] = _converted(activations.in_gelu)
    found["in_swiglu"] = _converted(lambda p, s: activations.in_swiglu(p, ONE, s))
    return found


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
        Case(
            convert(step, 256.0), lambda x: x >= 3, {"x": whole}, (5, 100), (0.0, 0.125), "threshold, S 256", more=more
        )
    )
    return found


@probe(*(names := tuple(cases())))
def everything() -> Iterator[Measured]:
    """All cases of all recipes."""
    for name, many in cases().items():
        for case in many:
            yield from attack(name, case)
