"""Expressions: how they are built, named, annotated and run, and the traps of Tracr's language."""

from __future__ import annotations

import importlib
import logging
import pickle
from typing import Any

import pytest

import hardwire as hw
from hardwire.errors import BuildError, EvaluationError, OperandError
from hardwire.tracr import compiling, lib
from hardwire.tracr.rasp import causal_eval, rasp

R: Any = rasp
EQ, LEQ, TRUE = R.Comparison.EQ, R.Comparison.LEQ, R.Comparison.TRUE
BEFORE = lib.shift_by(1, R.tokens)
one = 1


def test_import_lines_change_in_one_word() -> None:
    for line in (
        "from hardwire.tracr.rasp import rasp, causal_eval",
        "from hardwire.tracr.compiler import compiling, lib, assemble, validating, rasp_to_graph, nodes",
        "from hardwire.tracr.compiler import compile_rasp_to_model",
        "from hardwire.tracr.compiler.compiling import COMPILER_BOS, COMPILER_PAD, compile_rasp_to_model",
        "from hardwire.tracr.compiler.lib import make_length, make_sort, make_frac_prevs",
        "from hardwire.tracr.compiler.validating import validate",
        "from hardwire.tracr.compiler.assemble import AssembledTransformerModel",
        "from hardwire.tracr.transformer.encoder import CategoricalEncoder, Encoder, NumericalEncoder",
        "from hardwire.tracr.craft.bases import BasisDirection, VectorSpaceWithBasis",
        "from hardwire.tracr.rasp.rasp import Map, SequenceMap, Select, Aggregate, tokens, indices, numerical",
        "from hardwire.tracr import rasp, compiling, lib, validating, assemble",
        "import hardwire.tracr.rasp.rasp as rasp",
    ):
        exec(line)
    package = importlib.import_module("hardwire.tracr.rasp")
    assert all(getattr(package, name) is getattr(rasp, name) for name in rasp.__all__)
    assert set(dir(importlib.import_module("hardwire.tracr"))) >= {"rasp", "compiling", "lib", "to_hardwire"}


def test_a_name_that_there_is_not() -> None:
    import hardwire.tracr

    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = hardwire.tracr.nothing


CONSTRUCTORS = [
    (R.Map(abs, R.tokens), "map", ["f", "inner"], 1),
    (R.SequenceMap(max, R.tokens, R.indices), "sequence_map", ["f", "fst", "snd"], 2),
    (R.LinearSequenceMap(R.tokens, R.indices, 1, 2), "linear_sequence_map", ["f", "fst_fac", "snd_fac"], 2),
    (R.Full(3), "full", ["fill"], 0),
    (R.ConstantSOp([1]), "constant_sop", ["value", "check_length"], 0),
    (R.SelectorWidth(R.Select(R.tokens, R.tokens, EQ)), "selector_width", ["selector"], 1),
    (R.Aggregate(R.Select(R.tokens, R.tokens, EQ), R.tokens), "aggregate", ["selector", "sop", "default"], 2),
    (R.Select(R.tokens, R.indices, EQ), "select", ["keys", "queries", "predicate"], 2),
    (R.SelectorAnd(*[R.Select(R.tokens, R.indices, EQ)] * 2), "selector_and", ["fst", "snd"], 2),
    (R.SelectorOr(*[R.Select(R.tokens, R.indices, EQ)] * 2), "selector_or", ["fst", "snd"], 2),
    (R.SelectorNot(R.Select(R.tokens, R.indices, EQ)), "selector_not", ["inner"], 1),
    (R.ConstantSelector([[True]]), "constant_selector", ["value", "check_length"], 0),
    (R.TokensType(), "tokens", [], 0),
    (R.IndicesType(), "indices", [], 0),
    (R.LengthType(), "length", [], 0),
]


@pytest.mark.parametrize(("expr", "name", "attributes", "children"), CONSTRUCTORS, ids=[x[1] for x in CONSTRUCTORS])
def test_every_kind_has_its_name_attributes_and_children(
    expr: Any, name: str, attributes: list[str], children: int
) -> None:
    assert expr.name == name == R.default_name(expr)
    assert all(hasattr(expr, x) for x in attributes)
    assert len(expr.children) == children
    assert isinstance(expr, R.SOp) is not isinstance(expr, R.Selector)
    assert isinstance(expr, R.RASPExpr)


