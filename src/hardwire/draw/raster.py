"""SVG to PNG, by resvg (the extra `png`), a wheel that needs no system library, and a font of this package.

The font (made by docs/font.py) is a subset of DejaVu Sans Mono under a different name, so that no system font replaces
it: the same picture gives the same PNG on every machine. Characters that it lacks are taken from system fonts.
"""

from __future__ import annotations

from pathlib import Path

from ..errors import MissingExtraError
from .theme import FONT

ZOOM = 2
"""Dots per pixel."""

FAMILY = "Hardwire Mono"
FACES = tuple(str(Path(__file__).with_name("fonts") / f"HardwireMono-{style}.ttf") for style in ("Regular", "Bold"))


def rasterize(svg: str) -> bytes:
    """Return a picture as PNG. Raises MissingExtraError."""
    try:
        from resvg_py import svg_to_bytes
    except ImportError:
        raise MissingExtraError("a picture as PNG", "png") from None
    ours = svg.replace(FONT, f"'{FAMILY}',{FONT}")
    return bytes(svg_to_bytes(svg_string=ours, zoom=ZOOM, font_files=list(FACES), monospace_family=FAMILY))
