"""Values, user functions and relations of every kind, sensible and absurd ones alike: parts of wide programs."""

from __future__ import annotations

import datetime
import enum
import operator
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np


class Colour(enum.Enum):
    """Values of a kind the language knows nothing about."""

    RED = 1
    BLUE = 2


@dataclass(frozen=True, order=True)
class Card:
    """A value of a user's own type, with an order."""

    rank: int


@dataclass(frozen=True)
class Parcel:
    """Equal where what it holds is equal: Parcel(1), Parcel(True) and Parcel(1.0) are, and read differently."""

    content: Any


class Loose:
    """Equal whatever the case of its letters, which `repr` shows."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Loose) and self.text.lower() == other.text.lower()

    def __hash__(self) -> int:
        return hash(self.text.lower())

    def __repr__(self) -> str:
        return f"Loose({self.text!r})"


class Near:
    """Equal to its neighbours, so that equality is not transitive; all have one hash."""

    def __init__(self, number: int) -> None:
        self.number = number

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Near) and abs(self.number - other.number) <= 1

    def __hash__(self) -> int:
        return 0

    def __repr__(self) -> str:
        return f"Near({self.number})"


@dataclass(frozen=True)
class Letters:
    """A set of letters, ordered by inclusion: a partial order."""

    letters: str

    def __lt__(self, other: object) -> bool:
        return set(self.letters) < set(other.letters) if isinstance(other, Letters) else NotImplemented

    def __le__(self, other: object) -> bool:
        return set(self.letters) <= set(other.letters) if isinstance(other, Letters) else NotImplemented

    def __gt__(self, other: object) -> bool:
        return set(self.letters) > set(other.letters) if isinstance(other, Letters) else NotImplemented

    def __ge__(self, other: object) -> bool:
        return set(self.letters) >= set(other.letters) if isinstance(other, Letters) else NotImplemented


class Level(enum.IntEnum):
    """Ints of a type of their own."""

    LOW = 1
    HIGH = 2


@dataclass(frozen=True)
class Point:
    """Values with a partial order: neither of two may be less."""

    x: int
    y: int

    def __lt__(self, other: object) -> bool:
        return self != other and self.x <= other.x and self.y <= other.y if isinstance(other, Point) else NotImplemented

    def __gt__(self, other: object) -> bool:
        return self != other and self.x >= other.x and self.y >= other.y if isinstance(other, Point) else NotImplemented


INF = float("inf")
SMALL: list[Any] = [0, 1, 2, 3, -1, 5]
BIG: list[Any] = [s * (2**p + d) for p in (31, 53, 62, 63, 64, 200) for d in (-1, 0, 1) for s in (1, -1)]
FLOATS: list[Any] = [
    0.0, -0.0, 0.5, 1.0, -1.5, 2.0, 0.1, 0.2, 0.3, 0.7, 1.1, 1e16, -1e16, 2.0**53, 2.0**62, 2.0**64,
    1e308, 5e-324, INF, -INF,
]  # fmt: skip
RATIOS: list[Any] = [Fraction(1, 2), Fraction(1, 3), Fraction(-7, 3), Fraction(2), Fraction(1, 10), Fraction(2**64, 3)]
BOOLS: list[Any] = [True, False]
WORDS: list[Any] = ["a", "b", "1", "0", "", "ab", "\N{GRINNING FACE}"]
TUPLES: list[Any] = [(), (1,), (True,), (1.0,), (1, "a"), ("b", 2), (Fraction(1, 3), 0.0), (-0.0,), ((1,), None)]
OTHERS: list[Any] = [None, Colour.RED, Colour.BLUE, Card(1), Card(2), Level.LOW, Level.HIGH, b"a"]
POINTS: list[Any] = [Point(0, 1), Point(1, 0), Point(1, 1), Point(0, 0)]
OWN: list[Any] = [
    Parcel(1), Parcel(True), Parcel(1.0), Parcel(0.0), Parcel(-0.0), Parcel((1,)), Parcel((True,)),
    Loose("a"), Loose("A"), Loose("b"), Near(0), Near(1), Near(2), Letters("a"), Letters("b"), Letters("ab"),
    (Parcel(1), Loose("a")), (Parcel(True), Loose("A")), datetime.date(2020, 2, 29), datetime.date(2021, 1, 1),
]  # fmt: skip
ANY: list[Any] = [*SMALL, *BIG, *FLOATS, *RATIOS, *BOOLS, *WORDS, *TUPLES, *OTHERS, *OWN, *POINTS]
NUMPY: list[Any] = [np.int64(3), np.float32(0.5), np.bool_(True), np.str_("a"), np.uint64(2**64 - 1)]


# Functions of users: pure, some of them not defined everywhere.


def parity(x: Any) -> Any:
    return x % 2


def twice(x: Any) -> Any:
    return x + x


def described(x: Any) -> str:
    return f"{type(x).__name__}:{x!r}"


def picky(x: Any) -> Any:
    if x == 1:
        raise ValueError("not one")
    return x


def nothing_but(x: Any) -> Any:
    return [x] if x == 2 else float("nan") if x == 0 else complex(0, 1) if x == "a" else x


def numpy_of(x: Any) -> Any:
    return np.float64(x)


def half(x: Any) -> Fraction:
    return Fraction(x) / 2


def joined(a: Any, b: Any) -> Any:
    return a + b


def smaller(a: Any, b: Any) -> Any:
    return min(a, b)


def either(a: Any, b: Any, c: Any) -> Any:
    return a or b or c


def same_parity(k: Any, q: Any) -> bool:
    return bool(k % 2 == q % 2)


def truthy(k: Any, q: Any) -> Any:
    return k and q


def same_type(k: Any, q: Any) -> bool:
    return type(k) is type(q)


def touchy(k: Any, q: Any) -> bool:
    if k == q == 1:
        raise KeyError(k)
    return bool(k == q or k is None)


ONE: list[Callable[[Any], Any]] = [
    parity, twice, described, picky, nothing_but, numpy_of, half,
    str, len, int, bool, ord, hash, type(None).__bool__,  # type: ignore[attr-defined]
    repr, operator.neg, lambda x: (x, 1), lambda x: None,
]  # fmt: skip
TWO: list[Callable[[Any, Any], Any]] = [
    joined, smaller, operator.sub, lambda a, b: (a, b), lambda a, b: a if b else None,
]  # fmt: skip
TABLES: list[dict[Any, Any]] = [
    {0: "zero", 1: True, 2: 2.0},
    {"a": 1, "b": -0.0, "1": 10**30, None: Fraction(1, 3)},
    {0.5: 0, Fraction(1, 3): "third", 1.0: None, (): (1,), 0: 0},
    {True: False, False: True},
]
RELATIONS: list[Any] = [
    same_parity, truthy, same_type, touchy, "==", "<", operator.ge, operator.ne, lambda k, q: q > k + 1,
]  # fmt: skip
MEMBERS: list[Any] = ["ab1", [1, "a", None], (0.5, Fraction(1, 3)), {2, "b"}, range(3), {True: 0}, [], [(1.0,), -0.0]]
