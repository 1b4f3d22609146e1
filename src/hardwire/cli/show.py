"""Tables and values as text: coloured on a terminal, plain and independent of the environment otherwise."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable
from io import StringIO
from typing import Any

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from .. import Failure, ModelTrace, Selector, Trace, programs

PLAIN_WIDTH = 100
"""The width of a trace where output is not a terminal: fixed, so that the same run prints the same text."""


def typed(program: programs.Program) -> str:
    """Return a program's example as it is typed."""
    return program.example if isinstance(program.example, str) else to_json(program.example)


def trace_table(trace: Trace | ModelTrace) -> tuple[Table, str]:
    """Return a table of a run, with steps as rows and positions as columns (the middle ones left out if they are too
    many), and its caption."""
    rows, selectors = _model_rows(trace) if isinstance(trace, ModelTrace) else _rows(trace)
    given: Any = trace.input
    header = [t if isinstance(t, str) and t.isprintable() and t.strip() else short(t, 10) for t in given]
    names = max(cell_len(name) for name, *_ in rows)
    room = width() - max(names, len("step")) - len("layer") - 6
    left, right = _ends(len(header), room, lambda i: max(cell_len(c[i]) for c in (header, *(r[2] for r in rows))) + 2)

    def shown(cells: list[str]) -> list[str]:
        return cells if left + right == len(cells) else [*cells[:left], "…", *cells[len(cells) - right :]]

    table = new_table("step", "layer", *shown(header))
    for column in table.columns[1:]:
        column.justify = "right"
    for name, layer, cells in rows:
        table.add_row(*map(Text, (name, layer, *shown(cells))))
    captions = []
    if left + right < len(header):
        captions.append(f"{len(header) - left - right} of {len(header)} positions left out; --json has them all")
    if selectors:
        captions.append(f"selectors ({', '.join(selectors)}): how many keys each position selects")
    if isinstance(trace, ModelTrace):
        captions.append("decoded from the residual stream of the model")
    return table, "\n".join(captions)


Rows = list[tuple[str, str, list[str]]]
"""A name, a layer and the cells of each step."""


def _rows(trace: Trace) -> tuple[Rows, list[str]]:
    """Return the steps of a program, and the names of the selectors among them."""
    rows = [(step.name, str(step.layer), _cells(step.values, selector=isinstance(step.of, Selector))) for step in trace]
    if not any(step.of.expr is trace.of.expr for step in trace):
        rows.append(("result", str(trace.of.layers), _cells(trace.result, selector=False)))
    return rows, [step.name for step in trace if isinstance(step.of, Selector)]


def _model_rows(trace: ModelTrace) -> tuple[Rows, list[str]]:
    """Return the steps of a model, without selectors, which the residual stream does not store."""
    rows = [(step.name, str(step.layer), _cells(step.values, selector=False)) for step in trace]
    return [*rows, ("result", "", _cells(trace.result, selector=False))], []


def _cells(values: list[Any], *, selector: bool) -> list[str]:
    if selector:
        return ["✗" if any(isinstance(c, Failure) for c in row) else str(row.count(True)) for row in values]
    return ["✗" if isinstance(v, Failure) else short(v, 16) for v in values]


def _ends(n: int, room: int, width: Callable[[int], int]) -> tuple[int, int]:
    """Return how many of n columns to show from the left and from the right, in `room` characters."""
    left = right = used = 0
    while left + right < n:
        at = left if left <= right else n - 1 - right
        used += width(at)
        rest = 0 if left + right + 1 == n else 3  # the column with the ellipsis
        if used + rest > room and left > 0:
            break
        left, right = (left + 1, right) if left <= right else (left, right + 1)
    return left, right


def new_table(*headers: str) -> Table:
    table = Table(box=None, padding=(0, 1), pad_edge=False, header_style="bold underline")
    for header in headers:
        table.add_column(Text(header), no_wrap=True)
    return table


def width() -> int:
    return Console().width if sys.stdout.isatty() else PLAIN_WIDTH


def print_table(table: Table, caption: str | None, *, blank_before: bool = False) -> None:
    """Print a table, coloured on a terminal, otherwise as plain text that does not depend on the environment."""
    if blank_before:
        print()
    if sys.stdout.isatty():
        Console(highlight=False).print(table)
    else:
        plain = StringIO()
        Console(file=plain, width=10_000, color_system=None, force_terminal=False).print(table)
        print("\n".join(line.rstrip() for line in plain.getvalue().splitlines()))
    if caption:
        print(caption)


# Values as text.


def to_json(x: Any) -> str:
    return json.dumps(plain(x), ensure_ascii=False, allow_nan=False)


def plain(x: Any) -> Any:
    """Return x as JSON types: tuples as lists, failures as {"failed": reason}, other values as their repr."""
    if isinstance(x, dict):
        return {k: plain(v) for k, v in x.items()}
    if isinstance(x, (list, tuple)):
        return [plain(item) for item in x]
    if isinstance(x, Failure):
        return {"failed": x.reason}
    if x is None or type(x) in (bool, int, str) or (type(x) is float and math.isfinite(x)):
        return x
    return repr(x)


def short(x: Any, limit: int) -> str:
    text = repr(x)
    return text if len(text) <= limit else text[: limit - 1] + "…"
