"""The example that scores edge searches against circuit.json, and the table of it in the docs."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest
from cases import needs

from hardwire.discovery import METHODS

ROOT = Path(__file__).parents[2]


def test_edge_searches_are_scored_against_the_circuit(capsys: pytest.CaptureFixture[str]) -> None:
    needs("torch", "torch")
    example = runpy.run_path(str(ROOT / "examples" / "edge_search.py"))
    assert set(example["METHODS"]) < set(METHODS)
    found = example["rows"]()
    assert len(found) == len(example["PROGRAMS"]) * len(example["METHODS"])
    for name, method, edges, known, precision, recall in found:
        assert 0 < known < edges, name
        assert precision == 1.0, (name, method)  # where no weight reads what is patched, nothing changes
        assert recall >= 0.8 or method != "edge search", name
    example["main"]()
    table = capsys.readouterr().out
    assert table in (ROOT / "docs" / "interventions.md").read_text("utf-8")
