"""`hardwire dataset`: write a data set of models with known circuits."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from .. import datasets
from ..datasets.tables import parquet_library
from ..errors import MissingExtraError
from .app import Debug, Usage, app, examples, note, reporting


@app.command(
    short_help="Write certified models of random programs with their circuits.",
    epilog=examples(
        "hardwire dataset 1000 -o models",
        "hardwire dataset 100 -o more --seed 7 --soft --rotated",
    ),
)
def dataset(
    count: Annotated[int, typer.Argument(metavar="N", min=1, help="How many models.", show_default=False)],
    *,
    output: Annotated[
        Path, typer.Option("--output", "-o", help="The directory; one that was begun is continued.", show_default=False)
    ],
    seed: Annotated[int, typer.Option(help="Of the programs: the same seed gives the same files.")] = 0,
    mask: Annotated[str, typer.Option(help="The masks of the models: full, causal, or both.")] = "both",
    norms: Annotated[str, typer.Option(help="Add norms that change nothing: layer or rms.", show_default=False)] = "",
    soft: Annotated[bool, typer.Option("--soft", help="Compile with soft weights, none above 100.")] = False,
    rotated: Annotated[bool, typer.Option("--rotated", help="Take another basis of the residual stream.")] = False,
    noise: Annotated[bool, typer.Option("--noise", help="Move each weight by less than the certified radius.")] = False,
    distractors: Annotated[
        int, typer.Option(metavar="K", min=0, help="Add K heads and K groups of neurons that are part of no circuit.")
    ] = 0,
    processes: Annotated[
        int | None, typer.Option(min=1, help="Processes; by default one for each core.", show_default=False)
    ] = None,
    parquet: Annotated[
        bool, typer.Option("--parquet/--no-parquet", help="Write the manifest as Parquet too; needs pyarrow.")
    ] = True,
    debug: Debug = False,
) -> None:
    """Write N certified models of different programs with their circuits, inputs and a manifest."""
    with reporting(debug=debug):
        if parquet:
            try:
                parquet_library()
            except MissingExtraError as error:
                raise Usage(f"{error}\n  --no-parquet leaves this file out.") from None
        found = datasets.generate(
            output,
            count,
            seed=seed,
            mask=mask,
            norms=norms,
            soft=soft,
            rotated=rotated,
            noise=noise,
            distractors=distractors,
            processes=processes or os.cpu_count() or 1,
            manifest_parquet=parquet,
        )
        note(f"{len(found):,} models in {output}: README.md describes them, manifest.jsonl lists them")
