"""The run of a program that was not compiled, as the stages that a page shows: its selectors, values and steps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..draw import aggregate, program
from ..draw.matrix import AttentionMatrix, Strip
from ..draw.metrics import written
from ..errors import HardwireError
from ..lang.expr import Expr, unnamed
from ..lang.sop import SOp
from ..lang.text import aggregate_name, constant, formula
from ..run import Failure, trace
from ..run.trace import Trace, step_formula
from .listing import Listing
from .shapes import Json

MOST_TOKENS = 100
"""The longest input that is shown: every selector is sent as a matrix."""


def run(sop: SOp, input: Any, listing: Listing | None, *, causal: bool) -> Json:
    """Return the run of a program as JSON; an input that it refuses gives a `problem`, and nothing else."""
    try:
        if len(input) > MOST_TOKENS:
            return _empty(f"A page shows at most {MOST_TOKENS} tokens; these are {len(input):,}.")
        found = trace(sop, input, causal=causal)
    except HardwireError as error:
        return _empty(str(error))
    places = {} if listing is None else listing.places
    answers = found.result
    failed = next((v for v in answers if isinstance(v, Failure)), None)
    return {
        "tokens": cells(list(input)),
        "answers": cells(answers),
        "stages": [_stage(found, k, places) for k in range(sop.layers + 1)],
        "problem": "" if failed is None else str(failed).splitlines()[0].strip("<>"),
    }


def _empty(problem: str) -> Json:
    return {"tokens": [], "answers": [], "stages": [], "problem": problem}


def cells(values: Sequence[Any]) -> list[Json]:
    """Return values as the cells of a row; failures are marked."""
    texts = written(values)
    found: list[Json] = []
    for value, text in zip(values, texts, strict=True):
        if isinstance(value, Failure):
            found.append({"text": "✗", "full": str(value), "wrong": True})
        elif isinstance(value, str):
            found.append({"text": {"": "''", " ": "␣"}.get(value, value), "full": repr(value)})
        elif isinstance(value, bool):
            found.append({"text": "✓" if value else "·", "full": repr(value)})
        else:
            found.append({"text": text, "full": constant(value, 60)})
    return found


def _stage(found: Trace, k: int, places: dict[Expr, int]) -> Json:
    names: dict[Expr, str] = {}
    for step in found.steps:
        names.setdefault(unnamed(step.of.expr), step.name)
    heads = [] if not k else [_head(found, e, names.get(e, ""), places) for e in program.aggregates(found, k)]
    rows = [_row(s.name, step_formula(s), s.values, places.get(s.of.expr)) for s in program.elementwise(found, k)]
    before = [
        _row(s.name, step_formula(s), s.values, places.get(s.of.expr))
        for s in found.steps
        if s.layer < k and not s.of.expr.selector
    ]
    return {
        "title": f"Layer {k}" if k else "Before attention",
        "heads": heads,
        "neurons": [],
        "stream": [*(row | {"fresh": True} for row in rows), *before],
        "directions": [],
    }


def _head(found: Trace, e: Expr, name: str, places: dict[Expr, int]) -> Json:
    parts = aggregate.parts(found, e, name)
    title = name or aggregate_name(e)
    matrix = _matrix(parts)
    return {
        "name": title,
        "recipe": "",
        "expression": formula(e, 200),
        "line": places.get(e),
        "reads": [],
        "writes": [],
        "says": [],
        "queries": [_strip(s) for s in parts.queries],
        "keys": [_strip(s) for s in parts.keys],
        "bos": False,
        "first": 0,
        "weights": matrix,
        "shown": matrix,
        "amplified": 0,
        "values": [_strip(s) for s in parts.values],
        "outputs": [_strip(s) for s in parts.results],
        "head": None,
    }


def _matrix(parts: AttentionMatrix) -> list[float]:
    """Return the selection as numbers, by row: 1 where a key is used, less where a better one is, 0 elsewhere."""
    found = []
    for i, row in enumerate(parts.cells):
        picked = None if parts.picked is None else parts.picked[i]
        for j, cell in enumerate(row):
            beaten = picked is not None and j != picked
            found.append(0.0 if isinstance(cell, Failure) or not cell else 0.3 if beaten else 1.0)
    return found


def _strip(strip: Strip) -> Json:
    return _row(strip.label, strip.label, strip.values, None)


def _row(name: str, full: str, values: Sequence[Any], line: int | None) -> Json:
    return {"name": name, "full": full, "cells": cells(values), "line": line}
