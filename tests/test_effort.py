"""Limits of time and memory: kept, also where nothing else would end the work, and named in the error."""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import hardwire as hw
import hardwire.plan.restored as tables
from hardwire import (
    Selector,
    SOp,
    effort,
    full,
    indices,
    key,
    length,
    query,
    remedies,
    same_token,
    select,
    tokens,
    where,
)
from hardwire.effort import GIGABYTE, MEMORY, doing, limited, loop, memory_limit, reserve, seconds_left, working_on
from hardwire.errors import BuildError, CertificateError, CompileError, MemoryLimitError, TimeLimitError
from hardwire.lang.expr import Op
from hardwire.proof.exhaustive import inputs as exhaustive


def slow(x: Any, y: Any) -> Any:
    time.sleep(0.002)
    return (x * 7 + y * 3) % 5


SLOW = SOp.zip(slow, tokens, full.value(tokens))  # some 60,000 combinations: two minutes


def took(start: float) -> float:
    return time.monotonic() - start


def test_a_slow_function_is_refused_ahead() -> None:
    """The first calls show how long all would take."""
    start = time.monotonic()
    with pytest.raises(TimeLimitError, match=r"compile would take about [\d,]+ seconds, more than its 1 seconds.*zip"):
        hw.compile(SLOW, range(40), 40, timeout=1)
    assert took(start) < 10


@pytest.mark.parametrize("timeout", [0.1, 0.5, 2])
def test_compiling_and_proving_end_in_time(timeout: float) -> None:
    start = time.monotonic()
    with pytest.raises(TimeLimitError, match=f"its {timeout} seconds") as caught:
        hw.compile(hw.programs.sort(), range(10), 250, timeout=timeout)  # takes ten seconds
    assert took(start) < timeout + 6, "much less than without the limit, on a slow machine too"
    assert isinstance(caught.value, TimeoutError)


def test_certify_ends_in_time() -> None:
    model = hw.compile(hw.programs.flip(), "ab", 12, certify=False)
    for max_len in (None, 12):
        with pytest.raises(TimeLimitError, match="certify took longer"):
            hw.certify(model, timeout=1e-6, max_len=max_len)


def test_a_proof_by_every_input_ends_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exhaustive, "MOST_CELLS", 2_000)
    model = hw.compile(hw.programs.flip(), "abcd", 8, certify=False)
    start = time.monotonic()
    with pytest.raises(TimeLimitError, match=r"trying inputs of \d tokens"):
        hw.certify(model, hw.programs.flip(), max_len=8, timeout=0.3)
    assert took(start) < 10


def test_verify_says_how_far_it_came() -> None:
    model = hw.compile(hw.programs.flip(), "abcd", 40)
    found = hw.verify(model, samples=10**6, timeout=0.3)
    assert found
    assert 0 < found.inputs < 10**6
    everything = hw.verify(hw.compile(hw.programs.flip(), "ab", 14), timeout=1e-6)
    assert not everything.exhaustive


def test_a_search_ends_in_time() -> None:
    start = time.monotonic()
    found = hw.longest(hw.programs.sort(), range(10), 400, low=250, timeout=0.5)
    assert (found, found.last) == (0, False)
    assert took(start) < 10


def test_what_would_not_fit_is_refused_before_it_is_made() -> None:
    program = SOp.zip(lambda x, y: x * y % 101, tokens, full.value(tokens))
    with pytest.raises(CompileError, match=r"values would take .* GB, .*memory limit of 0\.001 GB") as e:
        hw.compile(program, range(60), 20, memory=0.001, remedies=False)
    [remedy] = e.value.remedies
    assert remedy.options[0].name == "memory"
    assert hw.compile(SOp.zip(lambda x, y: x * y % 7, tokens, indices), range(6), 6, memory=0.5)


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="the system does not say how much memory is used")
def test_memory_that_was_used_counts() -> None:
    held: list[Any] = []

    def add_up() -> None:
        for _ in range(30):  # what the process gives back meanwhile counts against what is added
            held.append(np.ones(10_000_000))
            time.sleep(0.06)
            doing("adding up", lambda: "x")

    refused = pytest.raises(MemoryLimitError, match=r"work takes more memory than 0\.05 GB .* while adding up x")
    with limited("work", memory=0.05), refused:
        add_up()


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="the system does not say how much memory is used")
def test_memory_that_the_system_lacks_is_an_error_of_ours() -> None:
    def of_the_author(x: Any) -> Any:
        raise MemoryError("mine")

    with pytest.raises(MemoryLimitError, match="the system has no memory left for work"), limited("work"):
        np.ones((1 << 40, 1 << 10))
    with pytest.raises(MemoryError, match="mine"), limited("work"):
        of_the_author(1)
    with pytest.raises(MemoryLimitError, match="no memory left for work"), limited("work", memory=0.1):
        of_the_author(np.ones(20_000_000))
    with pytest.raises(MemoryError, match="mine"):
        hw.compile(tokens.map(of_the_author), "ab", 3)


