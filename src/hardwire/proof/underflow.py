"""Products that are too small to be normal numbers: a machine may round them to anything up to the smallest one."""

from __future__ import annotations

import numpy as np

from ..model.slots import EMBEDDING
from ..numeric.floats import Floats
from ..numeric.grids import nonzero
from ..run.failure import Bools
from .affine import AffineForm
from .decomposition import Decomposition
from .evidence import Setting
from .states import StateSpace

SMALL = 2.0**-100
"""The products of a sum above this do not all underflow."""


def underflow(
    setting: Setting, decomposed: Decomposition, space: StateSpace, units: Floats, form: AffineForm
) -> Floats | None:
    """(forms,) the error of products of a sum that underflow; None where none does.

    A coordinate is a multiple of its unit, (d_model,). Where that is not known (0), an inexact form may have any
    product; in an exact one products are small only if their sum is.
    """
    tiny, used = setting.format.tiny, decomposed.weights != 0
    least = np.abs(decomposed.weights).min(initial=np.inf, where=used)
    if not decomposed.parts and units.min(initial=np.inf) * least >= tiny:
        return None  # the common case, decided quickly
    unit = np.where(_faint(setting, decomposed, space), 0.0, units[:, None])
    known = (unit * np.abs(decomposed.weights) < tiny) & used & (unit > 0)
    unknown = used & (unit == 0)
    if np.count_nonzero(unknown):
        near = (np.abs(form.value) < SMALL) & (form.value != 0)
        unknown &= form.inexact(parts=True) | nonzero(near)
    count = np.count_nonzero(known | unknown, axis=0)
    return tiny * count if np.count_nonzero(count) else None


def _faint(setting: Setting, decomposed: Decomposition, space: StateSpace) -> Bools:
    """(d_model, 1 or forms) the coordinates of proved parts whose products may be too small for normal numbers. The
    least number is known of a part without error that is stored in one coordinate."""
    found, evidence = np.zeros((len(decomposed.weights), 1), bool), setting.evidence
    later = setting.weights.last_write[decomposed.slot] > EMBEDDING.index
    for p, share in decomposed.parts:
        used = np.logical_or.reduce([q.vector != 0 for q in evidence.stored(p)]) & later
        faint = share != 0
        if not evidence.errors[p.expr] and used.sum() == 1 and space.fallback_error(p.expr) is None:
            numbers = np.abs(space.encoded(p.expr))
            least = np.where(numbers > 0, numbers, np.inf).min(initial=np.inf)
            faint &= least * np.abs(share) < 2 * setting.format.tiny
        if faint.any():
            found = found | (used[:, None] & faint)
    return found
