"""Complete models: every input up to a length, long ones at random, in every activation, and with norms."""

from __future__ import annotations

import ast
import inspect
import itertools
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import hardwire as hw
from hardwire.constructions.registry import bound_of
from hardwire.recipes import Net, add_norm, layers_for_heads, models, step_function, wires
from hardwire.recipes.models import MODELS, Model

ALL = [pytest.param(m, id=m.name) for m in MODELS.values()]


def inputs(m: Model, vocab: tuple[Any, ...], length: int) -> list[Any]:
    """Every input over the vocabulary of up to that length that the model is for."""
    found: list[Any] = []
    for n in range(1, length + 1):
        for x in itertools.product(vocab, repeat=n):
            value: Any = "".join(x) if isinstance(vocab[0], str) else list(x)
            if m.valid is None or m.valid(value):
                found.append(value)
    return found


def some(m: Model, vocab: tuple[Any, ...], count: int, longest: int) -> list[Any]:
    """Long inputs at random; of brackets and the like also ones that are close to being accepted."""
    rng = random.Random(m.name)
    found = []
    for _ in range(count):
        n = rng.randint(longest // 2, longest)
        x = [rng.choice(vocab) for _ in range(n)]
        if "+" in vocab:
            x = [rng.choice("0123456789") if rng.random() < 0.6 else "9" for _ in range(n)]
            x[rng.randrange(n)] = "+"
        elif "(" in vocab and rng.random() < 0.7:
            x = nested(rng, vocab, n)
        found.append("".join(x) if isinstance(vocab[0], str) else x)
    return found


def nested(rng: random.Random, vocab: tuple[Any, ...], n: int) -> list[str]:
    """Brackets that match, but perhaps for one."""
    close = dict(zip(vocab[::2], vocab[1::2], strict=True))
    x: list[str] = []
    stack: list[str] = []
    while len(x) + len(stack) < n:
        if stack and rng.random() < 0.5:
            x.append(stack.pop())
        else:
            x.append(rng.choice(list(close)))
            stack.append(close[x[-1]])
    x += reversed(stack)
    if rng.random() < 0.5:
        x[rng.randrange(len(x))] = rng.choice(vocab)
    return x


def test_they_are_the_fourteen() -> None:
    assert set(MODELS) == {
        "addition", "dyck1", "dyck_1_2", "dyck_average_hard", "dyck_unique_hard", "induction", "induction_or_same",
        "majority", "majority_by_norm", "mod", "ngram", "parity", "shuffle_dyck", "table_lookup",
    }  # fmt: skip


@pytest.mark.parametrize("m", ALL)
def test_every_short_input(m: Model) -> None:
    model = m.build()
    every = inputs(m, model.vocab, m.length)
    assert len(every) > 100
    for x, answer in zip(every, model.batch(every), strict=True):
        assert list(answer) == list(m.reference(x)), x
    assert list(model(m.example)) == list(m.reference(m.example))


@pytest.mark.parametrize("m", ALL)
def test_long_inputs(m: Model) -> None:
    model = m.build()
    many = some(m, model.vocab, 60, model.max_len or 80)
    for x, answer in zip(many, model.batch(many), strict=True):
        assert list(answer) == list(m.reference(x)), x


@pytest.mark.parametrize("m", ALL)
def test_they_are_models_like_any_other(m: Model, tmp_path: Path) -> None:
    model = m.build()
    model.save(tmp_path / "m.safetensors")
    again = hw.load(tmp_path / "m.safetensors")
    assert again(m.example) == model(m.example)
    assert again.summary() == model.summary()
    assert len(model.attention(m.example)) == model.depth
    assert [step.name for step in model.trace(m.example)]
    assert f"layer {model.depth}" in hw.draw(model, m.example).svg
    assert all(h.recipe for h in model.circuit.heads)
    assert all(h.writes for h in model.circuit.heads)


@pytest.mark.parametrize("m", ALL)
def test_a_model_takes_fewer_than_forty_lines(m: Model) -> None:
    """Of code and docstring, helpers of its file that other models use too counted in."""
    builders = {m.build} | {f for f in (getattr(inspect.getmodule(m.build), "_rounds", None),) if "dyck_" in m.name}
    code = 0
    for f in builders - {None}:
        tree = ast.parse(inspect.getsource(f)).body[0]
        assert isinstance(tree, ast.FunctionDef)
        doc = tree.body[0]
        code += len(inspect.getsource(f).splitlines()) - (doc.end_lineno - doc.lineno + 1 if f is m.build else 0)
    assert code < 40
    for label in ("Exact: ", "Proved: ", "Source: ", "Cost: ", ">>> "):
        assert label in m.text


@pytest.mark.parametrize("m", [2, 3])
def test_a_count_is_read_right_in_any_order_of_summation(m: int) -> None:
    """What `parity` and `mod` state: at 100 the noise of the count and of the stair is below the margin of 1/2."""
    ones, one = wires("ones one")
    stair = step_function(ones, [(k, k % m) for k in range(101)], one)
    count = bound_of("sink_sum")(100, 100, 1, 100)
    assert bound_of("step_function")(stair, {"ones": 100.0, "one": 1.0}, count) < 0.45


@pytest.mark.parametrize("activation", ["gelu", "swiglu"])
@pytest.mark.parametrize("name", ["parity", "mod", "dyck1", "shuffle_dyck", "addition", "dyck_unique_hard", "ngram"])
def test_models_in_other_activations(name: str, activation: str, monkeypatch: pytest.MonkeyPatch) -> None:
    m = MODELS[name]
    original = Net.__init__

    def init(self: Net, *args: Any, **more: Any) -> None:
        original(self, *args, **{**more, "activation": activation})

    monkeypatch.setattr(Net, "__init__", init)
    model = m.build()
    assert {layer.activation for layer in model.layers if layer.d_ff} == {activation}
    every = inputs(m, model.vocab, min(m.length, 5 if len(model.vocab) < 10 else 3))
    every = random.Random(0).sample(every, min(len(every), 300))
    for x, answer in zip(every, model.batch(every), strict=True):
        assert list(answer) == list(m.reference(x)), x


LONG = [pytest.param(name, marks=pytest.mark.nightly) for name in ("dyck1", "shuffle_dyck")]


@pytest.mark.parametrize("kind", ["layer", "rms"])
@pytest.mark.parametrize("where", ["pre", "post"])
@pytest.mark.parametrize("name", ["parity", "induction", "table_lookup", *LONG])
def test_models_with_norms(name: str, kind: str, where: str) -> None:
    m = MODELS[name]
    plain = m.build()
    normed = add_norm(plain, kind, where)
    assert all(len(layer.norms) == 2 for layer in normed.layers)
    assert normed.d_model == plain.d_model + (2 if kind == "layer" else 0)
    every = inputs(m, plain.vocab, 5)
    every = random.Random(0).sample(every, min(len(every), 400))
    assert normed.batch(every) == plain.batch(every)


@pytest.mark.parametrize("m", ALL)
def test_heads_in_layers_of_their_own(m: Model) -> None:
    model = m.build()
    if any(layer.norms for layer in model.layers):
        pytest.skip("the model uses a norm")
    split = layers_for_heads(model)
    assert max(len(layer.heads) for layer in split.layers) <= 1
    assert split.d_model == model.d_model  # every direction is written once
    assert split(m.example) == model(m.example)


def test_probabilities_of_the_ngram_model() -> None:
    text = models.copying.TEXT
    model = models.ngram()
    logits = model.logits("the cat sat")
    pairs = [text[i + 2] for i in range(len(text) - 2) if text[i : i + 2] == "at"]
    shown = np.exp(logits[-1])
    expected = [pairs.count(t) / len(pairs) for t in model.outputs or ()]
    np.testing.assert_allclose(shown, expected, atol=1e-4)
