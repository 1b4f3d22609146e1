"""The values and operators of RASP.

A value is an s-op (`SOp`), a selector (`Selector`), a function, a list, a dict or an atom: bool, int, float, string,
or an exact quotient of ints, which is shown as a float. This file is independent of names and syntax.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any

from ..errors import RaspError
from ..lang.expr import ZERO, Expr, Op, node
from ..lang.ops import COMPARISONS
from ..lang.selector import Selector
from ..lang.sop import SOp, as_expr
from ..lang.surface import full, key, query, where
from ..lang.values import leave
from ..run.failure import BROKEN, reason_of
from ..run.scalar import NoValue, equal, scalar
from .budget import make_list, repeated
from .strings import OF_STRINGS, Sort, elementwise, sign_of, sort_of

Value = Any
"""A value of RASP (see the module's text)."""

ATOMS = (bool, int, float, str, Fraction)
OPERATION = {op.symbol: op for op in (Op.ADD, Op.SUB, Op.MUL, Op.DIV, Op.MOD, *COMPARISONS)} | {"^": Op.POW}
LONGEST_NAME = 30
"""Longer names are dropped, as in the original."""
MOST_NAMED = 30
"""The greatest number of parts of an expression in its name."""


def is_atom(x: Value) -> bool:
    return isinstance(x, ATOMS)


def kind(x: Value) -> str:
    """Return the kind of x, in one word."""
    for types, word in (
        (SOp, "s-op"), (Selector, "selector"), (list, "list"), (dict, "dict"), (str, "string"), (bool, "bool"),
        (int, "int"), ((float, Fraction), "float"),
    ):  # fmt: skip
        if isinstance(x, types):
            return word
    return "function"


def a_kind(x: Value) -> str:
    """Return the kind of x with its article."""
    word = kind(x)
    return f"an {word}" if word in ("int", "s-op") else f"a {word}"


def describe(x: Value, cap: int | None = None) -> str:
    """Return x as text for a message: the name of an s-op, and the kind of x if the text is longer than `cap`."""
    text = ""
    for piece in _pieces(x):
        text += piece
        if cap is not None and len(text) > cap:
            return f"({kind(x)})"
    return text


def _pieces(x: Value) -> Iterator[str]:
    """Yield the text of a value in parts, so that only the part that is shown is made."""
    if isinstance(x, (SOp, Selector)):
        yield name_of(x.expr)
    elif isinstance(x, list):
        yield "["
        for i, item in enumerate(x):
            yield ", " if i else ""
            yield from _pieces(item)
        yield "]"
    elif isinstance(x, dict):
        yield "{"
        for i, (key, item) in enumerate(x.items()):
            yield f"{', ' if i else ''}{describe(key)}: "
            yield from _pieces(item)
        yield "}"
    else:
        yield f'"{x}"' if isinstance(x, str) else str(shown(x))


def shown(x: Value) -> Value:
    """Return an atom as it is shown: a quotient as the nearest float, or as a fraction if it is too large."""
    try:
        return leave(x)
    except OverflowError:
        return int(x)


def name_of(expr: Expr) -> str:
    """Return the original's name of an s-op or selector: its name, or its parts if they are short."""
    return _name(expr, {}, [MOST_NAMED])


def _name(expr: Expr, known: dict[Expr, str], left: list[int]) -> str:
    """Return the name of an expression, from at most `left` more parts."""
    if expr not in known:
        left[0] -= 1
        known[expr] = "s-op" if left[0] < 0 else _named_parts(expr, known, left)
    return known[expr]


def _named_parts(expr: Expr, known: dict[Expr, str], left: list[int]) -> str:
    op = expr.op
    if op is Op.NAME:
        return str(expr.arg)
    if op.transparent:
        return _named_parts(expr.src[0], known, left)
    if op is Op.CONST:
        return str(shown(expr.arg)) if not isinstance(expr.arg, str) else expr.arg[: LONGEST_NAME + 1]
    if op in (Op.TOKENS, Op.INDICES):
        return "tokens_asis" if op is Op.TOKENS else "indices"
    if expr.selector:
        return "plain select"
    sign = sign_of(expr)
    if sign is not None and op is Op.WHERE:
        return _name(expr.src[1], known, left)
    parts = [_name(s, known, left) for s in expr.src if not s.selector]
    text = "s-op"
    if (op in _SIGNS or sign is not None) and len(parts) == 2:
        text = f"( {parts[0]} {_SIGNS.get(op, sign)} {parts[1]} )"
    elif op in (Op.NEG, Op.NOT):
        text = f"( {'not' if op is Op.NOT else '-'} {parts[0]} )"
    elif op is Op.WHERE:
        text = f"{parts[1]} if {parts[0]} else {parts[2]}"
    return text if len(text) <= LONGEST_NAME else "s-op"


_SIGNS = {op: sign for sign, op in OPERATION.items()} | {Op.AND: "and", Op.OR: "or"}


def named(x: Value, name: str) -> Value:
    """Return x with a name, if it is an s-op or a selector that does not have this name."""
    if not isinstance(x, (SOp, Selector)) or len(name) > LONGEST_NAME:
        return x
    return x if x.expr.op is Op.NAME and x.expr.arg == name else x.name(name)


# Operators.


def binary(sign: str, a: Value, b: Value) -> Value:
    """Return a sign b. Raises RaspError."""
    if isinstance(a, Selector) or isinstance(b, Selector):
        if sign not in ("and", "or"):
            raise RaspError(f"Cannot apply {sign} to selector(s)")
        if not (isinstance(a, Selector) and isinstance(b, Selector)):
            raise RaspError(f"Cannot apply {sign} between selector and non-selector: {describe(a)}, {describe(b)}")
        return a & b if sign == "and" else a | b
    if isinstance(a, SOp) or isinstance(b, SOp):
        _operands(sign, a, b)
        if sign in ("and", "or"):
            return truth(a) & truth(b) if sign == "and" else truth(a) | truth(b)
        if sign in OF_STRINGS:
            return elementwise(sign, a, b)
        return SOp(node(OPERATION[sign], as_expr(a, sign), as_expr(b, sign)))
    if sign == "and":
        return a and b
    if sign == "or":
        return a or b
    if is_atom(a) and is_atom(b):
        return _atoms(sign, a, b)
    return _lists(sign, a, b)


def _operands(what: str, *xs: Value) -> None:
    """Raises RaspError if one of them is neither an s-op nor an atom."""
    for x in xs:
        if not isinstance(x, SOp) and not is_atom(x):
            raise RaspError(f"Cannot apply {what} to s-op and {kind(x)}: {', '.join(describe(y, 40) for y in xs)}")


_OF_ATOMS = {sign: scalar(node(op, ZERO, ZERO)) for sign, op in OPERATION.items()}
"""The function of each binary operator, by its sign."""


def _atoms(sign: str, a: Value, b: Value) -> Value:
    try:
        if sign in OF_STRINGS and (isinstance(a, str) or isinstance(b, str)):
            return OF_STRINGS[sign](shown(a), shown(b))
        return _OF_ATOMS[sign](a, b)
    except NoValue as error:
        reason = str(error)
    except BROKEN:
        raise
    except Exception as error:
        reason = reason_of(error)
    raise RaspError(f"{describe(a, 40)} {sign} {describe(b, 40)} has no value: {reason}")


def _lists(sign: str, a: Value, b: Value) -> Value:
    if sign == "+" and isinstance(a, list) and isinstance(b, list):
        return make_list([*a, *b])
    for items, times in ((a, b), (b, a)):
        if sign == "*" and isinstance(items, list) and isinstance(times, int):
            return repeated(items, times)
    if sign == "==" and _is_plain(a) and _is_plain(b):
        return _equal(a, b)
    if isinstance(a, list) and isinstance(b, list) and sign in _ORDER and _is_plain(a) and _is_plain(b):
        i = next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if not _equal(x, y)), None)
        return _ORDER[sign](len(a), len(b)) if i is None else binary(sign, a[i], b[i])
    raise RaspError(f"Cannot apply {sign} to {kind(a)} and {kind(b)}: {describe(a, 40)}, {describe(b, 40)}")


