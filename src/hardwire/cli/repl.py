"""`hardwire repl`: original RASP at a prompt."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .app import Debug, Usage, app, examples, reporting


@app.command(
    short_help="Run original RASP interactively.",
    epilog=examples(
        "hardwire repl",
        "hardwire repl my.rasp",
    ),
)
def repl(
    files: Annotated[
        list[Path] | None,
        typer.Argument(metavar="FILE", help="RASP files to load first.", show_default=False),
    ] = None,
    folder: Annotated[
        Path, typer.Option("--pictures", metavar="FOLDER", help="The folder for the pictures of `draw`.")
    ] = Path("comp_flows"),
    *,
    show: Annotated[bool, typer.Option("--open/--no-open", help="Open the pictures as they are drawn.")] = True,
    debug: Debug = False,
) -> None:
    """Run original RASP interactively: every definition is shown on a running example. Input may be piped in."""
    with reporting(debug=debug):
        from ..rasp import repl as rasp_repl

        for file in files or []:
            if not file.is_file():
                raise Usage(f"the file {file} does not exist")
        rasp_repl.start(files or [], folder, show=show)
