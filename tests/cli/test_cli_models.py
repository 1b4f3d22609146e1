"""The command line with models: running, compiling, saving, verifying."""

from __future__ import annotations

import json
from pathlib import Path

from calling import Call, Ran, call, in_folder

import hardwire as hw


def test_a_transformer_runs(call: Call) -> None:
    ran = call("run add 683+345")
    assert ran == Ran(0, "[0, 0, 0, 1, 0, 2, 8] -> 1028\n", "")
    assert ran.model.startswith("Transformer(6 layers, ")
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


def test_compile_saves_a_model(call: Call, in_folder: Path) -> None:
    ran = call("compile flip -o flip.safetensors --vocab abc --max-len 20")
    assert ran.code == 0
    assert ran.lines[:2] == ["flip", hw.load("flip.safetensors").summary().splitlines()[1]]
    assert ran.err.startswith("note: saved as flip.safetensors (")
    ran = call("run flip.safetensors cab")
    assert (ran.out, "not checked" in ran.model) == ("['b', 'a', 'c']\n", True)
    assert "the interpreter agrees" in call("run flip.safetensors cab --program flip").model
    assert call("run flip.safetensors cab --trace").code == 2
    assert call("verify flip.safetensors --program flip --samples 50").out.startswith("agrees on ")
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
    assert "sum: length" in call("compile flip --explain plan").out
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
    assert call("certify flip.safetensors").code == 2
