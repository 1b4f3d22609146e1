"""A session of the REPL, without its terminal: text goes in by statements, what the original would print comes out."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import cast

from ..errors import HardwireError, RaspError
from ..lang.selector import Selector
from ..lang.sop import SOp
from . import display
from .budget import Steps
from .evaluator import Evaluator, StatementResult, Text
from .library import library_scope, load_file
from .operators import Value, name_of
from .reader import Syntax, read
from .running import apply, read_input
from .scope import RESERVED, Scope

WELCOME = "RASP 0.1"
"""The version of the language that this is."""

STEPS_OF_A_PICTURED_PART = 100

Picture = Callable[[SOp, Value, str], str | None]
"""Makes the picture of an s-op on an input under a name, and tells in a line what became of it."""


class Session:
    """What has been defined so far, and the running example.

    `run` carries out a text and gives back what is to be printed; it raises nothing but KeyboardInterrupt, and then
    none of the text has been carried out. What is printed is what the original prints; `terminal` adds the place of an
    error, and puts the columns of selectors under each other.
    """

    def __init__(self, picture: Picture | None = None, *, terminal: bool = False) -> None:
        self.scope = Scope("console", library_scope())
        self.settings = display.Settings(aligned=terminal)
        self.ended = False
        self._terminal = terminal
        self._picture = picture
        self._notes: list[str] = []
        self._steps = Steps()
        self._failed: set[str] = set()  # names whose definition failed, and that have no other

    @property
    def welcome(self) -> str:
        return f"{WELCOME}\nrunning example is: {self.settings.sop_example}"

    def run(self, text: str, source: str | None = None) -> str:
        """Carries out the statements of a text in turn; one that fails is told of, and leaves all as it was.

        A statement that needs a name whose definition failed is told of in one line.
        """
        lines: list[str] = []
        if self._terminal:  # a pipe is one text, but a person may go on all day
            self._steps.all = 0
        try:
            tree = read(text, source)
        except RaspError as error:
            self._failed |= {name for name in _defined_in_text(text) if not self._is_known(name)}
            return "\n".join(self._complaint(error))
        except RecursionError:
            return "\t!! the expression is nested too deeply \t-- ignoring input"
        evaluator = Evaluator(self.scope, self, Text(text, source), self._steps)
        before = dict(self.scope.values), self.settings
        try:
            for statement in tree.children:
                lines += self._statement(evaluator, cast("Syntax", statement))
                if self.ended or self._steps.spent:
                    break
        except KeyboardInterrupt:
            self.scope.values, self.settings = before
            raise
        return "\n".join(lines)

    def _statement(self, evaluator: Evaluator, statement: Syntax) -> list[str]:
        before = dict(self.scope.values), self.settings
        self._notes = []
        try:
            outcomes = evaluator.run(statement)
            settings = self.settings
            if statement.data == "load":
                settings = replace(settings, show_sops=False, show_selectors=False)
            try:
                lines = [line for o in outcomes for line in self._shown(o, settings)] + self._notes
            except RaspError as error:
                raise evaluator.located(error, statement) from None
            self._failed -= self._failed & self.scope.values.keys()
            return lines
        except BaseException as error:
            self.scope.values, self.settings = before
            if isinstance(error, RecursionError):
                error = RaspError("this is too deep to be worked out")
            if isinstance(error, MemoryError):
                error = RaspError("this is too large to be worked out")
            if not isinstance(error, HardwireError):
                raise
            missing = error.undefined if isinstance(error, RaspError) else None
            follows = missing if missing in self._failed else None
            self._failed |= {name for name in _defined(statement) if not self._is_known(name)}
            return self._complaint(error) if follows is None else [f"\t\t!!ignoring input: {follows} {FAILED_BEFORE}"]

    def _is_known(self, name: str) -> bool:
        return name in RESERVED or name in self.scope.values

    def _shown(self, outcome: StatementResult, settings: display.Settings) -> Iterator[str]:
        if outcome.name is None:
            lines = display.result(outcome.value, settings)
        else:
            lines = display.definition(outcome.name, outcome.value, settings, self._steps)
        for line in lines:
            self._steps.text(len(line))
            yield line

    # What a program can ask for (see evaluator.Environment).

    def load(self, name: str, evaluator: Evaluator) -> list[StatementResult]:
        return load_file(name, evaluator)

    def apply(self, x: SOp | Selector, input: Value, steps: Steps) -> Value:
        return apply(x, input, steps)

    def draw(self, x: SOp, input: Value, steps: Steps) -> list[StatementResult]:
        given = self.settings.sop_example if input is None else input
        result = apply(x, given, steps)
        if self._picture is not None:
            steps.take(STEPS_OF_A_PICTURED_PART * sum(1 for _ in x.expr.walk()))
            told = self._picture(x, read_input(given), name_of(x.expr))
            if told is not None:
                self._notes.append(told)
        return [StatementResult(None, result)]

    def command(self, statement: Syntax, evaluator: Evaluator) -> list[StatementResult]:
        words = str(statement.children[0]).split()
        if statement.data == "exit":
            self.ended = True
        elif statement.data == "display":
            self.settings = replace(self.settings, full=words[-1] == "on")
        elif statement.data == "examples":
            on = words[-1] == "on"
            self._change(words[0], show_sops=on, show_selectors=on)
        elif statement.data == "show_example":
            self._show_examples(words[1])
        else:
            example = evaluator.evaluate(cast("Syntax", statement.children[1]))
            read_input(example)
            self._change(words[1], sop_example=example, selector_example=example)
        return []

    def _change(self, of: str, **changes: Value) -> None:
        """Changes what is set for s-ops, for selectors, or for both."""
        unwanted = {"s-op": "selector", "selector": "sop"}.get(of)
        self.settings = replace(
            self.settings, **{k: v for k, v in changes.items() if not unwanted or unwanted not in k}
        )

    def _show_examples(self, of: str) -> None:
        for word, example in (("s-op", self.settings.sop_example), ("selector", self.settings.selector_example)):
            if of in (word, "example"):
                self._notes.append(f"\t{word} example: {display.describe_input(example)}")

    def _complaint(self, error: HardwireError) -> list[str]:
        """What is printed of a text that cannot be read, or of a statement that failed."""
        if not isinstance(error, RaspError):
            return [IGNORED, *(f"\t {line}" for line in str(error).splitlines())]
        pointer = [f"\t      {line}" for line in error.pointer] if self._terminal else []
        if error.syntax:
            return [f"\t!! {error.place}: {error.what} \t-- ignoring input", *pointer]
        if self._terminal:
            place = [f"\t  at {error.place}", *pointer] if error.line is not None else []
            return [IGNORED, f"\t {error.what}", *place]
        file = f" ({error.place})" if error.source is not None and error.line is not None else ""
        return [IGNORED, f"\t {error.what}{file}"]


IGNORED = "\t\t!!ignoring input:"
FAILED_BEFORE = "is undefined, since its definition failed"


def _defined(statement: Syntax) -> list[str]:
    """The names that a statement defines."""
    names = [str(name) for tree in statement.find_data("names") for name in tree.children]
    if statement.data == "define":
        return [str(statement.children[0])]  # and not its arguments
    return names if statement.data in ("assign", "loop") else []


def _defined_in_text(text: str) -> list[str]:
    """The names that a text which cannot be read seems to define."""
    found = re.findall(r"(?m)(?:^|;)[ \t]*(?:def\s+(\w+)|([A-Za-z_][\w, \t]*?)\s*=(?!=))", text)
    return [name.strip() for function, names in found for name in (function or names).split(",")]
