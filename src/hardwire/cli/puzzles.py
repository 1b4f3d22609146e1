"""`hardwire puzzles`: list the puzzles, show one, take a hint, check a solution."""

from __future__ import annotations

import itertools
import sys
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from .. import errors, puzzles
from .app import AsJson, Debug, Usage, app, note, reporting
from .show import new_table, print_table, to_json, trace_table
from .source import find

group = typer.Typer(no_args_is_help=False, rich_markup_mode=None)
app.add_typer(group, name="puzzles")

Which = Annotated[str, typer.Argument(metavar="N", help="A puzzle's number or name.", show_default=False)]

SKETCH = """\
from hardwire import indices, key, query, tokens, where

def {name}():
    return tokens
"""


@group.callback(invoke_without_command=True)
def list_(context: typer.Context, *, as_json: AsJson = False, debug: Debug = False) -> None:
    """Programs to find, easy ones first. Without a command, list them."""
    if context.invoked_subcommand is not None:
        return
    with reporting(debug=debug):
        done = solved()
        if as_json:
            print(to_json([description(p, done) for p in puzzles.PUZZLES.values()]))
        else:
            count = f"{len(done)} of {len(puzzles.PUZZLES)} solved. " if done else ""
            commands = "hardwire puzzles show N, hardwire puzzles hint N, hardwire puzzles check N FILE:NAME"
            print_table(table(done), f"\n{count}Commands: {commands}")


@group.command()
def show(which: Which, *, as_json: AsJson = False, debug: Debug = False) -> None:
    """Show a puzzle, and a file to start from."""
    with reporting(debug=debug):
        puzzle = get(which)
        if as_json:
            print(to_json(description(puzzle, solved())))
            return
        sketch = "".join(f"    {line}\n" if line else "\n" for line in SKETCH.format(name=puzzle.name).splitlines())
        print(f"{puzzle!r}\n\nStart from a file such as mine.py, and change its return value:\n\n{sketch}")
        print(f"hardwire puzzles check {puzzle.name} mine.py:{puzzle.name}")
        print(f"hardwire puzzles hint {puzzle.name}   ({len(puzzle.hints)} hints)")


@group.command()
def hint(
    which: Which,
    number: Annotated[int, typer.Argument(metavar="K", help="The first hint, the second, ...")] = 1,
    *,
    debug: Debug = False,
) -> None:
    """Show one hint; each says more than the one before."""
    with reporting(debug=debug):
        puzzle = get(which)
        try:
            text = puzzle.hint(number)
        except errors.UnknownNameError as error:
            raise Usage(str(error)) from None
        print(f"{puzzle.name}, hint {number} of {len(puzzle.hints)}: {text}")
        if number < len(puzzle.hints):
            print(f"Still stuck? hardwire puzzles hint {puzzle.name} {number + 1}")


@group.command(short_help="Check a solution on many inputs.")
def check(
    which: Which,
    solution: Annotated[
        str,
        typer.Argument(metavar="FILE:NAME", help="Your program, a sop or a function in a file.", show_default=False),
    ],
    *,
    no_compile: Annotated[
        bool, typer.Option("--no-compile", help="Run the solution without compiling it; no medals are awarded.")
    ] = False,
    seed: Annotated[int, typer.Option(help="The seed of the random inputs.")] = 0,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Check a solution on many inputs; the exit code is 1 if it does not solve the puzzle."""
    with reporting(debug=debug):
        puzzle = get(which)
        program = find(solution).needed_sop()
        with Console(stderr=True).status(f"checking {puzzle.name}"):  # shown only on a terminal
            outcome = puzzles.check(puzzle, program, compile=not no_compile, seed=seed)
        try:
            puzzles.record(outcome)
        except errors.FileError as error:
            note(f"the solution was not recorded: {error}")
        if as_json:
            print(to_json(record(outcome)))
        else:
            print(outcome)
            if outcome.wrong is not None:
                print_steps(outcome)
            elif outcome and puzzle.number < len(puzzles.PUZZLES):
                print(f"\nNext: hardwire puzzles show {puzzle.number + 1}")
    raise typer.Exit(0 if outcome else 1)


def get(which: str) -> puzzles.Puzzle:
    """Return the puzzle. Raises Usage."""
    try:
        return puzzles.get(which)
    except errors.UnknownNameError as error:
        raise Usage(f"{error} `hardwire puzzles` lists them.") from None


def print_steps(outcome: puzzles.Outcome) -> None:
    """Print the named steps of a solution on the input with the wrong answer, and where to find a hint."""
    if outcome.sop is not None and outcome.wrong is not None:
        trace = outcome.sop.trace(outcome.wrong.input)
        if len(trace) > 0:
            print("\nstep by step:\n")
            print_table(*trace_table(trace))
        elif sys.stdout.isatty():
            print('\nSteps that you name, x.name("count"), are shown here.')
    print(f"\nStuck? hardwire puzzles hint {outcome.puzzle.name}")


def solved() -> dict[str, puzzles.Solved]:
    """Return the solved puzzles; none, with a note, if the record cannot be read."""
    try:
        return puzzles.solved()
    except errors.FileError as error:
        note(str(error))
        return {}


def medals(best: puzzles.Solved | None) -> str:
    """Return the medals of a puzzle as a cell of the table, empty if it is not solved."""
    if best is None:
        return ""
    if best.layers is None:
        return "yes"
    return f"yes: {best.layers_medal} for layers, {best.parameters_medal} for parameters"


def table(done: dict[str, puzzles.Solved]) -> Table:
    """All puzzles by chapter."""
    rows = new_table("", "puzzle", "layers", "title", "solved")
    rows.columns[0].justify = rows.columns[2].justify = "right"
    for chapter, members in itertools.groupby(puzzles.PUZZLES.values(), key=lambda p: p.chapter):
        rows.add_row("", Text(chapter, style="bold"))
        for p in members:
            rows.add_row(*map(Text, (str(p.number), p.name, str(p.layers), p.title, medals(done.get(p.name)))))
    return rows


def description(puzzle: puzzles.Puzzle, done: dict[str, puzzles.Solved]) -> dict[str, Any]:
    """Return the JSON of a puzzle, without its hints."""
    best = done.get(puzzle.name)
    return {
        "number": puzzle.number,
        "name": puzzle.name,
        "chapter": puzzle.chapter,
        "title": puzzle.title,
        "statement": puzzle.statement,
        "layers": puzzle.layers,
        "examples": [{"input": x, "right": puzzle.answer(x)} for x in puzzle.examples],
        "hints": len(puzzle.hints),
        "vocab": list(puzzle.vocab),
        "max_len": puzzle.max_len,
        "solved": None
        if best is None
        else {
            "layers": best.layers,
            "parameters": best.parameters,
            "medals": {"layers": best.layers_medal, "parameters": best.parameters_medal},
        },
    }


def record(outcome: puzzles.Outcome) -> dict[str, Any]:
    """Return the JSON of a check."""
    wrong = outcome.wrong
    return {
        "puzzle": outcome.puzzle.name,
        "solved": bool(outcome),
        "tried": outcome.tried,
        "seed": outcome.seed,
        "wrong": None if wrong is None else {"input": wrong.input, "yours": wrong.got, "right": wrong.expected},
        "layers": outcome.layers,
        "budget": outcome.puzzle.layers,
        "parameters": outcome.parameters,
        "medals": {"layers": outcome.layers_medal, "parameters": outcome.parameters_medal},
        "refused": outcome.refused or None,
    }
