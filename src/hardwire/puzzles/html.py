"""Puzzles and outcomes as HTML, for notebooks. Colours are translucent, so that they suit light and dark pages."""

from __future__ import annotations

from html import escape
from typing import Any

from ..draw import draw
from . import text
from .check import Outcome, Wrong
from .puzzle import Puzzle

_CELL = "border:1px solid #8888;padding:.15em .5em;text-align:center;font-family:monospace;white-space:pre"
_BAD = "background:#d5533344;font-weight:bold"
_GOOD = "background:#2a9d5c44"
_MEDALS = {"gold": "#d4a017", "silver": "#9aa0a6", "bronze": "#b0713a", "no medal": "#8884"}


def statement(puzzle: Puzzle) -> str:
    """What is asked for, with examples, and the hints folded up."""
    rows = "".join(
        f"<tr>{_cells([repr(x)])}<td>&#8594;</td>{_cells([repr(puzzle.answer(x))])}</tr>" for x in puzzle.examples
    )
    hints = "".join(
        f"<details><summary>Hint {i}</summary>{escape(hint)}</details>" for i, hint in enumerate(puzzle.hints, 1)
    )
    return (
        f"<div><h4>{puzzle.number}. {escape(puzzle.title)} "
        f"<small>({puzzle.name}, {text.allowed(puzzle)})</small></h4><p>{escape(puzzle.statement)}</p>"
        f"<table>{rows}</table>"
        f"<p><small>Tokens: {escape(text.tokens(puzzle))}; at most {puzzle.max_len} of them.</small></p>{hints}</div>"
    )


def outcome(outcome: Outcome) -> str:
    """The verdict, and the first wrong input beside the right answer, or the medals."""
    sign = "" if outcome.sop is None else "&#10003; " if outcome else "&#10007; "
    parts = [f"<p>{sign}{escape(text.verdict(outcome))}</p>"]
    if outcome.wrong is not None:
        parts += [_comparison(outcome.wrong), _picture(outcome, outcome.wrong)]
    if medals := text.medals(outcome):
        parts.append(f"<table>{''.join(map(_medal, medals))}</table>")
    if compiled := text.compiled(outcome):
        parts.append(f"<p><small>{escape(compiled)}</small></p>")
    return f"<div>{''.join(parts)}</div>"


def _medal(row: tuple[str, str, str, str]) -> str:
    what, n, medal, best = row
    dot = f'<span style="color:{_MEDALS[medal]}">&#9679;</span>'
    return f"<tr><td>{dot} {medal}</td><td>{n} {what}</td><td><small>{escape(best)}</small></td></tr>"


def _comparison(wrong: Wrong) -> str:
    rows = [
        _row("input", wrong.input, {}),
        _row("yours", wrong.got, dict.fromkeys(wrong.positions, _BAD)),
        _row("right", wrong.expected, dict.fromkeys(wrong.positions, _GOOD)),
    ]
    why = "".join(f"<p><small>{escape(line)}</small></p>" for line in text.failures(wrong))
    return f'<table style="border-collapse:collapse">{"".join(rows)}</table>{why}'


def _row(what: str, values: Any, styles: dict[int, str]) -> str:
    return f'<tr><th scope="row" style="text-align:left">{what}</th>{_cells(text.cells(values), styles)}</tr>'


def _cells(shown: list[str], styles: dict[int, str] | None = None) -> str:
    marks = styles or {}
    return "".join(f'<td style="{_CELL};{marks.get(i, "")}">{escape(cell)}</td>' for i, cell in enumerate(shown))


def _picture(outcome: Outcome, wrong: Wrong) -> str:
    """How the solution came to its answer, as the picture of it on that input."""
    picture: Any = draw(outcome.sop, wrong.input)
    svg = picture._repr_svg_() if hasattr(picture, "_repr_svg_") else None
    shown = f"<pre>{escape(str(picture))}</pre>" if svg is None else svg
    return f"<details open><summary>your program on this input</summary>{shown}</details>"
