"""The exceptions of hardwire, as one tree.

    HardwireError
    ├── BuildError         a program that cannot be built (also a TypeError)
    │   └── OperandError   an operand of the wrong kind, in a program of `hardwire.tracr` (also an AssertionError)
    ├── InputError         an input that cannot be read (also a ValueError)
    ├── EvaluationError    a position of the result has no value (also a ValueError)
    ├── GenerationError    a text that cannot be continued (also a ValueError)
    ├── ImpureFunctionError a function that gives different results for the same arguments (also a ValueError)
    ├── UnknownNameError   an unknown name of a program, an example, ... (also a LookupError)
    ├── MissingExtraError  an optional package is not installed (also an ImportError)
    ├── RaspError          a program in original RASP that cannot be read or executed (also a ValueError)
    ├── CompileError       a program that cannot be compiled (also a ValueError)
    │   └── SoftWeightsError it has no proof with soft weights
    ├── InterventionError  a variable that a model does not store, and that cannot be set (also a ValueError)
    ├── CertificateError   a model that cannot be proved to compute its program (also a ValueError)
    ├── TimeLimitError     an operation that takes longer than its timeout (also a TimeoutError)
    ├── MemoryLimitError   an operation that takes more memory than its limit (also a MemoryError)
    ├── ClusterError       the cluster of a campaign cannot be reached (also a ConnectionError)
    ├── ModelError         weights that do not fit together (also a ValueError)
    ├── ModelFileError     a file that is not a model, or a model that cannot be stored (also a ValueError)
    ├── FileError          a file that cannot be read or written (also an OSError)
    │   ├── NoFileError    the file does not exist (also a FileNotFoundError)
    │   └── NoFolderError  its folder does not exist (also a FileNotFoundError)
    ├── ExportError        a model that another tool cannot represent, or computes wrongly (also a ValueError)
    ├── UnsupportedError   a feature of Tracr's models that models of hardwire do not have (also a NotImplementedError)
    └── NoInternalsError   a name of Tracr's own construction (also an ImportError)

`ProgramWarning` is a warning: a valid program that probably has a mistake.

Each message says what was given, where, and how to fix it; the same facts are attributes.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from .extras import install


@dataclass(frozen=True)
class Option:
    """An argument that a remedy recommends. `str` gives it in Python; the command line spells it as a flag."""

    name: str
    value: Any

    def __str__(self) -> str:
        return f'{self.name}="{self.value}"' if isinstance(self.value, str) else f"{self.name}={self.value!r}"


@dataclass(frozen=True)
class Call:
    """A call of a public function that a remedy recommends. `str` gives it in Python."""

    name: str
    arguments: str

    def __str__(self) -> str:
        return f"hardwire.{self.name}({self.arguments})"


@dataclass(frozen=True)
class Remedy:
    """How to fix an error: a sentence with `{}` in place of each recommended option or call."""

    sentence: str
    options: tuple[Option | Call, ...] = ()

    def told(self, spelled: Callable[[Option | Call], str] = str) -> str:
        """Return the sentence, with its options spelled for Python or for the command line."""
        return self.sentence.format(*map(spelled, self.options)) if self.options else self.sentence


class HardwireError(Exception):
    """Base of all errors of this library.

    `expression` is the sop or selector concerned, `position` the position in the input, `value` the
    offending value; each is None where it does not apply. `remedies` follow the message and say how to fix it.
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
        """Return the message and its remedies, with their options spelled for Python or for the command line."""
        words = " ".join(remedy.told(spelled) for remedy in self.remedies)
        return f"{self.message}\n{self._indent}{words}" if words else self.message


class ProgramWarning(UserWarning):
    """A valid program that probably does not do what its author intended."""


class BuildError(HardwireError, TypeError):
    """A program cannot be built: Python would give the expression another meaning, or an operand has the wrong kind."""


class OperandError(BuildError, AssertionError):
    """An operand in a program of `hardwire.tracr` has the wrong kind, such as a number in place of a sop."""


class InputError(HardwireError, ValueError):
    """An input is not a string, list, tuple, range or 1-D array of values, or does not fit the model."""


