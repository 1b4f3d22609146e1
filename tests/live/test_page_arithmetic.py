"""The page computes what NumPy computes: every model, many inputs, with the code of the page run by Node."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import hardwire as hw
from hardwire.live.page import BUNDLE
from hardwire.model.storage import save
from hardwire.recipes import models

NODE = shutil.which("node")
pytestmark = [
    pytest.mark.skipif(NODE is None, reason="the code of the page is run by Node, which is not installed"),
]
pytest.importorskip("safetensors")

INPUTS = pytest.mark.parametrize("count", [25, pytest.param(1000, marks=pytest.mark.nightly)])
"""Inputs for each model: more by night."""
LONGEST = 24
"""The length of most of these inputs; every tenth may be as long as the model takes."""
DETAILS = 12
"""Inputs on which logits, attention and decoded values are compared too."""


def placed(model: hw.Transformer, inputs: list[Any]) -> list[list[int]]:
    return [[row - 1 for row in model.encode(x)] for x in inputs]


def by_page(folder: Path, cases: dict[str, tuple[hw.Transformer, list[Any]]]) -> dict[str, Any]:
    """What the code of the page makes of inputs, by model."""
    for name, (model, inputs) in cases.items():
        save(model, folder / f"{name}.safetensors")
        (folder / f"{name}.json").write_text(json.dumps({"inputs": placed(model, inputs), "details": DETAILS}))
    script = Path(__file__).with_name("run.mjs")
    subprocess.run([NODE or "node", script, BUNDLE, folder], check=True, timeout=600)
    return {name: json.loads((folder / f"{name}.out.json").read_text())["out"] for name in cases}


def written(value: Any) -> str:
    """A value as the page writes it."""
    return f"{value.numerator}/{value.denominator}" if type(value).__name__ == "Fraction" else repr(value)


def agrees(model: hw.Transformer, inputs: list[Any], found: list[Any]) -> None:
    for x, expected, got in zip(inputs, model.batch(inputs), found, strict=True):
        if model.outputs is None and not model.whole:
            assert np.allclose([float(v) for v in got["answers"]], expected, rtol=1e-5, atol=model.tolerance + 1e-6), x
        else:
            assert got["answers"] == [written(v) for v in expected], x
    for x, got in zip(inputs[:DETAILS], found, strict=False):
        logits = model.logits(x)
        assert np.allclose(got["logits"], logits.ravel(), rtol=1e-4, atol=2e-3 * (1 + np.abs(logits).max(initial=0)))
        for layer, heads in zip(model.attention(x), got["attention"], strict=True):
            for weights, theirs in zip(layer.values(), heads, strict=True):
                assert np.allclose(theirs, weights.ravel(), rtol=1e-3, atol=1e-4), x
        for step, theirs in zip(model.trace(x).steps, got["readings"], strict=True):
            if step.values and isinstance(step.values[0], float):
                assert np.allclose([float(v) for v in theirs], step.values, rtol=1e-3, atol=1e-3), (x, step.name)
            else:
                assert theirs == [written(v) for v in step.values], (x, step.name)


@INPUTS
def test_every_library_model_answers_as_in_numpy(tmp_path: Path, count: int) -> None:
    cases = {}
    for name, program in hw.programs.LIBRARY.items():
        model = hw.compile(program, certify=False)
        rng = random.Random(name)
        lengths = [min(program.max_len, LONGEST) if i % 10 else program.max_len for i in range(count)]
        cases[name] = model, [program.sample(rng, n) for n in lengths]
    found = by_page(tmp_path, cases)
    for name, (model, inputs) in cases.items():
        agrees(model, inputs, found[name])


@INPUTS
def test_models_that_are_not_plain_answer_as_in_numpy(tmp_path: Path, count: int) -> None:
    """Hard attention, rotary positions, slopes, norms, GELU and SwiGLU: the complete models of the Cookbook."""
    cases = {}
    for name, entry in models.MODELS.items():
        model = entry.build()
        rng = random.Random(name)
        most = 20 if model.max_len is None else min(20, model.max_len)
        cases[name] = model, [entry.example, *(rng.choices(model.vocab, k=rng.randint(1, most)) for _ in range(200))]
    assert any(not model.plain for model, _ in cases.values())
    found = by_page(tmp_path, cases)
    for name, (model, inputs) in cases.items():
        agrees(model, inputs, found[name])


def test_double_precision(tmp_path: Path) -> None:
    model = hw.compile(hw.programs.add, dtype="float64", certify=False)
    inputs = [hw.programs.add.sample(random.Random(i), 30) for i in range(50)]
    found = by_page(tmp_path, {"add": (model, inputs)})
    agrees(model, inputs, found["add"])
    logits = model.logits(inputs[0])
    assert np.allclose(found["add"][0]["logits"], logits.ravel(), rtol=1e-9, atol=1e-9)
