"""The vocabulary: the tokens that an input may have."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from ..errors import CompileError
from ..lang.handle import Handle
from ..lang.text import constant
from ..lang.values import NotAValue, Value, exact, freeze


def read_vocab(vocab: Any) -> tuple[Value, ...]:
    """Return a vocabulary as a tuple of values no two of which are equal. Raises CompileError."""
    if not isinstance(vocab, Iterable) or isinstance(vocab, (Handle, bytes)):
        numbers = f" For the numbers below it write range({vocab})." if type(vocab) is int and vocab > 0 else ""
        shown, kind = constant(vocab, 40), type(vocab).__name__
        raise CompileError(
            f"vocab is {shown}, of the type {kind}, and not the tokens an input may have\n"
            f"  Give a string (its characters), or a list, range or set of values.{numbers}",
            value=vocab,
        )
    try:
        values = [freeze(v) for v in vocab]
    except (NotAValue, TypeError) as error:
        raise CompileError(f"the vocabulary contains a non-value: {error}", value=vocab) from None
    if isinstance(vocab, (set, frozenset)):
        values.sort(key=lambda v: (type(v).__name__, v if isinstance(v, (str, int, float)) else repr(v)))
    seen: dict[Value, Value] = {}
    for v in values:
        known = len(seen)
        try:
            equal = seen.setdefault(v, v)
        except Exception as error:  # from a type's own ==
            raise CompileError(f"the vocabulary has values that cannot be compared: {error}", value=v) from error
        if len(seen) == known:
            same = exact(equal) == exact(v)
            twice = f"{constant(v)} twice" if same else f"{constant(equal)} and {constant(v)}, which are equal"
            raise CompileError(
                f"the vocabulary holds {twice}: a token must have one meaning{_range(vocab)}",
                value=v,
            )
    if not values:
        raise CompileError("the vocabulary is empty: give the tokens an input may have")
    return tuple(values)


def _range(vocab: object) -> str:
    """The remedy for "0..9", whose characters are not the intended vocabulary."""
    ends = re.fullmatch(r"(-?\d+)\.\.(-?\d+)", vocab) if isinstance(vocab, str) else None
    if ends is None:
        return ""
    low, high = int(ends[1]), int(ends[2])
    return f"\n  A string is its characters; for the whole numbers {low} to {high} write range({low}, {high + 1})."
