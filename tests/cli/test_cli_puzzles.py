"""The command `hardwire puzzles`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from calling import Call, call, in_folder

from hardwire.puzzles import PUZZLES, get, solved_file

MINE = """\
from hardwire import full, indices, key, query, tokens

def minimum():
    return full.min(tokens)

def shift():
    place = (indices + 1).name("place")
    return (key(indices) == query(place)).value(tokens, "_")

length = (key(full.width()) == query(full.width())).width()
def nothing():
    pass
"""


def test_the_list(call: Call) -> None:
    ran = call("puzzles")
    assert (ran.code, ran.err) == (0, "")
    for p in PUZZLES.values():
        assert [str(p.number), p.name, str(p.layers), *p.title.split()] in [line.split() for line in ran.lines]
    assert [p["name"] for p in json.loads(call("puzzles --json").out)] == list(PUZZLES)


def test_what_is_solved_is_kept(call: Call, in_folder: Path) -> None:
    def line(name: str) -> list[str]:
        return next(line.split() for line in call("puzzles").lines if line.split()[1:2] == [name])

    (in_folder / "mine.py").write_text(MINE)
    assert "solved." not in call("puzzles").out
    assert call("puzzles check shift mine.py:shift").code == 1
    assert "yes" not in line("shift")
    assert call("puzzles check minimum mine.py:minimum --no-compile").code == 0
    assert line("minimum")[-1] == "yes", "a solution that is not compiled gets no medal"
    assert call("puzzles check minimum mine.py:minimum").code == 0
    assert call("puzzles check minimum mine.py:minimum --no-compile").code == 0
    assert line("minimum")[-7:] == ["yes:", "gold", "for", "layers,", "gold", "for", "parameters"]
    assert call("puzzles").lines[-1].startswith(f"1 of {len(PUZZLES)} solved. ")
    found = json.loads(call("puzzles show minimum --json").out)["solved"]
    assert (found["layers"], found["medals"]) == (1, {"layers": "gold", "parameters": "gold"})
    assert [p["solved"] for p in json.loads(call("puzzles --json").out)].count(None) == len(PUZZLES) - 1


@pytest.mark.parametrize("text", ["{", "[]", "3", '{"minimum": 3}', '{"minimum": {"layers": "x"}}', "\x00"])
def test_a_damaged_record_stops_nothing(call: Call, in_folder: Path, text: str) -> None:
    path = solved_file.place()
    path.parent.mkdir(parents=True)
    path.write_text(text)
    (in_folder / "mine.py").write_text(MINE)
    ran = call("puzzles")
    assert (ran.code, len(ran.lines) > len(PUZZLES)) == (0, True)
    assert ran.err == f"note: {path} is no record of solved puzzles; remove it\n"
    ran = call("puzzles check minimum mine.py:minimum")
    assert (ran.code, "note: the solution was not recorded" in ran.err) == (0, True)
    assert path.read_text() == text


def test_a_record_that_cannot_be_written(call: Call, in_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (in_folder / "mine.py").write_text(MINE)
    monkeypatch.setenv("XDG_STATE_HOME", str(in_folder / "mine.py"))
    ran = call("puzzles check minimum mine.py:minimum")
    assert (ran.code, ran.lines[0].startswith("minimum is solved")) == (0, True)
    assert ran.err.startswith("note: the solution was not recorded: cannot ")


def test_show(call: Call) -> None:
    ran = call("puzzles show minimum")
    assert ran.out.startswith(repr(get("minimum")))
    assert ran.lines[-2:] == [
        "hardwire puzzles check minimum mine.py:minimum",
        "hardwire puzzles hint minimum   (3 hints)",
    ]
    assert call(f"puzzles show {get('minimum').number}") == ran
    shown = json.loads(call("puzzles show minimum --json").out)
    assert shown["examples"][0] == {"input": [5, 3, 2, 5, 2], "right": [2, 2, 2, 2, 2]}


def test_the_sketch_is_a_program_to_check(call: Call, in_folder: Path) -> None:
    lines = call("puzzles show shift").lines
    sketch = lines[next(i for i, line in enumerate(lines) if "import" in line) : -2]
    (in_folder / "mine.py").write_text("\n".join(line[4:] for line in sketch))
    ran = call(lines[-2].removeprefix("hardwire "))
    assert ran.code == 1
    assert ran.out.startswith('shift is not solved yet: wrong on "hello", an example.\n')


def test_hints_come_one_at_a_time(call: Call) -> None:
    first, second, third = get("shift").hints
    assert (
        call("puzzles hint shift").out == f"shift, hint 1 of 3: {first}\nStill stuck? hardwire puzzles hint shift 2\n"
    )
    assert second in call("puzzles hint 3 2").out
    assert call("puzzles hint shift 3").out == f"shift, hint 3 of 3: {third}\n"
    ran = call("puzzles hint shift 4")
    assert (ran.code, ran.err) == (2, "error: there is no hint of shift with the number '4'. They go from 1 to 3.\n")


def test_a_solution(call: Call, in_folder: Path) -> None:
    (in_folder / "mine.py").write_text(MINE)
    ran = call("puzzles check minimum mine.py:minimum")
    assert ran.code == 0
    assert ran.lines[0].startswith("minimum is solved: right on all")
    assert ran.lines[1].split()[:3] == ["layer", "1", "gold"]
    assert ran.lines[-1] == f"Next: hardwire puzzles show {get('minimum').number + 1}"
    found = json.loads(call("puzzles check minimum mine.py:minimum --json").out)
    assert (found["solved"], found["layers"], found["medals"]) == (True, 1, {"layers": "gold", "parameters": "gold"})


def test_a_wrong_solution(call: Call, in_folder: Path) -> None:
    (in_folder / "mine.py").write_text(MINE)
    ran = call("puzzles check shift mine.py:shift")
    assert (ran.code, ran.err) == (1, "")
    assert ran.lines[1:5] == [
        "  input    h  e  l  l  o",
        "  yours    e  l  l  o  _",
        "  right    _  h  e  l  l",
        "           ^  ^  ^  ^  ^",
    ]
    assert any(line.split() == ["place", "0", "1", "2", "3", "4", "5"] for line in ran.lines)
    assert ran.lines[-1] == "Stuck? hardwire puzzles hint shift"
    wrong = json.loads(call("puzzles check shift mine.py:shift --json").out)["wrong"]
    assert wrong == {"input": "hello", "yours": list("ello_"), "right": list("_hell")}


def test_over_budget(call: Call, in_folder: Path) -> None:
    (in_folder / "mine.py").write_text(MINE)
    ran = call("puzzles check length mine.py:length")
    assert ran.code == 1
    assert ran.lines[0].endswith("but it takes 2 layers and the budget is 1.")


def test_no_compile(call: Call, in_folder: Path) -> None:
    (in_folder / "mine.py").write_text(MINE)
    ran = call("puzzles check minimum mine.py:minimum --no-compile")
    assert ran.code == 0
    assert "  No medals, which are for transformers: compiling was left out" in ran.lines


def test_usage(call: Call, in_folder: Path) -> None:
    (in_folder / "mine.py").write_text(MINE)
    ran = call("puzzles show shft")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("error: there is no puzzle 'shft'. Did you mean 'shift'")
    assert call("puzzles check 1 mine.py").code == 2
    assert (
        call("puzzles check 1 mine.py:nothing").err
        == "error: mine.py:nothing() returns a NoneType; it must return a sop\n"
    )
    assert call("puzzles check shift nowhere.py:shift").code == 2
