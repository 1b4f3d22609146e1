"""`hardwire play`."""

from __future__ import annotations

import socket
import webbrowser
from pathlib import Path

import pytest
from calling import Call, call, in_folder

from hardwire import play


def test_the_address_is_printed_and_opened(call: Call, in_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    started: list[str | None] = []

    def interrupted(of: play.Playground) -> None:
        started.append(of.code)
        of._server.server_close()
        raise KeyboardInterrupt

    monkeypatch.setattr(play.Playground, "serve", interrupted)
    monkeypatch.setattr(webbrowser, "open", lambda url: opened.append(url) is None)
    Path("p.py").write_text("x = 1\n")
    ran = call("play p.py")
    assert (ran.code, ran.err) == (0, "note: stopped\n")
    assert [*ran.lines] == opened
    assert opened[0].startswith("http://127.0.0.1:")
    ran = call("play --no-open")
    assert (ran.code, len(opened)) == (0, 1)
    assert started == ["x = 1\n", None]


def test_what_cannot_be_played(call: Call, in_folder: Path) -> None:
    ran = call("play missing.py --no-open")
    assert (ran.code, ran.err.startswith("error: cannot read missing.py: ")) == (2, True)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        ran = call(f"play --no-open --port {port}")
    assert (ran.code, ran.err.startswith(f"error: cannot listen on port {port}: ")) == (2, True)
