"""Puzzles and outcomes as plain text."""

from __future__ import annotations

import textwrap
from typing import Any

from ..draw import draw
from ..lang.text import constant
from ..run import Failure
from .check import Outcome, Wrong
from .puzzle import Puzzle
from .records import RECORDS

WIDTH = 100


def statement(puzzle: Puzzle) -> str:
    """What is asked for, with examples and the number of hints."""
    inputs = [constant(x, 40) for x in puzzle.examples]
    width = max(map(len, inputs))
    lines = [f"{puzzle.number}. {puzzle.title} ({puzzle.name}, {allowed(puzzle)})", ""]
    lines += textwrap.wrap(puzzle.statement, WIDTH) + [""]
    lines += [f"  {x:{width}}  ->  {puzzle.answer(e)}" for x, e in zip(inputs, puzzle.examples, strict=True)]
    return "\n".join([*lines, "", f"Tokens: {tokens(puzzle)}; at most {puzzle.max_len} of them."])


def allowed(puzzle: Puzzle) -> str:
    """The layer budget in words."""
    return "no attention" if puzzle.layers == 0 else f"at most {layers(puzzle.layers)}"


def layers(n: int) -> str:
    return f"{n} layer{'s' if n != 1 else ''}"


def tokens(puzzle: Puzzle) -> str:
    """The vocabulary on one line."""
    if all(isinstance(t, str) for t in puzzle.vocab):
        return repr("".join(map(str, puzzle.vocab)))
    return f"the numbers {puzzle.vocab[0]} to {puzzle.vocab[-1]}"


def verdict(outcome: Outcome) -> str:
    """The outcome in one sentence or two."""
    puzzle, sop = outcome.puzzle, outcome.sop
    if sop is None:
        return f"{puzzle.name} is waiting for your program: a sop, or a function that returns one."
    if outcome.wrong is not None:
        example = list(outcome.wrong.input) in [list(x) for x in puzzle.examples]
        where = "an example" if example else f"found among {outcome.tried:,} inputs"
        return f"{puzzle.name} is not solved yet: wrong on {_quoted(outcome.wrong.input)}, {where}."
    right = f"right on all {outcome.tried:,} inputs tried (seed {outcome.seed})"
    if not outcome:
        over = f"it takes {layers(sop.layers)} and the budget is {puzzle.layers}"
        return f"{puzzle.name} is not solved yet: {right}, but {over}."
    return f"{puzzle.name} is solved: {right}."


def medals(outcome: Outcome) -> list[tuple[str, str, str, str]]:
    """(what, how many, medal, the best known) for layers and, where it is compiled, parameters."""
    if not outcome:
        return []
    best = RECORDS[outcome.puzzle.name]
    rows = [("layer" if outcome.layers == 1 else "layers", outcome.layers, outcome.layers_medal, best.layers)]
    if outcome.model is not None:
        rows.append(("parameters", outcome.parameters, outcome.parameters_medal, best.parameters))
    return [(what, f"{n:,}", medal or "no medal", _record(n or 0, known)) for what, n, medal, known in rows]


def _record(n: int, known: int) -> str:
    return f"fewer than the best known, {known:,}" if n < known else f"best known: {known:,}"


def compiled(outcome: Outcome) -> str:
    """What the compiler made of a solution; empty where it had nothing to do."""
    if not outcome:
        return ""
    if outcome.model is None:
        return f"No medals, which are for transformers: {outcome.refused}"
    return f"compiled: {outcome.model!r}"


def outcome(outcome: Outcome) -> str:
    """The verdict, and the first wrong input or the medals."""
    lines = [verdict(outcome)]
    if outcome.wrong is not None:
        lines += _comparison(outcome.wrong)
    lines += [f"  {what:<10}  {n:>7}  {medal:<8}  {best}" for what, n, medal, best in medals(outcome)]
    lines += [f"  {line}" for line in compiled(outcome).splitlines()]
    return "\n".join(lines)


def steps(outcome: Outcome) -> str:
    """How the solution came to its wrong answer: its named parts; empty where it has none or is right."""
    if outcome.sop is None or outcome.wrong is None:
        return ""
    return str(draw(outcome.sop, outcome.wrong.input))


def cells(values: Any) -> list[str]:
    """Values as short texts: strings as they are, failures as a cross."""
    return [
        "✗" if isinstance(v, Failure) else v if isinstance(v, str) and v.strip() else constant(v, 12) for v in values
    ]


def failures(wrong: Wrong) -> list[str]:
    """Why the answer has no value at the first position where it has none."""
    failed = [(i, v) for i, v in enumerate(wrong.got) if isinstance(v, Failure)]
    if not failed:
        return []
    i, failure = failed[0]
    on = f" on {', '.join(map(constant, failure.values))}" if failure.values else ""
    return [f"no value at position {i}{on}: {failure.reason}"]


def _comparison(wrong: Wrong) -> list[str]:
    marks = ["^" if i in wrong.positions else "" for i in range(len(wrong.expected))]
    rows = [("input", cells(wrong.input)), ("yours", cells(wrong.got)), ("right", cells(wrong.expected)), ("", marks)]
    widths = [max(map(len, column)) for column in zip(*(row for _, row in rows), strict=True)]
    lines = [
        f"  {what:<7}  {'  '.join(f'{cell:>{w}}' for cell, w in zip(row, widths, strict=True))}".rstrip()
        for what, row in rows
    ]
    return lines + [f"  {why}" for why in failures(wrong)]


def _quoted(x: Any) -> str:
    return f'"{x}"' if isinstance(x, str) and '"' not in x else constant(x, 60)
