"""Arguments and options that several commands have."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from .inputs import read_input

Name = Annotated[
    str,
    typer.Argument(
        metavar="NAME",
        help="A library program, file.py:name, file.rasp:name, or the file of a model.",
        show_default=False,
    ),
]
Vocab = Annotated[
    str | None,
    typer.Option(
        "--vocab", metavar="TOKENS", help="The vocabulary: text, or a JSON list of tokens.", show_default=False
    ),
]
MaxLen = Annotated[
    int | None, typer.Option("--max-len", metavar="N", min=1, help="The longest input, in tokens.", show_default=False)
]
Causal = Annotated[bool, typer.Option("--causal", help="Let no position see a later one.")]
Dtype = Annotated[str, typer.Option("--dtype", help="The arithmetic of the weights: float32, float64 or auto.")]
NoCertify = Annotated[bool, typer.Option("--no-certify", help="Do without a proof that the model is exact.")]
ProgramOf = Annotated[
    str | None,
    typer.Option("--program", metavar="NAME", help="The program that a model's file was made of.", show_default=False),
]


def read_vocab(text: str | None) -> list[Any] | None:
    """The tokens of a vocabulary as it is typed. Raises InputError."""
    return None if text is None else list(read_input(text, as_text=False))
