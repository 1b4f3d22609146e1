"""The REPL: a prompt with editing, history and completion on a terminal; line by line where input is piped."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator, Sequence
from io import StringIO, TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from ..errors import MissingExtraError
from .budget import LONGEST_TEXT
from .picture_files import Pictures
from .reader import Growing, is_unfinished
from .session import Session

if TYPE_CHECKING:
    from prompt_toolkit import PromptSession
    from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent

PROMPT, CONTINUED = ">> ", ".. "
WORDS = (
    "and", "def", "draw", "else", "example", "examples", "exit", "for", "full seq display", "if", "in", "load", "not",
    "off", "on", "or", "quit", "return", "select", "selector", "set example", "show example",
)  # fmt: skip
"""What is completed besides the names of the session."""


def piped(session: Session, lines: TextIO, out: TextIO, first: str = "") -> None:
    """A session with what comes from a file or a pipe; it prints what the original would, prompts included."""
    print(session.welcome, file=out)
    _tell(session.run(first), out)
    growing = Growing()
    while not session.ended:
        print(_prompt(growing.text), end="", file=out, flush=True)
        line = lines.readline(LONGEST_TEXT + 1)
        if not line:
            print(file=out)
            if growing.text.strip():
                _tell(session.run(growing.text), out)  # which says what is missing
            break
        # Like the original, blind to lines of comment.
        if not growing.add("\n" if line.lstrip().startswith("#") else line) or not growing.text.strip():
            continue
        try:
            shown = session.run(growing.text)
        except KeyboardInterrupt:
            shown = ""
        _tell(shown, out)
        growing = Growing()


def _tell(shown: str, out: TextIO) -> None:
    if shown:
        print(shown, file=out, flush=True)


def _prompt(text: str) -> str:
    return CONTINUED + "  " * len(re.findall(r"\bdef\b", text)) if text else PROMPT


def interactive(session: Session, first: str = "") -> None:
    """A session on a terminal. Raises MissingExtraError."""
    prompt = _terminal(session)
    print(session.welcome)
    _tell(session.run(first), sys.stdout)
    while not session.ended:
        try:
            text = prompt.prompt(PROMPT)
        except KeyboardInterrupt:  # what was typed is dropped
            continue
        except EOFError:
            break
        try:
            shown = session.run(text)
        except KeyboardInterrupt:
            shown = "\t\t!!stopped; nothing has changed"
        _tell(shown, sys.stdout)


def _terminal(session: Session) -> PromptSession[str]:
    try:
        from prompt_toolkit import PromptSession
        from prompt_toolkit.completion import CompleteEvent, Completer, Completion
        from prompt_toolkit.document import Document
        from prompt_toolkit.history import FileHistory, History, InMemoryHistory
    except ImportError as error:
        if (error.name or "").partition(".")[0] != "prompt_toolkit":
            raise
        raise MissingExtraError("the REPL", "rasp") from None

    class Names(Completer):
        def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterator[Completion]:
            before = document.text_before_cursor
            for text, length in completions(session, before):
                yield Completion(text, start_position=-length)

    history: History = InMemoryHistory()
    place = history_file()
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with place.open("a"):
            history = FileHistory(str(place))
    except OSError:
        pass  # a history that is not kept is better than no session
    return PromptSession(
        history=history,
        completer=Names(),
        complete_while_typing=False,
        multiline=True,
        prompt_continuation=lambda width, number, soft: CONTINUED,
        key_bindings=_keys(),
        enable_open_in_editor=True,
    )


def _keys() -> KeyBindings:
    from prompt_toolkit.key_binding import KeyBindings

    keys = KeyBindings()

    @keys.add("enter")
    def _(event: KeyPressEvent) -> None:
        buffer = event.current_buffer
        if is_unfinished(buffer.text) and buffer.text.strip():
            buffer.insert_text("\n" + "  " * _depth(buffer.document.text_before_cursor))
        else:
            buffer.validate_and_handle()

    @keys.add("}")
    def _(event: KeyPressEvent) -> None:
        buffer = event.current_buffer
        line = buffer.document.current_line_before_cursor
        if line and not line.strip():  # a bracket that closes goes back by one level
            buffer.delete_before_cursor(min(2, len(line)))
        buffer.insert_text("}")

    return keys


def _depth(text: str) -> int:
    """How many brackets are open at the end of a text."""
    bare = re.sub(r'"[^"\n]*"|#[^\n]*', "", text)
    return max(0, sum(bare.count(c) for c in "([{") - sum(bare.count(c) for c in ")]}"))


def completions(session: Session, before: str) -> Iterator[tuple[str, int]]:
    """What may stand at the end of a text, each with the length of what it replaces."""
    quoted = re.search(r'\bload\s+"([^"\n]*)$', before)
    if quoted is not None:
        yield from ((file, len(quoted[1])) for file in _files(quoted[1]))
        return
    if before.count('"', before.rfind("\n") + 1) % 2:
        return  # inside a string
    found = re.search(r"[A-Za-z_][A-Za-z_0-9]*$", before)
    word = found[0] if found else ""
    known = {*WORDS, *(n for n in session.scope.names() if word.startswith("_") or not n.startswith("_"))}
    yield from ((name, len(word)) for name in sorted(known) if name.startswith(word))


def _files(start: str) -> Iterator[str]:
    """The RASP files and folders that a path may go on to."""
    folder = Path(start) if start.endswith("/") else Path(start).parent
    try:
        entries = sorted(folder.iterdir())
    except OSError:
        return
    for entry in entries:
        shown = entry.as_posix() + "/" if entry.is_dir() else entry.with_suffix("").as_posix()
        if (entry.is_dir() or entry.suffix == ".rasp") and shown.startswith(start) and not entry.name.startswith("."):
            yield shown


def history_file() -> Path:
    """Where the lines that were typed are kept."""
    state = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(state) / "hardwire" / "rasp_history"


def start(files: Sequence[Path], folder: Path, *, show: bool) -> None:
    """The REPL on whatever standard input is, with files loaded first. Raises MissingExtraError.

    Pictures are written into the folder, and on a terminal opened where `show` says so.
    """
    terminal = sys.stdin is not None and sys.stdin.isatty() and sys.stdout.isatty()
    session = Session(Pictures(folder, show=show and terminal, tell=terminal), terminal=terminal)
    if isinstance(sys.stdin, TextIOWrapper) and not terminal:
        sys.stdin.reconfigure(encoding="utf-8", errors="replace")  # what is no text ends no session,
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # nor does what cannot be shown
    loading = "".join(f'load "{file.as_posix()}";' for file in files)
    if terminal:
        interactive(session, loading)
    else:
        piped(session, sys.stdin or StringIO(), sys.stdout, loading)
