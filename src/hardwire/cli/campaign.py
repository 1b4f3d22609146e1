"""`hardwire campaign`: compile, certify and attack random programs by the thousand."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .. import campaign as campaigns
from .app import AsJson, Debug, Usage, app, examples, note, reporting
from .options import Memory, Timeout
from .show import to_json


@app.command(
    short_help="Compile, certify and attack random programs.",
    epilog=examples(
        "hardwire campaign 1000 -o mine",
        "hardwire campaign -o mine    # go on with it",
    ),
)
def campaign(
    programs: Annotated[
        int | None,
        typer.Argument(
            metavar="PROGRAMS", min=1, show_default=False, help="How many; may be left out to go on with a campaign."
        ),
    ] = None,
    *,
    output: Annotated[Path, typer.Option("-o", "--output", metavar="DIR", help="The folder of the campaign.")],
    start: Annotated[int, typer.Option(min=0, help="The first seed.")] = 0,
    processes: Annotated[int, typer.Option(min=1, help="How many processes of this machine.")] = 1,
    ray: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS", show_default=False, help="A Ray cluster to run on, such as auto or 10.0.0.1:6379."
        ),
    ] = None,
    timeout: Timeout = None,
    memory: Memory = None,
    mutants: Annotated[int, typer.Option(min=0, help="How many mutants of each certified model.")] = 2,
    torch: Annotated[
        bool, typer.Option("--torch/--no-torch", help="Compute the answers in PyTorch too, where it is installed.")
    ] = True,
    record: Annotated[
        Path | None,
        typer.Option(metavar="FILE", show_default=False, help="Add the figures to those of other campaigns."),
    ] = None,
    retry: Annotated[bool, typer.Option("--retry", help="Examine findings again, after a fix.")] = False,
    report: Annotated[bool, typer.Option("--report", help="Only report what is finished.")] = False,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Compile, certify and attack random programs; the exit code is 1 if there is a finding.

    A campaign that was stopped goes on with the same command.
    """
    with reporting(debug=debug):
        if report:
            found = campaigns.finish(output, record)
        else:
            if ray is not None and processes != 1:
                raise Usage("--processes is for this machine, and --ray for a cluster; give one of the two")
            plain = campaigns.CampaignSettings()
            settings = campaigns.CampaignSettings(
                seconds=plain.seconds if timeout is None else timeout,
                memory=plain.memory if memory is None else memory,
                mutants=mutants,
                torch=torch,
            )
            found = campaigns.run(
                output,
                programs,
                start=start,
                settings=None if programs is None else settings,
                on=campaigns.on_processes(processes) if ray is None else campaigns.on_ray(ray),
                record=record,
                retry=retry,
            )
            note(f"{output / 'report.md'} has the report")
        print(to_json(found.json()) if as_json else campaigns.report(found).rstrip())
    raise typer.Exit(1 if found.findings else 0)
