"""What hardwire refuses a program, an input, a name, a model or a file with, as one tree.

    HardwireError
    ├── BuildError         a program that cannot be built (also a TypeError)
    ├── InputError         an input that cannot be read (also a ValueError)
    ├── EvaluationError    a value that was needed has failed (also a ValueError)
    ├── UnknownNameError   no program, name or example of that name (also a LookupError)
    ├── MissingExtraError  an optional package is not installed (also an ImportError)
    ├── RaspError          a text of original RASP that cannot be read or carried out (also a ValueError)
    ├── CompileError       a program that cannot be compiled (also a ValueError)
    ├── CertificateError   a model that cannot be proved to compute its program (also a ValueError)
    ├── ModelError         weights that do not fit together (also a ValueError)
    ├── ModelFileError     a file that holds no model, or a model that no file can hold (also a ValueError)
    └── ExportError        a model that a tool cannot hold, or computes wrongly (also a ValueError)

Each says what was given, where, and what to write instead; the same facts are its attributes.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Any

from .extras import install


class HardwireError(Exception):
    """Base of all errors of this library.

    `expression` is the sop or selector concerned, `position` the position in the input, `value` the
    offending value; each is None where it does not apply.
    """

    def __init__(
        self,
        message: str,
        *,
        expression: Any = None,
        position: int | None = None,
        value: Any = None,
    ) -> None:
        super().__init__(message)
        self.expression = expression
        self.position = position
        self.value = value


class BuildError(HardwireError, TypeError):
    """A program was written in a way that cannot mean what it seems to say."""


class InputError(HardwireError, ValueError):
    """An input is no string, list, tuple, range or 1-D array of values."""


class EvaluationError(HardwireError, ValueError):
    """A value that was needed has failed.

    `failure` is the failure itself: where it arose, on which values, and why.
    """

    def __init__(self, message: str, *, failure: Any = None, **where: Any) -> None:
        super().__init__(message, **where)
        self.failure = failure


class UnknownNameError(HardwireError, LookupError):
    """No such name; the message suggests the nearest ones."""

    def __init__(self, kind: str, name: str, known: Iterable[str], remedy: str = "") -> None:
        near = difflib.get_close_matches(name, list(known), n=3, cutoff=0.5)
        hint = f" Did you mean {' or '.join(map(repr, near))}?" if near else ""
        super().__init__(f"there is no {kind} {name!r}.{hint}{' ' + remedy if remedy else ''}", value=name)
        self.near = near


class MissingExtraError(HardwireError, ImportError):
    """An optional package is needed; the message has the command that installs it (extras.py).

    `extra` is the name of the extra that brings the package, and `command` the command.
    """

    def __init__(self, what: str, extra: str) -> None:
        self.extra, self.command = extra, install(extra)
        super().__init__(f"{what} needs an optional package. Install it with: {self.command}")


class RaspError(HardwireError, ValueError):
    """A text of original RASP that cannot be read, or a statement of it that cannot be carried out.

    `what` says it in one line; `line` and `column` count from 1; `text` is the line of the source; `source` is the
    name of the file, None for what was typed; `syntax` tells whether the text could not even be read, and
    `unfinished` whether more of it would help. The position is None where there is none.
    """

    def __init__(
        self,
        what: str,
        *,
        line: int | None = None,
        column: int | None = None,
        text: str = "",
        source: str | None = None,
        syntax: bool = False,
        unfinished: bool = False,
        **where: Any,
    ) -> None:
        super().__init__(what, **where)
        self.what, self.line, self.column, self.text, self.source = what, line, column, text, source
        self.syntax, self.unfinished = syntax, unfinished

    @property
    def place(self) -> str:
        """Where it happened, on one line."""
        where = f"line {self.line}, column {self.column}"
        return where if self.source is None else f"{self.source}, {where}"

    @property
    def pointer(self) -> list[str]:
        """The line of the source, and under it a caret at the column."""
        if self.line is None or self.column is None:
            return []
        shown = self.text.replace("\t", " ")
        start = max(0, self.column - 60)  # a long line is shown around the place
        cut = shown[start : start + 100].rstrip()
        return [cut, " " * (self.column - 1 - start) + "^"]

    def __str__(self) -> str:
        if self.line is None:
            return self.what
        return "\n".join([f"{self.place}: {self.what}", *(f"    {line}" for line in self.pointer)])


class CompileError(HardwireError, ValueError):
    """A program that cannot be compiled; the message says which expression, why, and what would help."""


class CertificateError(HardwireError, ValueError):
    """It cannot be proved that a model computes its program; the message says which expression, and what may go wrong.

    `max_len` is the greatest length up to which the proof succeeds, where that was looked for.
    """

    max_len: int | None = None


class ModelError(HardwireError, ValueError):
    """The parts of a model do not fit together; the message says which, and what would fit."""


class ModelFileError(HardwireError, ValueError):
    """A file that holds no model of hardwire, or not whole; or a model that cannot be written to one."""


class ExportError(HardwireError, ValueError):
    """A model that another tool cannot hold, or with which it gave another answer; nothing was left behind."""
