"""Norms: models with them against models without, directions in every order."""

from __future__ import annotations

from collections.abc import Iterator
from string import ascii_lowercase as LETTERS

import numpy as np

from ...constructions.form import wires
from ...constructions.registry import bound_of
from ...numeric.machine import IEEE
from .. import norm
from ..net import Net
from . import simulated
from .measured import Measured, probe


@probe("add_norm")
def neutral() -> Iterator[Measured]:
    for size in (1.0, 100.0, 1e4):
        rng = np.random.default_rng(int(size))
        net = Net(LETTERS, 30)
        tables = rng.uniform(-size, size, (14, len(LETTERS)))
        forms = [net.token(dict(zip(LETTERS, row, strict=True)), f"x{k}") for k, row in enumerate(tables)]
        plain = net.model(forms, outputs=range(len(forms)))
        for kind in ("layer", "rms"):
            for where in ("pre", "post"):
                normed = norm.add_norm(plain, kind, where)
                worst = simulated.furthest(normed, LETTERS, plain.logits(LETTERS), IEEE)
                # Each of the two norms of the one layer, and the last one.
                claimed = 3 * bound_of("add_norm")(normed.d_model, size, kind)
                cost = f"{normed.d_model - plain.d_model} directions"
                yield Measured("add_norm", f"{kind} {where}, size {size:g}", size, claimed, worst, cost)


@probe("mirror", "constant_norm")
def mirrored() -> Iterator[Measured]:
    x, y, b, one = wires("x y b one")
    rng = np.random.default_rng(0)
    given = {"x": rng.normal(size=100), "y": 1e6 * rng.normal(size=100)}
    worst = 0.0
    for _ in range(8):
        values = rng.permuted(np.asarray([f(**given) for f in norm.mirror([x, y])], np.float32), axis=0)
        # Each number meets its negative.
        worst = max(worst, float(np.abs(np.sort(values, axis=0) + np.sort(values, axis=0)[::-1]).max()))
    yield Measured("mirror", "2 numbers, mean", 2, 0.0, worst, "2 directions more")
    pair = np.asarray([f(b=np.array([0.0, 1.0])) for f in norm.constant_norm(b, one)], np.float32)
    worst = float(max(np.abs(pair.sum(axis=0)).max(), np.abs((pair**2).sum(axis=0) - 2).max()))
    yield Measured("constant_norm", "both bits, mean and norm", 2, 0.0, worst, "2 directions")


@probe("amplify", "amplify_rms", "layer_norm_hash")
def used() -> Iterator[Measured]:
    rng = np.random.default_rng(0)
    for delta in (1.0, 1e-2, 1e-3, 1e-4):
        table = dict(zip(LETTERS, delta * rng.uniform(1, 3, 26) * rng.choice((-1, 1), 26), strict=True))
        table["a"] = delta
        for name, make in (("amplify", norm.amplify), ("amplify_rms", norm.amplify_rms)):
            net = Net(LETTERS, 30)
            model = net.model(make(net, net.token(table)))
            worst = simulated.furthest(model, LETTERS, np.sign([[table[c]] for c in LETTERS]))
            claimed = bound_of(name)(delta, model.d_model)
            yield Measured(name, f"delta {delta:g}", delta, claimed, worst, f"{model.d_ff} neurons, a norm")
    for size in (1.0, 100.0, 1e4):
        x = dict(zip(LETTERS, np.round(rng.uniform(-size, size, 26)), strict=True))
        s = dict(zip(LETTERS, rng.uniform(1, size + 1, 26), strict=True))
        net = Net(LETTERS, 30)
        made = norm.layer_norm_hash(net, net.token(x, "x"), net.token(s, "s"))
        model = net.model(made, outputs=(0, 1))
        a, b = np.array([x[c] for c in LETTERS]), np.array([s[c] for c in LETTERS])
        right = np.stack([a, b], axis=1) / np.hypot(a, b)[:, None]
        worst = simulated.furthest(model, LETTERS, right)
        claimed = bound_of("layer_norm_hash")(size, model.d_model)
        yield Measured("layer_norm_hash", f"numbers to {size:g}", size, claimed, worst, f"{model.d_ff} neurons, a norm")
