"""Functions as tables: every combination of the values of some sops, and a number for each."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from ..analysis import Facts
from ..errors import CompileError
from ..lang.expr import Expr, Op, node
from ..lang.function import Tabled
from ..lang.text import formula
from ..lang.values import Value, leave
from ..run.column import Column


def grid(sops: Sequence[Expr], facts: Facts) -> dict[Expr, Column]:
    """Every combination of the values of some sops, also those that never occur; the last sop changes fastest. Raises
    CompileError."""
    domains = [facts.domain(x) for x in sops]
    sizes = [len(d) for d in domains]
    at = np.unravel_index(np.arange(math.prod(sizes)), sizes)
    return {x: d.column.take(i) for x, d, i in zip(sops, domains, at, strict=True)}


def tabled(columns: Mapping[Expr, Column], numbers: Iterable[float]) -> Expr:
    """The function with these numbers at the rows of some columns. Raises CompileError where rows that a model cannot
    distinguish (1 and True, ratios with the same nearest float) have different numbers."""
    table: dict[tuple[Value, ...], float] = {}
    for row, y in zip(zip(*(c.values() for c in columns.values()), strict=True), numbers, strict=True):
        if table.setdefault(tuple(map(leave, row)), y) != y:
            raise CompileError(f"a table of {', '.join(map(formula, columns))} distinguishes equal values: {row}")
    return node(Op.MAP, *columns, arg=Tabled(table))
