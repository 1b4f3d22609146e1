"""Formal languages: whether the input belongs to a language, at every position."""

from __future__ import annotations

import functools
import operator
import random
from collections.abc import Callable, Sequence
from typing import Any

from ..lang.sop import SOp
from ..lang.surface import full, indices, key, query, tokens, where
from .basics import cumsum, flip
from .program import RightAnswers, Sampler, any_tokens, program

Pairs = Sequence[Sequence[Any]]
"""Kinds of brackets, each an opening and a closing token: ("()", "[]")."""

# Plain Python: references, and generators of inputs: members, near members, any input.


def _decides(check: Callable[[str], bool]) -> RightAnswers:
    return lambda x: [check("".join(x))] * len(x)


def _yes_or_no(result: list[Any]) -> str:
    return "yes" if all(result) else "no"


def _mostly(member: Callable[[random.Random, int], str], vocab: str) -> Sampler:
    """Draw members of the language of at most n tokens, members with one or two tokens changed, and any input."""

    def sample(rng: random.Random, n: int) -> str:
        kind = rng.choice(["member", "changed", "exchanged", "any"])
        if kind == "any":
            return "".join(any_tokens(tuple(vocab))(rng, n))
        text = list(member(rng, n))
        if text and kind == "changed":
            text[rng.randrange(len(text))] = rng.choice(vocab)
        if text and kind == "exchanged":
            i, j = rng.randrange(len(text)), rng.randrange(len(text))
            text[i], text[j] = text[j], text[i]
        return "".join(text)

    return sample


