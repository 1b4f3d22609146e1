"""Arguments and options shared by several commands."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Annotated, Any

import typer

from .app import Usage
from .typed_inputs import read_input

Name = Annotated[
    str,
    typer.Argument(
        metavar="NAME",
        help="A library program, file.py:name, file.rasp:name, models:name for a complete model of the Cookbook, or "
        "the file of a model.",
        show_default=False,
    ),
]
Vocab = Annotated[
    str | None,
    typer.Option(
        "--vocab",
        metavar="TOKENS",
        help="The vocabulary: text, a JSON list of tokens, or a range such as 0..9 or a..z, both ends included.",
        show_default=False,
    ),
]
MaxLen = Annotated[
    int | None, typer.Option("--max-len", metavar="N", min=1, help="The longest input, in tokens.", show_default=False)
]
Causal = Annotated[bool, typer.Option("--causal", help="Apply the causal mask: no position sees a later one.")]
ExampleInput = Annotated[
    str | None,
    typer.Argument(
        metavar="INPUT",
        help='Text, whose characters are the tokens, or a JSON list such as "[3, 1, 2]"; '
        "by default the example of a library program or a complete model.",
        show_default=False,
    ),
]
AsText = Annotated[bool, typer.Option("--text", help="Read the input as text even if it starts with [.")]
DTYPES = ("float32", "float64", "auto")


def one_of(allowed: tuple[str, ...]) -> Callable[[str], str]:
    """Return the check that an option has one of the allowed values."""

    def checked(given: str) -> str:
        if given not in allowed:
            raise typer.BadParameter(f"{given!r} is not one of {', '.join(allowed)}")
        return given

    return checked


Dtype = Annotated[
    str,
    typer.Option(
        "--dtype",
        metavar="DTYPE",
        callback=one_of(DTYPES),
        help="The precision of the weights: float32, float64, or auto for the first of these with a proof.",
    ),
]
READ = ("auto", "values", "number")


HowToRead = Annotated[
    str,
    typer.Option(
        "--read",
        metavar="HOW",
        callback=one_of(READ),
        help="How the output is read: values for one of the program's values, number for a number, or auto.",
    ),
]
Timeout = Annotated[
    float | None,
    typer.Option("--timeout", metavar="SECONDS", min=0.001, help="Stop after this time.", show_default=False),
]
Memory = Annotated[
    float | None,
    typer.Option(
        "--memory", metavar="GB", min=0.001, help="The memory limit in gigabytes, by default 1.", show_default=False
    ),
]
NoCertify = Annotated[bool, typer.Option("--no-certify", help="Skip the proof that the model is exact.")]
ProgramOf = Annotated[
    str | None,
    typer.Option(
        "--program", metavar="NAME", help="The program that the model in a file was compiled from.", show_default=False
    ),
]


RANGE = re.compile(r"(-?\d+|\w)\.\.(-?\d+|\w)")
"""A range of whole numbers or of characters. As text it is not a vocabulary, since the point occurs twice."""


def read_vocab(text: str | None) -> list[Any] | None:
    """Return the tokens of a typed vocabulary. Raises InputError, and Usage for a descending range."""
    ends = None if text is None else RANGE.fullmatch(text)
    if ends is None:
        return None if text is None else list(read_input(text, as_text=False))
    low, high = ends.groups()
    numbers = low.lstrip("-").isdecimal() and high.lstrip("-").isdecimal()
    first, last = (int(low), int(high)) if numbers else (ord(low[0]), ord(high[0]))
    if first > last or (not numbers and len(low) + len(high) > 2):
        raise Usage(f"--vocab {text} is not a range; write the lower end first, as in 0..9 or a..z")
    return [n if numbers else chr(n) for n in range(first, last + 1)]
