"""Neurons by cases: the error found is no smaller than that of any state, and wrong neurons are not proved."""

from __future__ import annotations

import itertools
from dataclasses import replace
from fractions import Fraction
from functools import cache

import numpy as np
import pytest
from structural import proof, settings

import hardwire as hw
from hardwire import SOp, after, before, full, indices, key, length, query, tokens, where
from hardwire.errors import CertificateError
from hardwire.lang.expr import Expr
from hardwire.model.circuit import Claim
from hardwire.model.slots import MLP
from hardwire.proof.cases import error_by_cases
from hardwire.proof.decomposition import decompose
from hardwire.proof.evaluate import evaluate_one
from hardwire.proof.evidence import Setting
from hardwire.proof.states import ClaimedEncoding, values_in
from hardwire.proof.strategy import DEFAULT_LIMITS

UPTO = key(indices) <= query(indices)
OTHER = key(tokens) != query(tokens)
LAST, NEXT = (before & OTHER).last(indices, -1), (after & OTHER).first(indices, length)
MIRROR = where(tokens == "a", indices, LAST + NEXT - indices)
PROGRAMS: dict[str, SOp] = {
    "a run": NEXT - LAST - 1,
    "a mirrored position": (key(indices) == query(MIRROR)).one(tokens),
    "a choice": where(tokens == "a", NEXT, -LAST),
    "a choice of means": where(
        tokens == "a", full.mean(tokens == "a"), where(tokens == "b", full.mean(tokens == "b"), full.mean(indices))
    ),
    "a choice of differences": where(tokens == "a", full.mean(tokens == "b") - UPTO.mean(indices), Fraction(1, 3)),
    "nested choices": where(tokens == "a", NEXT, where(tokens == "b", LAST, indices)),
}
FEW = replace(DEFAULT_LIMITS, states=1_000)
"""So few that states of two wide variables are too many."""


@cache
def model(name: str) -> hw.Transformer:
    return hw.compile(PROGRAMS[name], "abc", 12, certify=False)


def by_cases(setting: Setting, e: Expr, claim: Claim) -> float | None:
    """The error of a claim of neurons by cases; None where there is no such argument."""
    try:
        plan = decompose(setting, claim.vector[:, None], claim.slot)
        return error_by_cases(setting, e, plan, ClaimedEncoding(claim))[0]
    except CertificateError:
        return None


def in_every_state(setting: Setting, e: Expr, claim: Claim) -> tuple[float, float]:
    """(how far the claimed number is from its value in any state, the same with every error)"""
    plan = decompose(setting, claim.vector[:, None], claim.slot)
    space = setting.space(plan.variables, setting.variables(e))
    value, error = evaluate_one(setting, plan, space)
    off = np.abs(value - ClaimedEncoding(claim).targets(values_in(e, setting.facts, space)))
    return float(off.max()), float((off + error).max())


def of_neurons(m: hw.Transformer, steps: list[Setting]) -> list[tuple[Setting, Expr, Claim]]:
    """The claims of neurons that were proved, each with what was proved before."""
    claims = {c.expr: c for c in m.circuit.claims if c.slot.sublayer is MLP and c.expr is not None}
    found = []
    for earlier, later in itertools.pairwise(steps):
        new = later.evidence.proved[len(earlier.evidence.proved) :]
        found += [(earlier, p.expr, claims[p.expr]) for p in new if p.expr in claims]
    return found


@pytest.mark.parametrize("name", PROGRAMS)
def test_the_error_covers_every_state(name: str) -> None:
    steps, _ = settings(model(name))
    told = 0
    with np.errstate(all="ignore"):
        for setting, e, claim in of_neurons(model(name), steps):
            bound = by_cases(setting, e, claim)
            if bound is not None:
                away, most = in_every_state(setting, e, claim)
                assert away <= bound < 2 * most + 0.1
                told += 1
    assert told


@pytest.mark.parametrize("name", ["a run", "a choice of means"])
def test_a_wrong_number_has_a_large_error(name: str) -> None:
    """Neurons that are off in a single state, of the value of one wide variable in one case."""
    m = model(name)
    steps, _ = settings(m)
    rng, wrong = np.random.default_rng(0), 0
    with np.errstate(all="ignore"):
        found = [x for x in of_neurons(m, steps) if by_cases(*x) is not None]
        for setting, e, claim in found:
            own = m.layers[claim.layer - 1]
            for _ in range(25):
                arrays = {f: getattr(own, f).copy() for f in ("w_in", "w_out", "b_in")}
                w = arrays[rng.choice(["w_in", "w_out", "b_in"])]
                at = tuple(rng.integers(n) for n in w.shape)
                w[at] = w[at] * rng.choice([-1, 0, 0.5, 1.01]) if w[at] else rng.choice([-1, 0.1, 30])
                layers = list(m.layers)
                layers[claim.layer - 1] = replace(own, **arrays)
                changed = replace(setting, weights=type(setting.weights).of(replace(m, layers=tuple(layers))))
                away, _ = in_every_state(changed, e, claim)
                bound = by_cases(changed, e, claim)
                assert bound is None or bound >= away
                wrong += away > 0.5
    assert wrong > 10


@pytest.mark.nightly
@pytest.mark.parametrize("name", ["a run", "a mirrored position", "a choice"])
def test_models_that_are_certified_by_cases_are_right(name: str) -> None:
    m, rng = model(name), np.random.default_rng(1)
    proof(m, limits=FEW)
    inputs = ["".join(rng.choice(list("abc"), n)) for n in (1, 2, 3, 5, 8, 11, 12) for _ in range(20)]
    inputs += ["a" * 12, "b" * 5 + "a" * 7, "ab" * 6, "a" * 11 + "c", "b" + "a" * 11]
    want, refused = PROGRAMS[name].batch(inputs), 0
    for _ in range(80):
        k = int(rng.integers(m.depth))
        own = m.layers[k]
        if not own.b_in.size:
            continue
        field = rng.choice(["w_in", "w_out", "b_in"])
        w = getattr(own, field).copy()
        at = tuple(rng.integers(n) for n in w.shape)
        w[at] = w[at] * rng.choice([-1, 0, 0.5, 1.01]) if w[at] else rng.choice([-1, 0.1, 30])
        layers = list(m.layers)
        layers[k] = replace(own, **{field: w})
        mutant = replace(m, layers=tuple(layers))
        try:
            proof(mutant, limits=FEW)
        except CertificateError:
            refused += 1
            continue
        assert list(map(list, mutant.batch(inputs))) == list(map(list, want))
    assert refused > 20
