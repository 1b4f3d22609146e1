"""Which values of several sops can occur together: no combination that occurs is left out."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest

import hardwire as hw
from hardwire import SOp, before, full, indices, key, length, query, same_token, tokens, where
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

WITH_OWN: dict[str, SOp] = {
    "greatest": full.max(tokens),
    "least so far": UPTO.min(tokens),
    "first of equals": same_token.first(indices),
    "last of equals": same_token.last(indices + tokens),
    "greatest sum": full.max(tokens + indices),
    "sum of equals": same_token.value(tokens),
    "sum of distances": (UPTO & same_token).value(indices - tokens),
    "greatest Boolean": full.max(tokens > 0),
    "greatest by another": full.max(indices, of=tokens),
    "greatest of others": before.max(tokens),
}


@pytest.mark.parametrize("others", [(), (tokens,), (indices,), (tokens, indices), (tokens, indices, length)])
@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("vocab", [(0, 1, 4), (-3, 2), (-2, -1), (False, True), (True, 3, 2000)])
@pytest.mark.parametrize("name", [*SUMS, *WITH_OWN])
def test_what_occurs_is_not_left_out(name: str, vocab: tuple[int, ...], causal: bool, others: tuple[SOp, ...]) -> None:
    one, facts = {**SUMS, **WITH_OWN}[name], Facts(vocab, 4, causal=causal)
    variables = {e: SOp(e) for x in (one, *others) for e in facts.variables(x.expr)}
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


def test_the_own_number_is_among_those_that_are_selected() -> None:
    facts = Facts(tuple(range(10)), 20)
    assert max(facts.domain((tokens - full.max(tokens)).expr).values) == 0
    assert min(facts.domain((indices - same_token.first(indices)).expr).values) == 0
    assert min(facts.domain((full.value(tokens) - tokens).expr).values) == 0
    assert min(facts.domain((before.value(tokens) - tokens).expr).values) == -9


@pytest.mark.parametrize("vocab", [(0, 1, 2, 3), (-2, 0, 3), (False, True, 2), (-1.5, 2, "a"), (1, None, 3)])
@pytest.mark.parametrize("causal", [False, True])
def test_models_that_read_a_number_beside_the_greatest_or_the_sum(vocab: tuple[object, ...], causal: bool) -> None:
    x = tokens.map({v: i - 1 for i, v in enumerate(vocab)})
    for best in (full.max(x), UPTO.min(x), full.value(x)):
        model = hw.compile(SOp.zip(lambda a, b: (a * 3 + b) % 7, x, best), vocab, 4, causal=causal)
        assert hw.verify(model, samples=20)


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
