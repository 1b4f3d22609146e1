"""Pictures in plain text: sequences as rows, selectors as matrices. `repr` uses them, so they are short."""

from __future__ import annotations

from typing import Any

from ..lang.handle import Handle
from ..lang.selector import Key, Query, Selector
from ..lang.sop import SOp
from ..lang.text import constant
from ..run import Failure, Trace, run
from .example import example

MOST_ITEMS = 24
"""The number of results that a row shows before it is shortened."""
MOST_CELLS = 24
"""The number of rows and columns of a matrix that are shown."""
FAILED = "✗"


def selector_text(x: Selector, given: str | list[Any], rows: list[list[Any]]) -> str:
    """A selector's formula and matrix."""
    return "\n".join([x.formula, *matrix(given, rows)])


def side_text(x: Key | Query, given: str | list[Any], values: list[Any]) -> str:
    """The formula of a key or query, and its values."""
    return f"{x.formula}\n{arrow(given, values)}"


def program_text(run: Trace) -> str:
    """A sop's formula, its result, and its named steps."""
    steps = [s for s in run if isinstance(s.of, SOp) and s.of.expr is not run.of.expr]
    lines = [run.of.formula, arrow(run.input, run.result)]
    if steps:
        width = max(len(s.name) for s in steps)
        lines += ["  by way of", *(f"    layer {s.layer}  {s.name:<{width}}  {row(s.values)}" for s in steps)]
    return "\n".join(lines)


def show(x: Handle) -> str:
    """The repr of a handle: its formula, then its result on the running example. Never raises."""
    try:
        text = x.formula
    except Exception as error:
        text = f"<{x.word}: {type(error).__name__}>"
    try:
        given = example(x)
        if isinstance(x, Selector):
            return "\n".join([text, *matrix(given, run(x, given, errors="keep"))])
        return f"{text}\n{_outcome(given, run(SOp(x.expr), given, errors='keep'))}"
    except Exception as error:
        return f"{text}\n  cannot run: {type(error).__name__}: {error}".rstrip()


def _outcome(given: str | list[Any], values: list[Any]) -> str:
    failure = next((v for v in values if isinstance(v, Failure)), None)
    if failure is None:
        return arrow(given, values)
    at = values.index(failure)
    on = f" on {', '.join(map(constant, failure.values))}" if failure.values else ""
    return f"  {_input(given)} -> no value at position {at}{on}: {failure.reason:.80}"


def arrow(given: str | list[Any], values: list[Any]) -> str:
    """An input and its results on one line."""
    return f"  {_input(given)} -> {row(values)}"


def _input(given: str | list[Any]) -> str:
    return constant(given, 32) if isinstance(given, str) else row(given)


def row(values: list[Any], most: int = MOST_ITEMS) -> str:
    """Return values as a list on one line, without the middle of a long one."""
    shown = [FAILED if isinstance(v, Failure) else constant(v, 40) for v in _middle_out(values, most)]
    if len(values) > most:
        shown.insert(most // 2, f"… {len(values) - len(shown)} more …")
    return f"[{', '.join(shown)}]"


def _middle_out(values: list[Any], most: int) -> list[Any]:
    return values if len(values) <= most else values[: most // 2] + values[-(most // 2) :]


def matrix(given: str | list[Any], rows: list[list[Any]]) -> list[str]:
    """The lines of a selector's matrix: keys along the top, queries at the left, 1 where selected."""
    n = len(rows)
    if n == 0:
        return ["  (no positions)"]
    shown = min(n, MOST_CELLS)
    labels = [_label(t) for t in given[:shown]]
    width = max(map(len, labels))
    lines = [f"  {'':{width}}   {' '.join(f'{t:>{width}}' for t in labels)}".rstrip()]
    for i in range(shown):
        cells = (FAILED if isinstance(c, Failure) else "1" if c else " " for c in rows[i][:shown])
        lines.append(f"  {labels[i]:>{width}} | {' '.join(f'{c:>{width}}' for c in cells)}".rstrip())
    if n > shown:
        lines.append(f"  … {n} keys and queries in all")
    return lines


def _label(token: Any) -> str:
    text = token if isinstance(token, str) else constant(token, 6)
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text[:6]) or "''"
