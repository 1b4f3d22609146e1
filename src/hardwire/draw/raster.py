"""SVG to PNG, by resvg (the extra `png`): a wheel that needs no library of the system, but takes its fonts."""

from __future__ import annotations

from functools import cache

from ..errors import HardwireError, MissingExtraError

ZOOM = 2
"""Dots a pixel."""


def rasterize(svg: str) -> bytes:
    """Raises MissingExtraError, HardwireError where there is no font."""
    try:
        from resvg_py import svg_to_bytes
    except ImportError:
        raise MissingExtraError("a picture as PNG", "png") from None
    if not _has_font():
        raise HardwireError(
            "the system has no font to write a PNG with; install one (Debian: fonts-dejavu-core), "
            "or save the picture as .svg or .html"
        )
    return bytes(svg_to_bytes(svg_string=svg, zoom=ZOOM))


@cache
def _has_font() -> bool:
    """Whether text leaves any trace."""
    from resvg_py import svg_to_bytes

    page = '<svg xmlns="http://www.w3.org/2000/svg" width="20" height="20">{}</svg>'
    letter = '<text x="2" y="16" font-family="monospace">M</text>'
    return bytes(svg_to_bytes(svg_string=page.format(letter))) != bytes(svg_to_bytes(svg_string=page.format("")))
