"""The command line: what it prints, where, and with which exit code."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from calling import Call, Ran, call, in_folder

import hardwire
from hardwire import programs
from hardwire.cli import app as main_app
from hardwire.cli import run as running
from hardwire.cli import show

PROCESS = [sys.executable, "-m", "hardwire"]


# Results.


def test_the_main_job(call: Call) -> None:
    ran = call("run add 683+345")
    assert ran == Ran(0, "[0, 0, 0, 1, 0, 2, 8] -> 1028\n", "")


def test_several_inputs_are_several_lines(call: Call) -> None:
    assert call("run flip abc hello ''").lines == ["['c', 'b', 'a']", "['o', 'l', 'l', 'e', 'h']", "[]"]


@pytest.mark.parametrize("line", ["run length", "run length -"])
def test_lines_of_stdin_are_inputs(call: Call, line: str) -> None:
    ran = call(line, stdin="abc\n\nhello\r\nab c")
    assert ran == Ran(0, "[3, 3, 3]\n[]\n[5, 5, 5, 5, 5]\n[4, 4, 4, 4]\n", "")


def test_stdin_stands_where_its_dash_does(call: Call) -> None:
    assert call("run length a - abc", stdin="ab\n").lines == ["[1]", "[2, 2]", "[3, 3, 3]"]


def test_more_lines_than_one_batch_keep_their_order(call: Call) -> None:
    texts = ["x" * (i % 7) for i in range(2 * running.TOGETHER + 5)]
    assert call("run length", stdin="\n".join(texts) + "\n").lines == [str([len(t)] * len(t)) for t in texts]


def test_lists_are_json(call: Call) -> None:
    assert call("run cumsum '[1, 2, 3]'").lines == ["[1, 3, 6]"]
    assert call("""run flip --interpret '[1, [2, "b"], null, true, 0.5]'""").lines == ["[0.5, True, None, (2, 'b'), 1]"]


def test_text_that_starts_like_a_list(call: Call) -> None:
    assert call("run flip --text '[1]'") == Ran(0, "[']', '1', '[']\n", "")
    assert call("run flip '[(]'").out == call("run flip --text '[(]'").out == "[']', '(', '[']\n"
    assert call("run flip '[(]'").err == "", "brackets are the tokens of some programs"
    for text, out in (("['a']", "[5, 5, 5, 5, 5]\n"), ("[1", "[2, 2]\n"), ("[3, 1", "[5, 5, 5, 5, 5]\n")):
        ran = call(f'run length "{text}"')
        assert (ran.code, ran.out) == (0, out)
        assert ran.err.startswith(f"note: {text!r} is not a JSON list"), ran.err
        assert "so its characters are the tokens; --text avoids this note" in ran.err


def test_layers(call: Call) -> None:
    assert call("run flip abc --layers").lines == ["layers: 2", "['c', 'b', 'a']"]


def test_causal(call: Call) -> None:
    assert call("run length abc --causal").lines == ["[1, 2, 3]"]


def test_an_input_that_is_not_valid_gets_no_answer(call: Call) -> None:
    ran = call("run add 12")
    assert ran.code == 0
    assert "->" not in ran.out
    assert ran.err == "note: '12' is not a valid input of add, so the result may be meaningless\n"


def test_json(call: Call) -> None:
    ran = call("run add 683+345 1+2 --json --layers")
    first, second = map(json.loads, ran.lines)
    model = first.pop("model")
    assert (model["layers"], model["checked"]) == (3, True)
    assert first == {
        "program": "add", "input": "683+345", "layers": programs.add().layers,
        "result": [0, 0, 0, 1, 0, 2, 8], "answer": "1028",
    }  # fmt: skip
    assert second["answer"] == "3"


def test_json_of_what_json_has_not(call: Call, in_folder: Path) -> None:
    Path("p.py").write_text(
        "from hardwire import indices\nodd = indices.map(lambda i: [1e999, (1, 'a'), 2 + 0 * i][i])\n"
    )
    assert json.loads(call("run p.py:odd abc --json --interpret").out)["result"] == ["inf", [1, "a"], 2]


def test_json_of_an_error(call: Call) -> None:
    ran = call("run atoi 12 x3 45 --json")
    records = [json.loads(line) for line in ran.lines]
    assert [r.get("result") for r in records] == [[1, 2], None, [4, 5]]
    assert records[1]["error"].startswith("'x' at position 0 of the input is not in the vocabulary\n")
    assert ran.code == 2


# Tables.


def test_trace(call: Call) -> None:
    ran = call("run flip 'a b' --trace")
    assert ran == Ran(
        0,
        "step    layer    a  ' '    b\n"
        "full        0    3    3    3\n"
        "length      1    3    3    3\n"
        "flip        2  'b'  ' '  'a'\n"
        "selectors (full): how many keys each position selects\n"
        "['b', ' ', 'a']\n",
        "",
    )


def test_a_trace_of_an_unnamed_program_ends_with_its_result(call: Call, in_folder: Path) -> None:
    Path("p.py").write_text("from hardwire import length\nlast = length - 1\n")
    assert [line.split() for line in call("run p.py:last ab --trace").lines[-3:-1]] == [
        ["result", "1", "1", "1"],
        ["selectors", "(full):", "how", "many", "keys", "each", "position", "selects"],
    ]


def test_a_long_trace_is_elided(call: Call) -> None:
    ran = call(f"run flip {'abcdefghij' * 30} --trace")
    rows = ran.lines[:4]
    assert all("…" in row and len(row) <= show.PLAIN_WIDTH for row in rows)
    assert max(map(len, rows)) > show.PLAIN_WIDTH - 8
    assert " of 300 positions left out" in ran.lines[4]
    steps = json.loads(call(f"run flip {'abcdefghij' * 30} --trace --json").out)["steps"]
    assert [len(s["values"]) for s in steps] == [300] * len(steps)


def test_a_trace_shows_where_a_failure_is(call: Call, in_folder: Path) -> None:
    Path("p.py").write_text("from hardwire import tokens\nnumber = tokens.int().name('number')\n")
    ran = call("run p.py:number 1x --trace")
    assert ran.lines[1].split() == ["number", "0", "1", "✗"]
    assert ran.code == 1
    assert "no value at position 1" in ran.err


def test_the_trace_of_an_empty_input(call: Call) -> None:
    assert call("run flip '' --trace").code == 0


def test_list(call: Call) -> None:
    ran = call("list")
    assert (ran.code, ran.err) == (0, "")
    names = [line.split()[0] for line in ran.lines if line.startswith("  ")]
    assert sorted(names) == sorted(programs.LIBRARY)
    line = next(line for line in ran.lines if line.startswith("  flip "))
    assert line.split(maxsplit=2)[:2] == ["flip", "2"]
    assert programs.flip.summary in line
    assert line.endswith("hello")
    assert "\x1b" not in ran.out


def test_list_as_json(call: Call) -> None:
    described = {p["name"]: p for p in json.loads(call("list --json").out)}
    assert described.keys() == programs.LIBRARY.keys()
    assert described["flip"] == {
        "name": "flip", "theme": "basics", "layers": 2, "summary": programs.flip.summary,
        "example": "hello", "vocab": list("ehlo"), "max_len": 100,
    }  # fmt: skip


@pytest.mark.parametrize("name", programs.LIBRARY)
def test_every_program_runs_on_its_example(call: Call, name: str) -> None:
    program = programs.get(name)
    ran = call(shlex.join(["run", name, show.typed(program), "--json"]))
    assert (ran.code, ran.err) == (0, "")
    record = json.loads(ran.out)
    assert record["model"]["checked"]
    assert record["result"] == pytest.approx(list(program()(program.example)), abs=1e-6)


# Programs in files.

PROGRAM = """
from steps import step
from hardwire import Selector, before, indices, tokens
from hardwire.programs import flip

