"""The pictures that `draw` makes: an SVG file for each s-op, shown where there is a screen."""

from __future__ import annotations

import os
import re
import sys
import webbrowser
from pathlib import Path
from typing import Any

from ..draw import draw
from ..errors import RaspError
from ..lang.sop import SOp


class Pictures:
    """Makes pictures in a folder; `show` opens them, `tell` says where they are."""

    def __init__(self, folder: Path, *, show: bool, tell: bool) -> None:
        self.folder, self.show, self.tell = folder, show, tell

    def __call__(self, x: SOp, input: str | list[Any], name: str) -> str | None:
        """Draws x on an input. Returns what to say of it. Raises RaspError where the file cannot be written."""
        path = self.folder / f"{re.sub(r'[^A-Za-z0-9_-]+', '_', name).strip('_') or 'out'}.svg"
        partial = path.with_suffix(".svg.partial")
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            partial.write_text(draw(x, input).svg, "utf-8")
            partial.replace(path)
        except OSError as error:
            raise RaspError(f"could not write {path}: {error.strerror or error}") from None
        if self.show and has_screen():
            webbrowser.open(path.resolve().as_uri())
        return f"\t drawn in {path}" if self.tell else None


def has_screen() -> bool:
    """Whether a picture can be shown beside the terminal, and not in it."""
    return sys.platform in ("darwin", "win32") or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
