"""`make notebook` in a fresh clone, looked at in a real browser: `python browser.py`, which `make test-notebook` runs.

A copy of the working tree without anything that was built gets its environment from `make notebook`, which then serves
the tour. Chromium opens it: every cell has to run, and the pictures have to be there without one error in the console.
What that environment lacks, the hint of the error has to bring, as it is printed. Without Chromium it is skipped.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]
CHROMIUM = "/usr/bin/chromium"
FLAGS = (
    *("--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
)
FEWEST = 30
"""Pictures that the tour has at least."""
PATIENCE = 600
"""Seconds for an installation, and for the tour to run."""


@dataclass
class Seen:
    """What the browser saw of a page; `stalled` tells whether cells were still at work when patience ended."""

    pictures: int
    broken: list[str]
    stalled: bool
    errors: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)

    @property
    def fine(self) -> bool:
        return self.pictures >= FEWEST and not (self.broken or self.stalled or self.errors or self.foreign)


def clone(folder: Path) -> None:
    """The files of the working tree that belong to the repository, or would if they were committed now."""
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    for name in subprocess.run(listed, cwd=ROOT, check=True, capture_output=True).stdout.decode().split("\0"):
        if name and (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)


def surroundings(folder: Path) -> dict[str, str]:
    """The environment of a new terminal of a new user: nothing leads to this clone, or to settings of the tools."""
    ours = ("MAKE", "MFLAGS", "PYTHON", "VIRTUAL_ENV")
    rest = {k: v for k, v in os.environ.items() if not k.startswith(ours)}
    cache = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")  # pip's, which spares downloads
    return rest | {"HOME": str(folder.parent), "XDG_CACHE_HOME": cache}


@contextmanager
def notebook(folder: Path) -> Iterator[str]:
    """The address of the tour, which `make notebook` serves."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = ["make", "notebook", f"NOTEBOOK_FLAGS=--headless --no-token --port {port}", f"PYTHON={_python()}"]
    with (folder / "server.log").open("w") as log:
        server = subprocess.Popen(
            command, cwd=folder, env=surroundings(folder), stdout=log, stderr=log, start_new_session=True
        )
        try:
            _wait(server, f"http://127.0.0.1:{port}", folder / "server.log")
            yield f"http://127.0.0.1:{port}"
        finally:
            os.killpg(server.pid, signal.SIGTERM)
            server.wait(30)


def _python() -> str:
    """The Python that this environment was made with."""
    return str(Path(sys.base_prefix) / "bin" / f"python{sys.version_info.major}.{sys.version_info.minor}")


def _wait(server: subprocess.Popen[bytes], address: str, log: Path) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if server.poll() is not None:
            raise RuntimeError(f"make notebook ended with {server.returncode}:\n{log.read_text()}")
        try:
            urllib.request.urlopen(address, timeout=5).close()
            return
        except (urllib.error.URLError, OSError):
            time.sleep(0.5)
    raise RuntimeError(f"make notebook serves nothing after {PATIENCE} s:\n{log.read_text()}")


def look(address: str, picture: Path) -> Seen:
    """Opens a notebook and waits until its cells have run; `picture` is where a screenshot goes."""
    from playwright.sync_api import sync_playwright

    errors: list[str] = []
    foreign: list[str] = []
    with sync_playwright() as driver, tempfile.TemporaryDirectory() as profile:
        browser = driver.chromium.launch_persistent_context(
            profile, executable_path=CHROMIUM, headless=True, chromium_sandbox=False, args=list(FLAGS)
        )
        page = browser.pages[0]
        page.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: errors.append(str(error)))
        own = (address, address.replace("http", "ws"), "data:", "blob:")
        page.on("request", lambda asked: None if asked.url.startswith(own) else foreign.append(asked.url))
        page.goto(address, timeout=PATIENCE * 1000)
        end, quiet = time.monotonic() + PATIENCE, 0
        while quiet < 5 and time.monotonic() < end:
            page.wait_for_timeout(1000)
            busy = page.locator("[data-status=running], [data-status=queued]").count()
            quiet = quiet + 1 if not busy and page.locator("svg.hw").count() else 0
        page.screenshot(path=picture)
        shown = [svg for svg in page.locator("svg.hw").all() if svg.bounding_box()]
        broken = [cell.inner_text()[:500] for cell in page.locator(".marimo-error, .has-error").all()]
        seen = Seen(len(shown), broken, quiet < 5, errors, foreign)
        browser.close()
    return seen


def hint_works(folder: Path) -> bool:
    """Whether the command that an error prints does install what is missing, typed in another folder."""
    tool, elsewhere = folder / ".venv" / "bin" / "hardwire", folder / "elsewhere"
    elsewhere.mkdir()
    draw = [str(tool), "draw", "flip", "hello", "-o", "flip.png"]
    asked = subprocess.run(draw, cwd=elsewhere, env=surroundings(folder), capture_output=True, text=True)
    command = asked.stderr.partition("Install it with: ")[2].strip()
    print(f"without the extra: {asked.stderr.strip()}")
    if not command:
        return False
    subprocess.run(command, shell=True, cwd=elsewhere, env=surroundings(folder), check=True, capture_output=True)
    return subprocess.run(draw, cwd=elsewhere, env=surroundings(folder)).returncode == 0


def main() -> int:
    if not Path(CHROMIUM).exists():
        print(f"SKIPPED: the notebook is not looked at in a browser: there is no {CHROMIUM} (Debian: chromium)")
        return 0
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "clone"
        clone(folder)
        with notebook(folder) as address:
            installed = time.monotonic()
            seen = look(address, Path(tempfile.gettempdir()) / "hardwire-tour.png")
        ran = time.monotonic()
        hint = hint_works(folder)
    print(
        f"make notebook in a fresh clone: {seen.pictures} pictures, {len(seen.errors)} errors in the console, "
        f"{len(seen.broken)} broken cells, {len(seen.foreign)} requests to other machines; "
        f"installed in {installed - begun:.0f} s, run in {ran - installed:.0f} s; "
        f"the hint for PNG {'works' if hint else 'does not work'}"
    )
    for line in (*seen.errors, *seen.broken, *seen.foreign):
        print(f"  {line}")
    if seen.stalled:
        print(f"  cells were still at work after {PATIENCE} s")
    return 0 if seen.fine and hint else 1


if __name__ == "__main__":
    sys.exit(main())
