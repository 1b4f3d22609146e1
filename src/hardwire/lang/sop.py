"""SOp: a sequence operation, which maps an input of n tokens to n results."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn

import numpy as np

from ..errors import BuildError
from . import ports
from .arguments import checked_options
from .expr import Expr, Op, node, substitute
from .function import Function, Table
from .handle import AGGREGATING, Handle, constant_or_raw
from .text import constant, formula
from .values import NotAValue, exact, freeze, is_number

if TYPE_CHECKING:
    from .origin import Origin


class _Conversions(Handle):
    """`.int()`, `.str()` and `.bool()`, not in SOp because there their names would hide Python's types."""

    __slots__ = ()

    def int(self) -> SOp:
        """Python's int of each value: a digit string becomes its number."""
        return SOp(node(Op.MAP, self.expr, arg=Function(int)))

    def str(self) -> SOp:
        """Python's str of each value."""
        return SOp(node(Op.MAP, self.expr, arg=Function(str)))

    def bool(self) -> SOp:
        """The truth of each value, as Python reads it."""
        return SOp(node(Op.MAP, self.expr, arg=Function(bool)))


class _Operators(Handle):
    """The operators of a sop: arithmetic, comparisons and logic, at each position."""

    __slots__ = ()

    # Elementwise arithmetic, on numbers (`+` also joins two strings or two tuples).

    def __add__(self, other: object) -> SOp:
        return _binary(Op.ADD, self, other)

    def __radd__(self, other: object) -> SOp:
        return _binary(Op.ADD, other, self)

    def __sub__(self, other: object) -> SOp:
        return _binary(Op.SUB, self, other)

    def __rsub__(self, other: object) -> SOp:
        return _binary(Op.SUB, other, self)

    def __mul__(self, other: object) -> SOp:
        return _binary(Op.MUL, self, other)

    def __rmul__(self, other: object) -> SOp:
        return _binary(Op.MUL, other, self)

    def __truediv__(self, other: object) -> SOp:
        return _binary(Op.DIV, self, other)

    def __rtruediv__(self, other: object) -> SOp:
        return _binary(Op.DIV, other, self)

    def __floordiv__(self, other: object) -> SOp:
        return _binary(Op.FLOORDIV, self, other)

    def __rfloordiv__(self, other: object) -> SOp:
        return _binary(Op.FLOORDIV, other, self)

    def __mod__(self, other: object) -> SOp:
        return _binary(Op.MOD, self, other)

    def __rmod__(self, other: object) -> SOp:
        return _binary(Op.MOD, other, self)

    def __pow__(self, other: object) -> SOp:
        return _binary(Op.POW, self, other)

    def __rpow__(self, other: object) -> SOp:
        return _binary(Op.POW, other, self)

    def __neg__(self) -> SOp:
        return SOp(node(Op.NEG, self.expr))

    def __abs__(self) -> SOp:
        return SOp(node(Op.ABS, self.expr))

    def __round__(self, digits: int | None = None) -> SOp:
        if digits is not None and not isinstance(digits, (int, np.integer)):
            raise BuildError(f"round takes a number of digits, not {constant(digits)}", expression=self, value=digits)
        return SOp(node(Op.ROUND, self.expr, arg=None if digits is None else int(digits)))

    def round(self, digits: int | None = None) -> SOp:
        """Each number rounded as Python's `round` does: half to even, an int unless `digits` is given."""
        return self.__round__(digits)

    # Comparisons. `==` and `!=` compare any two values; the others fail where there is no order.

    def __eq__(self, other: object) -> SOp:  # type: ignore[override]
        return _binary(Op.EQ, self, other)

    def __ne__(self, other: object) -> SOp:  # type: ignore[override]
        return _binary(Op.NE, self, other)

    def __lt__(self, other: object) -> SOp:
        return _binary(Op.LT, self, other)

    def __le__(self, other: object) -> SOp:
        return _binary(Op.LE, self, other)

    def __gt__(self, other: object) -> SOp:
        return _binary(Op.GT, self, other)

    def __ge__(self, other: object) -> SOp:
        return _binary(Op.GE, self, other)

    __hash__ = Handle.__hash__

    # Logic, on False, True, 0 and 1.

    def __and__(self, other: object) -> SOp:
        return _logic(Op.AND, self, other)

    def __rand__(self, other: object) -> SOp:
        return _logic(Op.AND, other, self)

    def __or__(self, other: object) -> SOp:
        return _logic(Op.OR, self, other)

    def __ror__(self, other: object) -> SOp:
        return _logic(Op.OR, other, self)

    def __xor__(self, other: object) -> SOp:
        return _logic(Op.XOR, self, other)

    def __rxor__(self, other: object) -> SOp:
        return _logic(Op.XOR, other, self)

    def __invert__(self) -> SOp:
        return SOp(node(Op.NOT, self.expr))


