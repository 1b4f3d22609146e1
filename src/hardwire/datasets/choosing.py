"""Which candidates become items: no two that do the same, few of one algorithm, and a share of every kind at most."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

SHARES: dict[str, dict[str, float]] = {
    "layers": {"1": 0.3, "2": 0.35, "3": 0.35, "4 or more": 0.35},
    "heads": {"1": 0.25, "2 or 3": 0.45, "4 to 7": 0.5, "8 or more": 0.35},
    "edges": {"up to 9": 0.3, "10 to 24": 0.45, "25 to 59": 0.45, "60 or more": 0.35},
}
"""The greatest shares of the items with so many layers, heads and edges."""
TOKENS = 0.25
"""The greatest share of the items with one kind of vocabulary."""
ALGORITHM = 4
"""The most items of one algorithm."""
SPARE = 4
"""So many items of each kind are taken whatever their share."""
BOUNDS = {"layers": (1, 2, 3, 4), "heads": (1, 2, 4, 8), "edges": (0, 10, 25, 60)}
"""Where the classes of `SHARES` begin."""


def strata(row: Mapping[str, Any]) -> dict[str, str]:
    """The class of an item by layers, heads and edges, and its kind of vocabulary."""
    found = {"tokens": str(row["tokens"])}
    for what, starts in BOUNDS.items():
        place = max((i for i, start in enumerate(starts) if row[what] >= start), default=0)
        found[what] = list(SHARES[what])[place]
    return found


class Chooser:
    """The items so far, and whether another one is wanted."""

    def __init__(self) -> None:
        self.total = 0
        self.signatures: dict[str, int] = {}
        self.counts: Counter[tuple[str, str]] = Counter()

    def refusal(self, row: Mapping[str, Any]) -> str:
        """Why an item is not wanted; empty if it is. Programs of the library are wanted unless they are duplicates."""
        if row["signature"] in self.signatures:
            return f"does the same as the candidate {self.signatures[row['signature']]}"
        if row["family"] == "library":
            return ""
        if self.counts["algorithm", row["algorithm"]] >= ALGORITHM:
            return f"there are {ALGORITHM} items of this algorithm"
        for what, kind in strata(row).items():
            share = TOKENS if what == "tokens" else SHARES[what][kind]
            if self.counts[what, kind] >= SPARE + share * (self.total + 1):
                return f"there are enough items with {what}: {kind}"
        return ""

    def take(self, row: Mapping[str, Any]) -> None:
        """Count an item."""
        self.total += 1
        self.signatures[row["signature"]] = row["candidate"]
        self.counts.update([("algorithm", row["algorithm"]), *strata(row).items()])
