"""Keys, queries, and the selectors that comparing them makes."""

from __future__ import annotations

from typing import Any, ClassVar, NoReturn

import numpy as np

from ..errors import BuildError
from . import ports
from .arguments import checked_options
from .expr import TRUE, Expr, Op, node
from .handle import AGGREGATING, Handle, constant_or_raw
from .sop import SOp, as_expr, checked_name
from .text import constant


class _Side(Handle):
    """A key or a query: a sop to be compared with one of the other kind."""

    __slots__ = ()
    other: ClassVar[str]
    attribute_hints: ClassVar[dict[str, str]] = dict.fromkeys(
        AGGREGATING,
        "Compare a key with a query first: (key(x) == query(y)).value(z).",
    ) | dict.fromkeys(("map", "has", "at", "shift", "round"), "Compute on the sop inside: key(x.map(f)).")

    @checked_options
    def __call__(self, input: Any, *, causal: bool = False, errors: ports.Errors = "raise") -> Any:
        """The values to be compared, on one input."""
        return ports.run(SOp(self.expr), input, causal=causal, errors=errors)

    input = __call__

    def __repr__(self) -> str:
        return ports.show(self)

    @property
    def formula(self) -> str:
        return f"{self.word}({super().formula})"

    def _compare(self, op: Op, other: object) -> Selector:
        if isinstance(self, Key) and isinstance(other, Query):
            return Selector(node(Op.COMPARE, self.expr, other.expr, arg=op))
        if isinstance(self, Query) and isinstance(other, Key):
            return Selector(node(Op.COMPARE, other.expr, self.expr, arg=op.mirrored))
        if type(other) is type(self):
            what, remedy = f"a {self.word} is compared with a {self.word}", f"One of them must be a {self.other}"
        elif isinstance(other, Handle):
            what, remedy = f"a {self.word} is compared with a {other.word}", f"Wrap it: {self.other}(...)"
        else:
            shown = constant(other)
            what, remedy = f"a {self.word} is compared with {shown}", f"Wrap it: {self.other}({shown})"
        right = other.formula if isinstance(other, Handle) else constant(other)
        raise BuildError(
            f"{what}: {self.formula} {op.symbol} {right}\n  {remedy}; a selector is key(x) {op.symbol} query(y).",
            expression=self,
            value=None if isinstance(other, Handle) else other,
        )

    def __eq__(self, other: object) -> Selector:  # type: ignore[override]
        return self._compare(Op.EQ, other)

    def __ne__(self, other: object) -> Selector:  # type: ignore[override]
        return self._compare(Op.NE, other)

    def __lt__(self, other: object) -> Selector:
        return self._compare(Op.LT, other)

    def __le__(self, other: object) -> Selector:
        return self._compare(Op.LE, other)

    def __gt__(self, other: object) -> Selector:
        return self._compare(Op.GT, other)

    def __ge__(self, other: object) -> Selector:
        return self._compare(Op.GE, other)

    __hash__ = Handle.__hash__

    def _no_logic(self, *_: object) -> NoReturn:
        self._refuse(
            f"& | ^ ~ combine selectors, and this is a {self.word}",
            "& binds tighter than a comparison: put parentheses, (key(a) == query(b)) & (key(c) == query(d)).",
        )

    __and__ = __rand__ = __or__ = __ror__ = __xor__ = __rxor__ = __invert__ = _no_logic

    def _no_arithmetic(self, *_: object) -> NoReturn:
        self._refuse(f"a {self.word} has no arithmetic", f"Compute first: {self.word}(x + 1), not {self.word}(x) + 1.")

    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = _no_arithmetic
    __floordiv__ = __rfloordiv__ = __mod__ = __rmod__ = __pow__ = __rpow__ = _no_arithmetic
    __neg__ = __abs__ = __round__ = _no_arithmetic


class Key(_Side):
    """The value that each position offers; compare it with a `query`."""

    __slots__ = ()
    word = "key"
    other = "query"


class Query(_Side):
    """The value that each position asks for; compare it with a `key`."""

    __slots__ = ()
    word = "query"
    other = "key"


