"""A text that is written token by token: a column for each step, with token read, named values and token written."""

from __future__ import annotations

from typing import Any

from ..lang.generation import STOP, Generation
from ..lang.text import constant
from . import shapes
from .metrics import ems
from .sequence import row, width_of
from .shapes import Box
from .theme import GAP, TEXT

WIDEST = 252.0
"""The greatest width of the names of rows."""


def steps(text: Generation) -> tuple[list[Any], dict[str, list[Any]], list[Any]]:
    """Return, for each step of a text so far: the last token read, the named values there, and the token written.

    The step that ends a text writes its stop token.
    """
    named, following = text.watched()
    transcript = [*text.prompt, *text.tokens]
    first = len(text.prompt) - 1
    some = slice(first, first + len(text.tokens) + (text.ended == STOP))
    return transcript[some], {name: values[some] for name, values in named.items()}, following[some]


def transcript_text(text: Generation) -> str:
    """A line for each step: the token read, the token written, and the named values."""
    read, named, written = steps(text)
    width = max((len(constant(t, 16)) for t in [*read, *written]), default=0)
    lines = [repr(text)]
    for i, (before, token) in enumerate(zip(read, written, strict=True)):
        values = "  ".join(f"{name} {constant(values[i], 16)}" for name, values in named.items())
        lines.append(f"  {constant(before, 16):{width}} -> {constant(token, 16):{width}}  {values}".rstrip())
    return "\n".join(lines)


def transcript_picture(text: Generation) -> Box:
    """The picture of the steps of a text so far."""
    read, named, written = steps(text)
    if not read:
        return shapes.note("no token was written", 200)
    rows = [("read", read, "key"), *((name, values, "input") for name, values in named.items())]
    rows.append(("written", written, "result"))
    names = min(WIDEST, max(ems(name) for name, _, _ in rows) * TEXT + 2 * GAP)
    width = width_of(*(values for _, values, _ in rows))
    return shapes.below([row(name, values, kind, names=names, width=width) for name, values, kind in rows], 4)
