"""What the keys and queries of a head are in the program: small formulas of what the page knows at every position.

A formula is a nested list: ["tokens"], ["indices"], ["const", value], ["reading", i] for the i-th reading of the
circuit, and ["op", symbol, formula, ...]. It is shown only where every part of it is one of these; of other heads the
page shows the tokens as keys and queries.
"""

from __future__ import annotations

from typing import Any

from ..draw.selector import corner
from ..lang.expr import Expr, Op, unnamed
from ..lang.selectors import comparisons
from ..lang.sop import SOp
from ..lang.text import formula
from ..model.codec import NotStorable, pack_value
from ..model.transformer import Transformer
from ..run.trace import step_names
from .shapes import Json

MOST_PAIRS = 2
"""The number of pairs of keys and queries that are shown at a head."""
COMPUTED = {
    Op.NEG, Op.ADD, Op.SUB, Op.MUL, Op.FLOORDIV, Op.MOD, Op.EQ, Op.NE, Op.LT, Op.LE, Op.GT, Op.GE, Op.NOT, Op.AND,
    Op.OR, Op.WHERE,
}  # fmt: skip
"""The operations that the page computes."""


def selections(model: Transformer, sop: SOp | None) -> list[list[Json | None]]:
    """Return for each head, by layer, what it compares; None where that is not known."""
    found: list[list[Json | None]] = [[None] * len(layer.heads) for layer in model.layers]
    if sop is None:
        return found
    aggregates = _aggregates(sop.expr)
    for h in model.circuit.heads:
        e = next((aggregates[name] for name in (h.expression, *h.writes) if name in aggregates), None)
        found[h.layer - 1][h.head] = None if e is None else _selection(e, h.layer, model)
    return found


def _aggregates(root: Expr) -> dict[str, Expr]:
    """The aggregates of a program, by their names and formulas as circuits write them."""
    names = step_names(root)
    found: dict[str, Expr] = {}
    for e in root.walk():
        inner = unnamed(e)
        if inner.op.aggregate:
            for text in (names.get(e), formula(e), formula(e, 40), formula(e, 100)):
                if text is not None:
                    found.setdefault(text, inner)
    return found


def _selection(e: Expr, layer: int, model: Transformer) -> Json | None:
    compared = comparisons(e.src[0])
    pairs = list(dict.fromkeys(c.src for c in compared))
    if not 0 < len(pairs) <= MOST_PAIRS:
        return None
    known = {r.expression: i for i, r in enumerate(model.circuit.readings) if r.layer < layer}
    known |= {r.name: i for i, r in enumerate(model.circuit.readings) if r.layer < layer}
    sides = [[_strip(word, pair[i], known) for pair in pairs] for i, word in enumerate(("key", "query"))]
    if any(strip is None for strips in sides for strip in strips):
        return None
    return {"keys": sides[0], "queries": sides[1], "says": _says(e.src[0], compared, pairs)}


def _says(selector: Expr, compared: list[Expr], pairs: list[tuple[Expr, ...]]) -> list[list[str]]:
    """Return the selector as a text in pieces, each with its kind: key, query, or "" for what is between them."""
    shown = corner(selector, compared, len(pairs))
    if shown.formula:
        return [["", formula(selector, 200)]]
    pieces: list[list[str]] = []
    for (key, query), sign in zip(pairs, shown.signs, strict=True):
        pieces += [["", f" {shown.operator} "]] if pieces else []
        pieces += [["key", f"key({formula(key, 60)})"], ["", f" {sign} "], ["query", f"query({formula(query, 60)})"]]
    return pieces


def _strip(word: str, e: Expr, known: dict[str, int]) -> Json | None:
    tree = _tree(e, known)
    return None if tree is None else {"name": f"{word}({formula(e, 60)})", "tree": tree}


def _tree(e: Expr, known: dict[str, int]) -> list[Any] | None:
    if e.op is Op.TOKENS:
        return ["tokens"]
    if e.op is Op.INDICES:
        return ["indices"]
    if e.op is Op.CONST:
        try:
            return ["const", pack_value(e.arg)]
        except NotStorable:
            return None
    if formula(e) in known:
        return ["reading", known[formula(e)]]
    if e.op.transparent:
        return _tree(e.src[0], known)
    if e.op not in COMPUTED:
        return None
    parts = [_tree(s, known) for s in e.src]
    return None if any(p is None for p in parts) else ["op", "neg" if e.op is Op.NEG else e.op.symbol, *parts]
