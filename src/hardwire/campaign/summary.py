"""The figures of a campaign, which add up over several of them."""

from __future__ import annotations

import json
import platform
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import InputError
from .examining import reason
from .settings import CERTIFIED, FINDING, REFUSED, SeedResult
from .store import write

Span = tuple[int, int]
Json = dict[str, Any]


@dataclass(frozen=True)
class CampaignSummary:
    """What came of the finished seeds of campaigns.

    spans: the seeds, as half-open ranges; machines: where they ran, with the number of programs; outcomes, kinds, tags,
    depths (of certified models): how many programs; partly: certified models whose attack ended at a limit; reasons:
    the refusals; answers: compared with the interpreter's; mutants: models made wrong, none of which was certified;
    seconds: of processor time; slowest, largest: the most seconds and megabytes of one program; findings, and
    those of seeds that were examined again, after a fix, and are none any more.
    """

    spans: tuple[Span, ...] = ()
    machines: Counter[str] = field(default_factory=Counter)
    outcomes: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    tags: Counter[str] = field(default_factory=Counter)
    depths: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    partly: int = 0
    answers: int = 0
    mutants: int = 0
    seconds: float = 0.0
    slowest: float = 0.0
    largest: float = 0.0
    findings: tuple[Json, ...] = ()
    fixed: tuple[Json, ...] = ()

    @property
    def programs(self) -> int:
        return self.outcomes.total()

    def __add__(self, other: CampaignSummary) -> CampaignSummary:
        """Raises InputError where both have the same seed."""
        made: Json = {"spans": _joined([*self.spans, *other.spans]), "findings": (*self.findings, *other.findings)}
        made["fixed"] = (*self.fixed, *other.fixed)
        for f in fields(self):
            if f.name not in made:
                a, b = getattr(self, f.name), getattr(other, f.name)
                made[f.name] = max(a, b) if f.name in ("slowest", "largest") else a + b
        return CampaignSummary(**made)

    def json(self) -> Json:
        """As values of JSON, the counts sorted."""
        found = asdict(self)
        for f in fields(self):
            x = getattr(self, f.name)
            if isinstance(x, Counter):
                found[f.name] = dict(sorted(x.items()))
        found["spans"] = [list(s) for s in self.spans]
        return found

    @classmethod
    def of(cls, found: Json) -> CampaignSummary:
        made = {k: Counter(v) if isinstance(v, dict) else v for k, v in found.items()}
        return cls(
            **made
            | {
                "spans": tuple(map(tuple, found["spans"])),
                "findings": tuple(found["findings"]),
                "fixed": tuple(found["fixed"]),
            }
        )


def summary(
    results: Iterable[SeedResult], shrunk: Mapping[int, Json] | None = None, fixed: Iterable[SeedResult] = ()
) -> CampaignSummary:
    """The figures of some results, with what their findings shrank to, and the findings that were fixed."""
    made = CampaignSummary()
    seeds, findings, numbers = (
        [],
        [],
        {"partly": 0, "answers": 0, "mutants": 0, "seconds": 0.0, "slowest": 0.0, "largest": 0.0},
    )
    for r in results:
        seeds.append(r.seed)
        made.outcomes[r.outcome] += 1
        made.kinds[r.kind] += 1
        made.tags.update(r.tags)
        if r.outcome == CERTIFIED:
            made.depths[f"{r.depth:02}"] += 1
            numbers["partly"] += bool(r.why)
        if r.outcome == REFUSED:
            made.reasons[reason(r.why)] += 1
        if r.outcome == FINDING:
            findings.append((shrunk or {}).get(r.seed, {"seed": r.seed, "where": r.where, "why": r.why}))
        for name, x in (("answers", r.answers), ("mutants", r.mutants), ("seconds", r.seconds)):
            numbers[name] += x
        numbers["slowest"], numbers["largest"] = (
            max(numbers["slowest"], r.seconds),
            max(numbers["largest"], r.megabytes),
        )
    made.machines[machine()] += len(seeds)
    numbers["seconds"] = round(numbers["seconds"], 1)
    whole: Json = {f.name: getattr(made, f.name) for f in fields(made)}
    return CampaignSummary(
        **whole
        | numbers
        | {
            "spans": _joined([(s, s + 1) for s in seeds]),
            "findings": tuple(findings),
            "fixed": tuple({"seed": r.seed, "where": r.where} for r in fixed),
        }
    )


def _joined(spans: Sequence[Span]) -> tuple[Span, ...]:
    """The spans, sorted, those that touch as one. Raises InputError where two overlap."""
    found: list[Span] = []
    for start, stop in sorted(spans):
        if found and start < found[-1][1]:
            raise InputError(f"seed {start} is in two of the summaries, which cannot be added")
        if found and start == found[-1][1]:
            found[-1] = (found[-1][0], stop)
        else:
            found.append((start, stop))
    return tuple(found)


def machine() -> str:
    """This machine, as far as arithmetic depends on it."""
    return f"{platform.system()} {platform.machine()}, Python {platform.python_version()}, NumPy {np.__version__}"


def add_record(path: Path, entry: Json) -> CampaignSummary:
    """Add the entry of a campaign to a file of records, or put it in the place of one that began at the same seed with
    the same programs; return the sum of all."""
    entries: list[Json] = json.loads(path.read_text("utf-8"))["campaigns"] if path.exists() else []
    key = (entry["start"], entry["programs"])
    entries = [e for e in entries if (e["start"], e["programs"]) != key] + [entry]
    write(path, json.dumps({"campaigns": sorted(entries, key=lambda e: (e["start"], e["programs"]))}, indent=1))
    return total(path)


def total(path: Path) -> CampaignSummary:
    """The sum of all campaigns in a file of records."""
    return sum(
        (CampaignSummary.of(e["summary"]) for e in json.loads(path.read_text("utf-8"))["campaigns"]), CampaignSummary()
    )
