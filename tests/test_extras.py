"""What to type for a missing extra: it names where this hardwire came from, in a clone and in an installation."""

from __future__ import annotations

import json
import shlex
import sys
from importlib.metadata import Distribution
from pathlib import Path
from typing import Any

import pytest

from hardwire import extras
from hardwire.errors import MissingExtraError

ROOT = Path(__file__).parent.parent
INDEX, FILE = "https://example.org", "file:///tmp/hardwire-0.1.0-py3-none-any.whl"


def installed(folder: Path, origin: Any = None) -> Distribution:
    """An installation as pip writes it down, which has `origin` from pip if there is one."""
    at = folder / "hardwire-0.1.0.dist-info"
    at.mkdir(parents=True)
    (at / "METADATA").write_text(
        "Metadata-Version: 2.3\nName: hardwire\nVersion: 0.1.0\nRequires-Dist: numpy>=1.26\n"
        "Requires-Dist: lark>=1.1.9; extra == 'rasp'\n"
        'Requires-Dist: prompt-toolkit>=3.0.36; extra == "rasp"\n'
        "Requires-Dist: rich>=13; extra == 'cli'\n"
    )
    if origin is not None:
        (at / "direct_url.json").write_text(json.dumps(origin))
    return Distribution.at(at)


def clone(folder: Path) -> Path:
    (folder / "src" / "hardwire").mkdir(parents=True)
    (folder / "pyproject.toml").touch()
    return folder


def arguments(found: Path | None, distribution: Distribution | None, extra: str = "rasp") -> list[str]:
    """What a shell makes of the words that follow `pip install`."""
    return shlex.split(" ".join(extras._arguments(extra, found, distribution)))


def test_a_clone_is_named_with_its_folder(tmp_path: Path) -> None:
    """Whether pip knows of it (an editable installation) or the path of Python alone does."""
    root = clone(tmp_path / "it's a clone")
    assert extras._clone(root / "src" / "hardwire" / "extras.py") == root
    assert arguments(root, None) == ["-e", f"{root}[rasp]"]
    editable = installed(tmp_path, {"url": root.as_uri(), "dir_info": {"editable": True}})
    assert arguments(root, editable) == ["-e", f"{root}[rasp]"]
    assert arguments(None, editable) == ["-e", f"{root}[rasp]"]


def test_a_package_in_its_installation_is_no_clone(tmp_path: Path) -> None:
    site = tmp_path / "lib" / "site-packages"
    (site / "hardwire").mkdir(parents=True)
    (tmp_path / "lib" / "pyproject.toml").touch()
    assert extras._clone(site / "hardwire" / "extras.py") is None


def test_an_installation_from_a_folder_names_the_folder(tmp_path: Path) -> None:
    root = clone(tmp_path / "with blanks and ü")
    assert arguments(None, installed(tmp_path, {"url": root.as_uri(), "dir_info": {}})) == [f"{root}[rasp]"]


def test_where_the_folder_is_gone_the_packages_are_named(tmp_path: Path) -> None:
    gone = installed(tmp_path, {"url": (tmp_path / "gone").as_uri(), "dir_info": {"editable": False}})
    assert arguments(None, gone) == ["lark>=1.1.9", "prompt-toolkit>=3.0.36"]


@pytest.mark.parametrize(
    ("origin", "wanted"),
    [
        (None, "hardwire[rasp]"),
        ({"url": FILE, "archive_info": {}}, f"hardwire[rasp] @ {FILE}"),
        (
            {"url": f"{INDEX}/h.git", "vcs_info": {"vcs": "git", "commit_id": "abc"}},
            f"hardwire[rasp] @ git+{INDEX}/h.git@abc",
        ),
    ],
    ids=["an index", "a file", "a repository"],
)
def test_an_installation_from_elsewhere_names_its_origin(tmp_path: Path, origin: Any, wanted: str) -> None:
    assert arguments(None, installed(tmp_path, origin)) == [wanted]


def test_pip_is_that_of_this_python(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = Path(sys.executable).parent
    monkeypatch.setattr(extras.shutil, "which", lambda _: str(folder / "pip"))
    assert extras._pip() == "pip"
    monkeypatch.setattr(extras.shutil, "which", lambda _: str(tmp_path / "pip"))
    assert shlex.split(extras._pip()) == [sys.executable, "-m", "pip"]
    monkeypatch.setattr(extras.sys, "executable", f"{tmp_path}/a b/python")
    assert shlex.split(extras._pip()) == [f"{tmp_path}/a b/python", "-m", "pip"]


def test_the_error_has_the_command() -> None:
    error = MissingExtraError("a picture as PNG", "png")
    assert (error.extra, error.command) == ("png", extras.install("png"))
    assert str(error).endswith(f"Install it with: {error.command}")
    assert shlex.split(error.command)[-2:] == ["-e", f"{ROOT}[png]"]


def test_no_text_tells_to_install_from_an_index() -> None:
    """While the package is not published, `hardwire[...]` finds nothing: pages name the clone's folder, `.[...]`."""
    pages = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md"), *(ROOT / "examples").iterdir(), *ROOT.glob(".ci/*")]
    sources = [p for p in (ROOT / "src").rglob("*.py") if p.name != "extras.py"]
    for path in [p for p in pages if p.is_file()] + sources:
        assert "hardwire[" not in path.read_text("utf-8"), path
