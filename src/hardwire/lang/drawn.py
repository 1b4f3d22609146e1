"""Base classes of objects that draw themselves in a notebook."""

from __future__ import annotations

from . import ports


class Shown:
    """A bundle as marimo shows it: its picture, or its text if it has no picture."""

    def __init__(self, bundle: dict[str, str]) -> None:
        self.bundle = bundle

    def _mime_(self) -> tuple[str, str]:
        kinds = ("text/html", "image/svg+xml", "text/plain")  # HTML if the picture is so wide that it scrolls
        kind = next(kind for kind in kinds if kind in self.bundle)
        return kind, self.bundle[kind]


class Drawn:
    """Base class of objects that notebooks show as a picture, or as their repr if there is no picture."""

    __slots__ = ()

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return ports.bundle(self)

    def _display_(self) -> Shown:
        """Return the object for marimo, which would otherwise show a result as a plain list."""
        return Shown(ports.bundle(self))

    def _repr_svg_(self) -> str | None:
        return ports.bundle(self).get("image/svg+xml")
