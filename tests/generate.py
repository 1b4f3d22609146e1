"""Random programs and inputs that use every operation of the language, sensible parts and absurd ones alike.

`program(rng)` and `tokens_of(rng)` are seeded by a `random.Random`; `programs()` and `inputs()` are the same as
hypothesis strategies, which shrink.
"""

from __future__ import annotations

import datetime
import enum
import operator
import random
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from hypothesis import strategies as st

from hardwire import (
    Selector,
    SOp,
    after,
    before,
    full,
    indices,
    key,
    length,
    query,
    raw,
    same_token,
    select,
    switch,
    tokens,
    where,
)
from hardwire.lang.expr import KEEP_BOOLS, node
from hardwire.lang.ops import Op


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


def pair(a: Any, b: Any) -> tuple[Any, Any]:
    return (a, b)


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
TWO: list[Callable[[Any, Any], Any]] = [pair, joined, smaller, operator.sub, lambda a, b: a if b else None]
PREDICATES: list[Any] = [
    same_parity, truthy, same_type, touchy, "==", "<", operator.ge, operator.ne, lambda k, q: q > k + 1,
]  # fmt: skip
TABLES: list[dict[Any, Any]] = [
    {0: "zero", 1: True, 2: 2.0},
    {"a": 1, "b": -0.0, "1": 10**30, None: Fraction(1, 3)},
    {0.5: 0, Fraction(1, 3): "third", 1.0: None, (): (1,), 0: 0},
    {True: False, False: True},
]
MEMBERS: list[Any] = ["ab1", [1, "a", None], (0.5, Fraction(1, 3)), {2, "b"}, range(3), {True: 0}, [], [(1.0,), -0.0]]

ARITHMETIC = [operator.add, operator.sub, operator.mul, operator.truediv, operator.floordiv, operator.mod, operator.pow]
COMPARISONS = [operator.eq, operator.ne, operator.lt, operator.le, operator.gt, operator.ge]
LOGIC = [operator.and_, operator.or_, operator.xor]
BEST = [op.symbol for op in Op if op.scored]
AGGREGATES = [
    *(op.symbol for op in Op if op.defaulted and not op.scored for _ in range(1 + op.adds)), "first", "last",
]  # fmt: skip
"""The methods that aggregate a sop; those that add up come up more often."""


