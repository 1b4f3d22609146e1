"""The files under mutation, where their functions stand, and the mutants that are named."""

from __future__ import annotations

import ast
import importlib.util
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from operators import Mutant, mutants

FOLDERS = (
    "analysis",
    "assemble",
    "compiler",
    "constructions",
    "lang",
    "model",
    "numeric",
    "plan",
    "proof",
    "rewrite",
    "run",
)
HERE = Path(__file__).parent
TESTS = HERE.parent


@cache
def root() -> Path:
    """Where the package stands, which is not imported for that."""
    spec = importlib.util.find_spec("hardwire")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent


TORCH = ("torch_model.py", "torch_modules.py")
"""Files that need PyTorch to be imported; their tests are those of exports."""


def files() -> list[str]:
    every = sorted(p.relative_to(root()).as_posix() for f in FOLDERS for p in (root() / f).rglob("*.py"))
    return [file for file in every if not file.endswith(TORCH)]


def path(file: str) -> str:
    return str(root() / file)


@cache
def text(file: str) -> str:
    return (root() / file).read_text(encoding="utf-8")


def module(file: str) -> str:
    """The name under which a file is imported."""
    parts = file.removesuffix(".py").split("/")
    return ".".join(["hardwire", *parts[: -1 if parts[-1] == "__init__" else None]])


def every() -> list[Mutant]:
    return [m for file in files() for m in mutants(text(file), file)]


@cache
def functions(file: str) -> dict[int, tuple[str, int]]:
    """By line: the function around it, and how far it is below the first line of that."""
    found: dict[int, tuple[str, int]] = {}

    def visit(node: ast.AST, names: tuple[str, ...]) -> None:
        for child in ast.iter_child_nodes(node):
            inner = names
            if isinstance(child, (ast.FunctionDef, ast.ClassDef)):
                inner = (*names, child.name)
            if isinstance(child, ast.FunctionDef):
                for line in range(child.lineno, (child.end_lineno or child.lineno) + 1):
                    found[line] = ".".join(inner), line - child.lineno
            visit(child, inner)

    visit(ast.parse(text(file)), ())
    return found


def uses(file: str, name: str) -> list[int]:
    """The lines of functions that read a name."""
    tree = ast.walk(ast.parse(text(file)))
    found = {n.lineno for n in tree if isinstance(n, ast.Name) and n.id == name and isinstance(n.ctx, ast.Load)}
    return sorted(found & functions(file).keys())


@dataclass(frozen=True)
class Named:
    """A bug put in by hand: `old`, which stands in the file once, becomes `new`."""

    name: str
    file: str
    old: str
    new: str

    @property
    def folder(self) -> str:
        return self.file.split("/")[0]

    @property
    def key(self) -> str:
        return f"named {self.name}"

    def source(self) -> str:
        """The changed file. Raises ValueError where the old text does not stand there exactly once."""
        count = text(self.file).count(self.old)
        if count != 1:
            raise ValueError(f"{self.name}: the text to replace stands {count} times in {self.file}, not once")
        return text(self.file).replace(self.old, self.new)

    def lines(self) -> range:
        """The lines of the file that it changes."""
        first = text(self.file)[: text(self.file).index(self.old)].count("\n") + 1
        return range(first, first + self.old.count("\n") + 1)


def named() -> list[Named]:
    table = tomllib.loads((HERE / "named.toml").read_text(encoding="utf-8"))
    return [Named(**row) for row in table.get("mutant", [])]


Identity = tuple[str, str, str, str, str, int]
"""(file, function, first line of the statement, replaced code, new code, which of several) of a mutant."""


def equivalent() -> dict[Identity, str]:
    """The mutants that no test can tell from the original, with the reason."""
    table = tomllib.loads((HERE / "equivalent.toml").read_text(encoding="utf-8"))
    rows = table.get("mutant", [])
    return {
        (*(r[x] for x in ("file", "function", "statement", "old", "new")), r.get("occurrence", 0)): r["why"]
        for r in rows
    }


def identity(m: Mutant) -> Identity:
    return m.file, m.function, m.statement, m.old, m.new, m.occurrence
