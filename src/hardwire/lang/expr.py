"""The expression graph: immutable nodes, each built once.

Equal expressions are one object, so everything after `lang` compares nodes with `is`. `SOp` and `Selector`
are thin handles whose operators build nodes; a node's own `==` stays identity.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Iterator
from typing import Any, Literal, NoReturn, cast
from weakref import WeakValueDictionary

from .ops import KEEP_BOOLS as KEEP_BOOLS
from .ops import Kind
from .ops import Op as Op
from .values import exact

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

    def source(self, name: Literal["selector", "score", "x", "default"]) -> Expr:
        """The source of an aggregate that has this name in the table of operations. Raises ValueError for none."""
        return self.src[(self.op.sources or ()).index(name)]


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
    if op.function:
        return arg.key  # type: ignore[no-any-return]
    return exact(arg)


def _layers(op: Op, src: tuple[Expr, ...]) -> int:
    if op.aggregate:
        read, default = (src[:-1], src[-1].layers) if op.defaulted else (src, 0)
        return max(1 + max(s.layers for s in read), default)
    return max((s.layers for s in src), default=0)


def _is_selector(op: Op, src: tuple[Expr, ...]) -> bool:
    if op.kind is Kind.SELECTOR:
        return True
    return op.kind in (Kind.NAME, Kind.LOGIC) and src[0].selector


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
        new[expr] = change(expr, tuple([new[s] for s in expr.src]))
    return new


def substitute(root: Expr, leaf: Expr, by: Expr) -> Expr:
    """root with `by` in place of `leaf`."""

    def change(expr: Expr, src: tuple[Expr, ...]) -> Expr:
        if expr is leaf:
            return by
        return again(expr, src)

    return rebuild(root, change)


def again(expr: Expr, src: tuple[Expr, ...]) -> Expr:
    """The same operation of other sources."""
    return expr if src == expr.src else node(expr.op, *src, arg=expr.arg)


def unnamed(expr: Expr) -> Expr:
    """The expression without the names it has on the outside."""
    while expr.op is Op.NAME:
        expr = expr.src[0]
    return expr


def counts_bools(expr: Expr) -> bool:
    """Whether an aggregate takes the bools it reads for 0 and 1, even a single one."""
    return expr.op.adds and expr.arg != KEEP_BOOLS


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


TOKENS, INDICES = node(Op.TOKENS), node(Op.INDICES)
ZERO, ONE = node(Op.CONST, arg=0), node(Op.CONST, arg=1)
TRUE, FALSE = node(Op.CONST, arg=True), node(Op.CONST, arg=False)
