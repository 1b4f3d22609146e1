"""The look of pictures: every colour and every size, in one place.

A picture has its own background, so it looks the same on a light page and in a dark notebook, and follows the reader's
preference for dark pages if the viewer supports it. Colour is never the only sign: keys are above a matrix, queries at
its left, values below, results at its right, and each has a label. The hues are those of Okabe and Ito's palette for
colour-blind readers, in fills of clearly different lightness.
"""

from __future__ import annotations

from typing import NamedTuple

FONT = "'DejaVu Sans Mono','Menlo','Consolas','Liberation Mono','Courier New',monospace"
"""Fonts with one width for all letters, so that a text has the same width in each of them (metrics.py)."""

TEXT = 12.0
"""The usual size of a text, in pixels."""
SMALL = 10.0
LARGE = 14.0
VALUE = 14.0
"""The size of a value in its cell, if there is room."""
SCALE = 1.2
"""The size of a picture on the page, in the pixels of this file, which pictures are laid out in."""
READABLE = 9.0
"""The size below which a number loses its third digit instead of becoming smaller."""
LEAST = 7.0
"""The size below which a text is cut instead of made smaller."""

GAP = 8.0
"""The gap between related parts; the gap between others is larger."""
CELL = 28.0
"""The side of a cell of a short input."""
MOST_SQUARES = 40
"""Beyond this number of cells per side, the squares of a matrix are drawn as strokes, which keeps the file small."""
MOST_CELLS = 100
"""Beyond this number of cells per side, a matrix is a heat map with ticks, and a sequence continues on a new line."""
SCROLLS = 1160.0
"""A picture laid out wider than this is scrolled in notebooks; others shrink where the page is narrower."""


class Fill(NamedTuple):
    """The colours of one kind of cell: its background, its outline, its text, and the text of its label."""

    ground: str
    line: str
    text: str
    name: str


class Palette(NamedTuple):
    """All colours of a picture, for light or for dark pages."""

    card: str
    panel: str
    line: str
    ink: str
    muted: str
    cell: str
    grid: str
    masked: str
    selected: str
    on_selected: str
    wrong: str
    fills: dict[str, Fill]


LIGHT = Palette(
    card="#ffffff", panel="#f5f6f8", line="#d3d8de", ink="#1b1f24", muted="#57606a", cell="#ffffff", grid="#d9dee4",
    masked="#e3e6ea", selected="#22457f", on_selected="#ffffff", wrong="#b4005a",
    fills={
        "input": Fill("#e9ecf0", "#7a838d", "#1b1f24", "#4d565f"),
        "key": Fill("#ffdca8", "#b86e00", "#1b1f24", "#7d4a00"),
        "query": Fill("#9fdcc0", "#00734f", "#1b1f24", "#005c3f"),
        "value": Fill("#ef8f80", "#a82d12", "#1b1f24", "#8c2410"),
        "result": Fill("#c9dcf7", "#2460a7", "#1b1f24", "#1d4f8c"),
        "failed": Fill("#fff0f6", "#b4005a", "#b4005a", "#b4005a"),
    },
)  # fmt: skip

DARK = Palette(
    card="#14181e", panel="#1c2129", line="#39414b", ink="#e8edf2", muted="#a3adb8", cell="#14181e", grid="#343b45",
    masked="#262d36", selected="#8cc0ff", on_selected="#0d1117", wrong="#ff8ac2",
    fills={
        "input": Fill("#2f3640", "#8b949e", "#f0f4f8", "#a3adb8"),
        "key": Fill("#7d5200", "#f0b95a", "#ffffff", "#f0b95a"),
        "query": Fill("#00523a", "#5fd3a5", "#ffffff", "#5fd3a5"),
        "value": Fill("#a23a2a", "#ff9f8c", "#ffffff", "#ff9f8c"),
        "result": Fill("#1d4a86", "#8cc0ff", "#ffffff", "#8cc0ff"),
        "failed": Fill("#3d1029", "#ff8ac2", "#ff8ac2", "#ff8ac2"),
    },
)  # fmt: skip

KINDS = tuple(LIGHT.fills)
"""The kinds of cells. A group of them has the class "hw-" and the kind."""


def _rules(p: Palette) -> str:
    """The colours as CSS. Every class starts with hw-, since a page's pictures share their styles."""
    rules = [
        f".hw-card{{fill:{p.card};stroke:{p.line}}}",
        f".hw-panel{{fill:{p.panel};stroke:{p.line}}}",
        f".hw text{{fill:{p.ink}}}",
        f".hw .hw-muted{{fill:{p.muted}}}",
        f".hw-cells{{fill:{p.cell};stroke:{p.line}}}",
        f".hw-grid{{stroke:{p.grid}}}",
        f".hw-masked{{fill:{p.masked}}}",
        f".hw-on{{fill:{p.selected}}}",
        f".hw-plus{{fill:{p.fills['result'].line}}}",
        f".hw-minus{{fill:{p.fills['value'].line}}}",
        f".hw-heat{{stroke:{p.selected}}}",
        f".hw .hw-onto text{{fill:{p.on_selected}}}",
        f".hw-wrong{{stroke:{p.wrong}}}",
        f".hw text.hw-wrong{{fill:{p.wrong};stroke:none}}",
    ]
    for kind, fill in p.fills.items():
        rules.append(f".hw-{kind}>rect{{fill:{fill.ground};stroke:{fill.line}}}")
        rules.append(f".hw .hw-{kind}>text{{fill:{fill.text}}}")
        rules.append(f".hw-{kind}>.hw-true{{stroke:{fill.text}}}.hw-{kind}>.hw-false{{fill:{fill.text}}}")
        rules.append(f".hw .hw-name-{kind}{{fill:{fill.name}}}")
    return "".join(rules)


STYLE = (
    f".hw{{font:{TEXT:g}px {FONT}}}.hw text{{white-space:pre}}"
    ".hw .hw-mid text{text-anchor:middle}.hw .hw-bold{font-weight:bold}"
    f".hw .hw-small{{font-size:{SMALL:g}px}}.hw .hw-large{{font-size:{LARGE:g}px}}"
    ".hw-grid,.hw-heat,.hw-true{fill:none}.hw-wrong{fill:none;stroke-width:2.5}.hw-failed>rect{stroke-dasharray:3 2}"
    + _rules(LIGHT)
    + f"@media (prefers-color-scheme:dark){{{_rules(DARK)}}}"
)
"""The style sheet of every picture."""


def cell_size(n: int) -> float:
    """The side of the cells of an input of n tokens."""
    for most, size in ((12, CELL), (20, 24.0), (28, 20.0), (40, 17.0), (60, 16.0)):
        if n <= most:
            return size
    return 14.0


def margin(side: float) -> float:
    """Return the margin between the edge of a cell of this width and its text."""
    return 2.0 if side >= 20 else 0.5
