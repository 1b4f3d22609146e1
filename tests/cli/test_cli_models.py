"""The command line with models: running, compiling, saving, verifying."""

from __future__ import annotations

import inspect
import json
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from calling import Call, Ran, call, in_folder

import hardwire as hw
from hardwire.cli.app import FLAGS, app
from hardwire.cli.options import read_vocab


def test_a_transformer_runs(call: Call) -> None:
    ran = call("run add 683+345")
    assert ran == Ran(0, "[0, 0, 0, 1, 0, 2, 8] -> 1028\n", "")
    assert ran.model.startswith("Transformer(3 layers, ")
    assert ran.model.endswith("the interpreter agrees\n")
    assert call("run add 683+345 --interpret").model == ""


def test_what_the_vocabulary_and_length_have_not_is_added(call: Call) -> None:
    ran = call("run flip xyz --json")
    assert json.loads(ran.out)["result"] == ["z", "y", "x"]
    assert len(call(f"run flip {'e' * 150}").lines) == 1
    assert "max_len 150" in call(f"run flip {'e' * 150}").model
    ran = call("run flip xyz --vocab ehlo")
    assert ran.code == 2
    assert "not in the vocabulary" in ran.err
    assert call("run flip hello --max-len 4").code == 2


def test_a_program_of_a_file_is_compiled_for_its_inputs(call: Call, in_folder: Path) -> None:
    Path("p.py").write_text("from hardwire import length\nlast = length - 1\n")
    assert "max_len 5" in call("run p.py:last abc defgh").model
    ran = call("compile p.py:last")
    assert (ran.code, "give --vocab TOKENS and --max-len N" in ran.err) == (2, True)
    assert call("compile p.py:last --vocab ab --max-len 9").lines[0] == "length - 1"


def test_what_cannot_be_compiled_can_be_interpreted(call: Call, in_folder: Path) -> None:
    Path("p.py").write_text("from hardwire import full, tokens\nx = full.value(tokens) * full.value(tokens + 1)\n")
    values = json.dumps(list(range(0, 4000, 2)))
    ran = call(f"run p.py:x '{values}'")
    assert ran.code == 1
    assert ran.err.endswith("    --interpret runs the program without compiling it.\n")
    assert call(f"run p.py:x '{values}' --interpret").code == 0


@pytest.mark.parametrize("command", ["compile", "certify", "optimize"])
@pytest.mark.parametrize(("file", "reason"), [("x.pt", "another format"), ("no/x.safetensors", "does not exist")])
def test_where_no_model_can_be_saved_none_is_computed(call: Call, command: str, file: str, reason: str) -> None:
    ran = call(f"{command} flip -o {file}")
    assert (ran.code, ran.out) == (1, "")
    assert reason in ran.err


def test_compile_saves_a_model(call: Call, in_folder: Path) -> None:
    ran = call("compile flip -o flip.safetensors --vocab abc --max-len 20")
    assert ran.code == 0
    assert ran.lines[:2] == ["flip", hw.load("flip.safetensors").summary().splitlines()[1]]
    assert ran.err.startswith("note: saved as flip.safetensors (")
    ran = call("run flip.safetensors cab")
    assert (ran.out, "not checked" in ran.model) == ("['b', 'a', 'c']\n", True)
    assert "the interpreter agrees" in call("run flip.safetensors cab --program flip").model
    ran = call("run flip.safetensors cab --trace --layers")
    assert (ran.code, ran.lines[0], ran.lines[-1]) == (0, "layers: 2", "['b', 'a', 'c']")
    assert [line.split() for line in ran.lines if line.startswith("length")] == [["length", "1", "3", "3", "3"]]
    assert "decoded from the residual stream of the model" in ran.lines
    steps = json.loads(call("run flip.safetensors cab --trace --json").out)["steps"]
    assert {"name": "flip", "layer": 2, "values": ["b", "a", "c"]} in steps
    assert call("verify flip.safetensors --program flip --samples 50").out.startswith("agrees on ")
    assert call("verify flip.safetensors --samples 50").out.startswith("agrees on "), "its file has the program"
    without = replace(hw.load("flip.safetensors"), source=None, program="")
    without.save("without.safetensors")
    ran = call("verify without.safetensors --samples 50")
    assert (ran.code, "whose file has no program; name its program with --program NAME" in ran.err) == (2, True)
    assert call("run nothing.safetensors x").code == 1


def test_a_model_that_differs_from_its_program(call: Call, in_folder: Path) -> None:
    call("compile flip -o m.safetensors --vocab abc --max-len 20")
    ran = call("verify m.safetensors --program copy --samples 50")
    assert ran.code == 1
    assert ran.out.startswith("differs: on 'ab' at position 0: the program gives 'a', the model 'b'")
    ran = call("run m.safetensors --program copy ab")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith("error: on 'ab' the model answers 'b' at position 0, and the program gives 'a'")


def test_verify_compiles(call: Call) -> None:
    found = json.loads(call("verify dyck1 --max-len 6 --json").out)
    assert found["agrees"]
    assert found["exhaustive"]
    assert found["inputs"] == 127
    assert call("verify flip --program copy").code == 2


def test_stages_are_explained(call: Call) -> None:
    assert "sum (all keys)" in call("compile flip --explain plan").out
    assert "sum: length" in call("compile flip --explain schedule").out
    ran = call("compile flip --explain plann")
    assert (ran.code, "Did you mean 'plan'" in ran.err) == (1, True)


