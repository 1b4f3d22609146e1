"""`hardwire certify`: prove that a model computes its program, or report why the proof fails."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from .. import certify as certify_model
from ..model.storage import check_path
from .app import AsJson, Debug, app, examples, note, reporting
from .options import Causal, Dtype, MaxLen, Memory, Name, ProgramOf, Timeout, Vocab, read_vocab
from .show import to_json
from .source import find


@app.command(
    short_help="Prove from its weights that a model computes its program.",
    epilog=examples(
        "hardwire certify add",
        "hardwire certify my.py:program --vocab a..z --max-len 20",
        "hardwire certify add.safetensors",
    ),
)
def certify(
    name: Name,
    *,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="The file to save the model to, with its certificate.", show_default=False),
    ] = None,
    vocab: Vocab = None,
    max_len: MaxLen = None,
    causal: Causal = False,
    dtype: Dtype = "float32",
    program: ProgramOf = None,
    timeout: Timeout = None,
    memory: Memory = None,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Prove from its weights that a model computes its program; if the proof fails, print the reason (exit code 1).

    A complete model of the Cookbook (models:NAME) is proved up to the length that it states; with --max-len N it is
    checked on every input of at most N tokens.
    """
    with reporting(debug=debug):
        if output is not None:
            check_path(output)  # before anything is computed
        source = find(name, program)
        limits: dict[str, Any] = {"timeout": timeout, "memory": memory}
        model = source.made(read_vocab(vocab), max_len, causal=causal, dtype=dtype, certify=True, **limits)
        if source.model is None and model.certificate is not None:
            found = model.certificate
        elif source.complete is not None:
            found = certify_model(model, max_len=max_len, **limits)
        else:
            found = certify_model(model, source.needed_sop(), **limits)
        print(to_json({k: v for k, v in asdict(found).items() if k != "subject"}) if as_json else found)
        if output is not None:
            model.certified(found).save(output)
            note(f"saved as {output}")
