"""`hardwire recipes`."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from calling import Call, call

from hardwire.recipes import RECIPES
from hardwire.recipes.models import MODELS


def test_recipes_are_listed_by_theme(call: Call) -> None:
    ran = call("recipes")
    assert ran.code == 0
    listed = {line.split()[0] for line in ran.lines if line.startswith("  ")}
    assert listed == {*RECIPES, *MODELS}
    assert {r["name"] for r in json.loads(call("recipes --json").out)} == {*RECIPES, *MODELS}


def test_a_recipe_is_shown_with_its_figures(call: Call) -> None:
    ran = call("recipes show minimum")
    for text in ("minimum(x, y)", "Formula: x - relu(x - y).", "Source: Cookbook 4.4.", ">>> ", "claimed bound"):
        assert text in ran.out
    shown = json.loads(call("recipes show minimum --json").out)
    assert shown["Cost"] == "1 neuron."
    assert all(m["worst"] <= m["claimed"] for m in shown["measured"])
    assert "3 layers" in call("recipes show addition").out


def test_models_run(call: Call) -> None:
    assert call("run models:addition 683+345").out == "[0, 0, 0, 1, 0, 2, 8]\n"
    assert call("run models:dyck_unique_hard '[()]' '[(])'").out.split("\n")[0] == "[True, True, True, True]"
    assert call("run models:table_lookup '[2, 0, 1]'").out == "[1, 2, 0]\n"
    for name, m in MODELS.items():
        ran = call(f"run models:{name} '{m.example if isinstance(m.example, str) else json.dumps(m.example)}'")
        assert ran.code == 0
        assert "plain Python agrees" in ran.model
    assert "not a valid input of models:addition" in call("run models:addition 12").err
    assert "not in the vocabulary" in call("run models:dyck1 x").err
    assert "dipped" in call("run models:dyck1 --trace '(())'").out
    shown = json.loads(call("run models:dyck1 --json '()'").out)
    assert (shown["result"], shown["model"]["checked"]) == ([False, True], True)


def test_a_wrong_model_is_noticed(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = replace(MODELS["dyck1"], reference=lambda x: [True] * len(x))
    monkeypatch.setitem(MODELS, "dyck1", wrong)
    ran = call("run models:dyck1 '()'")
    assert ran.code == 1
    assert "the model answers False at position 0" in ran.err


def test_models_certify_draw_and_export(call: Call, tmp_path: Path) -> None:
    assert call("certify models:dyck1").out.startswith("exact up to length 100, in float32")
    assert call("certify models:dyck1 --max-len 6").out.startswith("exact up to length 6, by every input (126)")
    proved = call(f"certify models:addition --max-len 3 -o {tmp_path / 'm.safetensors'}")
    assert proved.out.startswith('exact up to length 3 where the input has one "+", by every input (321)')
    assert "exact up to length 3" in call(f"run {tmp_path / 'm.safetensors'} 1+2").model
    again = call(f"certify {tmp_path / 'm.safetensors'} --program models:addition --max-len 2")
    assert "by every input (21)" in again.out
    assert "plain Python agrees" in call(f"run {tmp_path / 'm.safetensors'} --program models:addition 1+2").model
    assert "those of 17 can be tried" in call("certify models:parity --max-len 40").err
    assert call(f"draw models:addition -o {tmp_path / 'm.svg'}").code == 0
    assert call(f"draw models:dyck_unique_hard '[]' -o {tmp_path / 'd.txt'}").code == 0
    assert call(f"export models:dyck1 --to numpy -o {tmp_path / 'm.npz'}").code == 0
    assert call("verify models:dyck1 --max-len 6").code == 0


def test_what_is_unknown_is_said(call: Call) -> None:
    ran = call("recipes show minimun")
    assert (ran.code, ran.out) == (1, "")
    assert "there is no recipe 'minimun'. Did you mean 'minimum'" in ran.err
    assert "there is no model 'dyck2'" in call("run models:dyck2 x").err
    assert "There is a model of that name: models:addition" in call("run addition 1+1").err
    assert "models:name" in call("run some:thing x").err
    for command in ("run models:addition --interpret 1+1", "verify models:addition", "compile models:dyck1"):
        ran = call(command)
        assert (ran.code, "certify" in ran.err) == (2, True)
