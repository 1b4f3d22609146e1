"""An environment with every tool that exports are for: `python environment.py FOLDER` makes it, where it is not there.

It is apart from .venv since it is large. In FOLDER there is then bin/python, and transformers4 with a transformers 4
to import in place of the newest. It is made again whenever what is asked for changes. Exit code 3: it cannot be
installed here, and the reason is printed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
import venv
from pathlib import Path

TORCH = ["torch==2.13.0"]
"""First and alone: what follows is content with it, and would else bring a build for graphics cards."""
OLDER = ["transformers>=4.57,<5"]


def wanted() -> list[str]:
    """What hardwire's own extras for exports and tests ask for."""
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"]
    names = ("files", "cli", "torch", "hf", "onnx", "lens", "dev")
    found = {x for name in names for x in extras[name] if not x.startswith(("hardwire", "mypy", "ruff"))}
    return sorted(found | set(project["dependencies"]) | {"nbclient", "ipykernel"})


def make(folder: Path) -> None:
    """Raises CalledProcessError."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    venv.create(folder, with_pip=True)
    pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    for what in (TORCH, wanted(), ["--target", str(folder / "transformers4"), *OLDER]):
        # Its complaints about what a folder apart does not fit are not meant for us.
        subprocess.run([*pip, *what], check=True, capture_output=True, text=True)


def main() -> int:
    folder = Path(sys.argv[1])
    stamp = folder / "made-of.txt"
    content = "\n".join([sys.version, *TORCH, *wanted(), *OLDER])
    if stamp.is_file() and stamp.read_text("utf-8") == content:
        return 0
    print(f"installing the tools that exports are for into {folder} ...", flush=True)
    try:
        make(folder)
    except (subprocess.CalledProcessError, OSError) as error:
        text = str(getattr(error, "stderr", "") or error).strip()
        print(f"SKIPPED: the exports are not tested in their tools, which cannot be installed here:\n{text[-2000:]}")
        return 3
    stamp.write_text(content, "utf-8")
    return 0


if __name__ == "__main__":
    os.environ.pop("PYTHONPATH", None)
    sys.exit(main())
