"""Warnings of comparisons of a token with a longer string, which are never true and usually a mistake."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterable
from weakref import WeakKeyDictionary

from ..errors import ProgramWarning
from ..lang.expr import Expr, Op, unnamed
from ..lang.text import constant, formula
from ..lang.values import Value

Words = tuple[tuple[str, str], ...]
"""(a string of several characters, the formula of the comparison it stands in)"""

_known: WeakKeyDictionary[Expr, Words] = WeakKeyDictionary()
"""For as long as an expression lives, since every run asks: to walk a small program takes as long as to run it."""


def warn_of_words(root: Expr, tokens: Iterable[Value], *, only_characters: bool = False) -> None:
    """Warn of comparisons of tokens with strings that are longer than the longest of these tokens.

    With `only_characters`, warn only if every token is a single character, as in an input that is a string.
    """
    words = _words(root)
    if not words:
        return
    given = list(tokens)
    longest = max((len(t) for t in given if isinstance(t, str)), default=0)
    if only_characters and (longest != 1 or not all(isinstance(t, str) for t in given)):
        return
    for word, where in words:
        if longest < len(word):
            warnings.warn(_message(word, where, longest), ProgramWarning, stacklevel=outside())


def _message(word: str, where: str, longest: int) -> str:
    tokens = "a token here is one character" if longest == 1 else f"the longest token has {longest} characters"
    return (
        f"{where} compares tokens with {constant(word)}, which no token can equal: {tokens}\n"
        "  A string is one value, not one for each position. Compare with one character, or with several by "
        '.has("aeiou"); or give the input as a list of words: x(["hello", "you"]).'
    )


def _words(root: Expr) -> Words:
    if root not in _known:
        found = {(word, formula(e, 60)): None for e in root.walk() for word in _compared(e)}
        _known[root] = tuple(found)
    return _known[root]


def _compared(e: Expr) -> list[str]:
    """The strings of several characters that an expression compares tokens with."""
    if e.op is Op.HAS and unnamed(e.src[0]).op is Op.TOKENS:
        members = e.arg
    elif e.op.equality or (isinstance(e.arg, Op) and e.arg.equality):
        sides = [unnamed(s) for s in e.src]
        if not any(s.op is Op.TOKENS for s in sides):
            return []
        members = [s.arg for s in sides if s.op is Op.CONST]
    else:
        return []
    return [m for m in members if type(m) is str and len(m) > 1]


def outside() -> int:
    """Return the stack level of the first caller outside this package, so that the warning points at the user's
    line."""
    package = __name__.partition(".")[0]
    frame, level = sys._getframe(1), 1
    while frame.f_back is not None and str(frame.f_globals.get("__name__", "")).partition(".")[0] == package:
        frame, level = frame.f_back, level + 1
    return level
