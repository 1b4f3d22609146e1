"""The solutions in examples/puzzle_solutions.py, and the records that they set: `python tests/puzzles/solutions.py`
measures them and writes src/hardwire/puzzles/records.py.
"""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable
from pathlib import Path

from hardwire import SOp, puzzles
from hardwire.puzzles import records
from hardwire.puzzles.records import Record

FILE = Path(__file__).parents[2] / "examples" / "puzzle_solutions.py"


def solutions() -> dict[str, list[Callable[[], SOp]]]:
    """The functions of the file by the puzzle that they solve."""
    spec = importlib.util.spec_from_file_location("puzzle_solutions", FILE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found: dict[str, list[Callable[[], SOp]]] = {}
    for name, x in vars(module).items():
        if name.partition("__")[0] in puzzles.PUZZLES and getattr(x, "__module__", "") == module.__name__:
            found.setdefault(name.partition("__")[0], []).append(x)
    return found


def record(outcomes: list[puzzles.Outcome]) -> Record:
    """The best of the outcomes of one puzzle."""
    sizes = [(o.layers, o.parameters) for o in outcomes if o.layers is not None and o.parameters is not None]
    return Record(min(layers for layers, _ in sizes), min(parameters for _, parameters in sizes))


def write() -> None:
    """Replaces the table of the records by what is measured."""
    path = Path(records.__file__)
    head, _, table = path.read_text("utf-8").partition("RECORDS: dict[str, Record] = {")
    _, _, rest = table.partition("\n}\n")
    rows = []
    for name, found in solutions().items():
        best = record([puzzles.check(name, f) for f in found])
        rows.append(f'    "{name}": Record({best.layers}, {best.parameters}),\n')
    text = f"{head}RECORDS: dict[str, Record] = {{\n{''.join(rows)}}}\n{rest}"
    new = path.with_suffix(".new")
    new.write_text(text, "utf-8")
    os.replace(new, path)


if __name__ == "__main__":
    write()
