"""How many puzzles are solved, as text and as a row of marks for notebooks."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from .check import Outcome

_MARK = (
    "display:inline-block;width:1.5em;line-height:1.5em;margin:1px;border-radius:4px;text-align:center;font-size:80%"
)
_SOLVED = "background:#2a9d5c;color:#fff"
_OPEN = "background:#8882"
_BAR = "height:8px;border-radius:4px;background:#8883;overflow:hidden;max-width:42em"


@dataclass(frozen=True)
class Progress:
    """How far one is with some puzzles: their outcomes, in order. A notebook shows a bar and a mark for each puzzle.

    >>> from hardwire import indices, key, puzzles, query, tokens
    >>> second = (key(indices) == query(1)).value(tokens)
    >>> puzzles.Progress((puzzles.check("index", second), puzzles.check("shift", ...)))
    1 of 2 puzzles solved: index. Next: 3. One to the right (shift)
    """

    outcomes: tuple[Outcome, ...]

    @property
    def solved(self) -> list[str]:
        """The names of the solved puzzles."""
        return [o.puzzle.name for o in self.outcomes if o]

    @property
    def following(self) -> str:
        """The first puzzle that is not solved, or an empty string."""
        left = next((o.puzzle for o in self.outcomes if not o), None)
        return "" if left is None else f"{left.number}. {left.title} ({left.name})"

    def __repr__(self) -> str:
        done, left = ", ".join(self.solved), self.following
        counted = f"{len(self.solved)} of {len(self.outcomes)} puzzles solved"
        return counted + (f": {done}." if done else ".") + (f" Next: {left}" if left else "")

    def _repr_html_(self) -> str:
        share = 100 * len(self.solved) / max(1, len(self.outcomes))
        marks = "".join(
            f'<span title="{escape(o.puzzle.title)}" style="{_MARK};{_SOLVED if o else _OPEN}">{o.puzzle.number}</span>'
            for o in self.outcomes
        )
        left = self.following
        return (
            f'<div><p style="margin:.6em 0"><b>{len(self.solved)} of {len(self.outcomes)} puzzles solved</b>'
            f"{f' &#183; next: {escape(left)}' if left else ''}</p>"
            f'<div style="{_BAR}"><div style="height:100%;width:{share:.0f}%;background:#2a9d5c"></div></div>'
            f'<p style="margin:.6em 0;max-width:48em">{marks}</p></div>'
        )
