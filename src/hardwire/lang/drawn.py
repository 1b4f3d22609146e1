"""What draws itself in a notebook."""

from __future__ import annotations

from . import ports


class Shown:
    """What marimo shows of a bundle: its picture, or its text where there is none."""

    def __init__(self, bundle: dict[str, str]) -> None:
        self.bundle = bundle

    def _mime_(self) -> tuple[str, str]:
        kinds = ("text/html", "image/svg+xml", "text/plain")  # HTML where the picture is so wide that it is scrolled
        kind = next(kind for kind in kinds if kind in self.bundle)
        return kind, self.bundle[kind]


class Drawn:
    """A base of what notebooks show as a picture; they show its repr where there is no picture of it."""

    __slots__ = ()

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return ports.bundle(self)

    def _display_(self) -> Shown:
        """What marimo shows; without it a result would be shown as any list is."""
        return Shown(ports.bundle(self))

    def _repr_svg_(self) -> str | None:
        return ports.bundle(self).get("image/svg+xml")
