"""The font of PNG files: it comes with the package, is used whatever the system has, and has what pictures need."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import hardwire as hw
from hardwire import programs
from hardwire.draw import metrics, raster, theme

MAKER = Path(__file__).parents[2] / "docs" / "font.py"


@pytest.fixture
def maker() -> ModuleType:
    for tool in ("matplotlib", "fontTools"):
        pytest.importorskip(tool)
    spec = importlib.util.spec_from_file_location("font", MAKER)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def faces() -> list[Any]:
    ttf = pytest.importorskip("fontTools.ttLib")
    return [ttf.TTFont(path) for path in raster.FACES]


def rendered(text: str, family: str, weight: str = "normal", **options: Any) -> bytes:
    resvg = pytest.importorskip("resvg_py")
    page = (
        '<svg xmlns="http://www.w3.org/2000/svg" width="200" height="20">'
        f'<text x="2" y="16" font-family="{family}" font-weight="{weight}">{text}</text></svg>'
    )
    return bytes(resvg.svg_to_bytes(svg_string=page, **options))


@pytest.mark.parametrize("weight", ["normal", "bold"])
def test_the_family_is_ours_whatever_the_system_has(weight: str) -> None:
    text, files = "Mi0 → ✗ ␣ …", {"font_files": list(raster.FACES)}
    alone = rendered(text, raster.FAMILY, weight, skip_system_fonts=True, **files)
    assert alone == rendered(text, raster.FAMILY, weight, **files)
    assert alone != rendered("", raster.FAMILY, weight, skip_system_fonts=True, **files)
    nothing = rendered(text, "No such family", weight, skip_system_fonts=True, **files)
    assert nothing == rendered("", "No such family", weight, skip_system_fonts=True, **files)
    assert rendered(text, raster.FAMILY, "normal", **files) != rendered(text, raster.FAMILY, "bold", **files)


@pytest.mark.parametrize(
    "drawing", [hw.draw(programs.flip(), "hello"), hw.draw(programs.add(), "683+345"), hw.draw(programs.flip(), "a  b")]
)
def test_a_png_is_the_same_without_any_font_of_the_system(drawing: hw.Drawing, monkeypatch: pytest.MonkeyPatch) -> None:
    resvg = pytest.importorskip("resvg_py")
    with_fonts, render = drawing.png, resvg.svg_to_bytes
    seen: list[str] = []

    def without_fonts(**options: Any) -> bytes:
        seen.append(options["svg_string"])
        return bytes(render(**options, skip_system_fonts=True))

    monkeypatch.setattr(resvg, "svg_to_bytes", without_fonts)
    assert drawing.png == with_fonts
    assert seen[0].count(f"'{raster.FAMILY}',{theme.FONT}") == 1  # first of all families, in the one rule that has any
    assert seen[0].count("font-family") == 0


def test_the_font_has_a_name_of_its_own_and_its_licence() -> None:
    for face, style in zip(faces(), ("Regular", "Bold"), strict=True):
        names = {(r.nameID): r.toUnicode() for r in face["name"].names}
        assert (names[1], names[2]) == (raster.FAMILY, style)
        assert not any(word in names[i] for i in (1, 3, 4, 6) for word in ("Bitstream", "Vera", "Arev", "Tavmjong"))
        assert "Bitstream" in names[0]
    licence = Path(raster.FACES[0]).with_name("LICENSE").read_text("utf-8")
    assert "Permission is hereby granted, free of charge" in licence


def test_the_font_has_every_character_of_pictures_and_their_width() -> None:
    for face in faces():
        characters, widths, unit = face.getBestCmap(), face["hmtx"], face["head"].unitsPerEm
        needed = {*map(chr, range(32, 127)), *"→↵⇥␣✗…≠\N{REPLACEMENT CHARACTER}", *metrics.FAILED, *metrics.ELLIPSIS}
        assert {c for c in needed if ord(c) not in characters} == set()
        for code, glyph in characters.items():
            if metrics.ems(chr(code)) == metrics.ADVANCE:
                assert widths[glyph][0] / unit == pytest.approx(metrics.ADVANCE, abs=5e-4), hex(code)


def test_the_font_is_what_its_maker_makes(maker: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(maker, "FOLDER", tmp_path)
    maker.main()
    for kept, path in zip(faces(), raster.FACES, strict=True):
        made = type(kept)(tmp_path / Path(path).name)
        assert made.getBestCmap().keys() == kept.getBestCmap().keys()
        assert [r.toUnicode() for r in made["name"].names if r.nameID in (1, 2, 4, 6)] == [
            r.toUnicode() for r in kept["name"].names if r.nameID in (1, 2, 4, 6)
        ]
