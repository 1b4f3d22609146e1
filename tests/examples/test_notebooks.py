"""The notebooks run from top to bottom and show what their texts say."""

from __future__ import annotations

import importlib.util
import json
import re
import subprocess
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from hardwire import Verification
from hardwire.extras import install
from hardwire.puzzles import PUZZLES, Outcome, Puzzle

EXAMPLES = Path(__file__).parents[2] / "examples"
MARIMO = ["tour", "puzzles", "inside"]
NEEDS_MARIMO = f"notebooks need marimo: {install('notebook')}"
NEEDS_JUPYTER = "the Jupyter notebook needs nbclient and ipykernel, which the extra `dev` installs"
pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # of the notebook tools, which are not ours
    pytest.mark.xdist_group("notebooks"),
]


def load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, EXAMPLES / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@cache
def run(name: str) -> tuple[list[Any], Mapping[str, Any]]:
    """(what each cell of a notebook shows, what its cells define)"""
    pytest.importorskip("marimo", reason=NEEDS_MARIMO)
    outputs, defined = load(name).app.run()
    return list(outputs), defined


def test_the_tour_ends_in_a_transformer_that_adds(capsys: pytest.CaptureFixture[str]) -> None:
    outputs, defined = run("tour")
    add, model, faster = defined["add"](), defined["model"], defined["faster"]
    assert add("683+345") == model("683+345") == faster("683+345") == [0, 0, 0, 1, 0, 2, 8]
    assert (add.layers, model.depth, faster.depth) == (6, 6, 3)  # as the text says
    checked = [x for x in outputs if isinstance(x, Verification)]
    assert checked
    assert all(checked)
    assert any(x is True for x in outputs)  # program, model and the faster model compared
    steps = re.findall(r"^layer \d  .* (True|False) +\[.*\]$", capsys.readouterr().out, re.MULTILINE)
    assert len(steps) > 5
    assert set(steps) == {"True"}  # each named step of the model is the program's


def test_inside_the_damage_shows_and_the_whole_model_is_right() -> None:
    outputs, defined = run("inside")
    damaged, whole = (x for x in outputs if isinstance(x, Verification))
    assert not damaged
    assert whole
    x, model = defined["x"], defined["model"]
    assert model(x) == defined["induction"](x) == ["_", "_", "_", "_", "b", "c"]
    assert any(type(x) is tuple and x == (True, True) for x in outputs)  # saved and loaded


def test_every_puzzle_waits_in_order() -> None:
    outputs, _ = run("puzzles")
    assert [x for x in outputs if isinstance(x, Puzzle)] == list(PUZZLES.values())
    outcomes = [x for x in outputs if isinstance(x, Outcome)]
    assert [x.puzzle for x in outcomes] == list(PUZZLES.values())
    assert all(x.sop is None for x in outcomes)
    assert f"0 of {len(PUZZLES)} solved" in outputs[-1].text


def test_marimo_finds_nothing_to_complain_of() -> None:
    pytest.importorskip("marimo", reason=NEEDS_MARIMO)
    files = [str(EXAMPLES / f"{name}.py") for name in MARIMO]
    done = subprocess.run([sys.executable, "-m", "marimo", "check", "--strict", *files], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_jupyter_tour_is_made_from_the_tour() -> None:
    made = load("to_jupyter").notebook((EXAMPLES / "tour.py").read_text("utf-8"))
    assert (EXAMPLES / "tour.ipynb").read_text("utf-8") == made, "tour.ipynb is stale: run `make jupyter`"


def test_cells_become_cells() -> None:
    source = '''
@app.cell
def _():
    import marimo as mo

    return (mo,)

@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    # Title

    text
    """)
    return

@app.cell
def _(x):
    # why
    y = x + 1

    y
    return (y,)
'''
    assert list(load("to_jupyter").cells(source)) == [
        ("markdown", "# Title\n\ntext"),
        ("code", "# why\ny = x + 1\n\ny"),
    ]


EXECUTE = """
import sys, tempfile, nbformat
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
page = nbformat.read(sys.argv[1], as_version=4)
nbformat.validate(page)
with tempfile.TemporaryDirectory() as sockets:
    manager = AsyncKernelManager(kernel_name="python3", transport="ipc", ip=sockets + "/kernel")
    NotebookClient(page, km=manager, timeout=300).execute()
nbformat.write(page, sys.argv[2])
"""


def test_the_jupyter_tour_runs(tmp_path: Path) -> None:
    """In a process of its own, since Jupyter's client leaves sockets behind."""
    for module in ("nbformat", "nbclient", "ipykernel"):
        if importlib.util.find_spec(module) is None:
            pytest.skip(NEEDS_JUPYTER)
    done = tmp_path / "done.ipynb"
    command = [sys.executable, "-c", EXECUTE, str(EXAMPLES / "tour.ipynb"), str(done)]
    ran = subprocess.run(command, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    page = json.loads(done.read_text("utf-8"))
    shown = [
        "".join(output.get("text", output.get("data", {}).get("text/plain", "")))
        for cell in page["cells"]
        if cell["cell_type"] == "code"
        for output in cell["outputs"]
    ]
    assert shown[0] == "['o', 'l', 'l', 'e', 'h']"
    assert shown[-1] == "True"
    assert any("agrees on" in text for text in shown)
    assert any("[0, 0, 0, 1, 0, 2, 8]\n[0, 1, 0, 0, 0, 0, 0, 0, 0]\n" in text for text in shown)
