"""`hardwire discover`: methods of circuit discovery, scored against the circuits of a data set."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .. import datasets, discovery
from .app import Debug, app, examples, note, reporting


@app.command(
    short_help="Score methods of circuit discovery on a data set.",
    epilog=examples(
        "hardwire dataset 100 -o models",
        "hardwire discover models -o report",
    ),
)
def discover(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="A data set, from `hardwire dataset`.")],
    *,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Write a report with plots to this directory.", show_default=False),
    ] = None,
    models: Annotated[int | None, typer.Option(min=1, help="Only the first models.", show_default=False)] = None,
    pairs: Annotated[int, typer.Option(min=1, help="Clean inputs for each model, each with a corrupted one.")] = 16,
    seed: Annotated[int, typer.Option(help="Of the inputs.")] = 0,
    debug: Debug = False,
) -> None:
    """Score four methods of circuit discovery against the known edges of a data set, and print a table."""
    with reporting(debug=debug):
        report = discovery.benchmark(datasets.load(directory), models=models, pairs=pairs, seed=seed)
        print(report)
        if output is not None:
            report.save(output)
            note(f"the report is {output / 'report.md'}")
