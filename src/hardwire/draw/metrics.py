"""The width of texts, and fitting texts and values into cells."""

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

# Characters that XML does not allow, or that a viewer shows as nothing or as a line break.
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ufffe\uffff\ud800-\udfff]")
_SEEN = {" ": "␣", "\n": "↵", "\t": "⇥"}


def visible(text: str) -> str:
    """Return the text with invisible characters replaced; a text of blanks only becomes a text of ␣."""
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
    """Fit the text into a width in pixels: at `size` if possible, otherwise smaller, otherwise its start at `least`."""
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
    """Return the text on at most `lines` lines of at most `most` ems, except the last; broken at a space, a bracket or
    a point if possible."""
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
    """Return values as the texts of a row's cells.

    Strings have no quotes, unless a string in the row could be mistaken for another value ("1", "True", ""): then all
    of them have quotes.
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
    """Return the number of significant digits of a float: three, but all digits before the point up to a million."""
    return min(6, max(3, len(str(int(abs(value)))))) if abs(value) < 1e6 else 3


def fit_value(value: Any, text: str, width: float, size: float = TEXT) -> tuple[str, float]:
    """Fit a value, written as `text` if there is room, into a width in pixels.

    If it does not fit, a number or tuple is rounded; another value is cut, with an ellipsis.
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
    """Return the number of characters of that size that fit, at least one."""
    return max(1, int(width / (ADVANCE * size) + 1e-9))


def _figures(text: str) -> int:
    """Return the number of significant digits of a written number; one for infinities."""
    return 0 if text == ELLIPSIS else max(1, len(re.sub(r"\D", "", text.split("e")[0]).lstrip("0")))


def least_side(values: Iterable[Any]) -> float:
    """Return the least width of cells in which every number of a row fits, if only with a single digit."""
    most = 0
    for v in values:
        if type(v) in NUMBERS:
            most = max(most, next(k for k in range(1, 12) if short(v, k, 1) != ELLIPSIS))
    need = most * ADVANCE * LEAST + 0.1  # plus the margins, which depend on the side
    return 0.0 if not most else next(side for m in (margin(0), margin(99)) if margin(side := need + 2 * m) <= m)


def full(value: Any) -> str:
    """Return a value in full, for its tooltip."""
    if isinstance(value, Failure):
        return visible(f"no value: {value.reason}")[:300]
    return visible(constant(value, 300))


def number(x: float, digits: int = 2) -> str:
    """Return a weight or a coordinate with few significant digits, one more from 1 to 1000."""
    if abs(x) < 5e-4:
        return "0"
    return _pointed(rounded(float(x), digits + (1 <= abs(x) < 1000))[0])


def number_in(x: float, width: float, size: float, digits: int = 2) -> tuple[str, float]:
    """Return the same, rounded further if necessary to fit into a width in pixels."""
    text = number(x, digits)
    if ems(text) * LEAST > width and text != "0":
        places = _places(width, LEAST)
        rounder = (_pointed(short(float(x), p, digits)) for p in (places + 1, places))
        text = next((t for t in rounder if ems(t) * LEAST <= width), ELLIPSIS)
    return fit(text, width, size)


def rounding(text: str, x: float) -> str | None:
    """Return the tooltip of a number, if `text` does not show all of it."""
    exact = text != ELLIPSIS and float(text) == x
    return None if exact else f"{x:.6g}"


def _pointed(text: str) -> str:
    """A number without the zero before its point."""
    return re.sub(r"^(-?)0\.", r"\1.", text)
