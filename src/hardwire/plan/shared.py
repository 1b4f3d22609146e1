"""What all plans of one program have in common, so that it is found once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from ..analysis import Domain, Facts
from ..lang.expr import TOKENS, Expr, Op
from ..lang.text import FormulaWriter
from .codes import Tabulated
from .labels import Labels, Pairs
from .reads import NOTHING, PartReads

TITLE = 100
"""The length of a title, at most."""


class Titles:
    """Expressions as lines in the program's own names."""

    def __init__(self, names: Mapping[Expr, str]) -> None:
        self._names = names
        self._writers: dict[int, FormulaWriter] = {}
        self._known: dict[tuple[Expr, int], str] = {}

    def of(self, e: Expr, limit: int = TITLE) -> str:
        """A line of at most so many characters."""
        if limit < TITLE and len(whole := self.of(e)) <= limit:
            return whole
        if (e, limit) not in self._known:
            writer = self._writers.setdefault(limit, FormulaWriter(limit, self._names))
            self._known[e, limit] = writer.line(e)
        return self._known[e, limit]


@dataclass(frozen=True, eq=False)
class Shared:
    """The encodings of the values of a program, tables of its functions in them, the titles of its parts, and which of
    them read which others."""

    labels: Labels
    titles: Titles
    tables: Tabulated = field(default_factory=Tabulated)
    reads: PartReads = NOTHING

    @classmethod
    def of(cls, program: Expr, facts: Facts, names: Mapping[Expr, str]) -> Shared:
        """For a rewritten program, in which these parts have names."""
        labels = Labels(_every_domain(program, facts), facts.vocab, _numbers_of(program, facts))
        return cls(labels, Titles(names), reads=PartReads.of(program, facts, names))

    def like(self, other: Shared) -> Shared:
        """With the encodings of another program, if it encodes all values alike; functions that both have are tabulated
        once."""
        return replace(self, labels=other.labels, tables=other.tables) if self.labels <= other.labels else self


def _every_domain(root: Expr, facts: Facts) -> list[Domain]:
    """The domains of all sops of a program that have one that can be listed."""
    domains = (facts.listed(e) for e in (TOKENS, *root.walk()) if not e.selector)
    return [d for d in domains if d is not None]


def _numbers_of(root: Expr, facts: Facts) -> list[Pairs]:
    """The functions of a program from aggregates whose values are not numbers to numbers, as pairs."""
    found: list[Pairs] = []
    for e in root.walk():
        if e.op is not Op.MAP or len(e.src) != 1 or not e.src[0].op.aggregate:
            continue
        domain, image = facts.listed(e.src[0]), facts.listed(e)
        if domain is None or domain.plain or image is None or not image.plain:
            continue
        values = facts.evaluate(e, {e.src[0]: domain.column})
        some = zip(domain.values, values.values(), values.ok().tolist(), strict=True)
        found.append([(v, y) for v, y, ok in some if ok])
    return found