class Selector(Handle):
    """An n x n Boolean matrix: row i says which positions j position i attends to.

    >>> from hardwire import indices, key, query, tokens
    >>> before = key(indices) < query(indices)
    >>> before("abc")
    [[False, False, False], [True, False, False], [True, True, False]]
    >>> (before & (key(tokens) == query(tokens))).width()("banana")
    [0, 0, 0, 1, 1, 2]
    """

    __slots__ = ()
    word: ClassVar[str] = "selector"
    attribute_hints: ClassVar[dict[str, str]] = dict.fromkeys(
        ("map", "has", "round", "at", "shift", "of", "int", "str", "bool", "batch", "trace"),
        "Aggregate it into a sop first: selector.value(x), or .width() for how many it selects.",
    ) | {
        "sum": "The sum of the selected values is .value(x).",
        **dict.fromkeys(("count", "len", "length", "size"), "How many positions are selected is .width()."),
        **dict.fromkeys(("average", "avg"), "The mean of the selected values is .mean(x)."),
        **dict.fromkeys(("argmax", "argmin"), "The position of the greatest x is .max(x, of=indices); .min for least."),
        "aggregate": "Write .value(x, default), or aggregate(selector, x, default).",
        "get": "The one selected value is .one(x).",
    }

    @checked_options
    def __call__(self, input: Any, *, causal: bool = False, errors: ports.Errors = "raise") -> Any:
        """The matrix on one input, a list of rows; row i belongs to query i, column j to key j."""
        return ports.run(self, input, causal=causal, errors=errors)

    input = __call__

    def __repr__(self) -> str:
        return ports.show(self)

    def __and__(self, other: object) -> Selector:
        return _combine(Op.AND, self, other)

    def __or__(self, other: object) -> Selector:
        return _combine(Op.OR, self, other)

    def __xor__(self, other: object) -> Selector:
        return _combine(Op.XOR, self, other)

    def __rand__(self, other: object) -> Selector:
        return _combine(Op.AND, other, self)

    def __ror__(self, other: object) -> Selector:
        return _combine(Op.OR, other, self)

    def __rxor__(self, other: object) -> Selector:
        return _combine(Op.XOR, other, self)

    def __invert__(self) -> Selector:
        return Selector(node(Op.NOT, self.expr))

    def _no_comparison(self, other: object) -> NoReturn:
        self._refuse(
            "a selector is compared",
            "Put parentheses around each comparison, (key(a) == query(b)) & (key(c) == query(d)); "
            "compare the selected values: selector.value(x) == y.",
        )

    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = _no_comparison
    __hash__ = Handle.__hash__

    def _no_arithmetic(self, *_: object) -> NoReturn:
        self._refuse("a selector has no arithmetic", "Aggregate it into a sop first: selector.value(x) + 1.")

    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = _no_arithmetic
    __floordiv__ = __rfloordiv__ = __mod__ = __rmod__ = __pow__ = __rpow__ = _no_arithmetic
    __neg__ = __abs__ = __round__ = _no_arithmetic

    # Aggregates. With K the selected positions: K empty gives the default, one gives x there.

    def value(self, x: object, default: object = 0) -> SOp:
        """The sum of the selected numbers, bools counting 0 and 1.

        A single selected value may be of any type and is returned as it is, except that a bool counts as 0 or 1. Where
        nothing is selected the result is the default.

        >>> from hardwire import full, indices, tokens
        >>> full.value(indices)("abcd"), full.value(tokens == "a")("a")
        ([6, 6, 6, 6], [1])
        """
        return self._aggregate("value", Op.VALUE, (x,), default)

    def one(self, x: object, default: object = 0) -> SOp:
        """The selected value, of any type; fails where several are selected (they may be equal or not)."""
        return self._aggregate("one", Op.ONE, (x,), default)

    def mean(self, x: object, default: object = 0) -> SOp:
        """The mean of the selected numbers, bools counting 0 and 1: an exact quotient where no float is among them.

        A single selected value may be of any type and is returned as it is, except that a bool counts as 0 or 1.

        >>> from hardwire import before, indices
        >>> before.mean(indices)("abcd")
        [0, 0, 0.5, 1.0]
        """
        return self._aggregate("mean", Op.MEAN, (x,), default)

    def count_distinct(self, x: object, default: object = 0) -> SOp:
        """The number of different values of x at the selected positions. Equal values count once: 1, 1.0 and True do.

        >>> from hardwire import before, tokens
        >>> before.count_distinct(tokens)("banana")
        [0, 1, 2, 3, 3, 3]
        """
        return self._aggregate("count_distinct", Op.COUNT_DISTINCT, (x,), default)

    def max(self, x: object, default: object = 0, *, of: object = None) -> SOp:
        """The greatest selected value, leftmost of equals; with `of=y`, the y where x is greatest.

        >>> from hardwire import full, same_token, tokens
        >>> full.max(same_token.width(), of=tokens)("banana")
        ['a', 'a', 'a', 'a', 'a', 'a']
        """
        return self._aggregate("max", Op.MAX, (x, x if of is None else of), default)

    def min(self, x: object, default: object = 0, *, of: object = None) -> SOp:
        """The least selected value, leftmost of equals; with `of=y`, the y where x is least."""
        return self._aggregate("min", Op.MIN, (x, x if of is None else of), default)

    def first(self, x: object, default: object = 0) -> SOp:
        """x at the least selected position."""
        return self._aggregate("first", Op.MIN, (SOp(node(Op.INDICES)), x), default)

    def last(self, x: object, default: object = 0) -> SOp:
        """x at the greatest selected position."""
        return self._aggregate("last", Op.MAX, (SOp(node(Op.INDICES)), x), default)

    def width(self) -> SOp:
        """How many positions are selected."""
        return SOp(node(Op.WIDTH, self.expr))

    def any(self, x: object = True) -> SOp:
        """Whether x is true (as Python reads it) at some selected position.

        >>> from hardwire import before, tokens
        >>> before.any(tokens == "l")("hello")
        [False, False, False, True, True]
        """
        return (self if x is True else self & _truth(x, wanted=True)).width() > 0

    def all(self, x: object) -> SOp:
        """Whether x is true (as Python reads it) at every selected position."""
        return (self & _truth(x, wanted=False)).width() == 0

    def _aggregate(self, method: str, op: Op, of: tuple[object, ...], default: object) -> SOp:
        src = tuple(as_expr(x, f"`.{method}`") for x in (*of, default))
        return SOp(node(op, self.expr, *src))

    def name(self, name: Any) -> Selector:
        """The same selector with a name, shown in pictures and traces."""
        return Selector(node(Op.NAME, self.expr, arg=checked_name(name)))


