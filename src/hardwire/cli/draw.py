"""`hardwire draw`: draw a program or a model on an input."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from .. import Drawing, Transformer, errors
from .. import draw as draw_picture
from .app import Debug, Usage, app, examples, note, reporting
from .options import AsText, Causal, Dtype, ExampleInput, MaxLen, Name, ProgramOf, Vocab, read_vocab
from .source import Resolved, find
from .typed_inputs import Input, read_input


@app.command(
    short_help="Draw a program or its transformer on an input.",
    epilog=examples(
        'hardwire draw add "683+345" -o add.svg',
        'hardwire draw sort "[3, 1, 2]" --beside -o sort.png',
        "hardwire draw my.py:program hello --model -o model.html",
    ),
)
def draw(
    name: Name,
    input: ExampleInput = None,
    *,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", help="The file to save the picture to: .svg, .png, .html or .txt.", show_default=False
        ),
    ] = None,
    model: Annotated[bool, typer.Option("--model", help="Draw the compiled transformer.")] = False,
    beside: Annotated[
        bool, typer.Option("--beside", help="Draw the program and the transformer side by side.")
    ] = False,
    causal: Causal = False,
    text: AsText = False,
    vocab: Vocab = None,
    max_len: MaxLen = None,
    dtype: Dtype = "float32",
    program: ProgramOf = None,
    debug: Debug = False,
) -> None:
    """Draw every layer of a program on an input, or the transformer that the program compiles to."""
    with reporting(debug=debug):
        source = find(name, program)
        given = _input(source, input, as_text=text)
        if model or beside or source.model is not None:
            made = source.model or _compiled(source, given, read_vocab(vocab), max_len, causal=causal, dtype=dtype)
            both = beside or program is not None
            picture = draw_picture(made, given, beside=source.needed_sop() if both else None)
        else:
            picture = draw_picture(source.needed_sop(), given, causal=causal)
        show_picture(picture, output)


def _input(source: Resolved, typed: str | None, *, as_text: bool) -> Input:
    known = source.library or source.model
    if typed is not None:
        return read_input(typed, as_text=as_text or (known is not None and "[" in known.vocab))
    example: Input = source.example
    return example


def _compiled(
    source: Resolved, given: Input, vocab: list[Any] | None, max_len: int | None, *, causal: bool, dtype: str
) -> Transformer:
    """Compile the program to a transformer that accepts the input."""
    library = source.library
    known = vocab or (list(library.vocab) if library else [])
    tokens = known if vocab else [*known, *(t for t in dict.fromkeys(given) if t not in known)]
    longest = max_len or max(library.max_len if library else 1, len(given))
    return source.compile(tokens, longest, causal=causal, dtype=dtype)


def show_picture(picture: Drawing, output: Path | None) -> None:
    """Print a picture as text, or save it. Raises Usage for a file of an unknown kind."""
    if output is None:
        print(picture)
    else:
        try:
            picture.save(output)
        except errors.BuildError as error:  # an unknown kind of file
            raise Usage(str(error)) from None
        note(f"saved as {output} ({output.stat().st_size / 1e3:,.0f} kB)")
