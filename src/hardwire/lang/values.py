"""Values, and the identity of constants.

A value is a bool, int, ratio (`Fraction`), float, str, None, a tuple of values, or any other hashable
object whose `==` answers a bool. nan, complex numbers, containers, functions and anything too large are not.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from dataclasses import fields, is_dataclass
from fractions import Fraction
from numbers import Number
from typing import Any

import numpy as np

from .english import a, a_type

Value = Any
"""A value of the language (see the module's text); Python has no type for it."""

MAX_BITS = 4096
"""Ints, and numerators and denominators of ratios, are exact up to this many bits."""

MAX_LENGTH = 1 << 16
"""The longest string or tuple that `+` may build."""

MAX_NESTING = 64
"""The deepest nesting of tuples."""


class NotAValue(Exception):
    """Raised by `freeze`; the message says why the object is not a value."""


def freeze(x: object, depth: int = 0) -> Value:
    """Return x as a value: NumPy scalars become Python's, any other object stays as it is.

    Raises NotAValue.
    """
    kind = type(x)
    if kind is bool or kind is str or x is None:
        return x
    if kind is int:
        if x.bit_length() > MAX_BITS:  # type: ignore[attr-defined]
            raise NotAValue(f"an int of more than {MAX_BITS} bits is too large")
        return x
    if kind is float:
        if x != x:
            raise NotAValue("nan is not a value")
        return x
    if kind is tuple:
        return _freeze_tuple(x, depth)  # type: ignore[arg-type]
    if kind is Fraction:
        if max(x.numerator.bit_length(), x.denominator.bit_length()) > MAX_BITS:  # type: ignore[attr-defined]
            raise NotAValue(f"a ratio of more than {MAX_BITS} bits is too large")
        return x
    return _freeze_other(x, depth)


def _freeze_tuple(x: tuple[object, ...], depth: int) -> Value:
    if depth >= MAX_NESTING:
        raise NotAValue(f"tuples nested more than {MAX_NESTING} deep are not a value")
    if depth == 0 and any(isinstance(item, tuple) for item in x) and _items(x, {}) > MAX_LENGTH:
        raise NotAValue(f"a tuple of more than {MAX_LENGTH} items in all is too large")
    items = tuple(freeze(item, depth + 1) for item in x)
    if all(a is b for a, b in zip(items, x, strict=True)):
        return x
    if type(x) is tuple:
        return items
    make = getattr(type(x), "_make", None)  # a namedtuple that holds NumPy scalars
    if make is None:
        raise NotAValue(f"{a_type(x)} that holds NumPy scalars is not a value")
    return make(items)


def _items(x: tuple[object, ...], known: dict[int, int], depth: int = 0) -> int:
    """Return the number of items in a tuple and in its nested tuples, repeated ones counted each time."""
    if depth > MAX_NESTING:
        return 0
    if id(x) not in known:
        inner = (_items(item, known, depth + 1) for item in x if isinstance(item, tuple))
        known[id(x)] = len(x) + sum(inner)
    return known[id(x)]


def _freeze_other(x: object, depth: int) -> Value:
    if isinstance(x, np.generic):
        item: object = float(x) if isinstance(x, np.longdouble) else x.item()
        if isinstance(item, np.generic):
            raise NotAValue(f"a NumPy {type(x).__name__} is not a value")
        return freeze(item, depth)
    if isinstance(x, tuple):
        return _freeze_tuple(x, depth)
    name = type(x).__name__
    if isinstance(x, complex):
        raise NotAValue(f"{x} is a complex number, which is not a value")
    if isinstance(x, (list, dict, set, frozenset, bytearray, np.ndarray)):
        raise NotAValue(f"{a(name)} is not a value (a tuple is)")
    if getattr(type(x), "is_hardwire_handle", False):
        raise NotAValue(f"{a(name)} is not a value")
    if isinstance(x, type) or (callable(x) and hasattr(x, "__name__")):
        raise NotAValue(f"the {'class' if isinstance(x, type) else 'function'} {x.__name__} is not a value")
    if hasattr(x, "__next__"):
        raise NotAValue(f"{a(name)} is an iterator, not a value")
    if isinstance(x, (int, Fraction)) and max(x.numerator.bit_length(), x.denominator.bit_length()) > MAX_BITS:
        raise NotAValue(f"{a(name)} of more than {MAX_BITS} bits is too large")
    try:
        hash(x)
        itself = x == x
    except Exception as error:
        raise NotAValue(f"{a(name)} cannot be hashed and compared ({error})") from None
    if itself is not True:
        reason = "is not equal to itself" if itself is False else "answers == with something other than a bool"
        raise NotAValue(f"{name} {x!r:.60} {reason}")
    return x


def is_number(x: Value) -> bool:
    """Whether arithmetic applies: bool, int, ratio, float and their subclasses."""
    return isinstance(x, (int, float, Fraction))


def is_other_number(x: object) -> bool:
    """A number of a kind the language has no arithmetic for (Decimal)."""
    return isinstance(x, Number) and not is_number(x)


class ById:
    """A key of an object, equal only to keys of the same object."""

    __slots__ = ("object",)

    def __init__(self, object: object) -> None:
        self.object = object

    def __hash__(self) -> int:
        return id(self.object)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ById) and other.object is self.object


