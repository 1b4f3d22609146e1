"""Which tests run which lines of the files under mutation, and how long each test takes."""

from __future__ import annotations

import ast
import builtins
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import sources
from applied import exchange

Function = str
"""A file and a function in it: "proof/sums.py::Sum.error"."""
RAN = "__ran__"
"""The name, among the builtins, of the bytes that the probes set."""


class Probes:
    """Rewritten functions that record which of their statements run: one byte per statement. This costs a few per cent
    of a test's time; a trace function would multiply it. The functions stay rewritten, so use a process of its own."""

    def __init__(self, texts: Mapping[str, tuple[str, str]]) -> None:
        """`texts`: by file, the `co_filename` of its code, and its source."""
        self.statements: list[tuple[str, range]] = []
        changed = {}
        for file, (filename, source) in texts.items():
            tree = ast.parse(source)
            for function in [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)]:
                self._probe(function, file)
            changed[filename] = source, ast.fix_missing_locations(tree)
        self.ran = bytearray(len(self.statements))
        setattr(builtins, RAN, self.ran)
        exchange(changed)

    def _probe(self, function: ast.FunctionDef, file: str) -> None:
        """Insert a probe before each statement of a function, except in nested functions, which get their own."""

        def visit(node: ast.AST) -> None:
            for _, value in ast.iter_fields(node):
                if not isinstance(value, list) or not value or not isinstance(value[0], ast.AST):
                    continue
                for child in value:
                    if isinstance(child, (ast.stmt, ast.ExceptHandler, ast.match_case)) and not isinstance(
                        child, ast.FunctionDef
                    ):
                        visit(child)
                if isinstance(value[0], ast.stmt) and not isinstance(node, ast.ClassDef):
                    value[:] = [s for old in value for s in (self._note(old, file), old)]

        visit(function)

    def _note(self, statement: ast.stmt, file: str) -> ast.stmt:
        last = statement.end_lineno or statement.lineno
        inner = [n.lineno for n in ast.walk(statement) if isinstance(n, ast.stmt) and n is not statement]
        if inner and not isinstance(statement, ast.Match):
            last = max(statement.lineno, min(inner) - 1)
        self.statements.append((file, range(statement.lineno, last + 1)))
        return ast.copy_location(ast.parse(f"{RAN}[{len(self.statements) - 1}] = 1").body[0], statement)

    def lines(self) -> dict[str, set[int]]:
        """The lines of the statements that ran, by file."""
        found: dict[str, set[int]] = {}
        for i, (file, lines) in enumerate(self.statements):
            if self.ran[i]:
                found.setdefault(file, set()).update(lines)
        return found

    def masks(self) -> dict[Function, int]:
        """By function: a bit for each of its lines."""
        found: dict[Function, int] = {}
        for file, lines in self.lines().items():
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
        self.read()

    def read(self) -> None:
        if self.path.exists():
            for line in self.path.read_text(encoding="utf-8").splitlines():
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
