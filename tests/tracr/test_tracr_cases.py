"""Thirty programs: interpreted as Tracr interprets them, and compiled to models with a proof."""

from __future__ import annotations

import json
import math
import random
from typing import Any

import pytest
from tracr_cases import CASES, ERRORS, NO_PROOF, built, every_input

import hardwire as hw
from hardwire.errors import CompileError
from hardwire.tracr import compiling, rasp
from hardwire.tracr.compiler import validating
from hardwire.tracr.rasp import causal_eval

BY_NAME = {case["name"]: case for case in CASES}


def typed(x: Any) -> str:
    """Values with their types: 1, 1.0 and true differ."""
    return json.dumps(x)


def same(expected: Any, answer: Any, tolerance: float) -> bool:
    """Whether a model's answer is right: equal, or a float within the model's tolerance."""
    if isinstance(expected, int | float) and isinstance(answer, float):
        return math.isclose(expected, answer, rel_tol=1e-12, abs_tol=tolerance)
    return bool(expected == answer)


@pytest.mark.parametrize("case", CASES, ids=BY_NAME)
def test_programs_give_what_tracr_gives(case: dict[str, Any]) -> None:
    program = built(case["program"])
    assert rasp.get_encoding(program).value == case["encoding"]
    for xs, expected, causal in zip(case["inputs"], case["outputs"], case["causal_outputs"], strict=True):
        assert typed(program(xs)) == typed(expected)
        assert typed(rasp.evaluate(program, xs)) == typed(expected)
        assert typed(causal_eval.evaluate(program, xs)) == typed(causal)


@pytest.mark.parametrize("case", ERRORS, ids=[case["name"] for case in ERRORS])
def test_errors_are_those_of_tracr(case: dict[str, Any]) -> None:
    kind = getattr(__import__("builtins"), case["raises"])
    if case["when"] == "build":
        with pytest.raises(kind):
            built(case["program"])
    else:
        program = built(case["program"])
        with pytest.raises(kind):
            program(case["input"])


@pytest.mark.parametrize("case", CASES, ids=BY_NAME)
def test_the_report_of_what_tracr_would_refuse(case: dict[str, Any]) -> None:
    program = built(case["program"])
    found = {r.reason for xs in case["inputs"] for r in validating.validate(program, xs)}
    assert found == {getattr(validating, name) for name in case["validate"]}


REFUSED = (hw.errors.CertificateError, hw.errors.CompileError)


def parameters(length: str) -> list[Any]:
    rows = [(name, dtype) for name in BY_NAME for dtype in ("float32", "float64")]
    return [
        pytest.param(
            name,
            dtype,
            id=f"{name}-{dtype}",
            marks=[
                pytest.mark.xfail(
                    raises=(hw.errors.CertificateError, hw.errors.CompileError), reason=NO_PROOF[name, length, dtype]
                )
            ]
            if (name, length, dtype) in NO_PROOF
            else [],
        )
        for name, dtype in rows
        if dtype == "float32" or (name, length, "float32") in NO_PROOF
    ]


@pytest.mark.parametrize(("name", "dtype"), parameters("own"))
def test_models_are_certified_and_right_on_every_input(name: str, dtype: str) -> None:
    case = BY_NAME[name]
    program, longest = built(case["program"]), case["max_seq_len"]
    model = compiling.compile_rasp_to_model(program, case["vocab"], longest, compiler_bos="BOS", dtype=dtype)
    assert model.certificate is not None
    assert model.certificate.max_len == longest
    assert model.transformer.dtype == dtype
    for xs in every_input(case["vocab"], longest):
        try:
            expected = program(xs)
        except ValueError:  # a constant of another length
            continue
        got = model.apply(["BOS", *xs]).decoded
        assert got[0] == "BOS"
        assert all(same(a, b, model.transformer.tolerance) for a, b in zip(expected, got[1:], strict=True)), xs


@pytest.mark.parametrize(("name", "dtype"), parameters("20"))
def test_models_of_length_20_are_certified(name: str, dtype: str) -> None:
    case = BY_NAME[name]
    program = built(case["program"])
    model = compiling.compile_rasp_to_model(program, case["vocab"], 20, compiler_bos="BOS", dtype=dtype)
    assert model.certificate is not None
    assert model.certificate.max_len == 20
    assert hw.verify(model.transformer, exhaustive=500, samples=200, progress=False)
    rng = random.Random(name)
    for n in (1, 2, 3, 5, 19, 20):
        xs = rng.choices(case["vocab"], k=n)
        try:
            expected = program(xs)
        except ValueError:
            continue
        got = model.apply(["BOS", *xs]).decoded[1:]
        assert all(same(a, b, model.transformer.tolerance) for a, b in zip(expected, got, strict=True)), xs


@pytest.mark.parametrize("name", [n for n in BY_NAME if (n, "own", "float64") not in NO_PROOF])
def test_causal_models_are_right_on_every_input(name: str) -> None:
    case = BY_NAME[name]
    program, longest = built(case["program"]), case["max_seq_len"]
    if name == "from_the_end":
        with pytest.raises(CompileError, match="causal model does not see"):
            compiling.compile_rasp_to_model(program, case["vocab"], longest, causal=True)
        return
    model = compiling.compile_rasp_to_model(program, set(case["vocab"]), longest, True, "BOS")
    assert model.certificate is not None
    assert model.model_config.causal
    for xs in every_input(case["vocab"], longest):
        try:
            expected = causal_eval.evaluate(program, xs)
        except ValueError:
            continue
        got = model.apply(["BOS", *xs]).decoded[1:]
        assert all(same(a, b, model.transformer.tolerance) for a, b in zip(expected, got, strict=True)), xs


def test_what_has_no_proof_compiles_without_one() -> None:
    case = BY_NAME["three_of_a_kind"]
    program = built(case["program"])
    model = compiling.compile_rasp_to_model(program, case["vocab"], 5, compiler_bos="BOS", certify=False)
    assert model.certificate is None
    for xs in every_input(case["vocab"], 5):
        assert model.apply(["BOS", *xs]).decoded[1:] == program(xs)
