"""`hardwire explore`: write or open the live page of a program or model."""

from __future__ import annotations

import tempfile
import webbrowser
from pathlib import Path
from typing import Annotated, Any

import typer

from .. import Explorer
from .. import explore as explore_program
from .app import Debug, Usage, app, examples, note, reporting
from .options import AsText, Causal, ExampleInput, MaxLen, Name, ProgramOf, Vocab, read_vocab
from .source import Resolved, find
from .typed_inputs import read_input


@app.command(
    short_help="Write a live page that computes with a model's weights.",
    epilog=examples(
        'hardwire explore add "683+345" -o add.html',
        "hardwire explore my.py:program hello --open",
    ),
)
def explore(
    name: Name,
    input: ExampleInput = None,
    *,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="The file to save the page to: .html.", show_default=False),
    ] = None,
    open_page: Annotated[bool, typer.Option("--open", help="Open the page in the browser.")] = False,
    causal: Causal = False,
    text: AsText = False,
    vocab: Vocab = None,
    max_len: MaxLen = None,
    program: ProgramOf = None,
    debug: Debug = False,
) -> None:
    """Write a live page of a program's transformer, which computes with its weights whatever is typed."""
    with reporting(debug=debug):
        if output is None and not open_page:
            raise Usage("say what to do with the page: -o page.html saves it, --open shows it")
        source = find(name, program)
        page = _page(source, input, read_vocab(vocab), max_len, as_text=text, causal=causal)
        path = output or Path(tempfile.mkdtemp(prefix="hardwire-")) / "explore.html"
        if path.suffix.lower() not in (".html", ".htm"):
            raise Usage(f"a live page is saved as .html, not as {path}")
        page.save(path)
        note(f"saved as {path} ({path.stat().st_size / 1e3:,.0f} kB)")
        if open_page and not webbrowser.open(path.resolve().as_uri()):
            note(f"no browser was found; open {path.resolve().as_uri()}")


def _page(
    source: Resolved, typed: str | None, vocab: list[Any] | None, max_len: int | None, *, as_text: bool, causal: bool
) -> Explorer:
    known = source.library or source.model
    listed = known is not None and "[" in known.vocab
    given = source.example if typed is None else read_input(typed, as_text=as_text or listed)
    if source.model is not None:
        return explore_program(source.model, given, program=source.library or source.sop)
    return explore_program(source.built, given, vocab=vocab, max_len=max_len, causal=causal)
