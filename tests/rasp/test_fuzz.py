"""Random texts, valid programs with edits and programs that grow: a clear error or a result each time, and soon."""

# ruff: noqa: E501  tables keep their rows on a line

from __future__ import annotations

import random
import re
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from pathlib import Path

import pytest

from hardwire.rasp import budget
from hardwire.rasp.session import Session

HERE = Path(__file__).parent
WORDS = [
    "(", ")", "[", "]", "{", "}", ";", ",", "=", "==", "!=", "<", ">=", "+", "-", "*", "/", "^", "%", ":", '"', "#", "\n",
    " in ", " if ", " else ", " for ", " and ", " or ", " not ", "def ", "return ", "select", "aggregate", "range(9999)",
    "round", "indicator", "zip", "len", "length", "tokens", "tokens_int", "indices", "full_s", "out", "sort", "0", "1",
    "99999999999", "0.5", '"a"', "[]", "{}", "[1, 2]", "True", "draw", "load", "set example ", "examples off", "§", "\0", "@",
]  # fmt: skip


def programs() -> list[str]:
    """Texts to edit: the transcripts, and every definition of the library with a use of it."""
    sessions = [p.read_text("utf-8") for p in sorted((HERE / "transcripts").glob("*.in"))]
    library = resources.files("hardwire.rasp").joinpath("rasplib.rasp").read_text("utf-8")
    definitions = ["def " + part for part in library.split("\ndef ")[1:]]
    uses = 'x = sort(tokens, tokens); y = dyck(tokens, ["()", "[]"]); z = frac_prevs(tokens, "a") > 0.5; x("abc");'
    return [*sessions, *(f"{d}\n{uses}" for d in definitions), uses]


def edited(rng: random.Random, text: str) -> str:
    """A text with one to four edits: something left out, doubled, put in, exchanged or cut off."""
    for _ in range(rng.randint(1, 4)):
        i = rng.randrange(len(text) + 1)
        j = min(len(text), i + rng.choice([1, 1, 2, 5, 20]))
        kind = rng.randrange(6)
        if kind == 0:
            text = text[:i] + text[j:]
        elif kind == 1:
            text = text[:j] + text[i:]
        elif kind == 2:
            text = text[:i] + rng.choice(WORDS) + text[i:]
        elif kind == 3:
            text = text[:i] + rng.choice(WORDS) + text[j:]
        elif kind == 4:
            text = text[:i] + chr(rng.choice([9, 39, 64, 124, 955, *range(32, 127)])) + text[j:]
        else:
            text = text[: max(i, 5)]
    return text


def fuzz(seeds: range) -> None:
    texts = programs()
    told = shown = 0
    for seed in seeds:
        rng = random.Random(seed)
        text = edited(rng, rng.choice(texts))
        session = Session()
        try:
            output = session.run(text)
        except BaseException as error:
            raise AssertionError(f"seed {seed}: {type(error).__name__}: {error}\n{text}") from error
        assert "Traceback" not in output
        told += "ignoring input" in output
        shown += "ignoring input" not in output
    assert told > 0.3 * len(seeds), "edits that hurt nothing say nothing"
    assert shown > 0.02 * len(seeds)


