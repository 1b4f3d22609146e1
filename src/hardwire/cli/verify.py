"""`hardwire verify`: run a model and its program side by side on many inputs."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from .. import verify as verify_model
from .app import AsJson, Debug, app, examples, reporting
from .options import Causal, Dtype, MaxLen, Name, ProgramOf, Timeout, Vocab, read_vocab
from .show import to_json
from .source import find


@app.command(
    short_help="Compare a model with its program on many inputs.",
    epilog=examples(
        "hardwire verify add",
        "hardwire verify my.py:program --vocab abc --max-len 8",
        "hardwire verify add.safetensors --program add",
    ),
)
def verify(
    name: Name,
    *,
    vocab: Vocab = None,
    max_len: MaxLen = None,
    causal: Causal = False,
    dtype: Dtype = "float32",
    program: ProgramOf = None,
    exhaustive: Annotated[int, typer.Option(min=0, help="Try every input if there are at most this many.")] = 50_000,
    samples: Annotated[
        int,
        typer.Option(
            min=0, help="Otherwise the number of random inputs, and of inputs from the program's own generator."
        ),
    ] = 10_000,
    timeout: Timeout = None,
    seed: Annotated[int, typer.Option(help="The seed of the random inputs.")] = 0,
    given: Annotated[
        bool, typer.Option("--given/--any", help="Try only inputs that are valid for the library program, or any.")
    ] = False,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Run a model and its program on the same inputs; the exit code is 1 if they differ."""
    with reporting(debug=debug):
        source = find(name, program)
        model = source.made(read_vocab(vocab), max_len, causal=causal, dtype=dtype)
        library = source.library
        found = verify_model(
            model,
            source.needed_sop(),
            max_len=max_len,
            given=library.given() if given and library is not None and library.given is not None else None,
            sample=library.sample if library is not None and set(library.vocab) <= set(model.vocab) else None,
            exhaustive=exhaustive,
            samples=samples,
            seed=seed,
            timeout=timeout,
        )
        print(to_json(asdict(found) | {"agrees": bool(found)}) if as_json else found)
    raise typer.Exit(0 if found else 1)