class _Grower:
    """Grows a program: a pool of sops sorted by what they probably hold, and of selectors."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.numbers: list[SOp] = [indices, length]
        self.bools: list[SOp] = [tokens == "a", indices > 0]
        self.any: list[SOp] = [tokens, tokens]
        self.selectors: list[Selector] = [full, before, after, same_token]
        self.made: list[SOp | Selector] = [tokens]

    def sop(self, pool: list[SOp] | None = None) -> SOp:
        if pool is None or self.rng.random() < 0.1:
            pool = self.rng.choice([self.numbers, self.bools, self.any])
        return pool[-1] if self.rng.random() < 0.5 else self.rng.choice(pool)

    def operand(self, pool: list[SOp] | None = None) -> Any:
        """A sop or, now and then, a constant or a list."""
        chance = self.rng.random()
        if chance < 0.7:
            return self.sop(pool)
        if chance < 0.73:
            return [self.rng.choice(ANY) for _ in range(self.rng.choice([0, 1, 3, 4, 4, 5]))]
        if pool is self.bools:
            return self.rng.random() < 0.5
        if pool is self.numbers:
            return self.rng.choice([*SMALL, *SMALL, self.rng.choice([*BIG, *FLOATS, *RATIOS, True])])
        return self.rng.choice([*ANY, *NUMPY])

    def selector(self) -> Selector:
        return self.selectors[-1] if self.rng.random() < 0.5 else self.rng.choice(self.selectors)

    def put(self, pool: list[Any], x: Any) -> None:
        if self.rng.random() < 0.1:
            x = x.name(self.rng.choice(["p", "q", "r"]))
        pool.append(x)
        self.made.append(x)

    def step(self) -> None:
        rng = self.rng
        rng.choice(
            [
                self.arithmetic, self.arithmetic, self.arithmetic, self.unary, self.comparison, self.comparison,
                self.logic, self.logic, self.branch, self.branch, self.mapped, self.mapped, self.zipped, self.member,
                self.compared, self.compared, self.compared, self.ordered, self.combined, self.combined,
                self.aggregated, self.aggregated, self.aggregated, self.aggregated, self.best, self.best,
                self.counted, self.quantified, self.odd, self.idiom, self.idiom, self.idiom,
            ]
        )()  # fmt: skip

    def arithmetic(self) -> None:
        f = self.rng.choice(ARITHMETIC)
        pool = self.numbers if self.rng.random() < 0.8 else None
        a, b = self.sop(pool), self.operand(pool)
        if isinstance(b, str) and f is operator.mod:
            b = self.sop(pool)  # "..." % x is Python's formatting and never asks x
        self.put(self.numbers, f(b, a) if self.rng.random() < 0.3 else f(a, b))

    def unary(self) -> None:
        x = self.sop(self.numbers)
        choices = [lambda: -x, lambda: abs(x), x.round, lambda: x.round(1), lambda: round(x, -1), lambda: round(x)]
        self.put(self.numbers, self.rng.choice(choices)())

    def comparison(self) -> None:
        f = self.rng.choice(COMPARISONS)
        pool = self.numbers if self.rng.random() < 0.6 else None
        a, b = self.sop(pool), self.operand(pool)
        if isinstance(b, np.generic):
            b = self.sop(pool)
        self.put(self.bools, f(b, a) if self.rng.random() < 0.3 else f(a, b))

    def logic(self) -> None:
        f = self.rng.choice([*LOGIC, None])
        a, b = self.sop(self.bools), self.operand(self.bools)
        self.put(self.bools, ~a if f is None else f(b, a) if self.rng.random() < 0.3 else f(a, b))

    def branch(self) -> None:
        pool = self.rng.choice([self.numbers, self.any])
        c = self.operand(self.bools) if self.rng.random() < 0.8 else self.operand()
        if self.rng.random() < 0.2:
            x = switch((c, self.operand(pool)), (self.sop(self.bools), self.sop()), default=self.operand(pool))
        else:
            x = where(c, self.operand(pool), self.operand(pool))
        self.put(pool, x)

    def mapped(self) -> None:
        f: Any = self.rng.choice([*ONE, *TABLES])
        self.put(self.any, self.sop().map(f))

    def zipped(self) -> None:
        if self.rng.random() < 0.2:
            x = SOp.zip(either, self.operand(), self.operand(), self.sop())
        else:
            x = SOp.zip(self.rng.choice(TWO), self.operand(), self.sop())
        self.put(self.any, x)

    def member(self) -> None:
        self.put(self.bools, self.sop().has(self.rng.choice(MEMBERS)))

    def compared(self) -> None:
        pool = self.numbers if self.rng.random() < 0.6 else None
        keys, queries = self.operand(pool), self.operand(pool)
        if self.rng.random() < 0.35:
            s = select(keys, queries, self.rng.choice(PREDICATES))
        else:
            f = self.rng.choice([operator.eq, *COMPARISONS])
            s = f(query(queries), key(keys)) if self.rng.random() < 0.3 else f(key(keys), query(queries))
        self.put(self.selectors, s)

    def ordered(self) -> None:
        """The shapes that have a fast path of their own: equalities and bounds of one key."""
        k = key(self.rng.choice([indices, self.sop(self.numbers), self.sop()]))
        bound = self.rng.choice(COMPARISONS[2:])
        s = bound(k, query(self.operand(self.numbers)))
        if self.rng.random() < 0.4:
            s = s | (k == query(self.sop(self.numbers)))
        if self.rng.random() < 0.2:
            s = ~s
        if self.rng.random() < 0.4:
            s = s & self.rng.choice(COMPARISONS[2:])(k, query(self.sop(self.numbers)))
        if self.rng.random() < 0.5:
            same = self.sop()
            s = (key(same) == query(same)) & s
        self.put(self.selectors, s)

    def combined(self) -> None:
        f = self.rng.choice([*LOGIC, operator.and_, None])
        a = self.selector()
        b: Any = self.selector() if self.rng.random() < 0.9 else self.rng.random() < 0.5
        self.put(self.selectors, ~a if f is None else f(a, b))

    def aggregated(self) -> None:
        pool = self.numbers if self.rng.random() < 0.7 else None
        s, x, default = self.selector(), self.operand(pool), self.default(pool)
        made = getattr(s, self.rng.choice(AGGREGATES))(x, **default)
        if made.expr.op.adds and self.rng.random() < 0.2:
            made = SOp(node(made.expr.op, *made.expr.src, arg=KEEP_BOOLS))
        self.put(self.numbers if pool is self.numbers else self.any, made)

    def default(self, pool: list[SOp] | None) -> dict[str, Any]:
        return {} if self.rng.random() < 0.6 else {"default": self.operand(pool)}

    def best(self) -> None:
        pool = self.numbers if self.rng.random() < 0.7 else None
        s, score, default = self.selector(), self.operand(pool), self.default(pool)
        of: dict[str, Any] = {} if self.rng.random() < 0.5 else {"of": self.operand()}
        method = getattr(s, self.rng.choice(BEST))
        self.put(self.any if of or pool is None else self.numbers, method(score, **default, **of))

    def counted(self) -> None:
        self.put(self.numbers, self.selector().width())

    def quantified(self) -> None:
        x = self.operand(self.bools) if self.rng.random() < 0.8 else self.operand()
        self.put(self.bools, getattr(self.selector(), self.rng.choice(["any", "all"]))(x))

    def idiom(self) -> None:
        """Shapes that a compiler rewrites or draws conclusions from."""
        rng = self.rng
        s, x, c = self.selector(), self.sop(self.numbers), self.operand()
        mark = indices == rng.choice([0, 0, 1, indices, self.sop(self.numbers)])
        marked = rng.choice([x, mark, mark, tokens, self.sop(self.bools)])
        mean = rng.choice([s, full, full, before | full, s | full, before]).mean(marked)
        same = rng.choice([full.max(tokens), full.max(self.operand()), full.value(x), full.mean(x), c])
        shifted = rng.choice([lambda: indices + same, lambda: same - indices, lambda: indices - same])
        by = self.sop()
        rank = (key(by) < query(by)) | ((key(by) == query(by)) & rng.choice([before, after]))
        either = rng.choice([by == self.operand(), self.sop(self.bools)]) | rng.choice(
            [by.map(rng.choice(ONE)) > 3, self.sop(self.bools), by < self.operand()]
        )
        some = rng.choice([s, full]) & (key(either) == query(True))
        by_length = where(length % 2 == rng.choice([0, 1, self.operand()]), rng.choice(ANY), rng.choice(ANY))
        made: SOp = rng.choice(
            [
                lambda: mean * rng.choice([s.width(), length, length * 1.0, full.width(), before.width()]),
                lambda: rng.choice([c, x, tokens, 0.7, 0.1]) / mean,
                lambda: mean / rng.choice([1, 2, length]) + x,
                lambda: rng.choice(COMPARISONS)(mean, rng.choice([0.5, 0.1, 1, Fraction(1, 3), x, full.mean(x)])),
                lambda: round(mean * length),
                lambda: (key(shifted()) == query(rng.choice([same, self.operand()]))).width(),
                lambda: (key(shifted()) == query(rng.choice([same, self.operand()]))).value(
                    self.operand(), default=self.operand()
                ),
                lambda: rank.width(),
                lambda: (key(rank.width()) == query(indices)).value(by),
                lambda: rng.choice([some.width() > 0, some.width() == 0, some.any(True)]),
                lambda: full.max(by_length),
                lambda: full.first(by_length),
                lambda: (before & s).first(by, self.operand()),
                lambda: (after | (key(indices) == query(indices))).last(by, default=self.operand()),
                lambda: full.max(by),
            ]
        )()
        if rng.random() < 0.4:
            made = rng.choice([made.str(), made.map(described), made.map(repr), SOp.zip(pair, made, x)])
        self.put(rng.choice([self.numbers, self.any, self.bools]), made)

    def odd(self) -> None:
        x = self.sop()
        choices = [
            lambda: x.at(self.rng.choice([0, 1, -1, -2])), lambda: x.at(self.sop(self.numbers), default=None),
            x.int, x.str, x.bool, lambda: raw([self.rng.choice(ANY) for _ in range(self.rng.choice([2, 3, 4, 4, 5]))]),
            lambda: (indices if x.layers > 2 else x).of(self.sop()),
        ]  # fmt: skip
        self.put(self.any, self.rng.choice(choices)())


def rewritten(rng: random.Random, steps: int | None = None) -> SOp:
    """A random program that ends in a shape which a compiler rewrites."""
    grower = _Grower(rng)
    for _ in range(rng.randrange(5) if steps is None else steps):
        grower.step()
    grower.idiom()
    found = grower.made[-1]
    assert isinstance(found, SOp)
    return found


def to_compile(rng: random.Random) -> SOp:
    """A random program, more often than not of a shape which a compiler rewrites; of a selector its width."""
    made: SOp | Selector = rewritten(rng)
    if rng.random() < 0.4:
        made = program(rng, rng.randrange(1, 9))
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


def program(rng: random.Random, steps: int | None = None) -> SOp | Selector:
    """A random program of a few operations."""
    grower = _Grower(rng)
    for _ in range(steps or rng.randrange(2, 16)):
        grower.step()
    return max(grower.made[-4:], key=lambda x: min(x.size, 60))


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


@st.composite
def programs(draw: st.DrawFn) -> SOp | Selector:
    """Programs, as a hypothesis strategy."""
    return program(draw(st.randoms(use_true_random=False)), draw(st.integers(1, 10)))


@st.composite
def sops(draw: st.DrawFn) -> SOp:
    """Sops among the programs."""
    rng = draw(st.randoms(use_true_random=False))
    grower = _Grower(rng)
    for _ in range(draw(st.integers(1, 8))):
        grower.step()
    return grower.sop()


@st.composite
def selectors(draw: st.DrawFn) -> Selector:
    """Selectors among the programs."""
    rng = draw(st.randoms(use_true_random=False))
    grower = _Grower(rng)
    for _ in range(draw(st.integers(1, 8))):
        grower.step()
    return grower.selector()


@st.composite
def inputs(draw: st.DrawFn) -> str | list[Any]:
    """Inputs, as a hypothesis strategy."""
    return tokens_of(draw(st.randoms(use_true_random=False)), draw(st.integers(0, 8)))
