"""What a proof takes from the compiler, on generated programs over values of every kind: rewriting keeps each value
and its type, and the facts of the analysis hold. The interpreter runs every input up to length 5, or a sample of them,
under both masks."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

import wild
from attack import Case
from hardwire import Selector, SOp
from hardwire.compiler.analyse import Analysis
from hardwire.compiler.pipeline import PASSES
from hardwire.compiler.simplify import simplify
from hardwire.errors import CompileError
from hardwire.lang.expr import Expr, Op, node
from hardwire.lang.values import Value, exact, leave
from hardwire.run.batch import Batch
from hardwire.run.failure import FailureLog
from hardwire.run.interpreter import Run

STAGES: list[tuple[str, Callable[[Expr, Analysis], dict[Expr, Expr]]]] = [
    ("simplify", lambda root, facts: simplify(root)),
    *PASSES,
]


@dataclass(frozen=True)
class Position:
    """The value of an expression at one position, where it has one."""

    ok: bool
    value: Value

    def is_kept_by(self, other: Position, typed: bool) -> bool:
        """A failure may become a value, a value stays what it is; where types may change, its equal."""
        if not self.ok:
            return True
        if not other.ok:
            return False
        return exact(self.value) == exact(other.value) or (not typed and leave(self.value) == leave(other.value))


class Values:
    """The values of expressions at all positions of inputs."""

    def __init__(self, inputs: list[list[Value]], causal: bool) -> None:
        self.ends = list(itertools.accumulate(map(len, inputs), initial=0))
        self.run = Run(Batch.of(inputs), causal, FailureLog())

    def of(self, e: Expr) -> list[Position]:
        column = self.run.column(e)
        return [Position(ok, v) for ok, v in zip(column.ok().tolist(), column.values(), strict=True)]

    def by_input(self, e: Expr) -> Iterator[list[Position]]:
        every = self.of(e)
        for start, end in itertools.pairwise(self.ends):
            yield every[start:end]


def check_passes(seed: int) -> bool:
    """Whether the program could be analysed; asserts that each pass keeps every value with its type."""
    case, inputs = wild.case(seed, few=64, some=40)
    facts, values = Analysis(list(case.vocab), case.max_len, case.causal), Values(inputs, case.causal)
    root = case.program.expr
    for name, change in STAGES:
        try:
            new = change(root, facts)
        except CompileError:
            return False
        for e, changed in new.items():
            if e is changed or e.selector or changed.selector:
                continue
            # The type of a program's own result is not promised where its values differ in type.
            typed = not (name == "counts" and e is root)
            for was, now in zip(values.of(e), values.of(changed), strict=True):
                shown = f"{name}: {SOp(e).formula} is {was}, {SOp(changed).formula} is {now}, in {case}"
                assert was.is_kept_by(now, typed), shown
        root = new[root]
    check_facts(case, root, facts, values)
    return True


def check_facts(case: Case, root: Expr, facts: Analysis, values: Values) -> None:
    for e in root.walk():
        if e.selector:
            low, high = facts.width(e)
            widths = values.of(node(Op.WIDTH, e))
            assert all(low <= w.value <= high for w in widths if w.ok), f"width of {Selector(e).formula} in {case}"
            assert not facts.sure(e) or all(w.ok for w in widths), f"sure: {Selector(e).formula} in {case}"
            continue
        found = values.of(e)
        assert not facts.sure(e) or all(p.ok for p in found), f"sure: {SOp(e).formula} in {case}"
        try:
            domain = {exact(v) for v in facts.domain(e).values}
        except CompileError:
            continue
        for p in found:
            assert not p.ok or exact(p.value) in domain, f"domain of {SOp(e).formula} lacks {p.value!r} in {case}"
        for row in values.by_input(e):
            if facts.uniform(e):
                kinds = {exact(p.value) if p.ok else "failed" for p in row}
                assert len(kinds) <= 1, f"uniform: {SOp(e).formula}, {row} in {case}"
            if facts.injective(e):
                pairs = itertools.combinations([p.value for p in row if p.ok], 2)
                assert not any(a == b for a, b in pairs), f"injective: {SOp(e).formula}, {row} in {case}"


@pytest.mark.parametrize("start", range(0, 900, 50))
def test_rewriting_keeps_values_and_types(start: int) -> None:
    analysed = [check_passes(seed) for seed in range(start, start + 50)]
    assert sum(analysed) >= 40, "too many are refused to say anything"


@pytest.mark.nightly
@pytest.mark.parametrize("start", range(100_000, 140_000, 500))
def test_rewriting_keeps_values_and_types_of_many(start: int) -> None:
    for seed in range(start, start + 500):
        check_passes(seed)
