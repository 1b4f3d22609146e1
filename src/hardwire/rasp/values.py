"""What a RASP program computes with, and what its operators make of it.

A value is an s-op (`SOp`), a selector (`Selector`), a function, a list, a dict or an atom: bool, int, float, string,
or an exact quotient of ints, which is shown as a float. Nothing here knows of names or syntax.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from fractions import Fraction
from typing import Any

from ..errors import RaspError
from ..lang.expr import COMPARISONS, LOGIC, Expr, Op, node
from ..lang.selector import Selector
from ..lang.sop import SOp, as_expr
from ..lang.surface import full, key, query, where
from ..lang.values import MAX_LENGTH, leave
from ..run.failure import BROKEN, reason_of
from ..run.scalar import NoValue, scalar

Value = Any
"""A value of RASP (see the module's text)."""

ATOMS = (bool, int, float, str, Fraction)
OPERATION = {op.value: op for op in (Op.ADD, Op.SUB, Op.MUL, Op.DIV, Op.MOD, *COMPARISONS)} | {"^": Op.POW}
LONGEST = 100_000
"""The most items of a list."""
LONGEST_NAME = 30
"""Longer names are not kept, as in the original."""


def is_atom(x: Value) -> bool:
    return isinstance(x, ATOMS)


def kind(x: Value) -> str:
    """What x is, in one word."""
    for types, word in (
        (SOp, "s-op"), (Selector, "selector"), (list, "list"), (dict, "dict"), (str, "string"), (bool, "bool"),
        (int, "int"), ((float, Fraction), "float"),
    ):  # fmt: skip
        if isinstance(x, types):
            return word
    return "function"


def a_kind(x: Value) -> str:
    """The same with its article."""
    word = kind(x)
    return f"an {word}" if word in ("int", "s-op") else f"a {word}"


def describe(x: Value, cap: int | None = None) -> str:
    """x in a message: an s-op by its name, a list or dict longer than `cap` by what it is."""
    if isinstance(x, (SOp, Selector)):
        return name_of(x.expr)
    if isinstance(x, list):
        text = f"[{', '.join(map(describe, x))}]"
    elif isinstance(x, dict):
        text = "{" + ", ".join(f"{describe(k)}: {describe(v)}" for k, v in x.items()) + "}"
    elif isinstance(x, str):
        return f'"{x}"'
    else:
        return str(leave(x))
    return f"({kind(x)})" if cap is not None and len(text) > cap else text


def name_of(expr: Expr) -> str:
    """What the original calls an s-op or selector: its name, else what it is made of, where that is short."""
    op = expr.op
    if op is Op.NAME:
        return str(expr.arg)
    if op is Op.CONST:
        return str(leave(expr.arg))
    if op in (Op.TOKENS, Op.INDICES):
        return "tokens_asis" if op is Op.TOKENS else "indices"
    if expr.selector:
        return "plain select"
    parts = [name_of(s) for s in expr.src if not s.selector]
    text = "s-op"
    if op in _SIGNS and len(parts) == 2:
        text = f"( {parts[0]} {_SIGNS[op]} {parts[1]} )"
    elif op in (Op.NEG, Op.NOT):
        text = f"( {'not' if op is Op.NOT else '-'} {parts[0]} )"
    elif op is Op.WHERE:
        text = f"{parts[1]} if {parts[0]} else {parts[2]}"
    return text if len(text) <= LONGEST_NAME else "s-op"


_SIGNS = {op: sign for sign, op in OPERATION.items()} | {Op.AND: "and", Op.OR: "or"}


def named(x: Value, name: str) -> Value:
    """x under a name, where it is an s-op or a selector that has not this name already."""
    if not isinstance(x, (SOp, Selector)) or len(name) > LONGEST_NAME:
        return x
    return x if x.expr.op is Op.NAME and x.expr.arg == name else x.name(name)


# Operators.


def binary(sign: str, a: Value, b: Value) -> Value:
    """a sign b. Raises RaspError."""
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
        return SOp(node(OPERATION[sign], as_expr(a, sign), as_expr(b, sign)))
    if sign == "and":
        return a and b
    if sign == "or":
        return a or b
    if is_atom(a) and is_atom(b):
        return _atoms(sign, a, b)
    return _lists(sign, a, b)


def _operands(what: str, *xs: Value) -> None:
    """Raises RaspError where one of them is no s-op and no atom."""
    for x in xs:
        if not isinstance(x, SOp) and not is_atom(x):
            raise RaspError(f"Cannot apply {what} to s-op and {kind(x)}: {', '.join(map(describe, xs))}")


def _atoms(sign: str, a: Value, b: Value) -> Value:
    if sign == "*" and {kind(a), kind(b)} == {"string", "int"}:
        text, times = (a, b) if isinstance(a, str) else (b, a)
        if len(text) * times > MAX_LENGTH:
            raise RaspError(f"a string longer than {MAX_LENGTH} is too large")
        return text * times
    try:
        return scalar(node(OPERATION[sign], *(node(Op.CONST, arg=x) for x in (a, b))))(a, b)
    except NoValue as error:
        raise RaspError(f"{describe(a)} {sign} {describe(b)} has no value: {error}") from None
    except BROKEN:
        raise
    except Exception as error:
        raise RaspError(f"{describe(a)} {sign} {describe(b)} has no value: {reason_of(error)}") from None


def _lists(sign: str, a: Value, b: Value) -> Value:
    if sign == "+" and isinstance(a, list) and isinstance(b, list):
        return _checked([*a, *b])
    if sign == "*" and {kind(a), kind(b)} == {"list", "int"}:
        items, times = (a, b) if isinstance(a, list) else (b, a)
        if len(items) * times > LONGEST:
            raise RaspError(f"a list of more than {LONGEST:,} items is too large")
        return list(items) * times
    if sign == "==" and kind(a) == kind(b) and _is_plain(a) and _is_plain(b):
        return bool(a == b)
    raise RaspError(f"Cannot apply {sign} to {kind(a)} and {kind(b)}: {describe(a, 40)}, {describe(b, 40)}")


def _checked(items: list[Value]) -> list[Value]:
    if len(items) > LONGEST:
        raise RaspError(f"a list of more than {LONGEST:,} items is too large")
    return items


def _is_plain(x: Value) -> bool:
    """Whether x is made of atoms alone, so that Python's == compares it."""
    items = x if isinstance(x, list) else x.values() if isinstance(x, dict) else None
    return is_atom(x) if items is None else all(map(_is_plain, items))


def prefix(sign: str, x: Value) -> Value:
    """sign x, for `not`, `-` and `+`. Raises RaspError."""
    if isinstance(x, Selector):
        if sign != "not":
            raise RaspError(f"Cannot apply {sign} to selector(s)")
        return ~x
    if isinstance(x, SOp):
        return ~truth(x) if sign == "not" else -x if sign == "-" else x
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
    stack = [expr]
    while stack:
        e = stack.pop()
        if e.op is Op.NAME:
            stack.append(e.src[0])
        elif e.op is Op.WHERE:
            stack += e.src[1:]
        elif e.op is Op.CONST:
            if type(e.arg) is not bool:
                return False
        elif e.op is Op.MAP:
            if getattr(e.arg, "original", None) is not bool:
                return False
        elif e.op not in (*COMPARISONS, *LOGIC, Op.NOT, Op.HAS):
            return False
    return True


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
            return any(is_atom(item) and item == x for item in container)
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
    """x[at]: an item of a list, dict or string, at every position if `at` is an s-op; a position of an s-op."""
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
        raise RaspError(f"index [ {describe(at)} ] not in dict.")
    return table[at]


def _index_list(items: list[Value] | str, at: Value) -> Value:
    word = kind(items)
    if isinstance(at, SOp):
        return at.map(_table({i: items[i] for i in range(-len(items), len(items))}))
    if not isinstance(at, int):
        raise RaspError(f"index into {word} has to be integer, got: {describe(at, 40)}")
    if not -len(items) <= at < len(items):
        raise RaspError(f"index {at} out of range for {word} of length {len(items)}")
    return items[at]


def _table(table: dict[Any, Value]) -> dict[Any, Value]:
    """A table to look up by an s-op. Raises RaspError."""
    for item in table.values():
        if not is_atom(item):
            raise RaspError(f"an s-op looks up atoms alone, and here is {a_kind(item)}: {describe(item, 40)}")
    return table
