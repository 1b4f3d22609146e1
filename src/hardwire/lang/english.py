"""Words for messages."""

from __future__ import annotations


def a(word: str) -> str:
    """The word with its article: a float, an int, an ndarray."""
    return f"an {word}" if word[:1] in "aeioAEIO" or word.startswith("nd") else f"a {word}"


def several(n: int, word: str) -> str:
    """How many: 1 token, 2 tokens."""
    return f"{n:,} {word}{'' if n == 1 else 's'}"


def a_type(x: object) -> str:
    """The name of the type of x, with its article."""
    return a(type(x).__name__)
