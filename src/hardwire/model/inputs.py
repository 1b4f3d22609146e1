"""Reading inputs: from tokens to rows of the embedding, with an error for every invalid input."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from ..errors import InputError, ModelError
from ..lang.english import a_type
from ..lang.text import constant
from ..lang.values import NotAValue, Value, exact, freeze
from .forward import Ints

SHOWN = 12
"""The number of members of the vocabulary in a message."""
WINDOW = 60
"""The number of characters of an input in a message."""

_THEMSELVES = {str, int, type(None)}
"""The types whose values are their own exact key (see `exact`)."""


class Inputs:
    """Reads inputs over one vocabulary."""

    def __init__(self, vocab: Sequence[Value], max_len: int | None) -> None:
        """Raises ModelError for a vocabulary with two equal values, or with an object that is not a value."""
        self.max_len = max_len
        self.rows: dict[Any, int] = {}
        self.equals: dict[Value, Value] = {}
        for i, v in enumerate(vocab):
            try:
                freeze(v)
            except NotAValue as error:
                raise ModelError(f"the vocabulary has a member that is not a value: {error}", value=v) from None
            if v in self.equals:
                raise ModelError(f"the vocabulary holds two equal values: {self.equals[v]!r} and {v!r}", value=v)
            self.equals[v] = v
            self.rows[exact(v, _by_equality)] = i + 1

    def many(self, inputs: Iterable[object]) -> tuple[list[Any], Ints, Ints]:
        """Return (the inputs, the rows of all their tokens in sequence, their lengths). Raises InputError."""
        if isinstance(inputs, (str, bytes)):
            raise InputError(
                f"a batch is a list of inputs, not the one string {constant(inputs)}: write [{constant(inputs)}]",
                value=inputs,
            )
        if not isinstance(inputs, Iterable):
            raise InputError(f"a batch is a list of inputs, not {constant(inputs)}", value=inputs)
        given = list(inputs)
        read = [self.rows_of(x, f"input {i}") for i, x in enumerate(given)]
        lengths = np.fromiter(map(len, read), np.int64, len(read))
        flat = np.fromiter((row for rows in read for row in rows), np.int64, int(lengths.sum()))
        return given, flat, lengths

    def rows_of(self, x: object, which: str = "the input") -> list[int]:
        """Return the rows of one input's tokens, without BOS. Raises InputError."""
        items = _items(x, which)
        if self.max_len is not None and len(items) > self.max_len:
            raise InputError(
                f"{which} has {len(items):,} tokens; this model takes at most {self.max_len:,} (its max_len)",
                position=self.max_len,
                value=x,
            )
        if isinstance(items, str) or set(map(type, items)) <= _THEMSELVES:
            rows = list(map(self.rows.get, items))
        else:
            rows = [self.rows.get(self._key(x, items, i, which)) for i in range(len(items))]
        if None in rows:
            at = rows.index(None)
            raise self._unknown(items, at, which)
        return rows  # type: ignore[return-value]

    def row(self, token: Value) -> int | None:
        """Return the row of a token; None for a value that is not in the vocabulary."""
        return self.rows.get(exact(token, _by_equality))

    def _key(self, x: object, items: str | Sequence[Any], at: int, which: str) -> Any:
        try:
            return exact(freeze(items[at]), _by_equality)
        except NotAValue as error:
            text = f"{which} has no token at position {at}: {error}"
            if isinstance(items[at], (list, str, np.ndarray)):
                text += ". For several inputs at once use model.batch"
            raise InputError(text, position=at, value=items[at]) from None

    def _unknown(self, items: str | Sequence[Any], at: int, which: str) -> InputError:
        token = freeze(items[at])
        shown, column = _window(items, at)
        lines = [
            f"{constant(token)} at position {at} of {which} is not in the vocabulary",
            f"    {shown}",
            f"    {' ' * column}^ {self._hint(token, in_string=isinstance(items, str))}",
        ]
        return InputError("\n".join(lines), position=at, value=token)

    def _hint(self, token: Value, *, in_string: bool) -> str:
        twin = self._twin(token)
        if twin is not None:
            twin = twin[0]
            hint = f"the vocabulary has {constant(twin)} ({type(twin).__name__}), this is {a_type(token)}"
            return f"{hint}; give a list of tokens" if in_string else hint
        hint = f"the vocabulary is {vocabulary(tuple(self.equals))}"
        if isinstance(token, str) and len(token) > 1 and all(c in self.rows for c in token):
            return f"{hint}; a string itself is read as its characters, inside a list it is one token"
        if in_string and any(isinstance(v, str) and len(v) > 1 for v in self.equals):
            return f"{hint}; tokens of several characters go into a list"
        return hint

    def _twin(self, token: Value) -> tuple[Value] | None:
        """Return the member of the vocabulary that is equal, or has the same text, but another type; in a 1-tuple."""
        if token in self.equals:
            return (self.equals[token],)
        same = [v for v in self.equals if not isinstance(v, tuple) and str(v) == str(token)]
        return (same[0],) if same else None


def _by_equality(x: Value) -> Any:
    """Return the key of an object that only `==` can compare: a token is a new object in each input."""
    return (type(x), x)


def _items(x: object, which: str) -> str | Sequence[Any]:
    if isinstance(x, str):
        return str(x)
    if isinstance(x, np.ndarray) and x.ndim != 1:
        raise InputError(f"{which} is an array of shape {x.shape}; an input has one axis", value=x)
    if not isinstance(x, (list, tuple, range, np.ndarray)):
        raise InputError(
            f"{which} is of the type {type(x).__name__}; give a string (its characters are the tokens) "
            "or a list, tuple, range or 1-D array of tokens",
            value=x,
        )
    return x  # type: ignore[return-value]


def vocabulary(vocab: Sequence[Value]) -> str:
    """Return a vocabulary on one line."""
    if vocab and all(type(v) is str and len(v) == 1 for v in vocab):
        return constant("".join(vocab), 40)
    shown = ", ".join(constant(v, 16) for v in vocab[:SHOWN])
    return shown + (f", … {len(vocab) - SHOWN:,} more" if len(vocab) > SHOWN else "") if vocab else "empty"


def _window(items: str | Sequence[Any], at: int) -> tuple[str, int]:
    """Return (the input around a position on one line, the column of that position's token)."""
    separator = "" if isinstance(items, str) else " "

    def text(i: int) -> str:
        if isinstance(items, str):
            return items[i] if items[i].isprintable() else "\N{REPLACEMENT CHARACTER}"
        return constant(items[i], 16)

    before, after = "", text(at)
    lo = hi = at
    while lo > 0 and len(before) < WINDOW // 2:
        lo -= 1
        before = text(lo) + separator + before
    while hi < len(items) - 1 and len(after) < WINDOW // 2:
        hi += 1
        after += separator + text(hi)
    before = ("…" if lo > 0 else "") + before
    return before + after + ("…" if hi < len(items) - 1 else ""), len(before)
