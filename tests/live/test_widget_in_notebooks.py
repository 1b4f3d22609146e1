"""The widget in JupyterLab and marimo, in a real browser: it shows the page, and both sides follow each other."""

from __future__ import annotations

import importlib.util
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from chromium import browser

import hardwire

pytest.importorskip("anywidget", reason="the explore extra is not installed: anywidget")

PATIENCE = 90
"""Seconds for a server and a kernel to start."""
ANSWER = ".top .cell.result"
SHOW = "import hardwire as hw\nw = hw.explore(hw.programs.flip, 'hello')\nw"
TELL = "print('now', w.input, w.layer, w.selected, ''.join(w.answer))"
SET = "w.input, w.layer, w.selected = 'hole', 2, 1"

MARIMO = """import marimo
app = marimo.App()

@app.cell
def _():
    import hardwire as hw
    import marimo as mo
    w = hw.explore(hw.programs.flip, 'hello')
    ui = mo.ui.anywidget(w.widget)
    ui
    return mo, ui, w

@app.cell
def _(mo, ui, w):
    ui.value
    mo.md(f"now {w.input} {w.layer} {w.selected} {''.join(w.answer)}")
    return
"""


@contextmanager
def serving(folder: Path, *command: str, path: str = "") -> Iterator[str]:
    """The address of a server on a free port of this machine."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = {name: str(folder / name) for name in ("JUPYTER_CONFIG_DIR", "IPYTHONDIR", "JUPYTER_DATA_DIR")}
    environment = os.environ | settings | {"PYTHONPATH": str(Path(hardwire.__file__).parents[1])}
    with (folder / "server.log").open("w") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", *(part.format(port=port) for part in command)],
            cwd=folder,
            env=environment,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        try:
            address = f"http://127.0.0.1:{port}"
            end = time.monotonic() + PATIENCE
            while time.monotonic() < end and server.poll() is None:
                try:
                    urllib.request.urlopen(address + path, timeout=5).close()
                    break
                except (urllib.error.URLError, OSError):
                    time.sleep(0.3)
            else:
                raise RuntimeError((folder / "server.log").read_text()[-2000:])
            yield address
        finally:
            os.killpg(server.pid, signal.SIGTERM)
            server.wait(30)


def answer(page: Any) -> str:
    return "".join(page.locator(ANSWER).all_inner_texts())


def test_jupyter(browser: Any, tmp_path: Path) -> None:
    if importlib.util.find_spec("jupyterlab") is None:
        pytest.skip("jupyterlab is not installed: the browser extra has it")
    import nbformat

    notebook = nbformat.v4.new_notebook()
    notebook.cells = [nbformat.v4.new_code_cell(text) for text in (SHOW, TELL, SET)]
    notebook.metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    (tmp_path / "files").mkdir()
    nbformat.write(notebook, tmp_path / "files" / "n.ipynb")
    flags = ("--no-browser", "--ip=127.0.0.1", "--port={port}", "--IdentityProvider.token=", "--allow-root")
    with serving(tmp_path, "jupyterlab", *flags, f"--ServerApp.root_dir={tmp_path / 'files'}", path="/api") as address:
        page = browser.new_page(viewport={"width": 1400, "height": 1200})
        page.goto(f"{address}/lab/tree/n.ipynb?reset", timeout=PATIENCE * 1000)
        cells = page.locator(".jp-Notebook .jp-CodeCell")
        page.wait_for_selector("text=Python 3 (ipykernel) | Idle", timeout=PATIENCE * 1000)

        def run(i: int) -> None:
            cells.nth(i).locator(".cm-content").click()
            page.keyboard.press("Control+Enter")

        run(0)
        page.wait_for_selector(ANSWER, timeout=PATIENCE * 1000)
        assert answer(page) == "olleh"
        page.locator(".hx input[type=text]").fill("hoe")
        page.get_by_label("Next layer").click()
        page.locator(".top .cell.input").nth(1).click()
        run(1)
        page.wait_for_selector("text=now hoe 2 1 eoh", timeout=PATIENCE * 1000)
        run(2)
        end = time.monotonic() + 20
        while answer(page) != "eloh" and time.monotonic() < end:
            page.wait_for_timeout(100)
        assert answer(page) == "eloh"
        assert page.locator(".hx input[type=text]").input_value() == "hole"
        page.close()


def test_marimo(browser: Any, tmp_path: Path) -> None:
    pytest.importorskip("marimo")
    (tmp_path / "n.py").write_text(MARIMO)
    flags = ("run", "--headless", "--no-token", "--host", "127.0.0.1", "--port", "{port}", "n.py")
    with serving(tmp_path, "marimo", *flags) as address:
        page = browser.new_page(viewport={"width": 1200, "height": 1000})
        page.goto(address, timeout=PATIENCE * 1000)
        page.wait_for_selector(ANSWER, timeout=PATIENCE * 1000)
        assert answer(page) == "olleh"
        page.locator(".hx input[type=text]").fill("hoe")
        page.wait_for_selector("text=now hoe 1 None eoh", timeout=PATIENCE * 1000)
        page.get_by_label("Next layer").click()
        page.wait_for_selector("text=now hoe 2 None eoh", timeout=PATIENCE * 1000)
        page.close()
