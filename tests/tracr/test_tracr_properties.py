"""Random programs: the interpreter against the oracle, the expression that is compiled and models against both."""

from __future__ import annotations

import itertools
import math
from typing import Any

import pytest
import tracr_oracle as oracle
from hypothesis import given, settings
from hypothesis import strategies as st
from tracr_programs import VOCAB, sops

from hardwire.errors import CertificateError, CompileError
from hardwire.run import Failure
from hardwire.tracr import compiling, rasp, to_hardwire
from hardwire.tracr.expressions.functions import WithConstant
from hardwire.tracr.lowering import walk
from hardwire.tracr.rasp import causal_eval

INPUTS = [list(x) for n in range(4) for x in itertools.product(VOCAB, repeat=n)]


def outcome(f: Any, *args: Any) -> Any:
    """The value, or the kind of exception. Floats are rounded, since sums of floats are exact in hardwire."""
    try:
        return [_rounded(v) for v in f(*args)]
    except (ValueError, TypeError, ArithmeticError) as error:
        return next(kind for kind in (ValueError, TypeError, ArithmeticError) if isinstance(error, kind))


def _rounded(v: Any) -> Any:
    if isinstance(v, tuple):
        return tuple(map(_rounded, v))
    return (type(v), float(f"{v:.10g}")) if type(v) is float else (type(v), v)


@settings(max_examples=150)
@given(sops(), st.booleans())
def test_the_interpreter_gives_what_the_oracle_gives(program: Any, causal: bool) -> None:
    run = causal_eval.evaluate if causal else rasp.evaluate
    for xs in INPUTS:
        assert outcome(run, program, xs) == outcome(oracle.value, program, xs, causal), xs


def alike(a: Any, b: Any) -> bool:
    """Whether a value of the compiled expression is that of the interpreter, up to the rounding of floats."""
    if isinstance(a, tuple) and isinstance(b, tuple):
        return len(a) == len(b) and all(map(alike, a, b))
    if isinstance(a, int | float) and isinstance(b, int | float):
        return math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-9)
    return bool(a == b)


def decided_by_rounding(program: Any) -> bool:
    """Whether a function may meet a quotient or a mean, which are exact in hardwire and rounded in Tracr."""
    for expr in walk(program):
        f = getattr(expr, "f", None)
        while f is not None:
            outer = getattr(f, "outer", f)
            if isinstance(outer, WithConstant) and outer.symbol == "/":
                return True
            f = getattr(f, "inner", None)
        if isinstance(expr, rasp.Aggregate) and expr is not program:
            return True
    return False


@settings(max_examples=150)
@given(sops(), st.booleans())
def test_the_compiled_expression_has_the_value_of_the_interpreter(program: Any, causal: bool) -> None:
    """Wherever the interpreter has a value, so has the expression, and it is the same."""
    try:
        lowered = to_hardwire(program, VOCAB, 3, causal=causal)
    except CompileError:
        return
    run = causal_eval.evaluate if causal else rasp.evaluate
    for xs in INPUTS:
        try:
            expected = run(program, xs)
        except (ValueError, TypeError, ArithmeticError):
            continue
        got = lowered(xs, causal=causal, errors="keep")
        assert not any(isinstance(v, Failure) for v in got), (xs, expected, got)
        if not decided_by_rounding(program):
            assert all(map(alike, expected, got)), (xs, expected, got)


@settings(max_examples=25)
@given(sops(depth=2), st.booleans())
def test_models_of_random_programs_are_right(program: Any, causal: bool) -> None:
    try:
        model = compiling.compile_rasp_to_model(program, VOCAB, 3, causal, "BOS", dtype="float32")
    except (CompileError, CertificateError):
        return
    assert model.certificate is not None
    run = causal_eval.evaluate if causal else rasp.evaluate
    for xs in INPUTS:
        try:
            expected = run(program, xs)
        except (ValueError, TypeError, ArithmeticError):
            continue
        got = model.apply(["BOS", *xs]).decoded[1:]
        tolerance = model.transformer.tolerance
        for a, b in zip(expected, got, strict=True):
            assert alike(a, b) or (isinstance(a, int | float) and abs(a - b) <= tolerance), (xs, expected, got)


@pytest.mark.parametrize("f", [lambda v: v == 1, lambda v: v * 3])
def test_a_rounding_of_floats_is_where_interpreter_and_model_differ(f: Any) -> None:
    """A quotient is exact in a model: 1 / 49 * 49 is 1."""
    program = rasp.Map(f, rasp.indices / 49 * 49)
    assert program(["a", "b"])[1] in (False, (1 / 49 * 49) * 3)
    assert to_hardwire(rasp.indices / 49 * 49, "ab", 2)("ab") == [0, 1]
