"""Rounding in a layer of neurons: what a machine stores, in any order and however it rounds, lies within the error of
the affine form, for sums of two numbers that cancel, of powers of two, of one-hot codes and of anything else."""

from __future__ import annotations

import numpy as np
import pytest
from structural import settings

import hardwire as hw
from hardwire import indices, tokens
from hardwire.model import Circuit, Layer, Transformer
from hardwire.model.slots import MLP, Slot
from hardwire.numeric.machine import Choices, Simulated
from hardwire.proof.decomposition import decompose
from hardwire.proof.evaluate import evaluate

TOKENS, POSITIONS, NEURONS = 4, 5, 24
CODES = TOKENS + POSITIONS
WIDTH = 1 + CODES + 3 + NEURONS
"""Coordinates: a constant, one-hot codes of token and position, three numbers, and those that neurons write."""


def drawn(rng: np.random.Generator) -> Transformer:
    """A model whose neurons add up few products or many, of powers of two or any numbers, that cancel or do not."""
    embed, positions = np.zeros((TOKENS + 1, WIDTH)), np.zeros((POSITIONS + 1, WIDTH))
    embed[1:, 0] = 1
    embed[1:, 1 : 1 + TOKENS] = np.eye(TOKENS)
    positions[1:, 1 + TOKENS : 1 + CODES] = np.eye(POSITIONS)
    embed[1:, 1 + CODES] = rng.integers(0, 2**20, TOKENS) / 3
    positions[1:, 2 + CODES] = rng.integers(0, 2**20, POSITIONS) / 7
    embed[1:, 3 + CODES] = rng.normal(size=TOKENS)
    w_in, b_in = np.zeros((WIDTH, NEURONS)), np.zeros(NEURONS)
    for i in range(NEURONS):
        some = rng.choice(4 + CODES, rng.choice([1, 2, 3, 8]), replace=False)
        w_in[some, i] = weights(rng, len(some))
        b_in[i] = rng.choice([0, 0, 1, -(2.0**17), 12345.678])
    w_out = np.zeros((NEURONS, WIDTH))
    for c in range(4 + CODES, WIDTH):
        some = rng.choice(NEURONS, rng.choice([1, 2, 2, 3, 6]), replace=False)
        w_out[some, c] = weights(rng, len(some))
    w_out[:, 2 + CODES] = np.where(rng.random(NEURONS) < 0.1, 1.0, 0.0)  # onto what is there
    layer = Layer((), w_in=w_in, b_in=b_in, w_out=w_out)
    unembed = np.zeros((WIDTH, 2))
    return Transformer(
        embed=embed, positions=positions, layers=(layer,), unembed=unembed, vocab=tuple("abcd"), outputs=(0, 1),
        max_len=POSITIONS, causal=False, dtype="float32", circuit=Circuit(), source=tokens == indices,
    )  # fmt: skip


def weights(rng: np.random.Generator, count: int) -> np.ndarray:
    powers = rng.choice([-1.0, 1.0], count) * 2.0 ** rng.integers(-2, 5, count)
    return powers if rng.random() < 0.6 else powers * rng.choice([1.0, 3.0, 1 / 3, 0.1], count)


@pytest.mark.parametrize("start", range(0, 60, 20))
def test_a_machine_stays_within_the_error(start: int) -> None:
    closest = 0.0
    for seed in range(start, start + 20):
        rng = np.random.default_rng(seed)
        model = drawn(rng)
        [setting] = settings(model)[0][:1]
        slot = Slot(1, MLP)
        layer = setting.weights.layers[0]
        magnitudes = setting.evidence.magnitudes.after_heads(setting.weights, 1, np.zeros(0))
        setting = setting.with_evidence(
            type(setting.evidence)(
                **{**vars(setting.evidence), "magnitudes": magnitudes.after_neurons(setting.weights, 1)}
            )
        )
        read = np.hstack([np.eye(WIDTH), np.where(rng.random((WIDTH, 6)) < 0.2, 2.0, 0.0)])
        with np.errstate(all="ignore"):
            plan = decompose(setting, read, slot)
            space = setting.space(plan.variables)
            form = evaluate(setting, plan, space)
        assert layer.w_out.any()
        exact = true_values(model)
        of_state = {(t, p): i for i, (t, p) in enumerate(zip(space.embedded[tokens.expr], space.position, strict=True))}
        for machine in range(6):
            simulated = Simulated.of(model, Choices(seed + machine))
            for t in range(TOKENS):
                rows = np.array([[0, *[1 + (t + j) % TOKENS for j in range(POSITIONS)]]])
                stream = simulated.stream(rows)[-1]
                found = simulated.machine.times(stream, read.astype(np.float32))[0, 1:]
                for p in range(POSITIONS):
                    i = of_state[rows[0, 1 + p] - 1, p]
                    off, error = np.abs(found[p] - form.value[i]), form.error[i]
                    beyond = np.flatnonzero(off > error * (1 + 1e-6) + 1e-30)
                    assert not len(beyond), [(seed, int(j), off[j], error[j], form.value[i, j]) for j in beyond]
                    closest = max(closest, float((off[error > 1e-3] / error[error > 1e-3]).max(initial=0.0)))
        assert np.allclose(exact @ read, form.value[[of_state[t, p] for t, p in np.ndindex(TOKENS, POSITIONS)]])
    assert closest > 0.1, "the error is so large that the test says nothing"


def true_values(model: Transformer) -> np.ndarray:
    """(tokens * positions, width) the stream after the neurons in float64."""
    x = (model.embed[1:, None].astype(float) + model.positions[None, 1:].astype(float)).reshape(-1, WIDTH)
    [layer] = model.layers
    found: np.ndarray = x + np.maximum(x @ layer.w_in.astype(float) + layer.b_in, 0) @ layer.w_out.astype(float)
    return found


def test_a_number_that_two_neurons_cannot_store_is_not_certified() -> None:
    """One more than 2^25, as the difference of two neurons: rounded away in the argument of one of them."""
    program = tokens == "a"
    embed = np.array([[1, 0, 0, 0], [0, 1, 1, 0], [0, 1, 0, 0]], np.float64)
    large = 2.0**25
    w_in, w_out = np.zeros((4, 2)), np.zeros((2, 4))
    w_in[1], w_in[2], w_out[:, 3] = large, (1, 0), (1, -1)
    layer = Layer((), w_in=w_in, b_in=np.zeros(2), w_out=w_out)
    unembed = np.array([[0, 0], [0.5, 0], [0, 0], [0, 1]], np.float64)
    model = Transformer(
        embed=embed, positions=None, layers=(layer,), unembed=unembed, vocab=("a", "b"), outputs=(False, True),
        max_len=3, causal=False, dtype="float32", circuit=Circuit(), source=program,
    )  # fmt: skip
    assert list(model("ab")) != program("ab")
    with pytest.raises(hw.errors.CertificateError):
        hw.certify(model, program)
