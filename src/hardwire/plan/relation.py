"""Any relation of finite encodings as a score: its truth table."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..analysis import Facts
from ..analysis.domain import TOO_LARGE
from ..constructions import attention as at
from ..constructions.form import ZERO, Floats
from ..errors import CompileError
from ..lang.expr import Expr, Op
from ..lang.selector import Selector
from ..lang.selectors import Literal, comparisons, parts
from ..lang.text import formula
from ..run.cells import CellBlock, Comparison, Matrix
from ..run.column import Column
from ..run.failure import Bools, FailureLog, Ints
from .need import Need
from .planning import Planning
from .restored import features

MOST_CLASSES = 400
"""The most dimensions that a head may have for one relation."""
MOST_SHARED = 160
"""The same where both sides are computed and keys share the weight: with more it takes long, and has no proof."""
MOST_ROUNDED = 2.0**8
"""A bound of what the rounding of fractions may add to a score over all rows. Above it there is no proof."""
MOST_ENTRIES = 2_000_000
"""The most numbers that one relation may put into the embedding of positions."""
MOST_PAIRS = 4_000_000
"""The most cells of a truth table."""
MOST_CALLS = 400_000
"""The same where a user's function is called for each."""


@dataclass(frozen=True, eq=False)
class TruthTable:
    """A truth table: `selected` (queries, keys) over every combination of the sops on either side."""

    keys: dict[Expr, Column]
    queries: dict[Expr, Column]
    selected: Bools

    @cached_property
    def classes(self) -> tuple[Ints, bool]:
        """(the class of each query, or of each key, whether they are those of keys), whichever are fewer."""
        row_of, column_of = _kinds(self.selected), _kinds(self.selected.T)
        by_key = bool(column_of.max() <= row_of.max())
        return column_of if by_key else row_of, by_key

    @cached_property
    def factors(self) -> tuple[list[Floats], list[Floats]]:
        """(the members of each class, the penalties of the other side), for classes that do not select everything."""
        class_of, by_key = self.classes
        rows = self.selected.T if by_key else self.selected
        members = [class_of == one for one in range(int(class_of.max()) + 1)]
        each = [(member.astype(np.float64), rows[member.argmax()] - 1.0) for member in members]
        some = [(member, penalty) for member, penalty in each if penalty.any()]
        return [member for member, _ in some], [penalty for _, penalty in some]


def table(p: Planning, c: Literal, need: Need) -> at.Score:
    """A relation as indicators of one side's classes times penalties of the other's. Raises CompileError."""
    known = p.codes.known.relations
    if c not in known:
        known[c] = table_of(c, p.facts)
    relation: TruthTable | None = known[c]
    if relation is None:
        raise _too_large(p, c, MOST_CLASSES)
    # A failed cell is one the model need not get right.
    if not relation.selected.size:
        return at.query_bit(ZERO, p.bias, need.unit)
    (class_of, by_key), most = relation.classes, _most(p, relation, need)
    if class_of.max() >= most:
        raise _too_large(p, c, most)
    members, penalties = relation.factors
    inner = features(p, relation.keys if by_key else relation.queries, members, need)
    outer = features(p, relation.queries if by_key else relation.keys, penalties, need)
    return at.table(list(zip(outer, inner, strict=True) if by_key else zip(inner, outer, strict=True)), need.unit)


def _kinds(rows: Bools) -> Ints:
    """(rows,) the number of each row among the different ones, in their order."""
    packed = np.ascontiguousarray(np.packbits(rows, axis=1))
    found: Ints = np.unique(packed.view(f"S{packed.shape[1]}"), return_inverse=True)[1].ravel()
    return found


def _most(p: Planning, relation: TruthTable, need: Need) -> int:
    """The most different rows of a relation."""
    most, sides = min(MOST_CLASSES, MOST_ENTRIES // p.facts.max_len), (relation.keys, relation.queries)
    if any(p.codes.embedded(x) for side in sides for x in side):
        return most
    gap = min(np.diff(np.unique(p.codes.filled(x))).min(initial=1.0) for side in sides for x in side.values())
    if p.provable and gap < 1.0:  # steps of numbers so close are rounded by as much more
        most = min(most, int(MOST_ROUNDED * gap / (need.unit * p.stream.format.unit)))
    return min(most, MOST_SHARED) if need.shared else most


def _too_large(p: Planning, c: Literal, most: int) -> CompileError:
    sides = [x for a in parts(c.atom) if a.op is Op.COMPARE for x in a.src if p.facts.basis(x)]
    what = ", ".join(f"{formula(x, 40)}: {p.facts.domain(x)}" for x in dict.fromkeys(sides))
    return CompileError(
        f"{formula(c.atom)} is too large for one head: it compares {what}, and "
        f"{most} different rows are the most at this max_len.\n"
        "  A smaller max_len, or codes with fewer values, would help.",
        expression=Selector(c.atom),
    )


def table_of(literal: Literal, facts: Facts) -> TruthTable | None:
    """Which keys each query selects, over all their values; None where they are too many."""
    selector = literal.atom
    atoms = comparisons(selector, from_right=True)  # the order of the sides is that of the codes in the weights
    keys = _side(list(dict.fromkeys(a.src[0] for a in atoms)), facts)
    queries = _side(list(dict.fromkeys(a.src[1] for a in atoms)), facts)
    if keys is None or queries is None:
        return None
    k, q = (len(next(iter(side.values()))) for side in (keys, queries))
    slow = any(not isinstance(a.arg, Op) for a in atoms)
    if k * q > (MOST_CALLS if slow else MOST_PAIRS):
        return None
    log = FailureLog()
    compared = {a: Comparison(a, keys[a.src[0]], queries[a.src[1]], log) for a in atoms}
    matrix = Matrix(parts(selector), compared, causal=False)
    selected, failed = matrix.cells(CellBlock(np.arange(k)[:, None], np.arange(q)[:, None], 0))
    chosen = selected if not literal.negated else ~selected & (True if failed is None else ~failed)
    return TruthTable(keys, queries, np.ascontiguousarray(chosen[:, :, 0].T))


def _side(sops: list[Expr], facts: Facts) -> dict[Expr, Column] | None:
    """Every combination of the values that sops can have at one position."""
    variables = list(dict.fromkeys(v for x in sops for v in facts.variables(x)))
    if facts.domains.combinations(variables) > TOO_LARGE:
        variables = sops
        if facts.domains.combinations(variables) > TOO_LARGE:
            return None
    mesh = facts.mesh(variables)
    return facts.domains.rows({x: facts.evaluate(x, mesh) for x in sops})
