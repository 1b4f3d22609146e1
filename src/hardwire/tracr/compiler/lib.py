"""The programs that come with Tracr."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

from ...errors import BuildError, OperandError
from ..expressions import functions as fn
from ..rasp import rasp


def make_length() -> rasp.SOp:
    """How many tokens a query sees: all, or under the causal mask those up to itself.

    >>> make_length()("abc")
    [3, 3, 3]
    """
    everything = rasp.Select(rasp.tokens, rasp.tokens, rasp.Comparison.TRUE)
    return rasp.SelectorWidth(everything).named("length")


length = make_length()


def make_reverse(sop: rasp.SOp) -> rasp.SOp:
    """The values in reverse order.

    >>> make_reverse(rasp.tokens)("abc")
    ['c', 'b', 'a']
    """
    mirrored = (make_length() - rasp.indices - 1).named("mirrored")
    selector = rasp.Select(rasp.indices, mirrored, rasp.Comparison.EQ)
    return rasp.Aggregate(selector, sop).named("reverse")


def make_frac_prevs(bools: rasp.SOp) -> rasp.SOp:
    """The share of true values so far.

    >>> make_frac_prevs(rasp.tokens == "a")("abba")
    [True, 0.5, 0.3333333333333333, 0.5]
    """
    so_far = rasp.Select(rasp.indices, rasp.indices, rasp.Comparison.LEQ)
    return rasp.numerical(rasp.Aggregate(so_far, rasp.numerical(bools), default=0)).named("frac_prevs")


def make_pair_balance(sop: rasp.SOp, open_token: Any, close_token: Any) -> rasp.SOp:
    """The share of one token so far, less that of another.

    >>> make_pair_balance(rasp.tokens, "(", ")")("()(")
    [1, 0.0, 0.3333333333333333]
    """
    opened, closed = make_frac_prevs(sop == open_token), make_frac_prevs(sop == close_token)
    return rasp.numerical(rasp.LinearSequenceMap(opened, closed, 1, -1)).named("pair_balance")


def make_shuffle_dyck(pairs: Sequence[str]) -> rasp.SOp:
    """True everywhere if, for each pair, no close comes before its open and none is left open.

    >>> make_shuffle_dyck(["()", "[]"])("([)]")
    [True, True, True, True]
    """
    if not pairs:
        raise OperandError("make_shuffle_dyck takes at least one pair, a string of two characters", value=pairs)
    balances = [make_pair_balance(rasp.tokens, *pair).named(f"balance_{pair}") for pair in pairs]
    negative = functools.reduce(rasp.SOp.__or__, [balance < 0 for balance in balances])
    even = functools.reduce(rasp.SOp.__and__, [balance == 0 for balance in balances])
    violations = rasp.SelectorWidth(rasp.Select(negative, rasp.tokens, fn.WithQuery(fn.BinaryOperator("=="), True)))
    at_end = rasp.Aggregate(rasp.Select(rasp.indices, make_length() - 1, rasp.Comparison.EQ), even)
    return (at_end & (violations == 0)).named("shuffle_dyck")


def make_shuffle_dyck2() -> rasp.SOp:
    """make_shuffle_dyck of round brackets and curly ones."""
    return make_shuffle_dyck(pairs=["()", "{}"]).named("shuffle_dyck2")


def make_hist() -> rasp.SOp:
    """How often each token occurs.

    >>> make_hist()("hello")
    [1, 1, 2, 2, 1]
    """
    return rasp.SelectorWidth(rasp.Select(rasp.tokens, rasp.tokens, rasp.Comparison.EQ)).named("hist")


def make_sort_unique(vals: rasp.SOp, keys: rasp.SOp) -> rasp.SOp:
    """The values in the order of their keys, no two of which are equal.

    >>> make_sort_unique(rasp.tokens, rasp.tokens)([3, 1, 2])
    [1, 2, 3]
    """
    rank = rasp.SelectorWidth(rasp.Select(keys, keys, rasp.Comparison.LT)).named("rank")
    return rasp.Aggregate(rasp.Select(rank, rasp.indices, rasp.Comparison.EQ), vals).named("sort")


def make_sort(vals: rasp.SOp, keys: rasp.SOp, *, max_seq_len: int, min_key: float) -> rasp.SOp:
    """The values in the order of their keys, equal keys in the order of positions.

    Two different keys are at least `min_key` apart.

    >>> make_sort(rasp.tokens, rasp.tokens, max_seq_len=4, min_key=1)([3, 1, 3, 2])
    [1, 2, 3, 3]
    """
    return make_sort_unique(vals, keys + min_key * rasp.indices / max_seq_len)


def make_sort_freq(max_seq_len: int) -> rasp.SOp:
    """The tokens, the most frequent ones first.

    >>> make_sort_freq(5)("abbab")
    ['b', 'b', 'b', 'a', 'a']
    """
    rarity = (-1 * make_hist()).named("rarity")
    return make_sort(rasp.tokens, rarity, max_seq_len=max_seq_len, min_key=1).named("sort_freq")


def shift_by(offset: int, /, sop: rasp.SOp) -> rasp.SOp:
    """The values moved to the right, or to the left where the offset is negative; None where no value comes in.

    >>> shift_by(1, rasp.tokens)("abc")
    [None, 'a', 'b']
    """
    moved = rasp.Select(rasp.indices + offset, rasp.indices, rasp.Comparison.EQ)
    return rasp.Aggregate(moved, sop, default=None).named(f"shift_by({offset})")


def detect_pattern(sop: rasp.SOp, pattern: Sequence[Any]) -> rasp.SOp:
    """Whether the values up to each position end in the pattern; None where fewer values are there.

    >>> detect_pattern(rasp.tokens, "ab")("abab")
    [None, True, False, True]
    """
    if len(pattern) == 0:
        raise ValueError("detect_pattern takes a pattern of at least one value")
    found = [shift_by(len(pattern) - i, sop == value) for i, value in enumerate(pattern, 1)]
    return functools.reduce(rasp.SOp.__and__, found).named(f"detect_pattern({pattern})")


def make_count_less_freq(n: int) -> rasp.SOp:
    """How many tokens occur at most n times.

    >>> make_count_less_freq(1)("hello")
    [3, 3, 3, 3, 3]
    """
    hist = make_hist()
    rare = rasp.Select(hist, hist, fn.WithQuery(fn.BinaryOperator("<="), n))
    return rasp.SelectorWidth(rare).named("count_less_freq")


def make_count(sop: rasp.SOp, token: Any) -> rasp.SOp:
    """How often a value occurs.

    >>> make_count(rasp.tokens, "l")("hello")
    [2, 2, 2, 2, 2]
    """
    those = rasp.Select(sop, sop, fn.WithQuery(fn.BinaryOperator("=="), token))
    return rasp.SelectorWidth(those).named(f"count_{token}")


def make_nary_sequencemap(f: Callable[..., Any], *sops: rasp.SOp) -> rasp.SOp:
    """f of the values of several sops at each position.

    >>> make_nary_sequencemap(max, rasp.tokens, 2 * rasp.indices, 4 - rasp.tokens)([1, 2, 3])
    [3, 2, 4]
    """
    if not sops:
        raise BuildError("make_nary_sequencemap takes a function and at least one sop")
    first, *others = sops
    gathered: rasp.SOp = rasp.Map(_alone, first)
    for sop in others:
        gathered = rasp.SequenceMap(fn.Gathered(), gathered, sop)
    return rasp.Map(lambda xs: f(*xs), gathered)


def _alone(x: Any) -> tuple[Any]:
    return (x,)
