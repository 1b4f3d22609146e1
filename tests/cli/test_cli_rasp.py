"""Original RASP on the command line: programs in files, and the REPL."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from calling import Call, call, in_folder

from hardwire.extras import install

PROGRAMS = """
backwards = reverse(tokens);
total = aggregate(full_s, tokens_int) * length;
def choose(a, b) { return a; }
def whole() { return length; }
k = 3;
"""


@pytest.fixture
def file(in_folder: Path) -> Path:
    path = in_folder / "some.rasp"
    path.write_text(PROGRAMS)
    return path


def test_a_program_of_a_file_runs(call: Call, file: Path) -> None:
    assert call("run some.rasp:backwards hello abc").lines[:2] == ["['o', 'l', 'l', 'e', 'h']", "['c', 'b', 'a']"]
    assert call("run some.rasp:total '[1, 2, 3]'").lines == ["[6.0, 6.0, 6.0]"]
    assert call("run some.rasp:whole ab").lines == ["[2, 2]"]


def test_it_is_verified_and_compiled(call: Call, file: Path) -> None:
    assert call("verify some.rasp:backwards --vocab abc --max-len 5").lines[0].startswith("agrees on every input")
    assert call("compile some.rasp:backwards --vocab abc --max-len 5 -o b.safetensors").code == 0
    assert call("run b.safetensors abc").lines == ["['c', 'b', 'a']"]


@pytest.mark.parametrize(
    ("name", "code", "said"),
    [
        ("some.rasp:k", 2, "error: some.rasp:k is an int; it must be a sop"),
        ("some.rasp:choose", 2, "error: some.rasp:choose needs arguments"),
        (
            "some.rasp:backward",
            2,
            "error: there is no program in some.rasp named 'backward'. Did you mean 'backwards'?",
        ),
        ("some.rasp", 2, "error: some.rasp is a file; name a program in it, as in some.rasp:NAME"),
        ("none.rasp:k", 2, "error: cannot read none.rasp: the file does not exist"),
        ("bad.rasp:a", 1, "error: bad.rasp, line 2, column 5: expected an expression, not `;`\n    a = ;\n        ^"),
    ],
)
def test_what_goes_wrong(call: Call, file: Path, name: str, code: int, said: str) -> None:
    Path("bad.rasp").write_text("b = 1;\na = ;\n")
    ran = call(f"run {name} abc")
    assert ran.code == code
    assert ran.err.startswith(said)


def test_the_repl_reads_from_a_pipe(call: Call, file: Path) -> None:
    ran = call("repl some.rasp", stdin='k + 1;\ndraw(backwards, "ab");\nexit\n')
    assert ran.code == 0
    assert ran.lines[:3] == ["RASP 0.1", "running example is: hello", "     s-op: backwards"]
    assert ran.lines[-2:] == [">>     value: out =  4", ">> \t =  [b, a] (strings)"] or ran.lines[-3:] == [
        ">>     value: out =  4", ">> \t =  [b, a] (strings)", ">> ",
    ]  # fmt: skip
    assert Path("comp_flows/backwards.svg").read_text().startswith("<svg")


def test_the_repl_without_its_files(call: Call, in_folder: Path) -> None:
    assert call("repl none.rasp").err == "error: the file none.rasp does not exist\n"


@pytest.mark.parametrize(("missing", "what"), [("lark", "original RASP"), ("prompt_toolkit", "the REPL")])
def test_a_missing_extra_is_named(missing: str, what: str) -> None:
    code = (
        f"import sys; sys.modules[{missing!r}] = None\n"
        "from hardwire.rasp import repl, session; repl._terminal(session.Session(None))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stderr.splitlines()[-1] == (
        f"hardwire.errors.MissingExtraError: {what} needs an optional package. Install it with: {install('rasp')}"
    )
