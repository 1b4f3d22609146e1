"""Which tests run which lines of the files under mutation, and how long each test takes."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import sources

Function = str
"""A file and a function in it: "proof/sums.py::Sum.error"."""


class Tracer:
    """Records the lines that run while it is at work. A code object whose lines have all been seen costs no more."""

    def __init__(self) -> None:
        self.files = {sources.path(f): f for f in sources.files()}
        self.left: dict[CodeType, set[int] | None] = {}
        self.seen: dict[str, set[int]] = {f: set() for f in self.files.values()}

    def __enter__(self) -> Tracer:
        sys.settrace(self._called)
        return self

    def __exit__(self, *_: Any) -> None:
        sys.settrace(None)

    def _called(self, frame: FrameType, event: str, arg: Any) -> Any:
        code = frame.f_code
        if code not in self.left:
            file = self.files.get(code.co_filename)
            lines = {line for *_, line in code.co_lines() if line is not None}
            self.left[code] = lines if file is not None else None
        left = self.left[code]
        if not left:
            return None
        seen = self.seen[self.files[code.co_filename]]

        def ran(frame: FrameType, event: str, arg: Any) -> Any:
            line = frame.f_lineno
            if line in left:
                left.discard(line)
                seen.add(line)
            return ran if left else None

        return ran

    def masks(self) -> dict[Function, int]:
        """By function: a bit for each of its lines."""
        found: dict[Function, int] = {}
        for file, lines in self.seen.items():
            places = sources.functions(file)
            for line in lines:
                name, offset = places.get(line, ("", 0))
                found[f"{file}::{name}"] = found.get(f"{file}::{name}", 0) | 1 << offset
        return found


@dataclass
class Test:
    seconds: float
    right: bool
    masks: dict[Function, int] = field(default_factory=dict)

    def reaches(self, file: str, line: int) -> bool:
        name, offset = sources.functions(file).get(line, ("", 0))
        return bool(self.masks.get(f"{file}::{name}", 0) >> offset & 1)

    def calls(self, file: str, line: int) -> bool:
        """Whether it runs the function around a line, or, outside of all functions, anything of the file."""
        name, _ = sources.functions(file).get(line, ("", 0))
        if name:
            return f"{file}::{name}" in self.masks
        return any(f.startswith(f"{file}::") for f in self.masks)


class Reach:
    """What is known of tests, kept in a file; a test is looked at once."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.tests: dict[str, Test] = {}
        if path.exists():
            for line in path.read_text(encoding="utf-8").splitlines():
                row = json.loads(line)
                masks = {f: int(m, 16) for f, m in row["masks"].items()}
                self.tests[row["test"]] = Test(row["seconds"], row["right"], masks)

    def add(self, name: str, test: Test) -> None:
        self.tests[name] = test
        row = {"test": name, "seconds": test.seconds, "right": test.right}
        masks = {f: f"{m:x}" for f, m in test.masks.items()}
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps({**row, "masks": masks}) + "\n")

    def of(self, file: str, lines: Iterable[int], names: Iterable[str]) -> list[str]:
        """Those of the tests that run one of some lines; where none does, those that run a function around them."""
        lines = list(lines)
        some = [n for n in names if n in self.tests and self.tests[n].right]
        exact = [n for n in some if any(self.tests[n].reaches(file, line) for line in lines)]
        return exact or [n for n in some if any(self.tests[n].calls(file, line) for line in lines)]
