"""Writing expressions as RASP programs, where RASP can express them."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from functools import cache
from typing import Any

from ..errors import BuildError, RaspError
from ..lang.expr import INDICES, TOKENS, Expr, Op, counts_bools, unnamed, walk
from ..lang.handle import Handle
from ..lang.ops import COMPARISONS, ResultKind
from ..lang.origin import Origin, as_sop
from ..lang.selector import Selector
from ..lang.selectors import EVERYWHERE, conditions, sides
from ..lang.sop import SOp
from ..lang.surface import full, length
from ..lang.text import constant, formula
from .library import library_scope
from .operators import is_boolean
from .reader import read
from .scope import LEAVES, RESERVED
from .strings import sign_of

SHORT = 72
"""Longer expressions get a statement and a name of their own."""

RESERVED_ELSEWHERE = {
    "average", "contains", "count", "has_focus", "load_from_location", "mark_first_instance", "mark_last_instance",
    "max", "min", "select_from_first", "select_from_last", "select_next_identical", "shift", "sort",
}  # fmt: skip
"""Names that a program cannot define in the original; they are avoided, so that a written program loads there too."""

# The binding strength of expressions, as in grammar.lark.
IN, IF, LOGICAL, COMPARED, SUM, REMAINDER, PRODUCT, POWER, UNARY, ATOM = range(10)
BINDS = {
    Op.ADD: SUM, Op.SUB: SUM, Op.MUL: PRODUCT, Op.DIV: PRODUCT, Op.MOD: REMAINDER, Op.POW: POWER,
    **{op: COMPARED for op in COMPARISONS if op is not Op.NE}, Op.AND: LOGICAL, Op.OR: LOGICAL,
}  # fmt: skip
SIGNS = {Op.POW: "^", Op.AND: "and", Op.OR: "or"}
OF_TOKENS = {str: "tokens_str", int: "tokens_int", float: "tokens_float", bool: "tokens_bool"}

BoundText = tuple[str, int]
"""A text and its binding strength."""


class Unwritable(Exception):
    """RASP cannot express an expression; the message says why."""


def dumps(x: SOp | Selector | Origin, name: str | None = None) -> str:
    """Return x as the text of a RASP program, whose last statement defines it, as `name` or under its own name.

    Loaded again, it has the same value at every position where x has one (and may have one where x fails). A sum is
    written as the mean times the width, which is the same for ints and quotients and may differ in the last digit for
    floats. RASP has no Python functions, no values except numbers, strings and bools, and no greatest or least over
    positions that differ by query (except the first and last of those before or after it): for these RaspError is
    raised, with every such expression.

    >>> from hardwire import indices, key, query, rasp, same_token, tokens
    >>> print(rasp.dumps((same_token.width() > 1).name("repeated")))
    same_token = select(tokens_asis, tokens_asis, ==);
    repeated = selector_width(same_token) > 1;
    """
    x = as_sop(x)
    if not isinstance(x, (SOp, Selector)):
        shown = x.formula if isinstance(x, Handle) else constant(x)
        raise BuildError(f"dumps takes a sop or a selector, not {shown}", value=x)
    return _RaspWriter(x.expr, name).text()


def written_sources(e: Expr) -> tuple[Expr, ...]:
    """Return the sources of e that are written."""
    return e.src[1].src if e.op is Op.WHERE and sign_of(e) is not None else e.src


def _written(root: Expr) -> list[Expr]:
    """Return every expression that is written, operands first."""
    wanted = {root}
    order = list(walk(root))
    for e in reversed(order):
        if e in wanted:
            wanted.update(written_sources(e))
    return [e for e in order if e in wanted]


class _Statements:
    """The statements written so far, the names they take, and the piece of text that stands for each expression."""

    def __init__(self, root: Expr, name: str | None) -> None:
        self.root = root
        self.statements: list[str] = []
        self.taken = {*RESERVED, *RESERVED_ELSEWHERE, "tokens"}
        self.done: dict[Expr, BoundText] = {}
        self.uses: dict[Expr, int] = {}
        self.to_be_named: set[Expr] = set()
        self.order = _written(root)
        for e in self.order:
            for s in written_sources(e):
                self.uses[s] = self.uses.get(s, 0) + 1
                if e.op is Op.NAME:
                    self.to_be_named.add(s)
        own = str(root.arg) if root.op is Op.NAME else "program"
        self.last = self._name(name or own, given=name is not None)

    def _name(self, wanted: str, *, given: bool = False) -> str:
        """Return a free name, as similar as possible to the wanted one."""
        name = re.sub(r"\W+", "_", wanted, flags=re.ASCII).strip("_") or "x"
        if name[0].isdigit():
            name = f"x{name}"
        if given and name != wanted:
            raise BuildError(f"{wanted!r} is not a valid name in RASP", value=wanted)
        free, k = name, 2
        while free in self.taken or not _is_name(free):
            free, k = f"{name}_{k}", k + 1
        self.taken.add(free)
        return free

    def _settled(self, e: Expr, piece: BoundText) -> BoundText:
        """Return the piece, or the name of a statement that defines it."""
        if e is self.root or _is_constant(e):
            return piece
        simple = re.fullmatch(r"\w+", piece[0]) is not None
        if e.op is Op.NAME and not (simple and piece[0] in self.taken):
            return self._stated(piece, self._name(str(e.arg)))
        if not simple and (self.uses[e] > 1 or (len(piece[0]) > SHORT and e not in self.to_be_named)):
            return self._stated(piece)
        return piece

    def _stated(self, piece: BoundText, name: str | None = None) -> BoundText:
        if name is None:
            k = len(self.statements) + 1
            while f"_{k}" in self.taken:
                k += 1
            name = f"_{k}"
            self.taken.add(name)
        self.statements.append(f"{name} = {piece[0]};")
        return name, ATOM

    def _ref(self, e: Expr) -> str:
        """Return e as a name or an atom, which can be written several times."""
        piece = self.done[e]
        if re.fullmatch(r'\w+|"[^"]*"', piece[0]) is None and not _is_constant(e):
            piece = self.done[e] = self._stated(piece)
        return self._in(piece, ATOM)

    # Pieces.

    def _in(self, piece: BoundText, binds: int) -> str:
        return piece[0] if piece[1] >= binds else f"({piece[0]})"

    def _of(self, e: Expr, binds: int = IN) -> str:
        return self._in(self.done[e], binds)

    def _lifted(self, e: Expr) -> BoundText:
        """Return a constant as an s-op, so that expressions of it are s-ops too."""
        text = self._of(e, LOGICAL)
        return f"{text} if indices >= 0 else {text}", IF


class _RaspWriter(_Statements):
    """Writes one program: a statement for each expression that is named, used twice or long; others are inlined."""

    def text(self) -> str:
        """Return the program. Raises RaspError."""
        refused: list[str] = []
        failed: set[Expr] = set()
        first: Expr | None = None
        for e in self.order:
            if any(s in failed for s in written_sources(e)):
                failed.add(e)
                continue
            try:
                self.done[e] = self._settled(e, self._write(e))
            except Unwritable as error:
                refused.append(f"  {formula(e, 60)}: {error}")
                failed.add(e)
                first = first or e
        if first is not None:
            handle: Any = Selector(first) if first.selector else SOp(first)
            raise RaspError("\n".join(["RASP cannot express this:", *refused]), expression=handle)
        piece = self.done[self.root]
        if not self.root.selector and _is_constant(self.root):
            piece = self._lifted(self.root)
        self.statements.append(f"{self.last} = {piece[0]};")
        return "\n".join(self.statements)

    def _write(self, e: Expr) -> BoundText:
        op = e.op
        known = _known().get(e)
        if known is not None:
            return known, ATOM
        if op is Op.CONST:
            return literal(e.arg)
        if op is Op.RAW:
            return f"[{', '.join(literal(v)[0] for v in e.arg)}][indices]", ATOM
        if op.transparent:
            return self.done[e.src[0]]
        if op is Op.COMPARE:
            return self._select(e)
        if e.selector:
            return self._combined(e)
        if op.aggregate and op not in _AGGREGATE:
            raise Unwritable(f"RASP has nothing like .{op.symbol}")
        return _AGGREGATE[op](self, e) if op.aggregate else self._elementwise(e)

    def _elementwise(self, e: Expr) -> BoundText:
        before = self.done
        sources, sign = written_sources(e), sign_of(e)
        # An expression of constants only is not an s-op in RASP, nor is a choice by one.
        if all(map(_is_constant, sources[:1] if e.op is Op.WHERE and sign is None else sources)):
            self.done = {**before, sources[0]: self._stated(self._lifted(sources[0]))}
        try:
            if sign is not None:
                return self._binary(sign, sources, PRODUCT if sign == "*" else REMAINDER)
            if e.op in BINDS:
                return self._binary(SIGNS.get(e.op, e.op.symbol), e.src, BINDS[e.op])
            return _WRITE[e.op](self, e)
        finally:
            self.done = before

    def _binary(self, sign: str, src: tuple[Expr, ...], binds: int) -> BoundText:
        a, b = src
        mixed = (
            binds == LOGICAL and unnamed(a).op.joins
        )  # a or b and c is valid without brackets, but clearer with them
        return f"{self._of(a, binds + mixed)} {sign} {self._of(b, binds + 1)}", binds

    def _not(self, e: Expr) -> BoundText:
        return f"not {self._of(e.src[0], UNARY)}", UNARY

    def _different(self, e: Expr) -> BoundText:
        """Write != or ^, which is the same on False, True, 0 and 1."""
        return f"not ({self._binary('==', e.src, COMPARED)[0]})", UNARY

    def _negative(self, e: Expr) -> BoundText:
        return f"-{self._of(e.src[0], UNARY)}", UNARY

    def _abs(self, e: Expr) -> BoundText:
        x = self._ref(e.src[0])
        return f"{x} if {x} >= 0 else -{x}", IF

    def _round(self, e: Expr) -> BoundText:
        if e.arg is not None:
            raise Unwritable("round has no number of digits in RASP")
        return f"round({self._of(e.src[0])})", ATOM

    def _has(self, e: Expr) -> BoundText:
        return f"{self._of(e.src[0], IN)} in [{', '.join(literal(v)[0] for v in e.arg)}]", IN

    def _floor(self, e: Expr) -> BoundText:
        a, b = map(self._ref, e.src)
        return f"round(({a} - {a} % {b}) / {b})", ATOM

    def _where(self, e: Expr) -> BoundText:
        condition, a, b = e.src
        return f"{self._of(a, LOGICAL)} if {self._of(condition)} else {self._of(b, LOGICAL)}", IF

    def _map(self, e: Expr) -> BoundText:
        table = getattr(e.arg, "table", None)
        if table is not None and len(e.src) == 1:
            items = ", ".join(f"{literal(k)[0]}: {literal(v)[0]}" for k, v in table.items())
            return f"{{{items}}}[{self._of(e.src[0])}]", ATOM
        original = getattr(e.arg, "original", None)
        if original in OF_TOKENS and unnamed(e.src[0]).op is Op.TOKENS:
            return OF_TOKENS[original], ATOM
        if original is bool and is_boolean(e.src[0]):
            return self.done[e.src[0]]
        if original is bool:
            return f"{self._of(e.src[0], COMPARED)} and True", LOGICAL
        raise Unwritable(f"{e.arg.label} is a Python function; a dict can be written")

    # Selectors.

    def _select(self, e: Expr) -> BoundText:
        if not isinstance(e.arg, Op):
            raise Unwritable(f"{e.arg.label} is a Python function; select takes == != < <= > >=")
        keys, queries = (self._of(s) for s in e.src)
        return f"select({keys}, {queries}, {e.arg.symbol})", ATOM

    def _combined(self, e: Expr) -> BoundText:
        if e.op is Op.NOT:
            return self._not(e)
        if e.op is Op.XOR:
            a, b = map(self._ref, e.src)
            return f"({a} and not {b}) or ({b} and not {a})", LOGICAL
        return self._binary(SIGNS[e.op], e.src, LOGICAL)

    # Aggregates.

    def _width(self, e: Expr) -> BoundText:
        return f"selector_width({self._of(e.src[0])})", ATOM

    def _mean(self, e: Expr) -> BoundText:
        selector, x, default = e.src
        return self._with_default(self._of(selector), self._added(e, self._of(x)), default)

    @staticmethod
    def _added(e: Expr, x: str) -> str:
        """Return the text of the summands of an aggregate: as numbers, since RASP keeps one selected bool as it is."""
        if not (counts_bools(e) and is_boolean(e.src[1])):
            return x
        constant = unnamed(e.src[1])
        return str(int(constant.arg)) if constant.op is Op.CONST else f"indicator({x})"

    def _with_default(self, selector: str, x: str, default: Expr) -> BoundText:
        """Write an aggregate; a default that is not a constant becomes a choice by the selector's width."""
        if not _is_constant(default):
            return f"aggregate({selector}, {x}) if selector_width({selector}) > 0 else {self._of(default, LOGICAL)}", IF
        value = unnamed(default).arg
        tail = "" if type(value) is int and value == 0 else f", {self._of(default)}"
        return f"aggregate({selector}, {x}{tail})", ATOM

    def _sum(self, e: Expr) -> BoundText:
        selector, x, default = e.src
        if _at_most_one(selector):
            return self._mean(e)
        s, text = self._ref(selector), self._added(e, self._ref(x))
        total = f"aggregate({s}, {text}) * selector_width({s})"
        if _is_number(x) and unnamed(default).op is Op.CONST and unnamed(default).arg == 0:
            return total, PRODUCT
        few = self._in(self._with_default(s, text, default), LOGICAL)
        return f"{few} if selector_width({s}) <= 1 else {total}", IF

    def _best(self, e: Expr) -> BoundText:
        """Write the greatest or least over positions that are the same for every query: the one with no better one."""
        selector, score, x, default = e.src
        nearest = self._nearest(e) if unnamed(score).op is Op.INDICES else None
        if nearest is not None:
            return self._with_default(nearest, self._of(x), default)
        if any(c.op is Op.COMPARE and not _is_constant(c.src[1]) for c in selector.walk()):
            word = "greatest" if e.op.best > 0 else "least"
            raise Unwritable(f"the {word} can only be over positions that are the same for every query")
        s, by = self._ref(selector), self._ref(score)
        above = ">" if e.op.best > 0 else "<"
        better = f"select({by}, {by}, {above}) or (select({by}, {by}, ==) and select(indices, indices, <))"
        rank = self._stated((f"selector_width({s} and ({better}))", ATOM))[0]
        best = self._stated((f"{s} and select({rank}, 0, ==)", LOGICAL))[0]
        return self._with_default(best, self._of(x), default)

    def _nearest(self, e: Expr) -> str | None:
        """Write the first or last selected position before or after each position by counting, or return None.

        The positions of each class (with equal compared values, or that meet a condition) are numbered from one end;
        the first has number 1, and the number of the last one before a position is their count.
        """
        selector, last = e.src[0], e.op.best > 0
        every = conditions(selector)
        orders = [c for c in every if _is_order(c)]
        others = [c for c in every if not _is_order(c) and c is not EVERYWHERE]
        if len(orders) > 1 or not all(map(_alike, others)):
            return None
        from_front = orders[0].arg in (Op.LT, Op.LE) if orders else not last
        s = self._ref(selector)
        numbered = [f"select(indices, indices, {'<=' if from_front else '>='})"]
        numbered += [self._of(c, LOGICAL) for c in others]
        number = self._stated((f"selector_width({' and '.join(numbered)})", ATOM))[0]
        wanted = f"selector_width({s})" if orders and from_front == last else "1"
        return self._stated((f"{s} and select({number}, {wanted}, ==)", LOGICAL))[0]


