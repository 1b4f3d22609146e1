"""Neurons along one number that may be anything in a range: exactly how large and small their sum can be.

Where a part is undefined, what neurons read may be off by a lot, and each neuron by itself says little: the two neurons
of a step add up to 0 to 1 for every number, and to almost anything if they are bounded one by one.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..numeric.floats import Floats
from ..run.failure import Ints
from .affine import OWN_ROUNDING, AffineForm

WORTH_NARROWING = 2.0**-6
"""Smaller errors are left as they are."""
MOST_STEPS = 200_000_000
"""The most products that are formed for it: of states, neurons, and neurons or sources of errors."""


def narrowed(form: AffineForm, before: AffineForm, bias: Floats, out: Floats, summed: Floats) -> AffineForm:
    """A single form with neurons in which each state has the least error that is known.

    `before`: the form without neurons and, behind it, the arguments of the neurons without their biases. `bias` and
    `out`: (neurons,) those, and the weight of each in the form; `summed`: (states,) the rounding of adding them up.
    """
    rows = np.flatnonzero(form.error[:, 0] > WORTH_NARROWING)
    if not len(rows) or not (before.coefficients or before.sources.shape[1]):
        return form  # nothing moves the arguments together
    moving = len(before.coefficients) + before.sources.shape[1]
    if len(rows) * len(out) * (len(out) + moving) > MOST_STEPS:
        return form
    parts = [before.errors[e] * (c if len(c) == 1 else c[rows]) for e, c in before.coefficients.items()]
    shape = len(rows), 1 + len(out)
    moves = before.sources[rows][:, :, None] * before.source_coefficients[None]  # (states, sources, 1 + neurons)
    moves = np.concatenate([moves, *(np.broadcast_to(c, shape)[:, None] for c in parts)], axis=1)
    if not moves.shape[1]:
        return form  # nothing moves but roundings
    by = np.abs(moves).max(axis=2).argmax(axis=1)
    along, rest = moves[np.arange(len(rows)), by], np.abs(moves).sum(axis=1)
    rest += (before.rounding if len(before.rounding) == 1 else before.rounding[rows]) - np.abs(along)
    a, slope = before.value[rows, 1:] + bias, along[:, 1:]
    bend = np.divide(-a, slope, out=np.ones_like(a), where=slope != 0).clip(-1, 1)
    t = np.concatenate([np.array([[-1.0, 1.0]]).repeat(len(rows), axis=0), bend], axis=1)
    total = before.value[rows, :1] + along[:, :1] * t
    for j in range(len(out)):
        total += out[j] * np.maximum(a[:, j, None] + slope[:, j, None] * t, 0.0)
    low, high = total.min(axis=1), total.max(axis=1)
    error = (high - low) / 2 + rest[:, 0] + rest[:, 1:] @ np.abs(out) + summed[rows]
    error += OWN_ROUNDING * (np.abs(low) + np.abs(high) + np.abs(out) @ (np.abs(a) + np.abs(slope)).T)
    better = error < form.error[rows, 0]
    if not better.any():
        return form
    return _replaced(form, rows[better], ((low + high) / 2)[better], error[better])


def _replaced(form: AffineForm, rows: Ints, value: Floats, error: Floats) -> AffineForm:
    """A single form with other values and errors in some states."""
    kept = np.ones((len(form.value), 1))
    kept[rows] = 0.0
    values, rounding = form.value * kept, form.rounding * kept
    values[rows, 0], rounding[rows, 0] = value, error
    coefficients = {e: c * kept for e, c in form.coefficients.items()}
    return replace(form, value=values, coefficients=coefficients, sources=form.sources * kept, rounding=rounding)
