"""The house as one table: which package may import which. Imports inside functions count too."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import hardwire

ROOT = Path(hardwire.__file__).parent
MODULES = sorted(ROOT.rglob("*.py"))

EVERYTHING = {
    "lang", "run", "analysis", "rewrite", "draw", "numeric", "model", "constructions", "assemble", "recipes", "plan",
    "compiler", "certification", "sampling", "verification", "proof", "attempts", "limits", "compilation", "progress",
    "variables", "interchanging", "tabulation", "effort", "remedies", "robustness", "play",
    "isolation", "campaign", "optimization",
    "export", "live", "programs", "random_programs", "generation", "writers", "puzzles", "rasp", "tracr", "cli", "",
    "datasets", "discovery",
}  # fmt: skip
MAY_IMPORT: dict[str, set[str]] = {  # errors is free for all; "" is hardwire/__init__.py; a.b is one module of a
    "extras": set(),
    "errors": {"extras"},
    "effort": {"progress"},  # the limits of an operation and its progress: whatever takes time asks it
    "lang": set(),
    "run": {"lang", "effort"},
    "programs": {"lang"},
    "random_programs": {"lang"},
    "generation": {"lang", "run", "model", "certification", "rewrite"},
    "writers": {"lang"},
    "numeric": set(),
    "numeric.machine": {"numeric", "model"},  # what proofs are tested with: none of them may use it
    "model": {  # what a value is, how things are shown, the expressions that claims are about
        "lang.arguments",
        "lang.expr",
        "lang.function",
        "lang.values",
        "lang.text",
        "lang.drawn",
        "lang.english",
        "lang.generation",
        "lang.misuse",
        "lang.origin",  # the stop token of its program
        "lang.sop",
        "lang.ports",  # what other packages find out about a model
        "numeric",
    },
    "analysis": {"lang", "run", "numeric", "effort"},
    "rewrite": {"lang", "run", "analysis", "numeric", "effort"},
    "constructions": {"numeric", "model", "lang.arguments"},
    "assemble": {"numeric", "model", "constructions", "lang.expr"},
    "recipes": {  # lang: the complete models say which program they are
        "numeric",
        "numeric.machine",
        "model",
        "lang",
        "constructions",
        "assemble",
    },
    "draw": {"lang", "run", "model"},
    "plan": {"lang", "run", "analysis", "rewrite", "numeric", "model", "constructions", "assemble", "effort"},
    "compiler": {
        "lang",
        "run",
        "analysis",
        "rewrite",
        "plan",
        "numeric",
        "model",
        "constructions",
        "assemble",
        "effort",
    },
    "sampling": set(),
    "progress": set(),
    "verification": {"lang", "run", "analysis", "model", "compiler", "sampling", "progress", "effort"},
    "rasp": {"lang", "run", "draw"},
    "tracr": {
        "lang",
        "run",
        "model",
        "numeric.floats",
        "compilation",
        "export.host",
    },  # host: weights with heads of one width
    "export": {"extras", "lang.arguments", "lang.values", "lang.text", "model", "sampling", "verification"},
    "certification": {"lang", "analysis", "rewrite", "model", "proof", "effort"},
    "attempts": {"lang", "rewrite", "model", "compiler", "certification"},
    "limits": {"lang", "analysis", "attempts", "progress", "effort"},
    "optimization": {"lang", "rewrite", "model", "compiler", "certification", "attempts", "effort", "variables"},
    "remedies": {"lang", "run", "attempts", "sampling", "effort"},
    "compilation": {
        "lang",
        "run.foreign",
        "analysis",
        "model",
        "rewrite",
        "attempts",
        "effort",
        "remedies",
        "generation.overruns",
        "optimization",
    },
    "robustness": {"lang", "model", "proof", "certification"},
    "tabulation": {"lang", "run", "analysis", "rewrite", "model"},
    "variables": {"lang", "run", "rewrite", "constructions", "assemble", "compiler", "model"},
    "interchanging": {"lang", "run", "model", "sampling"},
    "live": {"lang", "run", "draw", "model", "compilation", "programs"},
    "isolation": set(),
    "play": {"lang", "run", "draw", "model", "live", "programs", "puzzles", "export", "isolation"},
    "campaign": {
        "lang",
        "run",
        "model",
        "numeric.machine",
        "random_programs",
        "attempts",
        "compilation",
        "certification",
        "generation",
        "sampling",
        "effort",
        "progress",
        "isolation",
        "export",
    },
    "proof": {"lang", "run", "analysis", "numeric", "model", "sampling", "effort"},  # nothing that made the model
    "puzzles": {"lang", "run", "draw", "model", "compiler", "programs", "sampling"},
    "datasets": {  # a program of each kind, compiled, varied, proved, described and stored
        "lang",
        "run",
        "model",
        "certification",
        "compilation",
        "effort",
        "export",
        "programs",
        "progress",
        "puzzles",
        "random_programs",
        "recipes",
        "sampling",
    },
    "discovery": {"lang.arguments", "model", "export", "progress", "datasets"},
    "": EVERYTHING - {"cli"},
    "cli": {
        "",
        "model.storage",
        "programs",
        "writers",
        "puzzles",
        "rasp",
        "recipes",
        "compiler",
        "datasets",
        "discovery",
        "draw",
        "export",
        "play",
        "campaign",
    },  # public names
    "__main__": {"cli"},
}
THIRD_PARTY = {
    "campaign": {"ray", "torch"},
    "cli": {"typer", "rich"},
    "datasets": {"pyarrow"},
    "discovery": {"matplotlib", "torch"},
    "draw": {"svg", "resvg_py"},
    "live": {"anywidget", "traitlets"},
    "model": {"safetensors", "torch"},
    "constructions": {"torch"},
    "progress": {"rich"},
    "rasp": {"lark", "prompt_toolkit"},
    "recipes": {"matplotlib"},
    "tracr": {"networkx"},
    "export": {"safetensors", "onnx", "onnxruntime", "torch", "transformers", "transformer_lens"},
}
"""What a package may import beside the standard library and NumPy."""


def package(path: Path) -> str:
    """The row of the table that a module belongs to: its own if it has one, or else its package's."""
    name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
    first = name.partition(".")[0]
    return name if name in MAY_IMPORT else "" if first == "__init__" else first


