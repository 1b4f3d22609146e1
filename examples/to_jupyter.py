"""The Jupyter notebooks, run: `python examples/to_jupyter.py tour` makes tour.ipynb from tour.py, its one source, and
`python examples/to_jupyter.py activation_patching` runs that notebook again. `-o FILE` writes to another file.

A cell of marimo that only shows Markdown becomes a Markdown cell, any other a code cell. A live page that marimo
follows, `mo.ui.anywidget(page.widget)`, is `page` itself in Jupyter; other cells that need marimo are left out. Outputs
are kept, since code hosts show them, but nothing that differs from run to run: a widget leaves its picture.
"""

from __future__ import annotations

import argparse
import ast
import inspect
import json
import os
import re
import tempfile
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
WIDGET = re.compile(r"mo\.ui\.anywidget\((.+)\.widget\)$", re.MULTILINE)
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
MARIMO = re.compile(r"\bmo\.|import marimo")
NAMES = ["tour", "puzzles", "inside", "carry"]
"""The notebooks that are marimo's."""
PROGRESS = ("Output()", "", [], ["Output()"])
"""What a bar of progress leaves, as text."""
SECONDS = 600
"""How long a cell may take."""


def cells(source: str) -> Iterator[tuple[str, str]]:
    """("markdown" or "code", text) for each cell of a marimo notebook, in order."""
    lines = source.splitlines()
    for node in ast.parse(source).body:
        if not isinstance(node, ast.FunctionDef) or not any("app.cell" in ast.unparse(d) for d in node.decorator_list):
            continue
        body = [s for s in node.body if not isinstance(s, ast.Return)]
        if not body:
            continue
        text = _markdown(body)
        if text is not None:
            yield "markdown", text
            continue
        first = body[0].lineno - 1
        while lines[first - 1].lstrip().startswith("#"):  # a comment above the first statement
            first -= 1
        code = textwrap.dedent("\n".join(lines[first : body[-1].end_lineno])).strip()
        code = WIDGET.sub(r"\1", code)
        if not MARIMO.search(code):
            yield "code", code


def _markdown(body: list[ast.stmt]) -> str | None:
    """The text of a cell that is nothing but `mo.md("...")`."""
    if len(body) == 1 and isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Call):
        call = body[0].value
        if ast.unparse(call.func) == "mo.md" and isinstance(call.args[0], ast.Constant):
            return inspect.cleandoc(str(call.args[0].value))
    return None


def notebook(source: str) -> dict[str, Any]:
    """The Jupyter notebook of a marimo notebook, which has not run."""
    made = []
    for number, (kind, text) in enumerate(cells(source)):
        cell = {"cell_type": kind, "id": f"cell-{number}", "metadata": {}, "source": text.splitlines(keepends=True)}
        made.append(cell if kind == "markdown" else cell | {"execution_count": None, "outputs": []})
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return {
        "cells": made,
        "metadata": {"kernelspec": kernel, "language_info": {"name": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def bare(page: dict[str, Any]) -> dict[str, Any]:
    """A notebook without its outputs."""
    empty = {"execution_count": None, "outputs": []}
    return page | {"cells": [c | empty if c["cell_type"] == "code" else c for c in page["cells"]]}


def source(name: str) -> dict[str, Any]:
    """The notebook of that name as it is to be run."""
    marimo = HERE / f"{name}.py"
    if marimo.is_file():
        return notebook(marimo.read_text("utf-8"))
    return bare(json.loads((HERE / f"{name}.ipynb").read_text("utf-8")))


def executed(page: dict[str, Any]) -> dict[str, Any]:
    """The notebook with the outputs of its cells. Raises CellExecutionError. Jupyter's client leaves sockets open."""
    import nbformat
    from jupyter_client.manager import AsyncKernelManager
    from jupyter_core.utils import run_sync
    from nbclient import NotebookClient

    run = nbformat.reads(json.dumps(page), as_version=4)
    nbformat.validate(run)
    with tempfile.TemporaryDirectory() as sockets:
        manager = AsyncKernelManager(kernel_name="python3", transport="ipc", ip=f"{sockets}/kernel")
        NotebookClient(run, km=manager, timeout=SECONDS).execute()
        run_sync(manager.shutdown_kernel)(now=True)
    pairs = zip(page["cells"], run["cells"], strict=True)
    return page | {"cells": [c | {"outputs": kept(r["outputs"])} if "outputs" in c else c for c, r in pairs]}


def kept(outputs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Outputs without numbers of runs and metadata; what was printed, however it came in pieces, is one output.

    Standard error goes: there tools warn of the machine they run on. So do bars of progress.
    """
    made: list[dict[str, Any]] = []
    for o in outputs:
        if o.get("name") == "stderr" or o.get("data", {}).get("text/plain") in PROGRESS:
            continue
        if o["output_type"] == "stream":
            text = "".join(o["text"])
            if made and made[-1].get("name") == o["name"]:
                text = "".join(made.pop()["text"]) + text
            made.append({"name": o["name"], "output_type": "stream", "text": text.splitlines(keepends=True)})
        else:
            kinds = sorted(o["data"].items())
            data = {kind: "".join(x).splitlines(keepends=True) for kind, x in kinds if kind != WIDGET_VIEW}
            number = {"execution_count": None} if o["output_type"] == "execute_result" else {}
            made.append({"data": data, "metadata": {}, "output_type": o["output_type"]} | number)
    return made


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", choices=[*NAMES, "activation_patching"])
    parser.add_argument("-o", "--output", type=Path)
    given = parser.parse_args()
    path = given.output or HERE / f"{given.name}.ipynb"
    text = json.dumps(executed(source(given.name)), indent=1, ensure_ascii=False) + "\n"
    new = path.with_suffix(".new")
    new.write_text(text, "utf-8")
    os.replace(new, path)
    print(f"wrote {path}")


if __name__ == "__main__":
    main()