def test_public_classes_have_their_public_names() -> None:
    for name in ("SOp", "Selector", "Aggregate", "Comparison", "Map", "Select"):
        assert getattr(R, name).__name__ == name
    assert repr(EQ) == "<Comparison.EQ: '=='>"
    for kind in (R.SOp, R.Selector, R.RASPExpr):
        with pytest.raises(TypeError):
            kind()


# Names, ids and annotations


def test_labels_are_names_and_ids() -> None:
    a, b = R.tokens + 1, R.tokens + 1
    assert a.label == f"map_{a.unique_id}"
    assert a.unique_id != b.unique_id
    assert [x.label for x in (R.tokens, R.indices, R.length)] == ["tokens", "indices", "length"]
    assert R.tokens.named("other").label == "tokens"
    assert R.tokens.named("other").name == "other"


def test_a_copy_has_an_id_of_its_own() -> None:
    x = R.tokens + 1
    assert len({x.label, x.copy().label, R.numerical(x).label, x.named("map").label}) == 4


def test_annotating_copies() -> None:
    x = R.tokens + 1
    y = R.annotate(x, encoding=R.Encoding.NUMERICAL, colour="red")
    assert (R.is_numerical(x), R.is_numerical(y)) == (False, True)
    assert y.annotations["colour"] == "red"
    assert y is not x
    assert x.named("a") is not x
    z = y.annotated(size=1).named("z")
    assert (z.name, z.annotations["colour"], z.annotations["size"]) == ("z", "red", 1)
    assert R.is_categorical(R.categorical(y))


def test_annotations_are_computed_when_they_are_read() -> None:
    x = R.tokens + 1
    assert list(x.annotations) == []
    assert "encoding" in x.annotations
    assert "nothing" not in x.annotations
    assert x.annotations["encoding"] is R.Encoding.CATEGORICAL
    assert set(x.annotations) == {"encoding"}
    with pytest.raises(KeyError):
        x.annotations["nothing"]
    x.annotations = {"name": "new"}
    assert (x.name, len(x.annotations)) == ("new", 1)


