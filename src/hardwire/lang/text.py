"""Expressions as a line of Python."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from weakref import WeakKeyDictionary

from .cut import cut, short
from .expr import Expr, Op

LIMIT = 76
"""The longest formula printed, in characters."""

ATOM = 10
"""Binds more tightly than every operator."""


def formula(expr: Expr, limit: int = LIMIT, names: Mapping[Expr, str] | None = None) -> str:
    """The formula of expr on one line of at most `limit` characters; parts too deep to show are `…`.

    A named part is shown by its name alone; `names` are further names.
    """
    if names:
        return FormulaWriter(limit, names).line(expr)
    written = _written.setdefault(expr, {})
    if limit not in written:
        written[limit] = FormulaWriter(limit, {}).line(expr)
    return written[limit]


_written: WeakKeyDictionary[Expr, dict[int, str]] = WeakKeyDictionary()
"""The text of an expression at each limit, for as long as the expression lives: compiler and proof name the same parts
again and again."""


def _short(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: max(1, limit - 1)] + "…"


class FormulaWriter:
    """Writes formulas: each node once for each depth, without writing more than fits."""

    def __init__(self, limit: int, names: Mapping[Expr, str]) -> None:
        self.limit = limit
        self.names = names
        self.memo: dict[tuple[Expr, int], tuple[str, int]] = {}

    def line(self, expr: Expr) -> str:
        """One line of at most `limit` characters."""
        if (expr.op.transparent and expr.arg is not None) or expr in self.names:
            return _short(self.names.get(expr, str(expr.arg)), self.limit)
        shallowest = self.write(expr, 1)[0]  # no deeper text is shorter
        for depth in (12, 8, 6, 5, 4, 3, 2) if len(shallowest) <= self.limit else ():
            text = self.write(expr, depth)[0]
            if len(text) <= self.limit:
                return text
        return cut(shallowest, self.limit)

    def write(self, expr: Expr, depth: int) -> tuple[str, int]:
        """(text, how tightly its outermost operator binds)"""
        key = (expr, depth)
        if key not in self.memo:
            text, binds = self._write(expr, depth)
            self.memo[key] = (text[: 2 * self.limit], binds)
        return self.memo[key]

    def _write(self, expr: Expr, depth: int) -> tuple[str, int]:
        op, src = expr.op, expr.src
        if expr in self.names:
            return self.names[expr], ATOM
        if op is Op.TOKENS or op is Op.INDICES:
            return op.symbol, ATOM
        if op is Op.CONST:
            return constant(expr.arg), ATOM
        if op is Op.RAW:
            return f"raw({short(list(expr.arg), 24)})", ATOM
        if op.transparent:
            return (str(expr.arg), ATOM) if expr.arg is not None else self._write(src[0], depth)
        if depth == 0:
            return "…", ATOM
        if op.binds is not None and len(src) == 1:
            return op.symbol + self._inside(src[0], depth, op.binds), op.binds
        if op.binds is not None:
            return self._binary(op, src, depth, op.binds)
        if op is Op.COMPARE:
            return self._selector(expr, depth)
        return self._call(expr, depth), ATOM

    def _inside(self, expr: Expr, depth: int, binds: int) -> str:
        text, inner = self.write(expr, depth - 1)
        return text if inner >= binds else f"({text})"

    def _binary(self, op: Op, src: tuple[Expr, ...], depth: int, binds: int) -> tuple[str, int]:
        # Comparisons chain in Python and a power binds to the right: parentheses on both sides there.
        left = self._inside(src[0], depth, binds + (op.comparison or op is Op.POW))
        right = self._inside(src[1], depth, binds + 1)
        return f"{left} {op.symbol} {right}", binds

    def _selector(self, expr: Expr, depth: int) -> tuple[str, int]:
        keys, queries = (self.write(s, depth - 1)[0] for s in expr.src)
        if isinstance(expr.arg, Op):
            return f"key({keys}) {expr.arg.symbol} query({queries})", expr.arg.binds or ATOM
        return f"select({keys}, {queries}, {expr.arg.label})", ATOM

    def _call(self, expr: Expr, depth: int) -> str:
        op, src = expr.op, expr.src
        if op is Op.ABS or op is Op.WHERE:
            return f"{op.symbol}({self._list(src, depth)})"
        if op is Op.MAP and len(src) != 1:
            return f"SOp.zip({expr.arg.label}{''.join(', ' + self.write(s, depth - 1)[0] for s in src)})"
        subject = self._inside(src[0], depth, ATOM)
        if op is Op.MAP:
            return f"{subject}.map({expr.arg.label})"
        if op is Op.ROUND:
            return f"{subject}.round({'' if expr.arg is None else expr.arg})"
        if op is Op.HAS:
            return f"{subject}.has({_members(expr.arg)})"
        return f"{subject}.{self._aggregate(expr, depth)}"

    def _aggregate(self, expr: Expr, depth: int) -> str:
        name, rest = aggregate_name(expr), list(expr.src[1:])
        apart = False  # whether the score is another sop than the value, and no position
        if expr.op.scored:
            score, of, default = rest
            apart = name == expr.op.symbol and of is not score
            rest = rest if apart else [of, default]
        if rest and rest[-1].op is Op.CONST and type(rest[-1].arg) is int and rest[-1].arg == 0:
            rest.pop()
        if apart:
            score_text, *others = (self.write(s, depth - 1)[0] for s in rest)
            tail = "".join(f", {extra}" for extra in others[1:])
            return f"{name}({score_text}, of={others[0]}{tail})"
        return f"{name}({self._list(tuple(rest), depth)})"

    def _list(self, src: tuple[Expr, ...], depth: int) -> str:
        return ", ".join(self.write(s, depth - 1)[0] for s in src)


def aggregate_name(expr: Expr) -> str:
    """The method that makes an aggregate: value, one, mean, max, min, first, last, width."""
    if expr.op.scored and expr.source("score").op is Op.INDICES and expr.source("x").op is not Op.INDICES:
        return "last" if expr.op.best > 0 else "first"
    return expr.op.symbol


def constant(value: Any, limit: int = 24) -> str:
    """A value as a literal, shortened; never raises. Numbers that are too long are rounded."""
    try:
        if type(value) is int and value.bit_length() > 256:
            return f"<int of {value.bit_length()} bits>"
        return cut(value.formula, limit) if getattr(type(value), "is_hardwire_handle", False) else short(value, limit)
    except Exception:
        return f"<{type(value).__name__}>"


def _members(members: tuple[Any, ...]) -> str:
    if members and all(type(m) is str and len(m) == 1 for m in members):
        return short("".join(members), 24)
    return short(list(members), 24)
