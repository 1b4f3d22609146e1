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

from alike import alike
from hardwire import Explorer, Verification
from hardwire.extras import install
from hardwire.puzzles import PUZZLES, Outcome, Progress, Puzzle

EXAMPLES = Path(__file__).parents[2] / "examples"
MARIMO = ["tour", "puzzles", "inside", "carry"]
NEEDS_MARIMO = f"notebooks need marimo: {install('notebook')}"
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
    assert (add.layers, model.depth, faster.depth) == (6, 4, 3)  # as the text says
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
    compared = defined["compares"](defined["second"])
    assert len(compared) <= 15  # "the list is short"
    assert any(re.match(r"tokens +x previous ", row) for row in compared)


def test_every_puzzle_waits_in_order() -> None:
    outputs, _ = run("puzzles")
    assert [x for x in outputs if isinstance(x, Puzzle)] == list(PUZZLES.values())
    outcomes = [x for x in outputs if isinstance(x, Outcome)]
    assert [x.puzzle for x in outcomes] == list(PUZZLES.values())
    assert all(x.sop is None for x in outcomes)
    [progress] = (x for x in outputs if isinstance(x, Progress))
    assert repr(progress) == f"0 of {len(PUZZLES)} puzzles solved. Next: 1. Secret writing (caesar)"


def test_the_carries_are_those_of_the_program(capsys: pytest.CaptureFixture[str]) -> None:
    outputs, defined = run("carry")
    printed = capsys.readouterr().out
    assert "carry   0 0 0 1 1 0 0\nfirst   0 0 0 0 6 8 3\nsecond  0 0 0 0 3 4 5\nsum     0 0 0 1 0 2 8\n" in printed
    assert "carry   0 1 1 1 1 1 0\n" in printed
    slow = defined["step_by_step"]
    assert [slow(k)("99999+1") == [0, 1, 0, 0, 0, 0, 0] for k in (1, 2, 3, 5, 6)] == [False, False, False, True, True]
    assert "no carries: [0, 0, 0, 0, 9, 2, 8]" in printed
    assert printed.endswith("100\n")
    assert defined["model"].certificate in outputs


def widgets(name: str) -> int:
    """How many cells of a notebook end in a live page."""
    outputs, _ = run(name)
    return sum(isinstance(x, Explorer) or hasattr(x, "widget") for x in outputs)


def test_the_notebooks_have_live_pages() -> None:
    pytest.importorskip("anywidget")
    assert widgets("tour") == 6
    assert widgets("inside") == 3
    assert widgets("carry") == 4


def test_what_is_typed_into_a_page_reaches_the_cells_below() -> None:
    """The cells that read the page run again when it changes: marimo sees that they use the control."""
    pytest.importorskip("anywidget")
    _, defined = run("inside")
    view = defined["view"]
    assert (view.input, view.layer) == ("abcdab", 1)
    view.widget.set_state({"_tokens": [0, 1, 0], "layer": 2})
    assert (view.input, view.layer) == ("aba", 2)


