"""Assembly: a combined model compared with its parts."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

import numpy as np

from ...constructions import heads
from ...constructions.form import Form, wires
from .. import compose, models
from ..net import Net
from .measured import Measured, probe


def _back(net: Net, *forms: Form) -> Sequence[Form]:
    """The value one position to the left."""
    return [net.head(heads.predecessor_hard(net.one), f, "before") for f in forms]


@probe("route")
def routing() -> Iterator[Measured]:
    rng = np.random.default_rng(0)
    w = rng.integers(-3, 4, (5, 4))
    names = "a b c d"
    x = rng.integers(-100, 101, 4).astype(float)
    given = dict(zip(names.split(), x, strict=True))
    found = [f(**given) for f in compose.route(w, wires(names))]
    yield Measured("route", "5 x 4", 5, 0.0, float(np.abs(np.array(found) - w @ x).max()), "nothing")


@probe("serial", "parallel")
def blocks() -> Iterator[Measured]:
    x = [int(d) for d in np.random.default_rng(0).integers(0, 10, 60)]
    for k in (1, 2, 4):
        net = Net(range(10), 60)
        (f,) = compose.serial(*[_back] * k)(net, net.token(float))
        model = net.model(f)
        worst = float(np.abs(np.array(model(x)) - ([0.0] * k + x[:-k])).max())
        yield Measured("serial", f"{k} blocks", k, 0.0, worst, f"{model.depth} layers")
    for k in (1, 2, 4):
        net = Net(range(10), 60)
        found = compose.parallel(*[_back] * k)(net, net.token(float))
        model = net.model(sum(found[1:], start=found[0]))
        worst = float(np.abs(np.array(model(x)) - k * np.array([0.0, *x[:-1]])).max())
        yield Measured("parallel", f"{k} blocks", k, 0.0, worst, f"{model.depth} layer, {model.heads} heads")


@probe("beside", "layers_for_heads")
def whole_models() -> Iterator[Measured]:
    a, b = models.parity(max_len=8), models.mod(3, max_len=8)
    both = compose.beside(a, b)
    inputs = ["".join(x) for n in range(1, 9) for x in itertools.product("01", repeat=n)]
    answers = zip(both.batch(inputs), a.batch(inputs), b.batch(inputs), strict=True)
    wrong = sum(list(pair) != list(zip(x, y, strict=True)) for pair, x, y in answers)
    yield Measured("beside", f"parity and mod 3, {len(inputs):,} inputs", 2, 0.0, wrong, f"{both.depth} layer")
    for name in ("addition", "dyck_unique_hard", "induction"):
        model = models.MODELS[name].build()
        split = compose.layers_for_heads(model)
        example = models.MODELS[name].example
        worst = float(np.abs(split.logits(example) - model.logits(example)).max())
        cost = f"{split.depth} layers for {model.depth}"
        yield Measured("layers_for_heads", f"{name}, logits", model.heads, 0.0, worst, cost)
