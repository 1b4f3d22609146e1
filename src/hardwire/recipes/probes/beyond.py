"""Functions of several numbers, other tie-breaks, and errors through layers: the worst that is found of each."""

from __future__ import annotations

import itertools
import zlib
from collections.abc import Iterator
from string import ascii_lowercase as LETTERS
from typing import Any

import numpy as np
import numpy.typing as npt

from ...constructions import hardness
from ...constructions.attention import UNIT, Pattern, key_bit
from ...constructions.form import Floats
from ...constructions.registry import bound_of
from ...constructions.rounding import of_piece
from ...model.weights import Norm
from ...numeric.floats import FLOAT32, FLOAT64
from .. import precision, several
from ..net import Net
from . import simulated
from .attention import BIT, INDEX, ONE, Look, attack
from .feedforward import cases
from .measured import Measured, probe

EXACT = 1e-12
"""What float64 adds to figures that are compared with a bound which may be reached."""


def _stored(x: npt.ArrayLike) -> Floats:
    """Numbers as float32 holds them."""
    return np.asarray(np.asarray(x, np.float32), np.float64)


def _max_min(groups: Any, x: Floats) -> Floats:
    """x: (points, d)."""
    points = np.hstack([x, np.ones((len(x), 1))])
    least: list[Floats] = [np.min([points @ np.asarray(row) for row in g], axis=0) for g in groups]
    return np.asarray(np.max(least, axis=0), np.float64)


@probe("piecewise_linear_several")
def of_several() -> Iterator[Measured]:
    for d, shape in itertools.product((2, 3), ((1, 2), (4, 1), (3, 5), (8, 8))):
        rng = np.random.default_rng(d)
        groups = _stored(rng.normal(size=(*shape, d + 1)))
        for size, noise in ((1.0, 0.0), (1000.0, 0.0), (1.0, 1e-3)):
            x = _stored(rng.uniform(-size, size, (len(LETTERS), d)))
            seen = _stored(x + noise * rng.choice([-1, 1], x.shape))
            net = Net(LETTERS, 30)
            inputs = [net.token(dict(zip(LETTERS, column, strict=True)), f"x{k}") for k, column in enumerate(seen.T)]
            model = net.model(several.piecewise_linear_several(net, inputs, groups.tolist()))
            worst = simulated.furthest(model, LETTERS, _max_min(groups, x)[:, None])
            largest = float(np.abs(groups).sum(-1).max()) * max(1.0, size + noise)
            layers = several.levels(shape[0]) + several.levels(shape[1])
            slope = float(np.abs(groups[..., :-1]).sum(-1).max())
            off = noise + bool(noise) * 2 * FLOAT32.unit * size
            claimed = bound_of("piecewise_linear_several")(largest, d + 1, layers, off, slope)
            at = f"{d} numbers, {shape[0]} groups of {shape[1]}, size {size:g}, noise {noise:g}"
            cost = f"{model.depth} layers, {model.d_ff} neurons"
            yield Measured("piecewise_linear_several", at, size, claimed, worst, cost)


@probe("lattice")
def of_lattices() -> Iterator[Measured]:
    """Heights on a grid, linear on each of its triangles: whole numbers, so that nothing rounds."""
    for n in (1, 2, 3):
        rng = np.random.default_rng(n)
        height = rng.integers(-5, 6, (n + 1, n + 1))
        pieces, regions = [], []
        for i, j in itertools.product(range(n), repeat=2):
            for corners in ([(i, j), (i + 1, j), (i + 1, j + 1)], [(i, j), (i, j + 1), (i + 1, j + 1)]):
                values = [height[c] for c in corners]
                table = np.hstack([np.array(corners, float), np.ones((3, 1))])
                pieces.append(tuple(np.round(np.linalg.solve(table, values)).tolist()))
                regions.append(corners)
        groups = several.lattice(pieces, regions)
        worst = 0.0
        for piece, corners in zip(pieces, regions, strict=True):
            shares = rng.integers(0, 9, (200, 2))
            shares = np.sort(shares, axis=1)
            weights = np.stack([shares[:, 0], shares[:, 1] - shares[:, 0], 8 - shares[:, 1]], axis=1) / 8
            points = weights @ np.array(corners, float)
            worst = max(worst, float(np.abs(_max_min(groups, points) - (points @ piece[:2] + piece[2])).max()))
        yield Measured("lattice", f"{len(pieces)} triangles", n, 0.0, worst, f"{sum(map(len, groups))} rows")