def test_without_limits_nothing_is_checked() -> None:
    doing("something")
    working_on("something", lambda: "x")
    reserve(1e18, "a table", CompileError)
    assert list(loop(range(3), "counting")) == [0, 1, 2]
    assert (seconds_left(), memory_limit()) == (float("inf"), MEMORY)


def test_limits_inside_of_limits() -> None:
    with limited("outer", timeout=10, memory=2.0):
        with limited("inner", timeout=100, memory=5.0):
            assert seconds_left() <= 10
            assert memory_limit() == 2.0
        with limited("inner", timeout=1, memory=0.5):
            assert seconds_left() <= 1
            assert memory_limit() == 0.5
        assert seconds_left() > 5
        with pytest.raises(CertificateError, match="would take 3 GB"):
            reserve(3 * GIGABYTE, "a table", CertificateError)


def test_progress_is_shown_where_it_takes_long(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[str] = []
    opened: list[bool | None] = []

    @contextmanager
    def bar(what: str, total: float | None, *, wanted: bool | None) -> Iterator[Callable[[float, str], None]]:
        opened.append(wanted)
        yield lambda steps, text: shown.append(text)

    monkeypatch.setattr("hardwire.effort.bar", bar)
    monkeypatch.setattr("hardwire.effort.CHECKED", 0.0)
    monkeypatch.setattr("hardwire.effort.SHOWN_AFTER", 1e6)
    hw.compile(hw.programs.add(), "0123456789+", 20, progress=True)
    assert (opened, shown) == ([], [])
    monkeypatch.setattr("hardwire.effort.SHOWN_AFTER", 0.0)
    hw.compile(hw.programs.add(), "0123456789+", 20, progress=True)
    assert opened == [True]
    for what in ("rewriting", "planning", "assembling the weights", "proving carry", "evaluating the weights"):
        assert any(text.startswith(f"compile: {what}") or f"({what}" in text for text in shown), what


def test_the_part_is_named() -> None:
    with limited("work", timeout=1e-9):
        time.sleep(0.06)
        with pytest.raises(TimeLimitError, match=r"it was proving x(\n|$)"):
            working_on("proving", lambda: "x")
        time.sleep(0.06)
        with pytest.raises(TimeLimitError, match=r"it was proving x \(comparing pairs\)"):
            doing("comparing pairs")


@pytest.mark.parametrize("options", [{"timeout": 0}, {"timeout": "1"}, {"timeout": True}, {"memory": -1}])
def test_limits_are_numbers_above_0(options: dict[str, Any]) -> None:
    with pytest.raises(BuildError, match=r"is a number of (seconds|gigabytes) above 0"):
        hw.compile(hw.programs.flip(), "ab", 3, **options)
    if "timeout" in options:
        with pytest.raises(BuildError, match="is a number of seconds above 0"):
            hw.verify(hw.compile(hw.programs.flip(), "ab", 3), **options)


# Remedies.

TIED = (key(tokens) == query(tokens)).mean(indices * 2 - length)


def remedies_of(program: SOp, vocab: Any, max_len: int, **options: Any) -> dict[str, Any]:
    """The options that an error recommends, each of which is tried."""
    with pytest.raises((CompileError, CertificateError)) as caught:
        hw.compile(program, vocab, max_len, **options)
    found = {o.name: o.value for r in caught.value.remedies for o in r.options if hasattr(o, "value")}
    for name, value in found.items():
        changed = {"max_len": max_len, **options, name: value}
        assert hw.compile(program, vocab, changed.pop("max_len"), remedies=False, **changed)
    return found


def test_remedies_were_seen_to_succeed(monkeypatch: pytest.MonkeyPatch) -> None:
    for limit in ("LEAST_SECONDS", "MOST_SECONDS"):
        monkeypatch.setattr(f"hardwire.remedies.{limit}", 60.0)
    number = full.value(tokens.map(int) * 10 ** (length - indices - 1))
    assert remedies_of(number, "0123456789", 6) == {"dtype": "float64", "max_len": 5}
    assert remedies_of(tokens, "ab", 4, output="number") == {"output": "auto"}


def test_no_remedy_is_recommended_that_does_not_help() -> None:
    always = tokens.map(lambda t: 1 / 0)
    with pytest.raises(CompileError) as caught:
        hw.compile(always, "ab", 10)
    assert "float64" not in str(caught.value)
    assert "max_len" not in str(caught.value)


def test_a_cut_is_recommended_where_it_was_seen_to_help(monkeypatch: pytest.MonkeyPatch) -> None:
    """The parts of what was refused are tried first; a name that the program has is not taken."""
    tried: list[tuple[list[str], str]] = []

    def attempt(program: SOp, vocab: Any, max_len: int, **options: Any) -> None:
        named = [e for e in program.expr.walk() if e.op is Op.NAME and e.arg in options["keep"]]
        tried.append((list(options["keep"]), ", ".join(SOp(e.src[0]).formula for e in named)))
        if tried[-1][1] != "indices * tokens":
            raise CompileError("it is too large")

    monkeypatch.setattr("hardwire.remedies.attempt", attempt)
    inner = (indices * tokens) % 7
    program = (inner.name("part") + length) * tokens
    options = {"dtype": "float64", "output": "auto", "keep": (), "causal": False}
    found = remedies.found(program, [1, 2], 6, options, spent=60, at=inner.expr)
    assert [r.told() for r in found][:1] == [
        "With `.name(\"part 2\")` on indices * tokens, and keep=['part 2'], it has a proof."
    ]
    assert tried[:2] == [(["part 2"], "indices * tokens % 7"), (["part 2"], "indices * tokens")]


def test_the_search_for_remedies_is_short() -> None:
    start = time.monotonic()
    with pytest.raises((CompileError, CertificateError)):
        hw.compile(TIED, list(range(30)), 60, remedies=False)
    alone = took(start)
    start = time.monotonic()
    with pytest.raises((CompileError, CertificateError)):
        hw.compile(TIED, list(range(30)), 60)
    assert took(start) < 2 * alone + 7


# Programs that were found by fuzzing: none may hang, take the memory, or end with an error that is not ours.


def odd(rng: random.Random, depth: int) -> SOp:
    """A number, a string, None or a tuple: nested functions, powers and products of wide numbers."""
    if depth == 0:
        return rng.choice([tokens, indices, length - indices - 1, 2**indices, tokens.map(lambda t: len(str(t)))])
    a, b = odd(rng, depth - 1), odd(rng, depth - 1)
    upto = key(indices) <= query(indices)
    kind = rng.randrange(7)
    if kind == 0:
        return rng.choice([full, upto, key(a) == query(b), key(a) < query(b)]).value(a)
    if kind == 1:
        return rng.choice([full, upto, key(a) == query(b)]).mean(b)
    if kind == 2:
        return rng.choice([a * b, a**2, a + b, a % 13, a / (b + 1)])
    if kind == 3:
        return SOp.zip(rng.choice([lambda x, y: (x, y), lambda x, y: str(x) + str(y), lambda x, y: x * y % 101]), a, b)
    if kind == 4:
        return SOp.zip(lambda x, y, z: None if x == y else z, a, b, tokens)
    if kind == 5:
        return (key(a) == query(b)).width() > 2
    functions: list[Callable[[Any], Any]] = [str, lambda x: x * x, lambda x: None if x == 0 else x]
    return a.map(rng.choice(functions))


VOCABULARIES: list[Any] = [
    list(range(1000)), [k * 1.37 for k in range(60)], [chr(0x400 + i) for i in range(300)], [0, 1],
    [None, 1, 2, "x"], [10**k for k in range(12)], [2.0**k for k in range(-10, 20)],
    [(i, j) for i in range(8) for j in range(8)],
]  # fmt: skip


@pytest.mark.filterwarnings("ignore::hardwire.errors.ProgramWarning")
@pytest.mark.parametrize("start", range(0, 60, 20))
def test_odd_programs_end(start: int) -> None:
    for seed in range(start, start + 20):
        rng = random.Random(seed)
        program, vocab, n = odd(rng, rng.choice([1, 2, 3])), rng.choice(VOCABULARIES), rng.choice([3, 12, 50])
        begun = time.monotonic()
        try:
            model = hw.compile(program, vocab, n, timeout=2)
            assert hw.verify(model, samples=10, exhaustive=20)
        except hw.errors.HardwireError:
            pass
        assert took(begun) < 6, f"{seed}: {program.formula} for {len(vocab)} tokens, {n} long"


WIDE: list[Any] = [list(range(400)), list(range(-200, 200)), list(range(20)), [k / 2 for k in range(40)]]
UPTO = key(indices) <= query(indices)
LEAVES = (
    tokens, (key(indices) == query(indices - 1)).one(tokens), (key(indices) == query(indices + 1)).one(tokens, 0),
    UPTO.value(tokens), full.value(tokens), (key(tokens) == query(tokens)).width(), UPTO.value(tokens * indices),
)  # fmt: skip


def wide(rng: random.Random, depth: int) -> SOp:
    """Numbers of very many values: nested choices, products, functions of three of them, and selectors that compare
    them."""
    if depth == 0:
        return rng.choice(LEAVES)
    a, b, c = (wide(rng, depth - 1) for _ in range(3))
    kind = rng.randrange(7)
    if kind < 2:
        return where(rng.choice([a < b, a == b, (a > b) & (b != c)]), b, rng.choice([c, where(c == 0, None, c), b * c]))
    if kind == 2:
        return SOp.zip(rng.choice([max, lambda x, y, z: sorted((x, y, z))[1], lambda x, y, z: x * y - z]), a, b, c)
    if kind == 3:
        return rng.choice([a * b + c, a * b // (c * c + 1), (a * b + c) % 101, a - b + 2 * c])
    if kind == 4:
        return rng.choice([(key(a) == query(b)).width(), (key(a) < query(b)).value(c), (key(a) < query(b)).max(c)])
    if kind == 5:
        return UPTO.value(where(a < b, c, 0))
    return SOp.zip(lambda x, y: None if x == y else x * y, a, b)


def greatest() -> int:
    """The most bytes of memory that the process has had; 0 where the system does not say."""
    if sys.platform == "win32":
        return 0
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


@pytest.mark.filterwarnings("ignore::hardwire.errors.ProgramWarning")
@pytest.mark.parametrize("start", [0, *(pytest.param(k, marks=pytest.mark.nightly) for k in range(6, 240, 6))])
def test_wide_programs_end_in_time_and_within_memory(start: int) -> None:
    for seed in range(start, start + 6):
        rng = random.Random(seed)
        program, vocab, n = wide(rng, rng.choice([1, 2, 2, 3])), rng.choice(WIDE), rng.choice([9, 20, 60, 200])
        begun, peak = time.process_time(), greatest()
        with suppress(hw.errors.HardwireError):
            hw.compile(program, vocab, n, timeout=1, memory=0.5, progress=False)
        assert time.process_time() - begun < 2, f"{seed}: {program.formula}, {n} long"
        assert greatest() - peak < 0.6 * GIGABYTE, f"{seed}: {program.formula}, {n} long"


# Refusals that name what the user wrote, before the work is done.

CUMSUM, COUNTED, AFTER_IT = UPTO.value(tokens), same_token.width(), (key(indices) == query(indices + 1)).one(tokens)
TOO_WIDE: dict[str, tuple[SOp, str]] = {
    "a quotient": (CUMSUM // COUNTED, "too large for the precision of the weights"),
    "a quotient of sums": (CUMSUM // (full.value(tokens) + 1), "cannot be distinguished from its neighbours"),
    "a quotient in a choice": (where(COUNTED == AFTER_IT, CUMSUM // COUNTED, None), "too wide for the precision"),
    "a function of three": (
        SOp.zip(lambda x, y, z: (x + y * z) % 5, CUMSUM % 7, full.value(tokens) * COUNTED % 11, COUNTED),
        r"^SOp.zip\(lambda, .*not exact enough",
    ),
}


@pytest.mark.parametrize("name", TOO_WIDE)
def test_what_rounds_too_much_is_refused_before_its_proof(name: str) -> None:
    program, message = TOO_WIDE[name]
    with limited("compiling", steps=12_000), pytest.raises(CompileError, match=message) as caught:
        hw.compile(program, range(10), 40, remedies=False)
    assert "code " not in str(caught.value), "a function that the compiler made"


@pytest.mark.parametrize(
    "selector",
    [select(tokens, 3, lambda k, q: k[q]), select(3, tokens, lambda k, q: q[k]) & (key(indices) < query(indices))],
)
def test_a_selector_that_always_fails_is_named_as_it_was_written(selector: Selector) -> None:
    with pytest.raises(CompileError, match=r"^select\((tokens, 3|3, tokens), lambda\) has no value.*out of range") as e:
        hw.compile(selector.value(indices), "ab", 6, remedies=False)
    assert isinstance(e.value.expression, Selector)


@pytest.mark.parametrize("relation", [lambda k, q: (k * q) % 97 < 40, lambda k, q: k < q])
def test_the_tables_of_a_wide_selector_are_estimated_before_the_time_is_over(
    relation: Callable[[int, int], bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a clock that only the tables move, by a second each: after 64 of them."""
    prefix, total = (key(indices) <= query(indices)).value(tokens), full.value(tokens)
    clock, made = [time.monotonic()], tables.restored

    def timed(*args: Any) -> Any:
        clock[0] += 1
        return made(*args)

    monkeypatch.setattr(effort, "time", SimpleNamespace(monotonic=lambda: clock[0]))
    monkeypatch.setattr(tables, "restored", timed)
    with pytest.raises(TimeLimitError, match=r"would take about \d+ seconds, more than its 90 seconds.*tabulating"):
        hw.compile(select(prefix, total, relation).mean(tokens), range(10), 12, timeout=90, remedies=False)
