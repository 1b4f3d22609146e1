"""The outputs of neurons, and how they respond to the errors of their arguments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from ..errors import CertificateError
from ..lang.expr import Expr
from ..model.certificate import Margin
from ..numeric.floats import Floats
from ..numeric.grids import grid, nonzero, powers_of_two, step, tall
from ..run.failure import Ints
from .affine import AffineForm, rows_of
from .decomposition import NeuronTerm
from .evidence import Setting


@dataclass(frozen=True, eq=False)
class Fired:
    """The outputs of some neurons in each state.

    In forms: `value`, its `coefficients`, and the magnitudes, `size`. For each neuron its `slope`; for the `uncertain`
    ones an error that is `independent` of all others. In coordinates: the number of neurons that write (`count`), the
    magnitudes (`total`), and, where all arguments are `exact`, the `unit` that these are multiples of; and a bound of
    the sum that is written (`reach`), infinite where more than two neurons write. `positive` is the share of `total`
    with positive weights.
    """

    value: Floats
    coefficients: Mapping[Expr, Floats]
    size: Floats
    slope: Floats
    uncertain: Ints
    independent: Floats
    count: Floats
    total: Floats
    unit: Floats
    exact: bool
    reach: Floats
    positive: Floats

    def spread(self, kind: Ints) -> Fired:
        """From classes of states to states, except for slopes."""
        return replace(
            self,
            value=rows_of(self.value, kind),
            coefficients={e: s if len(s) == 1 else rows_of(s, kind) for e, s in self.coefficients.items()},
            size=rows_of(self.size, kind),
            independent=rows_of(self.independent, kind),
            count=rows_of(self.count, kind),
            total=rows_of(self.total, kind),
            reach=rows_of(self.reach, kind),
            positive=rows_of(self.positive, kind),
        )


def fire(setting: Setting, term: NeuronTerm, below: AffineForm, forms: int, used: Ints) -> Fired:
    """Evaluate neurons in forms, and in the coordinates `used`; their arguments are the forms of `below` behind the
    first `forms`. Raises CertificateError where a proof has taken too many products."""
    spend(setting, len(below.value) * term.out.size * (2 + len(below.coefficients)))
    layer = setting.weights.layers[term.layer - 1]
    argument = below.value[:, forms:] + layer.b_in[term.neurons]
    own = below.rounding[:, forms:]
    error = np.zeros_like(argument) + own
    if below.sources.shape[1]:
        error += below.sources @ np.abs(below.source_coefficients[:, forms:])
    for e, s in below.coefficients.items():
        error += setting.errors[e] * np.abs(s[:, forms:])
    _note(setting, term, argument, error)
    unclear = (np.abs(argument) <= error) & (error > 0)
    value, highest = np.maximum(argument, 0), np.maximum(argument + error, 0)
    # The slope is 1 or 0, and that of the chord where errors may switch a neuron on or off.
    slope = (argument > 0).astype(np.float64)
    adds = slope * own
    if unclear.any():
        slope = np.where(unclear, (argument + error) / np.where(unclear, 2 * error, 1.0), slope)
        # The distance from the chord is a source of its own, which all forms share.
        bulge = np.maximum(slope * error - value, value - slope * argument)
        adds = slope * own + np.where(unclear, bulge, 0.0)
    w_out = layer.w_out[term.neurons][:, used]
    uncertain = nonzero(adds).nonzero()[0]
    exact, unit = not error.any(), np.zeros(len(used))
    if exact:
        products = np.minimum(grid(value), 2.0**100)[:, None] * np.minimum(step(w_out), 2.0**100)
        unit = tall(products).min(axis=0, initial=np.inf)
    return Fired(
        value=value @ term.out,
        coefficients={e: one_row((s[:, forms:] * slope) @ term.out) for e, s in below.coefficients.items()},
        size=highest @ term.sizes,
        slope=slope,
        uncertain=uncertain,
        independent=adds[:, uncertain],
        count=((slope > 0) | unclear) @ (w_out != 0).astype(np.float64),
        total=highest @ np.abs(w_out),
        unit=unit,
        exact=exact,
        reach=_reach(value, error, w_out),
        positive=highest @ np.maximum(w_out, 0.0),
    )


def _reach(value: Floats, error: Floats, w_out: Floats) -> Floats:
    """(states, coordinates) the largest magnitude of the sum of the outputs of neurons, with their errors; infinite
    where more than two of them write, or with other weights than powers of two: then more than their sum is rounded."""
    pair = (np.add.reduce(w_out != 0, axis=0) <= 2) & ((w_out == 0) | powers_of_two(w_out)).all(axis=0)
    found = np.full((len(value), w_out.shape[1]), np.inf)
    if pair.any():
        some = w_out[:, pair]
        found[:, pair] = np.abs(value @ some) + error @ np.abs(some)
    return found


def one_row(x: Floats) -> Floats:
    """An array, in one row where all rows are equal."""
    return x[:1] if len(x) > 1 and (x == x[:1]).all() else x


def spend(setting: Setting, products: float, *, ahead: float = 0.0) -> None:
    """Counts products of neurons. Raises CertificateError where a proof would take too many, with those `ahead`."""
    setting.meter.products += products
    most = setting.limits.products
    if setting.meter.products + ahead > most:
        raise CertificateError(
            f"the proof takes more than {most:,.0f} products of neurons in abstract states; use a smaller max_len or "
            "vocabulary, or a `timeout` of more seconds"
        )


def _note(setting: Setting, term: NeuronTerm, argument: Floats, error: Floats) -> None:
    """Record the neuron whose argument is closest to its threshold, among those that no error moves across it."""
    clear = np.abs(argument) > error
    if not clear.any():
        return
    used = np.where(clear, error / np.where(clear, np.abs(argument), 1.0), -1.0)
    at = np.unravel_index(int(used.argmax()), used.shape)
    now = setting.meter.nearest
    if now is None or used[at] * now.limit > now.error:
        neuron, notes = int(term.neurons[at[1]]), setting.weights.model.circuit.neurons
        named = (n.expression for n in notes if n.layer == term.layer and n.start <= neuron < n.stop)
        what, distance = next(named, f"neuron {neuron}"), float(abs(argument[at]))
        setting.meter.nearest = Margin(term.layer, what, "neuron threshold", float(error[at]), distance)
