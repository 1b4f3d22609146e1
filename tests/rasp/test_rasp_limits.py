"""What would never end or would fill the memory: told at once, in so many seconds and so much memory."""

# ruff: noqa: E501  tables keep their rows on a line

from __future__ import annotations

import json
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import hardwire as hw
from hardwire.errors import HardwireError, RaspError
from hardwire.rasp import budget, operators
from hardwire.rasp.budget import make_list, weight_of
from hardwire.rasp.evaluator import TOO_DEEP
from hardwire.rasp.reader import Growing, is_unfinished
from hardwire.rasp.session import Session
from hardwire.rasp.work import work

SECONDS, MEGABYTES = 60, 700
"""For each text, on a slow machine; about a tenth and a half of it here."""

LIST, STEPS = "a list of more than 100,000 items is too large", "this takes more than "
TEXT, DEEP = "a string longer than 65536 is too large", "lists more than 50 deep in each other are too deep"
CASES = {
    # Large by multiplication.
    "[] * 10^30;": LIST, "[1] * 10^30;": LIST, "[1] * (0 - 10^30);": "list: out = []", '"" * 10^30;': 'value: out =  ""',
    '"a" * 10^30;': TEXT, '"a" * (0 - 10^30);': 'value: out =  ""', "tokens * 10^30;": TEXT, '["a" * 60000] * 90000;': LIST,
    '"%9999999999d" % 3;': TEXT, '"%99999d" % indices;': TEXT, '"%.99999f" % 0.5;': TEXT, "2^4095 * 2;": "4096 bits",
    "range(10^30);": "a range of more than 100,000 numbers is too large", "9" * 5000 + ";": "1000 digits",
    "x = range(9999); zip(" + ", ".join(["x"] * 50) + ");": LIST, "range(0 - 10^30, 10^30, 10^29);": "list: out = [-1",
    # Large by sharing, and deep.
    "a = [1]; for i in range(60) { a = [a, a]; }": LIST, "a = {1: 1}; for i in range(60) { a = {1: a, 2: a}; }": "a dict of more",
    "a = [[]] * 40000; a + a + a;": "ignoring input", "a = [1]; for i in range(99) { a = [a]; }": DEEP,
    's = "a"; for i in range(60) { s = s + s; }': "a str longer than 65536 is too large", "s = tokens; for i in range(60) { s = s + s; } s;": STEPS,
    "s = tokens; for i in range(60) { s = s * 10; } s;": STEPS, 's = tokens * 60000; t = s; for i in range(99) { t = t == s * i; } t;': STEPS,
    "[" * 3000 + "]" * 3000 + ";": TOO_DEEP, "-" * 20000 + "1;": TOO_DEEP, "1" + "+1" * 9000 + ";": TOO_DEEP,
    "(" * 5000 + "1" + ")" * 5000 + ";": "value: out =  1", "f" + "(1)" * 9000 + ";": TOO_DEEP,
    # Many times.
    "def f(x) { return f(x); } f(1);": TOO_DEEP, "def f(n) { return f(n-1) + f(n-1) if n > 0 else 1; } f(90);": STEPS,
    "x = range(9999); for i in x { for j in x { } }": STEPS, "[[k for k in range(9999)] for j in range(9999)];": STEPS,
    "x = range(9999); for i in range(9999) { y = x[indices]; }": STEPS, "x = range(9999); for i in range(9999) { y = 10000 in x; }": STEPS,
    "x = range(9999); for i in range(9999) { y = indices in x; }": STEPS, "x = range(9999); y = range(9999); for i in x { z = x == y; }": STEPS,
    's = "a" * 60000; for i in range(99999) { y = s[indices]; }': STEPS, "for i in range(99999) { x = 1" + " + 1" * 50 + "; }": STEPS,
    'for i in range(99999) { x = sort(tokens, tokens)("abcdefgh"); }': STEPS, "l = [indices] * 99999; l;": STEPS,
    # Shared parts of s-ops and selectors: a name for one is looked for in a few of its parts.
    "l = [indices]; for i in range(90) { l = [l[0] + l[0]]; } l[0];": "[0, 1237940039285380274899124224,",
    "l = [indices > 0]; for i in range(90) { l = [l[0] if indices > 1 else l[0]]; } a = l[0] and True;": "[F, T, T, T, T] (bools)",
    "l = [full_s]; for i in range(90) { l = [l[0] and l[0]]; } l[0];": "selector: out",
    "x = indices; for i in range(20000) { x = x + selector_width(select(x, i, ==)); } x;": STEPS,
    # Long inputs, numbers whose arithmetic is slow, and names.
    f'full_s("{"a" * 60000}");': STEPS, 'selector_width(full_s)("a" * 1500);': "[1500]*1500 (ints)", 'sort(tokens, tokens)("ab" * 30000);': STEPS,
    'selector_width(select(indices / 3, indices * 0.7, <))("a" * 5000);': STEPS, "x = 1 / 3; for i in range(99) { x = x * x; }": "4096 bits",
    "x = indices / 3 + 1; for i in range(20000) { x = 1 / (x + 1); } x;": STEPS, "".join(f"abcd{i} = 1;" for i in range(4000)) + "abcdx;": "Did you mean",
    f'{"ab" * 9000} = 1; {"ba" * 9000};': "Error: Undefined variable: baba",
    # What becomes of exact quotients beyond floats.
    "2^4000 / 3;": f"value: out =  {2**4000 // 3}", "[2^4000 / 3];": f"[{2**4000 // 3}]", "round(2^4000 / 3);": f"{2**4000 // 3 + (2**4000 % 3 == 2)}",
    "set example [2^4000 / 3] tokens_asis;": "(ints)", "x = (2^4000 / 3) * indices; x;": "too large",
    # Files and texts.
    f'load "{"a" * 3000}";': "could not find file", 'load "a\0b";': "could not find file", 'load "\ud800";': "could not find file",
    'load "/root/x/y";': "could not find file", " " * 100_001: "a text of more than 100,000 characters is too long", ";" * 20000: "",
    ", ".join(["a"] * 9000) + " = 1;": "expected 9000 values", 'a = "\ud800"; tokens("\ud800");': "(strings)",
}  # fmt: skip

