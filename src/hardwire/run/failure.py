"""Failures: the result at a position where a program has no value. They are data until they are needed."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from ..lang.expr import Expr
from ..lang.text import constant, formula
from ..lang.values import Value

BROKEN = (NameError, ImportError, RecursionError, MemoryError)
"""The exceptions of a broken function: they are not failures, so they are never caught."""


@dataclass(frozen=True, slots=True)
class Failure:
    """No value: `expression` (an `Expr`) failed on `values` at `position` of the input, because of `reason`."""

    expression: Expr
    values: tuple[Value, ...]
    reason: str
    position: int | None = None

    def __repr__(self) -> str:
        on = f" on {', '.join(map(constant, self.values))}" if self.values else ""
        at = "" if self.position is None else f" at position {self.position}"
        return f"<{formula(self.expression, 40)} failed{at}{on}: {self.reason}>"


Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Failed:
    """The failures of one column: for each position the number of its failure (-1: none) and where it arose.

    id, origin: (positions,). The origin is a flat position of the batch: a selector moves a failure to other positions,
    and the message must point at the first one.
    """

    id: Ints
    origin: Ints

    @property
    def mask(self) -> Bools:
        return self.id >= 0

    def take(self, where: Ints) -> Failed:
        return Failed(self.id[where], self.origin[where])


@dataclass(slots=True)
class FailureLog:
    """All distinct failures of a run, by number, without their positions."""

    entries: list[Failure] = field(default_factory=list)

    def add(self, expr: Expr, values: tuple[Value, ...], reason: str) -> int:
        self.entries.append(Failure(expr, values, reason))
        return len(self.entries) - 1


def first_of(*failed: Failed | None) -> Failed | None:
    """Return, for each position, the failure of the first argument that has one."""
    result: Failed | None = None
    for f in failed:
        if f is None:
            continue
        if result is None:
            result = f
        else:
            mine = result.id >= 0
            result = Failed(np.where(mine, result.id, f.id), np.where(mine, result.origin, f.origin))
    return result


def only_where(failed: Failed | None, mask: Bools) -> Failed | None:
    """Return the failures at the positions of the mask, or None."""
    if failed is None:
        return None
    id = np.where(mask, failed.id, -1)
    return Failed(id, failed.origin) if (id >= 0).any() else None


def reason_of(error: BaseException) -> str:
    """An exception as the reason of a failure."""
    text = str(error) if not isinstance(error, KeyError) else str(error.args[0]) if error.args else ""
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
