"""Plans are values: equal for equal programs, independent of what was planned before, and printable."""

from __future__ import annotations

import ast
import random
from collections.abc import Callable
from contextlib import suppress
from dataclasses import FrozenInstanceError
from pathlib import Path

import pytest

import hardwire as hw
from hardwire import SOp, after, before, full, indices, key, query, tokens, where
from hardwire import plan as package
from hardwire.assemble.schedule import schedule
from hardwire.compiler import stages
from hardwire.constructions.form import Form
from hardwire.constructions.rounding import mean_bound
from hardwire.constructions.stream import Stream
from hardwire.errors import CompileError
from hardwire.lang.expr import Expr, Op, node
from hardwire.plan import Choice, Plan, Planning
from hardwire.plan.choice import Cost
from hardwire.plan.columns import Lines
from hardwire.plan.elementwise import by_neurons
from hardwire.plan.free import free
from hardwire.plan.linear import linear
from hardwire.plan.planning import Rules
from hardwire.programs import LIBRARY
from hardwire.random_programs import VOCABULARIES, random_program

SMALL = ["flip", "histogram", "sort", "add_in_three", "frac_prevs", "shuffle_dyck", "double_histogram", "is_first"]


def plan_of(program: SOp, vocab: object, max_len: int) -> Plan:
    return stages(program, vocab, max_len).plan


def planning_of(program: SOp, vocab: object, max_len: int) -> tuple[Planning, Expr]:
    """A planning without choices, and the rewritten program."""
    found = stages(program, vocab, max_len)
    stream = Stream(len(found.program.facts.vocab), max_len)
    planning = Planning(found.program.facts, found.shared, stream, rules=Rules(free, by_neurons))
    return planning, found.program.final


@pytest.mark.parametrize("name", SMALL)
def test_plans_of_one_program_are_equal(name: str) -> None:
    program = LIBRARY[name]
    one, other = (plan_of(program(), program.vocab, 12) for _ in range(2))
    assert one is not other
    assert one == other
    assert str(one) == str(other)
    assert schedule(one.readout.columns) == schedule(other.readout.columns)


def test_plans_of_different_programs_differ() -> None:
    assert plan_of(before.value(indices), "ab", 9) != plan_of(after.value(indices), "ab", 9)
    assert plan_of(before.value(indices), "ab", 9) != plan_of(before.value(indices), "ab", 10)


def test_a_plan_does_not_depend_on_what_was_planned_before() -> None:
    program = LIBRARY["sort"]
    alone = plan_of(program(), program.vocab, 12)
    plan_of(LIBRARY["add_in_three"](), LIBRARY["add_in_three"].vocab, 12)
    assert plan_of(program(), program.vocab, 12) == alone


@pytest.mark.parametrize("seed", range(12))
def test_a_choice_does_not_depend_on_the_choices_before(seed: int) -> None:
    """Whatever is chosen first, the same constructions at the same cost."""
    vocab = next(iter(VOCABULARIES.values()))
    try:
        first, root = planning_of(random_program(seed, 8, vocab), vocab, 6)
        other, _ = planning_of(random_program(seed, 8, vocab), vocab, 6)
    except CompileError:
        pytest.skip("refused")
    parts = [e for e in root.walk() if not e.selector]
    random.Random(seed).shuffle(parts)
    for e in parts:
        with suppress(CompileError):
            first.choose(e)
    with suppress(CompileError):
        assert summary(first.choose(root)) == summary(other.choose(root))


def summary(choice: Choice) -> tuple[object, ...]:
    """A choice without the tables of its embedding, of which the first to be made serves all that differ by scale."""
    cost = choice.cost
    return choice.construction, cost.layers, cost.heads, cost.neurons, choice.alternatives


def test_a_plan_is_frozen() -> None:
    found = plan_of(LIBRARY["sort"](), range(4), 6)
    for value in (found, found.choices[0], found.readout, schedule(found.readout.columns)):
        with pytest.raises((FrozenInstanceError, AttributeError)):
            value.choices = ()  # type: ignore[misc, union-attr]