RUN = """
import json, resource, signal, sys, time
from hardwire.rasp import budget
from hardwire.rasp.session import Session

def megabytes():
    try:  # what the system says of a process may include the one that started it
        lines = open("/proc/self/status").read().splitlines()
        return int(next(line.split()[1] for line in lines if line.startswith("VmHWM"))) // 1024
    except (OSError, StopIteration):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // (1 << (20 if sys.platform == "darwin" else 10))

seconds, budget.MOST_STEPS = map(int, sys.argv[1:])
for text in json.load(sys.stdin):
    signal.alarm(2 * seconds)  # which ends the process
    start = time.monotonic()
    output = Session().run(text)
    took = time.monotonic() - start
    print(json.dumps([text, output, took, megabytes()]), flush=True)
"""


@cache
def found(most_steps: int) -> dict[str, list[Any]]:
    """What each text gives, the seconds it took, and the most megabytes of memory up to then, from one process."""
    done = subprocess.run(
        [sys.executable, "-c", RUN, str(SECONDS), str(most_steps)],
        input=json.dumps(list(CASES)), capture_output=True, text=True, check=False,
    )  # fmt: skip
    return {text: rest for text, *rest in map(json.loads, done.stdout.splitlines())} | {"": [done.stderr]}


@pytest.mark.parametrize("text", CASES, ids=lambda text: text[:60])
def test_it_ends(text: str) -> None:
    """With fewer steps than people have, for speed."""
    ends_soon(text, most_steps=50_000)


@pytest.mark.nightly
@pytest.mark.parametrize("text", CASES, ids=lambda text: text[:60])
def test_it_ends_soon(text: str) -> None:
    ends_soon(text, budget.MOST_STEPS)


def ends_soon(text: str, most_steps: int) -> None:
    pytest.importorskip("resource", reason="Windows has no alarms")
    all_of_them = found(most_steps)
    assert text in all_of_them, f"the process ended before or at this text: {all_of_them['']}"
    output, seconds, megabytes = all_of_them[text]
    assert CASES[text] in output, output[-500:]
    assert seconds < SECONDS
    assert megabytes < MEGABYTES


