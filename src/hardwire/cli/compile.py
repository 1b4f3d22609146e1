"""`hardwire compile`: a program as the weights of a transformer, in a file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .. import compiler
from .app import Debug, app, note, reporting
from .options import Causal, Dtype, MaxLen, Name, NoCertify, Vocab, read_vocab
from .source import find


@app.command()
def compile(
    name: Name,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Where the model is saved (safetensors).", show_default=False)
    ] = None,
    vocab: Vocab = None,
    max_len: MaxLen = None,
    causal: Causal = False,
    dtype: Dtype = "float32",
    explain: Annotated[
        str | None,
        typer.Option(
            metavar="STAGE",
            help=f"Print what a stage of the compiler finds instead: {', '.join(compiler.STAGES)}.",
            show_default=False,
        ),
    ] = None,
    no_certify: NoCertify = False,
    debug: Debug = False,
) -> None:
    """Compile a program to a transformer, prove that it is exact, print what it is made of, and save it."""
    with reporting(debug):
        source = find(name)
        tokens, longest = source.defaults(read_vocab(vocab), max_len)
        if explain is not None:
            stages = compiler.stages(source.needed_sop(), tokens, longest, causal=causal, dtype=dtype)
            print(compiler.explain(stages, explain))
            return
        model = source.compile(tokens, longest, causal=causal, dtype=dtype, certify=not no_certify)
        print(model.summary())
        if output is not None:
            model.save(output)
            note(f"saved as {output} ({output.stat().st_size / 1e3:,.0f} kB)")