def imports(source: str, path: Path) -> Iterator[tuple[str, int]]:
    """Every module that is imported, in full, with its line."""
    folder = ["hardwire", *path.relative_to(ROOT).parts[:-1]]
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = folder[: len(folder) - node.level + 1] if node.level else []
            origin = ".".join([*base, *([node.module] if node.module else [])])
            parts = [f"{origin}.{alias.name}" for alias in node.names]  # each may be a module
            modules = [name for name in parts if origin == "hardwire" or row(name) != row(origin)]
            yield from ((name, node.lineno) for name in modules or [origin])


def row(name: str) -> str:
    """The row of the table that an imported name of hardwire belongs to."""
    first, *rest = name.split(".")[1:] or [""]
    if rest and f"{first}.{rest[0]}" in MAY_IMPORT:
        return f"{first}.{rest[0]}"
    return first if (ROOT / first).is_dir() or (ROOT / f"{first}.py").is_file() else ""


def test_relative_imports_are_resolved() -> None:
    source = "from . import text, errors\nfrom ..lang.expr import Op\nfrom .. import draw, tokens\nimport numpy as np\n"
    found = [name for name, _ in imports(source, ROOT / "run" / "trace.py")]
    assert found == ["hardwire.run", "hardwire.lang.expr", "hardwire.draw", "hardwire.tokens", "numpy"]
    assert [row(name) for name in found[:4]] == ["run", "lang", "draw", ""]
    [bad] = imports("from ..numeric import machine", ROOT / "proof" / "certify.py")
    assert row(bad[0]) not in MAY_IMPORT["proof"] | {"numeric"}
    assert [name for name, _ in imports("from . import lang, x", ROOT / "__init__.py")] == [
        "hardwire.lang",
        "hardwire.x",
    ]


