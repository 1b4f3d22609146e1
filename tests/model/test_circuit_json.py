"""circuit.json: what it says is what the weights do."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import hardwire as hw
from hardwire.compiler import compile as compiled
from hardwire.errors import UnknownNameError
from hardwire.model.circuit_json import circuit_json, described
from hardwire.programs import LIBRARY
from hardwire.recipes import models

ROOT = Path(__file__).parents[2]
SCHEMA = json.loads((ROOT / "docs" / "circuit.schema.json").read_text("utf-8"))


def validated(data: Any) -> Any:
    jsonschema = pytest.importorskip("jsonschema")
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    jsonschema.validate(data, SCHEMA)
    return data


def circuit_of(model: hw.Transformer) -> Any:
    return validated(json.loads(circuit_json(model)))


@pytest.mark.parametrize("name", ["sort", "add_in_three", "dyck", "frac_prevs", "copy", "before_count", "ngram_lookup"])
@pytest.mark.parametrize("keep", [(), "named"])
def test_library_circuits_fit_the_schema(name: str, keep: Any) -> None:
    p = LIBRARY[name]
    model = compiled(p(), p.vocab, 8, given=p.given() if p.given is not None else None, keep=keep)
    data = circuit_of(model)
    ids = {n["id"] for n in data["nodes"]}
    assert len(ids) == len(data["nodes"])
    assert {e[end] for e in data["edges"] for end in ("from", "to")} <= ids
    names = [v["name"] for v in data["variables"]]
    assert names == list(model.variables)
    for v in data["variables"]:
        assert data["program"]["nodes"][v["node"]]["name"] == v["name"].partition("#")[0]


def without(model: hw.Transformer, layer: int, head: int, side: str, directions: list[int]) -> hw.Transformer:
    """The model whose head does not read some directions through one input."""
    heads = list(model.layers[layer].heads)
    w = np.array(getattr(heads[head], f"w_{side}"))
    w[directions] = 0
    heads[head] = replace(heads[head], **{f"w_{side}": w})
    layers = list(model.layers)
    layers[layer] = replace(layers[layer], heads=tuple(heads))
    return replace(model, layers=tuple(layers))


def test_an_edge_that_is_cut_changes_the_model_and_no_other_path_does() -> None:
    """Every edge into a head of `sort` is needed; directions without an edge are read by nobody."""
    model = hw.compile(hw.programs.sort, max_len=6)
    data = circuit_of(model)
    inputs = [list(x) for x in itertools.product(range(10), repeat=2)] + [[3, 1, 4, 1, 5], [2, 2, 1]]
    right = [model(x) for x in inputs]
    cut = 0
    for e in data["edges"]:
        if e["input"] in ("q", "k", "v"):
            _, layer, _, head = e["to"].split(".")
            broken = without(model, int(layer), int(head), e["input"], e["directions"])
            assert [broken(x) for x in inputs] != right, e
            cut += 1
    assert cut >= 4
    for k, i in ((k, i) for k, layer in enumerate(model.layers) for i in range(len(layer.heads))):
        for side in ("q", "k", "v"):
            read = {d for e in data["edges"] if (e["to"], e["input"]) == (f"blocks.{k}.attn.{i}", side)
                    for d in e["directions"]}  # fmt: skip
            constant = {d["index"] for d in data["directions"] if d["code"] in ("bos", "constant")}
            moving = {d for n in data["edges"] for d in n["directions"]} - constant
            others = sorted(moving - read)
            assert [without(model, k, i, side, others)(x) for x in inputs] == right


def test_edges_carry_variables_and_heads_share_values() -> None:
    data = circuit_of(hw.compile(hw.programs.sort, max_len=8))
    nodes = {n["id"]: n for n in data["nodes"]}
    into = [e for e in data["edges"] if "rank" in e["variables"]]
    assert {nodes[e["from"]]["layer"] for e in into} == {0}
    assert {e["input"] for e in into if nodes[e["to"]]["kind"] == "head"} == {"k"}
    shared = [s["heads"] for s in data["shared"]]
    assert shared == [["blocks.0.attn.0", "blocks.0.attn.1"]]
    assert nodes["unembed"]["hook"] == "blocks.1.hook_resid_post"


def test_read_and_basis_are_those_of_the_variable() -> None:
    model = hw.compile(hw.programs.sort, max_len=8)
    [rank] = [v for v in circuit_of(model)["variables"] if v["name"] == "rank"]
    read = np.zeros(model.d_model)
    for entry in rank["read"]:
        read[entry["direction"]] = entry["coefficient"]
    assert read.tolist() == model.variables["rank"].read.tolist()
    assert rank["hook"] == "blocks.0.hook_resid_mid"
    assert dict(zip(rank["values"], rank["encodings"], strict=True))[3] == 3.0


def test_models_made_by_hand_and_models_with_norms() -> None:
    for make in (models.addition, models.dyck_average_hard):
        data = circuit_of(make())
        assert (data["edges"] is None) is not make().plain
        assert data["variables"] == []


def test_every_file_brings_it_along(tmp_path: Path) -> None:
    from safetensors import safe_open

    model = hw.compile(hw.programs.flip(), "ab", 6)
    model.save(tmp_path / "flip.safetensors")
    with safe_open(tmp_path / "flip.safetensors", "np") as file:
        assert json.loads(file.metadata()["circuit.json"]) == described(model)
    assert described(hw.load(tmp_path / "flip.safetensors"))["digest"] == model.digest
    hw.export.huggingface(model, tmp_path / "hf", check=False)
    assert json.loads((tmp_path / "hf" / "circuit.json").read_text()) == described(model)
    hw.export.torch(model, tmp_path / "flip_torch.py", check=False)
    assert json.loads((tmp_path / "flip_torch.circuit.json").read_text()) == described(model)
    hw.export.transformer_lens(model, tmp_path / "flip_lens.py", check=False)
    assert json.loads((tmp_path / "flip_lens.circuit.json").read_text()) == described(model)
    hw.export.circuit(model, file=tmp_path / "c.json")
    assert json.loads((tmp_path / "c.json").read_text()) == described(model)
    with pytest.raises(UnknownNameError, match="mermaid, graphviz, json"):
        hw.export.circuit(model, "jsn")


def test_a_patch_by_the_file_alone() -> None:
    """The value tables and the basis are enough to set a value in another tool; here NumPy is the tool."""
    model = hw.compile(hw.programs.sort, max_len=8)
    [rank] = [v for v in circuit_of(model)["variables"] if v["name"] == "rank"]
    read, basis = np.zeros(model.d_model), np.zeros(model.d_model)
    for vector, entries in ((read, rank["read"]), (basis, rank["basis"])):
        for entry in entries:
            vector[entry["direction"]] = entry["coefficient"]
    x, values = [3, 1, 2], [0, 1, 2]
    wanted = np.array([rank["encodings"][rank["values"].index(v)] for v in values])
    stream = model.residuals(x)["layer 1 attention"].astype(np.float64)
    stream[1:] += (wanted - stream[1:] @ read)[:, None] * basis
    [_, second] = model.layers
    first = model.layers[0]
    stream += np.maximum(stream @ first.w_in + first.b_in, 0) @ first.w_out
    for h in second.heads:
        scores = (stream @ h.w_q) @ (stream @ h.w_k).T
        weights = np.exp(scores - scores.max(axis=1, keepdims=True))
        stream = stream + weights / weights.sum(axis=1, keepdims=True) @ (stream @ h.w_v) @ h.w_o
    stream += np.maximum(stream @ second.w_in + second.b_in, 0) @ second.w_out
    assert model.decode(stream[1:] @ model.unembed) == model.run(x, set={"rank": values}) == [3, 1, 2]