def _truth(x: object, *, wanted: bool) -> Selector:
    expr = as_expr(x, "`.any`" if wanted else "`.all`")
    if expr.op is not Op.CONST:
        expr = SOp(expr).bool().expr
    else:
        expr = node(Op.CONST, arg=bool(expr.arg))
    return Selector(node(Op.COMPARE, expr, node(Op.CONST, arg=wanted), arg=Op.EQ))


def _combine(op: Op, a: object, b: object) -> Selector:
    return Selector(node(op, _selector_expr(op, a), _selector_expr(op, b)))


def _selector_expr(op: Op, x: object) -> Expr:
    """Return the expression of the other operand of & | ^ with a selector. Raises BuildError for an invalid operand."""
    if isinstance(x, Selector):
        return x.expr
    if isinstance(x, (bool, np.bool_)):
        return node(Op.COMPARE, TRUE, node(Op.CONST, arg=bool(x)), arg=Op.EQ)
    if isinstance(x, _Side):
        x._no_logic()
    shown = x.formula if isinstance(x, SOp) else constant(x)
    raise BuildError(
        f"a selector is combined by `{op.symbol}` with {shown}, which is not a selector\n"
        "  Write key(x) == query(True) to select the positions where a sop x is true, "
        "or put parentheses around each comparison.",
        expression=x if isinstance(x, Handle) else None,
        value=None if isinstance(x, Handle) else x,
    )


def side_expr(x: object, wanted: type[Key] | type[Query]) -> Expr:
    """Return the expression of a sop given as a key or query. Raises BuildError for the other kind, or a selector."""
    if isinstance(x, wanted):
        return x.expr
    if isinstance(x, SOp):
        return x.expr
    if isinstance(x, Handle):
        raise BuildError(
            f"{wanted.word}(...) takes a sop, not the {x.word} {x.formula}\n  Write {wanted.word}(x) for a sop x.",
            expression=x,
        )
    return constant_or_raw(x, f"{wanted.word}(...)")
