"""The author's functions as tables: their results for all arguments that a model's inputs can lead to.

A model that is saved or pickled takes its program along, and the program has to run where the author's Python is not.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping

import numpy as np

from .analysis import Facts
from .analysis.guard import guarded
from .errors import CompileError
from .lang.expr import Expr, Op, walk
from .lang.function import Function
from .lang.values import Value, exact, leave
from .model.expressions import Rows, is_portable
from .model.transformer import Transformer
from .rewrite import analysed
from .run.cells import predicate
from .run.failure import BROKEN
from .run.scalar import scalar

MOST_ROWS = 50_000
"""The most rows of all tables of a program; with more the program stays with its author."""


def function_tables(model: Transformer) -> Mapping[Hashable, Rows] | None:
    """The rows of each function of a model's program, by its key; None where they are too many, or not known."""
    if model.source is None or not model.max_len:
        return None
    roots = [model.source.expr, *([] if model.given is None else [model.given.expr])]
    found: dict[Hashable, dict[Hashable, tuple[tuple[Value, ...], Value]]] = {}
    total = 0
    try:
        with guarded(model.source):
            keep, given = model.circuit.keep, None if model.given is None else model.given.expr
            known = analysed(roots[0], model.vocab, model.max_len, causal=model.causal, given=given, keep=keep)
            # Of a rewritten program less may be known, so that its functions have more arguments.
            for e in walk(*roots, *known.rewrites.values()):
                if not isinstance(e.arg, Function) or is_portable(e.arg):
                    continue
                rows = found.setdefault(e.arg.key, {})
                before = len(rows)
                for args, value in _results(e, known.facts):
                    rows[tuple(map(exact, args))] = (args, value)
                total += len(rows) - before
                if total > MOST_ROWS:
                    return None
    except CompileError:
        return None
    return {key: tuple(rows.values()) for key, rows in found.items()}


def _results(e: Expr, facts: Facts) -> list[tuple[tuple[Value, ...], Value]]:
    """(arguments, result) wherever a function has a result. Raises CompileError where there are too many."""
    call = (lambda k, q: bool(predicate(e)(k, q))) if e.op is Op.COMPARE else scalar(e)
    found = []
    for args in _arguments(e, facts):
        try:
            found.append((args, call(*args)))
        except BROKEN:
            raise
        except Exception:  # it has no value there
            continue
    return found


def _arguments(e: Expr, facts: Facts) -> list[tuple[Value, ...]]:
    """Every combination of arguments. Raises CompileError where there are too many."""
    domains = [facts.domain(s).values for s in e.src]
    if math.prod(map(len, domains)) > MOST_ROWS:
        raise CompileError("a function has too many different arguments to be a table")
    grid = np.indices([len(d) for d in domains]).reshape(len(domains), -1)
    columns = [[leave(d[i]) for i in row] for d, row in zip(domains, grid.tolist(), strict=True)]
    return list(zip(*columns, strict=True))


__all__ = ["function_tables"]
