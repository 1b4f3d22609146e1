"""The elements of pictures: boxes that know their size, arranged next to and below each other.

Only this file uses the SVG library (svg.py), which is imported when a picture is first drawn.
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import svg

from ..run import Failure
from .metrics import ems, fit, fit_value, full, visible, wrapped, written
from .theme import GAP, LARGE, READABLE, SCALE, SCROLLS, SMALL, STYLE, TEXT, VALUE, margin

Element = svg.Element
Anchor = Literal["start", "middle", "end"]


@dataclass(frozen=True)
class Box:
    """Elements in a rectangle of a size in pixels, with its corner at (0, 0)."""

    width: float
    height: float
    parts: tuple[Element, ...] = ()

    def at(self, x: float, y: float) -> tuple[Element, ...]:
        """Its elements, moved."""
        if not self.parts or (x == 0 and y == 0):
            return self.parts
        return (svg.G(elements=list(self.parts), transform=[svg.Translate(px(x), px(y))]),)


PAD = 10.0
"""The gap between a panel's edge and its content."""


def px(x: float) -> float:
    """A length with no more digits than a screen shows."""
    rounded = round(float(x), 2)
    return int(rounded) if rounded == int(rounded) else rounded


# Arranging.


def beside(boxes: Iterable[Box], gap: float = GAP, align: Literal["top", "middle", "bottom"] = "top") -> Box:
    boxes = [b for b in boxes if b.width or b.height]
    height = max((b.height for b in boxes), default=0)
    share = {"top": 0.0, "middle": 0.5, "bottom": 1.0}[align]
    parts: list[Element] = []
    x = 0.0
    for b in boxes:
        parts += b.at(x, (height - b.height) * share)
        x += b.width + gap
    return Box(max(0, x - gap), height, tuple(parts))


def below(boxes: Iterable[Box], gap: float = GAP) -> Box:
    boxes = [b for b in boxes if b.width or b.height]
    parts: list[Element] = []
    y = 0.0
    for b in boxes:
        parts += b.at(0, y)
        y += b.height + gap
    return Box(max((b.width for b in boxes), default=0), max(0, y - gap), tuple(parts))


def columned(rows: Sequence[tuple[Box, Box]], gap: float = GAP) -> Box:
    """Pairs of boxes on panels, in two columns; an empty box has none."""
    widest = [max((pair[i].width for pair in rows), default=0) for i in (0, 1)]
    widths = [w + 2 * PAD if w else -gap for w in widest]  # a column of empty boxes takes no room
    lines = []
    for pair in rows:
        height = max(b.height for b in pair) + 2 * PAD
        parts: list[Element] = []
        for box, width, x in zip(pair, widths, (0.0, widths[0] + gap), strict=True):
            if box.width:
                parts += _panel(Box(0, 0, box.at(PAD, PAD)), width, height).at(x, 0)
        lines.append(Box(sum(widths) + gap, height, tuple(parts)))
    return below(lines, gap)


def _panel(box: Box, width: float, height: float, cls: str = "hw-panel") -> Box:
    return Box(width, height, (rect(0.5, 0.5, width - 1, height - 1, cls=cls, rx=6), *box.parts))


def over(*layers: Box) -> Box:
    """Boxes on top of each other."""
    size = (max(b.width for b in layers), max(b.height for b in layers))
    return Box(*size, tuple(part for b in layers for part in b.parts))


def placed(box: Box, x: float, y: float) -> Box:
    return Box(box.width + x, box.height + y, box.at(x, y))


def framed(box: Box, pad: float = PAD, cls: str = "hw-panel") -> Box:
    """Return a box on its own panel."""
    inside = Box(box.width + 2 * pad, box.height + 2 * pad, box.at(pad, pad))
    return _panel(inside, inside.width, inside.height, cls)


# Drawing.

MARK = 15.0
"""The width of the sign at a wrong cell."""


def rect(
    x: float,
    y: float,
    width: float,
    height: float,
    cls: str | None = None,
    rx: float | None = None,
    opacity: float | None = None,
) -> Element:
    classes = [cls] if cls else None
    return svg.Rect(x=px(x), y=px(y), width=px(width), height=px(height), rx=rx, class_=classes, fill_opacity=opacity)


