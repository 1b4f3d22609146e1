"""Which values of several sops can occur together: no combination that occurs is left out."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest

import hardwire as hw
from hardwire import SOp, before, full, indices, key, length, query, tokens, where
from hardwire.analysis import Facts
from hardwire.errors import CertificateError

UPTO = key(indices) <= query(indices)
SUMS: dict[str, SOp] = {
    "of a prefix": UPTO.value(tokens),
    "before": before.value(tokens),
    "of all": full.value(tokens),
    "of some": (UPTO & (key(tokens) != query(tokens))).value(tokens + 1),
    "of what is behind": (key(indices) > query(indices)).value(tokens),
    "with a default": before.value(tokens, default=7),
    "of Booleans": UPTO.value(tokens > 0),
}


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("vocab", [(0, 1, 4), (-3, 2), (-2, -1)])
@pytest.mark.parametrize("name", SUMS)
def test_sums_at_positions(name: str, vocab: tuple[int, ...], causal: bool) -> None:
    total, facts = SUMS[name], Facts(vocab, 4, causal=causal)
    variables = {e: SOp(e) for x in (total, indices, length) for e in facts.variables(x.expr)}
    mesh = facts.mesh(list(variables))
    known = set(zip(*(c.values() for c in mesh.values()), strict=True))
    inputs = [x for n in range(1, 5) for x in itertools.product(vocab, repeat=n)]
    results = [variables[e].batch(inputs, causal=causal) for e in mesh]
    met = {row for rows in zip(*results, strict=True) for row in zip(*rows, strict=True)}
    assert met <= known


def test_sums_are_bounded_by_the_position() -> None:
    facts = Facts(tuple(range(10)), 40)
    mesh = facts.mesh([UPTO.value(tokens).expr, indices.expr])
    s, i = (np.array(c.values()) for c in mesh.values())
    assert len(s) == sum(9 * (k + 1) + 1 for k in range(40))
    assert (s <= 9 * (i + 1)).all()
    assert len(facts.domain((UPTO.value(tokens) // (indices + 1)).expr)) == 10


def test_a_model_that_is_wrong_at_the_greatest_sums_alone_is_refused() -> None:
    """Each threshold of its neurons moved, a little or a lot."""
    model = hw.compile(
        where(UPTO.value(tokens) == 3 * (indices + 1), 5, UPTO.value(tokens) // (indices + 1)), range(4), 5
    )
    (layer,) = model.layers
    wrong = 0
    for k, by in itertools.product(range(len(layer.b_in)), (-3.0, 0.6, 3.0)):
        moved = layer.b_in.copy()
        moved[k] += by
        other = replace(model, layers=(replace(layer, b_in=moved),), certificate=None)
        if not hw.verify(other, samples=0, exhaustive=2_000, progress=False):
            wrong += 1
            with pytest.raises(CertificateError):
                hw.certify(other)
    assert wrong > len(layer.b_in)
