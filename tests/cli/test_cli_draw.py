"""`hardwire draw`."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
from calling import Call, call, in_folder

import hardwire as hw
from hardwire import programs
from hardwire.extras import install


def test_a_picture_is_printed_as_text(call: Call) -> None:
    ran = call("draw flip abc")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == f"{hw.draw(programs.flip(), 'abc')}\n"
    assert call("draw sort '[3, 1, 2]'").out == f"{hw.draw(programs.sort(), [3, 1, 2])}\n"
    assert call("draw add").out == f"{hw.draw(programs.add(), '683+345')}\n"


@pytest.mark.parametrize("suffix", ["svg", "html", "png", "txt"])
def test_a_picture_is_saved(call: Call, in_folder: Path, suffix: str) -> None:
    path = in_folder / f"p.{suffix}"
    ran = call(f"draw add 683+345 -o {path.name}")
    assert (ran.code, ran.out) == (0, "")
    assert re.fullmatch(rf"note: saved as p\.{suffix} \([\d,]+ kB\)\n", ran.err)
    drawing = hw.draw(programs.add(), "683+345")
    assert path.read_bytes() == (drawing.png if suffix == "png" else _content(drawing, suffix))


def _content(drawing: hw.Drawing, suffix: str) -> bytes:
    return {"svg": drawing.svg, "html": drawing.html, "txt": f"{drawing}\n"}[suffix].encode()


def test_a_model_is_drawn_alone_or_beside_its_program(call: Call, in_folder: Path) -> None:
    assert call("draw flip hello --model -o m.svg").code == 0
    assert "flip: the model on" in Path("m.svg").read_text("utf-8")
    assert call("draw flip hello --beside -o b.svg").code == 0
    assert "they agree at every position" in Path("b.svg").read_text("utf-8")
    assert call("draw flip xyz --model").out.splitlines()[1] == "'xyz'"  # tokens that the library's vocabulary lacks
    assert call("compile flip -o flip.safetensors --max-len 9").code == 0
    assert call("draw flip.safetensors hello -o f.svg").code == 0
    assert "flip: the model on" in Path("f.svg").read_text("utf-8")
    assert call("draw flip.safetensors hello --program flip -o f.svg").code == 0
    assert "flip: program and model on" in Path("f.svg").read_text("utf-8")


def test_a_program_of_a_file(call: Call, in_folder: Path) -> None:
    Path("p.py").write_text("from hardwire import length\nlast = length - 1\n")
    assert call("draw p.py:last abc --causal").out.splitlines()[1] == "  'abc' -> [0, 1, 2]"
    assert call("draw p.py:last abc --model").code == 0
    ran = call("draw p.py:last")
    assert (ran.code, ran.err) == (2, "error: p.py:last has no example of its own; give an input to draw\n")


def test_what_cannot_be_drawn(call: Call, in_folder: Path) -> None:
    ran = call("draw flip abc -o p.gif")
    assert (ran.code, "saved as .svg, .png, .html or .txt, not as p.gif" in ran.err) == (2, True)
    assert call("draw nothing abc").code == 2
    ran = call(f"draw flip {'a' * 1001} -o p.svg")
    assert (ran.code, "at most 1,000 positions" in ran.err) == (2, True)
    ran = call("draw flip abc -o missing/p.svg")
    assert (ran.code, ran.err) == (1, "error: cannot write missing/p.svg: the folder missing does not exist\n")
    assert list(in_folder.iterdir()) == []


def test_a_missing_extra_is_named(call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "resvg_py", None)
    ran = call(f"draw flip abc -o {tmp_path}/p.png")
    assert (ran.code, install("png") in ran.err) == (1, True)
    assert list(tmp_path.iterdir()) == []
