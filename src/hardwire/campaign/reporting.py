"""The report of a campaign, as Markdown."""

from __future__ import annotations

from collections import Counter

from .settings import CERTIFIED, FINDING, REFUSED
from .summary import CampaignSummary


def report(found: CampaignSummary, wanted: int = 0) -> str:
    """Return the figures of a campaign and every finding; `wanted` is the number of programs that it is to have."""
    done, certified = found.programs, found.outcomes[CERTIFIED]
    of = f" of {wanted:,}" if wanted > done else ""
    layers = Counter({k.lstrip("0") or "0": n for k, n in found.depths.items()})
    refused, findings = found.outcomes[REFUSED], found.outcomes[FINDING]
    lines = [
        f"{done:,}{of} programs (seeds {_spans(found)}): {certified:,} certified, {refused:,} refused, "
        f"{findings:,} findings.",
        "",
        f"{found.answers:,} answers of certified models were compared with the interpreter's, and {found.mutants:,} "
        f"models made wrong were refused a certificate, in {found.seconds / 3600:.2f} hours of processor time.",
        f"The slowest program took {found.slowest:.1f} s, and the largest {found.largest:,.0f} MB. "
        f"{found.partly:,} attacks ended at a limit of time or memory.",
        "",
        *_table("programs", found.kinds | found.tags, done),
        *_table("layers of certified models", layers, certified),
        *_table("refused, and why", found.reasons, done),
        "## Findings",
        "",
    ]
    for f in found.findings:
        lines += [f"- seed {f['seed']}, {f['where']}: {f['why']}"]
        if "program" in f:
            lines += [
                f"  Smallest program: {f['program']}",
                f"  `hardwire.campaign.program({f['seed']}, {f['edits']})`",
            ]
    if not found.findings:
        lines.append("None.")
    if found.fixed:
        places = Counter(f["where"] for f in found.fixed)
        lines += ["", "Fixed since they were found:", "", *(f"- {where}: {n:,} seeds" for where, n in places.items())]
    return "\n".join(lines) + "\n"


def _spans(found: CampaignSummary) -> str:
    shown = [f"{a:,} to {b - 1:,}" for a, b in found.spans[:4]]
    return ", ".join(shown) + (f" and {len(found.spans) - 4} more ranges" if len(found.spans) > 4 else "")


def _table(title: str, counts: Counter[str], whole: int) -> list[str]:
    rows = [f"| {name} | {n:,} | {n / max(1, whole):.1%} |" for name, n in counts.most_common()]
    return [f"| {title} | number | part |", "|---|---|---|", *rows, ""] if rows else []
