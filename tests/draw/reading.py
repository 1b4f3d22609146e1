"""Pictures read back: what an SVG shows and where, for the tests of drawing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple
from xml.etree import ElementTree

import numpy as np
import numpy.typing as npt

from hardwire.draw.metrics import ems
from hardwire.draw.theme import TEXT

NS = "{http://www.w3.org/2000/svg}"
Matrix = npt.NDArray[np.float64]


class Area(NamedTuple):
    """A rectangle in the picture's own pixels."""

    left: float
    top: float
    right: float
    bottom: float


@dataclass
class Text:
    """A line of text: what it says, its size, the classes around it, and the room that it takes."""

    content: str
    size: float
    classes: tuple[str, ...]
    area: Area
    title: str | None


@dataclass
class Rect:
    classes: tuple[str, ...]
    area: Area
    opacity: float
    title: str | None


@dataclass
class Strip:
    """A row or column of cells."""

    kind: str
    cells: list[str]
    wrong: int
    areas: list[Area]

    @property
    def down(self) -> bool:
        return len(self.areas) > 1 and self.areas[0].left == self.areas[1].left


@dataclass
class Grid:
    """A matrix: its size, which cells (row, column) are filled, and which of those with what opacity."""

    rows: int
    columns: int
    area: Area
    filled: dict[tuple[int, int], float] = field(default_factory=dict)
    failed: set[tuple[int, int]] = field(default_factory=set)


