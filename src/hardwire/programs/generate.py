"""Random programs with a type for every part: thousands of circuits whose ground truth is known.

>>> from hardwire.programs.generate import random_program
>>> random_program(seed=7, size=6).formula == random_program(seed=7, size=6).formula
True
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from ..lang.selector import Selector
from ..lang.sop import SOp
from ..lang.surface import full, indices, key, length, query, raw, select, switch, tokens, where
from ..lang.values import Value

T = TypeVar("T")
VOCAB = ("a", "b", "c")

VOCABULARIES: dict[str, tuple[Value, ...]] = {
    "letters": VOCAB,
    "digits": tuple("0123456789"),
    "ints": (0, 1, 2, 3),
    "signed": (-2, -1, 0, 5),
    "bools": (False, True),
    "floats": (0.5, 1.0, 2.25),
    "words": ("yes", "no", "", "maybe"),
    "mixed": ("a", 1, None, (1, 2), 2.5, "1"),
    "single": ("x",),
}
"""Vocabularies of every kind of token, to draw programs for."""


def random_program(seed: int, size: int = 6, vocab: Sequence[Value] = VOCAB) -> SOp:
    """A program of about `size` steps, the same for the same arguments.

    It draws on the whole language: every operator, aggregate, kind of selector and default, functions that have
    no value here and there, and results of every type. Whole numbers are kept small along the way, so that most
    programs compile at small lengths; a program may fail on some inputs, as any may.
    """
    return _RandomProgram(random.Random(seed), tuple(vocab)).program(size)


class _RandomProgram:
    """Pools of parts by type, and what makes a new part out of them."""

    def __init__(self, rng: random.Random, vocab: tuple[Value, ...]) -> None:
        self.rng = rng
        self.vocab = vocab
        self.ints: list[SOp] = [indices]
        self.bools: list[SOp] = [tokens == vocab[0]]
        self.words: list[SOp] = [tokens]  # any values
        self.reals: list[SOp] = []  # numbers that need not be whole
        if all(type(v) is int for v in vocab):
            self.ints.append(tokens)
        if all(type(v) in (int, float) for v in vocab):
            self.reals.append(tokens)
        if all(type(v) is bool for v in vocab):
            self.bools.append(tokens)

    def program(self, size: int) -> SOp:
        makers = {"ints": self._new_int, "bools": self._new_bool, "words": self._new_word, "reals": self._new_real}
        last: SOp = tokens
        for _ in range(size):
            kind = self.rng.choice(["ints"] * 6 + ["bools"] * 3 + ["words"] * 3 + ["reals"])
            last = makers[kind]()
            if self.rng.random() < 0.1:
                last = last.name(self.rng.choice("pqrs"))
            getattr(self, kind).append(last)
        return last

    def _pick(self, pool: list[SOp]) -> SOp:
        """A part, the newest most often, so that programs grow deep."""
        return pool[-1] if self.rng.random() < 0.5 else self.rng.choice(pool)

    def _one_of(self, *makers: Callable[[], T]) -> T:
        return self.rng.choice(makers)()

    def _small(self) -> int:
        return self.rng.randint(0, 3)

    def _word(self) -> Value:
        return self.rng.choice(self.vocab)

    def _int(self) -> SOp:
        return self._pick(self.ints)

    def _digit(self) -> SOp:
        """A whole number with few values."""
        return self._int() % (2 + self._small())

    def _bool(self) -> SOp:
        return self._pick(self.bools)

    def _any(self) -> SOp:
        return self._pick(self.words)

    def _real(self) -> SOp:
        return self._pick(self.reals or self.ints)

    # Whole numbers.

    def _new_int(self) -> SOp:
        return self._one_of(
            self._arithmetic, self._arithmetic, self._counted, self._counted, self._picked_int, self._picked_int,
            self._chosen_int, self._mapped_int, self._remainder, self._rare_int,
        )  # fmt: skip

    def _arithmetic(self) -> SOp:
        a, b = self._int(), self._int()
        return self._one_of(
            lambda: a + b, lambda: a - b, lambda: a + self._small(), lambda: self._small() - a, lambda: a * 2,
            lambda: -a, lambda: abs(a - b), lambda: a % 3 * (b % 2), lambda: a + self._bool(),
            lambda: self._bool() * a, lambda: a % 5 * (b % 4),
        )  # fmt: skip

    def _remainder(self) -> SOp:
        a = self._int()
        return self._one_of(
            lambda: a % (2 + self._small()), lambda: a // (2 + self._small()), lambda: round(a / 2),
            lambda: a % -3, lambda: 6 // (a % 4), lambda: 7 % self._digit(), lambda: round(a, -1),
            lambda: self._digit() ** self._small(), lambda: self._digit() ** self._digit(),
        )  # fmt: skip

    def _counted(self) -> SOp:
        s = self._selector()
        return self._one_of(
            s.width, s.width, lambda: s.value(self._bool()), lambda: s.value(self._digit()),
            lambda: s.value(self._digit(), self._default_int()), lambda: s.value(self._bool(), self._default_int()),
        )  # fmt: skip

    def _default_int(self) -> Any:
        return self._one_of(self._small, self._digit, lambda: -1, self._int)

    def _picked_int(self) -> SOp:
        s, default = self._selector(), self._default_int()
        x = self._one_of(self._digit, self._int)
        return self._one_of(
            lambda: s.max(x, default), lambda: s.min(x, default), lambda: s.first(x, default),
            lambda: s.last(x, default), lambda: s.max(self._digit(), of=x, default=default),
            lambda: s.min(self._digit(), of=x, default=default),
            lambda: self._single().one(x, default), lambda: self._single().value(x, default),
            lambda: self._single().mean(x, default),
        )  # fmt: skip

    def _chosen_int(self) -> SOp:
        return self._one_of(
            lambda: where(self._bool(), self._int(), self._digit()),
            lambda: where(self._int(), self._digit(), self._small()),
            lambda: switch((self._bool(), self._digit()), (self._bool(), self._int()), default=self._small()),
            lambda: where(self._int() > 0, 6 // self._int(), -1),
        )

    def _mapped_int(self) -> SOp:
        table = {v: self._small() for v in self.vocab}
        partial = {v: self._small() for v in self.vocab[: len(self.vocab) - 1]} or {0: 1}
        return self._one_of(
            lambda: self._any().map(table),
            lambda: self._any().map(partial),
            lambda: (self._int() % 5).map(lambda x: (x * x + 1) % 4),
            lambda: self._int().map({0: 1, 1: 4, 2: 1, 3: 0}),
            lambda: SOp.zip(lambda x, y: (2 * x + y) % 5, self._digit(), self._bool()),
            lambda: SOp.zip(lambda x, y, z: x * y - z, self._digit(), self._bool(), self._digit()),
            lambda: self._any().map(lambda v: len(v) if isinstance(v, (str, tuple)) else 1),
            lambda: self._any().map(lambda v: int(v) if isinstance(v, str) and v.isdigit() else 5),
            lambda: self._real().map(lambda x: int(x * 2)),
        )

    def _rare_int(self) -> SOp:
        return self._one_of(
            lambda: length,
            lambda: raw([self._small() for _ in range(self.rng.randint(1, 6))]),
            lambda: self._int().at(self.rng.choice([0, 1, -1, -2]), self._default_int()),
            lambda: self._int().at(self._digit(), 7),
            lambda: round(self._real()),
            lambda: self._bool().int(),
        )

    # Booleans.

    def _new_bool(self) -> SOp:
        a, b = self._bool(), self._bool()
        x, y = self._int(), self._int()
        result: SOp = self._one_of(
            lambda: a & b, lambda: a | b, lambda: a ^ b, lambda: ~a, lambda: x == y, lambda: x < y,
            lambda: x >= self._small(), lambda: x != self._small(), lambda: self._any() == self._word(),
            lambda: self._any() == self._any(), lambda: self._any().has(self.vocab[:2]),
            lambda: self._selector().any(a), lambda: self._selector().all(a), lambda: (x % 3).has([0, 2]),
            lambda: self._selector().mean(a) >= 0.5, lambda: self._real() < self._real(),
            lambda: self._real() <= self._small(), lambda: x.bool(), lambda: self._any() < self._any(),
            lambda: self._any().bool(), lambda: SOp.zip(lambda p, q: p > q, x % 4, a),
            lambda: (x % 2) & a, lambda: where(a, b, x > 1),
        )  # fmt: skip
        return result

    # Any values: tokens, None, tuples, strings.

    def _new_word(self) -> SOp:
        w = self._any()
        return self._one_of(
            lambda: where(self._bool(), w, self._any()), lambda: where(self._bool(), w, self._word()),
            lambda: self._single().one(w, self._word()), lambda: self._single().value(w, self._any()),
            lambda: self._selector().first(w, self._word()), lambda: self._selector().last(w, self._word()),
            lambda: self._selector().last(w, self._any()),
            lambda: self._selector().max(self._digit(), of=w, default=self._word()),
            lambda: self._selector().min(self._digit(), of=w, default=self._any()),
            lambda: w.map(dict(zip(self.vocab, reversed(self.vocab), strict=True))),
            lambda: where(self._bool(), w, None), lambda: SOp.zip(lambda a, b: (a, b), w, self._bool()),
            lambda: self._digit().str(), lambda: w.str() + "x", lambda: w.str(),
            lambda: where(self._bool(), self._digit(), w),
        )  # fmt: skip

    # Numbers that need not be whole.

    def _new_real(self) -> SOp:
        x = self._one_of(self._digit, self._int, self._bool, self._real)
        return self._one_of(
            lambda: self._selector().mean(x, self._default_int()), lambda: self._selector().mean(self._bool()),
            lambda: self._int() / (1 + self._small()), lambda: self._int() / self._digit(), lambda: x * 0.5,
            lambda: x + self._real(), lambda: where(self._bool(), self._real(), self._small()),
            lambda: full.max(self._real()), lambda: 1 / (1 + self._digit()), lambda: round(x / 3, 1),
        )  # fmt: skip

    # Selectors.

    def _selector(self) -> Selector:
        s = self._comparison()
        if self.rng.random() < 0.4:
            t, u = self._comparison(), self._comparison()
            s = self._one_of(
                lambda: s & t, lambda: s & t, lambda: s | t, lambda: s ^ t, lambda: ~s, lambda: s & ~t,
                lambda: (s | t) & u, lambda: ~(s & t) & u, lambda: s & t & u,
            )  # fmt: skip
        return s

    def _comparison(self) -> Selector:
        x, y = self._int() % 4, self._int() % 4
        w, b = self._any(), self._bool()
        return self._one_of(
            lambda: key(indices) < query(indices), lambda: key(indices) <= query(indices),
            lambda: key(indices) > query(indices), lambda: key(indices) >= query(indices),
            lambda: key(indices) == query(indices - self._small()), lambda: key(indices) != query(indices),
            lambda: key(indices) > query(indices - self._small()), lambda: key(indices) < query(self._int()),
            lambda: key(w) == query(w), lambda: key(w) == query(self._any()), lambda: key(w) == query(self._word()),
            lambda: key(w) != query(w), lambda: key(x) == query(y), lambda: key(x) < query(y),
            lambda: key(self._int()) >= query(self._int()), lambda: key(b) == query(True),
            lambda: query(y) != key(x), lambda: select(x, y, lambda k, q: (k + q) % 2 == 0),
            lambda: select(w, y, lambda k, q: (k == self.vocab[0]) == (q > 1)),
            lambda: select(indices, y, lambda k, q: k % 3 == q), lambda: key(True) == query(b),
            lambda: key(1) == query(1), lambda: key(w) < query(w), lambda: select(x, y, lambda k, q: 6 // q > k),
        )  # fmt: skip

    def _single(self) -> Selector:
        """A selector that picks one key or none."""
        x = self._int()
        return self._one_of(
            lambda: key(indices) == query(indices - self._small()), lambda: key(indices) == query(indices + 1),
            lambda: key(indices) == query(x), lambda: key(indices) == query(self._small()),
            lambda: (key(indices) == query(x)) & (key(self._bool()) == query(True)),
            lambda: key(length - 1 - indices) == query(self._int()),
        )  # fmt: skip
