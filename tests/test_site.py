"""The documentation site: every public name is in the reference, and the search finds it."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import types
from pathlib import Path
from typing import Any

import pytest

import hardwire as hw

ROOT = Path(__file__).parent.parent
SITE = ROOT / "site"


@pytest.fixture(scope="module")
def conf() -> Any:
    spec = importlib.util.spec_from_file_location("conf", ROOT / "docs" / "conf.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def documented(conf: Any, module: str) -> list[str]:
    return [
        name for _, modules in conf.REFERENCE.values() for m, names in modules.items() if m == module for name in names
    ]


def test_every_public_name_is_in_the_reference_once(conf: Any) -> None:
    names = documented(conf, "hardwire")
    public = {n for n in {*hw.__all__, "compile"} if not isinstance(getattr(hw, n), types.ModuleType)}
    assert sorted(names) == sorted(public)
    for package in (n for n in hw.__all__ if isinstance(getattr(hw, n), types.ModuleType)):
        module = getattr(hw, package)
        if package == "tracr":  # Tracr's own modules: docs/tracr.md has their names
            assert documented(conf, "hardwire.tracr") == ["to_hardwire"]
        else:
            wanted = getattr(module, "__all__", None) or [n for n, x in vars(module).items() if conf.is_error(x)]
            assert sorted(documented(conf, f"hardwire.{package}")) == sorted(wanted), package


def test_every_page_is_in_a_chapter(conf: Any) -> None:
    docs = ROOT / "docs"
    pages = {p.relative_to(docs).with_suffix("").as_posix() for p in docs.rglob("*.md")}
    chapters = [page for pages in conf.CHAPTERS.values() for page in pages if not page.startswith("api/")]
    assert sorted(chapters) == sorted(pages - {"index"})


def test_live_pages_are_listed_and_written(conf: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("safetensors")
    live = conf.live_pages
    subjects = list(live.subjects())
    files = [s.file for s in subjects]
    assert len(set(files)) == len(files)
    assert {*hw.programs.LIBRARY} <= {*files}
    assert {f"models_{name}" for name in live.models.MODELS} <= {*files}
    assert all(f'href="live/{file}.html"' in live.listing() for file in files)
    chosen = [s for s in subjects if s.file in ("flip", "models_dyck1", "writers_copy")]
    monkeypatch.setattr(live, "subjects", lambda: iter(chosen))
    live.write(tmp_path)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["flip.html", "models_dyck1.html", "writers_copy.html"]
    assert 'src="live/flip.html"' in live.FRAME
    gallery = (ROOT / "docs" / "gallery" / "README.md").read_text("utf-8")
    cookbook = (ROOT / "docs" / "cookbook.md").read_text("utf-8")
    linked = [live.file(m[1]) for page in (gallery, cookbook) for m in conf.PICTURE.finditer(page)]
    assert {*linked} == {*hw.programs.LIBRARY, *(f"models_{name}" for name in live.models.MODELS)}
    assert {*linked} <= {*files}


def test_the_start_page_has_a_picture_and_a_live_page_first(conf: Any) -> None:
    source = [(ROOT / "docs" / "index.md").read_text("utf-8")]
    conf.read(None, "index", source)
    before, _, after = source[0].partition('<div class="first">')
    assert "```" not in before
    assert after.index("program_flip.svg") < after.index("<iframe") < after.index("```")


def test_a_docstring_keeps_its_characters(conf: Any) -> None:
    lines = ["a * b | c_ and `x * y`", "Bound: e.", ">>> x * y", "[1, 2]", "", "q * r"]
    assert conf.escaped(lines) == [r"a \* b \| c\_ and `x * y`", ":Bound: e.", ">>> x * y", "[1, 2]", "", r"q \* r"]


def test_the_search_of_the_site_works_without_a_server() -> None:
    chromium = shutil.which("chromium")
    if chromium is None or not (SITE / "search.html").exists():
        pytest.skip("no Chromium" if chromium is None else "no site: `make docs` builds it")
    command = [chromium, "--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=20000", "--dump-dom"]
    url = f"{(SITE / 'search.html').as_uri()}?q=certificate"
    shown = subprocess.run([*command, url], capture_output=True, text=True, timeout=120, check=True).stdout
    assert "exactness.html" in shown
