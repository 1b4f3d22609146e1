"""The page of the docs is what the docstrings say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from hardwire.recipes import RECIPES
from hardwire.recipes.models import MODELS
from hardwire.recipes.page import BETTER, HEAD, LOOSE, model_section, section
from hardwire.recipes.probes import measure

DOCS = Path(__file__).parent.parent.parent / "docs"
PAGE = (DOCS / "cookbook.md").read_text("utf-8")
AGAIN = "make it again: python -m hardwire.recipes.page docs"


@pytest.mark.parametrize("name", sorted(RECIPES))
def test_the_page_has_the_recipe_as_it_is(name: str) -> None:
    assert section(RECIPES[name]) in PAGE, AGAIN
    assert f"\n| {name} | " in PAGE, AGAIN


@pytest.mark.parametrize("name", sorted(MODELS))
def test_the_page_has_the_model_as_it_is(name: str) -> None:
    assert model_section(MODELS[name]) in PAGE, AGAIN


def test_the_page_has_the_bounds_as_they_are() -> None:
    """The errors beside them may differ in the last digit from machine to machine."""
    assert all(text in PAGE for text in (HEAD, LOOSE, BETTER)), AGAIN
    rows = {line.split(" | ")[0].removeprefix("| "): line for line in PAGE.splitlines() if line.startswith("| ")}
    for name in RECIPES:
        assert any(f" | {m.claimed:.2g} ({m.at}) | " in rows[name] for m in measure(name)), f"{name}: {AGAIN}"


def test_its_pictures_are_there_and_no_others() -> None:
    shown = set(re.findall(r"\(cookbook/(.*?)\)", PAGE))
    assert shown == {p.name for p in (DOCS / "cookbook").iterdir()}
    assert shown >= {f"model-{name}.svg" for name in MODELS}
