"""Any relation of finite encodings as a score: its truth table."""

from __future__ import annotations

import numpy as np

from ..constructions import attention as at
from ..constructions.form import ZERO, Floats
from ..errors import CompileError
from ..lang.expr import Op
from ..lang.selector import Selector
from ..lang.selectors import Literal, parts
from ..lang.text import formula
from .need import Need
from .planning import Planning
from .relations import table_of
from .restored import features

MOST_CLASSES = 400
"""The most dimensions that a head may have for one relation."""
MOST_ENTRIES = 2_000_000
"""The most numbers that one relation may put into the embedding of positions."""


def table(p: Planning, c: Literal, need: Need) -> at.Score:
    """A relation as indicators of one side's classes times penalties of the other's. Raises CompileError."""
    relation = table_of(c, p.facts)
    if relation is None:
        raise _too_large(p, c)
    # A failed cell is one the model need not get right.
    selected = relation.selected.astype(np.float64)
    if not selected.size:
        return at.query_bit(ZERO, p.bias, need.unit)
    _, row_of = np.unique(selected, axis=0, return_inverse=True)
    _, column_of = np.unique(selected, axis=1, return_inverse=True)
    row_of, column_of = row_of.ravel(), column_of.ravel()
    by_key = column_of.max() <= row_of.max()
    class_of, rows = (column_of, selected.T) if by_key else (row_of, selected)
    classes = int(class_of.max()) + 1
    if classes > MOST_CLASSES or classes * p.facts.max_len > MOST_ENTRIES:
        raise _too_large(p, c)
    members: list[Floats] = []
    penalties: list[Floats] = []
    for one in range(classes):
        member = class_of == one
        penalty = rows[np.flatnonzero(member)[0]] - 1.0
        if penalty.any():
            members.append(member.astype(np.float64))
            penalties.append(penalty)
    inner = features(p, relation.keys if by_key else relation.queries, members, need)
    outer = features(p, relation.queries if by_key else relation.keys, penalties, need)
    return at.table(list(zip(outer, inner, strict=True) if by_key else zip(inner, outer, strict=True)), need.unit)


def _too_large(p: Planning, c: Literal) -> CompileError:
    sides = [x for a in parts(c.atom) if a.op is Op.COMPARE for x in a.src if p.facts.basis(x)]
    what = ", ".join(f"{formula(x, 40)}: {p.facts.domain(x)}" for x in dict.fromkeys(sides))
    return CompileError(
        f"{formula(c.atom)} is too large for one head: it compares {what}, and "
        f"{min(MOST_CLASSES, MOST_ENTRIES // p.facts.max_len)} different rows are the most at this max_len.\n"
        "  A smaller max_len, or codes with fewer values, would help.",
        expression=Selector(c.atom),
    )
