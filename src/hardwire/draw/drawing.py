"""The result of `draw`: a picture that is text in a terminal and SVG in a notebook, and can be saved."""

from __future__ import annotations

import functools
import html
import re
from collections.abc import Callable
from functools import cached_property
from os import PathLike
from typing import Any

from ..errors import BuildError
from ..lang.drawn import Shown
from .theme import SCALE, SCROLLS

SUFFIXES = (".svg", ".png", ".html", ".txt")

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<style>body{{margin:2rem;font-family:sans-serif}}figure{{margin:0;overflow-x:auto}}svg{{max-width:none}}details{{margin-top:1rem}}pre{{overflow-x:auto}}</style>
</head>
<body>
<figure>
{svg}
</figure>
<details><summary>The same as text</summary><pre>{text}</pre></details>
</body>
</html>
"""

_SCROLLED = '<div style="overflow-x:auto">{svg}</div>'
_WIDTH = re.compile(r'<svg[^>]* width="([\d.]+)"')


def _width(svg: str) -> float:
    found = _WIDTH.search(svg)
    return float(found[1]) if found else 0.0


class Drawing:
    """A picture, which notebooks show. `str` gives its text, `svg` and `html` the picture; `save` writes a file."""

    def __init__(self, title: str, text: str, render: Callable[[], str]) -> None:
        self.title = title
        self.text = text
        self._render = render

    def __reduce__(self) -> Any:
        return Drawing, (self.title, self.text, functools.partial(str, self.svg))  # as it was drawn

    def __str__(self) -> str:
        return self.text

    __repr__ = __str__

    @cached_property
    def svg(self) -> str:
        """The picture as an SVG document."""
        return self._render()

    @property
    def html(self) -> str:
        """The picture as a self-contained HTML page."""
        return _PAGE.format(title=html.escape(self.title), svg=self.svg, text=html.escape(self.text))

    @property
    def png(self) -> bytes:
        """Return the picture as PNG, with two dots per pixel. Raises MissingExtraError."""
        from .raster import rasterize

        return rasterize(self.svg)

    def save(self, path: str | PathLike[str]) -> None:
        """Write the picture to a file whose name ends in .svg, .png, .html or .txt.

        Raises BuildError, MissingExtraError, FileError.

        >>> from hardwire import draw, tokens
        >>> draw(tokens, "abc").save("picture.gif")
        Traceback (most recent call last):
            ...
        hardwire.errors.BuildError: a picture is saved as .svg, .png, .html or .txt, not as picture.gif
        """
        from ..model.files import path_of, whole, write

        path = path_of(path, "save", "picture.svg")
        suffix = path.suffix.lower()
        if suffix not in SUFFIXES:
            known = f"{', '.join(SUFFIXES[:-1])} or {SUFFIXES[-1]}"
            raise BuildError(f"a picture is saved as {known}, not as {path}", value=str(path))
        if suffix == ".png":
            data = self.png
        else:
            content = self.svg if suffix == ".svg" else self.html if suffix == ".html" else self.text + "\n"
            data = content.encode()
        with whole(path) as temporary:
            write(temporary, data)

    def _repr_svg_(self) -> str:
        return self.svg

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        # A notebook scales a picture to the width of the page; a wide one is scrolled instead, to stay readable.
        wide = {"text/html": _SCROLLED.format(svg=self.svg)} if _width(self.svg) > SCROLLS * SCALE else {}
        return {"text/plain": self.text, "image/svg+xml": self.svg, **wide}

    def _mime_(self) -> tuple[str, str]:
        """Return the object for marimo."""
        return Shown(self._repr_mimebundle_())._mime_()