def test_a_text_stops_when_its_statements_have_taken_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(budget, "MOST_STEPS_IN_ALL", 50_000)
    session = Session()
    shown = session.run("".join(f"a{i} = range(999);" for i in range(60)) + "b = 1;")
    assert shown.endswith("\t all statements together take more than 50,000 steps")
    assert shown.count("ignoring") == 1
    assert "b" not in session.scope.values


def test_a_person_may_go_on_where_a_pipe_may_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(budget, "MOST_STEPS_IN_ALL", 5_000)
    for terminal in (True, False):
        session = Session(terminal=terminal)
        shown = [session.run(f"a{i} = range(999);") for i in range(10)]
        assert ("ignoring" in shown[-1]) == (not terminal)


def test_files_that_load_each_other_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each loads the next twice, so that the last would be loaded 2^18 times."""
    monkeypatch.setattr(budget, "MOST_STEPS", 50_000)
    for i in range(18):
        (tmp_path / f"f{i}.rasp").write_text(f'load "f{i + 1}"; load "f{i + 1}";')
    (tmp_path / "f18.rasp").write_text("x = 1;" * 50)
    with pytest.raises(RaspError, match="more than 50,000 steps"):
        hw.rasp.load(tmp_path / "f0.rasp")


def test_files_that_are_too_long(tmp_path: Path) -> None:
    (tmp_path / "long.rasp").write_text("# comment\n" * 10_001)
    with pytest.raises(RaspError, match="more than 100,000 characters"):
        hw.rasp.load(tmp_path / "long.rasp")
    if Path("/dev/zero").exists():
        with pytest.raises(HardwireError, match="more than 100,000 characters"):
            hw.rasp.load(Path("/dev/zero"))


def test_lists_know_what_they_hold() -> None:
    inner = make_list([1, "a" * 25, 2**640])
    assert weight_of(inner) == 1 + 1 + 3 + 11
    assert weight_of(make_list([inner, inner])) == 1 + 2 * weight_of(inner)
    assert make_list([inner, [1]]).depth == 3


def test_lists_from_python() -> None:
    program = hw.rasp.load("def twice(a) { return [a, a]; } def first(a) { return a[0]; }")
    assert program.twice([1, 2]) == [[1, 2], [1, 2]]
    endless: list[Any] = []
    endless.append(endless)
    for given in (endless, [0] * 100_001):
        with pytest.raises(RaspError, match=r"too deep|too large"):
            program.first(given)


def test_work_grows_as_what_it_counts() -> None:
    strings = hw.rasp.load('x = tokens * 60000; y = tokens * (tokens == "a"); z = "ab" * indices;')
    assert work(strings.x.expr, "abcd") > 4 * 6000
    assert work(strings.y.expr, "abcd") < 150
    assert work(strings.z.expr, "abcd" * 100) > 400 * 80
    selectors = hw.rasp.load(
        "a = selector_width(select(tokens, tokens, ==)); b = aggregate(select(indices / 3, 1, <), 1);"
    )
    assert work(selectors.a.expr, "a" * 1000) < 20_000
    assert work(selectors.b.expr, "a" * 1000) > 1_000_000


def test_no_more_of_a_value_is_written_than_is_shown() -> None:
    class Endless(list[Any]):
        def __iter__(self) -> Any:
            while True:
                yield 1

    assert operators.describe(Endless(), 40) == "(list)"


@pytest.mark.parametrize(
    "text",
    ["a = ", "a = 1;", "def f(a) {\n b = a;", "def f(a) {\n b = a;\n return b; }", "a = )", "a = (1,", "exit", "", "x"],
)
def test_a_text_that_grows_is_complete_as_a_whole_one_is(text: str) -> None:
    growing = Growing()
    assert [growing.add(f"{line}\n") for line in text.split("\n")][-1] == (not is_unfinished(text))
    assert growing.text == f"{text}\n"


def test_each_line_of_a_pipe_is_read_once() -> None:
    """A thousand lines of an unfinished function take no longer than in one text, a hundred times."""
    growing = Growing()
    assert not growing.add("def f(a) {\n")
    assert not any(growing.add("b = [a, 1];\n") for _ in range(1000))
    assert growing.add("return b; }\n")
