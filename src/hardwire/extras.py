"""The command that installs the packages of an extra, valid in the environment that prints it.

hardwire runs from a clone, or from an installation whose origin pip has recorded (PEP 610: `direct_url.json`): a
folder, a file, a repository; otherwise an index. If the folder no longer exists, the command names the packages.
"""

from __future__ import annotations

import json
import re
import shlex
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from importlib.metadata import Distribution

NAME = "hardwire"


def install(extra: str) -> str:
    """Return the command that installs an extra, from any folder: `pip install -e '/home/me/hardwire[png]'`."""
    return " ".join([_pip(), "install", *_arguments(extra, _clone(Path(__file__)), _installed())])


def _pip() -> str:
    """Return the pip of the running Python, by its shortest name in a terminal."""
    found = shutil.which("pip")
    if found is not None and Path(found).parent == Path(sys.executable).parent:
        return "pip"
    return f"{shlex.quote(sys.executable or 'python')} -m pip"


def _arguments(extra: str, clone: Path | None, installed: Distribution | None) -> list[str]:
    """Return the arguments of `pip install`."""
    if clone is not None:
        return ["-e", _quoted(f"{clone}[{extra}]")]
    origin = _origin(installed)
    if "dir_info" in origin:
        folder = _folder(origin["url"])
        if (folder / "pyproject.toml").is_file():
            return [*(["-e"] if origin["dir_info"].get("editable") else []), _quoted(f"{folder}[{extra}]")]
        return [_quoted(x) for x in _packages(extra, installed)]
    if "vcs_info" in origin:
        vcs = origin["vcs_info"]
        return [_quoted(f"{NAME}[{extra}] @ {vcs['vcs']}+{origin['url']}@{vcs['commit_id']}")]
    if "url" in origin:
        return [_quoted(f"{NAME}[{extra}] @ {origin['url']}")]
    return [_quoted(f"{NAME}[{extra}]")]


def _clone(file: Path) -> Path | None:
    """The clone of the repository that a module of this package runs from."""
    root = file.resolve().parents[2]
    return root if file.resolve().parent.parent.name == "src" and (root / "pyproject.toml").is_file() else None


def _installed() -> Distribution | None:
    from importlib.metadata import PackageNotFoundError, distribution  # slow, and rarely needed

    try:
        return distribution(NAME)
    except PackageNotFoundError:
        return None


def _origin(installed: Distribution | None) -> dict[str, Any]:
    """Where pip has it from; empty for an index."""
    text = None if installed is None else installed.read_text("direct_url.json")
    found = json.loads(text) if text else {}
    return found if isinstance(found, dict) else {}


def _folder(url: str) -> Path:
    from urllib.parse import urlparse
    from urllib.request import url2pathname

    return Path(url2pathname(urlparse(url).path))


def _packages(extra: str, installed: Distribution | None) -> list[str]:
    """The requirements of an extra."""
    lines = [line.partition(";") for line in (installed.requires if installed is not None else None) or []]
    return [need.strip() for need, _, marker in lines if re.search(rf"extra == ['\"]{re.escape(extra)}['\"]", marker)]


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\"'\"'") + "'"
