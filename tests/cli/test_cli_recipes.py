"""`hardwire recipes`."""

from __future__ import annotations

import json

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
    assert call("recipes run addition 683+345").out == "[0, 0, 0, 1, 0, 2, 8]\n"
    assert call("recipes run dyck_unique_hard '[()]' '[(])' --json").out.split("\n")[0] == "[true, true, true, true]"
    assert call("recipes run table_lookup '[2, 0, 1]'").out == "[1, 2, 0]\n"
    for name in MODELS:
        assert call(f"recipes run {name}").code == 0


def test_what_is_unknown_is_said(call: Call) -> None:
    ran = call("recipes show minimun")
    assert (ran.code, ran.out) == (1, "")
    assert "there is no recipe 'minimun'. Did you mean 'minimum'" in ran.err
    assert "there is no model 'dyck2'" in call("recipes run dyck2").err
