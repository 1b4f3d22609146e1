"""Values and frozen dataclasses as JSON and back, exactly, and without executing any code.

`pack` and `unpack` follow the types of a dataclass's fields, so a file can only produce objects of the expected types.
`Any` stands for a value of the language.
"""

from __future__ import annotations

import math
import types
import typing
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from ..errors import HardwireError
from ..lang.english import a_type
from ..lang.text import constant
from ..lang.values import MAX_NESTING, NotAValue, Value, freeze
from ..numeric.floats import FLOAT64

T = TypeVar("T")

Json = Any
"""What `json` reads and writes."""

ARRAYS = (np.ndarray, typing.get_origin(npt.NDArray[Any]))
"""What the types of arrays are made from; NumPy 2.5 has a name of its own for it."""
TRANSIENT: Mapping[str, bool] = {"transient": True}
"""The metadata of a dataclass field that `pack` leaves out; such a field has a default."""

_SAFE = FLOAT64.exact_integers
"""Larger integers than this are not exact in every reader of JSON, so they are written in hexadecimal."""


class NotStorable(Exception):
    """A value of a type that has no exact form in JSON; the message names it."""

    def __init__(self, value: Value) -> None:
        super().__init__(f"{constant(value)} is {a_type(value)}")
        self.value = value


class Malformed(Exception):
    """JSON that `pack` does not write; the message names the place."""


def pack_value(v: Value) -> Json:
    """Return a value as JSON: strings, small ints, bools and None as they are, others tagged. Raises NotStorable."""
    kind = type(v)
    if v is None or kind is bool or kind is str:
        return v
    if kind is int:
        return v if abs(v) <= _SAFE else {"int": hex(v)}
    if kind is float:
        return {"float": v.hex()}
    if kind is Fraction:
        return {"ratio": [hex(v.numerator), hex(v.denominator)]}
    if kind is tuple:
        return {"tuple": [pack_value(item) for item in v]}
    raise NotStorable(v)


def unpack_value(data: Json, where: str, depth: int = 0) -> Value:
    """Raises Malformed."""
    if data is None or type(data) in (bool, str, int):
        return data
    if type(data) is dict and len(data) == 1 and depth <= MAX_NESTING:
        [(tag, x)] = data.items()
        try:
            if tag == "int" and type(x) is str:
                return freeze(int(x, 16))
            if tag == "float" and type(x) is str:
                return freeze(float.fromhex(x))
            if tag == "ratio" and type(x) is list and len(x) == 2:
                return freeze(Fraction(int(x[0], 16), int(x[1], 16)))
            if tag == "tuple" and type(x) is list:
                return tuple(unpack_value(item, where, depth + 1) for item in x)
        except (NotAValue, ValueError, TypeError, OverflowError, ZeroDivisionError):
            pass
    raise Malformed(f"{where} is not a value")


def pack(x: Any, kind: Any) -> Json:
    """Return x, of the type `kind`, as JSON. Raises NotStorable."""
    if kind is Any:
        return pack_value(x)
    if kind is float:
        return float(x) if math.isfinite(x) else str(float(x))
    if _is_record(kind):
        return {name: pack(getattr(x, name), hint) for name, hint in hints(kind).items()}
    if _is_array(kind):
        return [float(number) for number in x]
    if typing.get_origin(kind) is tuple:
        return [pack(item, typing.get_args(kind)[0]) for item in x]
    if typing.get_origin(kind) in (types.UnionType, typing.Union):
        return None if x is None else pack(x, _not_none(kind))
    if kind not in (bool, int, str):
        raise TypeError(f"pack does not know the type {kind}")
    return kind(x)


def unpack(data: Json, kind: type[T], where: str = "the metadata") -> T:
    """The inverse of `pack`. Raises Malformed."""
    return typing.cast(T, _unpack(data, kind, where))


def _unpack(data: Json, kind: Any, where: str) -> Any:
    if kind is Any:
        return unpack_value(data, where)
    if kind is float:
        if type(data) in (int, float) or data in ("inf", "-inf"):
            return float(data)
    elif _is_record(kind):
        return _unpack_fields(data, kind, where)
    elif _is_array(kind):
        if type(data) is list and all(type(number) in (int, float) for number in data):
            return np.array(data, np.float64)
    elif typing.get_origin(kind) is tuple:
        if type(data) is list:
            item = typing.get_args(kind)[0]
            return tuple(_unpack(x, item, f"{where}[{i}]") for i, x in enumerate(data))
    elif typing.get_origin(kind) in (types.UnionType, typing.Union):
        return None if data is None else _unpack(data, _not_none(kind), where)
    elif type(data) is kind:
        return data
    raise Malformed(f"{where} has an unexpected form")


def _unpack_fields(data: Json, kind: Any, where: str) -> Any:
    expected = hints(kind)
    # A file may be older than a field; then the field has its default.
    needed = {f.name for f in fields(kind) if f.default is MISSING and f.default_factory is MISSING}
    if type(data) is not dict or not needed <= data.keys() <= expected.keys():
        raise Malformed(f"{where} does not have the fields {', '.join(expected)}")
    parts = {name: _unpack(data[name], hint, f"{where}.{name}") for name, hint in expected.items() if name in data}
    try:
        return kind(**parts)
    except HardwireError as error:
        raise Malformed(f"{where}: {error}") from None


@lru_cache
def hints(kind: Any) -> Mapping[str, Any]:
    """Return the types of a dataclass's fields, except those that are never stored (metadata `TRANSIENT`)."""
    types_of = typing.get_type_hints(kind)
    return {f.name: types_of[f.name] for f in fields(kind) if f.metadata != TRANSIENT}


def _is_record(kind: Any) -> bool:
    return is_dataclass(kind)


def _is_array(kind: Any) -> bool:
    return typing.get_origin(kind) in ARRAYS


def _not_none(kind: Any) -> Any:
    (rest,) = [k for k in typing.get_args(kind) if k is not type(None)]
    return rest
