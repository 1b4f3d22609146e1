"""Running a model with variables set: their numbers in the residual stream are replaced as soon as they are written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import InputError
from ..lang.text import constant
from ..lang.values import NotAValue, Value, freeze
from .slots import Slot
from .variables import ModelVariable
from .weights import Floats

if TYPE_CHECKING:
    from .transformer import Transformer


@dataclass(frozen=True, eq=False)
class Patch:
    """The numbers that a variable is set to in a batch: (inputs, n), one for each token."""

    variable: ModelVariable
    numbers: Floats

    def __call__(self, stream: Floats) -> None:
        """Change the residual stream, (inputs, n + 1, d_model), except BOS."""
        stream[:, 1:] = self.variable.set(stream[:, 1:], self.numbers.astype(stream.dtype))


def patched(model: Transformer, inputs: Sequence[object], given: Sequence[Mapping[str, Any]]) -> list[list[Value]]:
    """The answers to inputs of one length, each with its own values of the same variables.

    Raises InputError, UnknownNameError and InterventionError.
    """
    rows = [model.encode(x) for x in inputs]
    n = len(rows[0]) if rows else 0
    patches: dict[Slot, list[Patch]] = {}
    if not all(isinstance(each, Mapping) for each in given):
        raise InputError("`set` takes a dict from names to values, one for each token", value=given)
    order = list(model.variables)  # of two names for one number the later one is read
    for name in sorted(given[0] if given else (), key=lambda x: order.index(x) if x in order else 0):
        variable = model.variables.settable(name)
        slot = variable.slot
        if slot is None:
            continue  # nothing depends on it
        numbers = np.array([variable.encoded(_values(name, each[name], n)) for each in given])
        patches.setdefault(slot, []).append(Patch(variable, numbers.reshape(len(rows), n)))
    if not n:
        return [[] for _ in rows]
    residual = model.final_residual(rows, patches)
    answers = model.answers_of(residual.reshape(len(rows) * n, model.d_model))
    return [answers[i * n : (i + 1) * n] for i in range(len(rows))]


def _values(name: str, values: Any, n: int) -> list[Value]:
    """One value for each of n tokens. Raises InputError."""
    sequence = isinstance(values, (str, list, tuple, range)) or (isinstance(values, np.ndarray) and values.ndim == 1)
    if not sequence:
        raise InputError(
            f"`{name}` is set to one value for each token, in a list, not to {constant(values)}", value=values
        )
    try:
        found = [freeze(v) for v in values]
    except NotAValue as error:
        raise InputError(f"`{name}` cannot be set: {error}", value=values) from None
    if len(found) != n:
        raise InputError(f"`{name}` is set to one value for each token, {n} in all, not to {len(found)}", value=values)
    return found
