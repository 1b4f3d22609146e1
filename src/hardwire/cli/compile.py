"""`hardwire compile`: compile a program to the weights of a transformer, in a file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from .. import compiler
from .. import longest as find_longest
from ..model.storage import check_path
from .app import Debug, Usage, app, examples, note, reporting
from .options import Causal, Dtype, HowToRead, MaxLen, Memory, Name, NoCertify, Timeout, Vocab, one_of, read_vocab
from .source import Resolved, find

WEIGHTS = "The weights: sharp, or soft for weights like those of a trained model, none of them large."


@app.command(
    short_help="Compile a program to a transformer, prove it, and save it.",
    epilog=examples(
        "hardwire compile add -o add.safetensors",
        "hardwire compile my.py:program --vocab 0..9 --max-len 20",
        "hardwire compile sort --longest",
    ),
)
def compile(
    name: Name,
    *,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="The file to save the model to (safetensors).", show_default=False),
    ] = None,
    vocab: Vocab = None,
    max_len: MaxLen = None,
    causal: Causal = False,
    dtype: Dtype = "float32",
    explain: Annotated[
        str | None,
        typer.Option(
            metavar="STAGE",
            help=f"Print the result of a stage of the compiler instead: {', '.join(compiler.STAGES)}.",
            show_default=False,
        ),
    ] = None,
    no_certify: NoCertify = False,
    longest: Annotated[
        bool,
        typer.Option("--longest", help="Compile for the largest max_len with a proof, at most --max-len N."),
    ] = False,
    read: HowToRead = "auto",
    weights: Annotated[
        str,
        typer.Option("--weights", metavar="KIND", callback=one_of(("sharp", "soft")), help=WEIGHTS),
    ] = "sharp",
    timeout: Timeout = None,
    memory: Memory = None,
    debug: Debug = False,
) -> None:
    """Compile a program to a transformer, prove that it is exact, print its parts, and save it."""
    with reporting(debug=debug):
        if output is not None:
            check_path(output)  # before anything is computed
        source = find(name)
        if source.complete is not None:
            raise Usage(
                f"{name} is a complete model and is not compiled; `hardwire certify {name} -o FILE` proves and saves it"
            )
        if longest:
            how: dict[str, Any] = {"causal": causal, "dtype": dtype, "output": read, "timeout": timeout or 60.0}
            max_len = _longest(source, read_vocab(vocab), max_len, **how)
        tokens, length = source.defaults(read_vocab(vocab), max_len)
        if explain is not None:
            stages = compiler.stages(source.needed_sop(), tokens, length, causal=causal, dtype=dtype)
            print(compiler.explain(stages, explain))
            return
        model = source.compile(
            tokens,
            length,
            causal=causal,
            dtype=dtype,
            certify=not no_certify,
            output=read,
            weights=weights,
            timeout=timeout,
            memory=memory,
        )
        print(model.summary())
        if output is not None:
            model.save(output)
            note(f"saved as {output} ({output.stat().st_size / 1e3:,.0f} kB)")


def _longest(source: Resolved, vocab: list[Any] | None, upto: int | None, **options: Any) -> int:
    """Print and return the largest max_len with a proof. Raises Usage if none was found."""
    tokens, _ = source.defaults(vocab, upto or 1)
    if upto is not None:
        options["upto"] = upto
    found = find_longest(source.needed_sop(), tokens, **options)
    if not found:
        raise Usage(f"no max_len with a proof was found for {source.name}: {found.why}")
    after = "the next one has no proof" if found.last else "the search ended there"
    note(f"the largest max_len with a proof is {found}; {after}: {found.why}")
    return found
