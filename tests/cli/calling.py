"""What the tests of the command line share."""

from __future__ import annotations

import io
import shlex
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from hardwire import cli


@dataclass
class Ran:
    """What a command did; `model` is its line about the transformer that ran, which is not in `err`."""

    code: int
    out: str
    err: str
    model: str = field(default="", compare=False)

    @property
    def lines(self) -> list[str]:
        return self.out.splitlines()


Call = Callable[..., Ran]


@pytest.fixture
def call(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> Call:
    """Runs a command line in this process; `stdin` is what it reads. What it keeps is kept in a folder of its own."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))

    def call(line: str, stdin: str | bytes = "") -> Ran:
        data = stdin if isinstance(stdin, bytes) else stdin.encode()
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data), "utf-8"))
        code = cli.main(shlex.split(line))
        out, err = capsys.readouterr()
        lines = err.splitlines(keepends=True)
        model = [line for line in lines if line.startswith("Transformer(")]
        return Ran(code, out, "".join(line for line in lines if line not in model), "".join(model))

    return call


@pytest.fixture
def in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of its own, where the files of a test lie; what loading them changes is undone."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr(sys, "modules", sys.modules.copy())
    return tmp_path