_ORDER: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip


def _equal(a: Value, b: Value) -> bool:
    """Whether two values that consist of atoms are equal."""
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(_equal, a, b))
    if isinstance(a, dict) and isinstance(b, dict):
        return len(a) == len(b) and all(k in b and _equal(v, b[k]) for k, v in a.items())
    return is_atom(a) and is_atom(b) and equal(a, b)


def _is_plain(x: Value) -> bool:
    """Whether x consists of atoms, which can be compared."""
    items = x if isinstance(x, list) else x.values() if isinstance(x, dict) else None
    return is_atom(x) if items is None else all(map(_is_plain, items))


def prefix(sign: str, x: Value) -> Value:
    """sign x, for `not`, `-` and `+`. Raises RaspError."""
    if isinstance(x, Selector):
        if sign != "not":
            raise RaspError(f"Cannot apply {sign} to selector(s)")
        return ~x
    if isinstance(x, SOp):
        if sign == "+":  # which turns bools into numbers
            if sort_of(x.expr) is Sort.TEXT:
                raise RaspError(f"Cannot apply + to strings: {describe(x, 40)}")
            return x if sort_of(x.expr) is Sort.NUMBER else 0 + x
        return ~truth(x) if sign == "not" else -x
    if sign == "not":
        return not x
    if not is_atom(x) or isinstance(x, str):
        raise RaspError(f"Cannot apply {sign} to {kind(x)}: {describe(x, 40)}")
    return -x if sign == "-" else +x


