"""Expressions in files: every node once, sources first, without running or storing any of the author's Python.

A function of the author's is stored as its number among the functions of the program as written, in order of
evaluation, and as a table of its results where these are known. Loading a file leaves an `Unloaded` function in its
place, which looks results up, until the program is given again. A few of Python's own functions are stored by name.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..lang.expr import Expr, Op, node, rebuild, walk
from ..lang.function import Function, Table, Tabled
from ..lang.values import Value, exact, freeze
from .codec import Malformed, NotStorable

_MAPS = (Op.MAP, Op.COMPARE)

Rows = tuple[tuple[tuple[Value, ...], Value], ...]
"""A function as a table: (arguments, result) wherever it has a result."""
RowsByFunction = Mapping[Hashable, Rows]
"""The rows of functions, by their keys."""

_BUILTIN: dict[str, Any] = {f.__name__: f for f in (abs, bool, chr, float, int, len, max, min, ord, str)}
"""Functions of Python that are stored by name: they run no other code on values."""


def is_portable(f: Function) -> bool:
    """Whether a function is one that files store by name."""
    return _BUILTIN.get(f.label) is f.original


@dataclass(frozen=True)
class StoredNode:
    """One node. `kind` says what `arg` is: "none", "value", "op" (a comparison, by name), "table" (pairs of a key and a
    value), "codes" (pairs of arguments and a number), "builtin" (a name), or "function" (its number), whose results are
    `rows`, None where they are not known."""

    op: str
    src: tuple[int, ...]
    kind: str = "none"
    arg: Any = None
    label: str = ""
    rows: tuple[tuple[Any, ...], ...] | None = None


class Unloaded:
    """A function of the author's in an expression from a file, known by its number, its label, and its results."""

    __slots__ = ("_equal", "_exact", "key", "label", "number", "original", "rows")

    def __init__(self, number: int, label: str, rows: Rows | None = None) -> None:
        self.number, self.label, self.rows = number, label, rows
        told = None if rows is None else tuple((tuple(map(exact, args)), exact(y)) for args, y in rows)
        self.key = (Unloaded, number, label, told)
        self.original = None
        self._exact = {tuple(map(exact, args)): y for args, y in rows or ()}
        self._equal = dict(reversed(rows or ()))

    def __call__(self, *args: Value) -> Value:
        if self.rows is None:
            raise ValueError(f"the function {self.label} is not stored in the file: give the program")
        found = self._exact.get(tuple(map(exact, args)), _NOTHING)
        found = self._equal.get(args, _NOTHING) if found is _NOTHING else found
        if found is _NOTHING:
            raise ValueError(f"the table of {self.label} has no result for {', '.join(map(repr, args))}")
        return found

    def __reduce__(self) -> Any:
        return Unloaded, (self.number, self.label, self.rows)


_NOTHING: Any = object()


def functions_of(program: Expr | None) -> list[Function]:
    """Return the functions of a program as written, each once, in order of evaluation."""
    found = [] if program is None else [e.arg for e in program.walk() if isinstance(e.arg, Function)]
    return list({f.key: f for f in found}.values())


def without_functions(e: Expr, program: Expr | None, tables: RowsByFunction | None) -> Expr:
    """Return an expression with the author's functions as data, numbered as in `program`; those that it does not have
    stay as they are."""
    number = {f.key: i for i, f in enumerate(functions_of(program))}

    def change(e: Expr, src: tuple[Expr, ...]) -> Expr:
        arg = e.arg
        if isinstance(arg, Function) and not is_portable(arg) and arg.key in number:
            arg = Unloaded(number[arg.key], arg.label, None if tables is None else tables.get(arg.key))
        return e if src == e.src and arg is e.arg else node(e.op, *src, arg=arg)

    return rebuild(e, change)


def is_stored_of(stored: Expr, own: Expr) -> bool:
    """Whether a program comes from a file that another one was stored in: they differ in functions alone, and the
    author's have the results that the file has. They may have more, so what is proved of `own` is true of `stored`, and
    not the other way round."""
    functions = functions_of(own)
    tables = {x.arg.number: x.arg for x in stored.walk() if isinstance(x.arg, Unloaded)}
    if not tables or any(f.rows is None or not 0 <= k < len(functions) for k, f in tables.items()):
        return False
    return with_functions(stored, own) is own and all(_agrees(f, functions[k]) for k, f in tables.items())


def _agrees(stored: Unloaded, f: Function) -> bool:
    """Whether a function has the results that are stored of it."""
    try:
        return all(exact(freeze(f(*args))) == exact(y) for args, y in stored.rows or ())
    except Exception:  # the author's function may raise anything
        return False


def has_functions(*programs: Any) -> bool:
    """Whether some programs (expressions or sops, or None) need the author's Python: a function that is neither stored
    by name nor a table."""
    for x in walk(*(getattr(p, "expr", p) for p in programs if p is not None)):
        own = isinstance(x.arg, Function) and not is_portable(x.arg)
        if own or (isinstance(x.arg, Unloaded) and x.arg.rows is None):
            return True
    return False


def pack_expressions(
    roots: Sequence[Expr], program: Expr | None, tables: RowsByFunction | None = None
) -> tuple[tuple[StoredNode, ...], list[int]]:
    """Return (the nodes, the place of each root), with functions numbered as in `program`. Raises NotStorable."""
    place: dict[Expr, int] = {}
    nodes: list[StoredNode] = []
    stored = [without_functions(e, program, tables) for e in roots]
    for e in walk(*stored):
        place[e] = len(nodes)
        nodes.append(_packed(e, tuple(place[s] for s in e.src)))
    return tuple(nodes), [place[e] for e in stored]


def _packed(e: Expr, src: tuple[int, ...]) -> StoredNode:
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
        return StoredNode(name, src, "function", arg.number, arg.label, arg.rows)
    if isinstance(arg, Function) and is_portable(arg):
        return StoredNode(name, src, "builtin", arg.label)
    raise NotStorable(arg.original)


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
        return Tabled({tuple(args): float(x) for args, x in n.arg})
    if n.kind == "builtin":
        return Function(_BUILTIN[n.arg])
    if n.kind == "function":
        rows = None if n.rows is None else tuple((tuple(args), y) for args, y in n.rows)
        return Unloaded(int(n.arg), n.label, rows)
    raise ValueError(n.kind)


def with_functions(e: Expr, program: Expr) -> Expr:
    """Return an expression from a file with the functions of the program in place of those that are not stored; those
    that the program does not have stay as they are."""
    if not any(isinstance(x.arg, Unloaded) for x in e.walk()):
        return e
    functions = functions_of(program)

    def change(e: Expr, src: tuple[Expr, ...]) -> Expr:
        arg = e.arg
        if isinstance(arg, Unloaded) and arg.number < len(functions) and functions[arg.number].label == arg.label:
            arg = functions[arg.number]
        return e if src == e.src and arg is e.arg else node(e.op, *src, arg=arg)

    return rebuild(e, change)
