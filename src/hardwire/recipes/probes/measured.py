"""What a probe finds, and the register of probes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache


@dataclass(frozen=True)
class Measured:
    """The worst error found of a recipe, with the bound that it claims there.

    at: the circumstances, in words; x: the number among them that varies, for plots; cost: dimensions and neurons.
    """

    recipe: str
    at: str
    x: float
    claimed: float
    worst: float
    cost: str = ""

    @property
    def ratio(self) -> float:
        """How pessimistic the bound is; 1 where both are 0, infinite where no error was found."""
        if self.worst:
            return self.claimed / self.worst
        return float("inf") if self.claimed else 1.0


Probe = Callable[[], Iterator[Measured]]

PROBES: dict[str, Probe] = {}


def probe(*names: str) -> Callable[[Probe], Probe]:
    """Enters a probe for recipes into the register."""

    def enter(function: Probe) -> Probe:
        for name in names:
            PROBES[name] = function
        return function

    return enter


def measure(name: str) -> list[Measured]:
    """What the probe of a recipe finds; always the same."""
    return [m for m in _all(PROBES[name]) if m.recipe == name]


@cache
def _all(run: Probe) -> tuple[Measured, ...]:
    return tuple(run())
