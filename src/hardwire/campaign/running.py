"""A campaign from its first seed to its report, which goes on where an earlier run of it ended."""

from __future__ import annotations

import hashlib
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from ..errors import BuildError
from ..isolation import Isolated
from ..lang.arguments import checked_options
from ..lang.text import formula
from ..progress import bar
from .chunks import Chunk, Mapper, examine, on_processes, worker
from .programs import drawn
from .reporting import report
from .settings import FINDING, CampaignSettings, Edit, SeedResult
from .shrinking import rebuilt_case, shrunk
from .store import CampaignFolder, CampaignPlan, Json, write
from .summary import CampaignSummary, add_record, summary

CHUNK = 16
"""How many seeds are examined between two writes."""
SHRINKING = 120.0
"""The seconds in which a finding is shrunk."""
ALIKE = 3
"""How many findings in the same place are shrunk."""
TOLD = 60.0
"""The seconds between two lines of progress where there is no terminal."""


@checked_options
def run(
    folder: Path | str,
    count: int | None = None,
    *,
    start: int = 0,
    settings: CampaignSettings | None = None,
    on: Mapper | None = None,
    record: Path | str | None = None,
    retry: bool = False,
    progress: bool | None = None,
) -> CampaignSummary:
    """Compile, certify and attack the programs of `count` seeds, and return the figures of the whole campaign.

    `folder` keeps what is finished: after a kill at any moment the same call goes on, and nothing that was finished is
    lost or done again. `count` may be left out there. `on` says where it runs: `on_processes(2)`, by default one
    process, or `on_ray(address)`. `retry` examines
    findings again, after a fix. Every finding is shrunk. `report.md` in the folder has
    the figures, and `record` is a file that collects those of several campaigns.

    Raises BuildError for settings that do not fit, InputError for a folder with another campaign, and ClusterError.
    """
    for name, x, least in (("count", count, 1), ("start", start, 0)):
        if x is not None and (isinstance(x, bool) or not isinstance(x, int) or x < least):
            raise BuildError(f"{name} is a whole number, {least} or more, not {x!r}", value=x)
    home = CampaignFolder(Path(folder))
    if count is None or settings is None:
        here = home.plan() if home.exists else None
        if here is None and count is None:
            raise BuildError("a new campaign needs the number of its programs: run(folder, count)", value=folder)
        if here is not None:
            count = here.count if count is None else count
            start, settings = here.start, here.settings if settings is None else settings
    assert count is not None
    plan = home.opened(CampaignPlan(start, count, settings or CampaignSettings(), programs()))
    again = {r.seed for r in home.results() if r.outcome == FINDING} if retry else set()
    done = {r.seed for r in home.results()} - again
    left = [seed for seed in plan.seeds if seed not in done]
    _examine(home, plan, on or on_processes(1), left, progress=progress)
    _shrink(home, plan, progress=progress)
    return finish(home.path, record)


def finish(folder: Path | str, record: Path | str | None = None) -> CampaignSummary:
    """Write the report of what is finished, and return its figures. Raises NoFileError where there is no campaign."""
    home = CampaignFolder(Path(folder))
    plan = home.plan()
    found = summary(home.results(), home.shrunk(), home.fixed())
    write(home.path / "report.md", "# Campaign\n\n" + report(found, plan.count).rstrip())
    if record is not None:
        entry = {**plan.json(), "summary": found.json()}
        add_record(Path(record), entry)
    return found


def programs() -> str:
    """A digest of the first programs: another one says that seeds are other programs than before."""
    text = "\n".join(str(drawn(seed)) for seed in range(40))
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _examine(
    home: CampaignFolder, plan: CampaignPlan, on: Mapper, left: Sequence[int], *, progress: bool | None
) -> None:
    """Examine the seeds that are left."""
    if not left:
        return
    before = plan.count - len(left)
    begun = told = time.monotonic()
    finished, findings = 0, 0
    with bar("campaign", len(left), wanted=progress) as advance:
        for results in on(_chunks(left), plan.settings):
            home.add(results)
            finished, findings = finished + len(results), findings + sum(r.outcome == FINDING for r in results)
            now = time.monotonic()
            rate = finished / (now - begun)
            text = (
                f"campaign: {rate:.1f} programs/s, {_duration((len(left) - finished) / rate)} left, {findings} findings"
            )
            advance(len(results), text)
            if progress is None and not sys.stderr.isatty() and now - told > TOLD:
                told = now
                print(f"{finished + before:,} of {plan.count:,}, {text}", file=sys.stderr, flush=True)


def _chunks(seeds: Sequence[int]) -> Iterator[Chunk]:
    return (seeds[i : i + CHUNK] for i in range(0, len(seeds), CHUNK))


def _duration(seconds: float) -> str:
    minutes = int(seconds / 60)
    return f"{minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"{minutes} min {int(seconds) % 60} s"


def _shrink(home: CampaignFolder, plan: CampaignPlan, *, progress: bool | None) -> None:
    """Shrink the first findings of each place that are not shrunk yet."""
    done, seen = home.shrunk(), Counter[str]()
    wanted: list[SeedResult] = []
    for r in home.results():
        if r.outcome == FINDING:
            seen[r.where] += 1
            if seen[r.where] <= ALIKE and r.seed not in done:
                wanted.append(r)
    if not wanted:
        return
    process = worker(plan.settings)
    try:
        with bar("shrinking", len(wanted), wanted=progress) as advance:
            for r in wanted:
                home.add_shrunk(smallest(r, process, plan.settings))
                advance(1, f"shrinking: seed {r.seed}")
    finally:
        process.close()


def smallest(found: SeedResult, process: Isolated, settings: CampaignSettings) -> Json:
    """Shrink a finding: its seed, the edits, and the smallest program with the same defect, in words."""

    def same(tried: list[Edit]) -> bool:
        other = examine(process, found.seed, settings, tried)
        return (other.outcome, other.where) == (FINDING, found.where)

    edits = shrunk(found.seed, same, SHRINKING)
    last = examine(process, found.seed, settings, edits) if edits else found
    case = rebuilt_case(found.seed, edits)
    text = f"{formula(case.program.expr, 2000)} over {case.vocab!r}, length {case.max_len}"
    return {
        "seed": found.seed, "where": found.where, "why": (last.why or found.why), "edits": [list(e) for e in edits],
        "program": text + (f", {case.changed}" if case.changed else ""),
    }  # fmt: skip
