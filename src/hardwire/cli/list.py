"""`hardwire list`: the programs of the library."""

from __future__ import annotations

import itertools
import sys
from typing import Any

from rich.table import Table
from rich.text import Text

from .. import programs
from .app import AsJson, Debug, app, reporting
from .show import new_table, print_table, to_json, typed


@app.command("list", short_help="List the library's programs by theme.")
def list_(*, as_json: AsJson = False, debug: Debug = False) -> None:
    """List the library's programs by theme."""
    with reporting(debug=debug):
        if as_json:
            print(to_json([description(p) for p in programs.LIBRARY.values()]))
        else:
            print_table(library_table(), None)


def description(program: programs.Program) -> dict[str, Any]:
    return {
        "name": program.name,
        "theme": program.theme,
        "layers": program().layers,
        "summary": program.summary,
        "example": program.example,
        "vocab": list(program.vocab),
        "max_len": program.max_len,
    }


def library_table() -> Table:
    table = new_table("program", "layers", "description", "example")
    table.columns[1].justify = "right"
    if sys.stdout.isatty():  # in a pipe every program has one line, however long
        table.columns[2].no_wrap = False
        table.columns[3].max_width = 20
    for theme, members in itertools.groupby(programs.LIBRARY.values(), key=lambda p: p.theme):
        table.add_row(Text(theme, style="bold"))
        for p in members:
            table.add_row(*map(Text, (f"  {p.name}", str(p().layers), p.summary, typed(p))))
    return table
