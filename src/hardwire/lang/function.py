"""The user's functions as data: frozen when the program is built, and comparable."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Hashable, Mapping
from fractions import Fraction
from functools import cached_property, partial
from types import BuiltinFunctionType, CellType, FunctionType, MethodType
from typing import Any
from zlib import crc32

import numpy as np

from .values import ById, NotAValue, Value, exact, freeze


class Function:
    """A pure Python function in a program.

    Its closure is read when it is constructed, so that a loop variable changed later cannot change the program. Two
    functions are equal if they are one object, or have the same code, closure values, defaults, attributes and globals.
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
        plain = self.original.func if type(self.original) is partial else self.original
        name = getattr(plain, "__qualname__", "")
        if "<lambda>" in name or "<locals>" in name or self.call is not self.original:
            raise pickle.PicklingError(
                f"{self.label} cannot be pickled: define it with `def` at the top of a module, and pickle again"
            )
        return Function, (self.original,)


class Table:
    """A dict given to `.map`: the value at an equal key; an absent key fails."""

    __slots__ = ("_floats", "_nearest", "items", "key", "label", "table")

    def __init__(self, items: Mapping[Any, Any]) -> None:
        """Raises NotAValue if a key or an item of the dict is not a value."""
        self.table: dict[Value, Value] = {}
        for k, v in items.items():
            try:
                self.table[freeze(k)] = freeze(v)
            except NotAValue as error:
                raise NotAValue(f"at key {k!r:.40}: {error}") from None
        self.items = tuple(self.table.items())
        # A float that meets a ratio is equal to it if it is the nearest float; an int is only if it is the ratio.
        self._floats: dict[Value, Value] = {k: v for k, v in self.items if isinstance(k, float)}
        self._nearest = {nearest(k): v for k, v in reversed(self.items) if type(k) is Fraction}
        self.key: Hashable = (Table, tuple([(exact(k), exact(v)) for k, v in self.items]))
        shown = ", ".join(f"{k!r}: {v!r}" for k, v in self.items[:4])
        self.label = "{" + shown[:60] + (", …}" if len(self.items) > 4 or len(shown) > 60 else "}")

    def __call__(self, x: Value) -> Value:
        if x in self.table:
            return self.table[x]
        if type(x) is Fraction and nearest(x) in self._floats:
            return self._floats[nearest(x)]
        if isinstance(x, float) and x in self._nearest:
            return self._nearest[x]
        raise KeyError(f"{x!r} is not a key of the dict")

    def __reduce__(self) -> Any:
        return Table, (dict(self.items),)


class Tabled:
    """A function that the compiler made: the number at each combination of values of its arguments.

    Equal tables are one function, so the label depends on the table alone.
    """

    def __init__(self, table: Mapping[tuple[Value, ...], float]) -> None:
        self.table = dict(table)
        self.key: Hashable = (Tabled, tuple((tuple(map(exact, k)), v) for k, v in self.table.items()))
        self.original = self

    @cached_property
    def label(self) -> str:
        """What it indicates, or its first numbers and a checksum of all."""
        return _told(self.table)

    def __call__(self, *args: Value) -> Value:
        y = self.table[args]
        return int(y) if y == int(y) else y

    def __reduce__(self) -> Any:
        return Tabled, (self.table,)


def _told(table: Mapping[tuple[Value, ...], float]) -> str:
    """A label for a table: what it indicates, or its first numbers and a checksum of all."""
    numbers = list(table.values())
    if len(numbers) > 2 and numbers == [i * i for i in range(len(numbers))]:
        return "squared"
    if sorted(numbers)[:-1] == [0.0] * (len(numbers) - 1) and max(numbers, default=0) == 1:
        return f"code of {', '.join(repr(x) for args, y in table.items() if y for x in args)}"
    text = " ".join(f"{y + 0.0:g}" for y in numbers)
    return f"code {text if len(text) <= 24 else f'{text[:12]}… {crc32(text.encode()):08x}'}"


def nearest(x: Fraction) -> float | Fraction:
    """Return the float nearest to a ratio; beyond all floats the ratio itself, which equals no float."""
    try:
        return x.numerator / x.denominator
    except OverflowError:
        return x


def label(f: object) -> str:
    """The name of f for messages."""
    if type(f) is partial:
        return label(f.func)
    name = getattr(f, "__name__", None) or type(f).__name__
    return "lambda" if name == "<lambda>" else str(name)


def _frozen(f: Any, done: dict[int, Any] | None = None) -> Any:
    """Return f with a copy of its closure, also in functions that it refers to; f itself if nothing can change."""
    done = {} if done is None else done
    if id(f) in done:
        return done[id(f)]
    if type(f) is partial:
        inner = _frozen(f.func, done)
        return f if inner is f.func else partial(inner, *f.args, **f.keywords)
    if not isinstance(f, FunctionType) or not f.__closure__:
        return f
    cells = tuple(CellType() if _is_assigned(cell) else cell for cell in f.__closure__)
    copy = done[id(f)] = FunctionType(f.__code__, f.__globals__, f.__name__, f.__defaults__, cells)
    copy.__kwdefaults__, copy.__qualname__ = f.__kwdefaults__, f.__qualname__
    copy.__dict__.update(f.__dict__)
    for new, old in zip(cells, f.__closure__, strict=True):
        if new is not old:  # filled after the copy is known, since a function may refer to itself
            new.cell_contents = _frozen(old.cell_contents, done)
    return copy


def _is_assigned(cell: CellType) -> bool:
    try:
        cell.cell_contents  # noqa: B018
    except ValueError:  # the variable of the closure is not assigned yet
        return False
    return True


def identity(f: object, seen: tuple[int, ...] = ()) -> Hashable:
    """Return a key that is equal for functions that count as the same."""
    if isinstance(f, MethodType):
        return (MethodType, ById(f.__self__), identity(f.__func__, seen))
    if isinstance(f, BuiltinFunctionType) and getattr(f, "__self__", None) is not None:
        return (BuiltinFunctionType, f.__name__, ById(f.__self__))
    if type(f) is partial:
        kwargs = tuple((k, _held_key(x, seen)) for k, x in f.keywords.items())
        return (partial, identity(f.func, seen), tuple(_held_key(x, seen) for x in f.args), kwargs)
    if not isinstance(f, FunctionType):
        return ById(f)
    if id(f) in seen:  # a function that refers to itself
        return ("enclosing", seen.index(id(f)))
    seen = (*seen, id(f))
    kwdefaults = tuple(sorted((f.__kwdefaults__ or {}).items()))
    return (
        ById(f.__code__),
        ById(f.__globals__),
        tuple(_cell_key(cell, seen) for cell in f.__closure__ or ()),
        tuple(_held_key(x, seen) for x in f.__defaults__ or ()),
        tuple((k, _held_key(x, seen)) for k, x in kwdefaults),
        tuple((k, _held_key(x, seen)) for k, x in f.__dict__.items()),
    )


def _cell_key(cell: CellType, seen: tuple[int, ...]) -> Hashable:
    return _held_key(cell.cell_contents, seen) if _is_assigned(cell) else ById(cell)


def _held_key(x: object, seen: tuple[int, ...]) -> Hashable:
    """A key of something a function holds: by value where it is one, else by identity. NumPy computes with the type."""
    if isinstance(x, (FunctionType, MethodType, partial)):
        return identity(x, seen)
    if isinstance(x, np.generic):
        return (type(x), x.dtype, x.tobytes())
    try:
        return exact(x) if freeze(x) is x else ById(x)
    except NotAValue:
        return ById(x)
