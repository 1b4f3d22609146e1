"""How wide a text is, and how it is made to fit; how a value is written in a cell."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from ..lang.text import constant
from ..run import Failure
from .theme import LEAST

ADVANCE = 0.602
"""The width of a character in ems, measured in DejaVu Sans Mono; the other fonts of the theme are not wider."""
WIDE = 2 * ADVANCE
"""The same for those of East Asian scripts and pictographs, which take two places."""
FAILED = "✗"
ELLIPSIS = "…"

# What XML has no character for, and what a viewer would show as nothing or as a break.
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ufffe\uffff\ud800-\udfff]")
_SEEN = {" ": "␣", "\n": "↵", "\t": "⇥"}


def visible(text: str) -> str:
    """The text with characters that cannot be shown replaced; a text of blanks alone is made of ␣."""
    if not text.isprintable():
        text = _UNSEEN.sub(lambda m: _SEEN.get(m[0], "\N{REPLACEMENT CHARACTER}"), text)
    return text if text.strip() or not text else "".join(_SEEN.get(c, "␣") for c in text)


@lru_cache(4096)
def ems(text: str) -> float:
    """The width of a text, in ems."""
    if text.isascii():
        return ADVANCE * len(text)
    return sum(map(_advance, text))


def _advance(c: str) -> float:
    if unicodedata.combining(c) or unicodedata.category(c) in ("Mn", "Me", "Cf"):
        return 0.0
    return WIDE if unicodedata.east_asian_width(c) in "WF" else ADVANCE


def fit(text: str, width: float, size: float, least: float = LEAST) -> tuple[str, float]:
    """The text as it fits into so many pixels: at `size` if it can, else smaller, else its start at `least`."""
    need = ems(text)
    if need * size <= width:
        return text, size
    if need * least <= width:
        return text, max(least, int(width / need * 4) / 4)
    room = width / least - ems(ELLIPSIS)
    used, kept = 0.0, 0
    for c in text:
        used += _advance(c)
        if used > room + 1e-9:
            break
        kept += 1
    return text[:kept] + ELLIPSIS, least


def written(values: Sequence[Any]) -> list[str]:
    """Values as the texts of a row's cells.

    Strings stand without quotes, unless one of the row could be read as something else ("1", "True", ""): then all
    have them.
    """
    quoted = any(isinstance(v, str) and (not v or _reads_otherwise(v)) for v in values)
    return [_written(v, quoted) for v in values]


def _reads_otherwise(text: str) -> bool:
    return text in ("True", "False", "None") or text.isdecimal() or re.fullmatch(r"-?\d[\d.e+-]*", text) is not None


def _written(value: Any, quoted: bool) -> str:
    if isinstance(value, Failure):
        return FAILED
    if isinstance(value, str):
        text = visible(value[:200])
        return f"'{text}'" if quoted else text
    if type(value) is float:
        text = repr(value)
        return text if len(text) <= 6 else f"{value:.3g}"
    return visible(constant(value, 40))


def full(value: Any) -> str:
    """A value in full, as its tooltip says it."""
    if isinstance(value, Failure):
        return visible(f"no value: {value.reason}")[:300]
    return visible(constant(value, 300))


def number(x: float) -> str:
    """A weight or a coordinate in a few characters."""
    if x == 0 or abs(x) < 5e-4:
        return "0"
    text = f"{x:.2f}" if abs(x) < 10 else f"{x:.1f}" if abs(x) < 1000 else f"{x:.2g}"
    if "." in text and "e" not in text:
        text = text.rstrip("0").rstrip(".")
    return text.replace("-0.", "-.") if x < 0 else text.removeprefix("0") or "0"
