"""What is made by hand, in PyTorch: the complete models of the Cookbook, every option of heads and layers, recipes."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cases import Case, needs, totals

import hardwire as hw
from hardwire.export.code import imported
from hardwire.export.comparison import padded
from hardwire.export.torch_file import runner
from hardwire.model.circuit import Circuit
from hardwire.model.weights import PLACES, Head, Layer, Norm
from hardwire.recipes import Score, add_norm, in_swiglu, minimum, probes, product, sink_sum, threshold, wires
from hardwire.recipes.models import MODELS


def by_hand(name: str) -> Case:
    """A complete model, inputs of all lengths, and what its reference in plain Python answers."""
    m = MODELS[name]
    model, rng = m.build(), random.Random(name)
    text = isinstance(m.example, str)
    inputs: list[Any] = [m.example]
    longest = model.max_len or 60
    while len(inputs) < 40:
        tokens = rng.choices(model.vocab, k=rng.randint(1, longest if len(inputs) % 2 else 8))
        x = "".join(tokens) if text else tokens
        if m.valid is None or m.valid(x):
            inputs.append(x)
    return Case(name, model, inputs, [list(m.reference(x)) for x in inputs])


def test_every_complete_model_of_the_cookbook(tmp_path: Path) -> None:
    needs("torch", "torch")
    cases = [by_hand(name) for name in MODELS]
    paths = [tmp_path / f"{c.name}_by_hand.py" for c in cases]
    for c, path in zip(cases, paths, strict=True):
        assert hw.export.torch(c.model, path).verification  # every short input, against the reference
    assert totals("pytorch.py", cases, paths)[1] == 0


def drawn(seed: int) -> hw.Transformer:
    """A random net in which every option of heads, neurons and norms occurs."""
    rng, d = np.random.default_rng(seed), 6

    def table(*shape: int) -> Any:
        return rng.normal(size=shape)

    def norm() -> Norm:
        project = table(d, d) if rng.random() < 0.5 else None
        return Norm(str(rng.choice(["layer", "rms"])), table(d), table(d), 1e-5, project)

    def head(i: int) -> Head:
        width = 2 * int(rng.integers(1, 3))
        kind = str(rng.choice(["softmax", "average", "leftmost", "rightmost"]))
        rotary = table(width // 2) if rng.random() < 0.5 else None
        slope = 0.5 if rng.random() < 0.5 else 0.0
        side = str(rng.choice(["all", "before", "after"]))
        # Without scores all keys tie, in every order of summation, or the slope decides.
        tied = kind != "softmax" and rng.random() < 0.5
        q, k = (np.zeros((d, width)) if tied else table(d, width) for _ in "qk")
        return Head(f"h{i}", q, k, table(d, 3), table(3, d), kind, side, rotary, slope)

    def layer(activation: str) -> Layer:
        gate = (table(d, 4), table(4)) if activation == "swiglu" else (None, None)
        norms: dict[str, Any] = {place: norm() for place in PLACES if rng.random() < 0.5}
        heads = tuple(head(i) for i in range(3))
        return Layer(heads, table(d, 4), table(4), table(4, d), activation, *gate, **norms)

    layers = tuple(layer(a) for a in ("relu", "gelu", "swiglu"))
    embedded, ends = (table(4, d), table(10, d)), (table(d, 3), tuple("xyz"))
    return hw.Transformer(
        tuple("abc"), 9, bool(seed % 2), *embedded, layers, *ends, "float64", Circuit(), final_norm=norm()
    )


@pytest.mark.parametrize("seed", range(12))
def test_every_option_of_heads_and_layers(seed: int, tmp_path: Path) -> None:
    needs("torch", "torch")
    model = drawn(seed)
    hw.export.torch(model, tmp_path / f"drawn{seed}.py", check=False)
    rows = [model.encode(x) for x in ("", "a", "bacab", "abcabcabc")]
    ids, mask = padded(rows)
    for module in (hw.export.torch(model, check=False), imported(tmp_path / f"drawn{seed}.py").load()):
        found = runner(module)(ids, mask)
        for row, logits in zip(rows, found, strict=True):
            assert np.allclose(logits[1 : 1 + len(row)], model.logits([model.vocab[i - 1] for i in row]), atol=1e-9)


@pytest.mark.parametrize("kind", ["layer", "rms"])
def test_models_with_neutral_norms(kind: str) -> None:
    needs("torch", "torch")
    model = add_norm(hw.compile(hw.programs.sort(), range(4), 6), kind)
    assert hw.export.torch(replace(model, source=hw.programs.sort())).verification


# Recipes as modules.


def tensors(values: dict[str, Any]) -> dict[str, Any]:
    import torch

    return {name: torch.tensor(np.array(x), dtype=torch.float64) for name, x in values.items()}


def test_gradients_flow_through_every_piece_and_values_agree() -> None:
    needs("torch", "torch")
    import torch

    rng, tried = np.random.default_rng(0), 0
    for name, cases in probes.feedforward.cases().items():
        for case in cases:
            values = {n: sample(rng, case.sizes[0]) for n, sample in case.samples.items()}
            module = case.piece.torch("float64")
            given = {n: x.requires_grad_() for n, x in tensors(values).items()}
            found = module(**given)
            assert np.allclose(found.detach(), case.piece(**values), rtol=1e-12, atol=1e-9), name
            found.sum().backward()
            for parameter in module.parameters():
                assert torch.isfinite(parameter.grad).all(), name
            tried += 1
    assert tried > 40


@pytest.mark.parametrize("activation", ["relu", "gelu", "swiglu"])
def test_gradients_of_a_piece_are_those_of_its_function(activation: str) -> None:
    needs("torch", "torch")
    import torch

    x, y, one = wires("x y one")
    piece = product(x, y, 0.25) if activation == "gelu" else minimum(2 * x - one, y)
    module = (in_swiglu(piece, one, 8.0) if activation == "swiglu" else piece).torch("float64")
    given = [t.requires_grad_() for t in tensors({"x": [0.3, -1.2, 2.0], "y": [1.1, 0.4, -0.7]}).values()]
    assert torch.autograd.gradcheck(lambda x, y: module(x=x, y=y), given)
    weights = list(module.parameters())
    assert torch.autograd.gradcheck(lambda *_: module(x=given[0].detach(), y=given[1].detach()), weights)


def test_a_piece_is_trained() -> None:
    needs("torch", "torch")
    import torch

    x, one = wires("x one")
    module = threshold(x, 2, 3, one).torch()
    at = torch.linspace(-4, 4, 81)
    wanted = (at >= 1).float()  # the step is moved from 2.5 to 1
    optimizer = torch.optim.Adam(module.parameters(), 0.02)
    losses = []
    for _ in range(1000):
        optimizer.zero_grad()
        loss = (module(x=at) - wanted).square().mean()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.02 < 0.1 < losses[0]


def test_every_head_has_the_values_of_its_recipe_and_gradients(monkeypatch: pytest.MonkeyPatch) -> None:
    needs("torch", "torch")
    import torch

    tried: set[str] = set()

    def compare(name: str, case: Any) -> probes.measured.Measured:
        n = max(map(np.size, case.values.values()))
        if n <= 100:
            tried.add(name)
            module = case.pattern.torch(case.value, "float64")
            given = {k: x.requires_grad_() for k, x in tensors(case.values).items()}
            found = module(causal=case.causal, **given)
            want = case.pattern(case.value, causal=case.causal, **case.values)
            assert np.allclose(found.detach(), want, rtol=1e-9, atol=1e-6), name
            found.sum().backward()
            assert all(x.grad is None or torch.isfinite(x.grad).all() for x in given.values())
            assert not case.value.terms or module.w_v.grad.abs().sum() > 0
        return probes.measured.Measured(name, "", 0, 0, 0)

    monkeypatch.setattr(probes.attention, "attack", compare)
    for run in dict.fromkeys(run for name, run in probes.PROBES.items() if run.__module__ == probes.attention.__name__):
        list(run())
    assert {"pick", "uniform", "sink_sum", "predecessor", "predecessor_rotary", "predecessor_hard"} <= tried


def test_a_sum_by_a_sink_of_soft_weights() -> None:
    needs("torch", "torch")
    v, one = wires("v one")
    head, values = sink_sum(Score(), one, sink=9.125), {"v": np.array([5.0, 6.0, 7.0])}
    found = head.torch(v, "float64")(**tensors(values)).detach()
    assert np.allclose(found, head(v, **values), rtol=1e-9)
