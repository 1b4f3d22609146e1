"""Models of one program, offered as models of another that differs in one part: none may be certified and answer
otherwise, however the other program is written and whatever is changed besides."""

from __future__ import annotations

import itertools
import random
from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from test_mutants import ABSURD

import attack
import hardwire as hw
from hardwire.campaign.mutants import MUTATIONS, claiming, places
from hardwire.errors import CertificateError, HardwireError, ModelError
from hardwire.numeric.machine import Choices, Simulated
from hardwire.random_programs import VOCABULARIES, random_program
from neighbours import Offer, neighbour, offers

Rng = np.random.Generator


def one_output_less(model: hw.Transformer, rng: Rng) -> hw.Transformer:
    if model.outputs is None or len(model.outputs) < 2:
        return model
    kept = [i for i in range(len(model.outputs)) if i != int(rng.integers(len(model.outputs)))]
    return replace(model, outputs=tuple(model.outputs[i] for i in kept), unembed=model.unembed[:, kept])


def scaled(model: hw.Transformer, rng: Rng) -> hw.Transformer:
    """All of one array of weights larger, smaller, negative or 0."""
    some = places(model)
    p = some[rng.integers(len(some))]
    return p.put(p.array * rng.choice([-1, 0, 0.5, 2, 0.9]))


CHANGES = (*MUTATIONS, one_output_less, one_output_less, scaled, claiming)


def changed(model: hw.Transformer, rng: Rng) -> hw.Transformer:
    """The model, more often than not with a change that leaves it a model for the same inputs."""
    if rng.random() < 0.2:
        return model
    try:
        found = CHANGES[rng.integers(len(CHANGES))](model, rng)
    except (ModelError, ValueError):  # no model at all, or nothing to change
        return model
    same = found.causal == model.causal and found.max_len == model.max_len
    return found if same and set(map(repr, found.vocab)) == set(map(repr, model.vocab)) else model


def outcome(offer: Offer, inputs: list[Any], seed: int) -> str:
    """Whether it is "refused" or "right", or where a certified model answers otherwise."""
    try:
        found = hw.certify(offer.model, offer.program)
    except CertificateError:
        return "refused"
    wanted = offer.program.batch(inputs, causal=offer.model.causal, errors="keep")
    trial = attack.Trial(inputs, [list(w) for w in wanted], True)
    for answers in (offer.model.batch, Simulated.of(offer.model, Choices(seed))):
        if wrong := trial.differs(answers, attack.promised(offer.model, found)):
            return f"{offer.program.formula}, made for {offer.built.formula}, seed {seed}: {wrong}"
    return "right"


def outcomes(seed: int, sizes: tuple[int, int]) -> Counter[str]:
    """Of all offers of a generated program and a neighbour of it."""
    rng = random.Random(seed)
    vocab = tuple(VOCABULARIES[rng.choice(list(VOCABULARIES))][: rng.randint(2, 3)])
    program = random_program(seed, rng.randint(*sizes), vocab)
    other = neighbour(program, vocab, rng)
    if other is None:
        return Counter()
    if rng.random() < 0.5:
        program, other = other, program
    max_len, found = rng.randint(2, 4), Counter[str]()
    inputs = [list(x) for n in range(1, max_len + 1) for x in itertools.product(vocab, repeat=n)]
    options = {
        "causal": rng.random() < 0.4,
        "reuse": rng.random() < 0.3,
        "dtype": rng.choice(["float32", "float64"]),
    }
    try:
        for offer in offers(program, other, vocab, max_len, rng, **options):
            model = changed(offer.model, np.random.default_rng(rng.randrange(2**31)))
            found[outcome(replace(offer, model=model), inputs, seed)] += 1
    except HardwireError:  # one of the two does not compile
        pass
    return found


def tally(seeds: range, sizes: tuple[int, int]) -> Counter[str]:
    with np.errstate(all="ignore"):
        found = sum((outcomes(seed, sizes) for seed in seeds), Counter[str]())
    print(dict(found))
    assert found.keys() <= {"refused", "right"}, found
    return found


@ABSURD
@pytest.mark.parametrize("start", range(0, 100, 50))
def test_neighbours(start: int) -> None:
    found = tally(range(start, start + 50), (1, 6))
    assert found["refused"] >= 40
    assert found["right"] >= 10


@ABSURD
@pytest.mark.nightly
@pytest.mark.parametrize("start", range(1_000, 11_000, 500))
def test_many_neighbours(start: int) -> None:
    tally(range(start, start + 500), (1, 6) if start < 6_000 else (4, 12))
