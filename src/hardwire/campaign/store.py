"""The files of a campaign: its settings, a line for each finished seed, and a line for each finding that was shrunk.

A seed is finished when its line is whole. Lines are appended in one write and reach the disk before the next chunk is
counted; a line that a kill has cut off is removed when the campaign goes on.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..errors import InputError, NoFileError
from .settings import FINDING, CampaignSettings, SeedResult

Json = dict[str, Any]


@dataclass(frozen=True)
class CampaignPlan:
    """The seeds of a campaign, what it does with each, and which programs they are: `programs` is a digest of them."""

    start: int
    count: int
    settings: CampaignSettings
    programs: str

    @property
    def seeds(self) -> range:
        return range(self.start, self.start + self.count)

    def json(self) -> Json:
        return {
            "start": self.start, "count": self.count, "programs": self.programs, "settings": self.settings.json(),
        }  # fmt: skip

    @classmethod
    def of(cls, found: Json) -> CampaignPlan:
        return cls(found["start"], found["count"], CampaignSettings(**found["settings"]), found["programs"])


@dataclass(frozen=True)
class CampaignFolder:
    """The folder of a campaign."""

    path: Path

    @property
    def exists(self) -> bool:
        """Whether there is a campaign in it."""
        return (self.path / "campaign.json").is_file()

    def plan(self) -> CampaignPlan:
        """The plan of the campaign in it. Raises NoFileError."""
        try:
            return CampaignPlan.of(json.loads((self.path / "campaign.json").read_text("utf-8")))
        except FileNotFoundError as error:
            raise NoFileError(f"there is no campaign in {self.path}", path=str(self.path), cause=error) from None

    def opened(self, plan: CampaignPlan) -> CampaignPlan:
        """Begin a campaign here, or go on with the one that is here. Raises InputError where that is another one.

        More seeds than before are added at the end.
        """
        if self.exists:
            here = self.plan()
            if (here.start, here.settings) != (plan.start, plan.settings):
                raise InputError(
                    f"{self.path} has a campaign with other seeds or settings ({here.json()}); use another folder",
                    value=str(self.path),
                )
            if here.programs != plan.programs:
                raise InputError(
                    f"{self.path} has a campaign whose seeds are other programs in this version; use another folder",
                    value=str(self.path),
                )
            plan = replace(plan, count=max(plan.count, here.count))
        self.path.mkdir(parents=True, exist_ok=True)
        write(self.path / "campaign.json", json.dumps(plan.json(), indent=1))
        for name in ("rows.jsonl", "shrunk.jsonl"):
            _mend(self.path / name)
        return plan

    def results(self) -> list[SeedResult]:
        """The result of each finished seed: the last one, where a finding was examined again."""
        last = {row["seed"]: row for row in _lines(self.path / "rows.jsonl")}
        return [SeedResult.of(row) for row in last.values()]

    def fixed(self) -> list[SeedResult]:
        """The findings of seeds that are no findings any more."""
        rows = map(SeedResult.of, _lines(self.path / "rows.jsonl"))
        bad = {r.seed for r in self.results() if r.outcome == FINDING}
        return [r for r in rows if r.outcome == FINDING and r.seed not in bad]

    def add(self, results: Iterable[SeedResult]) -> None:
        """Append results; they are on the disk when this returns."""
        _append(self.path / "rows.jsonl", (r.json() for r in results))

    def shrunk(self) -> dict[int, Json]:
        """The findings that were shrunk, by seed."""
        return {row["seed"]: row for row in _lines(self.path / "shrunk.jsonl")}

    def add_shrunk(self, found: Json) -> None:
        _append(self.path / "shrunk.jsonl", [found])


def write(path: Path, text: str) -> None:
    """Write a file whole or not at all."""
    other = path.with_name(f".{path.name}.new")
    with other.open("w", encoding="utf-8") as file:
        file.write(text + "\n")
        file.flush()
        os.fsync(file.fileno())
    os.replace(other, path)


def _append(path: Path, rows: Iterable[Json]) -> None:
    text = "".join(json.dumps(row, separators=(",", ":")) + "\n" for row in rows)
    with path.open("ab") as file:
        file.write(text.encode())
        file.flush()
        os.fsync(file.fileno())


def _lines(path: Path) -> Iterator[Json]:
    """Yield the whole lines of a file."""
    if path.exists():
        with path.open("rb") as file:
            for line in file:
                if line.endswith(b"\n"):
                    yield json.loads(line)


def _mend(path: Path) -> None:
    """Remove what follows the last whole line."""
    if path.exists():
        with path.open("rb+") as file:
            end = 0
            for line in file:
                if line.endswith(b"\n"):
                    end += len(line)
            file.truncate(end)
