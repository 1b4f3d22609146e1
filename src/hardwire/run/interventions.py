"""Interventions on a program: named parts whose values are given, wherever they are used, in place of computed ones."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from ..errors import BuildError, InputError, UnknownNameError
from ..lang.expr import Expr, Op, again, node, rebuilt
from ..lang.handle import Handle
from ..lang.ports import Errors
from ..lang.text import constant
from ..lang.values import Value
from .batch import Batch, read_input
from .column import Column, column
from .trace import step_names

Values = Mapping[str, Any]
"""By name, one value for each token of an input."""


def named_sop(root: Expr, name: str) -> Expr:
    """The sop of a program that has a name. Raises UnknownNameError and BuildError."""
    named = {n: e for e, n in step_names(root).items()}
    if not isinstance(name, str) or name not in named:
        known = [n for n, e in named.items() if not e.selector]
        raise UnknownNameError("part named", str(name), known, "" if known else "x.name('a') names a part.")
    if named[name].selector:
        raise BuildError(f"{name} is a selector: it has a matrix of truth values, and no value for each token")
    return named[name]


def with_kept(root: Expr, names: Collection[str]) -> dict[Expr, Expr]:
    """What every part of a program becomes if the sops of these names are kept.

    The value of a kept part may be set to any of its values at any position, whatever the others are; so nothing that
    is concluded from how it is computed may be used where it is read.
    """
    wanted = {e: name for e, name in step_names(root).items() if name in names}

    def change(e: Expr, src: tuple[Expr, ...]) -> Expr:
        if e not in wanted:
            return again(e, src)
        bare = (s.src[0] if s.op is Op.KEPT and s.arg is None else s for s in src)  # stored once, by its name
        return node(Op.KEPT, *bare, arg=wanted[e])

    return rebuilt(root, change)


def with_values(root: Expr, batch: Batch, given: Sequence[Values]) -> tuple[Expr, dict[Expr, Column]]:
    """(a program with some of its named parts kept, the column of each).

    `given`: the values for each input of the batch, of the same names for all. Raises InputError, UnknownNameError and
    BuildError.
    """
    if not all(isinstance(each, Mapping) for each in given):
        raise InputError("`set` takes a dict from names to values, one for each token", value=given)
    names = tuple(given[0]) if given else ()
    if any(tuple(each) != names for each in given):
        raise BuildError("all inputs of a batch have values for the same names")
    parts = {name: named_sop(root, name) for name in names}
    kept = with_kept(root, names)
    columns: dict[Expr, Column] = {}
    for name, part in parts.items():
        rows: list[Value] = []
        for each, n in zip(given, batch.lengths.tolist(), strict=True):
            rows += read_values(name, each[name], n)
        columns[kept[part]] = column(rows)
    return kept[root], columns


def read_values(name: str, values: Any, n: int) -> list[Value]:
    """The values that a part is set to on an input of n tokens. Raises InputError."""
    try:
        found = list(read_input(values))
    except InputError as error:
        at = "" if error.position is None else f" at position {error.position}"
        raise InputError(
            f"`{name}` is set to one value for each token, in a list or a string, not to {constant(values)}{at}",
            position=error.position,
            value=values,
        ) from None
    if len(found) != n:
        raise InputError(f"`{name}` is set to one value for each token, {n} in all, not to {len(found)}", value=values)
    return found


def run_set(of: Handle, input: Any, given: Values | None, *, causal: bool = False, errors: Errors = "raise") -> Any:
    """Run a sop on one input with some named parts set. Raises the errors of `run` and of `with_values`."""
    from . import run, run_columns

    if not given:
        return run(of, input, causal=causal, errors=errors)
    batch = Batch.of([input], single=True)
    return run_columns(of, batch, *with_values(of.expr, batch, [given]), causal=causal, errors=errors)[0]


def run_batch_set(
    of: Handle, inputs: Iterable[Any], given: Sequence[Values], *, causal: bool = False, errors: Errors = "keep"
) -> list[Any]:
    """The same for many inputs, with the values for each."""
    from . import run_columns

    batch = Batch.of(inputs)
    return run_columns(of, batch, *with_values(of.expr, batch, given), causal=causal, errors=errors)