class EvaluationError(HardwireError, ValueError):
    """A position of the result has no value.

    `failure` is the failure itself: where it arose, on which values, and why.
    """

    _indent = "    "

    def __init__(self, message: str, *, failure: Any = None, **where: Any) -> None:
        super().__init__(message, **where)
        self.failure = failure


class GenerationError(HardwireError, ValueError):
    """A text that is generated has no next token.

    `step` is the number of the token, from 1, and `transcript` the prompt and the tokens before it.
    """

    _indent = "    "

    def __init__(self, message: str, *, step: int = 0, transcript: Any = None, **where: Any) -> None:
        super().__init__(message, **where)
        self.step = step
        self.transcript = transcript


class ImpureFunctionError(HardwireError, ValueError):
    """A function given to `map`, `zip` or `select` gave different results for the same arguments."""


class UnknownNameError(HardwireError, LookupError):
    """A name is unknown; the message suggests the nearest known ones, or lists all where they are few."""

    def __init__(self, kind: str, name: str, known: Iterable[str], remedy: str = "") -> None:
        known = list(known)
        near = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
        hint = ""
        if near:
            hint = f" Did you mean {' or '.join(map(repr, near))}?"
        elif known and len(known) <= 6 and not remedy:
            hint = f" Known: {', '.join(map(repr, known))}."
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
    """A program in original RASP cannot be read, or one of its statements cannot be executed.

    `what` is the message on one line; `line` and `column` count from 1, and are None where the place is unknown; `text`
    is the line of the source; `source` is the name of the file, None for typed input. `syntax` says whether the text is
    not valid RASP, `unfinished` whether more input could make it valid; `undefined` is the name that has no value, if
    that is the error.
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
        """The file, line and column, on one line."""
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
        """What went wrong, its place, and the line of the source with a caret."""
        if self.line is None:
            return self.what
        return "\n".join([f"{self.place}: {self.what}", *(f"    {line}" for line in self.pointer)])


class CompileError(HardwireError, ValueError):
    """A program cannot be compiled; the message names the expression, the reason, and a remedy."""


class SoftWeightsError(CompileError):
    """A program has no proof with soft weights; the message says which part needs sharper attention or a larger weight.

    Where the program adds up more than soft weights can, ordinary weights may still have a proof.
    """


class CertificateError(HardwireError, ValueError):
    """A proof that a model computes its program has failed; the message names the expression and the possible error.

    `max_len` is the greatest length with a proof, where it is known; where it is None, `unknown` says why. `of_output`
    says that all parts of the program were proved, and what failed is how the output is read.
    """

    max_len: int | None = None
    unknown: str = "no other length was tried"
    of_output: bool = False


class TimeLimitError(HardwireError, TimeoutError):
    """An operation takes longer than its timeout; the message names the step."""


class MemoryLimitError(HardwireError, MemoryError):
    """An operation takes more memory than its limit; the message names the step."""


class ClusterError(HardwireError, ConnectionError):
    """The cluster that a campaign runs on cannot be reached, or was lost; finished results are kept."""


class InterventionError(HardwireError, ValueError):
    """A named value cannot be set in a model, because the model does not store it; the message says why."""


class ModelError(HardwireError, ValueError):
    """The parts of a model do not fit together; the message names the part and what would fit."""


class ModelFileError(HardwireError, ValueError):
    """A file is not a complete hardwire model, or a model cannot be written to a file."""


class FileError(HardwireError, OSError):
    """A file cannot be read or written; the message and `filename` have its name as it was given."""

    def __init__(self, message: str, *, path: str, cause: OSError) -> None:
        super().__init__(message, value=path)
        self.errno, self.strerror, self.filename = cause.errno, cause.strerror, path


class NoFolderError(FileError, FileNotFoundError):
    """A file cannot be written, because its folder does not exist."""


class NoFileError(FileError, FileNotFoundError):
    """A file cannot be read, because it does not exist."""


class ExportError(HardwireError, ValueError):
    """Another tool cannot represent the model, or gave a different answer with it; no file was left behind."""


class UnsupportedError(HardwireError, NotImplementedError):
    """A model of Tracr can do this and a model of hardwire cannot; the message says what to use instead."""


class NoInternalsError(HardwireError, ImportError):
    """A name of Tracr's own construction is imported from `hardwire.tracr`; the message says what to use instead."""