def exact(x: Value, opaque: Callable[[Value], Hashable] = ById) -> Hashable:
    """Return a key that is equal only for values that no function can distinguish.

    1, True and 1.0 differ, and so do 0.0 and -0.0, in tuples and frozen dataclasses too. Two objects of another type
    may be equal and still differ in what `==` leaves out, so such an object has the key `opaque(x)`: by default it is
    equal only to itself.
    """
    kind = type(x)
    if kind is str or kind is int or x is None:
        return x  # type: ignore[no-any-return]
    if kind is float:
        return (float, x.hex())
    if kind is tuple:
        return (tuple, tuple([exact(item, opaque) for item in x]))
    if kind is bool or kind is Fraction or kind is bytes:
        return (kind, x)
    parts = _parts(x)
    return opaque(x) if parts is None else (kind, tuple([exact(part, opaque) for part in parts]))


def _parts(x: object) -> tuple[object, ...] | None:
    """Everything that a namedtuple or a frozen dataclass consists of; None for other objects."""
    kind = type(x)
    if isinstance(x, tuple):
        return tuple(x) if kind.__base__ is tuple and not hasattr(x, "__dict__") else None
    if not is_dataclass(kind) or not all(is_dataclass(c) or c is object for c in kind.__mro__):
        return None
    names = [f.name for f in fields(kind)]
    state = getattr(x, "__dict__", dict.fromkeys(names))  # with slots there are only the fields
    complete = state.keys() == set(names) and all(hasattr(x, name) for name in names)
    return tuple([getattr(x, name) for name in names]) if complete and kind.__dataclass_params__.frozen else None  # type: ignore[attr-defined]


EXACT = (bool, int, Fraction)
"""Types whose sums, differences, products and quotients are exact; a subclass may define its own."""


def totally_ordered(values: Iterable[Value]) -> bool:
    """Whether the language orders any two of the values, and the order is total: it is transitive, and two values
    of which neither is less than the other are equal.

    True for numbers and for strings, and for tuples of equal length with such values in each place. Ratios next to
    floats have no total order, since two different ratios may have the same nearest float; other types define `<`
    as they please.
    """
    items = list(values)
    types = set(map(type, items))
    if types <= {bool, int, float} or types <= {bool, int, Fraction} or types <= {str}:
        return True
    if types != {tuple} or len(set(map(len, items))) != 1:
        return False
    return all(map(totally_ordered, zip(*items, strict=True)))


def leave(x: Value) -> Value:
    """Return x as users see it: a ratio becomes the nearest float, inside tuples too.

    Raises OverflowError where a ratio is too large for a float.
    """
    kind = type(x)
    if kind is Fraction:
        return x.numerator / x.denominator
    if isinstance(x, tuple) and any(isinstance(item, (Fraction, tuple)) for item in x):
        items = tuple(leave(item) for item in x)
        return items if kind is tuple else kind._make(items) if hasattr(kind, "_make") else x
    return x
