"""Look-ups: the value at one key, which outweighs all others; the greatest and the least, the first and the last."""

from __future__ import annotations

import math
from contextlib import suppress
from dataclasses import dataclass

import numpy as np

from ..errors import CertificateError
from ..lang.expr import INDICES, Op, counts_bools, unnamed
from ..lang.selectors import conditions
from ..lang.values import Value, exact
from ..run.failure import Bools
from .gaps import score_gap
from .heads import FAR, HeadClaim, HeadPart, NotCloseError, OutputValues, ShownHeads
from .pairing import portions
from .selection import SelectorTruth, variables_of
from .states import StateSpace, Variable, distinct_values

LEAD = 32.0
"""The score by which selected keys lead in the look-ups that the compiler makes."""
WORTH_SELECTING = 0.05
"""Where values may have an error above this, keys that no query selects are left out."""


def show(case: HeadClaim) -> ShownHeads:
    """Show that one key outweighs all others. Raises CertificateError."""
    part = sole_writer(case)
    values = _values(case, part)
    if not values.error < WORTH_SELECTING:
        with suppress(CertificateError):  # of keys together with their positions there may be too many states
            values = _values(case, part, selected=True)
    gap = score_gap(case)
    if not gap.least > 0:
        kind = NotCloseError if gap.least < -FAR * LEAD else CertificateError
        raise kind(
            f"an unselected key may outscore the selected one: the score gap is {gap.least:.3g} in the worst case, and "
            "must be above 0"
        )
    error = values.error
    if gap.unsure:
        error = max(error, case.default_error)
    fmt, n = case.format, case.max_len
    leakage = gap.leakage(n)
    # The weights and the weighted values are added up. An addition is off by no more than its smaller summand: leakage,
    # unless equal keys share the weight.
    summed = 2 * float(fmt.gamma(n + 1)) if gap.shares else min(float(fmt.gamma(n + 1)), leakage)
    copied = not gap.shares and leakage < fmt.unit / 16 and _copies(case, part, values)
    rounding = 0.0 if copied else (8 * fmt.unit + summed) * values.outputs.largest
    error += 2 * leakage * values.outputs.span + rounding
    margins = (case.margin("look-up", leakage),)
    return ShownHeads(error + case.background.error, margins, values.variable, unbounded=gap.unbounded)


def _copies(case: HeadClaim, part: HeadPart, values: _KeyValues) -> bool:
    """Whether nothing is rounded where leakage is below a quarter of the unit roundoff, by which float64's is too large
    here (`proof_format`).

    The selected key's weight is w = exp(0), which a machine may compute as 1 or a number next to it, and the sum of all
    weights rounds to w in any order. Its value is 0, or a power of two of the greatest size v: then w * v is exact, the
    sum of all weighted values rounds to it, and divided by w it is v. Or else only leakage is added up. Then
    W_O multiplies by a power of two.
    """
    used = np.flatnonzero(case.claim.vector)
    sizes = np.unique(np.abs(values.outputs.value[values.outputs.value != 0])).tolist()
    factors = [*part.mix.tolist(), *case.claim.vector[used].tolist(), *sizes]
    single = len(part.mix) == 1 and len(used) == 1 and len(sizes) <= 1
    return single and not values.outputs.error.any() and all(abs(math.frexp(x)[0]) == 0.5 for x in factors)


def sole_writer(case: HeadClaim) -> HeadPart:
    """The one head that writes the value. Raises CertificateError where something else does too."""
    if case.background.at_query is not None:
        raise CertificateError("its value is written by more than its head, and a look-up is proved of one head")
    return case.only_part()


@dataclass(frozen=True, eq=False)
class _KeyValues:
    """The values of keys: their greatest error, the outputs of the head, and the values and fallbacks of the look-up as
    a variable."""

    error: float
    outputs: OutputValues
    variable: Variable


def _values(case: HeadClaim, part: HeadPart, *, selected: bool = False) -> _KeyValues:
    """The values of all keys; with `selected`, which takes longer, the error is that of keys that may be selected."""
    e, x = case.expr, case.expr.src[-2]
    outputs, space = case.outputs(part, case.setting.variables(x), case.keys if selected else frozenset())
    column = case.values(x, space)
    default = (unnamed(e.src[-1]).arg,) if case.least == 0 else ()
    found: list[Value] = list(distinct_values(column))
    if counts_bools(e):
        found = [int(v) if type(v) is bool else v for v in found]
    values = tuple({exact(v): v for v in (*found, *default)}.values())
    places = _places(case, values, default) if unnamed(x) is INDICES else None
    target = case.encoding.targets(column) - case.background.constant
    error, none = np.abs(outputs.value - target) + outputs.error, np.isnan(target)
    fallback, fallback_error = np.zeros(0), 0.0
    if none.any():
        fallback = np.unique(outputs.value[none] + case.background.constant)
        fallback_error = float(outputs.error[none].max())
        error = np.where(none, 0.0, error)
    if selected:
        error = error[_selectable(case, space)]
    variable = Variable(case.encoding, values, places, tuple(fallback.tolist()), fallback_error)
    return _KeyValues(float(error.max(initial=0.0)), outputs, variable)


def _selectable(case: HeadClaim, keys: StateSpace) -> Bools:
    """(states,) keys that each condition of the selector alone may select."""
    setting, all_keys = case.setting, np.arange(keys.size)
    found = np.ones(keys.size, bool)
    for e in conditions(case.selector):
        queries = setting.space(variables_of(e, setting)[1])
        truth, met = SelectorTruth(e, setting.facts, keys, queries), np.zeros(keys.size, bool)
        for rows in portions(np.arange(queries.size), keys.size, setting.limits):
            met |= truth.of(all_keys, rows)[0].any(axis=0)
        found &= met
    return found


def _places(case: HeadClaim, values: tuple[Value, ...], default: tuple[Value, ...]) -> Bools | None:
    """(values, positions) whether a query at a position can find the position that is the value, as far as conditions
    on positions tell; None where every query can find every position."""
    facts, spaces, n = case.setting.facts, case.setting.spaces, case.max_len
    space = spaces.of({INDICES})
    rows = np.arange(space.size)
    allowed = np.ones((space.size, space.size), bool)  # (queries, keys)
    for e in conditions(case.selector):
        if e.op is Op.COMPARE and all(spaces.variables(s) <= {INDICES} for s in e.src):
            selected, failed = SelectorTruth(e, facts, space, space).of(rows, rows)
            allowed &= selected | failed
    positions = space.columns[INDICES].data
    if facts.causal:
        allowed &= positions[:, None] >= positions
    if case.expr.op.scored and unnamed(case.expr.src[1]) is INDICES and facts.selections.itself(case.selector):
        none_behind = positions[:, None] >= positions  # it selects itself
        allowed &= none_behind if case.expr.op.best < 0 else none_behind.T
    by_query = np.zeros((n, n), bool)
    by_query[positions[:, None], positions] = allowed.T
    if by_query.all():
        return None
    return np.array([np.ones(n, bool) if v in default else by_query[int(v)] for v in values])


def hull(case: HeadClaim) -> tuple[float, float]:
    """Between which numbers the output lies on any input: a mean of values, and of 0 for BOS, lies between them.
    Raises CertificateError where several heads contribute."""
    part, offset = case.only_part(), case.background.constant
    outputs, _ = case.outputs(part)
    rounded = 2 * float(case.format.gamma(case.max_len + 8)) * outputs.largest
    return outputs.low - rounded + offset, outputs.high + rounded + offset
