"""The facts about generated programs, over values of every kind, are true: the interpreter runs every input up to
length 5, or a sample of them, under both masks."""

from __future__ import annotations

import itertools
from fractions import Fraction

import pytest

import wild
from attack import Case
from hardwire import Selector, SOp, before, full, indices, key, length, query, same_token, tokens
from hardwire.analysis import Facts
from hardwire.analysis.assumptions import Assumptions
from hardwire.analysis.domain import Domain
from hardwire.analysis.guard import guarded
from hardwire.analysis.together import possible, possible_look_ups, possible_reach
from hardwire.errors import CompileError
from hardwire.lang.expr import INDICES, ONE, TOKENS, ZERO, Expr, Op, node
from hardwire.lang.selectors import LENGTH, comparisons
from hardwire.lang.values import exact
from hardwire.rewrite import analysed
from observed import Values


def check_facts(case: Case, root: Expr, facts: Facts, values: Values) -> None:
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


def check_together(case: Case, root: Expr, facts: Facts, values: Values) -> None:
    """Counts and means by every selector are possible together with position and length."""
    counts = [node(Op.WIDTH, e) for e in root.walk() if e.selector]
    means = [node(Op.MEAN, e, x, ZERO) for e in root.walk() if e.selector for x in (INDICES, ONE)]
    columns = {e: values.run.column(e) for e in (INDICES, LENGTH, *counts, *means)}
    for some in (columns, *({e: c for e, c in columns.items() if e is not left} for left in (INDICES, LENGTH))):
        keep = possible(some, facts)
        assert keep is None or keep.all(), f"together: {case}"
    for e in (e for e in root.walk() if e.selector):
        found = [node(Op.ONE, e, x, default) for x in (INDICES, ONE, TOKENS) for default in (ZERO, TOKENS)]
        parts = dict.fromkeys([*found, *(s for c in comparisons(e) for s in c.src), INDICES, LENGTH])
        columns = {x: values.run.column(x) for x in parts}
        assert possible_look_ups(columns, facts).all(), f"look-ups together: {case}"
        assert all(possible_reach(x, columns, facts).all() for x in found), f"reach: {case}"


def check(seed: int) -> bool:
    """Whether the program could be analysed; asserts that the facts hold of it as written and as rewritten."""
    case, inputs = wild.case(seed, few=64, some=40)
    root, values = case.program.expr, Values(inputs, case.causal)
    facts = Facts(tuple(case.vocab), case.max_len, causal=case.causal)
    check_facts(case, root, facts, values)
    check_together(case, root, facts, values)
    try:
        known = analysed(root, case.vocab, case.max_len, causal=case.causal)
    except CompileError:
        return False
    check_facts(case, known.final, known.facts, values)
    return True


@pytest.mark.parametrize("start", range(0, 300, 50))
def test_facts_hold(start: int) -> None:
    assert sum(check(seed) for seed in range(start, start + 50)) >= 40, "too many are refused to say anything"


@pytest.mark.nightly
@pytest.mark.parametrize("start", range(200_000, 220_000, 500))
def test_facts_hold_of_many(start: int) -> None:
    for seed in range(start, start + 500):
        check(seed)


ONCE = key(tokens) == query("a")


def test_what_cannot_occur_together_is_no_row() -> None:
    count, share = same_token.width(), (key(indices) <= query(indices)).mean(indices)
    facts = Facts(("a", "b"), 6)
    rows = facts.mesh([count.expr, LENGTH])
    assert all(c <= n for c, n in zip(rows[count.expr].values(), rows[LENGTH].values(), strict=True))
    rows = facts.mesh([share.expr, INDICES])
    pairs = zip(rows[share.expr].values(), rows[INDICES].values(), strict=True)
    assert all((i + 1) % Fraction(m).denominator == 0 for m, i in pairs)
    assert set(facts.domain(node(Op.DIV, count.expr, LENGTH)).values) == {
        Fraction(a, b) for b in range(1, 7) for a in range(1, b + 1)
    }


