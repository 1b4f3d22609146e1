"""Build the wheel and the source archive, install each in an environment of its own, and add two numbers with it:
`make packages`."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ADDITION, SUM = "683+345", "1028"


def environment(folder: Path) -> Path:
    """Make a virtual environment and return its folder of programs."""
    venv.create(folder, with_pip=True, symlinks=os.name != "nt")
    return folder / ("Scripts" if os.name == "nt" else "bin")


def run(*command: str | Path, cwd: Path) -> str:
    done = subprocess.run([str(c) for c in command], cwd=cwd, capture_output=True, encoding="utf-8", errors="replace")
    if done.returncode:
        raise SystemExit(f"{' '.join(map(str, command))} failed:\n{done.stdout}{done.stderr}")
    return done.stdout


def main() -> None:
    with tempfile.TemporaryDirectory() as scratch:
        work = Path(scratch)
        builder = environment(work / "builder")
        run(builder / "python", "-m", "pip", "install", "--quiet", "build", cwd=work)
        run(builder / "python", "-m", "build", "--outdir", work / "dist", ROOT, cwd=work)
        for package in sorted((work / "dist").iterdir()):
            programs = environment(work / f"with_{package.suffix[1:]}")
            run(programs / "python", "-m", "pip", "install", "--quiet", f"{package}[cli]", cwd=work)
            printed = run(programs / "hardwire", "run", "add", ADDITION, cwd=work)
            if SUM not in "".join(c for c in printed if c.isdigit()):
                raise SystemExit(f"{package.name}: `hardwire run add {ADDITION}` printed {printed!r}")
            print(f"{package.name}: {package.stat().st_size / 1024:.0f} KiB, installs and adds", flush=True)


if __name__ == "__main__":
    sys.exit(main())