@pytest.mark.parametrize("start", range(0, 400, 100))
def test_edited_programs(start: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    fuzz(range(start, start + 100))


@pytest.mark.nightly
@pytest.mark.parametrize("start", range(1000, 11_000, 500))
def test_ten_thousand_edited_programs(start: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    fuzz(range(start, start + 500))


# Programs that grow: everything is made larger, deeper and more often than there is room for.

ATOMS = [
    "1", "0", "-3", "0.1", '"ab"', '""', "True", "[1]", "[]", "{1: 2}", "{}", "indices", "tokens", "tokens_asis", "length",
    "full_s", "select(tokens, tokens, ==)", "select(indices, 1, <)", "10^30", "-10^30", "2^4000", "2^4000 / 3", "1 / 3",
    "range(99)", "range(99999)", "indices > 1", "[indices]", '"a" * 65000', "tokens_int", "indices / 3", "sort", "round",
    '["a" * 9999]', "{1: [indices]}", "9" * 400 + ".0", "-0.0",
]  # fmt: skip
GROW = [
    "x = {a} {op} {b};", "x = {a} {op} {a};", "x = [{a}, {a}];", "x = [{a}];", "x = {{1: {a}, 2: {a}}};", "x = {a}[{b}];",
    "x = [{a}][0];", "x = {a} if {b} else {a};", "x = select({a}, {b}, {compare});", "x = aggregate({a}, {b}, {c});",
    "x = selector_width({a});", "x = [{a} for i in {b}];", "x = {{i: {a} for i in {b}}};", "x = {a} in {b};", "x = not {a};",
    "x = -{a};", "x = round({a});", "x = range({a});", "x = zip({a}, {b});", "x = len({a});", "x = {a}({b});", "x = f({a});",
    "x = g({a});", "f = g;", "x = indicator({a});", "for j in {a} {{ y = {b}; }}", "x = h(f, {a});", "x = sort({a}, {b});",
    "y = {a}; x = {b};", "x = {a}[0] {op} {b};", "x = [{a}[0] {op} {a}[0]];", "x = +{a};", "for j in {a} {{ }}",
]  # fmt: skip
SHOW = ["x;", "y;", "x({a});", "draw({a}, {b});", "[x, x];", "f;", "x == y;", "set example {a}\nx;", "{a} {op} {b};"]
OPERATORS = ["+", "-", "*", "/", "^", "%", "==", "<", ">=", "and", "or"]
FUNCTIONS = [
    "def f(a) { return f(a); }", "def f(n) { return f(n - 1) + f(n - 1) if n > 0 else 1; }", "def f(a) { return [a, a]; }",
    "def f(a) { return a * a; }", "def f(a) { def k(b) { return a + b; } return k; }", "def f(a) { return a, a; }",
    "def f(a) { for i in range(999) { a = a + a; } return a; }",
]  # fmt: skip


def growing(rng: random.Random) -> str:
    """A program that makes values out of values, in loops."""

    def filled(text: str) -> str:
        def value() -> str:
            return rng.choice(["x", "x", "y", rng.choice(ATOMS)])

        return text.format(
            a=value(), b=value(), c=rng.choice(ATOMS), op=rng.choice(OPERATORS), compare=rng.choice(["==", "<", "!="])
        )

    parts = [f"x = {rng.choice(ATOMS)}; y = {rng.choice(ATOMS)};", rng.choice(FUNCTIONS)]
    parts.append("def g(a) { return f(a); } def h(k, a) { return k(k(a)); }")
    for _ in range(rng.randint(1, 4)):
        body = " ".join(filled(rng.choice(GROW)) for _ in range(rng.randint(1, 3)))
        times = rng.choice(["3", "20", "60", "400", "99999"])
        parts.append(f"for i in range({times}) {{ {body} }}" if rng.random() < 0.8 else body)
        parts.append(filled(rng.choice(SHOW)))
    return "\n".join(parts)


@contextmanager
def soon(seconds: int) -> Iterator[None]:
    """Fails where what is inside takes longer."""

    def late(*_: object) -> None:
        raise TimeoutError(f"more than {seconds} s")

    if sys.platform == "win32":  # it has no alarms
        yield
        return
    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def grow(seeds: range, seconds: int) -> None:
    messages: set[str] = set()
    shown = 0
    for seed in seeds:
        text = growing(random.Random(seed))
        try:
            with soon(seconds):
                output = Session().run(text)
        except BaseException as error:
            raise AssertionError(f"seed {seed}: {type(error).__name__}: {error}\n{text}") from error
        assert "Traceback" not in output
        assert "too large to be worked out" not in output, f"seed {seed}: out of memory\n{text}"
        messages |= {found[:25] for found in re.findall(r"!!ignoring input:\n\t (.*)", output)}
        shown += len(re.findall(r"(?m)^ *(?:value|list|dict|s-op|selector): x", output))
    assert len(messages) > 25, "programs that all fail alike say nothing"
    assert shown > 0.3 * len(seeds)


def test_programs_that_grow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(budget, "MOST_STEPS", 3_000)  # for speed; the nightly test has what people have
    grow(range(60), seconds=20)


@pytest.mark.nightly
@pytest.mark.parametrize("start", range(1000, 3000, 100))
def test_two_thousand_programs_that_grow(start: int) -> None:
    grow(range(start, start + 100), seconds=60)
