"""How wide a text is, and how it is made to fit; how a value is written in a cell."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

from ..lang.cut import ELLIPSIS, NUMBERS, rounded, short
from ..lang.text import constant
from ..run import Failure
from .theme import LEAST, READABLE, TEXT, margin

ADVANCE = 0.602
"""The width of a character in ems, measured in DejaVu Sans Mono; the other fonts of the theme are not wider."""
WIDE = 2 * ADVANCE
"""The same for those of East Asian scripts and pictographs, which take two places."""
FAILED = "✗"

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


def wrapped(text: str, most: float, lines: int) -> list[str]:
    """The text on at most `lines` lines of at most `most` ems, but the last; broken at a space, a bracket or a point
    where that can be."""
    found: list[str] = []
    while ems(text) > most and len(found) < lines - 1:
        kept = max(1, len(fit(text, most, 1, 1)[0]))
        while kept > 1 and ems(text[:kept]) > most:
            kept -= 1
        breaks = (text.rfind(" ", 1, kept + 1), text.rfind("(", 1, kept) + 1, text.rfind(".", 1, kept))
        kept = next((at for at in breaks if at > kept // 2), kept)
        found.append(text[:kept].rstrip())
        text = text[kept:].lstrip()
    return [*found, text]


def written(values: Sequence[Any]) -> list[str]:
    """Values as the texts of a row's cells.

    Strings stand without quotes, unless one of the row could be read as something else ("1", "True", ""): then all
    have them.
    """
    quoted = any(isinstance(v, str) and (not v or _reads_otherwise(v)) for v in values)
    return [_written(v, quoted=quoted) for v in values]


def _reads_otherwise(text: str) -> bool:
    return text in ("True", "False", "None") or text.isdecimal() or re.fullmatch(r"-?\d[\d.e+-]*", text) is not None


def _written(value: Any, *, quoted: bool) -> str:
    if isinstance(value, Failure):
        return FAILED
    if isinstance(value, str):
        text = visible(value[:200])
        return f"'{text}'" if quoted else text
    return short(value, 7, _digits(value)) if type(value) is float else visible(constant(value, 40))


def _digits(value: float) -> int:
    """How many significant digits a float has in a picture: three, but all those before the point up to a million."""
    return min(6, max(3, len(str(int(abs(value)))))) if abs(value) < 1e6 else 3


def fit_value(value: Any, text: str, width: float, size: float = TEXT) -> tuple[str, float]:
    """A value, which is written as `text` where there is room, as it fits into so many pixels.

    Where it does not fit at all, a number or tuple is rounded; another value is cut, which its ellipsis shows.
    """
    rounds = type(value) in (*NUMBERS, tuple)
    if ems(text) * (LEAST if not rounds or text == repr(value) else size) <= width or not rounds:
        return fit(text, width, size)
    digits = _digits(value) if type(value) is float else 3
    for at in (size, min(size, READABLE), LEAST):
        text = visible(short(value, _places(width, at), digits))
        if type(value) is not tuple and _figures(text) >= min(2, _figures(visible(short(value, 30, digits)))):
            break
    return fit(text, width, size)


def _places(width: float, size: float) -> int:
    """How many characters of that size have room, at least one."""
    return max(1, int(width / (ADVANCE * size) + 1e-9))


def _figures(text: str) -> int:
    """How many significant digits a number is written with; of infinities one."""
    return 0 if text == ELLIPSIS else max(1, len(re.sub(r"\D", "", text.split("e")[0]).lstrip("0")))


def least_side(values: Iterable[Any]) -> float:
    """The least width of cells in which every number of a row can be shown, if with a single digit."""
    most = 0
    for v in values:
        if type(v) in NUMBERS:
            most = max(most, next(k for k in range(1, 12) if short(v, k, 1) != ELLIPSIS))
    need = most * ADVANCE * LEAST + 0.1  # to which the margins come, which depend on the side again
    return 0.0 if not most else next(side for m in (margin(0), margin(99)) if margin(side := need + 2 * m) <= m)


def full(value: Any) -> str:
    """A value in full, as its tooltip says it."""
    if isinstance(value, Failure):
        return visible(f"no value: {value.reason}")[:300]
    return visible(constant(value, 300))


def number(x: float, digits: int = 2) -> str:
    """A weight or a coordinate in a few characters: so many significant digits, one more from 1 to 1000."""
    if abs(x) < 5e-4:
        return "0"
    return _pointed(rounded(float(x), digits + (1 <= abs(x) < 1000))[0])


def number_in(x: float, width: float, size: float, digits: int = 2) -> tuple[str, float]:
    """The same as it fits into so many pixels, rounded further where it must be."""
    text = number(x, digits)
    if ems(text) * LEAST > width and text != "0":
        places = _places(width, LEAST)
        rounder = (_pointed(short(float(x), p, digits)) for p in (places + 1, places))
        text = next((t for t in rounder if ems(t) * LEAST <= width), ELLIPSIS)
    return fit(text, width, size)


def rounding(text: str, x: float) -> str | None:
    """The number as a tooltip says it, where `text` is not all of it."""
    exact = text != ELLIPSIS and float(text) == x
    return None if exact else f"{x:.6g}"


def _pointed(text: str) -> str:
    """A number without the zero before its point."""
    return re.sub(r"^(-?)0\.", r"\1.", text)
