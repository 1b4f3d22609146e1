"""What draws itself in a notebook."""

from __future__ import annotations

from . import ports


class Drawn:
    """A base of what notebooks show as a picture; they show its repr where the extra `draw` is not installed."""

    __slots__ = ()

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return ports.bundle(self)

    def _repr_svg_(self) -> str | None:
        return ports.bundle(self).get("image/svg+xml")
