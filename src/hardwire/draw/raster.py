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
    family = _family()
    if family is None:
        raise HardwireError(
            "the system has no font to write a PNG with; install one (Debian: fonts-dejavu-core), "
            "or save the picture as .svg or .html"
        )
    return bytes(svg_to_bytes(svg_string=svg, zoom=ZOOM, monospace_family=family))


FAMILIES = (
    *("DejaVu Sans Mono", "Menlo", "Consolas", "Liberation Mono", "Courier New", "Noto Sans Mono", "Ubuntu Mono"),
    *("FreeMono", "DejaVu Sans", "Liberation Sans", "Noto Sans", "Arial", "Helvetica"),
)
"""What stands in for any monospaced font, the best first."""


@cache
def _family() -> str | None:
    """The first font that the system has: in which text leaves a trace."""
    from resvg_py import svg_to_bytes

    page = '<svg xmlns="http://www.w3.org/2000/svg" width="20" height="20">{}</svg>'
    letter = '<text x="2" y="16" font-family="monospace">M</text>'
    empty = bytes(svg_to_bytes(svg_string=page.format("")))
    for family in FAMILIES:
        if bytes(svg_to_bytes(svg_string=page.format(letter), monospace_family=family)) != empty:
            return family
    return None
