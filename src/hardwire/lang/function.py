"""Functions given by the user, as data: frozen when the program is built, the same when they must be the same."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Hashable, Mapping
from types import BuiltinFunctionType, CellType, FunctionType, MethodType
from typing import Any

from .values import NotAValue, Value, exact, freeze


class ById:
    """A key that holds an object and is equal only to a key of that very object."""

    __slots__ = ("object",)

    def __init__(self, object: object) -> None:
        self.object = object

    def __hash__(self) -> int:
        return id(self.object)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ById) and other.object is self.object


class Function:
    """A pure Python function as a program holds it.

    Its closure is read now, so that a loop variable changed later cannot change the program. Two functions
    are the same when they are one object, or have the same code, closure values, defaults and globals.
    """

    __slots__ = ("call", "key", "label", "original")

    def __init__(self, f: Callable[..., Any]) -> None:
        self.original = f
        self.call = _frozen(f)
        self.key = identity(f)
        self.label = label(f)

    def __call__(self, *args: Value) -> object:
        return self.call(*args)

    def __reduce__(self) -> Any:
        name = getattr(self.original, "__qualname__", "")
        if "<lambda>" in name or "<locals>" in name or self.call is not self.original:
            raise pickle.PicklingError(
                f"{self.label} cannot be pickled: define it with `def` at the top of a module, and pickle again"
            )
        return Function, (self.original,)


class Table:
    """A dict given to `.map`: the value at an equal key; an absent key fails."""

    __slots__ = ("items", "key", "label", "table")

    def __init__(self, items: Mapping[Any, Any]) -> None:
        """Raises NotAValue where a key or a value is none."""
        self.table: dict[Value, Value] = {}
        for k, v in items.items():
            try:
                self.table[freeze(k)] = freeze(v)
            except NotAValue as error:
                raise NotAValue(f"at key {k!r:.40}: {error}") from None
        self.items = tuple(self.table.items())
        self.key: Hashable = (Table, frozenset((exact(k), exact(v)) for k, v in self.items))
        shown = ", ".join(f"{k!r}: {v!r}" for k, v in self.items[:4])
        self.label = "{" + shown[:60] + (", …}" if len(self.items) > 4 or len(shown) > 60 else "}")

    def __call__(self, x: Value) -> Value:
        try:
            return self.table[x]
        except KeyError:
            raise KeyError(f"{x!r} is not a key of the dict") from None

    def __reduce__(self) -> Any:
        return Table, (dict(self.items),)


def label(f: object) -> str:
    """The name a person knows f by."""
    name = getattr(f, "__name__", None) or type(f).__name__
    return "lambda" if name == "<lambda>" else str(name)


def _frozen(f: Callable[..., Any]) -> Callable[..., Any]:
    if not isinstance(f, FunctionType) or not f.__closure__:
        return f
    copy = FunctionType(
        f.__code__, f.__globals__, f.__name__, f.__defaults__, tuple(map(_frozen_cell, f.__closure__))
    )
    copy.__kwdefaults__ = f.__kwdefaults__
    copy.__qualname__ = f.__qualname__
    return copy


def _frozen_cell(cell: CellType) -> CellType:
    try:
        return CellType(cell.cell_contents)
    except ValueError:  # not assigned yet (a function that will refer to itself): nothing to freeze
        return cell


def identity(f: object, seen: tuple[int, ...] = ()) -> Hashable:
    """A key equal for functions that must count as the same."""
    if isinstance(f, MethodType):
        return (MethodType, ById(f.__self__), identity(f.__func__, seen))
    if isinstance(f, BuiltinFunctionType) and getattr(f, "__self__", None) is not None:
        return (BuiltinFunctionType, f.__name__, ById(f.__self__))
    if not isinstance(f, FunctionType) or id(f) in seen:
        return ById(f)
    seen = (*seen, id(f))
    kwdefaults = tuple(sorted((f.__kwdefaults__ or {}).items()))
    return (
        ById(f.__code__),
        ById(f.__globals__),
        tuple(_cell_key(cell, seen) for cell in f.__closure__ or ()),
        tuple(_held_key(x, seen) for x in f.__defaults__ or ()),
        tuple((k, _held_key(x, seen)) for k, x in kwdefaults),
    )


def _cell_key(cell: CellType, seen: tuple[int, ...]) -> Hashable:
    try:
        return _held_key(cell.cell_contents, seen)
    except ValueError:
        return ById(cell)


def _held_key(x: object, seen: tuple[int, ...]) -> Hashable:
    """A key of something a function holds: by value where it is one, else by identity."""
    if isinstance(x, (FunctionType, MethodType)):
        return identity(x, seen)
    try:
        return exact(freeze(x))
    except NotAValue:
        return ById(x)
