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
from ..lang.surface import indices, key, query, select, tokens, where
from ..lang.values import Value

T = TypeVar("T")
VOCAB = ("a", "b", "c")


def random_program(seed: int, size: int = 6, vocab: Sequence[Value] = VOCAB) -> SOp:
    """A program of about `size` steps, the same for the same arguments.

    Its parts are whole numbers of a few dozen values at most, Booleans, or tokens, so that it compiles at
    small lengths; it may fail on some inputs, as any program may.
    """
    return _Writer(random.Random(seed), tuple(vocab)).program(size)


class _Writer:
    def __init__(self, rng: random.Random, vocab: tuple[Value, ...]) -> None:
        self.rng = rng
        self.vocab = vocab
        self.ints: list[SOp] = [indices]
        self.bools: list[SOp] = [tokens == vocab[0]]
        self.words: list[SOp] = [tokens]
        if all(type(v) is int for v in vocab):
            self.ints.append(tokens)

    def program(self, size: int) -> SOp:
        makers = {"ints": self._new_ints, "bools": self._new_bools, "words": self._new_words}
        last: SOp = tokens
        for _ in range(size):
            kind = self.rng.choice(["ints", "ints", "bools", "words"])
            last = makers[kind]()
            getattr(self, kind).append(last)
        return last

    def _pick(self, pool: list[SOp]) -> SOp:
        """A part, the newest most often, so that programs grow deep."""
        return pool[-1] if self.rng.random() < 0.5 else self.rng.choice(pool)

    def _small(self) -> int:
        return self.rng.randint(0, 3)

    # Whole numbers.

    def _new_ints(self) -> SOp:
        return self._one_of(
            self._arithmetic, self._arithmetic, self._counted, self._counted, self._picked_int, self._chosen_int,
            self._mapped_int, self._remainder,
        )  # fmt: skip

    def _arithmetic(self) -> SOp:
        a, b = self._pick(self.ints), self._pick(self.ints)
        return self._one_of(
            lambda: a + b, lambda: a - b, lambda: a + self._small(), lambda: self._small() - a, lambda: a * 2,
            lambda: -a, lambda: abs(a - b), lambda: a % 3 * (b % 2),
        )  # fmt: skip

    def _remainder(self) -> SOp:
        a = self._pick(self.ints)
        return self._one_of(lambda: a % (2 + self._small()), lambda: a // (2 + self._small()), lambda: round(a / 2))

    def _counted(self) -> SOp:
        s = self._selector()
        return self._one_of(
            s.width, lambda: s.value(self._pick(self.bools)), lambda: s.value(self._pick(self.ints) % 3),
            lambda: s.value(self._pick(self.ints) % 3, self._small()),
        )  # fmt: skip

    def _picked_int(self) -> SOp:
        s, x = self._selector(), self._pick(self.ints) % 4
        default: Any = self.rng.choice([self._small(), self._pick(self.ints) % 3])
        return self._one_of(
            lambda: s.max(x, default), lambda: s.min(x, default), lambda: s.first(x, default),
            lambda: s.last(x, default), lambda: s.max(self._pick(self.ints) % 3, of=x, default=default),
            lambda: self._single().one(x, default), lambda: self._single().value(x, default),
        )  # fmt: skip

    def _chosen_int(self) -> SOp:
        return where(self._pick(self.bools), self._pick(self.ints), self._pick(self.ints) % 5)

    def _mapped_int(self) -> SOp:
        table = {v: self._small() for v in self.vocab}
        return self._one_of(
            lambda: self._pick(self.words).map(table),
            lambda: (self._pick(self.ints) % 5).map(lambda x: (x * x + 1) % 4),
            lambda: SOp.zip(lambda x, y: (2 * x + y) % 5, self._pick(self.ints) % 3, self._pick(self.bools)),
        )

    # Booleans.

    def _new_bools(self) -> SOp:
        a, b = self._pick(self.bools), self._pick(self.bools)
        x, y = self._pick(self.ints), self._pick(self.ints)
        result: SOp = self._one_of(
            lambda: a & b, lambda: a | b, lambda: a ^ b, lambda: ~a, lambda: x == y, lambda: x < y,
            lambda: x >= self._small(), lambda: x != self._small(), lambda: self._pick(self.words) == self._word(),
            lambda: self._pick(self.words).has(self.vocab[:2]), lambda: self._selector().any(a),
            lambda: self._selector().all(a), lambda: (x % 3).has([0, 2]),
            lambda: self._selector().mean(a) >= 0.5,
        )  # fmt: skip
        return result

    # Tokens.

    def _new_words(self) -> SOp:
        w = self._pick(self.words)
        return self._one_of(
            lambda: where(self._pick(self.bools), w, self._pick(self.words)),
            lambda: where(self._pick(self.bools), w, self._word()),
            lambda: self._single().one(w, self._word()),
            lambda: self._selector().first(w, self._word()),
            lambda: self._selector().last(w, self._word()),
            lambda: self._selector().max(self._pick(self.ints) % 3, of=w, default=self._word()),
            lambda: w.map(dict(zip(self.vocab, reversed(self.vocab), strict=True))),
        )

    def _word(self) -> Value:
        return self.rng.choice(self.vocab)

    # Selectors.

    def _selector(self) -> Selector:
        s = self._comparison()
        if self.rng.random() < 0.35:
            t = self._comparison()
            s = self._one_of(lambda: s & t, lambda: s & t, lambda: s | t, lambda: s ^ t, lambda: ~s)
        return s

    def _comparison(self) -> Selector:
        x, y = self._pick(self.ints) % 4, self._pick(self.ints) % 4
        w, b = self._pick(self.words), self._pick(self.bools)
        return self._one_of(
            lambda: key(indices) < query(indices), lambda: key(indices) <= query(indices),
            lambda: key(indices) > query(indices), lambda: key(indices) == query(indices - self._small()),
            lambda: key(w) == query(w), lambda: key(w) == query(self._word()), lambda: key(w) != query(w),
            lambda: key(x) == query(y), lambda: key(x) < query(y), lambda: key(b) == query(True),
            lambda: select(x, y, lambda k, q: (k + q) % 2 == 0), lambda: key(True) == query(b),
            lambda: key(1) == query(1),
        )  # fmt: skip

    def _single(self) -> Selector:
        """A selector that picks one key or none."""
        x = self._pick(self.ints)
        return self._one_of(
            lambda: key(indices) == query(indices - self._small()), lambda: key(indices) == query(indices + 1),
            lambda: key(indices) == query(x), lambda: key(indices) == query(self._small()),
            lambda: (key(indices) == query(x)) & (key(self._pick(self.bools)) == query(True)),
        )  # fmt: skip

    def _one_of(self, *makers: Callable[[], T]) -> T:
        return self.rng.choice(makers)()
