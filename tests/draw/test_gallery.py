"""The committed pictures are what the code draws today."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pytest

from alike import alike
from hardwire import programs

FOLDER = Path(__file__).parents[2] / "docs" / "gallery"


@pytest.fixture(scope="module")
def make() -> Any:
    spec = importlib.util.spec_from_file_location("gallery_make", FOLDER / "make.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_no_picture_is_stale(make: Any) -> None:
    drawn = {f"{name}.svg": draw().svg for name, draw in make.pictures()}
    committed = {path.name: path.read_text("utf-8") for path in FOLDER.glob("*.svg")}
    differ = sorted(n for n in drawn.keys() | committed.keys() if not alike(drawn.get(n, ""), committed.get(n, "")))
    assert differ == [], "`make gallery` draws them anew"
    assert (FOLDER / "README.md").read_text("utf-8") == make.page(), "`make gallery` writes it anew"


def test_the_gallery_shows_every_program_and_nothing_that_is_not_there(make: Any) -> None:
    names = [name for name, _ in make.pictures()]
    assert len(names) == len(set(names))
    assert {f"program_{name}" for name in programs.LIBRARY} <= set(names)
    shown = make.page() + (FOLDER.parent / "tutorial.md").read_text("utf-8").replace("(gallery/", "(")
    assert all(f"({name}.svg)" in shown for name in names)


def test_the_readme_shows_pictures_of_the_gallery() -> None:
    text = (FOLDER.parents[1] / "README.md").read_text("utf-8")
    assert text.count("](docs/gallery/") >= 3