def test_a_plan_prints_a_row_for_each_choice() -> None:
    found = plan_of(hw.programs.histogram().name("count"), "abc", 9)
    lines = str(found).splitlines()
    assert any(line.startswith("embedding") and line.endswith("tokens") for line in lines)
    (count,) = [line for line in lines if line.startswith("layer 1 heads") and "sum (equality)" in line]
    assert count.endswith("count")
    assert "own direction" in count
    assert "1 layer, 1 head" in count
    assert lines[-1].startswith("read-out")
    assert "lines" in lines[-1]


def test_losers_are_listed_with_the_reason() -> None:
    """The double histogram compares counts, which have errors that squares would carry into the score."""
    program = LIBRARY["double_histogram"]
    found = plan_of(program(), program.vocab, program.max_len)
    (chosen,) = [c for c in found.choices if c.construction == "sum (table)"]
    assert ["equality by squares" in str(r) and "error" in r.reason for r in chosen.alternatives] == [True]
    assert "not equality by squares: an error of" in str(found)


def test_the_read_out_is_the_cheapest_and_lists_the_others() -> None:
    found = plan_of(LIBRARY["add_in_three"](), LIBRARY["add_in_three"].vocab, 12).readout
    assert found.construction.startswith("lines")
    assert all(r.construction != found.construction for r in found.alternatives)


def test_gates_and_functions_are_weighed_against_each_other() -> None:
    count = (key(tokens) == query(tokens)).width()
    found = plan_of(before.value(where(tokens == "a", count, 3 * count + 1)), "abc", 9)
    (gate,) = [c for c in found.choices if c.construction == "gate"]
    assert {r.construction for r in gate.alternatives} == {"function of several", "embedded rows"}
    assert all("neurons" in r.reason for r in gate.alternatives)
    assert any(r.reason.endswith(" parameters") for r in gate.alternatives)


def test_a_choice_says_how_its_value_is_stored() -> None:
    """As a combination of directions, shortened; by name where it has one of its own."""
    found = plan_of((key(tokens) == query(tokens)).width().name("count") * 2 - indices, "abc", 9)
    encodings = {c.title: c.encoding for c in found.choices}
    assert encodings["indices"] == "indices + 4 real"
    assert encodings["count"] == "own direction"
    assert encodings["count * 2 - indices"] == "2 count - indices - 4 real"


# Tolerances.

FILES = sorted(Path(package.__file__).parent.glob("*.py"))


