"""Soft weights are trained further in PyTorch: what they compute stays, where sharp weights lose it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from cases import needs

import hardwire as hw
from hardwire.programs import LIBRARY

NAMES = ("sort", "histogram", "flip")
MAX_LEN, BATCH, RATE = 8, 128, 1e-4


def tensors(model: hw.Transformer, size: int, rng: np.random.Generator) -> tuple[Any, Any, Any]:
    """(ids with BOS first, the mask of padding, the wanted outputs with -100 where there is none) of random inputs."""
    import torch

    assert model.outputs is not None
    assert model.source is not None
    lengths = rng.integers(1, MAX_LEN + 1, size)
    inputs = [[model.vocab[i] for i in rng.integers(0, len(model.vocab), n)] for n in lengths]
    ids, wanted = np.zeros((size, 1 + MAX_LEN), np.int64), np.full((size, 1 + MAX_LEN), -100)
    for row, (x, values) in enumerate(zip(inputs, model.source.batch(inputs), strict=True)):
        ids[row, 1 : 1 + len(x)] = model.encode(x)
        wanted[row, 1 : 1 + len(x)] = [model.outputs.index(v) for v in values]
    mask = np.arange(1 + MAX_LEN) <= lengths[:, None]
    return torch.tensor(ids), torch.tensor(mask.astype(np.int64)), torch.tensor(wanted)


def trained(model: hw.Transformer, steps: int, every: int) -> tuple[list[float], Any]:
    """(the accuracy every so many steps of Adam on random inputs, the trained module)"""
    import torch

    module = hw.export.torch(model, check=False).requires_grad_(True)
    optimizer = torch.optim.Adam(module.parameters(), lr=RATE)
    rng = np.random.default_rng(0)
    ids, mask, wanted = tensors(model, 400, np.random.default_rng(1))
    found = []
    for step in range(1, steps + 1):
        some, real, answers = tensors(model, BATCH, rng)
        loss = torch.nn.functional.cross_entropy(module(some, real).flatten(0, 1), answers.flatten())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if step % every == 0:
            with torch.no_grad():
                right = (module(ids, mask).argmax(-1) == wanted)[wanted >= 0]
            found.append(float(right.double().mean()))
    return found, module


@pytest.mark.parametrize("name", NAMES)
def test_gradients_reach_every_matrix(name: str) -> None:
    needs("torch", "torch")
    model = hw.compile(LIBRARY[name], max_len=MAX_LEN, weights="soft")
    accuracy, module = trained(model, 3, 1)
    assert accuracy[0] > 0.99
    moved = {n for n, p in module.named_parameters() if p.numel() and p.grad is not None and p.grad.abs().max() > 1e-7}
    wanted = {n for n, p in module.named_parameters() if p.numel() and "positions" not in n}
    assert {n.rpartition(".")[2] for n in moved} >= {n.rpartition(".")[2] for n in wanted}


def test_sharp_weights_do_not_survive_a_step() -> None:
    needs("torch", "torch")
    model = hw.compile(LIBRARY["histogram"], max_len=MAX_LEN)
    assert trained(model, 1, 1)[0][0] < 0.9


@pytest.mark.nightly
@pytest.mark.parametrize("name", NAMES)
def test_a_thousand_steps_keep_the_accuracy(name: str) -> None:
    needs("torch", "torch")
    model = hw.compile(LIBRARY[name], max_len=MAX_LEN, weights="soft")
    accuracy, _ = trained(model, 1000, 100)
    print(name, accuracy)
    assert min(accuracy) > 0.99
