"""The residual stream as far as it is proved.

`Stream.read` runs the shipped weights on situations, with what heads write replaced by what they were proved to
write. Beside every number goes how it moves with the error of each proved aggregate, a bound of all other errors,
and a bound of its magnitude: errors that cancel (the two neurons of a step) are seen to cancel.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from ..errors import CertificateError
from ..lang.expr import Expr
from ..lang.text import formula
from ..model.transformer import Transformer
from ..model.weights import Floats
from .arithmetic import ARITHMETIC, grid, step, terms
from .situations import INDICES, TOKENS, Situations

Places = npt.NDArray[np.int64]
CELLS = 4_000_000
"""How many numbers are worked on at a time."""


@dataclass(frozen=True, eq=False)
class Slice:
    """The part of the model that some forms depend on."""

    coordinates: Places
    neurons: dict[int, Places]
    channels: Places
    known: tuple[Proved, ...]
    variables: frozenset[Expr]


@dataclass(frozen=True, eq=False)
class Proved:
    """An aggregate that the stream is proved to hold: residual @ vector is its label, to within `error`.

    `channels`: (channels,) how much of each head's output is in it; `offset`: the part that is the same everywhere;
    `own`: what else is added at a position, by the embedding and by neurons, where that is not the same everywhere.
    `reach` bounds the magnitude of each head's output on any input.
    """

    expr: Expr
    channels: Floats
    offset: float
    error: float
    reach: float
    vector: Floats
    time: int
    own: Slice | None


@dataclass(frozen=True, eq=False)
class Read:
    """Linear forms of the stream in situations: (rows, forms) each; a slope has one row where it is constant.

    Beside what proved aggregates bring with them, the coordinates that are read are off by up to `loose`, (rows,
    coordinates), which every form sees through its own `weights`, (coordinates, forms); reading itself adds `rounding`.
    """

    value: Floats
    slopes: dict[Expr, Floats]
    loose: Floats
    weights: Floats
    rounding: Floats
    size: Floats

    @property
    def error(self) -> Floats:
        """A bound of all errors but those of proved aggregates."""
        return self.rounding + self.loose @ np.abs(self.weights)

    def noise(self, errors: dict[Expr, float]) -> Floats:
        """A bound of the whole error."""
        total = self.error
        for e, slope in self.slopes.items():
            total = total + errors[e] * np.abs(slope)
        return total

    def take(self, rows: Places) -> Read:
        slopes = {e: s if len(s) == 1 else s[rows] for e, s in self.slopes.items()}
        return Read(self.value[rows], slopes, self.loose[rows], self.weights, self.rounding[rows], self.size[rows])


@dataclass
class Threshold:
    """The neuron that comes nearest to its threshold, relative to its error."""

    layer: int = 0
    neuron: int = -1
    error: float = 0.0
    distance: float = float("inf")


@dataclass(eq=False)
class Stream:
    """The residual stream of a model. Times: 0 the embedding, 2l - 1 after the heads of layer l, 2l after its neurons."""

    model: Transformer
    proved: list[Proved] = field(default_factory=list)
    nearest: Threshold = field(default_factory=Threshold)

    def __post_init__(self) -> None:
        model = self.model
        self.arithmetic = ARITHMETIC[model.dtype]
        self.embed = model.embed.astype(np.float64)
        positions = model.positions
        self.positions = None if positions is None else positions.astype(np.float64)
        self.w_in = [layer.w_in.astype(np.float64) for layer in model.layers]
        self.b_in = [layer.b_in.astype(np.float64) for layer in model.layers]
        self.w_out = [layer.w_out.astype(np.float64) for layer in model.layers]
        # All outputs of all heads, a row each.
        rows = [h.w_o.astype(np.float64) for layer in model.layers for h in layer.heads]
        self.writes = np.vstack(rows) if rows else np.zeros((0, model.d_model))
        self.layer_of = np.array(
            [k for k, layer in enumerate(model.layers, 1) for h in layer.heads for _ in range(h.d_v)], np.int64
        )
        self.errors: dict[Expr, float] = {}

    def add(self, proved: Proved) -> None:
        self.proved.append(proved)
        self.errors[proved.expr] = proved.error

    # What forms depend on.

    def slice(self, weights: Floats, time: int, without: Places | None = None) -> Slice:
        """What forms, the columns of `weights`, depend on at a time; the channels `without` count as 0.

        Raises CertificateError where a head's output is read of which nothing is proved.
        """
        needed = (weights != 0).any(axis=1)
        neurons: dict[int, Places] = {}
        for k in range(time // 2, 0, -1):
            firing = np.flatnonzero((self.w_out[k - 1][:, needed] != 0).any(axis=1))
            if len(firing):
                neurons[k] = firing
                needed = needed | (self.w_in[k - 1][:, firing] != 0).any(axis=1)
        coordinates = np.flatnonzero(needed)
        written = (self.writes[:, coordinates] != 0).any(axis=1) & (self.layer_of <= (time + 1) // 2)
        if without is not None:
            written[without] = False
        channels = np.flatnonzero(written)
        known = tuple(p for p in self.proved if (p.channels[channels] != 0).any())
        covered = np.zeros(len(self.writes), bool)
        for p in known:
            covered |= p.channels != 0
        if not covered[channels].all():
            unknown = int(channels[~covered[channels]][0])
            raise CertificateError(f"layer {self.layer_of[unknown]} reads a head of which nothing is proved")
        variables = {p.expr for p in known}
        for p in known:
            variables |= p.own.variables if p.own is not None else set()
        if np.ptp(self.embed[1:, coordinates], axis=0).any():
            variables.add(TOKENS)
        if self.positions is not None and np.ptp(self.positions[1:, coordinates], axis=0).any():
            variables.add(INDICES)
        return Slice(coordinates, neurons, channels, known, frozenset(variables))

    # Reading.

    def read(self, weights: Floats, time: int, at: Situations, part: Slice | None = None) -> Read:
        """The forms, columns of `weights`, in each situation. Raises CertificateError."""
        part = part or self.slice(weights, time)
        widest = max([len(part.coordinates), weights.shape[1], *map(len, part.neurons.values())])
        many = max(1, CELLS // max(1, widest))
        reads = [self._read(weights, time, at, part, slice(i, i + many)) for i in range(0, max(1, at.size), many)]
        return reads[0] if len(reads) == 1 else _stack(reads)

    def _read(self, weights: Floats, time: int, at: Situations, part: Slice, rows: slice) -> Read:
        here, u = part.coordinates, self.arithmetic.unit
        size = len(range(*rows.indices(at.size)))
        token = at.token[rows] if at.token is not None else np.zeros(size, np.int64)
        x = self.embed[1:][token][:, here]
        mass = np.abs(x)
        error = np.zeros_like(x)
        if self.positions is not None:
            position = at.position[rows] if at.position is not None else np.zeros(size, np.int64)
            added = self.positions[1:][position][:, here]
            error += u * np.abs(x + added) * ((x != 0) & (added != 0))
            x, mass = x + added, mass + np.abs(added)
        slopes: dict[Expr, Floats] = {}
        outputs = self._outputs(part, here, weights[here], time)
        for k in range(1, (time + 1) // 2 + 1):
            for p, by_layer in outputs:
                if k not in by_layer:
                    continue
                vector, reach = by_layer[k]
                from_heads, loose = self._from_heads(p, at)
                moved = from_heads[rows][:, None] * vector
                error = error + loose[rows][:, None] * np.abs(vector)
                bound = np.abs(moved) + p.error * np.abs(vector) + reach
                error += u * (mass + bound) * ((mass != 0).any(axis=0) & (vector != 0))
                x, mass = x + moved, mass + bound
                slopes[p.expr] = slopes.get(p.expr, 0.0) + vector[None, :]
            if 2 * k <= time and k in part.neurons:
                x, slopes, error, mass = self._fire(k, part, x, slopes, error, mass)
        w = weights[here]
        rounding = self.arithmetic.gamma(terms(w)) * ((mass + error) @ np.abs(w))
        if not slopes and not error.any():  # exact numbers, on a grid
            fine = (grid(x)[:, None] * step(w)).min(axis=0, initial=np.inf)
            fits = (mass @ np.abs(w)).max(axis=0, initial=0.0) * u <= fine
            rounding = np.where(fits, 0.0, rounding)
        some = error.any(axis=0) & (w != 0).any(axis=1)
        moved = {e: s @ w for e, s in slopes.items()}
        return Read(
            x @ w, moved, error[:, some], w[some], np.broadcast_to(rounding, (size, w.shape[1])), mass @ np.abs(w)
        )

    def _from_heads(self, p: Proved, at: Situations) -> tuple[Floats, Floats]:
        """(what of an aggregate its heads write, how far that may be off for what they do not write), (rows,) each"""
        labels = at.labels(p.expr) - p.offset
        if p.own is None:
            return labels, np.zeros_like(labels)
        own = self.read(p.vector[:, None], p.time, at, p.own)
        return labels - own.value[:, 0], own.noise(self.errors)[:, 0]

    def _fire(
        self, k: int, part: Slice, x: Floats, slopes: dict[Expr, Floats], error: Floats, mass: Floats
    ) -> tuple[Floats, dict[Expr, Floats], Floats, Floats]:
        """The neurons of layer k."""
        here, firing = part.coordinates, part.neurons[k]
        w_in, bias = self.w_in[k - 1][np.ix_(here, firing)], self.b_in[k - 1][firing]
        w_out = self.w_out[k - 1][np.ix_(firing, here)]
        gamma = self.arithmetic.gamma
        argument = x @ w_in + bias
        own = gamma(terms(w_in) + (bias != 0)) * ((mass + error) @ np.abs(w_in) + np.abs(bias))
        leans = {e: s @ w_in for e, s in slopes.items()}
        total = own + error @ np.abs(w_in)
        for e, s in leans.items():
            total = total + self.errors[e] * np.abs(s)
        self._note(k, firing, argument, total)
        active = argument > total
        unclear = np.abs(argument) <= total
        fired = np.maximum(argument, 0)
        adds = np.where(active, own, np.where(unclear, total, 0.0))
        count = ((active | unclear) @ (w_out != 0).astype(np.float64)) + (mass != 0)
        arriving = np.zeros_like(error)
        for c in np.flatnonzero(error.any(axis=0) & (w_in != 0).any(axis=1)):
            arriving += error[:, c, None] * np.abs((active * w_in[c]) @ w_out)
        error = error + arriving + adds @ np.abs(w_out)
        mass = mass + (fired + adds) @ np.abs(w_out)
        error = error + gamma(count) * mass * ((w_out != 0).any(axis=0))
        moved = {e: _plus(slopes[e], (s * active) @ w_out) for e, s in leans.items()}
        return x + fired @ w_out, moved, error, mass

    def _note(self, k: int, firing: Places, argument: Floats, total: Floats) -> None:
        """Remembers the neuron whose argument comes nearest to the threshold, where that is not meant."""
        clear = np.abs(argument) > total
        if not clear.any():
            return
        used = np.where(clear, total / np.where(clear, np.abs(argument), 1.0), 0.0)
        at = np.unravel_index(int(used.argmax()), used.shape)
        now = self.nearest
        if used[at] * now.distance > now.error:
            distance = float(abs(argument[at]))
            self.nearest = Threshold(k, int(firing[at[1]]), float(total[at]), distance)

    def _outputs(
        self, part: Slice, here: Places, reads: Floats, time: int
    ) -> list[tuple[Proved, dict[int, tuple[Floats, Floats]]]]:
        """What each proved aggregate adds to the coordinates, by layer, and how large its parts may be beyond that.

        Where several heads together are one aggregate (the digits of a prefix), only their sum is known; one
        solution stands for all, and every form is checked to see nothing but the sum.
        """
        if not part.known:
            return []
        claims = np.array([p.channels for p in part.known])
        used = np.flatnonzero((claims != 0).any(axis=0))
        claims = claims[:, used]
        writes, layer_of = self.writes[np.ix_(used, here)], self.layer_of[used]
        if len(used) == len(part.known) and ((claims != 0).sum(axis=1) == 1).all():
            solution = np.zeros((len(used), len(part.known)))
            for i, row in enumerate(claims):
                at = int(np.flatnonzero(row)[0])
                solution[at, i] = 1 / row[at]
            shared = np.zeros(len(used), bool)
        else:
            solution = np.linalg.pinv(claims)
            solution[np.abs(solution) < 1e-9 * np.abs(solution).max(axis=0)] = 0.0
            several = (claims != 0).sum(axis=1) > 1
            shared = ((claims != 0).sum(axis=0) > 1) | (claims[several] != 0).any(axis=0)
            hidden = np.eye(len(used)) - solution @ claims
            columns = [reads, *(self.w_in[k - 1][np.ix_(here, n)] for k, n in part.neurons.items())]
            for c in columns:
                seen = writes @ c
                if np.abs(hidden.T @ seen).max(initial=0) > 1e-9 * max(1.0, np.abs(seen).max(initial=0)):
                    names = ", ".join(formula(p.expr, 40) for p in part.known)
                    raise CertificateError(f"parts of heads are read whose sum alone is proved: {names}")
        found = []
        for i, p in enumerate(part.known):
            by_layer: dict[int, tuple[Floats, Floats]] = {}
            for k in np.unique(layer_of[solution[:, i] != 0]).tolist():
                mine = layer_of == k
                vector = solution[mine, i] @ writes[mine]
                extra = p.reach * (np.abs(writes[mine & shared]).sum(axis=0)) if shared.any() else np.zeros(len(here))
                by_layer[k] = (vector, extra)
            found.append((p, by_layer))
        return found


def _plus(a: Floats, b: Floats) -> Floats:
    """A slope with what neurons add: (1 or rows, coordinates) of both."""
    total: Floats = a + b
    return total[:1] if len(total) > 1 and (total == total[0]).all() else total


def _stack(reads: Sequence[Read]) -> Read:
    slopes: dict[Expr, Floats] = {}
    for e in reads[0].slopes:
        slopes[e] = np.concatenate([np.broadcast_to(r.slopes[e], r.value.shape) for r in reads])
    weights = np.concatenate([r.weights for r in reads])
    loose = np.zeros((sum(len(r.value) for r in reads), len(weights)))
    row = column = 0
    for r in reads:
        loose[row : row + len(r.value), column : column + len(r.weights)] = r.loose
        row, column = row + len(r.value), column + len(r.weights)
    return Read(
        np.concatenate([r.value for r in reads]),
        slopes,
        loose,
        weights,
        np.concatenate([r.rounding for r in reads]),
        np.concatenate([r.size for r in reads]),
    )
