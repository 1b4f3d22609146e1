"""Campaigns: programs a second on one process and on two. `python -m bench campaigns`."""

from __future__ import annotations

import tempfile
import time

from rich.table import Table

from hardwire import campaign

PROGRAMS = 256
START = 1_000_000
"""The first seed, beyond those of recorded campaigns."""


def tables() -> list[Table]:
    table = Table("processes", "programs", "seconds", "programs/s", "per second of processor time", title="Campaigns")
    for count in (1, 2):
        with tempfile.TemporaryDirectory() as folder:
            start = time.perf_counter()
            found = campaign.run(
                folder,
                PROGRAMS,
                start=START,
                settings=campaign.CampaignSettings(torch=False),
                on=campaign.on_processes(count),
                progress=False,
            )
            seconds = time.perf_counter() - start
        rates = (f"{PROGRAMS / seconds:.1f}", f"{PROGRAMS / found.seconds:.1f}")
        table.add_row(f"{count}", f"{PROGRAMS:,}", f"{seconds:.1f}", *rates)
    return [table]
