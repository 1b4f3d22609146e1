"""The table of operations says what the interpreter does."""

from __future__ import annotations

import ast
import itertools
import operator
from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

import hardwire
from hardwire import Selector, SOp, after, before, full, indices, key, query, select, tokens
from hardwire.errors import EvaluationError
from hardwire.lang.expr import ZERO, node
from hardwire.lang.ops import COMPARISONS, Op, ResultKind, Sure, comparison_for
from hardwire.lang.values import NotAValue, freeze, is_number, leave
from hardwire.run.scalar import NoValue, scalar

PYTHON: dict[Op, Callable[[Any, Any], bool]] = {
    Op.EQ: operator.eq, Op.NE: operator.ne, Op.LT: operator.lt,
    Op.LE: operator.le, Op.GT: operator.gt, Op.GE: operator.ge,
}  # fmt: skip
VALUES: dict[Sure | None, list[Any]] = {
    Sure.OWN: [0, True, -2.5, Fraction(1, 3), "a", None, ("a", 1)],
    Sure.TRUTH: [False, True, 0, 1],
    Sure.WHOLE: [-3, 0, 1, True, 7],
    None: [-3, 1, True, 2.0, Fraction(5, 2)],
}
SURE = [op for op in Op if op.sure is not None]


def meaning(op: Op) -> Callable[..., Any]:
    return scalar(node(op, *[ZERO] * (op.arity or 1), arg=(0, "a") if op is Op.HAS else None))


@pytest.mark.parametrize("op", COMPARISONS)
def test_comparisons_by_the_sign_of_a_difference(op: Op) -> None:
    for a, b in itertools.product(range(3), repeat=2):
        holds = PYTHON[op](a, b)
        assert holds == ((a > b) - (a < b) in op.signs) == meaning(op)(a, b)
        assert holds == PYTHON[op.mirrored](b, a)
        assert holds != PYTHON[op.negated](a, b)
        if op.order:
            assert PYTHON[op.strict](a, b) == (holds and a != b)
            assert PYTHON[op.weak](a, b) == (holds or a == b)
    assert comparison_for(op.signs) is op
    assert op.order != op.equality


@pytest.mark.parametrize("op", [op for op in Op if op.deciding is not None])
def test_one_operand_that_decides(op: Op) -> None:
    for other in (False, True):
        assert meaning(op)(op.deciding, other) is meaning(op)(other, op.deciding) is op.deciding
    assert meaning(op)(not op.deciding, not op.deciding) is not op.deciding


FACTS = {
    name: frozenset(op for op in Op if getattr(op, name) not in (None, False, 0))
    for name in (
        "adds", "additive", "aggregate", "barrier", "comparison", "counts", "defaulted", "elementwise", "equality",
        "integral", "leaf", "linear", "order", "picks", "scored", "single", "transparent", "variable",
    )
} | {"deciding": frozenset(op for op in Op if op.deciding is not None)}  # fmt: skip


def listed(tree: ast.AST) -> Iterator[tuple[int, list[str]]]:
    """The names in every collection that something is looked up in: a set, what stands after `in`, a constant, or a
    table of Booleans."""
    for x in ast.walk(tree):
        if isinstance(x, ast.Set):
            found: list[ast.expr] = [x]
        elif isinstance(x, ast.Compare):
            found = [c for op, c in zip(x.ops, x.comparators, strict=True) if isinstance(op, ast.In | ast.NotIn)]
        elif isinstance(x, ast.Assign):
            found = [x.value] if isinstance(x.targets[0], ast.Name) else []
        elif isinstance(x, ast.Dict) and all(isinstance(v, ast.Constant) and type(v.value) is bool for v in x.values):
            found = [ast.Set([k for k in x.keys if k is not None])]
        else:
            found = []
        for collection in found:
            if isinstance(collection, ast.Tuple | ast.List | ast.Set):
                yield x.lineno, [ast.unparse(i) for i in collection.elts]


def test_no_other_module_lists_the_operations_of_a_fact() -> None:
    """A list of exactly those operations of which the table states something should ask the table."""
    root, found = Path(hardwire.__file__).parent, []
    for path in {*root.rglob("*.py")} - {root / "lang" / "ops.py"}:
        for line, names in listed(ast.parse(path.read_text("utf-8"))):
            known = [Op[n[3:]] for n in names if n.startswith("Op.") and n[3:] in Op.__members__]
            if len(names) == len(known) > 1:
                which = [fact for fact, ops in FACTS.items() if ops == frozenset(known)]
                found += [f"{path.relative_to(root)}:{line}: {fact}" for fact in which]
    assert not found, "\n" + "\n".join(found)


@pytest.mark.parametrize("op", SURE)
def test_an_operation_that_is_sure_has_a_value(op: Op) -> None:
    for args in itertools.product(VALUES[op.sure], repeat=op.arity or 1):
        result = meaning(op)(*args)
        if op.sure is Sure.WHOLE and not op.comparison:
            assert type(result) is int or (type(result) is bool and len(args) == 1)


@pytest.mark.parametrize("op", [op for op in Op if op.elementwise and op.result is not None])
def test_results_are_of_the_sort_that_is_said(op: Op) -> None:
    for args in itertools.product(VALUES[op.sure], repeat=op.arity or 1):
        try:
            result = meaning(op)(*args)
        except (NoValue, ZeroDivisionError):
            continue
        assert type(result) is bool if op.result is ResultKind.BOOL else is_number(result)


