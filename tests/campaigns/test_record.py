"""The figures on docs/campaign.md are those of docs/campaign.json, the record of the campaigns so far."""

from __future__ import annotations

from pathlib import Path

from hardwire.campaign import report
from hardwire.campaign.summary import total

DOCS = Path(__file__).parents[2] / "docs"


def test_the_page_has_the_figures_of_the_record() -> None:
    """`hardwire campaign -o DIR --report --record docs/campaign.json` adds to the record, and prints its figures."""
    found = total(DOCS / "campaign.json")
    assert report(found).replace("## Findings", "### Findings") in (DOCS / "campaign.md").read_text("utf-8")
