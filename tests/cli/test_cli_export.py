"""`hardwire export`."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from calling import Call, call, in_folder

from hardwire.extras import install


def test_a_directory_for_hugging_face(call: Call, in_folder: Path) -> None:
    ran = call("export flip --max-len 6 --to hf -o flip --no-check")
    assert (ran.code, ran.err) == (0, "")
    assert ran.lines[0].startswith("transformers (MobileBertForTokenClassification): flip, ")
    assert ran.lines[1] == "  not run in transformers (MobileBertForTokenClassification): not asked for"
    assert (in_folder / "flip" / "config.json").is_file()


def test_arrays_and_circuits(call: Call, in_folder: Path) -> None:
    assert call("export flip --max-len 6 --to numpy -o flip.npz").out.startswith("NumPy: flip.npz, 17 arrays")
    assert call("export flip --max-len 6 --to circuit").lines[0] == "flowchart LR"
    assert call("export flip --max-len 6 --to circuit -o flip.dot").out == "circuit: flip.dot, 4 edges\n"
    assert (in_folder / "flip.dot").read_text("utf-8").startswith("digraph")


def test_a_saved_model(call: Call, in_folder: Path) -> None:
    call("compile flip --max-len 6 -o m.safetensors")
    ran = call("export m.safetensors --to hf -o d --no-check")
    assert ran.code == 0
    assert (in_folder / "d" / "model.safetensors").is_file()


def test_bad_usage(call: Call, in_folder: Path) -> None:
    assert call("export flip --to tensorflow -o x").err == (
        "error: --to is one of hf, torch, onnx, lens, numpy, circuit, not tensorflow\n"
    )
    assert call("export flip --to onnx").err == "error: give the output of the export: -o FILE\n"
    assert call("export flip --to hf").err == "error: give the output of the export: -o DIRECTORY\n"
    assert call("export flip --to hf -o x --architecture gpt2").code == 1
    assert list(in_folder.iterdir()) == []


def test_a_missing_extra_is_named(call: Call, in_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnx", None)
    ran = call("export flip --max-len 6 --to onnx -o x.onnx")
    assert ran.code == 1
    assert ran.err == (f"error: Writing ONNX files needs an optional package. Install it with: {install('onnx')}\n")
