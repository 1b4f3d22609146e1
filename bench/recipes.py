"""Recipes: what each claims beside the worst error found, with adversarial noise and orders of summation."""

from __future__ import annotations

import math
from collections.abc import Iterable

from rich.table import Table

from hardwire.recipes import RECIPES, probes


def tables() -> Iterable[Table]:
    table = Table(
        "recipe", "source", "claimed bound", "worst error found", "pessimism", "where", "cost", title="recipes"
    )
    for column in table.columns[2:5]:
        column.justify = "right"
    for row in rows():
        table.add_row(*row)
    yield table


def rows() -> Iterable[tuple[str, ...]]:
    """For each recipe the circumstances in which its bound is tightest, and the range of bound over error."""
    for name, recipe in RECIPES.items():
        found = probes.measure(name)
        m = min(found, key=lambda m: m.ratio)
        ratios = [m.ratio for m in found if math.isfinite(m.ratio)]
        spread = f"{min(ratios):.3g} .. {max(ratios):.3g}" if ratios else "no error found"
        yield name, recipe.origin, f"{m.claimed:.2g}", f"{m.worst:.2g}", spread, m.at, m.cost