@pytest.mark.parametrize("op", [op for op in Op if op.linear])
def test_linear_operations(op: Op) -> None:
    f, k = meaning(op), Fraction(3)
    if op.arity == 1 or op in (Op.ADD, Op.SUB):
        for args in itertools.product(VALUES[Sure.WHOLE], repeat=op.arity or 1):
            assert f(*(k * a for a in args)) == k * f(*args)
    else:
        for a in VALUES[Sure.WHOLE]:
            assert f(k * a, 4) == k * f(a, 4)


@pytest.mark.parametrize("op", [op for op in Op if op.aggregate])
def test_aggregates(op: Op) -> None:
    assert op.sources is not None
    assert op.sources[0] == "selector"
    made = SOp(node(op, full.expr, *[indices.expr] * (len(op.sources) - 1)))
    assert made.layers == 1
    assert made.formula == f"full.{op.symbol}({', '.join(['indices'] * (len(op.sources) - 1 - op.scored))})"
    assert callable(getattr(Selector, op.symbol))
    if op.picks:
        assert made([5]) == [0]
    kept = (indices < 2).expr  # bools
    if op.single:
        with pytest.raises(EvaluationError, match="2 positions are selected"):
            made("ab")
    if op.adds:
        assert SOp(node(op, full.expr, kept, ZERO))("a") == [1]
        assert type(SOp(node(op, full.expr, kept, ZERO))("a")[0]) is int


@pytest.mark.parametrize("op", [op for op in Op if op.additive])
def test_additive_aggregates_are_sums_over_disjoint_selectors(op: Op) -> None:
    here = key(indices) == query(indices)
    rest = [tokens.expr, ZERO] if op.defaulted else []
    whole, *parts = (SOp(node(op, s.expr, *rest)) for s in (before | here | after, before, here, after))
    assert whole([3, 1, 4]) == (parts[0] + parts[1] + parts[2])([3, 1, 4])


@pytest.mark.parametrize(("name", "function"), [("<", operator.lt), ("==", operator.eq), (">=", operator.ge)])
def test_a_comparison_by_name_and_as_a_function_are_one_selector(name: str, function: Any) -> None:
    assert select(tokens, indices, function).expr is select(tokens, indices, name).expr
    assert select(tokens, indices, lambda k, q: function(k, q)).expr is not select(tokens, indices, name).expr


def test_functions_that_differ_are_different_sops() -> None:
    class Add:
        def __init__(self, n: int) -> None:
            self.n = n

        def __call__(self, x: int) -> int:
            return x + self.n

    assert tokens.map(str).expr is tokens.map(str).expr
    for one, other in ((str, repr), (Add(1), Add(2)), (int, float)):
        assert indices.map(one).expr is not indices.map(other).expr
    assert indices.map(Add(1))("ab") == [1, 2]
    assert indices.map(Add(2))("ab") == [2, 3]


def test_variables_of_a_function_that_are_not_assigned_yet() -> None:
    def build() -> SOp:
        made = indices.map(lambda i: i + later)
        later = 10
        assert later
        return made

    assert build()("ab") == [10, 11]


def test_functions_with_some_arguments_given() -> None:
    def build(n: int) -> SOp:
        def add(x: int, y: int, z: int = 0) -> int:
            return x + y + z + n

        return indices.map(partial(add, 100, z=1000))

    assert build(1)("ab") == [1101, 1102]
    assert build(2)("ab") == [1102, 1103]
    assert indices.map(partial(max, 1))("abc") == [1, 1, 2]


def test_functions_that_differ_in_the_kind_of_a_number_of_numpy() -> None:
    def times(n: Any) -> SOp:
        return indices.map(lambda x: type(n * x).__name__)

    def times_with(n: Any) -> SOp:
        return indices.map(lambda x, n=n: type(n * x).__name__)

    for build in (times, times_with):
        assert build(np.float32(2))("a") == ["float32"]
        assert build(2.0)("a") == ["float"]
        assert build((np.int8(2),)).expr is not build((2,)).expr
        assert build(np.int8(2)).expr is build(np.int8(2)).expr


def test_functions_that_differ_in_their_attributes() -> None:
    def build(n: int) -> SOp:
        def add(x: int) -> int:
            return x + add.n  # type: ignore[attr-defined, no-any-return]

        add.n = n  # type: ignore[attr-defined]
        return indices.map(add)

    assert [build(n)("a") for n in (1, 2)] == [[1], [2]]
    assert build(1).expr is build(1).expr


def test_the_order_of_arguments_given_by_name() -> None:
    def first(x: int, **named: int) -> str:
        return next(iter(named))

    one, other = indices.map(partial(first, p=1, q=2)), indices.map(partial(first, q=2, p=1))
    assert one("a") + other("a") == ["p", "q"]


def test_tuples_leave_as_what_they_are() -> None:
    class Point(NamedTuple):
        x: Any
        y: Any

    found = leave(Point(Fraction(1, 2), (Fraction(3), 1)))
    assert type(found) is Point
    assert found == Point(0.5, (3.0, 1))
    assert leave((Fraction(1, 2), True)) == (0.5, True)


@pytest.mark.parametrize(("value", "said"), [(abs, "the function abs"), (int, "the class int")])
def test_functions_are_no_values(value: Any, said: str) -> None:
    with pytest.raises(NotAValue, match=f"{said} is not a value"):
        freeze(value)
