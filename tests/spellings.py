"""Everyday programs, each in several spellings, as new users write them: in the style of original RASP (`aggregate` of
a `select`), of RASPy (`key`, `query`, `value`, `zip`), of Tracr (means of numbers) and of this library.

`PROGRAMS` has, for each program, the vocabulary, the meaning in plain Python, and the spellings.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hardwire import (
    SOp,
    after,
    aggregate,
    before,
    full,
    indices,
    key,
    length,
    maximum,
    minimum,
    query,
    same_token,
    select,
    tokens,
    where,
)

Meaning = Callable[[list[Any]], list[Any]]
DIGITS = tuple(range(10))
upto = key(indices) <= query(indices)
at_least = key(indices) >= query(indices)
itself = key(indices) == query(indices)
back = length - 1 - indices
first_ones = (before & same_token).width() == 0


@dataclass(frozen=True)
class Everyday:
    """A program in several spellings."""

    vocab: tuple[Any, ...]
    meaning: Meaning
    spellings: tuple[SOp, ...]


PROGRAMS: dict[str, Everyday] = {}


def everyday(name: str, vocab: Any, meaning: Meaning, *spellings: SOp) -> None:
    PROGRAMS[name] = Everyday(tuple(vocab), meaning, spellings)


def at(p: Any, x: Any = tokens, **options: Any) -> SOp:
    """The x at position p."""
    return (key(indices) == query(p)).one(x, **options)


def ranked(*, strict: Any, x: SOp = tokens) -> SOp:
    """How many tokens are sorted in front of this one."""
    return ((key(x) < query(x)) | ((key(x) == query(x)) & strict)).width()


# Moving.

everyday(
    "reverse", "abc", lambda xs: xs[::-1],
    at(back),
    (key(back) == query(indices)).one(tokens),
    aggregate(select(indices, length - indices - 1, "=="), tokens),
    aggregate(select(indices, back, lambda k, q: k == q), tokens),
    (key(length - indices) == query(indices + 1)).value(tokens),
    at(after.width()),
    (key(before.width()) == query(after.width())).one(tokens),
)  # fmt: skip
everyday(
    "rotate right by 1", "abc", lambda xs: xs[-1:] + xs[:-1],
    (key((indices + 1) % length) == query(indices)).one(tokens),
    at((indices - 1) % length),
    at(where(indices == 0, length - 1, indices - 1)),
    where(indices == 0, tokens.at(-1), tokens.shift(1)),
    aggregate(select((indices + 1) % length, indices, "=="), tokens),
    select(indices, SOp.zip(lambda i, n: (i - 1) % n, indices, length), "==").one(tokens),
)  # fmt: skip
everyday(
    "rotate left by 3", "abc", lambda xs: [xs[(i + 3) % len(xs)] for i in range(len(xs))],
    at((indices + 3) % length),
    (key((indices - 3) % length) == query(indices)).one(tokens),
    (key((indices - 3) % length) == query(indices)).first(tokens),
    (key(indices) == query((indices + 3) % length)).first(tokens),
    (key(indices) == query((indices + 3) % length)).max(tokens),
    aggregate(select(indices, (indices + 3) % length, "=="), tokens),
    where(indices + 3 < length, tokens.shift(-3, ""), at((indices + 3) % length)),
    at(SOp.zip(lambda i, n: (i + 3) % n, indices, length)),
    (key(indices % length) == query((indices + 3) % length)).last(tokens),
)  # fmt: skip
everyday(
    "even positions first", "abc", lambda xs: xs[::2] + xs[1::2],
    at(where(2 * indices < length, 2 * indices, 2 * indices - length + (1 - length % 2))),
    at(where(indices < (length + 1) // 2, 2 * indices, 2 * (indices - (length + 1) // 2) + 1)),
    (key(where(indices % 2 == 0, indices // 2, (length + 1) // 2 + indices // 2)) == query(indices)).one(tokens),
    (key(where(indices % 2 == 0, indices // 2, (length + 1) // 2 + indices // 2)) == query(indices)).value(tokens),
    (key(where(indices % 2 == 0, indices // 2, (length + 1) // 2 + indices // 2)) == query(indices)).first(tokens),
    (key(ranked(strict=before, x=indices % 2)) == query(indices)).one(tokens),
    (key(ranked(strict=before, x=indices % 2)) == query(indices)).value(tokens),
    (key((key(indices % 2 * 99 + indices) < query(indices % 2 * 99 + indices)).width()) == query(indices)).one(tokens),
    (key((key(indices + length * (indices % 2)) < query(indices + length * (indices % 2))).width())
     == query(indices)).one(tokens),
)  # fmt: skip
everyday(
    "swap neighbours", "abc",
    lambda xs: [xs[j] if (j := i + 1 - 2 * (i % 2)) < len(xs) else xs[i] for i in range(len(xs))],
    at(where(indices % 2 == 1, indices - 1, where(indices + 1 < length, indices + 1, indices))),
    at(minimum(indices + 1 - 2 * (indices % 2), length - 1)),
    where(indices % 2 == 1, tokens.shift(1), where(indices == length - 1, tokens, tokens.shift(-1))),
    at(SOp.zip(lambda i, n: i ^ 1 if i ^ 1 < n else i, indices, length)),
    ((key(indices // 2) == query(indices // 2)) & (key(indices) != query(indices))).one(tokens, tokens),
)  # fmt: skip
everyday(
    "interleave both halves", "abc",
    lambda xs: [xs[i // 2 + (len(xs) + 1) // 2 * (i % 2)] for i in range(len(xs))],
    at(indices // 2 + (length + 1) // 2 * (indices % 2)),
    at(where(indices % 2 == 0, indices // 2, (length + 1) // 2 + indices // 2)),
    at(SOp.zip(lambda i, n: i // 2 + (n + 1) // 2 * (i % 2), indices, length)),
    (key(where(indices < (length + 1) // 2, 2 * indices, 2 * indices - 2 * ((length + 1) // 2) + 1))
     == query(indices)).one(tokens),
    (key(where(indices < (length + 1) // 2, 2 * indices, 2 * indices - 2 * ((length + 1) // 2) + 1))
     == query(indices)).value(tokens),
)  # fmt: skip
everyday(
    "double every token", "abc", lambda xs: [xs[i // 2] for i in range(len(xs))],
    at(indices // 2),
    (key(indices * 2) == query(indices - indices % 2)).one(tokens),
    aggregate(select(indices, indices // 2, "=="), tokens),
    (key(indices) <= query(indices / 2)).last(tokens),
)  # fmt: skip
everyday(
    "mirror the first half", "abc", lambda xs: [xs[min(i, len(xs) - 1 - i)] for i in range(len(xs))],
    at(minimum(indices, back)),
    where(indices <= back, tokens, at(back)),
    at(SOp.zip(min, indices, back)),
    aggregate(select(indices, where(indices < length / 2, indices, back), "=="), tokens),
)  # fmt: skip
everyday(
    "drop the first two", "abc", lambda xs: xs[2:] + ["-"] * min(2, len(xs)),
    tokens.shift(-2, "-"),
    at(indices + 2, default="-"),
    (key(indices - 2) == query(indices)).value(tokens, "-"),
    where(indices + 2 < length, at(indices + 2), "-"),
    (key(indices) == query(indices + 2)).first(tokens, "-"),
)  # fmt: skip
everyday(
    "last token everywhere", "abc", lambda xs: xs[-1:] * len(xs),
    tokens.at(-1),
    full.last(tokens),
    at(length - 1),
    (key(indices + 1) == query(length)).one(tokens),
    (key(indices) == query(full.max(indices))).one(tokens),
    full.max(indices, of=tokens),
)  # fmt: skip
everyday(
    "middle token everywhere", "abc", lambda xs: [xs[(len(xs) - 1) // 2]] * len(xs),
    at((length - 1) // 2),
    (key(indices) == query((length - 1) // 2)).first(tokens),
    (key(indices) <= query((length - 1) / 2)).last(tokens),
    at(SOp.zip(lambda n: (n - 1) // 2, length)),
)  # fmt: skip

# Sorting.

everyday(
    "sort letters", "abcd", lambda xs: sorted(xs),
    (key(ranked(strict=before)) == query(indices)).one(tokens),
    (key(ranked(strict=before)) == query(indices)).value(tokens),
    (key(ranked(strict=before)) == query(indices)).first(tokens),
    aggregate(select((select(tokens, tokens, "<") | (select(tokens, tokens, "==") & select(indices, indices, "<")))
                     .width(), indices, "=="), tokens),
    (key((key(tokens) <= query(tokens)).width()) > query(indices)).min(tokens),
)  # fmt: skip
number = 100 * tokens + indices
everyday(
    "sort digits", DIGITS, lambda xs: sorted(xs),
    (key(ranked(strict=before)) == query(indices)).one(tokens),
    (key((key(number) < query(number)).width()) == query(indices)).value(tokens),
    (key((key(tokens + indices / 100) < query(tokens + indices / 100)).width()) == query(indices)).one(tokens),
    (key((key(tokens) <= query(tokens)).width()) > query(indices)).min(tokens),
    (key((key(tokens) < query(tokens)).width()) <= query(indices)).max(tokens),
)  # fmt: skip
everyday(
    "sort digits down", DIGITS, lambda xs: sorted(xs, reverse=True),
    (key(((key(tokens) > query(tokens)) | (same_token & before)).width()) == query(indices)).one(tokens),
    (key((key(tokens) > query(tokens)).width()) <= query(indices)).min(tokens),
    (key(length - 1 - ranked(strict=before)) == query(indices)).one(tokens),
    (key(ranked(strict=before)) == query(back)).value(tokens),
)  # fmt: skip
everyday(
    "median", DIGITS, lambda xs: [sorted(xs)[(len(xs) - 1) // 2]] * len(xs),
    (key(ranked(strict=before)) == query((length - 1) // 2)).one(tokens),
    (key((key(tokens) <= query(tokens)).width() * 2) >= query(length)).min(tokens),
    (key((key(tokens) <= query(tokens)).width()) >= query(length / 2)).min(tokens),
    (key(full.mean(1) * (key(tokens) <= query(tokens)).width()) >= query(length / 2)).min(tokens),
)  # fmt: skip
everyday(
    "second greatest", DIGITS, lambda xs: [sorted(xs)[-2] if len(xs) > 1 else -1] * len(xs),
    (key(ranked(strict=before)) == query(length - 2)).one(tokens, -1),
    (key(((key(tokens) > query(tokens)) | (same_token & after)).width()) == query(1)).one(tokens, -1),
    (key(indices) != query((key(tokens) == query(full.max(tokens))).first(indices))).max(tokens, -1),
)  # fmt: skip
everyday(
    "rank", DIGITS, lambda xs: [sum(y < x for y in xs) for x in xs],
    (key(tokens) < query(tokens)).width(),
    select(tokens, tokens, "<").width(),
    select(tokens, tokens, lambda k, q: q - k > 0).width(),
    length - (key(tokens) >= query(tokens)).width(),
    (key(tokens) < query(tokens)).value(1),
    ((key(tokens) < query(tokens)).mean(1, 0)) * (key(tokens) < query(tokens)).width(),
    SOp.zip(lambda n, a: round(n * a), length, full.mean(1)) - (key(tokens) >= query(tokens)).width(),
)  # fmt: skip
everyday(
    "dense rank", DIGITS, lambda xs: [len({y for y in xs if y < x}) for x in xs],
    (key(tokens) < query(tokens)).count_distinct(tokens),
    ((key(tokens) < query(tokens)) & (key(first_ones) == query(True))).width(),
    (key(where(first_ones, tokens, 99)) < query(tokens)).width(),
    (key(tokens) < query(tokens)).value(where(first_ones, 1, 0)),
)  # fmt: skip

# Counting.

everyday(
    "histogram", "abcd", lambda xs: [xs.count(x) for x in xs],
    same_token.width(),
    aggregate(select(tokens, tokens, "=="), 1),
    same_token.value(1),
    (key(tokens) == query(tokens)).value(1, 0),
    length - (key(tokens) != query(tokens)).width(),
    (full.mean(1) * same_token.width()).round(),
    SOp.zip(lambda *c: 1 + sum(c), (before & same_token).width(), (after & same_token).width()),
)  # fmt: skip
everyday(
    "share of the own token", "abc", lambda xs: [xs.count(x) / len(xs) for x in xs],
    same_token.width() / length,
    SOp.zip(lambda c, n: c / n, same_token.width(), length),
    aggregate(full, where(tokens == "a", 1, 0)) * 0 + same_token.width() / length,
    where(tokens == "a", full.mean(tokens == "a"),
          where(tokens == "b", full.mean(tokens == "b"), full.mean(tokens == "c"))),
)  # fmt: skip
everyday(
    "most frequent", "abcd", lambda xs: [max(xs, key=lambda x: (xs.count(x), -xs.index(x)))] * len(xs),
    full.max(same_token.width(), of=tokens),
    (key(same_token.width()) == query(full.max(same_token.width()))).first(tokens),
    at((key(same_token.width()) == query(full.max(same_token.width()))).min(indices)),
    (key(same_token.width() * 100 - indices) == query(full.max(same_token.width() * 100 - indices))).one(tokens),
)  # fmt: skip
everyday(
    "least frequent count", "abcd", lambda xs: [min(xs.count(x) for x in xs)] * len(xs),
    full.min(same_token.width()),
    -full.max(-same_token.width()),
    length - full.max(length - same_token.width()),
)  # fmt: skip
everyday(
    "number of different tokens", "abcd", lambda xs: [len(set(xs))] * len(xs),
    full.count_distinct(tokens),
    full.value(first_ones),
    (key(first_ones) == query(True)).width(),
    full.value(where(first_ones, 1, 0)),
    full.value(1 / same_token.width()),
    full.value(SOp.zip(lambda c: 1 / c, same_token.width())).round(),
    sum((full.any(tokens == c).int() for c in "abcd"), start=0 * indices),
)  # fmt: skip
everyday(
    "how many so far", "abcd", lambda xs: [xs[: i + 1].count(x) for i, x in enumerate(xs)],
    (upto & same_token).width(),
    (before & same_token).width() + 1,
    same_token.width() - (after & same_token).width(),
    aggregate(select(tokens, tokens, "==") & select(indices, indices, "<="), 1),
    (upto.mean(1) * (upto & same_token).width()).round(),
)  # fmt: skip
everyday(
    "count the letter a", "abcd", lambda xs: [xs.count("a")] * len(xs),
    (key(tokens) == query("a")).width(),
    full.value(tokens == "a"),
    full.value(where(tokens == "a", 1, 0)),
    (full.mean(tokens == "a") * length).round(),
    SOp.zip(lambda m, n: round(m * n), full.mean(where(tokens == "a", 1, 0)), length),
    full.value(tokens.map({"a": 1, "b": 0, "c": 0, "d": 0})),
    full.value(tokens.has("a")),
)  # fmt: skip
everyday(
    "unique tokens only", "abcd", lambda xs: [x if xs.count(x) == 1 else "-" for x in xs],
    where(same_token.width() == 1, tokens, "-"),
    where((same_token & ~itself).width() > 0, "-", tokens),
    where((same_token & (key(indices) != query(indices))).any(tokens == tokens), "-", tokens),
    SOp.zip(lambda c, t: t if c == 1 else "-", same_token.width(), tokens),
)  # fmt: skip
everyday(
    "dedupe in place", "abcd", lambda xs: [x if x not in xs[:i] else "-" for i, x in enumerate(xs)],
    where(first_ones, tokens, "-"),
    where(same_token.first(indices) == indices, tokens, "-"),
    where(same_token.min(indices) < indices, "-", tokens),
    SOp.zip(lambda t, b: "-" if b else t, tokens, (before & same_token).width() > 0),
    where((before & same_token).last(indices, -1) == -1, tokens, "-"),
    where((before & same_token).last(indices, None) == None, tokens, "-"),  # noqa: E711
)  # fmt: skip
packed = (before & (key(first_ones) == query(True))).width()
everyday(
    "dedupe and close up", "abcd",
    lambda xs: (u := list(dict.fromkeys(xs))) + ["-"] * (len(xs) - len(u)),
    (key(where(first_ones, packed, -1)) == query(indices)).one(tokens, "-"),
    ((key(packed) == query(indices)) & (key(first_ones) == query(True))).one(tokens, "-"),
    ((key(packed) == query(indices)) & (key(first_ones) == query(True))).value(tokens, "-"),
    (key(where(first_ones, packed, None)) == query(indices)).one(tokens, "-"),
    ((key(packed) == query(indices)) & (key(first_ones) == query(True))).first(tokens, "-"),
    (key((upto & (key(first_ones) == query(True))).width()) == query(indices + 1)).first(tokens, "-"),
)  # fmt: skip
everyday(
    "majority", "ab", lambda xs: [xs.count("a") * 2 > len(xs)] * len(xs),
    full.mean(tokens == "a") > 0.5,
    full.mean(where(tokens == "a", 1, 0)) > 1 / 2,
    (key(tokens) == query("a")).width() * 2 > length,
    full.value(where(tokens == "a", 1, -1)) > 0,
    (key(tokens) == query("a")).width() > (key(tokens) == query("b")).width(),
    full.mean(tokens == "a") > full.mean(tokens == "b"),
    SOp.zip(lambda a, b: a > b, full.mean(tokens == "a"), full.mean(tokens == "b")),
)  # fmt: skip

# Running values.

everyday(
    "prefix sum", DIGITS, lambda xs: list(itertools.accumulate(xs)),
    upto.value(tokens),
    aggregate(select(indices, indices, "<="), tokens),
    before.value(tokens) + tokens,
    full.value(tokens) - after.value(tokens),
    (upto.mean(tokens) * (indices + 1)).round(),
    SOp.zip(lambda m, i: round(m * (i + 1)), upto.mean(tokens), indices),
)  # fmt: skip
everyday(
    "prefix maximum", DIGITS, lambda xs: list(itertools.accumulate(xs, max)),
    upto.max(tokens),
    maximum(before.max(tokens, -1), tokens),
    where(before.max(tokens, -1) > tokens, before.max(tokens, -1), tokens),
    -upto.min(-tokens),
    upto.max(tokens, of=tokens),
)  # fmt: skip
everyday(
    "is a new maximum", DIGITS, lambda xs: [all(y < x for y in xs[:i]) for i, x in enumerate(xs)],
    tokens > before.max(tokens, -1),
    (before & (key(tokens) >= query(tokens))).width() == 0,
    ~(before & (key(tokens) >= query(tokens))).any(tokens >= 0),
    upto.max(tokens) > before.max(tokens, -1),
    indices == upto.max(tokens, of=indices),
)  # fmt: skip
everyday(
    "running mean", DIGITS, lambda xs: [sum(xs[: i + 1]) / (i + 1) for i in range(len(xs))],
    upto.mean(tokens),
    upto.value(tokens) / (indices + 1),
    upto.value(tokens) / upto.width(),
    SOp.zip(lambda s, i: s / (i + 1), upto.value(tokens), indices),
)  # fmt: skip
everyday(
    "running majority", "ab", lambda xs: [xs[: i + 1].count("a") * 2 > i + 1 for i in range(len(xs))],
    upto.mean(tokens == "a") > 0.5,
    upto.value(where(tokens == "a", 1, -1)) > 0,
    (upto & (key(tokens) == query("a"))).width() > (upto & (key(tokens) == query("b"))).width(),
    upto.mean(where(tokens == "a", 1, 0)) > upto.mean(where(tokens == "b", 1, 0)),
    (upto & (key(tokens) == query("a"))).width() / (indices + 1) > 0.5,
)  # fmt: skip
everyday(
    "running parity", (0, 1), lambda xs: [sum(xs[: i + 1]) % 2 for i in range(len(xs))],
    upto.value(tokens) % 2,
    (upto & (key(tokens) == query(1))).width() % 2,
    SOp.zip(lambda m, i: round(m * (i + 1)) % 2, upto.mean(tokens), indices),
    (before.value(tokens) + tokens) % 2,
    where(before.value(tokens) % 2 == tokens, 0, 1),
)  # fmt: skip
everyday(
    "suffix minimum", DIGITS, lambda xs: list(itertools.accumulate(xs[::-1], min))[::-1],
    at_least.min(tokens),
    minimum(tokens, after.min(tokens, 99)),
    (~before).min(tokens),
    SOp.zip(min, tokens, after.min(tokens, 10)),
)  # fmt: skip

# Neighbours.

everyday(
    "differences", DIGITS, lambda xs: [x - y for x, y in zip(xs, [0, *xs], strict=False)],
    tokens - tokens.shift(1, 0),
    tokens - at(indices - 1, default=0),
    tokens - (key(indices + 1) == query(indices)).value(tokens),
    upto.value(tokens) - 2 * before.value(tokens) + (key(indices) < query(indices - 1)).value(tokens),
    SOp.zip(lambda a, b: a - b, tokens, tokens.shift(1, 0)),
)  # fmt: skip
everyday(
    "local peaks", DIGITS,
    lambda xs: [x > y and x > z for x, y, z in zip(xs, [-1, *xs], [*xs[1:], -1], strict=False)],
    (tokens > tokens.shift(1, -1)) & (tokens > tokens.shift(-1, -1)),
    where(tokens > tokens.shift(1, -1), tokens > tokens.shift(-1, -1), False),
    SOp.zip(lambda a, b, c: b > a and b > c, tokens.shift(1, -1), tokens, tokens.shift(-1, -1)),
    tokens > maximum(tokens.shift(1, -1), tokens.shift(-1, -1)),
    tokens > ((key(indices) == query(indices - 1)) | (key(indices) == query(indices + 1))).max(tokens, -1),
)  # fmt: skip
everyday(
    "same as the token before", "abc", lambda xs: [i > 0 and xs[i - 1] == x for i, x in enumerate(xs)],
    tokens == tokens.shift(1, ""),
    at(indices - 1, default=None) == tokens,
    (same_token & (key(indices) == query(indices - 1))).width() > 0,
    (same_token & (key(indices + 1) == query(indices))).value(1) == 1,
    where(indices == 0, False, tokens == tokens.shift(1)),
    SOp.zip(lambda a, b: a == b, tokens, tokens.shift(1, "")),
)  # fmt: skip
everyday(
    "sum of both neighbours", DIGITS, lambda xs: [a + b for a, b in zip([0, *xs], [*xs[1:], 0], strict=False)],
    tokens.shift(1, 0) + tokens.shift(-1, 0),
    ((key(indices) == query(indices - 1)) | (key(indices) == query(indices + 1))).value(tokens),
    select(indices, indices, lambda k, q: abs(k - q) == 1).value(tokens),
    SOp.zip(lambda a, b: a + b, tokens.shift(1, 0), tokens.shift(-1, 0)),
    select(indices, indices, lambda k, q: abs(k - q) <= 1).value(tokens) - tokens,
)  # fmt: skip
everyday(
    "moving average of three", DIGITS,
    lambda xs: [sum(w := xs[max(0, i - 2) : i + 1]) / len(w) for i in range(len(xs))],
    ((key(indices) <= query(indices)) & (key(indices) > query(indices - 3))).mean(tokens),
    (upto & ~(key(indices) <= query(indices - 3))).mean(tokens),
    (tokens + tokens.shift(1, 0) + tokens.shift(2, 0)) / minimum(indices + 1, 3),
    select(indices, indices, lambda k, q: q - 3 < k <= q).mean(tokens),
)  # fmt: skip
starts = (indices == 0) | (tokens != tokens.shift(1, ""))
everyday(
    "number of runs", "abc", lambda xs: [len(list(itertools.groupby(xs)))] * len(xs),
    full.value(starts),
    full.value(tokens != tokens.shift(1, "")),
    (key(starts) == query(True)).width(),
    full.value(where(starts, 1, 0)),
    length - full.value(tokens == tokens.shift(1, "")),
)  # fmt: skip
run_start = (upto & (key(starts) == query(True))).last(indices)
everyday(
    "place in the run", "abc",
    lambda xs: [i for _, g in itertools.groupby(xs) for i in range(len(list(g)))],
    indices - run_start,
    indices - upto.max(where(starts, indices, 0)),
    indices - upto.max(where(starts, indices, -1)),
    indices - (upto & (key(starts) == query(True))).max(indices),
    indices - (upto & (key(tokens) != query(tokens))).last(indices, -1) - 1,
    ((key(upto.value(starts)) == query(upto.value(starts))) & before).width(),
)  # fmt: skip
runs = upto.value(starts)
everyday(
    "length of the run", "abc",
    lambda xs: [n for _, g in itertools.groupby(xs) for n in (lambda k: [k] * k)(len(list(g)))],
    (key(runs) == query(runs)).width(),
    (after & (key(starts) == query(True))).first(indices, length) - run_start,
    (after & (key(tokens) != query(tokens))).first(indices, length)
    - (before & (key(tokens) != query(tokens))).last(indices, -1) - 1,
    (key(run_start) == query(run_start)).width(),
)  # fmt: skip
everyday(
    "longest run", "abc", lambda xs: [max((len(list(g)) for _, g in itertools.groupby(xs)), default=0)] * len(xs),
    full.max((key(runs) == query(runs)).width()),
    full.max(indices - run_start) + 1,
    full.max(indices - upto.max(where(starts, indices, 0)) + 1),
)  # fmt: skip

# Finding.

everyday(
    "first occurrence", "abc", lambda xs: [xs.index(x) for x in xs],
    same_token.first(indices),
    same_token.min(indices),
    (same_token & upto).min(indices),
    (same_token & (key(first_ones) == query(True))).one(indices),
    (same_token & (key(first_ones) == query(True))).value(indices),
    aggregate(select(tokens, tokens, "==") & select(first_ones, True, "=="), indices),
)  # fmt: skip
everyday(
    "last occurrence before", "abc",
    lambda xs: [max((j for j in range(i) if xs[j] == x), default=-1) for i, x in enumerate(xs)],
    (before & same_token).last(indices, -1),
    (before & same_token).max(indices, -1),
    where((before & same_token).width() == 0, -1, (before & same_token).max(indices)),
    where((before & same_token).any(indices >= 0), (before & same_token).last(indices), -1),
)  # fmt: skip
everyday(
    "distance to the last occurrence", "abc",
    lambda xs: [i - j if (j := max((j for j in range(i) if xs[j] == x), default=-1)) >= 0 else None
                for i, x in enumerate(xs)],
    where((before & same_token).width() > 0, indices - (before & same_token).max(indices), None),
    SOp.zip(lambda i, j: None if j is None else i - j, indices, (before & same_token).last(indices, None)),
    where((before & same_token).last(indices, None) == None, None,  # noqa: E711
          indices - (before & same_token).last(indices, 0)),
)  # fmt: skip
everyday(
    "position of the first a", "abc", lambda xs: [xs.index("a") if "a" in xs else -1] * len(xs),
    (key(tokens) == query("a")).first(indices, -1),
    (key(tokens) == query("a")).min(indices, -1),
    where(full.any(tokens == "a"), full.min(where(tokens == "a", indices, 99)), -1),
    full.min(where(tokens == "a", indices, 99)).map(lambda p: -1 if p == 99 else p),
    (key((tokens == "a") & first_ones) == query(True)).one(indices, -1),
    (key((tokens == "a") & first_ones) == query(True)).value(indices, -1),
)  # fmt: skip
everyday(
    "token after the last occurrence", "abc",
    lambda xs: [xs[max(j)] if (j := [j + 1 for j in range(i) if xs[j] == x]) else "-" for i, x in enumerate(xs)],
    ((key(indices) <= query(indices)) & (key(tokens.shift(1, "")) == query(tokens))).last(tokens, "-"),
    at((before & same_token).last(indices, -2) + 1, default="-"),
    (before & same_token).last(tokens.shift(-1, ""), "-"),
    at((before & same_token).max(indices, -5) + 1, default="-"),
)  # fmt: skip
everyday(
    "argmax", DIGITS, lambda xs: [xs.index(max(xs))] * len(xs),
    full.max(tokens, of=indices),
    (key(tokens) == query(full.max(tokens))).first(indices),
    (key((key(tokens) > query(tokens)).width()) == query(0)).first(indices),
    (key(tokens) == query(full.max(tokens))).min(indices),
    full.min(where(tokens == full.max(tokens), indices, length)),
    (key(100 * tokens - indices) == query(full.max(100 * tokens - indices))).one(indices),
)  # fmt: skip
everyday(
    "range", DIGITS, lambda xs: [max(xs) - min(xs)] * len(xs),
    full.max(tokens) - full.min(tokens),
    full.max(tokens) + full.max(-tokens),
    SOp.zip(lambda a, b: a - b, full.max(tokens), full.min(tokens)),
    full.max(full.max(tokens) - tokens),
)  # fmt: skip
everyday(
    "contains ab", "abc", lambda xs: ["ab" in "".join(xs)] * len(xs),
    full.any((tokens == "b") & (tokens.shift(1, "") == "a")),
    full.value((tokens == "a") & (tokens.shift(-1, "") == "b")) > 0,
    full.any((tokens.shift(1, "") + tokens) == "ab"),
    full.max(where((tokens == "b") & (tokens.shift(1, "") == "a"), 1, 0)) == 1,
    full.any(SOp.zip(lambda a, b: a + b == "ab", tokens, tokens.shift(-1, ""))),
)  # fmt: skip

# Numbers.

everyday(
    "mean", DIGITS, lambda xs: [sum(xs) / len(xs)] * len(xs),
    full.mean(tokens),
    full.value(tokens) / length,
    full.value(tokens) / full.width(),
    SOp.zip(lambda s, n: s / n, full.value(tokens), length),
    full.value(tokens / length),
)  # fmt: skip
everyday(
    "x minus mean", DIGITS, lambda xs: [x - sum(xs) / len(xs) for x in xs],
    tokens - full.mean(tokens),
    tokens - full.value(tokens) / length,
    SOp.zip(lambda x, m: x - m, tokens, full.mean(tokens)),
    full.mean(0 * tokens) + tokens - full.mean(tokens),
    (tokens * length - full.value(tokens)) / length,
    -(full.mean(tokens) - tokens),
)  # fmt: skip
everyday(
    "x over sum", tuple(range(1, 10)), lambda xs: [x / sum(xs) for x in xs],
    tokens / full.value(tokens),
    SOp.zip(lambda x, s: x / s, tokens, full.value(tokens)),
    tokens * (1 / full.value(tokens)),
    tokens / (full.mean(tokens) * length),
    itself.value(tokens) / full.value(tokens),
)  # fmt: skip
everyday(
    "share of the sum", DIGITS, lambda xs: [x / sum(xs) if sum(xs) else 0 for x in xs],
    where(full.value(tokens) == 0, 0, tokens / full.value(tokens)),
    SOp.zip(lambda x, s: x / s if s else 0, tokens, full.value(tokens)),
    tokens / maximum(full.value(tokens), 1),
)  # fmt: skip
everyday(
    "x over max", tuple(range(1, 10)), lambda xs: [x / max(xs) for x in xs],
    tokens / full.max(tokens),
    SOp.zip(lambda x, m: x / m, tokens, full.max(tokens)),
    tokens * (1 / full.max(tokens)),
)  # fmt: skip
everyday(
    "above the mean", DIGITS, lambda xs: [x > sum(xs) / len(xs) for x in xs],
    tokens > full.mean(tokens),
    tokens * length > full.value(tokens),
    tokens > full.value(tokens) / length,
    SOp.zip(lambda x, m: x > m, tokens, full.mean(tokens)),
    tokens - full.mean(tokens) > 0,
    full.value(tokens) < tokens * length,
)  # fmt: skip
everyday(
    "how many are above the mean", DIGITS, lambda xs: [sum(x > sum(xs) / len(xs) for x in xs)] * len(xs),
    (key(tokens) > query(full.mean(tokens))).width(),
    full.value(tokens > full.mean(tokens)),
    (key(tokens > full.mean(tokens)) == query(True)).width(),
    full.value(where(tokens * length > full.value(tokens), 1, 0)),
)  # fmt: skip
everyday(
    "sum of squares", range(5), lambda xs: [sum(x * x for x in xs)] * len(xs),
    full.value(tokens * tokens),
    full.value(tokens**2),
    full.value(tokens.map(lambda x: x * x)),
    SOp.zip(lambda m, n: round(m * n), full.mean(tokens * tokens), length),
)  # fmt: skip
everyday(
    "dot product of neighbours", range(4), lambda xs: [sum(a * b for a, b in itertools.pairwise(xs))] * len(xs),
    full.value(tokens * tokens.shift(-1, 0)),
    full.value(SOp.zip(lambda a, b: a * b, tokens, tokens.shift(1, 0))),
    full.value(tokens * at(indices + 1, default=0)),
)  # fmt: skip
everyday(
    "is sorted", DIGITS, lambda xs: [xs == sorted(xs)] * len(xs),
    ~full.any(tokens < tokens.shift(1, 0)),
    full.all(tokens >= tokens.shift(1, 0)),
    full.value(tokens < tokens.shift(1, 0)) == 0,
    full.value(upto.max(tokens) > tokens) == 0,
    full.value((before & (key(tokens) > query(tokens))).width()) == 0,
    full.all((before & (key(tokens) > query(tokens))).width() == 0),
    full.all(tokens == upto.max(tokens)),
)  # fmt: skip
everyday(
    "inversions", range(5), lambda xs: [sum(a > b for a, b in itertools.combinations(xs, 2))] * len(xs),
    full.value((before & (key(tokens) > query(tokens))).width()),
    full.value((after & (key(tokens) < query(tokens))).width()),
)  # fmt: skip
everyday(
    "parity", (0, 1), lambda xs: [sum(xs) % 2] * len(xs),
    full.value(tokens) % 2,
    (key(tokens) == query(1)).width() % 2,
    (full.mean(tokens) * length).round() % 2,
    SOp.zip(lambda m, n: round(m * n) % 2, full.mean(tokens), length),
    full.value(tokens).map(lambda s: s % 2),
    where(full.value(tokens) // 2 * 2 == full.value(tokens), 0, 1),
)  # fmt: skip
everyday(
    "even length", "ab", lambda xs: [len(xs) % 2 == 0] * len(xs),
    length % 2 == 0,
    full.max(indices) % 2 == 1,
    length // 2 * 2 == length,
    length.map(lambda n: n % 2 == 0),
    full.value(where(indices % 2 == 0, 1, -1)) == 0,
)  # fmt: skip
everyday(
    "alternating sum", DIGITS, lambda xs: [sum(x * (-1) ** i for i, x in enumerate(xs))] * len(xs),
    full.value(where(indices % 2 == 0, tokens, -tokens)),
    full.value(tokens * (1 - 2 * (indices % 2))),
    full.value(tokens * (-1) ** indices),
    (key(indices % 2) == query(0)).value(tokens) - (key(indices % 2) == query(1)).value(tokens),
    full.value(SOp.zip(lambda x, i: -x if i % 2 else x, tokens, indices)),
)  # fmt: skip
everyday(
    "weighted sum", range(4), lambda xs: [sum(x * i for i, x in enumerate(xs))] * len(xs),
    full.value(tokens * indices),
    full.value(SOp.zip(lambda x, i: x * i, tokens, indices)),
    full.value(after.value(tokens)),
    full.value(indices * tokens + 0),
)  # fmt: skip

# Languages.

closing, opening = tokens == ")", tokens == "("
depth = upto.value(where(opening, 1, -1))


def balanced(xs: list[Any]) -> bool:
    heights = list(itertools.accumulate(1 if x == "(" else -1 for x in xs))
    return min(heights, default=0) >= 0 and sum(heights[-1:]) == 0


everyday(
    "balanced brackets", "()", lambda xs: [balanced(xs)] * len(xs),
    (full.min(depth) >= 0) & (full.value(where(opening, 1, -1)) == 0),
    (full.value(depth < 0) == 0) & (depth.at(-1) == 0),
    ~full.any(depth < 0) & (full.value(opening) == full.value(closing)),
    full.all(depth >= 0) & (full.mean(opening) == full.mean(closing)),
    full.all(upto.mean(opening) >= upto.mean(closing)) & (full.mean(opening) == full.mean(closing)),
    (full.max(where(upto.mean(where(opening, 1, 0)) - upto.mean(where(closing, 1, 0)) < 0, 1, 0)) == 0)
    & (full.mean(where(opening, 1, 0)) - full.mean(where(closing, 1, 0)) == 0),
    where(depth.at(-1) == 0, full.min(depth) > -1, False),
)  # fmt: skip
everyday(
    "balanced so far", "()",
    lambda xs: ["F" if min(h := list(itertools.accumulate(1 if x == "(" else -1 for x in xs[: i + 1]))) < 0
                else "T" if h[-1] == 0 else "P" for i in range(len(xs))],
    where(upto.min(depth) < 0, "F", where(depth == 0, "T", "P")),
    where(upto.any(depth < 0), "F", where(depth == 0, "T", "P")),
    SOp.zip(lambda low, d: "F" if low < 0 else "T" if d == 0 else "P", upto.min(depth), depth),
    where(upto.value(depth < 0) > 0, "F", where(depth > 0, "P", "T")),
    where(upto.value(upto.mean(opening) < upto.mean(closing)) > 0, "F",
          where(upto.mean(opening) == upto.mean(closing), "T", "P")),
)  # fmt: skip
everyday(
    "palindrome", "abc", lambda xs: [xs == xs[::-1]] * len(xs),
    full.all(tokens == at(back)),
    full.value(tokens == at(back)) == length,
    ~full.any(tokens != at(back)),
    full.mean(tokens == at(back)) == 1,
    full.min(where(tokens == at(back), 1, 0)) == 1,
    full.value(where(tokens == aggregate(select(indices, length - indices - 1, "=="), tokens), 0, 1)) == 0,
    full.value((same_token & (key(indices) == query(back))).width()) == length,
)  # fmt: skip
everyday(
    "as many a as b", "abc", lambda xs: [xs.count("a") == xs.count("b")] * len(xs),
    (key(tokens) == query("a")).width() == (key(tokens) == query("b")).width(),
    full.mean(tokens == "a") == full.mean(tokens == "b"),
    full.value(tokens.map({"a": 1, "b": -1, "c": 0})) == 0,
    full.mean(where(tokens == "a", 1, 0)) - full.mean(where(tokens == "b", 1, 0)) == 0,
    full.value(where(tokens == "a", 1, where(tokens == "b", -1, 0))) == 0,
)  # fmt: skip
everyday(
    "a b c in order", "abc", lambda xs: [xs == sorted(xs)] * len(xs),
    ~full.any(tokens < tokens.shift(1, "a")),
    full.all(tokens >= tokens.shift(1, "a")),
    full.value((before & (key(tokens) > query(tokens))).width()) == 0,
    full.all(tokens.shift(1, "a").map(ord) <= tokens.map(ord)),
)  # fmt: skip
everyday(
    "binary number", (0, 1), lambda xs: [int("".join(map(str, xs)), 2) % 4] * len(xs),
    2 * (key(indices) == query(length - 2)).value(tokens) + tokens.at(-1),
    full.value(where(length - indices == 1, tokens, where(length - indices == 2, 2 * tokens, 0))),
    full.value(tokens * 2 ** (length - indices - 1)) % 4,
)  # fmt: skip
everyday(
    "divisible by 3", DIGITS, lambda xs: [sum(xs) % 3 == 0] * len(xs),
    full.value(tokens) % 3 == 0,
    full.value(tokens % 3) % 3 == 0,
    full.value(tokens.map(lambda x: x % 3)).map(lambda s: s % 3 == 0),
    (full.mean(tokens) * length).round() % 3 == 0,
)  # fmt: skip

# Letters.

everyday(
    "upper case after a space", "ab ", lambda xs: [x.upper() if i == 0 or xs[i - 1] == " " else x
                                                   for i, x in enumerate(xs)],
    where((indices == 0) | (tokens.shift(1, "") == " "), tokens.map(str.upper), tokens),
    where(tokens.shift(1, " ") == " ", tokens.map({"a": "A", "b": "B", " ": " "}), tokens),
    SOp.zip(lambda a, b: b.upper() if a == " " else b, tokens.shift(1, " "), tokens),
)  # fmt: skip
everyday(
    "word number", "ab ", lambda xs: [xs[: i + 1].count(" ") for i in range(len(xs))],
    upto.value(tokens == " "),
    (upto & (key(tokens) == query(" "))).width(),
    SOp.zip(lambda m, i: round(m * (i + 1)), upto.mean(tokens == " "), indices),
)  # fmt: skip
words = upto.value(tokens == " ")
everyday(
    "length of the word", "ab ", lambda xs: [0 if x == " " else sum(y != " " and xs[:j].count(" ") == xs[:i].count(" ")
                                             for j, y in enumerate(xs)) for i, x in enumerate(xs)],
    where(tokens == " ", 0, ((key(words) == query(words)) & (key(tokens) != query(" "))).width()),
    where(tokens == " ", 0, (key(where(tokens == " ", -1, words)) == query(words)).width()),
    where(tokens == " ", 0, (key(words) == query(words)).value(tokens != " ")),
    where(tokens == " ", 0, (after & (key(tokens) == query(" "))).first(indices, length)
          - (before & (key(tokens) == query(" "))).last(indices, -1) - 1),
)  # fmt: skip
everyday(
    "squeeze out the spaces", "ab ", lambda xs: (s := [x for x in xs if x != " "]) + ["_"] * (len(xs) - len(s)),
    (key(where(tokens == " ", -1, (before & (key(tokens) != query(" "))).width())) == query(indices)).one(tokens, "_"),
    ((key(before.value(tokens != " ")) == query(indices)) & (key(tokens) != query(" "))).one(tokens, "_"),
    ((key(indices - before.value(tokens == " ")) == query(indices)) & (key(tokens != " ") == query(True)))
    .value(tokens, "_"),
    (key(upto.value(tokens != " ")) == query(indices + 1)).first(tokens, "_"),
)  # fmt: skip
everyday(
    "sum of the counts of a and b", "abc", lambda xs: [Counter(xs)["a"] + Counter(xs)["b"]] * len(xs),
    (key(tokens) == query("a")).width() + (key(tokens) == query("b")).width(),
    ((key(tokens) == query("a")) | (key(tokens) == query("b"))).width(),
    full.value(tokens.has("ab")),
    length - (key(tokens) == query("c")).width(),
)  # fmt: skip
