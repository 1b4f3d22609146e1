"""The parts of a program so far, by kind, and how operands and selectors are drawn."""

from __future__ import annotations

import operator
import random
from collections.abc import Sequence
from typing import Any, TypeVar

from ..lang.selector import Selector
from ..lang.sop import SOp
from ..lang.surface import after, before, full, indices, key, length, query, same_token, select, tokens
from .options import KINDS, Options

T = TypeVar("T")
ORDERED = (operator.lt, operator.le, operator.gt, operator.ge)
COMPARISONS = (operator.eq, operator.ne, *ORDERED)


class Parts:
    """What a program has been made of so far; every draw is one of `rng`."""

    def __init__(self, rng: random.Random, options: Options) -> None:
        self.rng, self.options = rng, options
        first, kinds = options.vocab[0], {type(v) for v in options.vocab}
        self.pools: dict[str, list[SOp]] = {"int": [indices], "real": [], "bool": [tokens == first], "any": [tokens]}
        for kind, types in (("int", {int}), ("real", {int, float}), ("bool", {bool})):
            if kinds <= types:
                self.pools[kind].append(tokens)
        self.selectors: list[Selector] = [full, before, after, same_token]
        self.made: list[SOp | Selector] = [tokens]
        """All parts in the order in which they were made."""

    def put(self, kind: str, x: SOp) -> None:
        """Take in a new part, which now and then has a name."""
        named = x.name(self.rng.choice("pqrs")) if self.chance(0.1) else x
        self.pools[kind].append(named)
        self.made.append(named)

    def chance(self, p: float) -> bool:
        return self.rng.random() < p

    def newest(self, pool: Sequence[T]) -> T:
        """One of them, the newest most often, so that programs grow deep."""
        return pool[-1] if self.chance(0.5) else self.rng.choice(pool)

    # Operands.

    def kind(self, kind: str = "") -> str:
        """The kind that is asked for, or now and then another; any where none is."""
        return self.rng.choice(KINDS) if not kind or self.chance(self.options.mixed) else kind

    def part(self, kind: str = "") -> SOp:
        return self.newest(self.pools[self.kind(kind)] or self.pools["int"])

    def constant(self, kind: str = "any") -> Any:
        return self.rng.choice(self.options.constants[self.kind(kind)] or self.options.vocab)

    def operand(self, kind: str = "") -> Any:
        """A part or, less often, a constant or a list."""
        if self.chance(0.7):
            return self.part(kind)
        if self.options.lists and self.chance(0.1):
            return self.listed()
        return self.constant(kind or "any")

    def listed(self, kind: str = "any") -> list[Any]:
        return [self.constant(kind) for _ in range(self.rng.choice((0, 1, 2, 3, 4, 4, 5)))]

    def few(self, kind: str = "int") -> SOp:
        """A part; an integer with few values, where integers are bounded."""
        x = self.part(kind)
        return x % self.rng.randint(2, 5) if kind == "int" and self.options.bounded else x

    def default(self, kind: str) -> dict[str, Any]:
        return {"default": self.operand(kind)} if self.chance(0.6) else {}

    # Selectors.

    def selector(self) -> Selector:
        """One of those there are, or a new one."""
        if self.chance(0.5):
            return self.newest(self.selectors)
        made = self.rng.choice((self._compared, self._compared, self._compared, self._ordered, self._combined))()
        if self.chance(0.1):
            made = made.name(self.rng.choice("pqrs"))
        self.selectors.append(made)
        self.made.append(made)
        return made

    def single(self) -> Selector:
        """A selector of one key or none."""
        x, small = self.part("int"), self.rng.randint(0, 3)
        which = self.rng.choice((indices - small, indices + 1, x, small))
        s: Selector = key(self.rng.choice((indices, indices, indices, length - 1 - indices))) == query(which)
        return s & (key(self.part("bool")) == query(True)) if self.chance(0.2) else s

    def _compared(self) -> Selector:
        how = self.rng.choice(("positions", "positions", "equal", "equal", "other", "other", "mark", "predicate"))
        if how == "predicate":
            drawn = self.rng.choice(self.options.predicates)
            keys, queries = (self.few(kind) for kind in drawn.arguments)
            return select(keys if self.chance(0.8) else indices, queries, drawn.function)
        f = operator.eq if how == "equal" else self.rng.choice(COMPARISONS)
        k: Any
        q: Any
        if how == "positions":
            k, q = indices, self.rng.choice((indices, indices, indices - self.rng.randint(0, 3), self.part("int")))
        elif how == "mark":
            f, k, q = operator.eq, self.part("bool"), self.rng.choice((True, self.operand("bool")))
        else:
            kind = self.rng.choice(("int", "int", "int", "any", "any", "any", "real"))
            k = self.few(kind)
            q = self.rng.choice((k, self.few(kind), self.operand(kind)))
            k = k if self.chance(0.95) else self.constant(kind)
        made: Selector = f(query(q), key(k)) if self.chance(0.2) else f(key(k), query(q))
        return made

    def _ordered(self) -> Selector:
        """Equalities and bounds of one key, which have a fast path of their own."""
        k = key(self.rng.choice((indices, self.few(), self.part("any"))))
        s = self.rng.choice(ORDERED)(k, query(self.operand("int")))
        if self.chance(0.4):
            s = s | (k == query(self.part("int")))
        if self.chance(0.2):
            s = ~s
        if self.chance(0.4):
            s = s & self.rng.choice(ORDERED)(k, query(self.part("int")))
        same = self.part("any")
        made: Selector = (key(same) == query(same)) & s if self.chance(0.4) else s
        return made

    def _combined(self) -> Selector:
        f = self.rng.choice((operator.and_, operator.and_, operator.and_, operator.or_, operator.xor, None))
        a = self.selector()
        b: Any = self.selector() if self.chance(0.95) else self.chance(0.5)
        made: Selector = ~a if f is None else f(a, b)
        return made
