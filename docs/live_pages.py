"""The live pages of the documentation site, and the list of them."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import hardwire as hw
from hardwire.recipes import models

DOCS = Path(__file__).parent

FRAME = """<iframe title="flip, live" src="live/flip.html"></iframe>"""
"""The live page on the start page."""


def first_screen(picture: str) -> str:
    """The picture of the start page, in Markdown, with its live page at the right."""
    says = (
        '*Left, the program as a notebook draws it. Right, its transformer: type letters of "hello", move the slider.*'
    )
    return f'<div class="first">\n\n{picture}\n\n{FRAME}\n\n</div>\n\n{says} <a href="live/flip.html">Larger</a>'


def file(picture: str) -> str:
    """The name of the live page of what a picture shows: `program_flip`, `model-dyck1`."""
    kind, _, name = picture.replace("-", "_", 1).partition("_")
    return name if kind == "program" else f"models_{name}"


@dataclass(frozen=True)
class Subject:
    """What a live page shows; `file` is its name without the suffix."""

    theme: str
    file: str
    name: str
    about: str
    shown: Any
    input: Any

    @property
    def picture(self) -> str:
        """Where its picture is, in this folder; programs that write text have none."""
        return (
            f"cookbook/model-{self.name}.svg" if self.file.startswith("models_") else f"gallery/program_{self.file}.svg"
        )


def subjects() -> Iterator[Subject]:
    """The library by theme, the programs that write text, and the complete models of the Cookbook."""
    for name, program in hw.programs.LIBRARY.items():
        yield Subject(program.theme.capitalize(), name, name, program.summary, program, program.example)
    for name in hw.writers.WRITERS:
        writer = hw.writers.get(name)
        yield Subject("Programs that write text", f"writers_{name}", name, writer.summary, writer, writer.example)
    for name, entry in models.MODELS.items():
        yield Subject("Models built by hand", f"models_{name}", name, entry.summary, entry, entry.example)


def write(folder: Path) -> None:
    """Write every live page into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for of in subjects():
        shown = of.shown.build() if isinstance(of.shown, models.Model) else of.shown
        hw.explore(shown, of.input).save(folder / f"{of.file}.html")


def listing() -> str:
    """A card for each live page, by theme, as Markdown: its picture, if there is one, and a link."""
    lines: list[str] = []
    for theme, pages in itertools.groupby(subjects(), lambda of: of.theme):
        lines += ["", f"## {theme}", "", '<div class="cards">']
        for of in pages:
            picture = [f"![{of.name}]({of.picture})", ""] if (DOCS / of.picture).exists() else []
            says = f'<a href="live/{of.file}.html">{of.name}</a>' + (f": {of.about}" if of.about else "")
            lines += ["", '<div class="card">', "", *picture, says, "", "</div>"]
        lines += ["", "</div>"]
    return "\n".join([*lines, ""])
