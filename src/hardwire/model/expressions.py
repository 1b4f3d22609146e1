"""Expressions in files: every node once, sources first, without running or storing any of the author's Python.

A function of the author's is stored as its number among the functions of the program as written, in order of
evaluation. Loading a file leaves an `Unloaded` function in its place, until the program is given again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from ..lang.expr import Expr, Op, node, rebuild, walk
from ..lang.function import Function, Table, Tabled
from ..lang.values import Value
from .codec import Malformed, NotStorable

_MAPS = (Op.MAP, Op.COMPARE)


@dataclass(frozen=True)
class StoredNode:
    """One node. `kind` says what `arg` is: "none", "value", "op" (a comparison, by name), "table" (pairs of a key and a
    value), "codes" (pairs of arguments and a number), or "function" (its number)."""

    op: str
    src: tuple[int, ...]
    kind: str = "none"
    arg: Any = None
    label: str = ""


class Unloaded:
    """A function of the author's in an expression from a file, known by its number and its label."""

    __slots__ = ("key", "label", "number", "original")

    def __init__(self, number: int, label: str) -> None:
        self.number, self.label = number, label
        self.key = (Unloaded, number, label)
        self.original = None

    def __call__(self, *args: Value) -> NoReturn:
        raise ValueError(f"the function {self.label} is not stored in the file: give the program")

    def __reduce__(self) -> Any:
        return Unloaded, (self.number, self.label)


def functions_of(program: Expr | None) -> list[Function]:
    """Return the functions of a program as written, each once, in order of evaluation."""
    found = [] if program is None else [e.arg for e in program.walk() if isinstance(e.arg, Function)]
    return list({f.key: f for f in found}.values())


def pack_expressions(roots: Sequence[Expr], program: Expr | None) -> tuple[tuple[StoredNode, ...], list[int]]:
    """Return (the nodes, the place of each root), with functions numbered as in `program`. Raises NotStorable."""
    number = {f.key: i for i, f in enumerate(functions_of(program))}
    place: dict[Expr, int] = {}
    nodes: list[StoredNode] = []
    for e in walk(*roots):
        place[e] = len(nodes)
        nodes.append(_packed(e, tuple(place[s] for s in e.src), number))
    return tuple(nodes), [place[e] for e in roots]


def _packed(e: Expr, src: tuple[int, ...], number: dict[Any, int]) -> StoredNode:
    name, arg = e.op.name, e.arg
    if arg is None and e.op is not Op.CONST:
        return StoredNode(name, src)
    if isinstance(arg, Op):
        return StoredNode(name, src, "op", arg.name)
    if e.op not in _MAPS:
        return StoredNode(name, src, "value", arg)
    if isinstance(arg, Table):
        return StoredNode(name, src, "table", tuple(arg.items))
    if isinstance(arg, Tabled):
        return StoredNode(name, src, "codes", tuple(arg.table.items()), arg.label)
    if isinstance(arg, Unloaded):
        return StoredNode(name, src, "function", arg.number, arg.label)
    if arg.key not in number:
        raise NotStorable(arg.original)
    return StoredNode(name, src, "function", number[arg.key], arg.label)


def unpack_expressions(nodes: Iterable[StoredNode]) -> list[Expr]:
    """The inverse of `pack_expressions`. Raises Malformed."""
    built: list[Expr] = []
    for i, n in enumerate(nodes):
        if n.op not in Op.__members__ or any(not 0 <= s < i for s in n.src):
            raise Malformed(f"expression {i} has an unexpected form")
        try:
            built.append(node(Op[n.op], *(built[s] for s in n.src), arg=_argument(n)))
        except (AttributeError, IndexError, KeyError, TypeError, ValueError):
            raise Malformed(f"expression {i} has no argument of the kind {n.kind!r}") from None
    return built


def _argument(n: StoredNode) -> Any:
    """Raises KeyError, TypeError or ValueError for an argument that does not fit its kind or its operation."""
    if (n.kind in ("none", "value")) is (Op[n.op] in _MAPS) or (n.kind == "op" and n.op != "COMPARE"):
        raise ValueError(n.kind)
    if n.kind == "none":
        return None
    if n.kind == "value":
        return n.arg
    if n.kind == "op":
        return Op[n.arg]
    if n.kind == "table":
        return Table(dict(n.arg))
    if n.kind == "codes":
        return Tabled({tuple(args): float(x) for args, x in n.arg}, n.label)
    if n.kind == "function":
        return Unloaded(int(n.arg), n.label)
    raise ValueError(n.kind)


def with_functions(e: Expr, program: Expr) -> Expr:
    """Return an expression from a file with the functions of the program in place of those that are not stored; those
    that the program does not have stay as they are."""
    functions = functions_of(program)

    def change(e: Expr, src: tuple[Expr, ...]) -> Expr:
        arg = e.arg
        if isinstance(arg, Unloaded) and arg.number < len(functions) and functions[arg.number].label == arg.label:
            arg = functions[arg.number]
        return e if src == e.src and arg is e.arg else node(e.op, *src, arg=arg)

    return rebuild(e, change)
