"""Valid programs with random edits: a clear error or a result each time, and never anything else."""

# ruff: noqa: E501  tables keep their rows on a line

from __future__ import annotations

import random
from importlib import resources
from pathlib import Path

import pytest

from hardwire.rasp.session import Session

HERE = Path(__file__).parent
WORDS = [
    "(", ")", "[", "]", "{", "}", ";", ",", "=", "==", "!=", "<", ">=", "+", "-", "*", "/", "^", "%", ":", '"', "#", "\n",
    " in ", " if ", " else ", " for ", " and ", " or ", " not ", "def ", "return ", "select", "aggregate", "range(9999)",
    "round", "indicator", "zip", "len", "length", "tokens", "tokens_int", "indices", "full_s", "out", "sort", "0", "1",
    "99999999999", "0.5", '"a"', "[]", "{}", "[1, 2]", "True", "draw", "load", "set example ", "examples off", "§", "\0", "@",
]  # fmt: skip


def programs() -> list[str]:
    """Texts to edit: the transcripts, and every definition of the library with a use of it."""
    sessions = [p.read_text("utf-8") for p in sorted((HERE / "transcripts").glob("*.in"))]
    library = resources.files("hardwire.rasp").joinpath("rasplib.rasp").read_text("utf-8")
    definitions = ["def " + part for part in library.split("\ndef ")[1:]]
    uses = 'x = sort(tokens, tokens); y = dyck(tokens, ["()", "[]"]); z = frac_prevs(tokens, "a") > 0.5; x("abc");'
    return [*sessions, *(f"{d}\n{uses}" for d in definitions), uses]


def edited(rng: random.Random, text: str) -> str:
    """A text with one to four edits: something left out, doubled, put in, exchanged or cut off."""
    for _ in range(rng.randint(1, 4)):
        i = rng.randrange(len(text) + 1)
        j = min(len(text), i + rng.choice([1, 1, 2, 5, 20]))
        kind = rng.randrange(6)
        if kind == 0:
            text = text[:i] + text[j:]
        elif kind == 1:
            text = text[:j] + text[i:]
        elif kind == 2:
            text = text[:i] + rng.choice(WORDS) + text[i:]
        elif kind == 3:
            text = text[:i] + rng.choice(WORDS) + text[j:]
        elif kind == 4:
            text = text[:i] + chr(rng.choice([9, 39, 64, 124, 955, *range(32, 127)])) + text[j:]
        else:
            text = text[: max(i, 5)]
    return text


def fuzz(seeds: range) -> None:
    texts = programs()
    told = shown = 0
    for seed in seeds:
        rng = random.Random(seed)
        text = edited(rng, rng.choice(texts))
        session = Session()
        try:
            output = session.run(text)
        except BaseException as error:
            raise AssertionError(f"seed {seed}: {type(error).__name__}: {error}\n{text}") from error
        assert "Traceback" not in output
        told += "ignoring input" in output
        shown += "ignoring input" not in output
    assert told > 0.3 * len(seeds), "edits that hurt nothing say nothing"
    assert shown > 0.02 * len(seeds)


@pytest.mark.parametrize("start", range(0, 400, 100))
def test_edited_programs(start: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    fuzz(range(start, start + 100))


@pytest.mark.nightly
@pytest.mark.parametrize("start", range(1000, 11_000, 500))
def test_ten_thousand_edited_programs(start: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    fuzz(range(start, start + 500))
