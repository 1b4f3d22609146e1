"""The expression graph: immutable nodes, each built once.

Equal expressions are one object, so everything after `lang` compares nodes with `is`. `SOp` and `Selector`
are thin handles whose operators build nodes; a node's own `==` stays identity.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Iterator
from enum import Enum
from typing import Any, NoReturn, cast
from weakref import WeakValueDictionary

from .values import exact


class Op(Enum):
    """Every operation of the language: what its sources are, and what `arg` holds."""

    # Leaves.
    TOKENS = "tokens"
    INDICES = "indices"
    CONST = "const"  # arg: the value
    RAW = "raw"  # arg: a tuple of values, one a position
    # Elementwise, of one sop.
    NEG = "neg"
    ABS = "abs"
    ROUND = "round"  # arg: number of digits, or None
    HAS = "has"  # arg: a tuple of members
    # Elementwise, of two sops.
    ADD = "+"
    SUB = "-"
    MUL = "*"
    DIV = "/"
    FLOORDIV = "//"
    MOD = "%"
    POW = "**"
    EQ = "=="
    NE = "!="
    LT = "<"
    LE = "<="
    GT = ">"
    GE = ">="
    # Logic, of sops or of selectors.
    NOT = "~"
    AND = "&"
    OR = "|"
    XOR = "^"
    # Elementwise, of more.
    WHERE = "where"  # condition, then, otherwise
    MAP = "map"  # any number of sops; arg: Function or Table
    # A selector: keys, queries; arg: one of the six comparisons as an Op, or a Function predicate(key, query).
    COMPARE = "compare"
    # Aggregates: selector first, default last.
    VALUE = "value"  # selector, x, default; arg: None, or KEEP_BOOLS
    ONE = "one"  # selector, x, default
    MEAN = "mean"  # selector, x, default; arg: None, or KEEP_BOOLS
    MAX = "max"  # selector, score, x, default: the x where the score is greatest, leftmost of equals
    MIN = "min"  # likewise least
    WIDTH = "width"  # selector
    # A transparent wrapper of a sop or a selector; arg: the name.
    NAME = "name"

    def __repr__(self) -> str:
        return self.name

    __hash__ = object.__hash__  # members are singletons; Enum's own hash is much slower


COMPARISONS = (Op.EQ, Op.NE, Op.LT, Op.LE, Op.GT, Op.GE)
"""The comparisons, of sops and inside selectors."""

MIRRORED = {Op.EQ: Op.EQ, Op.NE: Op.NE, Op.LT: Op.GT, Op.LE: Op.GE, Op.GT: Op.LT, Op.GE: Op.LE}
"""a op b is b MIRRORED[op] a."""

ARITHMETIC = (Op.ADD, Op.SUB, Op.MUL, Op.DIV, Op.FLOORDIV, Op.MOD, Op.POW)
LOGIC = (Op.AND, Op.OR, Op.XOR)
AGGREGATES = (Op.VALUE, Op.ONE, Op.MEAN, Op.MAX, Op.MIN, Op.WIDTH)

KEEP_BOOLS = "keep bools"
"""The argument of VALUE and MEAN where one selected bool stays a bool, as in original RASP; else it is 0 or 1."""

_lock = threading.RLock()  # re-entrant: freeing a node may run inside the table's own methods
_nodes: WeakValueDictionary[Hashable, Expr] = WeakValueDictionary()


class Expr:
    """One operation of a program. Equal expressions are one object: compare with `is`.

    `layers` is the number of attention layers of the program as written; `selector` tells whether the node
    is a selector (an n x n Boolean matrix) or a sop (n values).
    """

    __slots__ = ("__weakref__", "arg", "layers", "op", "selector", "src")

    op: Op
    src: tuple[Expr, ...]
    arg: Any
    layers: int
    selector: bool

    def __new__(cls, *_: object) -> NoReturn:
        raise TypeError("expressions are made by `node`")

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"expressions are immutable: {name} cannot be set")

    __delattr__ = __setattr__  # type: ignore[assignment]

    def __copy__(self) -> Expr:
        return self

    def __deepcopy__(self, memo: object) -> Expr:
        return self

    def __reduce__(self) -> Any:
        return unflatten, (flatten(self),)

    def __repr__(self) -> str:
        from .text import formula

        return f"<{formula(self)}>"

    def walk(self) -> Iterator[Expr]:
        """Yield every node of this expression once, sources first, the expression itself last."""
        return walk(self)


def node(op: Op, *src: Expr, arg: Any = None) -> Expr:
    """The expression `op` of these sources, the same object every time."""
    key = (op, src, _argument_key(op, arg))
    with _lock:
        found = _nodes.get(key)
        if found is None:
            found = cast(Expr, object.__new__(Expr))  # type: ignore[arg-type]
            put = object.__setattr__
            put(found, "op", op)
            put(found, "src", src)
            put(found, "arg", arg)
            put(found, "layers", _layers(op, src))
            put(found, "selector", _is_selector(op, src))
            _nodes[key] = found
        return found


def _argument_key(op: Op, arg: Any) -> Hashable:
    if (arg is None and op is not Op.CONST) or isinstance(arg, Op):
        return arg
    if op is Op.MAP or op is Op.COMPARE:
        return arg.key  # type: ignore[no-any-return]
    return exact(arg)


def _layers(op: Op, src: tuple[Expr, ...]) -> int:
    if op is Op.WIDTH:
        return 1 + src[0].layers
    if op in AGGREGATES:
        return max(1 + max(s.layers for s in src[:-1]), src[-1].layers)
    return max((s.layers for s in src), default=0)


def _is_selector(op: Op, src: tuple[Expr, ...]) -> bool:
    if op is Op.COMPARE:
        return True
    return op in (Op.NAME, Op.NOT, *LOGIC) and src[0].selector


def walk(*roots: Expr) -> Iterator[Expr]:
    """Yield every node of the roots once, sources before the nodes that use them."""
    done: set[Expr] = set()
    stack: list[tuple[Expr, int]] = [(root, 0) for root in reversed(roots)]
    while stack:
        expr, i = stack.pop()
        if expr in done:
            continue
        while i < len(expr.src) and expr.src[i] in done:
            i += 1
        if i < len(expr.src):
            stack.append((expr, i + 1))
            stack.append((expr.src[i], 0))
        else:
            done.add(expr)
            yield expr


def rebuild(root: Expr, change: Callable[[Expr, tuple[Expr, ...]], Expr]) -> Expr:
    """root with `change(node, new_sources)` applied from the leaves up."""
    return rebuilt(root, change)[root]


def rebuilt(root: Expr, change: Callable[[Expr, tuple[Expr, ...]], Expr]) -> dict[Expr, Expr]:
    """Return the result of `rebuild` for root and for every node below it."""
    new: dict[Expr, Expr] = {}
    for expr in walk(root):
        new[expr] = change(expr, tuple(new[s] for s in expr.src))
    return new


def substitute(root: Expr, leaf: Expr, by: Expr) -> Expr:
    """root with `by` in place of `leaf`."""

    def change(expr: Expr, src: tuple[Expr, ...]) -> Expr:
        if expr is leaf:
            return by
        return expr if src == expr.src else node(expr.op, *src, arg=expr.arg)

    return rebuild(root, change)


Flat = tuple[tuple[str, tuple[int, ...], Any], ...]


def flatten(root: Expr) -> Flat:
    """root as a list of (operation, indices of its sources, arg), sources first: no nesting."""
    place: dict[Expr, int] = {}
    flat = []
    for expr in walk(root):
        place[expr] = len(place)
        arg = ("op", expr.arg.name) if isinstance(expr.arg, Op) else ("arg", expr.arg)
        flat.append((expr.op.name, tuple(place[s] for s in expr.src), arg))
    return tuple(flat)


def unflatten(flat: Flat) -> Expr:
    """The expression that `flatten` wrote."""
    built: list[Expr] = []
    for name, src, (kind, arg) in flat:
        built.append(node(Op[name], *(built[i] for i in src), arg=Op[arg] if kind == "op" else arg))
    return built[-1]
