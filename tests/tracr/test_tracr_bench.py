"""The comparison with Tracr, with hardwire in the place of Tracr where that is not installed."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

import hardwire.tracr

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Any:
    pytest.importorskip("rich")
    monkeypatch.syspath_prepend(str(ROOT))
    from bench import tracr

    return tracr


def test_the_comparison_says_that_tracr_is_not_installed(bench: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench, "installed", lambda: False)
    build, vocab, _ = bench.PROGRAMS["reverse"]
    tracr, own = bench.compared(build, vocab, 4)
    assert tracr is None
    assert own.proved
    assert (own.layers, own.wrong) == (2, 0)
    monkeypatch.setattr(bench, "PROGRAMS", {"reverse": (build, vocab, (4,))})
    [table] = bench.tables()
    assert "not installed" in str(table.title)


def test_a_package_with_tracrs_names_is_measured(bench: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    build, vocab, _ = bench.PROGRAMS["previous token"]
    toolkit = bench.Toolkit.named("hardwire.tracr")
    found = bench.measured(toolkit, build, vocab, 4)
    assert found.answers > 50
    assert found.wrong == 0
    refused = bench.measured(toolkit, lambda rasp, lib: rasp.Map(lambda x: [x], rasp.tokens), vocab, 4)
    assert "CompileError" in refused.refused
    assert bench._cells(refused)[3].startswith("CompileError")


def test_every_program_of_the_comparison_has_a_proof(bench: Any) -> None:
    toolkit = bench.Toolkit.named("hardwire.tracr")
    for name, (build, vocab, lengths) in bench.PROGRAMS.items():
        found = bench.measured(toolkit, build, vocab, min(lengths))
        assert (name, found.proved, found.wrong, found.refused) == (name, True, 0, "")


def test_the_table_of_names_is_whole() -> None:
    assert set(hardwire.tracr.__all__) <= set(dir(hardwire.tracr))
    assert "tracr" not in sys.modules or sys.modules["tracr"] is not hardwire.tracr