class SOp(_Operators, _Conversions):
    """A sequence operation: n tokens in, n results out. Operators build larger ones; calling runs it.

    >>> from hardwire import tokens, indices
    >>> (tokens == "l")("hello")
    [False, False, True, True, False]
    >>> (indices * 2 + 1)("hello")
    [1, 3, 5, 7, 9]

    A constant operand has one value at every position (a string of any length and a tuple are one value);
    a list, range or 1-D array has its own value for each position.
    """

    __slots__ = ("origin",)
    word: ClassVar[str] = "sop"
    attribute_hints: ClassVar[dict[str, str]] = dict.fromkeys(
        AGGREGATING,
        "A selector aggregates: (key(a) == query(b)).value(x), or full.max(x) over all positions.",
    ) | {
        "sum": "A selector adds up: (key(a) == query(b)).value(x), or full.value(x) over all positions.",
        "count": "A selector counts: (key(x) == query(value)).width(); full.width() is the length.",
        **dict.fromkeys(("cumsum", "accumulate"), "A running sum is (key(indices) <= query(indices)).value(x)."),
        **dict.fromkeys(("len", "length", "size"), "The length of the input is the sop `length`."),
        **dict.fromkeys(("sort", "reverse"), "The library has it: programs.sort(x), programs.flip(x)."),
        "apply": "A function of each value is .map(f).",
        "compile": "hardwire.compile(x, vocab, max_len) makes its model.",
        **{call: f"It is a function: hardwire.{call}(x)." for call in ("draw", "explore", "optimize", "verify")},
        **dict.fromkeys(("isin", "contains"), "Equal to one of several values is .has(values)."),
        **dict.fromkeys(("roll", "previous", "next"), "The previous value is .shift(1), the next .shift(-1)."),
    }

    origin: Origin | None
    """The library program that built the sop for its own vocabulary, if one did."""

    def __init__(self, expr: Expr, origin: Origin | None = None) -> None:
        super().__init__(expr)
        object.__setattr__(self, "origin", origin)

    def __reduce__(self) -> Any:
        restore, flat = super().__reduce__()
        return restore, (*flat, self.origin)

    # Running.

    @checked_options
    def __call__(self, input: Any, *, causal: bool = False, errors: ports.Errors = "raise") -> Any:
        """The n results on one input: a string's characters, or the items of a list, tuple, range or array.

        `causal=True` lets no position see a later one. Raises EvaluationError for the failure at the lowest
        position, unless `errors="keep"` leaves failures in place; InputError for an invalid input.
        """
        return ports.run(self, input, causal=causal, errors=errors)

    input = __call__

    @checked_options
    def run(
        self,
        input: Any,
        *,
        set: Mapping[str, Any] | None = None,
        causal: bool = False,
        errors: ports.Errors = "raise",
    ) -> Any:
        """The n results on one input, with some named parts set to other values.

        `set` has, by the name of a part, one value for each token (a string: its characters). They replace the part
        wherever the program uses it, so everything computed from it changes too. Raises UnknownNameError, and
        InputError for another number of values.

        >>> from hardwire import programs
        >>> programs.sort().run([3, 1, 2], set={"rank": [0, 1, 2]})
        [3, 1, 2]
        """
        return ports.run_set(self, input, set, causal=causal, errors=errors)

    @checked_options
    def batch(self, inputs: Iterable[Any], *, causal: bool = False, errors: ports.Errors = "raise") -> list[Any]:
        """The results on many inputs of any lengths, computed together.

        >>> from hardwire import length
        >>> length.batch(["ab", "", "abc"])
        [[2, 2], [], [3, 3, 3]]
        """
        results: list[Any] = ports.run_batch(self, inputs, causal=causal, errors=errors)
        return results

    @checked_options
    def trace(self, input: Any, *, causal: bool = False) -> Any:
        """Every intermediate value of a run, by expression and by name."""
        return ports.trace(self, input, causal=causal)

    def __repr__(self) -> str:
        return ports.show(self)

    # Functions of one or several values.

    def map(self, f: Callable[[Any], Any] | Mapping[Any, Any]) -> SOp:
        """f of each value, for a pure function, or the value at an equal key of a dict (an absent key fails).

        >>> from hardwire import tokens
        >>> tokens.map(ord)("hi")
        [104, 105]
        >>> tokens.map({"a": 1, "b": 2})("abba")
        [1, 2, 2, 1]
        """
        return SOp(node(Op.MAP, self.expr, arg=_function(f, f"{formula(self.expr, 40)}.map")))

    @staticmethod
    def zip(f: Callable[..., Any], *sops: object) -> SOp:
        """f of the values of several sops at each position; constants are allowed.

        >>> from hardwire import indices, tokens
        >>> SOp.zip(lambda t, i: t * i, tokens, indices)("abc")
        ['', 'b', 'cc']
        """
        if isinstance(f, (Handle, Mapping)) or not callable(f):
            raise BuildError(f"SOp.zip takes a function first, not {constant(f)}: SOp.zip(f, a, b)", value=f)
        if not sops:
            raise BuildError("SOp.zip takes a function and at least one sop: SOp.zip(f, a, b)")
        src = tuple(as_expr(s, "SOp.zip") for s in sops)
        return SOp(node(Op.MAP, *src, arg=_function(f, "SOp.zip")))

    def has(self, members: Any) -> SOp:
        """Whether each value is equal to a member of a string (its characters), list, tuple, set, range or dict.

        The members are read now.

        >>> from hardwire import tokens
        >>> tokens.has("aeiou")("hello")
        [False, True, False, False, True]
        """
        if isinstance(members, np.ndarray):
            members = members.tolist()
        if isinstance(members, Handle) or not isinstance(members, (str, list, tuple, set, frozenset, range, Mapping)):
            raise BuildError(
                f"has takes a string, list, tuple, set, range or dict of values, not {constant(members)}. "
                "For one value write x == value; for a value anywhere in a sop, full.any(y == x) by a selector.",
                expression=self,
                value=members,
            )
        try:
            values = [freeze(m) for m in members]
        except NotAValue as error:
            raise BuildError(f"{error}, among the members of has", expression=self, value=members) from None
        if isinstance(members, (set, frozenset)):
            values.sort(key=lambda m: (type(m).__name__, repr(m)))  # the same node whatever the hash seed
        unique = tuple({exact(m): m for m in values}.values())
        return SOp(node(Op.HAS, self.expr, arg=unique))

    def at(self, position: object, default: object = 0) -> SOp:
        """The value at one position, copied to every position; `default` if the input is too short.

        Negative positions count from the end: -1 is the last, -n the first of n. The position may be a sop, read at
        each position. Under the causal mask only positions up to the query are seen, and the end is the query itself.

        >>> from hardwire import tokens
        >>> tokens.at(-1)("hello")
        ['o', 'o', 'o', 'o', 'o']
        >>> tokens.at(2, default="-")("hi"), tokens.at(-2, default="-")("hi")
        (['-', '-'], ['h', 'h'])
        """
        from .surface import length, where

        place = as_expr(position, "at")
        if place.op is Op.CONST and not is_number(place.arg):
            raise BuildError(f"at takes a position, not {constant(place.arg)}: x.at(0), x.at(-1)", value=position)
        if place.op is not Op.CONST:
            place = where(SOp(place) < 0, SOp(place) + length, SOp(place)).expr
        elif place.arg < 0:
            place = (length + place.arg).expr
        selector = node(Op.COMPARE, node(Op.INDICES), place, arg=Op.EQ)
        return SOp(node(Op.ONE, selector, self.expr, as_expr(default, "at")))

    def shift(self, k: object, default: object = 0) -> SOp:
        """Every value moved k positions to the right, to the left where k is negative; `default` where none comes in.

        So `x.shift(1)` is the previous value and `x.shift(-1)` the next. k is an int, or a sop of ints, read at the
        position that the value moves to.

        >>> from hardwire import tokens
        >>> tokens.shift(1, "-")("hello"), tokens.shift(-2, "-")("hello")
        (['-', 'h', 'e', 'l', 'l'], ['l', 'l', 'o', '-', '-'])
        """
        from .surface import indices

        by = as_expr(k, "shift")
        if by.op is Op.CONST and type(by.arg) is not int:
            raise BuildError(f"shift takes a whole number of positions, not {constant(by.arg)}: x.shift(1)", value=k)
        if by.op is not Op.CONST:
            source = indices - SOp(by)
        else:
            source = indices - by.arg if by.arg > 0 else indices + -by.arg if by.arg < 0 else indices
        selector = node(Op.COMPARE, indices.expr, source.expr, arg=Op.EQ)
        return SOp(node(Op.ONE, selector, self.expr, as_expr(default, "shift")))

    def of(self, tokens: object) -> SOp:
        """The same program with `tokens` in place of the input's tokens: f.of(g) is f after g.

        >>> from hardwire import tokens, where
        >>> (tokens == "x").of(where(tokens == "l", "x", tokens))("hello")
        [False, False, True, True, False]
        """
        return SOp(substitute(self.expr, node(Op.TOKENS), as_expr(tokens, "of")))

    def name(self, name: Any) -> SOp:
        """The same sop with a name, shown in pictures, traces and circuits; it changes nothing else."""
        return SOp(node(Op.NAME, self.expr, arg=checked_name(name)))

    def stored(self) -> SOp:
        """The same sop, stored as it is in a compiled model; it changes no value.

        The compiler merges elementwise expressions into few layers, and the proof follows all that a value is made of.
        A stored sop is computed by itself, in a residual direction of its own, and what reads it is planned and proved
        for each of its values, however it came about. That makes some models smaller, and some proofs possible.
        """
        return SOp(node(Op.KEPT, self.expr))


