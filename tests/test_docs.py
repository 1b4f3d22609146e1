"""Every Python block of the README and the docs runs and prints what it says."""

from __future__ import annotations

import doctest
import importlib.util
import inspect
import itertools
import json
import re
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
OTHERS = {".venv", "node_modules", "shared", ".pytest_cache"}
MARKDOWN = sorted(p for p in ROOT.rglob("*.md") if not OTHERS & {*p.parts})
NOTEBOOKS = [*(ROOT / "examples").glob("*.ipynb"), *(ROOT / "examples").glob("*.py")]
LINK = re.compile(r"\]\((?!https?:)([^)#]+)(#[^)]*)?\)")

TOOLS = {
    "docs/exports.md": ("torch", "transformers", "onnx", "onnxruntime", "transformer_lens"),
    "docs/datasets.md": ("safetensors",),
    "docs/exactness.md": ("safetensors",),
    "docs/explore.md": ("safetensors",),
    "docs/howto.md": ("safetensors",),
}
"""What a page needs that need not be installed; such a page also writes files."""


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", PAGES, ids=name)
def test_examples(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The blocks of a page share their names, top to bottom; one without >>> is run as it stands."""
    for tool in TOOLS.get(name(path), ()):
        if importlib.util.find_spec(tool) is None:
            pytest.skip(f"{tool} is not installed: `make test-exports` runs this page")
        monkeypatch.chdir(tmp_path)
    text = path.read_text("utf-8")
    globs: dict[str, Any] = {"__name__": "__main__"}
    parser, runner = doctest.DocTestParser(), doctest.DocTestRunner(verbose=False)
    report: list[str] = []
    for found in BLOCK.finditer(text):
        line = text.count("\n", 0, found.start(1))
        code = found[1]
        if ">>>" in code:
            test = parser.get_doctest(code, globs, name(path), str(path), line)
            runner.run(test, out=report.append, clear_globs=False)
            globs = test.globs
        else:
            exec(compile("\n" * line + code, str(path), "exec"), globs)
    assert not report, "\n".join(report)


@pytest.mark.parametrize("path", PAGES, ids=name)
def test_links_lead_somewhere(path: Path) -> None:
    for target, _ in LINK.findall(path.read_text("utf-8")):
        assert (path.parent / target).exists(), target


def markdown(path: Path) -> str:
    """The Markdown of a page or a notebook, without its blocks of code."""
    text = path.read_text("utf-8")
    if path.suffix == ".ipynb":
        text = "\n\n".join("".join(c["source"]) for c in json.loads(text)["cells"] if c["cell_type"] == "markdown")
    elif path.suffix == ".py":
        text = "\n\n".join(inspect.cleandoc(found) for found in re.findall(r'mo\.md\(r?f?"""(.*?)"""', text, re.DOTALL))
    return re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)


def cells(line: str) -> list[str]:
    """The cells of a row of a table; an escaped bar is part of a cell."""
    return re.split(r"(?<!\\)\|", line.strip().removeprefix("|").removesuffix("|"))


def misshapen(text: str) -> list[str]:
    """What keeps a table from being rendered, or a cell of it from being seen."""
    found, width = [], 0
    lines = [*text.split("\n"), ""]
    for line, following in itertools.pairwise(lines):
        if not line.lstrip().startswith("|"):
            width = 0
        elif width == 0:
            width = len(cells(line))
            if not all(re.fullmatch(r"\s*:?-+:?\s*", cell) for cell in cells(following)):
                found.append(f"no row of dashes follows {line!r}")
            elif len(cells(following)) != width:
                found.append(f"{width} cells of the head, {len(cells(following))} of dashes: {line!r}")
        elif len(cells(line)) != width:
            found.append(f"{len(cells(line))} cells in a table of {width}: {line!r}")
    return found


@pytest.mark.parametrize("path", [*MARKDOWN, *NOTEBOOKS], ids=name)
def test_tables_are_rendered_whole(path: Path) -> None:
    assert misshapen(markdown(path)) == []


def test_a_table_that_is_not_rendered_is_found() -> None:
    fine = "text\n\n| a | b |\n|---|:-:|\n| `x \\| y` | 2 |\n\ntext"
    assert misshapen(fine) == []
    assert misshapen("| a | b |\n|---|---|---|\n| 1 | 2 |")[0] == "2 cells of the head, 3 of dashes: '| a | b |'"
    assert misshapen("| a | b |\n| 1 | 2 |")[0] == "no row of dashes follows '| a | b |'"
    assert misshapen("| a | b |\n|---|---|\n| 1 |") == ["1 cells in a table of 2: '| 1 |'"]
    assert markdown(ROOT / "docs" / "rasp.md").count("|---|---|---|---|") == 1
    assert "```" not in markdown(ROOT / "README.md")
