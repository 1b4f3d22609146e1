"""The tour as a Jupyter notebook: `python examples/to_jupyter.py` writes tour.ipynb from tour.py, the one source.

A cell of marimo that only shows Markdown becomes a Markdown cell, any other a code cell; the import of marimo
itself goes. The file has no outputs: run it to see them.
"""

from __future__ import annotations

import ast
import inspect
import json
import os
import textwrap
from collections.abc import Iterator
from pathlib import Path

TOUR = Path(__file__).with_name("tour.py")
MARIMO_ITSELF = "import marimo as mo"


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
        if code != MARIMO_ITSELF:
            yield "code", code


def _markdown(body: list[ast.stmt]) -> str | None:
    """The text of a cell that is nothing but `mo.md("...")`."""
    if len(body) == 1 and isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Call):
        call = body[0].value
        if ast.unparse(call.func) == "mo.md" and isinstance(call.args[0], ast.Constant):
            return inspect.cleandoc(str(call.args[0].value))
    return None


def notebook(source: str) -> str:
    """The Jupyter notebook, as the text of its file."""
    made = []
    for number, (kind, text) in enumerate(cells(source)):
        cell = {"cell_type": kind, "id": f"cell-{number}", "metadata": {}, "source": text.splitlines(keepends=True)}
        made.append(cell if kind == "markdown" else cell | {"execution_count": None, "outputs": []})
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    whole = {
        "cells": made,
        "metadata": {"kernelspec": kernel, "language_info": {"name": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(whole, indent=1, ensure_ascii=False) + "\n"


def main() -> None:
    path = TOUR.with_suffix(".ipynb")
    new = path.with_suffix(".new")
    new.write_text(notebook(TOUR.read_text("utf-8")), "utf-8")
    os.replace(new, path)
    print(f"wrote {path}")


if __name__ == "__main__":
    main()