class Picture:
    """An SVG as what it shows."""

    def __init__(self, source: str) -> None:
        self.root = ElementTree.fromstring(source)
        self.width, self.height = map(float, self.root.attrib["viewBox"].split()[2:])
        self.texts: list[Text] = []
        self.rects: list[Rect] = []
        self.strips: list[Strip] = []
        self.grids: list[Grid] = []
        self.heatmaps: list[dict[str, str]] = []
        self.heat_runs = 0.0
        self._walk(self.root, np.eye(3), (), None)

    def _walk(self, e: ElementTree.Element, at: Matrix, classes: tuple[str, ...], title: str | None) -> None:
        at = at @ _transform(e.get("transform", ""))
        own = tuple((e.get("class") or "").split())
        around = (*classes, *own)
        title = next((c.text for c in e if c.tag == NS + "title"), title) if e is not self.root else None
        tag = e.tag.removeprefix(NS)
        if tag == "text":
            self.texts.append(_text(e, at, around, title))
        elif tag == "rect":
            self.rects.append(Rect(around, _rect(e, at), float(e.get("fill-opacity", 1)), title))
        if e.get("data-cells") is not None and "hw-residual" not in own:
            self.strips.append(self._strip(e, own, at))
        elif "hw-matrix" in own:
            self.grids.append(self._grid(e, at))
        elif "hw-heatmap" in own:
            self.heatmaps.append({k.removeprefix("data-"): v for k, v in e.attrib.items() if k.startswith("data-")})
        elif "hw-heat" in own:
            self.heat_runs += sum(float(x) for x in re.findall(r"h\s*([\d.]+)", e.get("d", "")))
        for child in e:
            self._walk(child, at, around, title)

    def _strip(self, e: ElementTree.Element, own: tuple[str, ...], at: Matrix) -> Strip:
        rects = [_rect(r, at) for r in e.iter(NS + "rect") if "hw-wrong" not in (r.get("class") or "")]
        words = [w for x in e.iter() if (w := _word(x)) is not None]
        kind = own[0].removeprefix("hw-")
        strip = Strip(kind, words, int(e.get("data-wrong", 0)), rects)
        assert len(rects) == len(words) == int(e.get("data-cells", -1))
        return strip

    def _grid(self, e: ElementTree.Element, at: Matrix) -> Grid:
        n, m = int(e.get("data-rows", 0)), int(e.get("data-columns", 0))
        area = _rect(next(e.iter(NS + "rect")), at)
        grid = Grid(n, m, area)
        height, width = (area.bottom - area.top + 1) / n, (area.right - area.left + 1) / m
        for group in e:
            kinds = (group.get("class") or "").split()
            for r in group.iter(NS + "rect"):
                a = _rect(r, at)
                middle = ((a.top + a.bottom) / 2, (a.left + a.right) / 2)
                cell = int((middle[0] - area.top) // height), int((middle[1] - area.left) // width)
                if "hw-on" in kinds:
                    grid.filled[cell] = float(r.get("fill-opacity", 1))
                elif "hw-failed" in kinds:
                    grid.failed.add(cell)
        assert len(grid.filled) == int(e.get("data-selected", -1))
        return grid

    def row(self, kind: str, number: int = 0) -> Strip:
        """One of the strips of a kind."""
        return [s for s in self.strips if s.kind == kind][number]

    def says(self, content: str) -> bool:
        return any(t.content == content for t in self.texts)

    @property
    def words(self) -> str:
        return "\n".join(t.content for t in self.texts)

    def overlapping(self) -> Iterator[tuple[Text, Text]]:
        """Texts that stand on each other."""
        texts = [t for t in self.texts if t.content]
        a = np.array([t.area for t in texts])
        if not len(a):
            return
        slack = 1.0
        left, top, right, bottom = (a[:, i] for i in range(4))
        hit = (
            (left[:, None] + slack < right[None]) & (left[None] + slack < right[:, None])
            & (top[:, None] + slack < bottom[None]) & (top[None] + slack < bottom[:, None])
        )  # fmt: skip
        for i, j in np.argwhere(np.triu(hit, 1)).tolist():
            yield texts[i], texts[j]

    def outside(self) -> Iterator[Text | Rect]:
        """What does not lie on the picture."""
        for x in (*self.texts, *self.rects):
            a = x.area
            if a.left < -0.5 or a.top < -0.5 or a.right > self.width + 0.5 or a.bottom > self.height + 0.5:
                yield x


def _word(e: ElementTree.Element) -> str | None:
    """What a cell says: its text, or the Boolean that its mark stands for."""
    kinds = (e.get("class") or "").split()
    marks = {"hw-true": "True", "hw-false": "False"}
    if e.tag == NS + "text":
        return None if "hw-wrong" in kinds else e.text or ""
    return next((word for kind, word in marks.items() if kind in kinds), None)


def _transform(text: str) -> Matrix:
    out = np.eye(3)
    for name, arguments in re.findall(r"(\w+)\(([^)]*)\)", text):
        numbers = [float(x) for x in arguments.replace(",", " ").split()]
        step = np.eye(3)
        if name == "translate":
            step[0, 2], step[1, 2] = numbers[0], numbers[1] if len(numbers) > 1 else 0
        elif name == "rotate":
            angle = np.deg2rad(numbers[0])
            step[:2, :2] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
        else:
            assert name == "scale"
            step[0, 0], step[1, 1] = numbers[0], numbers[-1]
        out = out @ step
    return out


def _area(at: Matrix, left: float, top: float, right: float, bottom: float) -> Area:
    corners = at @ np.array([[left, right, left, right], [top, top, bottom, bottom], [1, 1, 1, 1]])
    x, y = corners[0], corners[1]
    return Area(*(round(float(v), 3) for v in (x.min(), y.min(), x.max(), y.max())))


def _rect(e: ElementTree.Element, at: Matrix) -> Area:
    x, y, width, height = (float(e.get(k, 0)) for k in ("x", "y", "width", "height"))
    return _area(at, x, y, x + width, y + height)


def _text(e: ElementTree.Element, at: Matrix, classes: tuple[str, ...], title: str | None) -> Text:
    size = float(e.get("font-size", TEXT))
    content = e.text or ""
    width = ems(content) * size
    anchor = e.get("text-anchor", "middle" if "hw-mid" in classes else "start")
    left = float(e.get("x", 0)) - {"start": 0.0, "middle": width / 2, "end": width}[anchor]
    y = float(e.get("y", 0))
    return Text(content, size, classes, _area(at, left, y - 0.75 * size, left + width, y + 0.2 * size), title)
