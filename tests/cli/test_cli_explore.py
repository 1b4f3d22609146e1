"""`hardwire explore`."""

from __future__ import annotations

import json
import re
import webbrowser
from pathlib import Path
from typing import Any

import pytest
from calling import Call, call, in_folder

import hardwire as hw

pytest.importorskip("safetensors")


def fields(path: str) -> dict[str, Any]:
    found = re.search(r'id="hardwire-page">(.*?)</script>', Path(path).read_text("utf-8"), re.DOTALL)
    assert found
    content = json.loads(found[1])
    assert isinstance(content, dict)
    return content


def test_a_page_is_saved(call: Call, in_folder: Path) -> None:
    ran = call("explore add 683+345 -o page.html")
    assert (ran.code, ran.out) == (0, "")
    assert re.fullmatch(r"note: saved as page\.html \(\d+ kB\)\n", ran.err)
    assert Path("page.html").read_text("utf-8") == hw.explore(hw.programs.add, "683+345").html
    assert call("explore sort '[3, 1, 2]' -o sort.html").code == 0
    assert fields("sort.html")["tokens"] == [3, 1, 2]


def test_a_function_of_a_file_is_shown_with_its_source(call: Call, in_folder: Path) -> None:
    Path("p.py").write_text("from hardwire import length\ndef last():\n    return (length - 1).name('end')\n")
    assert call("explore p.py:last abc -o p.html").code == 0
    assert fields("p.html")["code"]["lines"] == [[2, "def last():"], [3, "    return (length - 1).name('end')"]]
    assert call("explore p.py:last abcd --vocab a..z --max-len 30 -o p.html").code == 0
    assert fields("p.html")["tokens"] == [0, 1, 2, 3]


def test_models(call: Call, in_folder: Path) -> None:
    assert call("compile flip -o flip.safetensors --max-len 9").code == 0
    assert call("explore flip.safetensors hello -o a.html").code == 0
    assert fields("a.html")["status"] == "exact up to length 9"
    assert fields("a.html")["code"]["name"] == "The program, step by step"  # the file has no source
    assert call("explore flip.safetensors hello --program flip -o b.html").code == 0
    assert fields("b.html")["code"]["name"] == "flip"
    assert fields("b.html")["status"] == "exact up to length 9"
    assert call("explore models:addition -o c.html").code == 0
    assert fields("c.html")["title"] == "addition"


def test_a_page_is_opened(call: Call, in_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    monkeypatch.setattr(webbrowser, "open", lambda url: opened.append(url) is None)
    assert call("explore flip hello -o flip.html --open").code == 0
    assert opened == [(in_folder / "flip.html").as_uri()]
    assert call("explore flip hello --open").code == 0
    assert Path(opened[1].removeprefix("file://")).read_text("utf-8") == Path("flip.html").read_text("utf-8")
    monkeypatch.setattr(webbrowser, "open", lambda url: False)
    assert "note: no browser was found; open file://" in call("explore flip hello --open").err


def test_what_cannot_be_explored(call: Call, in_folder: Path) -> None:
    ran = call("explore flip")
    assert (ran.code, ran.err.startswith("error: say what to do with the page: -o page.html")) == (2, True)
    ran = call("explore flip -o page.svg")
    assert (ran.code, ran.err) == (2, "error: a live page is saved as .html, not as page.svg\n")
    ran = call("explore flip xyz -o page.html")
    assert (ran.code, "is not in the vocabulary" in ran.err) == (2, True)
    ran = call("explore flip abc -o missing/p.html --vocab abc")
    assert (ran.code, ran.err) == (1, "error: cannot write missing/p.html: the folder missing does not exist\n")
    assert list(in_folder.iterdir()) == []