def _is_order(c: Expr) -> bool:
    return c.op is Op.COMPARE and isinstance(c.arg, Op) and c.arg.order and sides(c) == (INDICES, INDICES)


def _alike(c: Expr) -> bool:
    """Whether a comparison divides the positions into classes, or selects the same positions for every query."""
    if c.op is not Op.COMPARE:
        return False
    return _is_constant(c.src[1]) or (c.arg is Op.EQ and sides(c)[0] is sides(c)[1])


@cache
def _known() -> dict[Expr, str]:
    """Return the expressions that have a name in the language or its library."""
    return {
        TOKENS: "tokens_asis",
        INDICES: "indices",
        length.expr: "length",
        length.expr.src[0]: "length",
        full.expr: "full_s",
        full.expr.src[0]: "full_s",
        **{x.expr: name for name, x in LEAVES.items() if isinstance(x, SOp)},
        library_scope().get("tokens").expr: "tokens",
        library_scope().get("full_s").expr: "full_s",
    }


_Write = Callable[[_RaspWriter, Expr], BoundText]
_AGGREGATE: dict[Op, _Write] = {
    Op.WIDTH: _RaspWriter._width, Op.MEAN: _RaspWriter._mean, Op.ONE: _RaspWriter._mean, Op.VALUE: _RaspWriter._sum,
    Op.MAX: _RaspWriter._best, Op.MIN: _RaspWriter._best,
}  # fmt: skip
_WRITE: dict[Op, _Write] = {
    Op.NEG: _RaspWriter._negative, Op.NOT: _RaspWriter._not, Op.ABS: _RaspWriter._abs, Op.ROUND: _RaspWriter._round,
    Op.NE: _RaspWriter._different, Op.XOR: _RaspWriter._different, Op.HAS: _RaspWriter._has,
    Op.FLOORDIV: _RaspWriter._floor, Op.WHERE: _RaspWriter._where, Op.MAP: _RaspWriter._map,
}  # fmt: skip


