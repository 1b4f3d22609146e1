"""Programs, inputs and vocabularies over values of every kind, sensible parts and absurd ones alike.

The generator is `hardwire.random_programs`; this gives it the values, the functions and the options of the wildest
programs.
`program(rng)` and `tokens_of(rng)` are seeded by a `random.Random`; `programs()` and `inputs()` are the same as
hypothesis strategies, which shrink.
"""

from __future__ import annotations

import datetime
import enum
import itertools
import operator
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np
from hypothesis import strategies as st

from attack import Case
from hardwire import Selector, SOp
from hardwire.lang.expr import KEEP_BOOLS, node
from hardwire.random_programs import STEPS, Options, Parts, Signature, grown, idiom
from hardwire.random_programs.options import FUNCTIONS, PREDICATES
from hardwire.random_programs.steps import added


class Colour(enum.Enum):
    """Values of a kind the language knows nothing about."""

    RED = 1
    BLUE = 2


@dataclass(frozen=True, order=True)
class Card:
    """A value of a user's own type, with an order."""

    rank: int


@dataclass(frozen=True)
class Box:
    """Equal where what it holds is equal: Box(1), Box(True) and Box(1.0) are, and read differently."""

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
class Part:
    """A set of letters, ordered by inclusion: a partial order."""

    letters: str

    def __lt__(self, other: object) -> bool:
        return set(self.letters) < set(other.letters) if isinstance(other, Part) else NotImplemented

    def __le__(self, other: object) -> bool:
        return set(self.letters) <= set(other.letters) if isinstance(other, Part) else NotImplemented

    def __gt__(self, other: object) -> bool:
        return set(self.letters) > set(other.letters) if isinstance(other, Part) else NotImplemented

    def __ge__(self, other: object) -> bool:
        return set(self.letters) >= set(other.letters) if isinstance(other, Part) else NotImplemented


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
    Box(1), Box(True), Box(1.0), Box(0.0), Box(-0.0), Box((1,)), Box((True,)), Loose("a"), Loose("A"), Loose("b"),
    Near(0), Near(1), Near(2), Part("a"), Part("b"), Part("ab"), (Box(1), Loose("a")), (Box(True), Loose("A")),
    datetime.date(2020, 2, 29), datetime.date(2021, 1, 1),
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
    return k % 2 == q % 2


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
    str, len, int, bool, ord, hash, type(None).__bool__, repr, operator.neg, lambda x: (x, 1), lambda x: None,
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


def kept(p: Parts) -> tuple[str, SOp]:
    """A sum or mean that leaves a single Boolean what it is; rewriting makes such."""
    kind, made = added(p)
    return kind, SOp(node(made.expr.op, *made.expr.src, arg=KEEP_BOOLS))


WILD = Options(
    vocab=("a", "b", "1"),
    constants={
        "int": (*SMALL * 100, *BIG, *FLOATS, *RATIOS, True),
        "real": (*SMALL * 5, *FLOATS, *RATIOS),
        "bool": (True, False),
        "any": (*ANY, *NUMPY),
    },
    functions=(
        *FUNCTIONS,
        *(Signature(("",), "any", f) for f in (*ONE, *TABLES)),
        *(Signature(("", ""), "any", f) for f in TWO * 2),
        Signature(("", "", ""), "any", either),
    ),
    predicates=(*PREDICATES, *(Signature(("", ""), "", f) for f in RELATIONS)),
    members=tuple(MEMBERS),
    steps=(*STEPS, kept),
    mixed=0.1,
    lists=True,
    bounded=False,
)


def program(rng: random.Random, steps: int | None = None) -> SOp | Selector:
    """A random program or selector of a few operations."""
    made = grown(rng, rng.randrange(2, 12) if steps is None else steps, WILD).made
    return max(made[-4:], key=lambda x: min(x.size, 60))


def to_compile(rng: random.Random, vocab: Sequence[Any]) -> SOp:
    """A random program, more often than not of a shape which a compiler rewrites; of a selector its width."""
    parts = grown(rng, rng.randrange(1, 8), replace(WILD, vocab=tuple(vocab)))
    if rng.random() < 0.6:
        return idiom(parts)[1]
    made = parts.made[-1]
    return made.width() if isinstance(made, Selector) else made


def vocabulary(rng: random.Random) -> list[Any]:
    """One to four values of one kind or of many, no two of which are equal."""
    mixed = [*SMALL, *FLOATS, *RATIOS, *BOOLS]
    pools: list[list[Any]] = [
        SMALL, [0, 1, 2], BOOLS, FLOATS, FLOATS, BIG, RATIOS, WORDS, list("ab10"), TUPLES, OTHERS, POINTS, OWN,
        mixed, mixed, [1, True, 1.0, "1", None], ANY,
    ]  # fmt: skip
    pool, found = rng.choice(pools), []
    for _ in range(rng.choice([1, 2, 2, 3, 3, 4])):
        v = rng.choice(pool)
        if not any(v == other for other in found):
            found.append(v)
    return found


def case(seed: int, few: int = 300, some: int = 200) -> tuple[Case, list[list[Any]]]:
    """A program to compile with everything else drawn too, and inputs: all of a length where they are few, or some."""
    rng = random.Random(seed)
    vocab, max_len = vocabulary(rng), rng.choice([1, 2, 3, 3, 4, 5])
    dtype = rng.choice(["float32"] * 9 + ["float64"])
    made = Case(
        f"seed {seed}", to_compile(rng, vocab), tuple(vocab), max_len,
        causal=rng.random() < 0.3, reuse=rng.random() < 0.1, dtype=dtype,
    )  # fmt: skip
    inputs: list[list[Any]] = []
    for n in range(max_len + 1):
        if len(vocab) ** n <= few:
            inputs += map(list, itertools.product(vocab, repeat=n))
        else:
            inputs += [rng.choices(vocab, k=n) for _ in range(some)]
    return made, inputs


def tokens_of(rng: random.Random, n: int | None = None) -> str | list[Any]:
    """A random input of a few tokens: a string, or a list of values of one kind or of many."""
    if n is None:
        n = rng.choice([0, 1, 2, 3, 3, 4, 4, 4, 5, 6, 9])
    kind = rng.randrange(9)
    if kind == 0:
        return "".join(rng.choice("ab10\N{GRINNING FACE}") for _ in range(n))
    mixed = [*SMALL, *FLOATS, *RATIOS, *BOOLS]
    pools = [SMALL, BOOLS, FLOATS, [*SMALL, *BIG], mixed, [1, True, 1.0, "1", None], ANY, OWN]
    return [rng.choice(pools[kind - 1]) for _ in range(n)]


# The same as hypothesis strategies.

RANDOMS = st.randoms(use_true_random=False)


def programs() -> st.SearchStrategy[SOp | Selector]:
    return st.builds(program, RANDOMS, st.integers(1, 10))


def sops() -> st.SearchStrategy[SOp]:
    return st.builds(lambda rng, steps: grown(rng, steps, WILD).part(), RANDOMS, st.integers(1, 8))


def selectors() -> st.SearchStrategy[Selector]:
    return st.builds(lambda rng, steps: grown(rng, steps, WILD).selector(), RANDOMS, st.integers(1, 8))


def inputs() -> st.SearchStrategy[str | list[Any]]:
    return st.builds(tokens_of, RANDOMS, st.integers(0, 8))