def test_assumptions_narrow_counts_and_what_is_made_of_them() -> None:
    condition = ((ONCE.width() == 1) & (length > 2)).expr
    facts = Facts(("a", "b"), 9, assumptions=Assumptions.of(condition, causal=False))
    assert facts.width(ONCE.expr) == (1, 1)
    assert facts.domain(ONCE.width().expr).values == (1,)
    assert facts.domain(ONCE.value(indices, default=-1).expr).values == tuple(range(9))
    assert Facts(("a", "b"), 9).width(ONCE.expr) == (0, 9)
    with pytest.raises(CompileError, match="no input is valid"):
        Facts(("a",), 3, assumptions=Assumptions.of((ONCE.width() == 30).expr, causal=False)).width(ONCE.expr)


def test_what_may_hold_without_a_value_says_nothing_of_it() -> None:
    """`True | x` is true where x has no value."""
    count = (ONCE & (key(6 // indices) == query(3))).width()
    assert not Assumptions.of(((count == 1) | SOp(node(Op.CONST, arg=True))).expr, causal=False).by_aggregate
    assert Assumptions.of((count == 1).expr, causal=False).by_aggregate


def test_assumptions_follow_a_rewriting() -> None:
    before = Facts(("a", "b"), 5, assumptions=Assumptions.of((ONCE.width() == 1).expr, causal=False))
    other = ((key(tokens) == query("a")) & full).expr
    after = before.after({**{e: e for e in ONCE.width().expr.walk()}, ONCE.expr: other})
    assert after is not before
    assert after.width(other) == (1, 1)
    assert before.width(other) == (0, 1)  # no more than one of its parts, which the assumption is about
    assert after.width(ONCE.expr) == (1, 1)
    assert before.after({}) is before
    assert after.tables is before.tables


def test_a_domain_says_what_is_in_it() -> None:
    assert repr(Domain.of(range(3, 10))) == "7 ints 3 .. 9"
    assert repr(Domain.of(range(6))) == "6 values: 0, 1, 2, 3, 4, 5"
    assert repr(Domain.of("abcdefg")) == "7 values: 'a', 'b', 'c', 'd', 'e', 'f', …"
    assert repr(Domain.of((0.5, 2))) == "2 values: 0.5, 2"


def test_what_goes_wrong_in_a_guarded_block() -> None:
    """The library's own errors pass as they are, others become errors that name the program."""
    own = CompileError("too large")
    with pytest.raises(CompileError) as found, guarded(tokens):
        raise own
    assert found.value is own
    with (
        pytest.raises(CompileError, match=r"tokens has a number beyond the largest float \(too large\)"),
        guarded(tokens),
    ):
        raise OverflowError("too large")
    with (
        pytest.raises(CompileError, match="a method of a value of tokens raised ZeroDivisionError: none"),
        guarded(tokens),
    ):
        raise ZeroDivisionError("none")
    with pytest.raises(RecursionError), guarded(tokens):  # not the library's own
        raise RecursionError
    with pytest.raises(NameError), guarded(tokens):
        raise NameError


def test_facts_of_values_that_are_too_many_to_try() -> None:
    """Sums by the bounds of their parts, logic by what its sides can be."""
    facts, some, more = Facts(("a", "b"), 900), before.width(), (key(tokens) == query("a")).width()
    for program, low, high in ((some + more, 0, 1799), (some - more, -900, 899)):
        assert facts.domain(program.expr).values == tuple(range(low, high + 1))
        assert facts.sure(program.expr) is True
    assert facts.sure(((some > 3) & (more > 5)).expr) is True
    assert facts.sure((some == more).expr) is True
    assert facts.sure((6 // some + more).expr) is False
    assert facts.sure(((6 // some > 3) & (more > 5)).expr) is False


def test_means_of_too_many_values() -> None:
    facts = Facts(("a", "b"), 100)
    assert len(facts.domain(full.mean(tokens.map({"a": 0, "b": 1})).expr)) > 1000
    with pytest.raises(CompileError):
        Facts(("a", "b"), 1500).domain(full.mean(tokens.map({"a": 0, "b": 1})).expr)
    with pytest.raises(CompileError, match="can have too many different values"):
        Facts(("a", "b", "c"), 100).domain(full.mean(tokens.map({"a": 0, "b": 1, "c": 999})).expr)
