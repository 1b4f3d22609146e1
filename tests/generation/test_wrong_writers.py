"""Models of which one weight was changed: those that write another text have no certificate, and the comparison finds
them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import hardwire as hw
from hardwire import Transformer, writers
from hardwire.errors import CertificateError

CHANGES = {
    "negated": lambda w: -w,
    "left out": lambda w: 0 * w,
    "doubled": lambda w: 2 * w,
    "larger": lambda w: w + 1,
}


def mutant(model: Transformer, rng: np.random.Generator) -> tuple[str, Transformer]:
    """The model with one weight changed that is not 0, and what was done."""
    places: list[tuple[str, Any]] = [("embed", model.embed), ("positions", model.positions), ("unembed", model.unembed)]
    for i, layer in enumerate(model.layers):
        places += [(f"{i} {f}", getattr(layer, f)) for f in ("w_in", "b_in", "w_out") if getattr(layer, f).any()]
        for j, head in enumerate(layer.heads):
            places += [(f"{i} {j} {f}", getattr(head, f)) for f in ("w_q", "w_k", "w_v", "w_o")]
    where, weights = places[rng.integers(len(places))]
    changed = weights.copy()
    at = tuple(rng.choice(np.argwhere(changed)))
    how = str(rng.choice(list(CHANGES)))
    changed[at] = CHANGES[how](changed[at])
    if changed[at] == weights[at]:  # a large number and one more are the same float
        return mutant(model, rng)
    return f"{where} {at} {how}", with_weights(model, where, changed)


def with_weights(model: Transformer, where: str, weights: Any) -> Transformer:
    *path, name = where.split()
    if not path:
        return replace(model, **{name: weights})
    layers = list(model.layers)
    layer = layers[int(path[0])]
    if len(path) == 1:
        layers[int(path[0])] = replace(layer, **{name: weights})
    else:
        heads = list(layer.heads)
        heads[int(path[1])] = replace(heads[int(path[1])], **{name: weights})
        layers[int(path[0])] = replace(layer, heads=tuple(heads))
    return replace(model, layers=tuple(layers))


def judged(program: Any, seed: int, count: int) -> tuple[int, int]:
    """(mutants without a certificate, mutants that the comparison finds). Every found one has no certificate."""
    model = hw.compile(program)
    rng = np.random.default_rng(seed)
    refused = found = 0
    for _ in range(count):
        what, other = mutant(model, rng)
        assert other.certificate is None
        with np.errstate(all="ignore"):
            agrees = bool(hw.verify_text(other, samples=100))
        try:
            hw.certify_text(other)
        except CertificateError:
            refused += 1
        else:
            assert agrees, f"{program.name}: {what} was certified, and it writes another text"
        found += not agrees
    return refused, found


@pytest.mark.parametrize("name", ["reverse", "induction"])
def test_changed_models_have_no_certificate(name: str) -> None:
    refused, found = judged(writers.get(name), 0, 10)
    assert refused >= found
    assert found >= 4


@pytest.mark.nightly
@pytest.mark.parametrize("name", writers.WRITERS)
def test_changed_models_of_every_program(name: str) -> None:
    refused, found = judged(writers.get(name), 1, 40)
    assert refused >= found >= 5


def test_verify_and_certify_know_models_that_write() -> None:
    """`verify` tries whole transcripts: a weight that matters only late in a text is noticed."""
    model = hw.compile(writers.reverse())
    assert hw.verify(model, samples=200)
    assert hw.certify(model).status == "exact up to length 41"
    seen: list[Any] = []

    def answers(inputs: Any) -> Any:
        seen.extend(inputs)
        return model.batch(inputs)

    assert hw.verify(model, samples=50, answers=answers)
    whole = [x for x in seen if "=" in x and x.index("=") > 2 and len(x) == 2 * x.index("=") + 1]
    assert any(x[x.index("=") + 1 :] == x[: x.index("=")][::-1] for x in whole)