def test_an_annotator_may_be_added(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(R.DEFAULT_ANNOTATORS, "parts", lambda expr: len(expr.children))
    assert (R.tokens + R.indices).annotations["parts"] == 2


def test_selectors_have_no_encoding() -> None:
    with pytest.raises(TypeError):
        R.get_encoding(R.Select(R.tokens, R.tokens, EQ))


def test_expressions_of_named_functions_can_be_pickled() -> None:
    program = R.Aggregate(R.Select(R.Map(abs, R.tokens), R.indices, EQ), R.tokens + 1)
    assert pickle.loads(pickle.dumps(program))([1, 0]) == program([1, 0]) == [1, 2]


# Operators


@pytest.mark.parametrize(
    ("f", "expected"),
    [
        (lambda x: x + 2, [2, 3, 5]),
        (lambda x: 2 - x, [2, 1, -1]),
        (lambda x: 2 * x, [0, 2, 6]),
        (lambda x: x / 2, [0.0, 0.5, 1.5]),
        (lambda x: 3 / (x + 1), [3.0, 1.5, 0.75]),
        (lambda x: x == 1, [False, True, False]),
        (lambda x: one == x, [False, True, False]),
        (lambda x: x != 1, [True, False, True]),
        (lambda x: one != x, [True, False, True]),
        (lambda x: x < 1, [True, False, False]),
        (lambda x: one < x, [False, False, True]),
        (lambda x: x <= 1, [True, True, False]),
        (lambda x: one <= x, [False, True, True]),
        (lambda x: x > 1, [False, False, True]),
        (lambda x: one > x, [True, False, False]),
        (lambda x: x >= 1, [False, True, True]),
        (lambda x: one >= x, [True, True, False]),
        (lambda x: x & 7, [0, 7, 7]),
        (lambda x: 7 & x, [0, 1, 3]),
        (lambda x: x | 7, [7, 1, 3]),
        (lambda x: 7 | x, [7, 1, 3]),
        (lambda x: ~x, [True, False, False]),
        (lambda x: x + R.indices, [0, 2, 5]),
        (lambda x: x - R.indices, [0, 0, 1]),
        (lambda x: x * R.indices, [0, 1, 6]),
        (lambda x: R.indices / (x + 1), [0.0, 0.5, 0.5]),
        (lambda x: x & R.indices, [0, 1, 2]),
        (lambda x: R.indices | x, [0, 1, 2]),
    ],
)
def test_operators(f: Any, expected: list[Any]) -> None:
    got = f(R.tokens)([0, 1, 3])
    assert got == expected
    assert list(map(type, got)) == list(map(type, expected))


def test_operators_are_pythons_on_every_value() -> None:
    assert (R.tokens * 2)(["ab", 3]) == ["abab", 6]
    assert ("a" + R.tokens)("bc") == ["ab", "ac"]
    assert (R.tokens + (1,))([(0,)]) == [(0, 1)]


def test_numpy_scalars_are_constants() -> None:
    import numpy as np

    assert (np.int64(3) * R.tokens)([1, 2]) == [3, 6]
    assert (R.tokens - np.float64(0.5))([1]) == [0.5]


@pytest.mark.parametrize(
    "f",
    [lambda x: x // 2, lambda x: x % 2, lambda x: x**2, lambda x: -x, lambda x: +x, abs, len, hash, iter, round],
)
def test_operators_that_tracr_does_not_have(f: Any) -> None:
    with pytest.raises(TypeError):
        f(R.tokens)


def test_two_sops_are_not_compared() -> None:
    for f in (lambda: R.tokens == R.indices, lambda: R.tokens < R.indices):
        with pytest.raises(BuildError, match="Write SequenceMap"):
            f()
    assert R.tokens
    assert R.tokens is R.tokens


@pytest.mark.parametrize(
    "f",
    [
        lambda: R.Select(R.tokens, 3, EQ),
        lambda: R.Map(abs, 3),
        lambda: R.Map(3, R.tokens),
        lambda: R.Map(R.tokens, R.tokens),
        lambda: R.SequenceMap(max, R.tokens, 1),
        lambda: R.SelectorWidth(R.tokens),
        lambda: R.Aggregate(R.tokens, R.tokens),
        lambda: R.Aggregate(R.Select(R.tokens, R.tokens, EQ), R.tokens, default=(1,)),
        lambda: R.SelectorNot(R.tokens),
        lambda: True & R.Select(R.tokens, R.tokens, EQ),
        lambda: R.Select(R.tokens, R.tokens, EQ) | R.tokens,
    ],
)
def test_operands_of_another_kind(f: Any) -> None:
    with pytest.raises(OperandError) as caught:
        f()
    assert isinstance(caught.value, AssertionError)


def test_a_sequence_map_of_a_sop_with_itself_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        assert (R.tokens + R.tokens)([2]) == [4]
    assert "with itself" in caplog.text


# None


def test_none_passes_through_maps() -> None:
    def seen(x: Any) -> Any:
        assert x is not None
        return x

    assert R.Map(seen, BEFORE)("ab") == [None, "a"]
    assert R.SequenceMap(lambda x, y: x + y, BEFORE, R.tokens)("ab") == [None, "ab"]
    assert R.LinearSequenceMap(R.tokens, lib.shift_by(1, R.tokens), 1, 2)([1, 2]) == [None, 4]
    assert R.Map(lambda x: 1, R.Full(None))("ab") == [None, None]
    assert R.Map(lambda x: 1, R.tokens)([None, 2]) == [None, 1]
    assert (BEFORE == None)("ab") == [None, False]  # noqa: E711


def test_a_fused_map_is_called_with_the_none_of_the_inner_one() -> None:
    inner = R.Map(lambda x: None, R.tokens)
    assert R.Map(lambda x: x is None, inner)("a") == [True]
    assert R.Map(lambda x: x is None, inner).inner is R.tokens
    assert R.Map(lambda x: x is None, inner, simplify=False)("a") == [None]
    assert (inner == 1)("a") == [False]  # an operator is a Map, and fuses too


def test_only_maps_fuse_and_a_fused_map_forgets_the_name_of_the_inner_one() -> None:
    x = R.Map(abs, R.numerical((R.tokens + 1).named("inner")))
    assert (x.name, x.inner, R.is_numerical(x)) == ("map", R.tokens, False) or x.inner is R.tokens
    y = R.Map(abs, R.tokens + R.indices)
    assert isinstance(y.inner, R.SequenceMap)


@pytest.mark.parametrize("comparison", list(R.Comparison))
def test_comparisons_refuse_none(comparison: Any) -> None:
    for x in (R.Select(BEFORE, R.tokens, comparison), R.Select(R.tokens, BEFORE, comparison)):
        with pytest.raises(ValueError, match="None"):
            x([1, 2])
    with pytest.raises(ValueError, match="None"):
        comparison(None, 1)
    assert comparison(1, 2) is (comparison.value in ("<", "<=", "!=", "True"))


def test_a_predicate_of_ones_own_is_given_none() -> None:
    assert R.Select(BEFORE, R.tokens, lambda k, q: k is None)("ab") == [[True, False], [True, False]]


# Selectors and aggregates


def test_a_selector_has_a_row_for_each_query() -> None:
    assert R.Select(R.tokens, R.indices, lambda key, query: key > query)([0, 2]) == [[False, True], [False, True]]


def test_selectors_over_the_same_sops_are_one_select() -> None:
    a, b = R.Select(R.tokens, R.indices, EQ), R.Select(R.tokens, R.indices, R.Comparison.LT)
    for both in (a & b, a | b, ~a):
        assert type(both) is R.Select
        assert both.keys is R.tokens
    assert (a & b)([0, 1]) == [[False, False], [False, False]]
    assert (a | b)([0, 1]) == [[True, False], [True, True]]
    assert (~a)([0, 1]) == [[False, True], [True, False]]


def test_a_constant_sop_gives_way_to_any_other() -> None:
    star = R.Select(R.tokens, R.Full("*"), EQ)
    both = star & R.Select(R.tokens, R.indices, lambda k, q: q > 0)
    assert type(both) is R.Select
    assert both.queries is R.indices
    assert both("*a") == [[False, False], [True, False]]
    either = R.Select(R.Full(1), R.indices, EQ) | R.Select(R.tokens, R.indices, lambda k, q: k == "b")
    assert type(either) is R.Select
    assert either("ab") == [[False, True], [True, True]]
    assert type(R.Select(R.Full(1), R.indices, EQ) & R.Select(R.Full(2), R.indices, EQ)) is R.Select


def test_other_selectors_are_combined_as_they_are() -> None:
    a, b = R.Select(R.tokens, R.indices, EQ), R.Select(R.indices, R.indices, EQ)
    assert (type(a & b), type(a | b)) == (R.SelectorAnd, R.SelectorOr)
    assert type(~(a & b)) is R.SelectorNot
    assert type(R.selector_and(a, a, simplify=False)) is R.SelectorAnd
    assert type(R.selector_not(a, simplify=False)) is R.SelectorNot
    assert (~(a & b))([0, 0]) == [[False, True], [True, True]]
    same = R.Select(R.TokensType(), R.indices, EQ)  # not the identical sop
    assert type(a & same) is R.SelectorAnd


def test_a_selector_beside_a_sop_is_a_constant_of_it() -> None:
    assert type(R.tokens & R.Select(R.tokens, R.tokens, EQ)) is R.Map


def test_an_aggregate_keeps_one_value_and_averages_several() -> None:
    so_far = R.Select(R.indices, R.indices, LEQ)
    everything = R.Select(R.indices, R.indices, TRUE)
    got = R.Aggregate(so_far, R.tokens == 1)([1, 1])
    assert got == [True, 1.0]
    assert list(map(type, got)) == [bool, float]
    assert [type(v) for v in R.Aggregate(everything, R.tokens)([2, 2])] == [float, float]
    assert R.Aggregate(R.Select(R.indices, R.indices, EQ), BEFORE)("ab") == [None, "a"]
    assert R.Aggregate(R.Select(R.indices, R.indices, R.Comparison.FALSE), R.tokens, "none")("a") == ["none"]
    with pytest.raises(EvaluationError, match="several values"):
        R.Aggregate(everything, R.tokens)("aa")


def test_constants_of_another_length() -> None:
    assert R.ConstantSOp([1, 2])("ab") == [1, 2]
    with pytest.raises(ValueError, match="2 values and the input 3"):
        R.ConstantSOp([1, 2])("abc")
    assert R.ConstantSOp([1, 2], check_length=False)("abc") == [1, 2]
    assert (R.ConstantSOp([1, 2], check_length=False) + R.indices)("abc") == [1, 3]
    with pytest.raises(ValueError, match="values and the input"):
        R.ConstantSelector([[True]])("ab")


# Running


def test_any_sized_iterable_is_an_input() -> None:
    for xs in ("ab", ["a", "b"], ("a", "b"), {"a": 1, "b": 2}):
        assert R.tokens(xs) == ["a", "b"]
        assert (R.tokens + "!")(xs) == ["a!", "b!"]
    assert (R.length + R.indices)("abc") == [3, 4, 5]
    for x in (R.tokens, R.tokens + 1, BEFORE, R.Select(R.tokens, R.tokens, EQ)):
        assert x([]) == []


def test_exceptions_of_functions_are_their_own_and_end_the_run() -> None:
    class Mine(Exception):
        pass

    def raising(x: Any) -> Any:
        if x == "b":
            raise Mine(x)
        return x

    first = R.Select(R.indices, R.Full(0), EQ)
    program = R.Aggregate(first, R.Map(raising, R.tokens))  # whose failing value is not selected
    assert program("ac") == ["a", "a"]
    with pytest.raises(Mine, match="b"):
        program("ab")
    with pytest.raises(NameError):
        R.Map(lambda x: undefined, R.tokens)("a")  # type: ignore[name-defined]  # noqa: F821


def test_functions_are_called_when_the_program_runs() -> None:
    sums = [R.Map(lambda x: x + n, R.tokens) for n in (10, 20)]  # noqa: B023
    assert [s([1]) for s in sums] == [[21], [21]]


def test_values_are_those_of_hardwire() -> None:
    with pytest.raises(EvaluationError, match="list is not a value"):
        R.Map(lambda x: [x], R.tokens)("a")
    with pytest.raises(EvaluationError, match="nan is not a value"):
        R.Map(lambda x: float("nan"), R.tokens)("a")
    assert R.Map(lambda x: [x][0], R.Map(lambda x: [x][0], R.tokens))("a") == ["a"]


class Counting(R.DefaultRASPEvaluator):
    """Counts the expressions that it is asked for."""

    def __init__(self) -> None:
        self.asked: list[Any] = []

    def evaluate(self, expr: Any, xs: Any) -> Any:
        self.asked.append(expr)
        return super().evaluate(expr, xs)


def test_an_evaluator_may_be_extended() -> None:
    evaluator = Counting()
    program = R.SelectorWidth(R.Select(R.tokens, R.tokens, EQ))
    assert evaluator.evaluate(program, "aba") == [2, 1, 2]
    assert evaluator.asked == [program, program.selector, R.tokens, R.tokens] or len(evaluator.asked) == 4
    assert evaluator.eval_indices(R.indices, "ab") == [0, 1]


def test_kinds_of_ones_own_have_no_meaning() -> None:
    class Mine(R.Map):
        pass

    with pytest.raises(KeyError):
        Mine(abs, R.tokens)([1])


def test_the_causal_evaluator_masks_selectors_once() -> None:
    nothing = R.Select(R.tokens, R.tokens, R.Comparison.FALSE)
    assert causal_eval.evaluate(~nothing, "ab") == [[True, False], [True, True]]
    assert causal_eval.evaluate(R.SelectorNot(nothing), "ab") == [[True, False], [True, True]]
    assert causal_eval.evaluate(lib.make_length(), "abc") == [1, 2, 3]
    assert causal_eval.evaluate(R.length, "abc") == [3, 3, 3]
    with pytest.raises(TypeError):  # a masked cell is evaluated all the same
        causal_eval.evaluate(R.Select(R.tokens, R.indices, lambda k, q: k < q), [0, "b"])
    assert causal_eval.CausalEvaluator().evaluate(lib.make_hist(), "aa") == [1, 2]


# What people read.


def test_expressions_show_their_kind_and_name() -> None:
    same = R.Select(R.tokens, R.tokens, EQ).named("same")
    assert repr(R.SelectorWidth(same)) == "<SelectorWidth selector_width>"
    assert repr(same) == "<Select same>"


def test_a_function_that_comes_second_is_named() -> None:
    with pytest.raises(OperandError, match=r"Map takes a sop, not .*; the function comes first: Map\(f, \.\.\.\)"):
        R.Map(R.tokens, abs)
    with pytest.raises(OperandError, match=r"Select takes a sop, not 'a'$"):
        R.Select(R.tokens, "a", EQ)


@pytest.mark.parametrize("use", [hw.draw, lambda x: hw.compile(x, "ab", 3), hw.verify])
def test_an_expression_is_no_sop_of_hardwire_and_says_how_to_make_one(use: Any) -> None:
    with pytest.raises(BuildError, match=r"hardwire\.tracr\.to_hardwire\(x, vocab, max_len\)"):
        use(R.Map(abs, R.indices))


def test_a_model_shows_its_transformer() -> None:
    model = compiling.compile_rasp_to_model(R.Map(abs, R.indices), {"a"}, 4, compiler_bos="BOS")
    assert repr(model).endswith("exact up to length 4))")
    model.params = {name: {key: array.copy() for key, array in arrays.items()} for name, arrays in model.params.items()}
    assert repr(model).endswith(", with other params)")
