"""Text and other sequences: words, runs, and earlier occurrences."""

from __future__ import annotations

import itertools
from typing import Any

from ..lang.sop import SOp
from ..lang.surface import after, before, indices, key, length, query, tokens, where
from .basics import shift
from .program import program

_ALPHABET = "abcdefghijklmnopqrstuvwxyz"


@program(vocab="ehlo", max_len=100, example="hello", reference=lambda x: x)
def copy() -> SOp:
    """The input unchanged, without any layer.

    >>> copy()("hello")
    ['h', 'e', 'l', 'l', 'o']
    """
    return tokens.name("copy")


@program(
    vocab=_ALPHABET + " ",
    max_len=100,
    example="hello world",
    reference=lambda x: [t if t == " " else _ALPHABET[(_ALPHABET.index(t) + 3) % 26] for t in x],
)
def caesar(k: int = 3, seq: SOp = tokens) -> SOp:
    """Each lower-case letter replaced by the one k places later in the alphabet, without any layer.

    >>> "".join(caesar()("hello world"))
    'khoor zruog'
    """
    code = dict(zip(_ALPHABET, _ALPHABET[k % 26 :] + _ALPHABET[: k % 26], strict=True))
    return seq.map(lambda t: code.get(t, t)).name("caesar")


def _mirror(seq: SOp) -> SOp:
    """Return the position that each position swaps with when every word is reversed; one layer."""
    space = key(seq) == query(" ")
    start = (before & space).last(indices, -1)
    end = (after & space).first(indices, length)
    return where(seq == " ", indices, start + end - indices).name("mirror")


@program(
    vocab="dehlorw ",
    max_len=40,
    example="hello world",
    reference=lambda x: list(" ".join(word[::-1] for word in "".join(x).split(" "))),
)
def reverse_letters(seq: SOp = tokens) -> SOp:
    """The letters of each word reversed, the words in their places, in two layers.

    >>> "".join(reverse_letters()("hello world"))
    'olleh dlrow'
    """
    return (key(indices) == query(_mirror(seq))).one(seq).name("reverse_letters")


@program(
    vocab="dehlorw ",
    max_len=40,
    example="hello world",
    reference=lambda x: list(" ".join("".join(x).split(" ")[::-1])),
)
def reverse_words(seq: SOp = tokens) -> SOp:
    """The words in reverse order, each spelt as before, in three layers.

    This is the reversed sequence with each of its words reversed: position i reads the mirror image, in its word, of
    position n - 1 - i.

    >>> "".join(reverse_words()("hello world"))
    'world hello'
    """
    source = (key(indices) == query(length - 1 - indices)).one(_mirror(seq)).name("source")
    return (key(indices) == query(source)).one(seq).name("reverse_words")


def _runs(x: list[Any]) -> list[Any]:
    lengths = [len(list(run)) for _, run in itertools.groupby(x)]
    return [k for k in lengths for _ in range(k)]


@program(vocab="abc", max_len=60, example="aabccca", reference=_runs)
def run_lengths(seq: SOp = tokens) -> SOp:
    """The length of the run of equal tokens that each position is in, in one layer.

    >>> run_lengths()("aabccca")
    [2, 2, 1, 3, 3, 3, 1]
    """
    other = key(seq) != query(seq)
    left = (before & other).last(indices, -1)
    right = (after & other).first(indices, length)
    return (right - left - 1).name("run_lengths")


@program(
    vocab="abn",
    max_len=60,
    example="banana",
    reference=lambda x: [max((j for j in range(i) if x[j] == x[i]), default=-1) for i in range(len(x))],
)
def previous_occurrence(seq: SOp = tokens) -> SOp:
    """The position of the previous occurrence of each token, -1 if it is new.

    >>> previous_occurrence()("banana")
    [-1, -1, -1, 1, 2, 3]
    """
    return (before & (key(seq) == query(seq))).last(indices, -1).name("previous_occurrence")


def _followed(x: list[Any], n: int) -> list[Any]:
    """Return the token after the last earlier occurrence of the n tokens that end at each position."""
    return [
        next((x[j] for j in range(i, n - 1, -1) if x[j - n : j] == x[i - n + 1 : i + 1]), "_") for i in range(len(x))
    ]


@program(vocab="abcd", max_len=50, example="abcdab", reference=lambda x: _followed(x, 1))
def induction(default: object = "_", seq: SOp = tokens) -> SOp:
    """The token after the previous occurrence of the current token, or the default; two layers.

    The induction head: one layer gives each position the token before it, the next looks up the current token among
    these. It is causal.

    >>> induction()("abcab")
    ['_', '_', '_', 'b', 'c']
    """
    previous = shift(1, None, seq).name("previous")
    seen = (key(previous) == query(seq)) & (key(indices) <= query(indices))
    return seen.last(seq, default).name("induction")


@program(vocab="abcd", max_len=50, example="abcdbcabc", reference=lambda x: _followed(x, 2))
def ngram_lookup(n: int = 2, default: object = "_", seq: SOp = tokens) -> SOp:
    """The token after the previous occurrence of the current n tokens, or the default; two layers.

    >>> ngram_lookup()("abcdbcab")
    ['_', '_', '_', '_', '_', 'd', '_', 'c']
    """
    seen = key(indices) <= query(indices)
    current = seq
    for i in range(1, n + 1):
        earlier = shift(i, None, seq).name(f"previous_{i}")
        seen &= key(earlier) == query(current)
        current = earlier
    return seen.last(seq, default).name("ngram_lookup")


def _nearest(x: list[Any]) -> list[Any]:
    """The last token before each position that is not "_"."""
    found = itertools.accumulate(x, lambda last, t: last if t == "_" else t, initial="_")
    return list(found)[: len(x)]


@program(vocab="abc_", max_len=50, example="_ab__c_", reference=_nearest)
def nearest_left(x: object = "_", default: object = "_", seq: SOp = tokens) -> SOp:
    """The nearest token to the left that is not x, or the default; one layer.

    >>> "".join(nearest_left()("_ab__c_"))
    '__abbbc'
    """
    return (before & (key(seq) != query(x))).last(seq, default).name("nearest_left")


@program(vocab="abc_", max_len=50, example="_ab__c_", reference=lambda x: _nearest(x[::-1])[::-1])
def nearest_right(x: object = "_", default: object = "_", seq: SOp = tokens) -> SOp:
    """The nearest token to the right that is not x, or the default; one layer.

    >>> "".join(nearest_right()("_ab__c_"))
    'abccc__'
    """
    return (after & (key(seq) != query(x))).first(seq, default).name("nearest_right")
