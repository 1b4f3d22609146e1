"""What hardwire refuses a program, an input, a name, a model or a file with, as one tree.

    HardwireError
    ├── BuildError         a program that cannot be built (also a TypeError)
    │   └── OperandError   an operand of another kind, in a program of Tracr (also an AssertionError)
    ├── InputError         an input that cannot be read (also a ValueError)
    ├── EvaluationError    a value that was needed has failed (also a ValueError)
    ├── ImpureFunctionError a function that gives different results for the same arguments (also a ValueError)
    ├── UnknownNameError   no program, name or example of that name (also a LookupError)
    ├── MissingExtraError  an optional package is not installed (also an ImportError)
    ├── RaspError          a text of original RASP that cannot be read or carried out (also a ValueError)
    ├── CompileError       a program that cannot be compiled (also a ValueError)
    ├── CertificateError   a model that cannot be proved to compute its program (also a ValueError)
    ├── ModelError         weights that do not fit together (also a ValueError)
    ├── ModelFileError     a file that holds no model, or a model that no file can hold (also a ValueError)
    ├── FileError          a file that cannot be read or written (also an OSError)
    │   ├── NoFileError    there is no such file (also a FileNotFoundError)
    │   └── NoFolderError  there is no folder for it (also a FileNotFoundError)
    ├── ExportError        a model that a tool cannot hold, or computes wrongly (also a ValueError)
    ├── UnsupportedError   what Tracr does and makes no sense on these models (also a NotImplementedError)
    └── NoInternalsError   a module of Tracr's own construction (also an ImportError)

`ProgramWarning` is a warning: a valid program that probably has a mistake.

Each says what was given, where, and what to write instead; the same facts are its attributes.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from .extras import install


@dataclass(frozen=True)
class Option:
    """An argument that a remedy advises; its text is the Python of it, and the command line has its own."""

    name: str
    value: Any

    def __str__(self) -> str:
        return f'{self.name}="{self.value}"' if isinstance(self.value, str) else f"{self.name}={self.value!r}"


@dataclass(frozen=True)
class Call:
    """A public function that a remedy advises, as it is called in Python."""

    name: str
    arguments: str

    def __str__(self) -> str:
        return f"hardwire.{self.name}({self.arguments})"


@dataclass(frozen=True)
class Remedy:
    """What to do about an error: a sentence with `{}` in place of each option or call that it advises."""

    sentence: str
    options: tuple[Option | Call, ...] = ()

    def told(self, spelled: Callable[[Option | Call], str] = str) -> str:
        """The sentence, with its options spelled for Python or for the command line."""
        return self.sentence.format(*map(spelled, self.options)) if self.options else self.sentence


class HardwireError(Exception):
    """Base of all errors of this library.

    `expression` is the sop or selector concerned, `position` the position in the input, `value` the
    offending value; each is None where it does not apply. `remedies` say what to do, after the message.
    """

    _indent = "  "

    def __init__(
        self,
        message: str,
        *,
        expression: Any = None,
        position: int | None = None,
        value: Any = None,
        remedies: Iterable[Remedy] = (),
    ) -> None:
        super().__init__(message)
        self.expression = expression
        self.position = position
        self.value = value
        self.remedies = tuple(remedies)

    def __str__(self) -> str:
        return self.told()

    @property
    def message(self) -> str:
        """What went wrong, without the remedies."""
        return Exception.__str__(self)

    def told(self, spelled: Callable[[Option | Call], str] = str) -> str:
        """The message and its remedies, with the options of these spelled for Python or for the command line."""
        words = " ".join(remedy.told(spelled) for remedy in self.remedies)
        return f"{self.message}\n{self._indent}{words}" if words else self.message


class ProgramWarning(UserWarning):
    """A valid program that probably does not do what its author intended."""


class BuildError(HardwireError, TypeError):
    """A program was written in a way that cannot mean what it seems to say."""


class OperandError(BuildError, AssertionError):
    """An operand of an expression of `hardwire.tracr` is of another kind: a number in place of a sop, say."""


class InputError(HardwireError, ValueError):
    """An input is no string, list, tuple, range or 1-D array of values."""


class EvaluationError(HardwireError, ValueError):
    """A value that was needed has failed.

    `failure` is the failure itself: where it arose, on which values, and why.
    """

    _indent = "    "

    def __init__(self, message: str, *, failure: Any = None, **where: Any) -> None:
        super().__init__(message, **where)
        self.failure = failure


class ImpureFunctionError(HardwireError, ValueError):
    """A function given to `map`, `zip` or `select` gave different results for the same arguments."""


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
    `unfinished` whether more of it would help; `undefined` is the name that has no value, if that is the error. The
    position is None where there is none.
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
        undefined: str | None = None,
        **where: Any,
    ) -> None:
        super().__init__(what, **where)
        self.what, self.line, self.column, self.text, self.source = what, line, column, text, source
        self.syntax, self.unfinished, self.undefined = syntax, unfinished, undefined

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

    @property
    def message(self) -> str:
        """What went wrong, where, and the line of the source with a caret."""
        if self.line is None:
            return self.what
        return "\n".join([f"{self.place}: {self.what}", *(f"    {line}" for line in self.pointer)])


class CompileError(HardwireError, ValueError):
    """A program that cannot be compiled; the message says which expression, why, and what would help."""


class CertificateError(HardwireError, ValueError):
    """It cannot be proved that a model computes its program; the message says which expression, and what may go wrong.

    `max_len` is the greatest length up to which there is a proof, where that is known; where it is None,
    `unknown` says why.
    """

    max_len: int | None = None
    unknown: str = "no other length was tried"


class ModelError(HardwireError, ValueError):
    """The parts of a model do not fit together; the message says which, and what would fit."""


class ModelFileError(HardwireError, ValueError):
    """A file that holds no model of hardwire, or not whole; or a model that cannot be written to one."""


class FileError(HardwireError, OSError):
    """A file that cannot be read or written; the message has its name as it was given, and so has `filename`."""

    def __init__(self, message: str, *, path: str, cause: OSError) -> None:
        super().__init__(message, value=path)
        self.errno, self.strerror, self.filename = cause.errno, cause.strerror, path


class NoFolderError(FileError, FileNotFoundError):
    """A file that cannot be written, because its folder does not exist."""


class NoFileError(FileError, FileNotFoundError):
    """A file that cannot be read, because it does not exist."""


class ExportError(HardwireError, ValueError):
    """A model that another tool cannot hold, or with which it gave another answer; nothing was left behind."""


class UnsupportedError(HardwireError, NotImplementedError):
    """Something that a model of Tracr does and that makes no sense on a model of hardwire; the message says what to use
    instead."""


class NoInternalsError(HardwireError, ImportError):
    """A module or name of the inside of Tracr, which `hardwire.tracr` does not have; the message says what to use
    instead."""