def _some_palindrome(rng: random.Random, n: int) -> str:
    size = rng.randint(0, n)
    half = "".join(rng.choices("abc", k=size // 2))
    return half + "".join(rng.choices("abc", k=size % 2)) + half[::-1]


def _nested(pairs: str, deepest: int) -> Callable[[random.Random, int], str]:
    """Draw brackets of several kinds ("()[]") that are nested correctly and not too deeply."""

    def member(rng: random.Random, n: int) -> str:
        size = 2 * rng.randint(0, n // 2)
        eager = rng.choice([0.3, 0.5, 0.8])
        text, due = "", ""
        while len(text) < size:
            room = size - len(text)
            if not due or (len(due) < min(deepest, room - 1) and rng.random() < eager):
                i = 2 * rng.randrange(len(pairs) // 2)
                text, due = text + pairs[i], pairs[i + 1] + due
            else:
                text, due = text + due[0], due[1:]
        return text

    return member


def _shuffled(rng: random.Random, n: int) -> str:
    """Draw balanced round brackets interleaved with balanced square ones."""
    first = rng.randint(0, n)
    parts = [list(_nested(kind, n)(rng, size)) for kind, size in (("()", first), ("[]", n - first))]
    turns = [k for k, part in enumerate(parts) for _ in part]
    rng.shuffle(turns)
    return "".join(parts[k].pop(0) for k in turns)


def _some_anbncn(rng: random.Random, n: int) -> str:
    k = rng.randint(0, n // 3)
    return "a" * k + "b" * k + "c" * k


def _is_shuffle_dyck(text: str) -> bool:
    for opening, closing in ("()", "[]"):
        depth = 0
        for t in text:
            depth += (t == opening) - (t == closing)
            if depth < 0:
                return False
        if depth:
            return False
    return True


def _is_dyck(text: str) -> bool:
    due: list[str] = []
    for t in text:
        if t in "([":
            due.append(")" if t == "(" else "]")
        elif not due or due.pop() != t:
            return False
        if len(due) > 3:
            return False
    return not due


def _is_anbncn(text: str) -> bool:
    k = len(text) // 3
    return text == "a" * k + "b" * k + "c" * k


def _depths(x: list[Any]) -> list[Any]:
    return [x[: i + 1].count("(") - x[:i].count(")") for i in range(len(x))]


# The programs.


@program(
    vocab="abc",
    max_len=50,
    example="abcba",
    reference=lambda x: [x == x[::-1]] * len(x),
    sample=_mostly(_some_palindrome, "abc"),
    answer=_yes_or_no,
)
def palindrome(seq: SOp = tokens) -> SOp:
    """Whether the input reads the same backwards: it equals its reverse everywhere. Three layers.

    >>> palindrome()("level")
    [True, True, True, True, True]
    >>> palindrome()("hello")
    [False, False, False, False, False]
    """
    return full.all(flip(seq) == seq).name("palindrome")


def _step(pairs: Pairs, seq: SOp) -> SOp:
    """1 at an opening bracket, -1 at a closing one, else 0."""
    opening, closing = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    return where(seq.has(opening), 1, where(seq.has(closing), -1, 0))


@program(
    vocab="()x",
    max_len=50,
    example="(x(x)x)x",
    reference=_depths,
    sample=_mostly(_nested("()xx", 6), "()x"),
)
def bracket_depth(pairs: Pairs = ("()",), seq: SOp = tokens) -> SOp:
    """The number of open brackets at each position, including the bracket itself. One layer.

    It is below one where more brackets were closed than opened.

    >>> bracket_depth()("(x(x)x)x")
    [1, 1, 2, 2, 2, 1, 1, 0]
    >>> bracket_depth(["()", "[]"])("([])")
    [1, 2, 2, 1]
    """
    closing = seq.has([pair[1] for pair in pairs])
    return (cumsum(_step(pairs, seq)) + where(closing, 1, 0)).name("bracket_depth")


@program(
    vocab="()",
    max_len=50,
    example="(()())",
    reference=_decides(_is_shuffle_dyck),
    sample=_mostly(_nested("()", 50), "()"),
    answer=_yes_or_no,
)
def dyck1(seq: SOp = tokens) -> SOp:
    """Whether the brackets are balanced: each closes one before it and none stays open. Two layers.

    >>> dyck1()("(())")
    [True, True, True, True]
    >>> dyck1()("())(")
    [False, False, False, False]
    """
    return shuffle_dyck(["()"], seq).name("dyck1")


@program(
    vocab="()[]",
    max_len=32,
    example="([)]",
    reference=_decides(_is_shuffle_dyck),
    sample=_mostly(_shuffled, "()[]"),
    answer=_yes_or_no,
)
def shuffle_dyck(pairs: Pairs = ("()", "[]"), seq: SOp = tokens) -> SOp:
    """Whether the brackets of each kind are balanced, regardless of the other kinds; two layers.

    For each kind, no prefix may have more closing brackets than opening ones, and the whole input must have equal
    numbers of both.

    >>> shuffle_dyck()("([)]")
    [True, True, True, True]
    >>> shuffle_dyck()("([(]")
    [False, False, False, False]
    """
    steps = [_step([pair], seq) for pair in pairs]
    faults = [(cumsum(step) < 0) | (full.value(step) != 0) for step in steps]
    return (~full.any(functools.reduce(operator.or_, faults))).name("shuffle_dyck")


@program(
    vocab="()[]",
    max_len=32,
    example="([])[()]",
    reference=_decides(_is_dyck),
    sample=_mostly(_nested("()[]", 3), "()[]"),
    answer=_yes_or_no,
)
def dyck(depth: int = 3, pairs: Pairs = ("()", "[]"), seq: SOp = tokens) -> SOp:
    """Whether brackets of several kinds are nested correctly and at most `depth` deep; three layers.

    The partner of a closing bracket is the last opening one before it of the same depth; the two must be of one kind.
    An opening bracket finds itself.

    >>> dyck()("([])")
    [True, True, True, True]
    >>> dyck()("([)]")
    [False, False, False, False]
    >>> dyck(depth=1)("([])")
    [False, False, False, False]
    """
    step = _step(pairs, seq)
    kind = seq.map({bracket: k for k, pair in enumerate(pairs) for bracket in pair}).name("kind")
    level = bracket_depth(pairs, seq)
    # A level below 0 or above the deepest one is an error anyway, so these levels need not be distinguished.
    capped = where(level < 0, 0, where(level > depth, depth + 1, level)).name("capped")
    opened = (key(indices) <= query(indices)) & (key(step) == query(1)) & (key(capped) == query(capped))
    partner = opened.last(kind, -1).name("partner")
    fault = (partner != kind) | (level > depth) | (full.value(step) != 0)
    return (~full.any(fault)).name("dyck")


@program(
    vocab="abc",
    max_len=48,
    example="aabbcc",
    reference=_decides(_is_anbncn),
    sample=_mostly(_some_anbncn, "abc"),
    answer=_yes_or_no,
)
def anbncn(seq: SOp = tokens) -> SOp:
    """Whether the input is some a's, then as many b's, then as many c's; one layer.

    The counts are equal, the last a is before the first b, and the last b before the first c.

    >>> anbncn()("aabbcc")
    [True, True, True, True, True, True]
    >>> anbncn()("abcabc")
    [False, False, False, False, False, False]
    """
    a, b, c = (key(seq) == query(letter) for letter in "abc")
    alike = (a.width() == b.width()) & (b.width() == c.width())
    in_order = (a.last(indices) < b.first(indices)) & (b.last(indices) < c.first(indices))
    return (alike & in_order).name("anbncn")
