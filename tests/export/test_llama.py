"""Llama checkpoints, computed from their files by NumPy: no number differs from that of the certified model."""

from __future__ import annotations

import json
import random
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import hardwire as hw
from hardwire import tokens, writers
from hardwire.errors import ExportError
from hardwire.export.bounds import largest
from hardwire.export.positionless import MOST, positionless, steps
from hardwire.export.precision_guard import guarded

FEW = ("add", "reverse", "ngram", "sort")


def inputs(model: hw.Transformer, name: str, count: int = 10) -> list[list[Any]]:
    rng = random.Random(name)
    longest = model.max_len or 0
    return [rng.choices(model.vocab, k=n) for n in [longest, *(rng.randint(1, longest) for _ in range(count))]]


@pytest.mark.parametrize("name", FEW)
def test_computed_positions_are_the_table_bit_by_bit(name: str) -> None:
    model = hw.compile(writers.get(name), certify=False)
    other = positionless(model)
    assert other.positions is None
    for x in inputs(model, name):
        wanted, found = model.residuals(x), other.residuals(x)
        assert (found["layer 2 neurons"][:, : model.d_model] == wanted["embedding"]).all()
        assert (other.logits(x).argmax(axis=1) == model.logits(x).argmax(axis=1)).all()


@pytest.mark.parametrize("n", [1, 2, 13, 291, 1 + MOST])
def test_steps_are_far_from_every_weight(n: int) -> None:
    """Neurons multiply the distance in float32; what the rounding can take away is far below what is left."""
    edges, steep = steps(n)
    weights = 1 / np.arange(1, n + 1)
    assert (edges[:-1] > weights).all()
    assert (weights > edges[1:]).all()
    away = steep * np.minimum(edges[:-1] - weights, weights - edges[1:])
    assert (away > 1.9 + 8 * 2.0**-24 * steep * edges[1:]).all()


def test_beyond_max_len_there_is_no_answer() -> None:
    model = positionless(hw.compile(writers.reverse(), certify=False))
    longer = hw.Transformer(**{**vars_of(model), "max_len": 60})
    with np.errstate(all="ignore"):
        seen = longer.residuals(list("ab") * 25)["layer 2 neurons"]
    assert np.isfinite(seen[:42]).all()
    assert not np.isfinite(seen[42:]).all(axis=1).any()


def vars_of(model: hw.Transformer) -> dict[str, Any]:
    return {f.name: getattr(model, f.name) for f in fields(model) if f.name != "certificate"}


@pytest.mark.parametrize("name", FEW)
def test_the_bound_of_the_stream_holds(name: str) -> None:
    model = guarded(hw.compile(writers.get(name), certify=False))
    seen = max(np.abs(r).max() for x in inputs(model, name) for r in model.residuals(x).values())
    assert seen <= largest(model) < 2.0**37