def truth(x: Value) -> Any:
    """Whether x is true, as Python reads it, at every position."""
    if not isinstance(x, SOp):
        return bool(x)
    return x if is_boolean(x.expr) else x.bool()


def is_boolean(expr: Expr) -> bool:
    """Whether all values of an s-op are known to be bools."""
    return sort_of(expr) is Sort.BOOL


def choose(condition: SOp, a: Value, b: Value) -> SOp:
    """a if condition else b, at every position. Raises RaspError."""
    _operands("if", condition, a, b)
    return where(condition, a, b)


def contains(x: Value, container: Value) -> Value:
    """x in container: at every position for an s-op, whether it occurs anywhere for a container that is one."""
    if isinstance(x, SOp):
        if not isinstance(container, list) or not all(map(is_atom, container)):
            raise RaspError(f'"[s-op] in X" expects X to be list of atoms, but got: {describe(container, 40)}')
        return x.has(container)
    if is_atom(x):
        if isinstance(container, SOp):
            return full.any(container == x)
        if isinstance(container, (list, dict)):
            return any(is_atom(item) and equal(item, x) for item in container)
        raise RaspError(f'"[atom] in X" expects X to be list, dict or s-op, but got: {describe(container, 40)}')
    raise RaspError(f'"A in X" expects A to be s-op or atom, but got A: {describe(x, 40)}')


def select(keys: Value, queries: Value, sign: str) -> Selector:
    """select(keys, queries, sign). Raises RaspError."""
    for x in (keys, queries):
        if not isinstance(x, SOp) and not is_atom(x):
            raise RaspError(f"select takes s-ops and atoms, not {a_kind(x)}: {describe(x, 40)}")
    made: Selector = _COMPARE[sign](key(keys), query(queries))
    return made


_COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "==": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip


# Looking up.


def index(x: Value, at: Value) -> Value:
    """Return x[at]: an item of a list, dict or string, at every position if `at` is an s-op; a position of an s-op."""
    if isinstance(x, SOp):
        if not isinstance(at, int):
            raise RaspError(f"index into sequence has to be integer, got: {describe(at, 40)}")
        return x.at(int(at))
    if isinstance(x, dict):
        return _index_dict(x, at)
    if isinstance(x, (list, str)):
        return _index_list(x, at)
    raise RaspError(f"can only index into a list, dict, string, or sequence, but instead got: {describe(x, 40)}")


def _index_dict(table: dict[Any, Value], at: Value) -> Value:
    if isinstance(at, SOp):
        return at.map(_table(table))
    if not is_atom(at):
        raise RaspError(f"index into dict has to be atom (i.e., string, int, float, bool), got: {describe(at, 40)}")
    if at not in table:
        raise RaspError(f"index [ {describe(at, 40)} ] not in dict.")
    return table[at]


def _index_list(items: list[Value] | str, at: Value) -> Value:
    word = kind(items)
    if isinstance(at, SOp):
        return at.map(_table({i: items[i] for i in range(-len(items), len(items))}))
    if not isinstance(at, int):
        raise RaspError(f"index into {word} has to be integer, got: {describe(at, 40)}")
    if not -len(items) <= at < len(items):
        raise RaspError(f"index {describe(at, 40)} out of range for {word} of length {len(items)}")
    return items[at]


def _table(table: dict[Any, Value]) -> dict[Any, Value]:
    """Return a table for look-ups by an s-op. Raises RaspError."""
    for item in table.values():
        if not is_atom(item):
            raise RaspError(f"an s-op can only look up atoms, not {a_kind(item)}: {describe(item, 40)}")
    return table