def triangle(width: float, height: float, cls: str) -> Element:
    """The half of a rectangle above its falling diagonal."""
    corners: list[svg.PathData] = [
        svg.MoveTo(0, 0), svg.HorizontalLineTo(px(width)), svg.VerticalLineTo(px(height)), svg.ClosePath()
    ]  # fmt: skip
    return svg.Path(d=corners, class_=[cls])


def turned(element: Element, x: float, y: float) -> Element:
    """An element that runs upwards from (x, y)."""
    return svg.G(elements=[element], transform=[svg.Translate(px(x), px(y)), svg.Rotate(-90)])


def scaled(x: float, y: float) -> svg.Scale:
    return svg.Scale(round(x, 4)) if x == y else svg.Scale(round(x, 4), round(y, 4))


def group(elements: Iterable[Element], *classes: str, title: str | None = None, **data: object) -> Element:
    """Return a group of elements; `title` is its tooltip, `data` further attributes for programs."""
    parts = list(elements)
    if title is not None:
        parts.insert(0, svg.Title(text=svg.escape(title)))
    return svg.G(elements=parts, class_=list(classes) or None, data=data or None)


def text(
    content: str,
    x: float,
    y: float,
    width: float,
    *,
    size: float = TEXT,
    anchor: Anchor = "start",
    cls: str = "",
    least: float | None = None,
    full: str | None = None,
) -> Element:
    """Return one line of text of at most `width` pixels, its baseline at y; the tooltip of a cut text is the full
    one."""
    content = visible(content)
    shown, fitted = fit(content, width, size, size if least is None else least)
    element = svg.Text(
        x=px(x),
        y=px(y),
        text=svg.escape(shown),
        font_size=px(fitted) if fitted != TEXT else None,
        text_anchor=None if anchor == "start" else anchor,
        class_=cls.split() or None,
    )
    whole = full if full is not None else content if shown != content else None
    return element if whole is None else group([element], title=whole)


def line(content: str, width: float, *, size: float = TEXT, cls: str = "", full: str | None = None) -> Box:
    """A line of text as a box, cut to `width`."""
    content = visible(content)
    wide = min(width, ems(content) * size)
    return Box(wide, round(size * 1.4), (text(content, 0, size * 1.05, width, size=size, cls=cls, full=full),))


def paragraph(
    content: str, width: float, *, lines: int, size: float = TEXT, cls: str = "", full: str | None = None
) -> Box:
    """Return a text on as many lines as it needs, at most `lines`, the last of which is cut."""
    content = visible(content)
    split = wrapped(content, width / size, lines)
    whole = (
        full if full is not None else content if "".join(split).replace(" ", "") != content.replace(" ", "") else None
    )
    return below([line(text, width, size=size, cls=cls, full=whole) for text in split], 0)


def heading(content: str, width: float) -> Box:
    """Return a title: as large as it fits on one line, otherwise on several."""
    content = visible(content)
    size = LARGE if ems(content) * LARGE <= width else TEXT + 1
    return paragraph(content, width, lines=6, size=size, cls="hw-bold")


def note(content: str, width: float) -> Box:
    return line(content, width, size=SMALL, cls="hw-muted")


def cells(
    values: Sequence[Any],
    kind: str,
    width: float,
    height: float,
    *,
    down: bool = False,
    wrong: Sequence[bool] = (),
    texts: Sequence[str] | None = None,
) -> Box:
    """Values as a row of cells, or a column; `wrong` says which of them are marked, `texts` how they are written.

    Booleans are marks: a tick for True, a dot for False.
    """
    room = width - 2 * margin(width)
    exact = written(values) if texts is None else texts
    usual = min(VALUE, max(READABLE, min(0.72 * width, 0.6 * height)))
    shown = [fit_value(v, t, room, usual) for v, t in zip(values, exact, strict=True)]
    sizes = [size for v, (_, size) in zip(values, shown, strict=True) if type(v) is not bool]
    common = max(READABLE, min(sizes, default=usual))  # one font size for all texts that fit
    parts: list[Element] = []
    for i, (value, (content, size)) in enumerate(zip(values, shown, strict=True)):
        place = (0.0, i * height, width, height) if down else (i * width, 0.0, width, height)
        if type(value) is bool:
            parts += _boolean(place, value=value)
        else:
            parts += _cell(value, content, kind, place, min(size, common))
    marks = [_mark(i, width, height, down=down) for i, bad in enumerate(wrong) if bad]
    n = len(values)
    if not n:
        return Box(0, 0)
    across, along = (width, n * height) if down else (n * width, height)
    spare = MARK if marks else 0
    whole = group([*parts, *marks], f"hw-{kind}", "hw-mid", cells=n, wrong=len(marks))
    return Box(across + (spare if down else 0), along + (0 if down else spare), (whole,))


