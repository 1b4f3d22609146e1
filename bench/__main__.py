"""How long things take here: `python -m bench` from the root of the repository, or `make bench`.

Every module of this folder that has a function `tables` gives some; `python -m bench draw` prints those of one. Where
it also has `missing`, and that says why it cannot be measured here, it is skipped.
"""

from __future__ import annotations

import importlib
import pkgutil
import platform
import sys
from pathlib import Path

from rich.console import Console


def main(wanted: list[str]) -> None:
    console = Console(width=None if sys.stdout.isatty() else 100)
    console.print(f"hardwire on Python {platform.python_version()}, {platform.machine()}")
    for found in pkgutil.iter_modules([str(Path(__file__).parent)]):
        if found.name.startswith("_") or (wanted and found.name not in wanted):
            continue
        module = importlib.import_module(f"bench.{found.name}")
        if why := getattr(module, "missing", str)():
            console.print(f"{found.name}: skipped, {why}", style="yellow")
            continue
        for table in getattr(module, "tables", list)():
            for column in table.columns[1:]:
                column.justify = "right"
            console.print(table)


if __name__ == "__main__":
    main(sys.argv[1:])