def read(folder: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    numpy = pytest.importorskip("safetensors.numpy")
    return json.loads((folder / "config.json").read_text("utf-8")), numpy.load_file(folder / "model.safetensors")


def silu(x: Any) -> Any:
    with np.errstate(over="ignore"):
        return x / (1 + np.exp(-x))


class Llama:
    """Llama by its formulas, in float32."""

    def __init__(self, config: dict[str, Any], tensors: dict[str, Any]) -> None:
        self.config, self.tensors = config, tensors
        width = np.arange(0, config["head_dim"], 2, dtype=np.float32) / np.float32(config["head_dim"])
        scaling = config["rope_parameters"]
        self.slow = (1 / scaling["rope_theta"] ** width.astype(float) / scaling["factor"]).astype(np.float32)

    def norm(self, x: Any, name: str) -> Any:
        scale = 1 / np.sqrt((x * x).mean(axis=-1, keepdims=True) + np.float32(self.config["rms_norm_eps"]))
        out = self.tensors[f"{name}.weight"] * (x * scale)
        assert out.dtype == np.float32
        assert (out == x)[(np.abs(x) >= 2.0**-71) | (x == 0)].all()  # the identity
        assert np.abs(out - x).max() < 2.0**-71
        return out

    def rotated(self, x: Any) -> Any:
        """x: (heads, n, d_head)."""
        half = x.shape[2] // 2
        angle = np.arange(x.shape[1], dtype=np.float32)[:, None] * np.tile(self.slow, 2)
        other = np.concatenate([-x[..., half:], x[..., :half]], axis=2)
        out = x * np.cos(angle) + other * np.sin(angle)
        assert (out == x).all()  # the identity
        return out

    def logits(self, ids: list[int]) -> Any:
        x, t, heads = self.tensors["model.embed_tokens.weight"][ids], self.tensors, self.config["num_attention_heads"]
        hidden = np.triu(np.full((len(ids), len(ids)), -np.inf, np.float32), 1)
        for i in range(self.config["num_hidden_layers"]):
            layer = f"model.layers.{i}"
            r = self.norm(x, f"{layer}.input_layernorm")
            q, k, v = (
                (r @ t[f"{layer}.self_attn.{n}_proj.weight"].T).reshape(len(ids), heads, -1).swapaxes(0, 1)
                for n in "qkv"
            )
            scores = self.rotated(q) @ self.rotated(k).swapaxes(1, 2) * np.float32(q.shape[2] ** -0.5) + hidden
            weights = np.exp(scores - scores.max(axis=2, keepdims=True))
            seen = (weights / weights.sum(axis=2, keepdims=True)) @ v
            x = x + seen.swapaxes(0, 1).reshape(len(ids), -1) @ t[f"{layer}.self_attn.o_proj.weight"].T
            r = self.norm(x, f"{layer}.post_attention_layernorm")
            gate, up = (r @ t[f"{layer}.mlp.{n}_proj.weight"].T for n in ("gate", "up"))
            neurons = silu(gate) * up
            with np.errstate(under="ignore"):
                relu = np.maximum(gate * np.float32(2.0**-60), 0)
            assert np.abs(neurons - relu).max() < 2.4e-19
            x = x + neurons @ t[f"{layer}.mlp.down_proj.weight"].T
        return self.norm(x, "model.norm") @ t["lm_head.weight"].T


@pytest.mark.parametrize("name", FEW)
def test_a_checkpoint_by_its_formulas(name: str, tmp_path: Path) -> None:
    """Norms and rotations are the identity on every number, and the answers are those of the program."""
    program = writers.get(name)
    model = hw.compile(program)
    done = hw.export.huggingface(model, tmp_path / "model", "llama", check=False)
    assert "The certificate holds for any order of summation; the arithmetic here is the same" in repr(done)
    llama = Llama(*read(tmp_path / "model"))
    vocabulary = json.loads((tmp_path / "model" / "tokenizer.json").read_text("utf-8"))["model"]["vocab"]
    texts = {i: text for text, i in vocabulary.items()}
    assert not any("bias" in tensor for tensor in llama.tensors)
    for x in inputs(model, name, 4):
        logits = llama.logits([1, *(vocabulary[t] for t in x)])[1:]
        wanted = program.sop()(x, causal=True, errors="keep")
        for got, want in zip(logits.argmax(axis=1).tolist(), wanted, strict=True):
            if not isinstance(want, hw.Failure):
                assert texts[got].lstrip("\ue002") == (want if want in model.vocab else "<eos>"), x


def test_what_llama_does_not_compute(tmp_path: Path) -> None:
    pytest.importorskip("safetensors")
    model = hw.compile(writers.reverse(), certify=False)
    with pytest.raises(ExportError, match=f"reads at most {MOST:,} tokens, and this model 2,000; choose gpt2-lm"):
        hw.export.huggingface(hw.compile(tokens, "ab", 2_000, causal=True, certify=False), tmp_path / "x", "llama")
    with pytest.raises(ExportError, match="computes in float32, and this model in float64"):
        hw.export.huggingface(hw.compile(tokens, "ab", 5, causal=True, dtype="float64"), tmp_path / "x", "llama")
    huge = hw.Transformer(**{**vars_of(model), "embed": model.embed * np.float32(2.0**40)})
    with pytest.raises(ExportError, match=r"may be as large as .*, and the RMS norm of Llama is the identity up to"):
        hw.export.huggingface(huge, tmp_path / "x", "llama")
    assert list(tmp_path.iterdir()) == []
