"""A read-out by votes: an `and` or `or` whose operands have output columns of their own.

For an `and`, every column for False belongs to an operand: it stays below the column for True while that operand is
true, and every operand has a column that rises above it where the operand is false. So an operand that decides wins,
whatever the others are. For an `or`, True and False are exchanged.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ..errors import CertificateError
from ..lang.expr import Expr, unnamed
from ..lang.selectors import operands
from ..model.certificate import Margin
from ..numeric.floats import Floats
from ..run.failure import Bools
from .decomposition import Decomposition, decompose
from .evaluate import evaluate
from .evidence import Setting
from .states import values_in


@dataclass(frozen=True, eq=False)
class _Rise:
    """A column of an operand, in the operand's states: its lead, the error of that, and where the operand decides."""

    lead: Floats
    error: Floats
    decides: Bools


@dataclass(frozen=True, eq=False)
class _Columns:
    """Columns relative to the other one, (d_model, columns), and what both read and round twice (`shared`)."""

    leads: Decomposition
    shared: Floats
    deciding: bool


def prove_votes(root: Expr, setting: Setting) -> Margin:
    """Show it, and return the narrowest margin. Raises CertificateError."""
    outputs, unembed, parts = setting.weights.model.outputs, setting.weights.unembed, operands(unnamed(root))
    assert outputs is not None
    deciding = bool(unnamed(root).op.deciding)
    other = [i for i, v in enumerate(outputs) if v == (not deciding)]
    voting = [i for i, v in enumerate(outputs) if v == deciding]
    if len(other) != 1 or len(other) + len(voting) != len(outputs):
        raise CertificateError(f"{setting.named(root)}: there are other outputs than one for each operand")
    leads = unembed[:, voting] - unembed[:, other]
    shared = np.abs(unembed[:, voting]) + np.abs(unembed[:, other]) - np.abs(leads)
    worst = Margin(setting.weights.model.depth, setting.named(root), "greatest logit", 0.0, float("inf"))
    rises: dict[Expr, list[_Rise]] = {p: [] for p in parts}
    by_variables: dict[frozenset[Expr], list[int]] = {}
    for i, variables in enumerate(decompose(setting, leads, setting.weights.last).deciding()):
        by_variables.setdefault(variables, []).append(i)
    for some in by_variables.values():
        decomposed = decompose(setting, leads[:, some], setting.weights.last)
        columns = _Columns(decomposed, shared[:, some], deciding=deciding)
        left = list(range(len(some)))
        for p in parts:
            found, left, worst = _of_operand(p, columns, left, worst, setting)
            rises[p] += found
        if left:
            raise CertificateError(f"{setting.named(root)}: an output for {deciding} belongs to no operand")
    for p in parts:
        if not rises[p]:
            raise CertificateError(f"{setting.named(p, 60)} has no output of its own", expression=p)
        best = np.max([rise.lead - rise.error for rise in rises[p]], axis=0)
        if not (best[rises[p][0].decides] > 0).all():
            raise CertificateError(f"{setting.named(p, 60)} does not decide the answer where it should", expression=p)
    return worst


def _of_operand(
    p: Expr, columns: _Columns, left: list[int], worst: Margin, setting: Setting
) -> tuple[list[_Rise], list[int], Margin]:
    """(those columns among `left` that stay below while the operand does not decide, the rest, the narrowest margin)"""
    fmt, decomposed, variables = setting.format, columns.leads, setting.spaces.variables(p)
    if not left or (decomposed.variables and not decomposed.variables <= variables):
        return [], left, worst
    space = setting.space(decomposed.variables, variables)
    form, truth = evaluate(setting, decomposed, space, summed=False), values_in(p, setting.facts, space)
    decides = np.array([bool(v) is columns.deciding for v in truth.values()])
    size, many = form.size + form.error + setting.largest(setting.weights.last) @ columns.shared, len(columns.shared)
    error = form.error + fmt.gamma(many) * size + 2 * fmt.tiny * many
    quiet = truth.ok() & ~decides
    found, rest = [], []
    for c in left:
        value, off = form.value[quiet, c], error[quiet, c]
        if not (value + off < 0).all():
            rest.append(c)
            continue
        found.append(_Rise(form.value[:, c], error[:, c], truth.ok() & decides))
        if quiet.any():
            at = int((off / -value).argmax())
            worst = worst.narrower(replace(worst, error=float(off[at]), limit=float(-value[at])))
    return found, rest, worst
