"""The model in fewer residual dimensions."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from ..errors import ModelError
from .circuit_json import wires
from .moved import checked_plain, in_basis, known
from .weights import Floats

if TYPE_CHECKING:
    from .transformer import Transformer

NOTHING = 1e-9
"""A vector whose distance from a combination of others is below this share of its length is one."""
DIGITS = 2.0**-20
"""Coefficients of such combinations that are this near to a multiple of it are it: then they are exact."""


def compressed(model: Transformer, d: int) -> Transformer:
    """The model with a residual stream of `d` dimensions.

    What one part writes matters by what others read of it: by the products of all vectors that write the stream and all
    that read it, (writers, readers). Coordinates that are combinations of others are left out first, which loses
    nothing. Then the nearest matrix of rank d is taken (Eckart and Young 1936), with rows and columns divided by the
    roots of their lengths; its factors are the new weights. Raises ModelError.
    """
    checked_plain(model)
    if isinstance(d, bool) or not isinstance(d, int) or not min(1, model.d_model) <= d <= model.d_model:
        raise ModelError(f"d is an int from 1 to d_model, which is {model.d_model}, not {d!r}", value=d)
    writers, readers = _vectors(model)
    to, back = _without_combinations(writers, readers)
    if d < len(back):
        nearer, further = _nearest(writers @ to, back @ readers, d)
        to, back = to @ nearer, further @ back
    if to.shape == (model.d_model, model.d_model):
        return model
    described = replace(model.circuit, directions=(), variables=known(model), wires=wires(model))
    return in_basis(replace(model, circuit=described), lambda w: back @ w, lambda w: w @ to)


def lossless(model: Transformer) -> int:
    """The least d at which `compressed` loses nothing. Raises ModelError."""
    checked_plain(model)
    return len(_without_combinations(*_vectors(model))[1])


def _vectors(model: Transformer) -> tuple[Floats, Floats]:
    """((writers, d_model), (d_model, readers)) what writes and what reads the stream; the circuit reads it too, and its
    variables are set."""
    heads = [h for layer in model.layers for h in layer.heads]
    stored = [v for v in known(model) if len(v.read)]
    written = [model.embed, *(h.w_o for h in heads), *(x.w_out for x in model.layers), *(v.basis[None] for v in stored)]
    written += [] if model.positions is None else [model.positions]
    read = [model.unembed, *(w for h in heads for w in (h.w_q, h.w_k, h.w_v)), *(x.w_in for x in model.layers)]
    read += [r.vector[:, None] for r in model.circuit.readings]
    read += [c.vector[:, None] for c in model.circuit.claims]
    read += [v.read[:, None] for v in stored]
    return np.vstack([np.asarray(w, np.float64) for w in written]), np.hstack([np.asarray(w, np.float64) for w in read])


def _without_combinations(writers: Floats, readers: Floats) -> tuple[Floats, Floats]:
    """((d_model, d), (d, d_model)) by which writers and readers are multiplied to leave out coordinates that are
    combinations of others in all that writes, or in all that reads what is left."""
    some, by = _combinations(writers)
    to, back = np.eye(writers.shape[1])[:, some], by
    some, by = _combinations((back @ readers).T)
    return to @ by.T, back[some]


def _combinations(columns: Floats) -> tuple[list[int], Floats]:
    """(columns that are no combination of those before, all columns as combinations of these)"""
    scaled = columns / _lengths(columns.T)
    found: list[int] = []
    basis = np.zeros((len(columns), 0))
    for i, column in enumerate(scaled.T):
        rest = column - basis @ (basis.T @ column)
        rest = rest - basis @ (basis.T @ rest)
        size = float(np.sqrt(rest @ rest))
        if size > NOTHING:
            found.append(i)
            basis = np.hstack([basis, (rest / size)[:, None]])
    by = np.linalg.lstsq(columns[:, found], columns, rcond=None)[0]
    whole = np.round(by / DIGITS) * DIGITS
    return found, np.where(np.abs(by - whole) <= NOTHING * np.maximum(1.0, np.abs(whole)), whole, by)


def _nearest(writers: Floats, readers: Floats, d: int) -> tuple[Floats, Floats]:
    """((width, d), (d, width)) by which writers and readers are multiplied to be factors of the nearest matrix of rank
    d."""
    products = writers @ readers
    rows, columns = np.sqrt(_lengths(products)), np.sqrt(_lengths(products.T))
    u, s, vt = np.linalg.svd(products / rows[:, None] / columns, full_matrices=False)
    root = np.sqrt(s[:d])
    return (readers / columns) @ vt[:d].T / root, (u[:, :d] / root).T @ (writers / rows[:, None])


def _lengths(rows: Floats) -> Floats:
    """(rows,) their lengths; 1 for those that are 0."""
    found = np.sqrt((rows * rows).sum(axis=1))
    return np.asarray(np.where(found > 0, found, 1.0))
