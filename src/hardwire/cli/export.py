"""`hardwire export`: write a model for another tool."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from .. import export as exports
from .app import Debug, Usage, app, examples, reporting
from .options import Causal, Dtype, MaxLen, Name, NoCertify, ProgramOf, Vocab, read_vocab
from .source import find

TARGETS = ("hf", "torch", "onnx", "lens", "numpy", "circuit")


@app.command(
    short_help="Write a model for Hugging Face, PyTorch, ONNX or another tool.",
    epilog=examples(
        "hardwire export sort --to hf -o sort",
        "hardwire export sort.safetensors --to onnx -o sort.onnx",
        "hardwire export flip --to circuit",
    ),
)
def export(
    name: Name,
    *,
    to: Annotated[
        str, typer.Option("--to", metavar="TARGET", help=f"One of {', '.join(TARGETS)}.", show_default=False)
    ],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="The directory (hf) or file to write.", show_default=False),
    ] = None,
    architecture: Annotated[
        str,
        typer.Option(help="For hf: mobilebert, bert, roberta-prelayernorm; for causal models gpt2, gpt2-lm, llama."),
    ] = "auto",
    cache: Annotated[
        bool, typer.Option("--cache", help="For onnx and causal models: keys and values as inputs and outputs.")
    ] = False,
    check: Annotated[
        bool,
        typer.Option("--check/--no-check", help="Compare the export with the program, if the tool is installed."),
    ] = True,
    vocab: Vocab = None,
    max_len: MaxLen = None,
    causal: Causal = False,
    dtype: Dtype = "float32",
    program: ProgramOf = None,
    no_certify: NoCertify = False,
    debug: Debug = False,
) -> None:
    """Write a model as a Hugging Face directory, PyTorch, ONNX, TransformerLens, NumPy arrays or a circuit as text.

    A circuit is printed if no file is given. The name of the file decides its form: Mermaid, or Graphviz for .dot.
    """
    with reporting(debug=debug):
        if to not in TARGETS:
            raise Usage(f"--to is one of {', '.join(TARGETS)}, not {to}")
        if output is None and to != "circuit":
            raise Usage(f"give the output of the export: -o {'DIRECTORY' if to == 'hf' else 'FILE'}")
        source = find(name, program)
        model = source.made(read_vocab(vocab), max_len, causal=causal, dtype=dtype, certify=not no_certify)
        library = source.library
        options: dict[str, Any] = {"program": source.sop}
        if library is not None and set(library.vocab) <= set(model.vocab):
            options["sample"] = library.sample
        checks = options if check else False
        if output is None or to == "circuit":
            text = exports.circuit(model, file=output)
            print(text if output is None else f"circuit: {output}, {len(exports.edges(model))} edges")
        elif to == "numpy":
            arrays = exports.numpy(model, output)
            print(f"NumPy: {output}, {len(arrays)} arrays, {model.parameters:,} numbers")
        elif to == "hf":
            print(exports.huggingface(model, output, architecture, check=checks))
        elif to == "onnx":
            print(exports.onnx(model, output, cache=cache, check=checks))
        else:
            write = {"torch": exports.torch, "lens": exports.transformer_lens}[to]
            print(write(model, output, check=checks))
