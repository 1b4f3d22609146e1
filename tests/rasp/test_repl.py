"""The REPL: whole sessions as the original would print them, and the keys of a terminal."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from prompt_toolkit.application import create_app_session
from prompt_toolkit.input import PipeInput, create_pipe_input
from prompt_toolkit.output import DummyOutput

from hardwire.errors import RaspError
from hardwire.rasp import repl
from hardwire.rasp.picture_files import Pictures
from hardwire.rasp.session import Session

HERE = Path(__file__).parent
TRANSCRIPTS = sorted((HERE / "transcripts").glob("*.in"))


def transcript(text: str, session: Session | None = None) -> str:
    out = io.StringIO()
    repl.piped(session or Session(), io.StringIO(text), out)
    return out.getvalue()


@pytest.mark.parametrize("given", TRANSCRIPTS, ids=lambda p: p.stem)
def test_transcripts(given: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(HERE / "files")
    assert transcript(given.read_text("utf-8")) == given.with_suffix(".out").read_text("utf-8")


def test_the_readme_of_the_original() -> None:
    """The sessions that the public documentation of RASP shows, as its readers know them."""
    session = Session()
    assert session.welcome == "RASP 0.1\nrunning example is: hello"
    assert session.run("threexindices =3 * indices;") == (
        '     s-op: threexindices\n \t Example: threexindices("hello") = [0, 3, 6, 9, 12] (ints)'
    )
    session.run('set example "hey"')
    assert session.run("prevs=select(indices,indices,<);") == (
        "     selector: prevs\n \t Example:\n \t\t\t     h e y\n \t\t\t h |      \n \t\t\t e | 1    \n \t\t\t y | 1 1  "
    )
    assert session.run('threexindices(["hi","there"]);') == "\t =  [0, 3] (ints)"
    assert session.run('my_frac=aggregate(full_s,indicator(tokens=="e"));') == (
        '     s-op: my_frac\n \t Example: my_frac("hey") = [0.333]*3 (floats)'
    )
    assert session.run('vowels = ["a","e"];') == "     list: vowels = ['a', 'e']"


@pytest.mark.parametrize(
    "statement",
    ["b = [1][2];", "a, b = 1, 2, 3;", "for a in [1, 2] { b = a; c = nothing; }", "a = 1 +;", "a, indices = 3, 4;",
     "a = tokens_int;", "a = aggregate(full_s, tokens);", 'load "no_such_file";', "def f(indices) { return 1; }"],
)  # fmt: skip
def test_a_failed_statement_leaves_the_session_as_it_was(statement: str) -> None:
    session = Session()
    session.run("a = 1; b = 2; c = indices;")
    before = dict(session.scope.values)
    assert "ignoring input" in session.run(statement)
    assert session.scope.values == before


def test_a_terminal_shows_the_place_of_an_error() -> None:
    session = Session(terminal=True)
    assert session.run("a = 1;\nb = nothing;").splitlines()[1:] == [
        "\t\t!!ignoring input:",
        "\t Error: Undefined variable: nothing",
        "\t  at line 2, column 5",
        "\t      b = nothing;",
        "\t          ^",
    ]
    assert session.run("a = 1;\nb = (;").splitlines() == [
        "\t!! line 2, column 6: expected an expression, not `;` \t-- ignoring input",
        "\t      b = (;",
        "\t           ^",
    ]


def test_a_terminal_aligns_selectors() -> None:
    """The original does not, so that where tokens have several letters no cell is under its key."""
    text = 'select(tokens, "ab", ==)(["ab", "c"]);'
    start = " \t\t\t "
    assert Session().run(text).splitlines()[1:] == [f"{start}    ab c", f"{start}ab | 1  ", f"{start}c | 1  "]
    shown = Session(terminal=True).run(text).splitlines()[1:]
    assert shown == [f"{start}     ab  c", f"{start}ab |  1   ", f"{start} c |  1   "]


def test_what_needs_a_name_that_failed_is_told_in_a_line() -> None:
    session = Session()
    uses = "".join(f"x{i} = x{i - 1} + 1;\n" for i in range(1, 32))
    shown = session.run(f"x0 = tokens + 1;\n{uses}").splitlines()
    assert shown[0] == "\t\t!!ignoring input:"
    assert shown[1].startswith('\t x0("hello") has no value at position 0')
    assert shown[2:] == [f"\t\t!!ignoring input: x{i} is undefined, since its definition failed" for i in range(31)]
    session.run("x0 = 1;")
    assert session.run("x1 = x0 + 1;") == "    value: x1 =  2"
    session.run("x0 = nothing;")
    assert session.run("x0;") == "    value: x0 =  1", "a definition that fails changes nothing"


def test_a_statement_that_is_cut_off_is_told() -> None:
    session = Session()
    assert transcript("1;\nx = 2\n\n", session).splitlines()[2:] == [
        ">>     value: out =  1",
        ">> .. .. ",
        "\t!! line 1, column 6: the text ends in the middle of a statement; expected an operator, a comma or "
        "a semicolon \t-- ignoring input",
    ]
    assert transcript("\n# a comment\n\n") == f"{session.welcome}\n>> .. .. .. \n"


def test_statements_before_a_failed_one_stand() -> None:
    session = Session()
    shown = session.run("a = 5; b = nothing; c = 7;")
    assert session.scope.get("a") == 5
    assert session.scope.get("c") == 7
    with pytest.raises(RaspError):
        session.scope.get("b")
    assert shown.splitlines()[0] == "    value: a =  5"


def test_stopping_leaves_the_session_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    session = Session()
    session.run("a = 1;")
    before = dict(session.scope.values)
    monkeypatch.setattr("hardwire.rasp.display.apply", _stopped)
    with pytest.raises(KeyboardInterrupt):
        session.run("a = indices;")
    assert session.scope.values == before
    with pytest.raises(KeyboardInterrupt):
        session.run("b = 2; a = indices;")
    assert session.scope.values == before, "all of a text is undone"
    assert transcript("a = indices;\n2;\n", session) == f"{session.welcome}\n>> >>     value: out =  2\n>> \n"


def _stopped(*_: object) -> object:
    raise KeyboardInterrupt


def test_drawing_writes_a_picture(tmp_path: Path) -> None:
    session = Session(Pictures(tmp_path / "flows", show=False, tell=True))
    shown = session.run('x = indices + 1; draw(x, "abc"); draw(x * 2);')
    assert shown.splitlines()[2:] == [
        "\t =  [1, 2, 3] (ints)", f"\t drawn in {tmp_path / 'flows' / 'x.svg'}",
        "\t =  [2, 4, 6, 8, 10] (ints)", f"\t drawn in {tmp_path / 'flows' / 'x_2.svg'}",
    ]  # fmt: skip
    assert sorted(p.name for p in (tmp_path / "flows").iterdir()) == ["x.svg", "x_2.svg"]
    assert (tmp_path / "flows" / "x.svg").read_text("utf-8").startswith("<svg")


def test_a_picture_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    session = Session(Pictures(tmp_path / "file", show=False, tell=True))
    assert "could not write" in session.run("draw(indices);")


# The terminal.


@pytest.fixture
def keyboard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[PipeInput]:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    with create_pipe_input() as keys, create_app_session(input=keys, output=DummyOutput()):
        yield keys


def typed(keys: PipeInput, text: str, capsys: pytest.CaptureFixture[str]) -> list[str]:
    keys.send_text(text)
    repl.interactive(Session())
    return capsys.readouterr().out.splitlines()[2:]


def test_enter_ends_a_statement_or_a_line(keyboard: PipeInput, capsys: pytest.CaptureFixture[str]) -> None:
    lines = typed(keyboard, "def f(x) {\rreturn x + 1;\r}\rf(1);\r\x04", capsys)
    assert lines == ["     console function: f(x)", "    value: out =  2"]


def test_control_c_drops_what_was_typed_and_control_d_ends(
    keyboard: PipeInput, capsys: pytest.CaptureFixture[str]
) -> None:
    assert typed(keyboard, "def f(x) {\r\x031 + 1;\r\x04", capsys) == ["    value: out =  2"]


def test_exit_ends(keyboard: PipeInput, capsys: pytest.CaptureFixture[str]) -> None:
    assert typed(keyboard, "1;\rexit\r2;\r", capsys) == ["    value: out =  1"]


def test_history_is_kept(keyboard: PipeInput, capsys: pytest.CaptureFixture[str]) -> None:
    typed(keyboard, "7;\r\x04", capsys)
    assert "7;" in repl.history_file().read_text("utf-8")


def test_a_history_that_cannot_be_kept_is_none(
    keyboard: PipeInput, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    assert typed(keyboard, "7;\r\x04", capsys) == ["    value: out =  7"]


def test_completions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "one.rasp").write_text("")
    (tmp_path / "some.rasp").write_text("")
    (tmp_path / "some.txt").write_text("")
    session = Session()
    session.run("def solo(x) { return x; } _hidden = 1;")

    def after(text: str) -> list[str]:
        return [name for name, _ in repl.completions(session, text)]

    assert after("so") == ["solo", "sort", "sort_by_frequency"]
    assert after("x = selector_w") == ["selector_width"]
    assert after("_h") == ["_hidden"]
    assert after('x = "so') == []
    assert after('load "') == ["deep/", "some"]
    assert after('load "deep/') == ["deep/one"]
    assert "full seq display" in after("fu")
    assert "_hidden" not in after("")
