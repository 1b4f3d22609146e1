"""The interpreter against the oracle, and against itself by its several ways to the same result."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import oracle
import wild
from hardwire import Selector, SOp
from hardwire.lang.expr import Op
from hardwire.run import Failure, cells, interpreter, run_batch

NORMAL = 300
NIGHTLY = 6000
HUGE = 1 << 60


def exact(value: Any) -> Any:
    """A value with its type all the way down, so that 1, True and 1.0 differ, and 0.0 and -0.0."""
    if isinstance(value, Failure):
        return "failed"
    if isinstance(value, (list, tuple)):
        return (type(value).__name__, [exact(v) for v in value])
    return (type(value), repr(value))


def told(value: Any) -> Any:
    """Likewise, with everything a failure tells."""
    if isinstance(value, Failure):
        return (value.expression, exact(value.values), value.reason, value.position)
    return [told(v) for v in value] if isinstance(value, list) else exact(value)


def meant(value: Any) -> Any:
    """What the oracle gives, as `exact` shows it."""
    if value is oracle.FAILED:
        return "failed"
    return ("list", [meant(v) for v in value]) if isinstance(value, list) else exact(value)


def outcomes(program: SOp | Selector, inputs: Sequence[Any], causal: bool) -> list[list[Any]]:
    return [list(r) for r in run_batch(program, inputs, causal=causal, errors="keep")]


@contextmanager
def patched(monkeypatch: pytest.MonkeyPatch, small: int | None = None, block: int | None = None) -> Iterator[None]:
    with monkeypatch.context() as m:
        if small is not None:
            m.setattr(interpreter, "SMALL", small)
        if block is not None:
            m.setattr(cells, "BLOCK", block)
        yield


def check(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = random.Random(seed)
    program = wild.program(rng)
    inputs = [wild.tokens_of(rng) for _ in range(4)]
    _check(program, inputs, monkeypatch, f"seed {seed}")


def _check(program: SOp | Selector, inputs: list[Any], monkeypatch: pytest.MonkeyPatch, which: str = "") -> None:
    for causal in (False, True):
        about = f"{which} causal={causal} {program.formula}"
        with patched(monkeypatch, small=HUGE):
            dense = outcomes(program, inputs, causal)
            single = [outcomes(program, [x], causal)[0] for x in inputs]
        for x, got in zip(inputs, dense, strict=True):
            want = [meant(v) for v in oracle.run(program.expr, x, causal)]
            assert [exact(v) for v in got] == want, f"{about} on {x!r}"
            _check_origins(program, x, got, causal, about)
        assert [told(r) for r in single] == [told(r) for r in dense], about
        with patched(monkeypatch, small=0):
            assert [told(r) for r in outcomes(program, inputs, causal)] == [told(r) for r in dense], about
        for block in (1, 7):
            with patched(monkeypatch, small=HUGE, block=block):
                assert [told(r) for r in outcomes(program, inputs, causal)] == [told(r) for r in dense], about


def _check_origins(program: SOp | Selector, x: Any, results: list[Any], causal: bool, about: str) -> None:
    """A failure names an expression that has no value at that position, on the values it was given there."""
    failures = {f for r in results for f in (r if isinstance(r, list) else [r]) if isinstance(f, Failure)}
    if not failures:
        return
    known = oracle.evaluate(program.expr, x, causal)
    for failure in failures:
        expr, at, here = failure.expression, failure.position, f"{failure} in {about} on {x!r}"
        assert at is not None, here
        assert 0 <= at < len(x), here
        assert expr in known, here
        if "too large for a float" in failure.reason and known[expr][at] is not oracle.FAILED:
            assert oracle._attempt(oracle.leave, known[expr][at]) is oracle.FAILED, here  # failed on its way out
        elif expr.op is Op.COMPARE:
            assert oracle.FAILED in known[expr][at], here
            assert exact(failure.values[1]) == exact(known[expr.src[1]][at]), here
            assert exact(failure.values[0]) in map(exact, known[expr.src[0]]), here
        else:
            assert known[expr][at] is oracle.FAILED, here
        if expr.op not in (Op.COMPARE, Op.RAW) and not any(s.selector for s in expr.src):
            given = [known[s][at] for s in expr.src]
            if expr.op in (Op.AND, Op.OR, Op.WHERE):
                assert exact(failure.values[0]) in map(exact, given), here
            elif known[expr][at] is oracle.FAILED:
                assert [exact(v) for v in failure.values] == [exact(v) for v in given], here


@pytest.mark.parametrize("start", range(0, NORMAL, 25))
def test_random_programs(start: int, monkeypatch: pytest.MonkeyPatch) -> None:
    for seed in range(start, start + 25):
        check(seed, monkeypatch)


@pytest.mark.nightly
@pytest.mark.parametrize("start", range(NORMAL, NIGHTLY, 100))
def test_many_random_programs(start: int, monkeypatch: pytest.MonkeyPatch) -> None:
    for seed in range(start, start + 100):
        check(seed, monkeypatch)


@settings(max_examples=60)
@given(wild.programs(), st.lists(wild.inputs(), min_size=1, max_size=3))
def test_shrunk_programs(program: SOp | Selector, inputs: list[Any]) -> None:
    with pytest.MonkeyPatch.context() as monkeypatch:
        _check(program, inputs, monkeypatch)
