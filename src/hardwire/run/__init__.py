"""The meaning of programs: an expression and inputs come in, values come out.

`interpreter.py` has the order of evaluation. `scalar.py` defines every elementwise operation, `column.py` stores the
values of an expression, `cells.py` evaluates selectors as matrices, `dense.py` and `sorted_runs.py` are the two ways to
aggregate, and `messages.py` writes the error messages. `short.py` runs one short input on Python's own values, several
times as fast; the rest is its reference.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from ..errors import BuildError
from ..lang.expr import Expr
from ..lang.handle import Handle
from ..lang.ports import Errors
from ..lang.sop import SOp
from ..lang.text import constant
from ..lang.values import Value, leave
from .batch import Batch
from .cells import Matrix, blocks
from .column import Column
from .failure import Failure, FailureLog
from .interpreter import Run
from .interventions import run_batch_set, run_set
from .messages import evaluation_error
from .result import Result
from .short import run_short
from .trace import Trace
from .words import warn_of_words

__all__ = [
    "Batch",
    "Failure",
    "Result",
    "Run",
    "Trace",
    "called",
    "called_on_batch",
    "run",
    "run_batch",
    "run_batch_exact",
    "run_batch_set",
    "run_set",
    "trace",
]


def called(of: Handle, input: Any, *, causal: bool = False, errors: Errors = "raise") -> Result:
    """`run`, with a warning where tokens are compared with strings longer than any of them."""
    result = run(of, input, causal=causal, errors=errors)
    _warn(of, [result])
    return result


def called_on_batch(
    of: Handle, inputs: Iterable[Any], *, causal: bool = False, errors: Errors = "raise"
) -> list[Result]:
    """`run_batch`, with the same warning."""
    results = run_batch(of, inputs, causal=causal, errors=errors)
    _warn(of, results)
    return results


def _warn(of: Handle, results: list[Result]) -> None:
    warn_of_words(of.expr, (t for r in results for t in r.input), only_characters=True)


def run(of: Handle, input: Any, *, causal: bool = False, errors: Errors = "raise") -> Result:
    """Run a sop or a selector on one input. Raises InputError, EvaluationError."""
    batch = Batch.of([input], single=True)
    values = run_short(of.expr, batch.inputs[0], causal=causal) if errors in ("raise", "keep") else None
    if values is not None:
        return Result(values, of, batch.inputs[0], causal=causal)
    return _run(of, batch, causal=causal, errors=errors)[0]


def run_batch(of: Handle, inputs: Iterable[Any], *, causal: bool = False, errors: Errors = "raise") -> list[Result]:
    """Run a sop or a selector on many inputs together. Raises InputError, EvaluationError (which names the input)."""
    return _run(of, Batch.of(inputs), causal=causal, errors=errors, numbered=True)


def run_columns(
    of: Handle, batch: Batch, root: Expr, given: Mapping[Expr, Column], *, causal: bool, errors: Errors
) -> list[Result]:
    """Run a sop on a batch as the program `root`, of which the columns of some parts are given."""
    results = _run(SOp(root), batch, causal=causal, errors=errors, given=given)
    return [Result(list(r), of, r.input, causal=causal) for r in results]


def run_batch_exact(of: Handle, inputs: Iterable[Any], *, causal: bool = False) -> list[list[Value]]:
    """The values of a sop on many inputs, ratios as `Fraction`, and a Failure where there is none."""
    state = Run(Batch.of(inputs), causal=causal, log=FailureLog(), given={})
    return _lists(state, of.expr, state.column(of.expr), exact=True)


def _run(
    of: Handle,
    batch: Batch,
    *,
    causal: bool,
    errors: Errors,
    numbered: bool = False,
    given: Mapping[Expr, Column] | None = None,
) -> list[Result]:
    if errors not in ("raise", "keep"):
        raise BuildError(f'errors is "raise" or "keep", not {constant(errors)}', value=errors)
    state = Run(batch, causal=causal, log=FailureLog(), given=given or {})
    if of.expr.selector:
        rows = _matrices(state, of.expr, state.columns([of.expr]))
    else:
        rows = _lists(state, of.expr, state.column(of.expr))
    if errors == "raise":
        for i, values in enumerate(rows):
            _raise_first(values, batch, i, of.expr, numbered=numbered)
    return [Result(v, of, x, causal=causal) for v, x in zip(rows, batch.inputs, strict=True)]


def trace(of: Handle, input: Any, *, causal: bool = False) -> Trace:
    """Run a sop or a selector on one input and record every intermediate value; failures stay in place."""
    batch = Batch.of([input], single=True)
    state = Run(batch, causal=causal, log=FailureLog())
    env = state.columns([of.expr])
    values = {}
    for expr in of.expr.walk():
        values[expr] = _matrices(state, expr, env)[0] if expr.selector else _lists(state, expr, env[expr])[0]
    return Trace(of, batch.inputs[0], values, causal=causal)


def _raise_first(values: list[Any], batch: Batch, number: int, root: Expr, *, numbered: bool) -> None:
    for row in values:
        for value in row if root.selector else (row,):
            if isinstance(value, Failure):
                raise evaluation_error(value, batch.inputs[number], root, number if numbered else None)


def _lists(state: Run, expr: Expr, column: Column, *, exact: bool = False) -> list[list[Any]]:
    """A column as one list of Python values for each input, ratios as floats unless `exact`, failures in place."""
    values = _leaving(expr, column, state, _itself if exact else leave)
    ends = np.cumsum(state.batch.lengths).tolist()
    return [values[end - n : end] for end, n in zip(ends, state.batch.lengths.tolist(), strict=True)]


def _itself(v: Value) -> Value:
    return v


def _leaving(expr: Expr, column: Column, state: Run, leave: Callable[[Value], Value]) -> list[Any]:
    if column.table is not None:
        table: list[Any] = []
        for v in column.table:
            try:
                table.append(leave(v))
            except OverflowError:
                table.append(Failure(expr, (v,), "the ratio is too large for a float"))
        values = [table[c] for c in column.data.tolist()]
        if any(isinstance(v, Failure) for v in table):
            values = [_placed(v, state, i) if isinstance(v, Failure) else v for i, v in enumerate(values)]
    else:
        values = column.data.tolist()
    if column.failed is not None:
        for i in np.flatnonzero(column.failed.mask).tolist():
            values[i] = _placed(state.log.entries[column.failed.id[i]], state, int(column.failed.origin[i]))
    return values


def _placed(failure: Failure, state: Run, flat: int) -> Failure:
    return Failure(failure.expression, failure.values, failure.reason, state.batch.locate(flat)[1])


def _matrices(state: Run, selector: Expr, env: dict[Expr, Column]) -> list[list[list[Any]]]:
    """A selector as one n x n list of rows for each input, failures in place."""
    batch = state.batch
    matrix: Matrix = state.matrix(selector, env)
    rows: list[list[list[Any]]] = [[] for _ in batch.inputs]
    for block in blocks(batch, np.arange(len(batch.inputs))):
        selected, failed = matrix.cells(block)
        for b in range(block.keys.shape[1]):
            here = selected[:, :, b].T.tolist()
            if failed is not None:
                for r, j in np.argwhere(failed[:, :, b].T).tolist():
                    cell = matrix.cell(int(block.keys[j, b]), int(block.queries[r, b]))
                    assert isinstance(cell, tuple)
                    here[r][j] = _placed(state.log.entries[cell[0]], state, cell[1])
            rows[int(batch.owner[block.keys[0, b]])] += here
    return rows