def _is_constant(e: Expr) -> bool:
    return not e.selector and unnamed(e).op is Op.CONST


def _is_number(e: Expr) -> bool:
    """Whether all values of a sop are certainly numbers."""
    e = unnamed(e)
    if e.op is Op.CONST:
        return isinstance(e.arg, (int, float, Fraction))
    if e.op is Op.WHERE:
        return all(map(_is_number, e.src[1:]))
    if e.op is Op.ADD:
        return any(map(_is_number, e.src))
    return e.op.result in (ResultKind.NUMBER, ResultKind.BOOL)


def _at_most_one(selector: Expr) -> bool:
    s = unnamed(selector)
    if s.op is Op.AND:
        return any(map(_at_most_one, s.src))
    return s.op is Op.COMPARE and s.arg is Op.EQ and sides(s)[0] is INDICES


def _is_name(name: str) -> bool:
    """Whether the grammar reads it as a name, not as a word of the language."""
    try:
        return bool(read(f"{name} = 1;").children)
    except RaspError:
        return False


def literal(x: Any) -> BoundText:
    """Return a value as a RASP literal. Raises Unwritable."""
    if isinstance(x, bool):
        return str(x), ATOM
    if isinstance(x, int):
        return (str(x), ATOM) if x >= 0 else (f"-{-x}", UNARY)
    if isinstance(x, Fraction):
        top = literal(x.numerator)[0]
        return f"{top} / {x.denominator}", PRODUCT
    if isinstance(x, float) and x - x == 0:
        text = format(Decimal(repr(x)), "f")
        text = text if "." in text else f"{text}.0"
        return (text, ATOM) if not text.startswith("-") else (text, UNARY)
    if isinstance(x, str) and not set('"\r\n') & set(x):
        return f'"{x}"', ATOM
    raise Unwritable(f"{constant(x)} has no literal in RASP")
