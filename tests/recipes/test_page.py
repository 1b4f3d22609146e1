"""The page of the docs is what the docstrings say."""

from __future__ import annotations

from pathlib import Path

import pytest

from hardwire.recipes import RECIPES
from hardwire.recipes.models import MODELS
from hardwire.recipes.page import model_section, section

PAGE = (Path(__file__).parent.parent.parent / "docs" / "cookbook.md").read_text("utf-8")
AGAIN = "make it again: python -m hardwire.recipes.page docs"


@pytest.mark.parametrize("name", sorted(RECIPES))
def test_the_page_has_the_recipe_as_it_is(name: str) -> None:
    assert section(RECIPES[name]) in PAGE, AGAIN
    assert f"\n| {name} | " in PAGE, AGAIN


@pytest.mark.parametrize("name", sorted(MODELS))
def test_the_page_has_the_model_as_it_is(name: str) -> None:
    assert model_section(MODELS[name]) in PAGE, AGAIN
