"""`hardwire play`: a playground in the browser, served here or written for a web server."""

from __future__ import annotations

import webbrowser
from pathlib import Path
from typing import Annotated

import typer

from .app import Debug, Usage, app, examples, note, reporting


@app.command(
    short_help="Edit programs in the browser, with their models beside them.",
    epilog=examples(
        "hardwire play",
        "hardwire play my.py",
    ),
)
def play(
    file: Annotated[
        Path | None, typer.Argument(metavar="FILE", help="A Python file to start from.", show_default=False)
    ] = None,
    *,
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="The port; by default a free one.")] = 0,
    write: Annotated[
        Path | None,
        typer.Option(
            "--write",
            metavar="FOLDER",
            help="Write the page for a web server instead; Python then runs in the browser, by Pyodide.",
            show_default=False,
        ),
    ] = None,
    pyodide: Annotated[
        str, typer.Option("--pyodide", metavar="URL", help="For --write: the address of Pyodide's folder.")
    ] = "pyodide/",
    open_page: Annotated[bool, typer.Option("--open/--no-open", help="Open the page in the browser.")] = True,
    debug: Debug = False,
) -> None:
    """Edit programs in the browser, with their pictures, models and proofs beside them. Ctrl-C ends it.

    The page is for this machine and the address that is printed; what is typed runs as you, with limits of time and
    memory.
    """
    with reporting(debug=debug):
        from ..play import Playground, write_page

        if write is not None:
            for path in write_page(write, pyodide):
                print(path)
            return
        try:
            code = None if file is None else file.read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise Usage(f"cannot read {file}: {error}") from None
        try:
            playground = Playground(code, port=port)
        except OSError as error:
            raise Usage(f"cannot listen on port {port}: {error.strerror or error}") from None
        print(playground.url, flush=True)
        if open_page and not webbrowser.open(playground.url):
            note("no browser was found; open the address above")
        try:
            playground.serve()
        except KeyboardInterrupt:
            note("stopped")
        finally:
            playground.pool.close()
