"""Circuit discovery: patching gives the runs that it should, and methods find the edges of small circuits."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import hardwire as hw
from hardwire import datasets, discovery
from hardwire.discovery.graph import EdgeGraph
from hardwire.discovery.report import BenchmarkRow, curve
from hardwire.discovery.scoring import EdgeScores, prepared
from hardwire.errors import ModelError, UnknownNameError
from hardwire.recipes import models


def circuit(name: str = "flip") -> Any:
    program = hw.programs.get(name)
    return json.loads(hw.export.circuit(hw.compile(program(), program.vocab[:3], 6), "json"))


def scores(values: list[float], known: list[bool]) -> EdgeScores:
    edges = [(str(i), "b", "q") for i in range(len(values))]
    return EdgeScores("a method", EdgeGraph({}, edges, known), values, 0.0)


def test_the_graph_has_every_pair_and_the_known_edges() -> None:
    data = circuit()
    graph = discovery.edge_graph(data)
    known = {e for e, yes in zip(graph.edges, graph.known, strict=True) if yes}
    assert known == {(e["from"], e["to"], e["input"]) for e in data["edges"]}
    assert ("blocks.0.attn.0", "blocks.1.attn.0", "q") in known
    assert ("blocks.1.attn.0", "blocks.0.attn.0", "k") not in graph.edges
    assert len(graph.edges) == len(set(graph.edges)) == 2 * 3 + 3 * 3 + 4
    with pytest.raises(ModelError, match="not known"):
        discovery.edge_graph(json.loads(hw.export.circuit(models.dyck_average_hard(), "json")))


def test_the_figures_of_scores() -> None:
    found = scores([0.5, 0.02, 0.0, 0.3], [True, True, False, False])
    assert found.counts() == (2, 3, 2)
    assert found.precision_recall() == (2 / 3, 1.0)
    assert found.f1() == pytest.approx(0.8)
    assert found.roc_auc == 0.75
    assert scores([1.0, 1.0], [True, False]).roc_auc == 0.5
    assert scores([0.0], [True]).precision_recall() == (1.0, 0.0)
    assert curve([found], [0.4, 0.1, 0.01]) == ([1.0, 0.5, 2 / 3], [0.5, 0.5, 1.0])


def test_a_method_that_is_none_is_refused() -> None:
    with pytest.raises(UnknownNameError, match="method"):
        discovery.edge_scores(hw.compile(hw.programs.flip(), "abc", 4), "guessing")


@pytest.mark.parametrize("name", ["flip", "histogram", "sort"])
def test_patching_no_edge_is_the_model_and_all_edges_the_corrupted_run(name: str) -> None:
    torch = pytest.importorskip("torch")
    program = hw.programs.get(name)
    model = hw.compile(program(), program.vocab[:3], 6)
    runs = prepared(model, pairs=5)
    none = torch.zeros(1, 1, runs.edges, dtype=torch.float64)
    assert torch.equal(runs.logits(none)[0], runs.clean_logits[0])
    xs = [[model.vocab[i - 1] for i in row[1:]] for row in runs.ids.tolist()]
    assert [model.decode(x.numpy()) for x in runs.clean_logits[0]] == [list(a) for a in program().batch(xs)]
    assert runs.distance(runs.clean_logits).tolist() == [0.0]
    assert runs.distance(runs.corrupted_logits).item() == pytest.approx(1.0)
    assert runs.progress(runs.corrupted_logits).max().item() == pytest.approx(1.0)


def test_an_edge_that_is_patched_changes_what_its_target_reads() -> None:
    torch = pytest.importorskip("torch")
    model = hw.compile(hw.programs.flip(), "abc", 6)
    runs = prepared(model, pairs=8)
    for i, known in enumerate(runs.patching.graph.known):
        weights = torch.zeros(1, 1, runs.edges, dtype=torch.float64)
        weights[0, 0, i] = 1.0
        moved = runs.distance(runs.logits(weights)).item()
        assert (moved > 0.01) == known, runs.patching.graph.edges[i]


def test_gradients_add_up_to_the_whole_way() -> None:
    torch = pytest.importorskip("torch")
    runs = prepared(hw.compile(hw.programs.get("window_sum")(), (0, 1, 2), 6), pairs=4)
    weights = torch.full((1, len(runs.ids), runs.edges), 0.5, dtype=torch.float64, requires_grad=True)
    there = runs.progress(runs.logits(weights))
    [gradient] = torch.autograd.grad(there.sum(), [weights])
    step = 1e-5
    ahead = runs.progress(runs.logits((weights + step).detach())) - there
    assert (gradient.sum(dim=-1) * step).tolist()[0] == pytest.approx(ahead.tolist()[0], rel=1e-2, abs=1e-9)


VARIATIONS: list[dict[str, Any]] = [
    {"distractors": 1},
    {"soft": True, "distractors": 1},
    {"rotated": True},
    {"norms": "rms"},
]


@pytest.mark.parametrize("options", VARIATIONS, ids=lambda x: " ".join(x))
def test_all_methods_on_small_data_sets(options: dict[str, Any], tmp_path: Path) -> None:
    pytest.importorskip("torch")
    pytest.importorskip("safetensors")
    made = datasets.generate(tmp_path / "data", 2, manifest_parquet=False, **options)
    report = discovery.benchmark(made, pairs=8)
    assert len(report.rows) == 2 * len(discovery.METHODS)
    for row in report.rows:
        assert row.found.roc_auc > 0.5
        for (_, target, _), score in zip(row.found.graph.edges, row.found.scores, strict=True):
            assert row.found.graph.parts[target]["in_circuit"] or score < 1e-9, "no answer depends on a distractor"


def test_a_report_has_a_table_and_plots(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    rows = [
        BenchmarkRow(str(i), i, EdgeScores(method, EdgeGraph({}, [("a", "b", "q")] * 2, [True, False]), [x, 0.0], 0.5))
        for i in (1, 2)
        for x, method in zip((0.5, 0.005, 0.2, 0.02), discovery.METHODS, strict=True)
    ]
    discovery.BenchmarkReport(rows).save(tmp_path / "report")
    report = (tmp_path / "report" / "report.md").read_text("utf-8")
    assert "2 models; 2 of 4 pairs of parts are edges" in report
    assert "| activation patching | 1.000 | 1.000 | 1.000 | 1.000 | 2 of 2 | 0.500 |" in report
    assert "| attribution patching | 1.000 | 1.000 | 0.000 | 0.000 | 0 of 2 | 0.500 |" in report
    scored = [json.loads(line) for line in (tmp_path / "report" / "scores.jsonl").read_text("utf-8").splitlines()]
    assert [(x["id"], x["method"]) for x in scored] == [(r.item, r.found.method) for r in rows]
    for name in ("thresholds.svg", "layers.svg"):
        text = (tmp_path / "report" / name).read_text("utf-8")
        assert text.startswith("<?xml")
        assert f"]({name})" in report