def floats(node: ast.AST) -> set[float]:
    return {n.value for n in ast.walk(node) if isinstance(n, ast.Constant) and isinstance(n.value, float)}


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.name)
def test_every_tolerance_is_computed_or_named(path: Path) -> None:
    """Errors come from the constructions' own functions. Margins are powers of two, each with a name and its reason:
    inside of functions are numbers of formulas alone, and no small power of two."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert all(x == 0 or abs(x).hex().startswith("0x1.0000000000000p") for x in floats(tree))
    for function in (n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)):
        assert floats(function) <= {0.0, 0.5, 1.0, 2.0}, function.name
        powers = [n for n in ast.walk(function) if isinstance(n, ast.BinOp) and isinstance(n.op, ast.Pow)]
        assert not any(isinstance(n.right, ast.UnaryOp) for n in powers), function.name


@pytest.mark.parametrize(("made", "recipe"), [(full.max(tokens), "max"), (before.min(tokens), "min")])
def test_a_head_that_attends_to_the_best_says_to_which(made: SOp, recipe: str) -> None:
    notes = hw.compile(made, "ab", 6, certify=False).circuit.heads
    assert f"hard attention ({recipe})" in {note.recipe for note in notes}


def test_what_forms_cost() -> None:
    """Nothing for none; what several of them need counts once."""
    assert Cost.of() == Cost(0, 0, 0, 0)
    assert str(Cost.of()) == "nothing"
    planning, _ = planning_of(before.value(indices), "ab", 9)
    form = planning.form(before.value(indices).expr)
    assert Cost.of(form).layers == 1
    assert Cost.of(form) == Cost.of(form, form)
    assert str(Cost(1, 2, 0, 3)) == "1 layer, 2 heads, 3 directions"


def test_a_constant_is_a_multiple_of_the_bias() -> None:
    planning, _ = planning_of(before.value(indices), "ab", 9)
    made = free(planning, node(Op.CONST, arg=3))
    assert made is not None
    assert made.construction == "constant"
    assert made.form == planning.stream.constant(3.0)


VALUES = tokens.map({"a": 0, "b": 8})


def test_a_mean_that_may_be_of_nothing_has_a_larger_error() -> None:
    """All keys leak into BOS then."""
    for never_empty, program in (
        (True, (key(indices) <= query(indices)).mean(VALUES)),
        (False, before.mean(VALUES, 0)),
    ):
        planning, e = planning_of(program, "ab", 6)
        mean = next(x for x in e.walk() if x.op is Op.MEAN)
        span = planning.span(mean.source("x"))
        assert planning.form(mean).error == pytest.approx(mean_bound(6, span, never_empty=never_empty))


@pytest.mark.parametrize(("few", "many"), [(200, 4000)])
def test_read_outs_are_as_large_as_rounding_allows(few: int, many: int) -> None:
    """Logits of lines grow as squares of the distance from the middle of all values."""
    planning, e = planning_of(before.width(), "ab", 9)
    form = planning.form(e)

    def lost(n: int, start: int = 0) -> bool:
        points = [(float(start + i), 1e6 + i) for i in range(n)]
        return Lines("lines", planning, form + planning.bias * start, points).rounding > 1

    sizes = [n for n in range(few, many, 10) if not lost(n)]
    assert sizes == list(range(few, sizes[-1] + 10, 10))
    assert [lost(n, start=-3000) for n in range(few, many, 50)] == [lost(n) for n in range(few, many, 50)]
    assert 1000 < sizes[-1] < 3000


def test_labels_of_characters_and_of_words() -> None:
    labels = stages(tokens, ["a", "b", "long", "word"], 3).labels
    assert [labels[v] for v in ("a", "b", "long", "word")] == [0, 1, 2, 3]


def test_labels_stay_as_they_are_when_read() -> None:
    """Whatever is asked, also for a value that no part of the program has."""
    labels, same = (stages(tokens, "ab", 3).labels for _ in range(2))
    assert [labels["y"], labels["x"], labels["a"]] == [2, 2, 0]
    assert not labels.known("y")
    assert labels <= same


def test_a_selector_reads_a_number_of_too_many_inputs() -> None:
    """Seven functions of positions and tokens would be tables of 360,000 combinations each."""
    a, b, c, d = ((key(tokens) == query(t)).first(indices, -1) for t in "abcd")
    number = where(tokens == "a", indices, a + b * c - d) % 9
    chosen = hw.select(indices, number, lambda k, q: (k * q) % 7 == 3).width()
    model = hw.compile(chosen, "abcd", 9, remedies=False)
    assert model.certificate is not None
    assert hw.verify(model, exhaustive=300, samples=100)


def test_a_number_that_is_doubled_often_is_planned_in_few_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Expr] = []

    def counted(p: Planning, e: Expr, form_of: Callable[[Expr], Form | None]) -> Form | None:
        asked.append(e)
        return linear(p, e, form_of)

    monkeypatch.setattr("hardwire.plan.linear.linear", counted)
    k = (key(tokens) == query(tokens)).width() % 2
    for _ in range(10):
        k = k + k
    assert hw.compile((key(k) < query(k)).width(), range(5), 8, remedies=False).certificate
    assert 0 < len(asked) < 1_000
