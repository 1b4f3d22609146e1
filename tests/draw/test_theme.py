"""The colours: text is readable on every ground, and kinds of cells differ for colour-blind readers too."""

from __future__ import annotations

import itertools

import numpy as np
import numpy.typing as npt
import pytest

from hardwire.draw.theme import DARK, KINDS, LIGHT, STYLE, Palette

Colour = npt.NDArray[np.float64]
PALETTES = pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])

# How the full forms of the three kinds of colour blindness see linear RGB: Gustavo M. Machado, Manuel M. Oliveira,
# Leandro A. F. Fernandes, "A Physiologically-based Model for Simulation of Color Vision Deficiency", 2009, table 1.
SEEN_BY = {
    "everyone": np.eye(3),
    "protanopes": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopes": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritanopes": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}


def linear(colour: str) -> Colour:
    c = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    return np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)


def contrast(a: str, b: str) -> float:
    """The contrast ratio of WCAG 2."""
    high, low = sorted((float(linear(c) @ [0.2126, 0.7152, 0.0722]) for c in (a, b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def lab(rgb: Colour) -> Colour:
    xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]) @ rgb
    t = xyz / [0.9505, 1, 1.089]
    x, y, z = np.where(t > 0.008856, np.cbrt(t), 7.787 * t + 16 / 116)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def distance(a: str, b: str, seen: npt.ArrayLike) -> float:
    """How different two colours look; 2.3 is what can just be told apart."""
    first, second = (lab(np.clip(np.asarray(seen) @ linear(c), 0, 1)) for c in (a, b))
    return float(np.linalg.norm(first - second))


def test_the_measures_are_right() -> None:
    assert contrast("#ffffff", "#000000") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)
    assert distance("#ffffff", "#000000", np.eye(3)) == pytest.approx(100, abs=0.1)
    assert distance("#00aa00", "#aa5500", SEEN_BY["deuteranopes"]) < distance("#00aa00", "#aa5500", np.eye(3)) / 3


@PALETTES
def test_text_is_readable(palette: Palette) -> None:
    for fill in palette.fills.values():
        assert contrast(fill.text, fill.ground) >= 4.5
        for ground in (palette.card, palette.panel):
            assert contrast(fill.name, ground) >= 4.5
            assert contrast(fill.line, ground) >= 3  # outlines need less
    for ground in (palette.card, palette.panel):
        assert contrast(palette.ink, ground) >= 7
        assert contrast(palette.muted, ground) >= 4.5
    assert contrast(palette.on_selected, palette.selected) >= 4.5
    assert contrast(palette.selected, palette.cell) >= 4.5
    assert contrast(palette.wrong, palette.cell) >= 4.5


@PALETTES
@pytest.mark.parametrize("reader", SEEN_BY)
def test_kinds_of_cells_look_different_to_everyone(palette: Palette, reader: str) -> None:
    for a, b in itertools.combinations(("key", "query", "value", "result", "input"), 2):
        grounds = distance(palette.fills[a].ground, palette.fills[b].ground, SEEN_BY[reader])
        assert grounds >= 8, (a, b, grounds)


def test_every_kind_has_its_colours_in_the_style() -> None:
    for kind in KINDS:
        for palette in (LIGHT, DARK):
            assert f".hw-{kind}>rect{{fill:{palette.fills[kind].ground};" in STYLE
    hue = {k: LIGHT.fills[k].line for k in ("key", "query", "value")}
    red, green, blue = (linear(hue[k]).argmax() for k in ("value", "query", "key"))
    assert (red, green, blue) == (0, 1, 0)  # values red, queries green, keys orange: red with green in it
    assert linear(hue["key"])[1] > 3 * linear(hue["value"])[1] > 0
