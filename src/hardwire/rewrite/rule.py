"""The frame of most passes: a rule for one part of a program, applied to all of its parts."""

from __future__ import annotations

from collections.abc import Callable

from ..analysis import Facts
from ..errors import CompileError
from ..lang.expr import Expr, again

Change = Callable[[Expr, Facts], dict[Expr, Expr]]
"""change(program, facts about it) -> what every part of it becomes"""


def on_every_part(rule: Callable[[Expr, Facts], Expr | None]) -> Change:
    """The pass that applies a rule to every part of a program, sources first.

    `rule(part, facts)` is the replacement of a part, whose sources are rewritten already. A part stays as it is where
    the rule gives None, or raises CompileError because a part has too many values to list.
    """

    def change(root: Expr, facts: Facts) -> dict[Expr, Expr]:
        new: dict[Expr, Expr] = {}
        for e in root.walk():
            part = again(e, tuple([new[s] for s in e.src]))
            try:
                new[e] = rule(part, facts) or part
            except CompileError:
                new[e] = part
        return new

    return change
