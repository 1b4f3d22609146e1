"""The font of PNG files: `make font` writes src/hardwire/draw/fonts/ from the DejaVu Sans Mono that Matplotlib brings.

It is a subset without hints, under a name of its own: no font of the system can be taken for it.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import matplotlib
from fontTools import subset
from fontTools.ttLib import TTFont

FOLDER = Path(__file__).parent.parent / "src" / "hardwire" / "draw" / "fonts"
SOURCE = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
FACES = {"DejaVuSansMono.ttf": "Regular", "DejaVuSansMono-Bold.ttf": "Bold"}
FAMILY = "Hardwire Mono"

RANGES = (
    *((0x20, 0x7E), (0xA0, 0x17F), (0x370, 0x3FF), (0x400, 0x45F)),  # Latin, Greek, Cyrillic
    *((0x2010, 0x2026), (0x2030, 0x203A), (0x2070, 0x209C), (0x20AC, 0x20AC)),  # punctuation, raised and lowered digits
    *((0x2190, 0x2199), (0x21A6, 0x21A6), (0x21B5, 0x21B5), (0x21D0, 0x21D5), (0x21E5, 0x21E5)),  # arrows
    *((0x2200, 0x222B), (0x2248, 0x2248), (0x2260, 0x2265), (0x2282, 0x2297), (0x22A2, 0x22A5)),  # mathematics
    *((0x2423, 0x2423), (0x2500, 0x2502), (0x2588, 0x2588), (0x25A0, 0x25CF), (0xFFFD, 0xFFFD)),  # signs
    *((0x2713, 0x2713), (0x2717, 0x2717)),
)
"""The characters that the font has. resvg takes others from the fonts of the system, where there are any."""


def make(source: Path, style: str) -> Path:
    """One face of the font, as a file."""
    font = TTFont(source, recalcTimestamp=False)
    options = subset.Options(hinting=False, layout_features=[], name_IDs=["*"], notdef_outline=True, glyph_names=False)
    options.drop_tables += ["FFTM"]
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=[c for first, last in RANGES for c in range(first, last + 1)])
    subsetter.subset(font)
    for record in font["name"].names:
        named = {1: FAMILY, 2: style, 3: f"{FAMILY} {style}", 4: f"{FAMILY} {style}", 6: f"HardwireMono-{style}"}
        record.string = named.get(record.nameID, record.toUnicode())
    for number in (16, 17):  # another family and style for programs that know more than four styles
        font["name"].removeNames(nameID=number)
    path = FOLDER / f"HardwireMono-{style}.ttf"
    font.save(path)
    return path


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    for name, style in FACES.items():
        path = make(SOURCE / name, style)
        print(f"wrote {path} ({path.stat().st_size // 1000} kB)")
    shutil.copyfile(SOURCE / "LICENSE_DEJAVU", FOLDER / "LICENSE")


if __name__ == "__main__":
    main()