def test_certify(call: Call, in_folder: Path) -> None:
    ran = call("certify flip --max-len 20 -o flip.safetensors")
    assert ran.lines[0] == "exact up to length 20, in float32 arithmetic and any order of summation"
    assert "exact up to length 20" in repr(hw.load("flip.safetensors"))
    found = json.loads(call("certify flip.safetensors --program flip --json").out)
    assert (found["max_len"], found["stored"], "subject" in found) == (20, False, False)
    assert "certificate as stored; `hw.certify` proves it again" in call("run flip.safetensors hello").model
    facts = json.loads(call("run flip.safetensors hello --json").out)["model"]
    assert facts["certificate"] == {"status": "exact up to length 20", "stored": True}
    ran = call("certify flip.safetensors --program copy")
    assert (ran.code, ran.out) == (1, "")
    ran = call("certify flip.safetensors")
    assert (ran.code, ran.lines[0][:23]) == (0, "exact up to length 20, ")
    assert ran.err == "note: the program is the one in the file: 'flip'\n"


def test_a_model_without_a_proof_says_so(call: Call) -> None:
    long = "ab" + "c" * 138
    ran = call(f"run most_frequent {long}")
    assert (ran.code, ran.out) == (0, f"{['c'] * 140}\n")
    first, then = ran.err.splitlines()
    assert first.startswith("warning: not certified: there is no proof that the model is exact up to length 140: ")
    assert then.strip() == (
        "Each answer is still checked against the interpreter. `hardwire compile --longest` finds the largest max_len "
        "with a proof."
    )
    assert "not certified" in ran.model
    assert json.loads(call(f"run most_frequent {long} --json").out)["model"]["certificate"] is None
    certificate = json.loads(call("run add 1+2 --json").out)["model"]["certificate"]
    assert certificate == {"status": "exact up to length 41", "stored": False}


def test_the_longest_with_a_proof(call: Call, in_folder: Path) -> None:
    ran = call("compile most_frequent --longest -o m.safetensors")
    assert ran.code == 0
    assert ran.err.startswith("note: the largest max_len with a proof is 139; the next one has no proof: ")
    assert hw.load("m.safetensors").max_len == 139
    ran = call("compile flip --longest --max-len 9")
    assert "at least 9; the search ended there: 9 was the longest to try" in ran.err
    mean, bad = "mean = same_token.mean(indices)", "bad = tokens.map(lambda t: 1 / 0)"
    Path("p.py").write_text(f"from hardwire import indices, same_token, tokens\n{mean}\n{bad}\n")
    ran = call("compile p.py:mean --vocab ab --longest --max-len 20 --read values")
    assert "the largest max_len with a proof is 11" in ran.err
    ran = call("compile p.py:bad --vocab ab --longest --max-len 4")
    assert (ran.code, "no max_len with a proof was found for p.py:bad" in ran.err) == (2, True)


def test_remedies_are_flags(call: Call) -> None:
    ran = call("compile most_frequent --max-len 140")
    assert ran.code == 1
    assert re.fullmatch(
        r"--dtype float64 has a proof\. (With .* keep=\['part'\], it has a proof\. )?--max-len \d+ has a proof\. "
        r"--longest finds the largest max_len with a proof\. --no-certify compiles without a proof\.",
        ran.err.splitlines()[-1].strip(),
    )
    ran = call("certify most_frequent --max-len 140")
    assert "`hardwire compile --no-certify` compiles without a proof." in ran.err
    ran = call("certify models:dyck1 --max-len 18")
    assert ran.err.splitlines()[-1].strip() == "--max-len 17 tries all inputs of at most so many tokens."


def test_every_remedy_has_a_flag() -> None:
    """Whatever an error may advise as an argument or a call of Python, the command line can spell."""
    sources = [p.read_text("utf-8") for p in Path(hw.__file__).parent.rglob("*.py")]
    named = {name for text in sources for name in re.findall(r'\b(?:Option|Call)\("(\w+)"', text)}
    assert named == set(FLAGS)
    for name, (form, home) in FLAGS.items():
        command = next(c for c in app.registered_commands if (c.name or c.callback.__name__) == home)  # type: ignore[union-attr]
        flag = form.split()[0].removeprefix("--").replace("-", "_")
        assert flag in inspect.signature(command.callback).parameters, name  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("vocab", "tokens"),
    [
        ("0..10", list(range(11))), ("-2..1", [-2, -1, 0, 1]), ("a..e", list("abcde")), ("abc", list("abc")),
        ("[1, 2]", [1, 2]), ("0..0", [0]), (None, None), ("a..", ["a", ".", "."]),
    ],
)  # fmt: skip
def test_vocabularies_as_they_are_typed(vocab: str | None, tokens: list[object] | None) -> None:
    assert read_vocab(vocab) == tokens


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("compile flip --vocab 9..0", "--vocab 9..0 is not a range"),
        ("compile flip --vocab a..10", "--vocab a..10 is not a range"),
        ("compile flip --dtype f64", "'f64' is not one of float32, float64, auto"),
        ("verify flip --samples -5", "Invalid value for '--samples'"),
        ("verify flip --exhaustive -1", "Invalid value for '--exhaustive'"),
    ],
)
def test_options_that_are_refused(call: Call, line: str, message: str) -> None:
    ran = call(line)
    assert (ran.code, ran.out) == (2, "")
    assert message in ran.err


def test_warnings_of_programs_are_messages() -> None:
    command = [sys.executable, "-m", "hardwire", "compile", "add", "--vocab", "abc", "--max-len", "5"]
    ran = subprocess.run(command, capture_output=True, text=True, check=True)
    assert ran.stderr.startswith("warning: add has no value at any position of 100 random inputs")
    assert "site-packages" not in ran.stderr


def test_an_empty_vocabulary_is_refused(call: Call) -> None:
    ran = call("compile flip --vocab ''")
    assert ran.code != 0
    assert "the vocabulary is empty" in ran.err
