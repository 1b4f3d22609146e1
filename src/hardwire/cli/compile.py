"""`hardwire compile`: a program as the weights of a transformer, in a file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from .. import compiler
from .. import longest as find_longest
from .app import Debug, Usage, app, note, reporting
from .options import Causal, Dtype, MaxLen, Name, NoCertify, Vocab, read_vocab
from .source import Source, find


@app.command()
def compile(
    name: Name,
    *,
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
    longest: Annotated[
        bool,
        typer.Option("--longest", help="Compile for the longest inputs with a proof, --max-len N at most."),
    ] = False,
    timeout: Annotated[
        float, typer.Option(metavar="SECONDS", min=0.001, help="With --longest: try no length after so long.")
    ] = 60.0,
    debug: Debug = False,
) -> None:
    """Compile a program to a transformer, prove that it is exact, print what it is made of, and save it."""
    with reporting(debug=debug):
        source = find(name)
        if source.complete is not None:
            raise Usage(f"{name} is no program to compile; `hardwire certify {name} -o FILE` proves it and saves it")
        if longest:
            max_len = _longest(source, read_vocab(vocab), max_len, causal=causal, dtype=dtype, timeout=timeout)
        tokens, length = source.defaults(read_vocab(vocab), max_len)
        if explain is not None:
            stages = compiler.stages(source.needed_sop(), tokens, length, causal=causal, dtype=dtype)
            print(compiler.explain(stages, explain))
            return
        model = source.compile(tokens, length, causal=causal, dtype=dtype, certify=not no_certify)
        print(model.summary())
        if output is not None:
            model.save(output)
            note(f"saved as {output} ({output.stat().st_size / 1e3:,.0f} kB)")


def _longest(
    source: Source, vocab: list[Any] | None, upto: int | None, *, causal: bool, dtype: str, timeout: float
) -> int:
    """The largest max_len with a proof, which is printed. Raises Usage where none was found."""
    tokens, _ = source.defaults(vocab, upto or 1)
    options: dict[str, Any] = {} if upto is None else {"upto": upto}
    found = find_longest(source.needed_sop(), tokens, causal=causal, dtype=dtype, timeout=timeout, **options)
    if not found:
        raise Usage(f"no max_len of {source.name} was found to have a proof: {found.why}")
    after = "the next has none" if found.last else "the search ended there"
    note(f"the largest max_len with a proof is {found}; {after}: {found.why}")
    return found
