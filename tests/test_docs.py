"""Every Python block of the README and the docs runs and prints what it says."""

from __future__ import annotations

import doctest
import importlib.util
import re
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\((?!https?:)([^)#]+)(#[^)]*)?\)")

TOOLS = {
    "docs/exports.md": ("torch", "transformers", "onnx", "onnxruntime", "transformer_lens"),
    "docs/exactness.md": ("safetensors",),
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
