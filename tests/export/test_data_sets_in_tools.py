"""Items of data sets in PyTorch, TransformerLens and transformers, and the manifest in Hugging Face's `datasets`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from cases import Case, load, needs

from hardwire import datasets

OPTIONS: dict[str, dict[str, Any]] = {
    "plain": {},
    "soft": {"soft": True, "distractors": 1},
    "rotated": {"rotated": True},
    "rms": {"norms": "rms"},
}
"""Data sets of two items each."""
COLUMNS = ["id", "digest", "vocabulary", "layers", "causal", "puzzle", "outside_circuit"]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, datasets.Dataset]:
    needs("torch", "torch")
    root = tmp_path_factory.mktemp("data")
    return {
        name: datasets.generate(root / name, 2, manifest_parquet=False, **options) for name, options in OPTIONS.items()
    }


def as_case(name: str, item: datasets.Item) -> Case:
    """An item with its own inputs and answers."""
    inputs = [list(x["input"]) for x in item.inputs]
    answers = item.program.batch(inputs, causal=item.model.causal, errors="keep")
    return Case(name, item.model, inputs, answers)


def test_items_in_pytorch(made: dict[str, datasets.Dataset]) -> None:
    needs("torch", "torch")
    for found in made.values():
        for item in found:
            module = item.torch()
            assert module.verification
            assert sum(p.numel() for p in module.parameters()) >= item.row["parameters"]


def test_items_in_transformer_lens(made: dict[str, datasets.Dataset]) -> None:
    needs("transformer_lens", "lens")
    import torch

    for name in ("plain", "soft"):
        item = made[name][1]
        bridge, x = item.lens(), item.inputs[-1]
        with torch.no_grad():
            logits, cache = bridge.run_with_cache(torch.tensor([[0, *item.model.encode(list(x["input"]))]]))
        answers = item.model.decode(logits[0, 1:].numpy())
        assert all(want is datasets.undefined or want == got for want, got in zip(x["output"], answers, strict=True))
        heads = [n for n in item.circuit["nodes"] if n["kind"] == "head"]
        assert {f"blocks.{n['layer']}.attn.hook_pattern" for n in heads} <= {*cache.keys()}


def test_items_in_transformers(made: dict[str, datasets.Dataset], tmp_path: Path) -> None:
    needs("transformers", "hf")
    cases, jobs = [], []
    for name in ("plain", "soft", "rotated"):
        for item in made[name]:
            one = as_case(f"{name} {item.id}", item)
            assert item.hf(tmp_path / one.name).verification
            cases.append(one)
            jobs.append(one.job(tmp_path / one.name))
    found = load("hf.py", jobs)
    assert {c.name: c.wrong(found[c.name]) for c in cases} == {c.name: 0 for c in cases}


def test_the_manifest_in_hugging_face_datasets(tmp_path: Path) -> None:
    needs("datasets", "lens")
    needs("pyarrow", "datasets")
    made = datasets.generate(tmp_path / "data", 3)
    ways = {
        "the directory": {"path": str(made.root)},
        "JSON Lines": {"path": "json", "data_files": str(made.root / "manifest.jsonl")},
        "Parquet": {"path": "parquet", "data_files": str(made.root / "manifest.parquet")},
    }
    jobs = [
        {"name": name, "arguments": arguments, "columns": COLUMNS, "cache": str(tmp_path / name)}
        for name, arguments in ways.items()
    ]
    wanted = [{name: item.row[name] for name in COLUMNS} for item in made]
    assert load("hf_datasets.py", jobs) == dict.fromkeys(ways, wanted)
