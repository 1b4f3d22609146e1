"""What `draw` gives: text, SVG, HTML and PNG; in notebooks, in files, and without the libraries."""

from __future__ import annotations

import os
import re
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from reading import Picture

import hardwire as hw
from hardwire import before, indices, key, programs, query, tokens
from hardwire.errors import BuildError
from hardwire.extras import install

THINGS: dict[str, Any] = {
    "sop": programs.flip(), "selector": before, "key": key(indices), "query": query(indices),
    "result": programs.flip()("abc"), "trace": programs.flip().trace("abc"),
    "model": hw.compile(programs.flip(), "ehlo", 8), "drawing": hw.draw(before, "abc"),
}  # fmt: skip


def child(code: str, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, env=os.environ | environment
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("thing", THINGS.values(), ids=THINGS)
def test_notebooks_show_a_picture_and_text(thing: Any) -> None:
    bundle = thing._repr_mimebundle_()
    assert set(bundle) == {"text/plain", "image/svg+xml"}
    assert bundle["text/plain"] == repr(thing)
    assert bundle["image/svg+xml"] == thing._repr_svg_()
    Picture(bundle["image/svg+xml"])


def test_handles_are_drawn_on_the_running_example() -> None:
    assert Picture(programs.flip()._repr_svg_()).row("input").cells == list("hello")
    hw.set_example([1, 2])
    try:
        assert Picture(programs.flip()._repr_svg_()).row("input").cells == ["1", "2"]
    finally:
        hw.set_example("hello")


def test_a_notebook_never_fails() -> None:
    def broken(t: str) -> str:
        raise NameError("a typo")

    for x in (tokens.map(broken), key(tokens.map(broken)) == query(1)):
        assert x._repr_mimebundle_() == {"text/plain": repr(x)}
        assert x._repr_svg_() is None
    hw.set_example("a" * 1001)
    try:
        assert set(tokens._repr_mimebundle_()) == {"text/plain"}
    finally:
        hw.set_example("hello")


def test_files(tmp_path: Path) -> None:
    drawing = hw.draw(programs.flip(), "<a&b>")
    for name in ("p.svg", "p.html", "p.txt", "p.SVG"):
        drawing.save(tmp_path / name)
    assert (tmp_path / "p.svg").read_text("utf-8") == drawing.svg == (tmp_path / "p.SVG").read_text("utf-8")
    assert (tmp_path / "p.txt").read_text("utf-8") == f"{drawing}\n"
    page = (tmp_path / "p.html").read_text("utf-8")
    assert page == drawing.html
    assert drawing.svg in page
    assert "<title>flip on &#x27;&lt;a&amp;b&gt;&#x27;</title>" in page
    assert not re.search(r"(src|href)=|url\(|@import|<script", page)  # it needs no other file
    assert sorted(p.name for p in tmp_path.iterdir()) == ["p.SVG", "p.html", "p.svg", "p.txt"]


def test_a_png_is_twice_as_fine(tmp_path: Path) -> None:
    drawing = hw.draw(programs.flip(), "<a&b>")
    drawing.save(tmp_path / "p.png")
    data = (tmp_path / "p.png").read_bytes()
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    size = Picture(drawing.svg).root.attrib
    assert struct.unpack(">II", data[16:24]) == tuple(2 * round(float(size[x])) for x in ("width", "height"))
    assert [p.name for p in tmp_path.iterdir()] == ["p.png"]


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    for name in ("p.gif", "p", "svg"):
        with pytest.raises(BuildError, match=r"saved as \.svg, \.png, \.html or \.txt, not as"):
            hw.draw(tokens, "a").save(tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_a_failed_write_leaves_the_old_picture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "p.svg"
    path.write_text("old")

    def fails(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(os, "replace", fails)
    with pytest.raises(OSError, match="disk full"):
        hw.draw(tokens, "a").save(path)
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["p.svg"]


def test_pictures_do_not_depend_on_the_process() -> None:
    code = (
        "import hashlib, hardwire as hw; from hardwire import programs; "
        "print(hashlib.sha256(hw.draw(programs.add(), '683+345').svg.encode()).hexdigest())"
    )
    assert child(code, PYTHONHASHSEED="1") == child(code, PYTHONHASHSEED="2")


def test_a_png_without_its_library_names_the_extra(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "resvg_py", None)
    with pytest.raises(hw.errors.MissingExtraError, match=re.escape(install("png"))):
        hw.draw(tokens, "a").save(tmp_path / "p.png")
    assert list(tmp_path.iterdir()) == []


def test_drawing_imports_its_library_late() -> None:
    code = "import sys, hardwire as hw; print(hw.draw(hw.before, 'ab') is None, 'svg' in sys.modules)"
    assert child(code) == "False False\n"


def test_the_picture_of_an_addition_is_small() -> None:
    assert len(hw.draw(programs.add(), "683+345").svg.encode()) < 100_000


def test_marimo_shows_pictures_of_everything() -> None:
    flip = hw.programs.flip()
    model = hw.compile(flip, "ehlo", 8)
    for shown in (flip, hw.before, hw.key(hw.tokens), flip("hello"), hw.before("abc"), model):
        kind, picture = shown._display_()._mime_()
        assert (kind, picture[:4]) == ("image/svg+xml", "<svg"), shown
    assert hw.draw(model, "hello")._mime_() == ("image/svg+xml", hw.draw(model, "hello").svg)
    assert flip("h" * 2000)._display_()._mime_()[0] == "text/plain", "too long for a picture"


@pytest.mark.parametrize("path", [None, 5, ""])
def test_what_is_no_path(path: Any) -> None:
    with pytest.raises(BuildError, match=r"^save takes the path of a file, such as 'picture\.svg', not "):
        hw.draw(tokens, "ab").save(path)
