"""The named values of a program in the residual stream: where each is stored, and how to set it.

A variable is one number at each position: residual @ read is the encoding of its value, from `slot` on. It is set by
adding a multiple of `basis`, which changes that number and nothing else: read @ basis is 1.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..errors import InputError, InterventionError, ModelError, UnknownNameError
from ..lang.text import constant
from ..lang.values import Value, exact, is_number, leave
from .slots import ATTENTION, EMBEDDING, Slot
from .weights import Floats

STORED, TIED, DERIVED, CONSTANT, MERGED, UNUSED = "stored", "tied", "derived", "constant", "merged", "unused"
STATUSES = {
    STORED: "stored in a direction of its own; what reads it is right for each of its values at every position",
    TIED: "stored in a direction of its own; what reads it relies on values that go together in the program",
    DERIVED: "a linear form of directions that other parts use too",
    CONSTANT: "the same value everywhere",
    MERGED: "not stored: computed together with something else",
    UNUSED: "not stored: nothing depends on it, so setting it changes nothing",
}
"""What each status of a variable means."""


@dataclass(frozen=True, eq=False)
class ModelVariable:
    """A named value of a program, and its place in a model.

    `status` is one of `STATUSES`, and `reason` says why in the program's own names. `time` is the index of the slot
    that completes it, -1 if it is merged; `read` and `basis`, (d_model,), are explained above (`basis` is 0 unless it
    is stored or tied); `encodings`, (k,), are those of `values`, ratios among them as `Fraction`. Both are empty where
    these are too many to list: a number encodes itself then. `linear` has the coefficients of a derived value, by the
    expression of each direction.
    """

    name: str
    expression: str
    status: str
    reason: str
    time: int
    read: Floats
    basis: Floats
    encodings: Floats
    values: tuple[Value, ...]
    linear: tuple[tuple[Any, ...], ...] = ()
    kept: bool = False

    def __post_init__(self) -> None:
        for name in ("read", "basis", "encodings"):
            array = np.array(getattr(self, name), np.float64)
            if array.ndim != 1 or not np.isfinite(array).all():
                raise ModelError(f"the {name} of the variable {self.name!r} is not a list of finite numbers")
            array.setflags(write=False)
            object.__setattr__(self, name, array)
        if len(self.encodings) != len(self.values) or self.status not in STATUSES:
            raise ModelError(f"the variable {self.name!r} is incomplete")

    @property
    def slot(self) -> Slot | None:
        """The sublayer that completes it; None if it is merged."""
        return None if self.time < 0 else Slot.of(self.time)

    @property
    def hook(self) -> str:
        """The hook of TransformerLens after it is written and before it is used; empty if it is merged."""
        slot = self.slot
        return "" if slot is None else hook_of(slot)

    @property
    def settable(self) -> bool:
        """Whether the model stores it in a direction of its own, or nothing depends on it."""
        return self.status in (STORED, TIED, UNUSED)

    def encoded(self, values: Sequence[Value]) -> Floats:
        """(n,) the encodings of some values. Raises InputError for one that it cannot have."""
        table = {exact(v): float(x) for v, x in zip(self.values, self.encodings, strict=True)}
        equal = dict(zip(map(leave, self.values), self.encodings.tolist(), strict=True))
        found = []
        for i, v in enumerate(values):
            x = table.get(exact(v), equal.get(leave(v)))
            if x is None and not self.values and (is_number(v) or self.status == UNUSED):
                x = float(v) if is_number(v) else 0.0
            if x is None:
                raise InputError(
                    f"`{self.name}` cannot be {constant(v)}: its values are {_listed(self.values)}", position=i, value=v
                )
            found.append(x)
        return np.array(found, np.float64)

    def decoded(self, residual: Floats) -> list[Value]:
        """The value at each row of a residual stream, (n, d_model), whose encoding is nearest; ratios as floats."""
        found = residual.astype(np.float64) @ self.read
        if not len(self.values):
            numbers: list[Value] = found.tolist()
            return numbers
        nearest = np.abs(found[:, None] - self.encodings).argmin(axis=1)
        return [leave(self.values[i]) for i in nearest.tolist()]

    def set(self, residual: Floats, numbers: Floats) -> Floats:
        """A residual stream, (..., d_model), in which residual @ read are these numbers, (...)."""
        # Not by `@`: on strided slices some BLAS kernels warn of numbers beyond them, which they multiply by 0.
        off = numbers - (residual * self.read.astype(residual.dtype)).sum(axis=-1)
        changed: Floats = residual + off[..., None].astype(residual.dtype) * self.basis.astype(residual.dtype)
        return changed

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ModelVariable) and self._parts() == other._parts()

    __hash__ = None  # type: ignore[assignment]

    def _parts(self) -> tuple[Any, ...]:
        arrays = (self.read.tolist(), self.basis.tolist(), self.encodings.tolist())
        values = tuple(map(exact, self.values))
        return (
            self.name,
            self.expression,
            self.status,
            self.reason,
            self.time,
            *arrays,
            values,
            self.linear,
            self.kept,
        )

    def __repr__(self) -> str:
        where = f" at {self.hook}" if self.hook else ""
        return f"ModelVariable({self.name!r}, {self.status}{where}: {self.reason})"


class Variables(Mapping[str, ModelVariable]):
    """The named values of a program, by name, in the order of evaluation."""

    def __init__(self, variables: Sequence[ModelVariable]) -> None:
        self._of = {v.name: v for v in variables}

    def __getitem__(self, name: str) -> ModelVariable:
        if not isinstance(name, str) or name not in self._of:
            raise UnknownNameError("variable", str(name), self._of)
        return self._of[name]

    def __contains__(self, name: object) -> bool:
        return name in self._of

    def __iter__(self) -> Iterator[str]:
        return iter(self._of)

    def __len__(self) -> int:
        return len(self._of)

    def settable(self, name: str) -> ModelVariable:
        """A variable that can be set. Raises UnknownNameError, and InterventionError with the reason why it cannot."""
        found = self[name]
        if not found.settable:
            raise InterventionError(
                f"`{name}` cannot be set in this model: it is {found.status} ({found.reason}).\n"
                f'  Compile the program with keep=["{name}"], or keep="named".',
                value=name,
            )
        return found

    def __repr__(self) -> str:

        rows = [(v.name, v.status, v.hook, v.reason) for v in self._of.values()]
        return "\n".join(_table([("name", "status", "hook", "why"), *rows])) if rows else "no variables"


def _table(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(f"{cell:{w}}" for cell, w in zip(row, widths, strict=True)).rstrip() for row in rows]


def hook_of(slot: Slot) -> str:
    """The hook of TransformerLens at which the stream has everything that a slot and those before it write."""
    if slot == EMBEDDING:
        return "blocks.0.hook_resid_pre"
    return f"blocks.{slot.layer - 1}.{'hook_resid_mid' if slot.sublayer is ATTENTION else 'hook_resid_post'}"


def moved(variable: ModelVariable, read: Floats, basis: Floats) -> ModelVariable:
    """The same variable in other coordinates."""
    return replace(variable, read=read, basis=basis)


def _listed(values: Sequence[Value]) -> str:
    shown = ", ".join(constant(v) for v in values[:12])
    return f"{shown}, … ({len(values):,} in all)" if len(values) > 12 else shown or "numbers"