Place = tuple[float, float, float, float]
"""x, y, width and height."""


def _cell(value: Any, shown: str, kind: str, place: Place, size: float) -> list[Element]:
    x, y, width, height = place
    parts = [
        _ground(place),
        svg.Text(
            x=px(x + width / 2),
            y=px(y + height / 2 + 0.35 * size),
            text=svg.escape(shown),
            font_size=px(size) if size != TEXT else None,
        ),
    ]
    if isinstance(value, Failure):
        return [group(parts, "hw-failed", title=full(value))]
    exact = full(value)
    if exact.strip("'\"") == shown.strip("'\"") or (type(value) is str and value == shown):
        return parts
    return [group(parts, f"hw-{kind}", title=exact)]


def _ground(place: Place) -> Element:
    x, y, width, height = place
    return rect(x + 0.5, y + 0.5, width - 1, height - 1, rx=2)


def _boolean(place: Place, *, value: bool) -> list[Element]:
    """True as a tick, False as a small dot, in the middle of its cell."""
    x, y, width, height = place
    middle, centre = x + width / 2, y + height / 2
    side = min(width, height)
    if value:
        unit = side / 28
        start = (middle - 6 * unit, centre + 0.5 * unit)
        strokes = [(4 * unit, 4.5 * unit), (8 * unit, -9.5 * unit)]
        lines: list[svg.PathData] = [svg.MoveTo(px(start[0]), px(start[1]))]
        lines += [svg.LineToRel(px(dx), px(dy)) for dx, dy in strokes]
        sign: Element = svg.Path(d=lines, class_=["hw-true"], stroke_width=px(max(1.4, 2.6 * unit)))
    else:
        sign = svg.Circle(cx=px(middle), cy=px(centre), r=px(max(1.0, side / 16)), class_=["hw-false"])
    return [_ground(place), sign]


def _mark(i: int, width: float, height: float, *, down: bool) -> Element:
    """Return the mark of a wrong cell: a thick outline, and a sign next to it."""
    x, y = (0.0, i * height) if down else (i * width, 0.0)
    outline = rect(x + 1.5, y + 1.5, width - 3, height - 3, cls="hw-wrong", rx=2)
    at = (x + width + 8, y + height / 2 + 5) if down else (x + width / 2, y + height + MARK - 2)
    sign = svg.Text(x=px(at[0]), y=px(at[1]), text="≠", font_size=LARGE, class_=["hw-wrong", "hw-bold"])
    return group([outline, sign], title="program and model differ here")


def path(moves: Iterator[tuple[float, float, float, float]], cls: str, **options: Any) -> Element:
    """Straight strokes (x, y, dx, dy) as one path."""
    d: list[svg.PathData] = []
    for x, y, dx, dy in moves:
        d.append(svg.MoveTo(px(x), px(y)))
        d.append(svg.HorizontalLineToRel(px(dx)) if dy == 0 else svg.VerticalLineToRel(px(dy)))
    return svg.Path(d=d, class_=[cls], **options)


# The whole picture.


def picture(box: Box, title: str, description: str) -> str:
    """Return a box as an SVG document on its own card, with a title and a description for screen readers."""
    card = framed(box, 14, "hw-card")
    width, height = px(max(card.width, 60)), px(card.height)
    document = svg.SVG(
        width=px(width * SCALE),
        height=px(height * SCALE),
        viewBox=svg.ViewBoxSpec(0, 0, width, height),
        class_=["hw"],
        style="max-width:none" if width > SCROLLS else None,
        elements=[
            svg.Title(text=svg.escape(visible(title)) or "picture"),
            svg.Desc(text=svg.escape(_lines(description))),
            svg.Style(text=STYLE),
            *card.parts,
        ],
        extra={"role": "img", "aria-label": html.escape(visible(title)) or "picture"},
    )
    return document.as_str()


def _lines(description: str) -> str:
    text = "\n".join(visible(x) for x in description.splitlines())
    return text if len(text) <= 4000 else text[:3999] + "…"