def checked_name(name: Any) -> Any:
    """Return a valid name. Raises BuildError."""
    if type(name) is not str or not name.strip() or len(name.splitlines()) > 1:
        raise BuildError(f"a name is a non-empty string of one line, not {constant(name)}", value=name)
    return name


def as_expr(x: object, where: str) -> Expr:
    """The expression of a sop operand: a sop, a constant, or a list as `raw`.

    Raises BuildError for a selector, key or query, and for an object that is not a value.
    """
    if isinstance(x, SOp):
        return x.expr
    if isinstance(x, Handle):
        _refuse_handle(x, where)
    return constant_or_raw(x, where)


def _refuse_handle(x: Handle, where: str) -> NoReturn:
    remedies = {
        "selector": "Aggregate it into a sop: selector.value(x), or .width() for how many it selects.",
        "key": "A key is only compared with a query: key(x) == query(y). Compute on the sop inside: key(x + 1).",
        "query": "A query is only compared with a key: key(x) == query(y). Compute on the sop inside: query(x + 1). "
        "With & put each comparison in parentheses: (key(a) == query(b)) & (key(c) == query(d)).",
    }
    what = f"a {x.word} is used as a sop, in {where}: {x.formula}"
    raise BuildError(f"{what}\n  {remedies[x.word]}", expression=x)


def _binary(op: Op, a: object, b: object) -> SOp:
    return SOp(node(op, as_expr(a, f"`{op.symbol}`"), as_expr(b, f"`{op.symbol}`")))


def _logic(op: Op, a: object, b: object) -> SOp:
    for x in (a, b):
        if not isinstance(x, (Handle, bool, np.bool_, list, np.ndarray)):
            raise BuildError(
                f"{constant(x)} is an operand of `{op.symbol}`, which is logic on False and True\n"
                f"  `{op.symbol}` binds tighter than a comparison: put parentheses, (x > 1) {op.symbol} (y == 2).",
                value=x,
            )
    return _binary(op, a, b)


def _function(f: Any, where: str) -> Function | Table:
    if isinstance(f, Handle):
        raise BuildError(f"{where} takes a Python function, not the {f.word} {f.formula}", expression=f)
    if isinstance(f, Mapping):
        try:
            return Table(f)
        except NotAValue as error:
            raise BuildError(f"{error}, in {where}", value=f) from None
    if not callable(f):
        raise BuildError(f"{where} takes a function or a dict, not {constant(f)}", value=f)
    return Function(f)
