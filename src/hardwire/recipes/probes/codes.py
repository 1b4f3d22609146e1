"""Codes of positions and values: what storing them in float32 changes, and how far they can be read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from ...constructions import representation
from ...constructions.form import wires
from ...constructions.registry import bound_of
from .. import position
from . import simulated
from .measured import Measured, probe


def _stored(name: str, exact: npt.NDArray[Any], at: str, x: float, largest: float | None = None) -> Measured:
    bound = bound_of(name)
    claimed = bound() if largest is None else bound(largest)
    worst = float(np.abs(exact.astype(np.float32).astype(np.float64) - exact).max())
    rows = 1 if exact.ndim == 1 else len(exact)
    return Measured(name, at, x, claimed, worst, f"{rows} direction{'s' if rows > 1 else ''}")


@probe("inverse", "powers", "alternating", "sinusoidal", "fraction")
def positions() -> Iterator[Measured]:
    for n in (10, 100, 1000):
        at = f"N {n:,}"
        yield _stored("inverse", position.inverse(n), at, n, 1.0)
        yield _stored("powers", position.powers(n, 3), f"{at}, cubes", n, float(n) ** 3)
        yield _stored("alternating", position.alternating(n), at, n, 1.0)
        yield _stored("sinusoidal", position.sinusoidal(n, [0.1, 1.0]), at, n, 1.0)
        (i,) = wires("i")
        exact = np.arange(n) / n
        found = [simulated.form(m, position.fraction(i, n), {"i": np.arange(n)}, (n,)) for m in simulated.machines()]
        worst = float(np.abs(np.stack(found) - exact).max())
        yield Measured("fraction", at, n, bound_of("fraction")(), worst, "nothing")


@probe("bits", "signs", "mirrored_signs", "one_hot", "thermometer", "digits", "nearest_value")
def values() -> Iterator[Measured]:
    both = [False, True]
    for name, table in (
        ("bits", representation.bits(both)),
        ("signs", representation.signs(both)),
        ("mirrored_signs", representation.mirrored_signs(both)),
        ("one_hot", representation.one_hot(50)),
        ("thermometer", representation.thermometer(50)),
        ("digits", representation.digits(1000, 10)),
    ):
        yield _stored(name, table, f"{table.shape[-1]} values", table.shape[-1])
    s, one = wires("s one")
    for most in (10, 100, 1000):
        numbers = np.arange(most + 1.0)
        logits = representation.nearest_value(s, numbers.tolist(), one)
        noise = bound_of("nearest_value")(most, 0.0)
        rng = np.random.default_rng(most)
        x = np.r_[0, 1, most - 1, most, rng.integers(0, most + 1, 20)].astype(float)
        wrong = 0
        for machine in simulated.machines():
            given = {"s": simulated.noisy(x, noise * 0.999, rng)}
            found = np.stack([simulated.form(machine, f, given, x.shape) for f in logits])
            wrong += int((found.argmax(axis=0) != x).sum())
        yield Measured("nearest_value", f"0 .. {most:,}, noise {noise:.3f}", most, 0.0, wrong, f"{most + 1} columns")
