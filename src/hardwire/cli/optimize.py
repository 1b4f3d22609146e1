"""`hardwire optimize`: search for a smaller model of a program."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .. import optimize as search
from ..model.storage import check_path
from .app import Debug, Usage, app, examples, note, reporting
from .options import Causal, Dtype, MaxLen, Memory, Name, Vocab, read_vocab
from .source import find


@app.command(
    short_help="Search for a smaller model of a program.",
    epilog=examples(
        "hardwire optimize sort",
        "hardwire optimize my.py:program --vocab a..z --max-len 20 -o small.safetensors",
    ),
)
def optimize(
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
    timeout: Annotated[
        float, typer.Option("--timeout", metavar="SECONDS", help="How long to search, besides the first model.")
    ] = 60.0,
    memory: Memory = None,
    debug: Debug = False,
) -> None:
    """Search for a model with fewer layers, then fewer parameters; print each step, the layers and the parameters."""
    with reporting(debug=debug):
        if output is not None:
            check_path(output)  # before anything is computed
        source = find(name)
        if source.complete is not None:
            raise Usage(f"{name} is a complete model and is not compiled")
        tokens, length = source.defaults(read_vocab(vocab), max_len)
        found = search(
            source.needed_sop(),
            tokens,
            length,
            causal=causal,
            dtype=dtype,
            timeout=timeout,
            memory=memory,
        )
        print(found)
        print(found.model)
        if output is not None:
            found.model.save(output)
            note(f"saved as {output} ({output.stat().st_size / 1e3:,.0f} kB)")
