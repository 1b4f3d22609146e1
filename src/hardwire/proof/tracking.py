"""From slot to slot: the coordinates that neurons erase, and closer bounds of those that they write."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

import numpy as np

from ..errors import CertificateError
from ..model.slots import ATTENTION, MLP, Slot, slots
from ..run.failure import Ints
from .decomposition import Decomposition, NeuronTerm, before_neurons, decompose
from .evaluate import evaluate, evaluate_one
from .evidence import Erased, Evidence, Setting
from .firing import fire
from .magnitudes import Magnitudes

NOTHING = 1e-12
"""What is left of a sum, relative to its terms, when all of it was subtracted: rounding of this proof's own float64."""


def with_erased(setting: Setting, layer: int) -> Evidence:
    """The evidence with the coordinates that the neurons of a layer make constant, before they store new values
    there."""
    weights, evidence, slot = setting.weights, setting.evidence, Slot(layer, MLP)
    written = weights.written[slot] & (setting.largest(slot.previous) > 0)
    coordinates, w_out = np.zeros(len(written), bool), weights.layers[layer - 1].w_out.copy()
    left, error, count, total = np.zeros((4, len(written)))
    unit = np.full(len(written), np.inf)
    for c in written.nonzero()[0].tolist():
        with suppress(CertificateError):
            found = _constant(setting, c, layer)
            if found is not None:
                neurons, left[c], error[c], count[c], total[c], unit[c] = found
                coordinates[c], w_out[neurons, c] = True, 0.0
    if not coordinates.any():
        return evidence
    erased = Erased(coordinates, left, error, count, total, unit, w_out=w_out)
    return replace(evidence, erased={**evidence.erased, layer: erased})


def _constant(setting: Setting, c: int, layer: int) -> tuple[Ints, float, float, float, float, float] | None:
    """(the neurons that depend on the earlier content of a coordinate alone, and as in `Erased` the constant that they
    leave of it, its error, their count, their magnitudes and the unit of these); None where it is not constant. Raises
    CertificateError where that is not known."""
    weights, slot = setting.weights.layers[layer - 1], Slot(layer, MLP)
    before = decompose(setting, np.eye(len(weights.w_in))[:, [c]], slot.previous)
    writers = np.flatnonzero(weights.w_out[:, c])
    arguments = [decompose(setting, weights.w_in[:, [i]], slot.previous).variables for i in writers]
    neurons = writers[[variables <= before.variables for variables in arguments]]
    space = setting.space(before.variables)
    if not before.variables or not len(neurons) or space.size > setting.limits.refined:
        return None
    below = before_neurons(setting, before.weights, layer, neurons)
    out = weights.w_out[neurons][:, [c]]
    term = NeuronTerm(layer, neurons, out, np.abs(out), below)
    decomposed = Decomposition(before.weights, slot, (), None, term, below.variables)
    form = evaluate(setting, decomposed, space)
    fired = fire(setting, term, evaluate(setting, below, space), 1, np.array([c]))
    left, spread, total = float(form.value[0, 0]), float(np.ptp(form.value)), float(fired.total.max())
    if spread > NOTHING * total:
        return None
    error = float(form.error.max()) + spread
    if left and left % setting.weights.embedding.units[c]:
        error += setting.format.unit * abs(left)  # not a multiple of the unit of the embedding
    unit = float(fired.unit[0]) if fired.exact else 0.0
    return neurons, left, error, float(fired.count.max()), total, unit


def refined(setting: Setting, upto: Slot) -> Magnitudes:
    """The magnitudes where every coordinate that neurons write, up to a slot, is bounded by its values in
    all states: less than the sum of bounds of the neurons."""
    magnitudes, written = setting.evidence.magnitudes, setting.weights.written
    for slot in slots(max(Slot(1, MLP), magnitudes.refined.next), upto):
        row, before = magnitudes.at[slot].copy(), magnitudes.at[slot.previous]
        if slot.sublayer is ATTENTION:
            row = np.minimum(row, np.where(written[slot], np.inf, before))
        else:
            for c in np.flatnonzero(written[slot]).tolist():
                with suppress(CertificateError):
                    row[c] = min(row[c], _largest(setting, c, slot, row[c]))
                    magnitudes = magnitudes.with_row(slot, row)
                    setting = setting.with_evidence(replace(setting.evidence, magnitudes=magnitudes))
            row = np.where(written[slot], row, before)
        magnitudes = magnitudes.with_row(slot, row)
        setting = setting.with_evidence(replace(setting.evidence, magnitudes=magnitudes))
    return replace(magnitudes, refined=max(magnitudes.refined, upto))


def _largest(setting: Setting, c: int, slot: Slot, otherwise: float) -> float:
    """The largest magnitude of a coordinate in any state; `otherwise` where there are too many. Raises
    CertificateError."""
    decomposed = decompose(setting, np.eye(setting.weights.model.d_model)[:, [c]], slot)
    space = setting.space(decomposed.variables)
    if space.size > setting.limits.refined:
        return otherwise
    value, error = evaluate_one(setting, decomposed, space)
    return float((np.abs(value) + error).max(initial=0.0))
