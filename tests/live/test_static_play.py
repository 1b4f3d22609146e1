"""The playground as files, with Python in the browser.

The tests have no NumPy for Pyodide, so a module in the place of Pyodide hands each request to the Python of the tests:
everything but Pyodide itself is as users have it. Pyodide, where npm has installed it, shows that it starts from its
own files and says what is missing. `HARDWIRE_PYODIDE=folder`, with a full release, runs the playground in it.
"""

from __future__ import annotations

import json
import os
import shutil
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from chromium import browser

import hardwire as hw
from hardwire.play import write_page
from hardwire.play.actions import answer

PYODIDE = Path(__file__).parents[2] / "web" / "node_modules" / "pyodide"
FULL = os.environ.get("HARDWIRE_PYODIDE")
ANSWER = ".top .cell.result"
STAND_IN = """export async function loadPyodide({ indexURL }) {
  const ask = (path, body) => {
    const asked = new XMLHttpRequest();
    asked.open("POST", new URL(path, indexURL), false);
    asked.send(body);
    return asked.responseText;
  };
  return {
    loadPackage: async (names) => names.map((name) => ({ name })),
    unpackArchive: (data, format, { extractDir }) => ask("/unpack", `${format} ${extractDir} ${data.byteLength}`),
    runPython: (code) => (code.startsWith("import site") ? "/packages" : (text) => ask("/answer", text)),
  };
}
"""


class Handler(SimpleHTTPRequestHandler):
    """Serves a folder, and answers as the worker's Python would."""

    unpacked: list[str]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        if self.path == "/unpack":
            self.unpacked.append(body)
        text = json.dumps(answer(json.loads(body))) if self.path == "/answer" else ""
        self.send_response(200)
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, format: str, *args: Any) -> None: ...


@contextmanager
def serving(folder: Path) -> Iterator[tuple[str, list[str]]]:
    """The address of a folder, and what was unpacked."""
    unpacked: list[str] = []
    handler = type("Of", (Handler,), {"unpacked": unpacked})
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(handler, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/", unpacked
    finally:
        server.shutdown()
        server.server_close()


def test_the_files(tmp_path: Path) -> None:
    made = write_page(tmp_path)
    assert [p.name for p in made] == ["index.html", "hardwire.zip", "svg.zip"]
    with zipfile.ZipFile(tmp_path / "hardwire.zip") as archive:
        names = archive.namelist()
    assert {"hardwire/__init__.py", "hardwire/play/actions.py", "hardwire/live/bundle/explore.js"} <= {*names}
    assert not any("__pycache__" in name for name in names)
    with zipfile.ZipFile(tmp_path / "svg.zip") as archive:
        assert "svg/__init__.py" in archive.namelist()
    first = (tmp_path / "hardwire.zip").read_bytes()
    write_page(tmp_path)
    assert (tmp_path / "hardwire.zip").read_bytes() == first
    policy = write_page(tmp_path / "other", "https://example.org/v1/full/")[0].read_text("utf-8")
    assert "connect-src 'self' https://example.org;" in policy
    for wrong in ("pyodide", "ftp://example.org/", "javascript:/"):
        with pytest.raises(hw.errors.BuildError, match="the address of Pyodide is a folder"):
            write_page(tmp_path, wrong)


def test_programs_run_in_the_worker(browser: Any, tmp_path: Path) -> None:
    pytest.importorskip("safetensors")
    write_page(tmp_path)
    (tmp_path / "pyodide").mkdir()
    (tmp_path / "pyodide" / "pyodide.mjs").write_text(STAND_IN)
    page = browser.new_page()
    errors: list[str] = []
    page.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    with serving(tmp_path) as (address, unpacked):
        page.goto(f"{address}index.html")
        page.wait_for_selector(".badge.proved")
        assert page.locator(ANSWER).all_inner_texts() == list("olleh")
        assert unpacked == [f"zip /packages {(tmp_path / n).stat().st_size}" for n in ("hardwire.zip", "svg.zip")]
        page.locator("summary:has-text('Export')").click()
        with page.expect_download() as saved:
            page.get_by_role("button", name="Circuit (Mermaid)").click()
        assert saved.value.suggested_filename == "flip.mmd"
        page.get_by_label("Choose a puzzle").select_option("index")
        page.get_by_role("button", name="Check", exact=True).click()
        page.wait_for_selector(".verdict:has-text('not solved yet')")
        page.close()
    assert errors == []


def test_pyodide_says_what_is_missing(browser: Any, tmp_path: Path) -> None:
    if not (PYODIDE / "pyodide.mjs").exists():
        pytest.skip("Pyodide is not installed: `make web` installs it, with npm")
    write_page(tmp_path)
    shutil.copytree(PYODIDE, tmp_path / "pyodide")
    page = browser.new_page()
    with serving(tmp_path) as (address, _):
        page.goto(f"{address}index.html")
        page.wait_for_selector(".left .hint:has-text('Python did not start in this browser')", timeout=90_000)
        assert "has no package numpy, safetensors" in page.locator(".left .hint").last.inner_text()
    page.close()


def test_the_playground_in_pyodide(browser: Any, tmp_path: Path) -> None:
    if FULL is None:
        pytest.skip("HARDWIRE_PYODIDE names no folder with a full release of Pyodide")
    write_page(tmp_path)
    (tmp_path / "pyodide").symlink_to(Path(FULL).resolve())
    page = browser.new_page()
    with serving(tmp_path) as (address, _):
        page.goto(f"{address}index.html")
        page.wait_for_selector(".badge.proved", timeout=180_000)
        assert page.locator(ANSWER).all_inner_texts() == list("olleh")
    page.close()
