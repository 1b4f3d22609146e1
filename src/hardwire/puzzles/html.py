"""Puzzles and outcomes as HTML, for notebooks. Colours are translucent, so that they suit light and dark pages."""

from __future__ import annotations

import re
from html import escape
from typing import Any

from ..draw import draw
from . import plain_text
from .check import Outcome, Wrong
from .puzzle import Puzzle

_CELL = "border:1px solid #8888;padding:.15em .5em;text-align:center;font-family:monospace;white-space:pre"
_TABLE = '<table style="border-collapse:collapse;width:auto;margin:.6em 0">'
_TEXT = '<p style="margin:.6em 0">'
_BAD = "background:#d5533344;font-weight:bold"
_GOOD = "background:#2a9d5c44"
_MEDALS = {"gold": "#d4a017", "silver": "#9aa0a6", "bronze": "#b0713a", "no medal": "#8884"}


def statement(puzzle: Puzzle) -> str:
    """What is asked for, with examples, and the hints folded up."""
    rows = "".join(
        f'<tr>{_cells([repr(x)])}<td style="padding:0 .5em">&#8594;</td>{_cells([repr(puzzle.answer(x))])}</tr>'
        for x in puzzle.examples
    )
    hints = "".join(
        f"<details><summary>Hint {i}</summary>{_prose(hint)}</details>" for i, hint in enumerate(puzzle.hints, 1)
    )
    return (
        f"<div>{_TEXT}<b>{puzzle.number}. {escape(puzzle.title)}</b> ({puzzle.name}, {plain_text.allowed(puzzle)})</p>"
        f"{_TEXT}{_prose(puzzle.statement)}</p>{_TABLE}{rows}</table>"
        f"{_TEXT}<small>Tokens: {escape(plain_text.tokens(puzzle))}; at most {puzzle.max_len} of them.</small></p>"
        f"{hints}</div>"
    )


def _prose(words: str) -> str:
    """Text in which `x` is code."""
    return re.sub("`([^`]+)`", r"<code>\1</code>", escape(words))


def outcome(outcome: Outcome) -> str:
    """The verdict, and the first wrong input beside the right answer, or the medals."""
    sign = "" if outcome.sop is None else "&#10003; " if outcome else "&#10007; "
    parts = [f"{_TEXT}{sign}{escape(plain_text.verdict(outcome))}</p>"]
    if outcome.wrong is not None:
        parts += [_comparison(outcome.wrong), _picture(outcome, outcome.wrong)]
    if medals := plain_text.medals(outcome):
        parts.append(f"{_TABLE}{''.join(map(_medal, medals))}</table>")
    if compiled := plain_text.compiled(outcome):
        parts.append(f"{_TEXT}<small>{escape(compiled)}</small></p>")
    return f"<div>{''.join(parts)}</div>"


def _medal(row: tuple[str, str, str, str]) -> str:
    what, n, medal, best = row
    dot = f'<span style="color:{_MEDALS[medal]}">&#9679;</span>'
    cells = (f"{dot} {medal}", f"{n} {what}", f"<small>{escape(best)}</small>")
    line = "".join(f'<td style="padding:.1em 1.2em .1em 0">{cell}</td>' for cell in cells)
    return f"<tr>{line}</tr>"


def _comparison(wrong: Wrong) -> str:
    rows = [
        _row("input", wrong.input, {}),
        _row("yours", wrong.got, dict.fromkeys(wrong.positions, _BAD)),
        _row("right", wrong.expected, dict.fromkeys(wrong.positions, _GOOD)),
    ]
    why = "".join(f"{_TEXT}<small>{escape(line)}</small></p>" for line in plain_text.failures(wrong))
    return f"{_TABLE}{''.join(rows)}</table>{why}"


def _row(what: str, values: Any, styles: dict[int, str]) -> str:
    head = f'<th scope="row" style="text-align:left;padding-right:.8em">{what}</th>'
    return f"<tr>{head}{_cells(plain_text.cells(values), styles)}</tr>"


def _cells(shown: list[str], styles: dict[int, str] | None = None) -> str:
    marks = styles or {}
    return "".join(f'<td style="{_CELL};{marks.get(i, "")}">{escape(cell)}</td>' for i, cell in enumerate(shown))


def _picture(outcome: Outcome, wrong: Wrong) -> str:
    """How the solution came to its answer, as the picture of it on that input."""
    picture: Any = draw(outcome.sop, wrong.input)
    svg = picture._repr_svg_() if hasattr(picture, "_repr_svg_") else None
    shown = f"<pre>{escape(str(picture))}</pre>" if svg is None else f'<div style="overflow-x:auto">{svg}</div>'
    return f"<details open><summary>Your program on this input</summary>{shown}</details>"
