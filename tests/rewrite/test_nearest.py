"""The nearest marked position is looked up by its position, with every value and type kept, and in fewer layers."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

import hardwire as hw
from hardwire import Selector, SOp, after, before, full, indices, key, length, query, tokens, where
from hardwire.analysis import Facts
from hardwire.lang.expr import Expr, Op
from hardwire.rewrite.closed_form import closed_form
from hardwire.rewrite.neighbours import NEAREST, neighbours
from hardwire.rewrite.simplify import simplify
from observed import Values

VOCAB = ("a", "b", "<")
INPUTS = [list(x) for n in range(6) for x in itertools.product(VOCAB, repeat=n)]
ORDERS: dict[Op, Selector] = {
    Op.LE: before | (key(indices) == query(indices)),
    Op.LT: before,
    Op.GE: key(indices) >= query(indices),
    Op.GT: after,
}
MARK = tokens != "<"
MARKED = key(MARK) == query(True)


def changed(program: SOp, vocab: Any = VOCAB, *, causal: bool = False) -> SOp:
    root = simplify(program.expr)[program.expr]
    return SOp(neighbours(root, Facts(tuple(vocab), 5, causal=causal))[root])


def kept(was: Expr, now: Expr, inputs: list[list[Any]] = INPUTS, *, causal: bool = False) -> bool:
    values = Values(inputs, causal=causal)
    return all(a.is_kept_by(b, True) for a, b in zip(values.of(was), values.of(now), strict=True))


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize(("order", "more"), [(o, m) for o in ORDERS for m in (-2, -1, 0, 1, 2)], ids=str)
def test_the_match_with_the_next_count(order: Op, more: int, causal: bool) -> None:
    found = 0
    for count in (ORDERS[order].value(MARK), (ORDERS[order] & MARKED).width()):
        selected = (key(count) == query(count + more)) & MARKED
        for program in (
            selected.value(tokens, "-"),
            selected.one(indices, -1),
            selected.mean(indices),
            selected.value(MARK),
        ):
            now = changed(program, causal=causal)
            found += now.layers < program.layers
            assert kept(program.expr, now.expr, causal=causal), (program.formula, now.formula)
    if (order, more) in NEAREST and (not causal or order in (Op.LT, Op.LE)):
        assert found == 6, "all but the sum of bools"
    else:
        assert found == 0


def test_other_selectors_keep_their_count() -> None:
    count = ORDERS[Op.LE].value(MARK)
    for selected in (
        key(count) == query(count + 1),
        (key(count) == query(count + 1)) & (key(tokens) == query("a")),
        (key(count) == query(count + 1)) & MARKED & before,
        (key(count) == query(indices + 1)) & MARKED,
        (key(count) <= query(count + 1)) & MARKED,
    ):
        program = selected.max(indices, -1, of=tokens) if selected.layers else selected.width()
        assert changed(program).layers == program.layers


@pytest.mark.parametrize("steps", [-2, -1, 1, 2])
@pytest.mark.parametrize("end", ["a", "<"])
@pytest.mark.parametrize("own", [False, True])
@pytest.mark.parametrize("forward", [False, True])
def test_shifts(steps: int, end: str, own: bool, forward: bool) -> None:
    shifted = tokens.shift(steps, end)
    marked = key(shifted != "<") == query(True)
    near = (after & marked).first(shifted, "none") if forward else (before & marked).last(shifted, "none")
    program = where(shifted != "<", shifted, near)
    if own:
        side = ORDERS[Op.GE] if forward else ORDERS[Op.LE]
        program = (side & marked).first(shifted, "none") if forward else (side & marked).last(shifted, "none")
    now = changed(program)
    assert kept(program.expr, now.expr), (program.formula, now.formula)
    freed = end == "a" and (steps < 0) is forward
    assert now.layers == (1 if freed else 2)


@pytest.mark.parametrize("mark", [lambda x: x != "<", lambda x: x.map(str) != "1"])
def test_a_sum_over_one_position_is_no_shift_of_bools(mark: Any) -> None:
    """It makes numbers of them, which functions, and so marks too, distinguish."""
    y = tokens.map({"a": True, "b": "b", "<": "<"})
    for shifted in ((key(indices) == query(indices + 1)).value(y, "end"), y.shift(-1, "end")):
        near = (ORDERS[Op.GE] & (key(mark(shifted)) == query(True))).first(shifted)
        program = near.map(str)
        assert kept(program.expr, changed(program).expr)
        assert hw.compile(program, VOCAB, 4)("bab<") == program("bab<")


def test_a_mark_that_fails_keeps_the_choice() -> None:
    """A failed mark to the right matters to a look-up, not to a choice that takes the value here."""
    number = tokens.map({"a": 1, "b": 0})  # "<" has none
    marked = key(number == 1) == query(True)
    program = where(number == 1, number, (after & marked).first(number, -1))
    now = changed(program)
    assert kept(program.expr, now.expr)
    assert program("a<", errors="keep")[0] == 1
    assert now("a<", errors="keep")[0] == 1


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize(("order", "more"), NEAREST, ids=str)
def test_a_mark_that_fails_behind_the_match(order: Op, more: int, causal: bool) -> None:
    """A count of one side is known where the mark fails, and another one there: the match has a value all the same."""
    mark = tokens.map({"a": True, "b": False})  # "<" has none
    marked = key(mark) == query(True)
    for count in (ORDERS[order].value(mark), (ORDERS[order] & marked).width()):
        program = ((key(count) == query(count + more)) & marked).one(tokens, "-")
        assert kept(program.expr, changed(program, causal=causal).expr, causal=causal)


@pytest.mark.parametrize(
    "u",
    [
        (key(tokens) == query("a")).first(indices),
        (key(tokens) == query("a")).last(indices),
        (key(indices) == query(0)).one(indices),
        full.max(indices),
    ],
    ids=lambda u: u.formula,
)
def test_counts_of_one_side_of_a_position(u: SOp) -> None:
    for condition in (
        where(indices < u, tokens, "_") == "_",
        indices > u,
        ~(indices <= u),
        indices != u,
        (indices < u) & (tokens != "x"),
        (indices < u) & (tokens == "a"),
        indices * 2 < u,
    ):
        program = (key(condition) == query(True)).width()
        root = simplify(program.expr)[program.expr]
        now = closed_form(root, Facts(VOCAB, 5, causal=False))[root]
        assert kept(root, now), (program.formula, SOp(now).formula)


def test_a_count_that_has_a_closed_form_takes_no_layer_of_its_own() -> None:
    u = (key(tokens) == query("a")).first(indices)
    program = (key(where(indices < u, tokens, "_")) == query("_")).width()
    root = simplify(program.expr)[program.expr]
    assert root.layers == 2
    assert closed_form(root, Facts(VOCAB, 5, causal=False))[root].layers == 1
    assert closed_form(root, Facts((*VOCAB, "_"), 5, causal=False))[root] is root, "a token may be the mark"


@pytest.mark.parametrize(("name", "layers", "parameters"), [("add", 3, 5000), ("slide", 1, 2300), ("split", 2, 840)])
def test_programs_of_the_library_get_shallower(name: str, layers: int, parameters: int) -> None:
    program = hw.programs.get(name)
    model = hw.compile(program)
    assert model.depth == layers < program().layers
    assert model.parameters <= parameters
    assert hw.verify(model, sample=program.sample, samples=300)


def test_a_branch_that_is_not_taken_may_hold_any_number() -> None:
    """The value at the next position may be "<", which is no number: a gate must shut it out all the same."""
    last = tokens.shift(-1, "0")
    near = (after & (key(tokens != "<") == query(True))).first(tokens, "0")
    program = where(last != "<", last, near).map(int) + indices
    assert hw.verify(hw.compile(program, "01<", 10), max_len=5)


def test_the_length_is_needed() -> None:
    assert changed(length).layers == 1