@probe("leftmost_by_inverse", "rightmost_by_fraction")
def other_ties() -> Iterator[Measured]:
    rng = np.random.default_rng(0)
    for n, unit in itertools.product((2, 10, 100, 1000), (1.0, 4.0, 24.0)):
        tables = {"leftmost_by_inverse": 1 / np.arange(1, n + 1), "rightmost_by_fraction": np.arange(n) / n}
        for name, make in (
            ("leftmost_by_inverse", hardness.leftmost_by_inverse),
            ("rightmost_by_fraction", hardness.rightmost_by_fraction),
        ):
            for which in ("all", "the last two", "some"):
                bits = {"all": np.ones(n), "some": (rng.random(n) < 0.3) * 1.0}.get(
                    which, (np.arange(n) >= n - 2) * 1.0
                )
                bits[n // 2] = 1.0
                picked = np.flatnonzero(bits)[0 if name == "leftmost_by_inverse" else -1]
                far = 2 * unit * n * (n if name == "leftmost_by_inverse" else 1)
                score = key_bit(BIT, ONE) * (far / UNIT) + make(INDEX, ONE, n, unit)
                values = {"i": _stored(tables[name]), "bit": bits, "v": (np.arange(n) == picked) * 1.0}
                pattern = Pattern(score.pairs, -far * ONE)
                yield attack(name, Look(pattern, values, 1.0, (n, unit), f", t {unit:g}, {which}"))


@probe("error_through_neurons")
def through_neurons() -> Iterator[Measured]:
    for name, some in cases().items():
        rng = np.random.default_rng(zlib.crc32(name.encode()))
        for case in some[:1]:
            exact = {n: np.asarray(s(rng, case.sizes[0]), float) for n, s in case.samples.items()}
            errors = {n: float(rng.choice([1e-3, 0.1])) for n in exact}
            sizes = {n: float(np.abs(x).max()) + errors[n] for n, x in exact.items()}
            claimed, worst = precision.error_through_neurons(case.piece, errors, sizes), 0.0
            for signs in itertools.product((1, -1), repeat=len(exact)):
                moved = {n: x + s * errors[n] for (n, x), s in zip(exact.items(), signs, strict=True)}
                worst = max(worst, float(np.abs(case.piece(**moved) - case.piece(**exact)).max()))
            claimed += 2 * of_piece(case.piece, sizes, FLOAT64)  # both outputs are rounded here
            yield Measured("error_through_neurons", name, 1, claimed, worst, "nothing")


@probe("error_through_attention")
def through_attention() -> Iterator[Measured]:
    def head(scores: Floats, values: Floats) -> float:
        weights = np.exp(scores - scores.max())
        return float(weights @ values / weights.sum())

    rng = np.random.default_rng(0)
    for n, d in itertools.product((2, 10, 1000), (1e-6, 0.01, 1.0, 10.0)):
        worst = 0.0
        values = (np.arange(n) == 0) * 1.0
        # Attention 1 / (1 + e^d) on the greatest value, which rises while the others fall, is the worst; then any.
        tight = np.r_[-d - np.log(1 / (n - 1)), np.zeros(n - 1)]
        for scores, v in [(tight, values), *((rng.normal(0, 3, n), rng.uniform(-1, 1, n)) for _ in range(50))]:
            signs = np.where(v == v.max(), 1, -1) if v is values else rng.choice([-1, 1], n)
            change = head(scores + d * signs, v + 1e-3) - head(scores, v)
            worst = max(worst, abs(change) / precision.error_through_attention(d, float(np.ptp(v)), 1e-3))
        yield Measured("error_through_attention", f"n {n:,}, d {d:g}, of the bound", d, 1 + 1e-9, worst, "nothing")


@probe("error_through_norm")
def through_norms() -> Iterator[Measured]:
    rng = np.random.default_rng(0)
    for kind, width, e in itertools.product(("layer", "rms"), (2, 16, 256), (1e-4, 0.1, 3.0)):
        norm, worst = Norm(kind, np.full(width, 2.0), np.zeros(width), 1e-5), 0.0
        for scale in (0.1, 1.0, 10.0):
            x = rng.normal(0, scale, (50, width)) + rng.choice([0, 5])
            x[0], x[1] = np.arange(width) == 0, scale
            moved = x + e * rng.choice([-1.0, 1.0, 0.5], x.shape)
            spread = [
                np.sqrt((y - (y.mean(-1, keepdims=True) if kind == "layer" else 0)).__pow__(2).mean(-1) + 1e-5)
                for y in (x, moved)
            ]
            for i, least in enumerate(np.minimum(*spread)):
                found = float(np.abs(norm(moved[i]) - norm(x[i])).max())
                worst = max(worst, found / precision.error_through_norm(e, float(least), width, 2.0, kind))
        yield Measured(
            "error_through_norm", f"{kind}, d {width}, e {e:g}, of the bound", width, 1 + EXACT, worst, "nothing"
        )


@probe("error_through_layers")
def through_layers() -> Iterator[Measured]:
    rng = np.random.default_rng(0)
    for depth in (1, 4, 12):
        layers, e = [(float(a), float(r)) for a, r in rng.uniform(0, 1, (depth, 2)) * [2, 1e-3]], 1e-3
        x, y = 1.0, 1.0 + e
        for a, r in layers:
            x, y = x + a * max(x, 0.0), y + a * max(y, 0.0) + r
        claimed = precision.error_through_layers(*layers, error=e)
        yield Measured("error_through_layers", f"{depth} layers", depth, claimed * (1 + 1e-9), y - x, "nothing")