@pytest.mark.parametrize("path", MODULES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_imports_run_one_way(path: Path) -> None:
    mine = package(path)
    assert mine in MAY_IMPORT, f"{mine} is in no row of the table"
    for name, line in imports(path.read_text("utf-8"), path):
        top = name.partition(".")[0]
        if top == "hardwire":
            allowed = {"errors", mine} | MAY_IMPORT[mine]
            assert {row(name), name.removeprefix("hardwire.")} & allowed, (
                f"line {line}: {mine or 'hardwire'} may not import {name}"
            )
        else:
            allowed = {"numpy"} | THIRD_PARTY.get(mine, set()) | sys.stdlib_module_names
            assert top in allowed, f"line {line}: {mine or 'hardwire'} may not import {name}"


def test_the_table_has_no_cycle() -> None:
    order: list[str] = []
    rest = {name: {need.partition(".")[0] for need in needs} for name, needs in MAY_IMPORT.items()}
    while rest:
        ready = [name for name, needs in rest.items() if not (needs & rest.keys()) - {name}]
        assert ready, f"these import each other: {sorted(rest)}"
        order += ready
        for name in ready:
            del rest[name]
    assert order.index("lang") < order.index("run") < order.index("cli")


def texts_compared(path: Path) -> Iterator[str]:
    """Where a module finds something out by the beginning, the end or the whole of a printed text."""
    printed = ("str", "repr", "formula", "title", "named", "line")
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            if node.func.attr in ("startswith", "endswith"):
                yield f"{path.relative_to(ROOT)}:{node.lineno}: {ast.unparse(node)}"
        elif isinstance(node, ast.Compare):
            calls = [x for x in (node.left, *node.comparators) if isinstance(x, ast.Call)]
            if any(ast.unparse(c.func).rpartition(".")[2] in printed for c in calls):
                yield f"{path.relative_to(ROOT)}:{node.lineno}: {ast.unparse(node)}"


def test_no_printed_text_is_compared() -> None:
    checked = ("rewrite", "plan", "assemble", "compiler", "proof", "certification", "attempts", "optimization")
    assert not [found for path in MODULES if package(path) in checked for found in texts_compared(path)]


FORMAT_BITS = {23, 24, 52, 53, 126, 127, 149, 1022, 1023, 1074}
"""The powers of two by which float32 and float64 are known."""


def format_literals(path: Path) -> Iterator[str]:
    """Where a module states a fact of a floating-point format as a number, or asks NumPy for it."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Attribute) and node.attr == "finfo":
            yield f"{path.relative_to(ROOT)}:{node.lineno}: finfo"
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow | ast.LShift):
            bits = node.right.operand if isinstance(node.right, ast.UnaryOp) else node.right
            if isinstance(bits, ast.Constant) and bits.value in FORMAT_BITS:
                yield f"{path.relative_to(ROOT)}:{node.lineno}: {ast.unparse(node)}"


def test_a_float_format_is_stated_once() -> None:
    """`numeric/` states the formats. A campaign draws values at their ends; reaches are bounded for int64, and exports
    are compared in batches, by numbers that happen to be powers of two."""
    others = {"campaign/values.py", "analysis/reaches.py", "export/comparison.py"}
    found = [x for path in MODULES if package(path) != "numeric" for x in format_literals(path)]
    assert {x.partition(":")[0] for x in found} == others, found


REMEMBERS = {"lang.expr", "lang.text", "run.interpreter", "run.short", "run.words", "rasp.strings"}
"""The modules that keep something of an expression beyond a call, for as long as the expression lives: an expression
never changes. What is kept is worked out again two to four times as often without it."""
KEEP = {
    "campaign.chunks", "campaign.examining",  # the process of a worker, the attacks by name
    "constructions.registry", "recipes.models.registry", "programs.program", "writers.text_program",  # by decorators
    "recipes.probes.measured",  # by decorators, too, and what was measured of these
    "datasets.behaviour", "datasets.candidates",  # programs of the library and puzzles, compiled once
    "draw.metrics", "live.page", "play.sources", "rasp.dumps", "rasp.library", "rasp.reader",  # files of the package
    "model.codec",  # the fields of a data class
}  # fmt: skip
"""The modules that keep something else: what is in the package itself, and never changes, or what workers share."""
SET = {"cli.app", "draw.example", "effort", "run.purity"}
"""The modules with a context variable: a setting for all that is done inside."""
STATELESS = (
    "analysis",
    "rewrite",
    "constructions",
    "plan",
    "assemble",
    "compiler",
    "proof",
    "certification",
    "attempts",
)
MAKERS = ("dict", "list", "set", "defaultdict", "Counter", "OrderedDict", "deque")
CHANGES = ("append", "add", "update", "setdefault", "pop", "popitem", "extend", "clear", "insert", "remove", "discard")


def remembered(path: Path) -> Iterator[str]:
    """What a module keeps beyond a call, or can: functions with a cache, weak dictionaries and context variables of its
    own, collections of its own and of its classes that functions change, and variables that they assign."""
    tree = ast.parse(path.read_text("utf-8"))
    bodies = [tree.body, *(x.body for x in ast.walk(tree) if isinstance(x, ast.ClassDef))]
    own: set[str] = set()
    for node in (x for body in bodies for x in body):
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            called = [ast.unparse(x.func) for x in ast.walk(node.value) if isinstance(x, ast.Call)]
            yield from (name for name in called if name.startswith(("Weak", "ContextVar")))
            if isinstance(node.value, ast.Dict | ast.List | ast.Set) or {*called} & {*MAKERS}:
                own |= {ast.unparse(x) for x in (node.targets if isinstance(node, ast.Assign) else [node.target])}
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            decorators = [ast.unparse(d.func if isinstance(d, ast.Call) else d) for d in node.decorator_list]
            yield from (node.name for d in decorators if d.removeprefix("functools.") in ("cache", "lru_cache"))
            yield from changed(node, own)


def changed(function: ast.FunctionDef, own: set[str]) -> Iterator[str]:
    """The collections and variables of a module or class that a function changes."""
    local = {x.id for x in ast.walk(function) if isinstance(x, ast.Name) and isinstance(x.ctx, ast.Store)}
    for node in ast.walk(function):
        if isinstance(node, ast.Global):
            yield from node.names
        elif isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store | ast.Del):
            yield from {ast.unparse(node.value)} & own - local
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in CHANGES:
            yield from {ast.unparse(node.func.value).removeprefix("self.").removeprefix("cls.")} & own - local


def test_what_is_remembered_beyond_a_call() -> None:
    found = {".".join(path.relative_to(ROOT).with_suffix("").parts): [*remembered(path)] for path in MODULES}
    assert {name for name, kept in found.items() if any(k.startswith("Weak") for k in kept)} == REMEMBERS
    assert {name for name, kept in found.items() if "ContextVar" in kept} == SET
    assert {name for name, kept in found.items() if kept} - REMEMBERS - SET == KEEP
    assert {name for name in KEEP | REMEMBERS | SET if name.startswith(STATELESS)} == {"constructions.registry"}


def patched(path: Path) -> Iterator[str]:
    """The private names of the package's modules that a test replaces."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        names: list[ast.expr] = []
        if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in ("setattr", "setitem", "patch"):
            names = [x for x in node.args[:2] if isinstance(x, ast.Constant)] or node.args[:1]
        elif isinstance(node, ast.Assign):
            names = [x for x in node.targets if isinstance(x, ast.Attribute) and ast.unparse(x.value) != "self"]
        for name in names:
            text = name.value if isinstance(name, ast.Constant) and isinstance(name.value, str) else ast.unparse(name)
            if any(part.startswith("_") and not part.startswith("__") for part in text.split(".")):
                yield f"{path.name}:{node.lineno}: {ast.unparse(node)}"


def test_no_test_replaces_a_private_name() -> None:
    assert not [found for path in sorted(Path(__file__).parent.rglob("test_*.py")) for found in patched(path)]


GUIDED = ("analysis", "assemble", "compiler", "constructions", "plan", "proof", "proof/exhaustive", "rewrite")
"""The packages whose docstring says in which order to read their modules."""


@pytest.mark.parametrize("name", GUIDED)
def test_the_guide_to_a_package_has_all_its_modules(name: str) -> None:
    guide = ast.get_docstring(ast.parse((ROOT / name / "__init__.py").read_text("utf-8"))) or ""
    modules = {path.stem for path in (ROOT / name).glob("*.py")} - {"__init__"}
    assert not modules - set(re.findall(r"\w+", guide))
