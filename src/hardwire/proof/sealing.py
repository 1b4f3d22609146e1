"""The last step of every proof: its certificate is bound to the model and the program that were proved."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

from ..lang.sop import SOp
from ..lang.text import formula
from ..model.certificate import Certificate, Margin
from ..model.transformer import Transformer

WIDEST = 400
"""How much of a program a certificate shows, in characters; models show as much."""


BOUND_DIGITS = 7
"""The significant digits of the bounds in a certificate."""


def sealed(found: Certificate, model: Transformer, program: Any, given: Any) -> Certificate:
    """Return the certificate, bound to this model and to this program under this condition.

    Its bounds are rounded up, so that a proof has the same certificate on every machine: the last bits of a bound
    depend on the order in which the machine adds up.
    """
    margins = tuple(_rounded(m) for m in found.margins)
    bound = rounded_up(found.bound)
    return replace(found, margins=margins, bound=bound, program=_text(program, model)).sealed(
        model.digest, (program, given)
    )


def _rounded(m: Margin) -> Margin:
    """A margin with a bound of few digits, which stays within its limit."""
    limit = float(f"{m.limit:.{BOUND_DIGITS - 1}e}") if math.isfinite(m.limit) else m.limit
    error = rounded_up(m.error)
    return replace(m, error=min(error, limit) if m.error <= m.limit else error, limit=limit)


def rounded_up(x: float) -> float:
    """The least number of `BOUND_DIGITS` digits that is above x (1 + 1e-9); 0 for 0.

    The factor keeps exact bounds, such as 0.25, clear of the place where rounding changes.

    >>> rounded_up(0.123456789), rounded_up(0.25), rounded_up(0.25 * (1 + 1e-15))
    (0.1234568, 0.2500001, 0.2500001)
    """
    if not x:
        return 0.0
    x *= 1 + 1e-9
    exponent = math.floor(math.log10(x)) - BOUND_DIGITS + 1
    found = float(f"{x:.{BOUND_DIGITS - 1}e}")
    return found if found >= x else float(f"{found + 10.0**exponent:.{BOUND_DIGITS - 1}e}")


def _text(program: Any, model: Transformer) -> str:
    """The program for people; a function has its name, that of a model made by hand the model's own."""
    if isinstance(program, SOp):
        return formula(program.expr, WIDEST)
    if model.reference is not None and program is model.reference.answers:
        return model.program
    return str(getattr(program, "__name__", type(program).__name__))