def test_marimo_finds_nothing_to_complain_of() -> None:
    pytest.importorskip("marimo", reason=NEEDS_MARIMO)
    files = [str(EXAMPLES / f"{name}.py") for name in MARIMO]
    done = subprocess.run([sys.executable, "-m", "marimo", "check", "--strict", *files], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def jupyter() -> list[str]:
    return sorted(path.stem for path in EXAMPLES.glob("*.ipynb"))


@pytest.mark.parametrize("name", jupyter())
def test_the_jupyter_notebooks_are_stored_as_they_were_run(name: str) -> None:
    """From their sources, with outputs, and with nothing that another run would change."""
    maker, page = load("to_jupyter"), stored(name)
    assert maker.bare(page) == maker.source(name), f"{name}.ipynb is stale: run `make jupyter`"
    outputs = [o for cell in page["cells"] for o in cell.get("outputs", [])]
    assert outputs, f"{name}.ipynb has no outputs: run `make jupyter`"
    assert all(maker.kept(cell["outputs"]) == cell["outputs"] for cell in page["cells"] if "outputs" in cell)
    assert {o["output_type"] for o in outputs} <= {"stream", "execute_result", "display_data"}
    assert not re.search(r"\bat 0x[0-9a-f]+", json.dumps(outputs))


def stored(name: str) -> Any:
    return json.loads((EXAMPLES / f"{name}.ipynb").read_text("utf-8"))


def test_the_stored_tour_shows_pictures() -> None:
    outputs = [o for cell in stored("tour")["cells"] for o in cell.get("outputs", [])]
    assert sum(o.get("data", {}).get("image/svg+xml", [""])[0].startswith("<svg") for o in outputs) >= 30


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


@pytest.mark.parametrize(
    ("name", "tools"),
    [
        pytest.param(name, tools, marks=[pytest.mark.nightly] if name in MARIMO[1:] else [], id=name)
        for name, tools in [
            *((name, ("nbclient", "ipykernel", "anywidget")) for name in MARIMO),
            ("activation_patching", ("nbclient", "ipykernel", "transformer_lens")),
            ("from_tracr", ("nbclient", "ipykernel")),
            ("fine_tuning", ("nbclient", "ipykernel", "torch")),
        ]
    ],
)
def test_the_jupyter_notebooks_show_what_is_stored(name: str, tools: tuple[str, ...], tmp_path: Path) -> None:
    """In a process of its own, since Jupyter's client leaves sockets behind."""
    for tool in tools:
        if importlib.util.find_spec(tool) is None:
            pytest.skip(f"{name}.ipynb needs {tool} to run")
    done = tmp_path / "done.ipynb"
    command = [sys.executable, str(EXAMPLES / "to_jupyter.py"), name, "-o", str(done)]
    ran = subprocess.run(command, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr[-3000:]
    for now, kept in zip(json.loads(done.read_text("utf-8"))["cells"], stored(name)["cells"], strict=True):
        assert now["source"] == kept["source"]
        outputs = [json.dumps(cell.get("outputs"), ensure_ascii=False, sort_keys=True) for cell in (now, kept)]
        assert alike(*outputs), f"{name}.ipynb is stale: run `make jupyter`"


def test_the_tour_in_jupyter_ends_in_a_transformer_that_adds() -> None:
    shown = [
        "".join(output.get("text", output.get("data", {}).get("text/plain", "")))
        for cell in stored("tour")["cells"]
        for output in cell.get("outputs", [])
    ]
    assert shown[0] == "['o', 'l', 'l', 'e', 'h']"
    assert shown[-1] == "True"
    assert any("agrees on" in text for text in shown)
    assert any("[0, 0, 0, 1, 0, 2, 8]\n[0, 1, 0, 0, 0, 0, 0, 0, 0]\n" in text for text in shown)


def test_the_stored_patching_finds_the_circuit() -> None:
    shown = "".join(
        "".join(o.get("text", [])) for c in stored("activation_patching")["cells"] for o in c.get("outputs", [])
    )
    assert "agrees on" in shown
    assert "found only: []  known only: []" in shown
    measured = re.findall(r"^(\w+) +(\d+) +([\d.]+) +([\d.]+) *$", shown, re.MULTILINE)
    assert len(measured) == 7
    assert {(precision, recall) for _, _, precision, recall in measured} == {("1.00", "1.00")}


def printed(name: str) -> str:
    cells = stored(name)["cells"]
    outputs = [o for c in cells for o in c.get("outputs", [])]
    return "".join("".join(o.get("text", o.get("data", {}).get("text/plain", ""))) for o in outputs)


def test_interchange_on_sort_follows_the_program() -> None:
    shown = printed("activation_patching")
    assert "the model follows the program on 100 of 100 pairs, 100 of which change the answer" in shown
    assert "along another direction, the model follows the program on 0 of 100 pairs" in shown


def test_the_stored_move_from_tracr_is_certified_and_followed() -> None:
    shown = printed("from_tracr")
    assert shown.count("exact up to length 10") == 2
    line = r"^(\w+): follows the program at ([\d,]+) of ([\d,]+) positions of [\d,]+ inputs \(([\d,]+) changed\)"
    followed = re.findall(line, shown, re.MULTILINE)
    assert [name for name, *_ in followed] == ["length", "reverse"]
    assert all(agreed == positions for _, agreed, positions, _ in followed)
    assert all(int(changed.replace(",", "")) > 50 for *_, changed in followed)


def test_the_stored_fine_tuning_keeps_its_accuracy_and_its_rank() -> None:
    shown = printed("fine_tuning")
    assert re.findall(r"sorted correctly: (\S+)", shown) == ["1.00", "True", "True", "True"]
    assert "rank read by the probe: 1.00, along the known direction: 1.00" in shown
    line = r"(.+): reads more than 60 % of the ranks: (.+), correlation with the rank above 0.9: True"
    after = re.findall(line, shown)
    assert after == [("a new probe", "True"), ("the probe from before", "False"), ("the known direction", "True")]