double = indices * 2

def shifted(by=step):
    return indices + by

def needs(by):
    return indices + by

def number():
    return 1

def broken():
    return tokens.map(lambda t: undefined_name)

def refuses():
    return tokens & 3

def plain():
    raise ValueError("no such luck")

selector = before
value = 3
"""


@pytest.fixture
def file(in_folder: Path) -> Path:
    (in_folder / "sub").mkdir()
    (in_folder / "sub" / "steps.py").write_text("step = 10\n")
    path = in_folder / "sub" / "prog.py"
    path.write_text(PROGRAM)
    return path


@pytest.mark.parametrize(
    ("name", "result"), [("double", "[0, 2]"), ("shifted", "[10, 11]"), ("flip", "['b', 'a']")], ids=str
)
def test_a_program_of_a_file(call: Call, file: Path, name: str, result: str) -> None:
    assert call(f"run sub/prog.py:{name} ab") == Ran(0, f"{result}\n", "")
    assert call(f"run {file}:{name} ab").out == f"{result}\n"
    assert not list(file.parent.glob("__pycache__/prog*")), "nothing is written beside the file"


@pytest.mark.parametrize(
    ("name", "code", "message"),
    [
        ("doubl", 2, "there is no program in sub/prog.py named 'doubl'. Did you mean 'double'?"),
        ("needs", 2, "sub/prog.py:needs needs arguments"),
        ("number", 2, "sub/prog.py:number() returns an int; it must return a sop"),
        ("selector", 2, "sub/prog.py:selector is a Selector; it must be a sop"),
        ("value", 2, "sub/prog.py:value is an int; it must be a sop"),
        ("Selector", 2, "sub/prog.py:Selector is a type; it must be a sop"),
        ("broken", 1, "sub/prog.py, line 18: NameError: name 'undefined_name' is not defined"),
        ("refuses", 1, "sub/prog.py, line 21: 3 is an operand of `&`"),
        ("plain", 1, "sub/prog.py, line 24: ValueError: no such luck"),
    ],
    ids=lambda x: x if isinstance(x, str) and x.isidentifier() else "",
)
def test_what_is_wrong_with_a_program_of_a_file(call: Call, file: Path, name: str, code: int, message: str) -> None:
    ran = call(f"run sub/prog.py:{name} ab")
    assert (ran.code, ran.out) == (code, "")
    assert ran.err.startswith(f"error: {message}")
    assert "Traceback" not in ran.err


def test_the_programs_of_a_file_are_listed(call: Call, in_folder: Path) -> None:
    (in_folder / "p.py").write_text("from hardwire import *\nstep = indices + 1\nlast = tokens.map(str)\n")
    assert call("run p.py:x ab").err == "error: there is no program in p.py named 'x'. Known: 'step', 'last'.\n"


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("x = (", "SyntaxError: '(' was never closed"),
        ("import no_such_module", "p.py, line 1: ModuleNotFoundError: No module named 'no_such_module'"),
        ("\n\n1 / 0", "p.py, line 3: ZeroDivisionError: division by zero"),
        ("import sys; sys.exit(3)", "RuntimeError: p.py ended with sys.exit(3)"),
        ("from hardwire import programs; programs.get('flp')", "p.py, line 1: there is no program 'flp'."),
    ],
)
def test_a_file_that_cannot_be_loaded(call: Call, in_folder: Path, source: str, message: str) -> None:
    Path("p.py").write_text(source)
    ran = call("run p.py:x ab")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith(f"error: {message}")
    assert "Traceback" not in ran.err


# Errors.


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("run flp abc", "error: there is no program 'flp'. Did you mean 'flip'? `hardwire list` shows all.\n"),
        ("run zzzzzz abc", "error: there is no program 'zzzzzz'. `hardwire list` shows all.\n"),
        ("run prog.py abc", "error: prog.py is a file; name a program in it, as in prog.py:NAME\n"),
        ("run prog.txt:x abc", "error: prog.txt:x does not name a program; write a library name"),
        ("run prog.py:x abc", "error: cannot read prog.py: No such file or directory\n"),
        ("run flip '[1, {}]'", "error: the input has no value at position 1: a dict is not a value"),
        ("run flip '[NaN]'", "error: the input has no value at position 0: nan is not a value"),
        (f"run flip [{'9' * 5000}]", "error: the input '[999"),
        ("rn", "No such command 'rn'. Did you mean 'run'?"),
        ("run", "Missing argument 'NAME'"),
        ("run flip abc --no-such", "No such option: --no-such"),
    ],
)
def test_bad_usage(call: Call, in_folder: Path, line: str, message: str) -> None:
    ran = call(line)
    assert (ran.code, ran.out) == (2, "")
    assert message in ran.err
    assert "Traceback" not in ran.err


def test_stdin_that_is_no_text(call: Call) -> None:
    ran = call("run flip", stdin=b"ab\n\xff\xfe\n")
    assert ran.code == 2
    assert "standard input is not utf-8 text" in ran.err


def test_an_error_says_where(call: Call) -> None:
    ran = call("run atoi 68a+345")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.splitlines() == [
        "error: 'a' at position 2 of the input is not in the vocabulary",
        "    68a+345",
        "      ^ the vocabulary is '0123456789'",
    ]
    assert "the vocabulary is '0123456789+'" in call("run add 683-345").err
    assert "where(" not in call("run add 683-345").err
    assert call("run add 683-345 --vocab 0123456789+-").code == 1, "then it is no question of the vocabulary"


def test_an_error_of_the_interpreter_says_where(call: Call) -> None:
    ran = call("run atoi 68a+345 --interpret")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.splitlines()[:3] == [
        "error: tokens.map(int) has no value at position 2",
        "    68a+345",
        "      ^ on 'a': ValueError: invalid literal for int() with base 10: 'a'",
    ]
    assert "    atoi is made for other tokens: 'a' at position 2" in ran.err


def test_failures_are_kept_in_place(call: Call, in_folder: Path) -> None:
    ran = call("run atoi 6a3 --keep")
    assert (ran.code, ran.out, ran.err) == (0, "[6, ✗, 3]\n", "")
    assert call("run atoi 6a3 --keep --interpret").out == ran.out
    result = json.loads(call("run atoi 6a3 --keep --json").out)["result"]
    assert (result[0], list(result[1]), result[2]) == (6, ["failed"], 3)
    Path("p.py").write_text("from hardwire import indices\nx = 6 // indices\n")
    ran = call("run p.py:x abc")
    assert ran.code == 1
    assert ran.err.splitlines()[-1].strip() == (
        "Guard it with where(condition, x, other), or keep failures in place: --keep."
    )
    assert call("run p.py:x abc --keep").out == "[✗, 6, 3]\n"


COMMANDS = [c.name or getattr(c.callback, "__name__", "") for c in main_app.registered_commands]


@pytest.mark.parametrize("line", ["", *COMMANDS, "puzzles", "puzzles check", "recipes show"])
def test_h_is_help(call: Call, line: str) -> None:
    ran = call(f"{line} -h")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith(f"Usage: hardwire {line}".rstrip())
    assert ran == call(f"{line} --help")


def test_one_bad_input_stops_no_other(call: Call) -> None:
    ran = call("run atoi", stdin="12\nx\n45\n")
    assert (ran.code, ran.lines) == (2, ["[1, 2]", "[4, 5]"])
    assert call("run flip abc '[{}]' d").lines == ["['c', 'b', 'a']", "['d']"]


def test_text_where_numbers_are_meant(call: Call) -> None:
    ran = call("run window_sum 13222")
    assert ran.code == 2
    assert ran.err.endswith("give a list: hardwire run window_sum '[1, 3, 2, 2, 2]'\n")


def test_debug_shows_the_traceback(call: Call, file: Path) -> None:
    ran = call("run sub/prog.py:plain ab --debug")
    assert ran.code == 1
    assert "Traceback (most recent call last)" in ran.err
    assert 'raise ValueError("no such luck")' in ran.err


def test_the_list_of_commands_cuts_no_summary(call: Call) -> None:
    for line in ("--help", "puzzles --help", "recipes --help"):
        assert "..." not in call(line).out.partition("Commands:")[2]


def test_every_command_shows_examples_that_can_be_typed() -> None:
    commands = typer.main.get_command(main_app).commands  # type: ignore[attr-defined]
    for name, command in commands.items():
        examples = [line.strip() for line in (command.epilog or "").splitlines() if line.startswith("  hardwire ")]
        assert examples or name in ("list", "puzzles", "recipes")
        for example in examples:
            program, used, *arguments = shlex.split(example.partition(" < ")[0], comments=True)
            assert (program, used in commands) == ("hardwire", True)
            commands[used].make_context(used, arguments)  # raises for an unknown option


def test_no_arguments_show_the_help(call: Call) -> None:
    ran = call("")
    assert "Usage: hardwire" in ran.out + ran.err
    assert ran.code == 2


def test_version(call: Call) -> None:
    assert call("--version") == Ran(0, f"hardwire {hardwire.__version__}\n", "")


# As a process of its own.


def test_output_does_not_depend_on_the_surroundings() -> None:
    outputs = set()
    for extra in (
        {},
        {"COLUMNS": "40", "FORCE_COLOR": "1", "TERM": "xterm-256color"},
        {"NO_COLOR": "1", "TERM": "dumb"},
    ):
        for command in (["list"], ["run", "add", "683+345", "--trace"]):
            done = subprocess.run([*PROCESS, *command], capture_output=True, env={**os.environ, **extra})
            assert done.returncode == 0
            assert b"\x1b" not in done.stderr
            outputs.add(done.stdout)
    assert len(outputs) == 2


def test_an_encoding_that_lacks_characters_stops_nothing() -> None:
    env = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = subprocess.run([*PROCESS, "run", "flip", "a" * 99, "é", "--trace"], capture_output=True, env=env)
    assert done.returncode == 0, done.stderr
    assert rb"\u2026" in done.stdout


@pytest.mark.skipif(not hasattr(signal, "SIGPIPE"), reason="no pipes to break")
def test_a_broken_pipe_is_silent() -> None:
    command = f"yes hello | {shlex.join(PROCESS)} run flip | head -n 2"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=60)
    assert done.stdout.splitlines() == ["['o', 'l', 'l', 'e', 'h']"] * 2
    assert done.stderr == ""
