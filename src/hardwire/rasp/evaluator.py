"""Evaluating: syntax trees become values, s-ops among them as expressions of `hardwire.lang`.

Read `Evaluator.execute` (statements) first, then `evaluate` (expressions); each rule of the grammar has the method
of its name.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, cast

from ..errors import HardwireError, RaspError
from ..lang.selector import Selector
from ..lang.sop import SOp
from ..run import Result
from . import operators
from .budget import Dict, Steps, admitted, make_dict, make_list, weight_of
from .operators import Value, a_kind, describe, is_atom, kind, named
from .reader import Syntax
from .reader import located as error_at
from .scope import RESERVED, Builtin, Scope, arity

TOO_DEEP = "functions call each other too deeply, or an expression is nested too deeply"


@dataclass(frozen=True)
class StatementResult:
    """What a statement has to show: a definition, or (without a name) what came of running an s-op or selector."""

    name: str | None
    value: Value


class Environment(Protocol):
    """What a program can ask of its surroundings."""

    def load(self, name: str, evaluator: Evaluator) -> list[StatementResult]: ...
    def draw(self, x: SOp, input: Value, steps: Steps) -> list[StatementResult]: ...
    def apply(self, x: SOp | Selector, input: Value, steps: Steps) -> Value: ...
    def command(self, statement: Syntax, evaluator: Evaluator) -> list[StatementResult]: ...


@dataclass(frozen=True)
class Text:
    """The text that a tree was read from, for messages, and the file it came from (None: it was typed)."""

    text: str
    source: str | None = None


@dataclass(frozen=True, eq=False)
class RaspFunction:
    """A function defined by a program. Call it with s-ops, selectors, functions, lists, dicts and atoms."""

    name: str
    arguments: tuple[str, ...]
    block: Syntax
    returned: Syntax
    line: int
    evaluator: Evaluator

    @property
    def title(self) -> str:
        return f"{self.evaluator.scope.name} function: {self.name}({', '.join(self.arguments)})"

    @property
    def __name__(self) -> str:
        return self.name

    def __call__(self, *args: Value) -> Value:
        """The value that it returns, a list where there are several. Raises RaspError."""
        try:
            return self.call([admitted(x) for x in args], self.evaluator.afresh())
        except RecursionError:
            raise RaspError(f"{self.name}: {TOO_DEEP}") from None

    def call(self, args: Sequence[Value], caller: Evaluator) -> Value:
        """The same, as part of what the caller is carrying out."""
        if len(args) != len(self.arguments):
            raise arity(self.name, str(len(self.arguments)), args)
        home = self.evaluator
        scope = home.scope.nested(dict(zip(self.arguments, args, strict=True)))
        inner = Evaluator(scope, caller.environment, home.text, caller.steps)
        for statement in inner.statements(self.block):
            inner.execute(statement)
        results = inner.several(self.returned)
        result = results[0] if len(results) == 1 else make_list(results)
        return named(result, f"{self.name}({' , '.join(describe(a, 20) for a in args)})")

    @property
    def __signature__(self) -> inspect.Signature:
        kinds = inspect.Parameter.POSITIONAL_ONLY
        return inspect.Signature([inspect.Parameter(a, kinds) for a in self.arguments])

    @property
    def description(self) -> str:
        """The comment right above the definition."""
        lines = self.evaluator.text.text.split("\n")[: self.line - 1]
        above: list[str] = []
        while lines and lines[-1].startswith("#"):
            above.insert(0, lines.pop().lstrip("# ").rstrip())
        return "\n".join(above)

    def __repr__(self) -> str:
        return f"<{self.title}>"


class Evaluator:
    """Carries out the statements of one text in one scope."""

    def __init__(self, scope: Scope, environment: Environment, text: Text, steps: Steps | None = None) -> None:
        self.scope, self.environment, self.text = scope, environment, text
        self.steps = Steps() if steps is None else steps  # shared by everything that one statement makes happen
        self.loading: tuple[Path, ...] = ()  # the files that are being loaded, the outermost first

    def afresh(self) -> Evaluator:
        """The same, with no steps taken."""
        return Evaluator(self.scope, self.environment, self.text)

    # Statements.

    def run(self, statement: Syntax) -> list[StatementResult]:
        """Carries out one statement of a text, or leaves the scope as it was. Raises RaspError."""
        before = dict(self.scope.values)
        if not self.loading:  # what a loaded file does is part of the statement that loads it
            self.steps.begin()
        try:
            return self.execute(statement)
        except RecursionError:
            self.scope.values = before
            raise self.located(RaspError(TOO_DEEP), statement) from None
        except BaseException:
            self.scope.values = before
            raise

    def statements(self, block: Syntax) -> list[Syntax]:
        return cast("list[Syntax]", block.children)

    def execute(self, statement: Syntax) -> list[StatementResult]:
        """Carries out a statement. Raises RaspError."""
        try:
            self.steps.take()
            return cast("list[StatementResult]", getattr(self, f"_{statement.data}")(statement, *statement.children))
        except HardwireError as error:
            raise self.located(error, statement) from None

    def located(self, error: HardwireError, tree: Syntax) -> RaspError:
        """The error with the place of a tree, if it has none in this text."""
        if not isinstance(error, RaspError):
            error = RaspError(str(error).splitlines()[0])
        if error.line is not None or tree.meta.empty:
            return error
        meta, text = tree.meta, self.text
        return error_at(error.what, meta.line, meta.column, text.text, text.source, undefined=error.undefined)

    def _evaluate(self, statement: Syntax, expression: Syntax) -> list[StatementResult]:
        value = self.evaluate(expression)
        if expression.data == "call" and isinstance(value, Result):
            return [StatementResult(None, value)]
        self.scope.values["out"] = value
        return [StatementResult(str(expression.children[0]) if expression.data == "variable" else "out", value)]

    def _assign(self, statement: Syntax, names: Syntax, expressions: Syntax) -> list[StatementResult]:
        found = self.several(expressions)
        value = found[0] if len(found) == 1 else make_list(found)
        outcomes = []
        for name, x in self._matched(names, value):
            x = named(x, name)
            self.scope.set(name, x)
            outcomes.append(StatementResult(name, x))
        self.scope.values["out"] = outcomes[-1].value
        return outcomes

    def _matched(self, names: Syntax, value: Value) -> list[tuple[str, Value]]:
        """Each name with its value: one has the whole, several have an item each."""
        wanted = [str(name) for name in names.children]
        if len(wanted) == 1:
            return [(wanted[0], value)]
        if not isinstance(value, (list, dict, str)):
            raise RaspError(f"expected {len(wanted)} values, but got one {kind(value)}: {describe(value, 40)}")
        if len(value) != len(wanted):
            raise RaspError(f"expected {len(wanted)} values, but got: {len(value)}")
        return list(zip(wanted, value, strict=True))

    def _define(
        self, statement: Syntax, name: str, arguments: Syntax | None, block: Syntax, returned: Syntax
    ) -> list[StatementResult]:
        taken = tuple(str(a) for a in arguments.children) if arguments is not None else ()
        if len(set(taken)) < len(taken):
            raise RaspError(f"two arguments of {name} have the same name")
        for argument in taken:
            if argument in RESERVED:
                raise RaspError(f"Error: Cannot set reserved name: {argument}")
        function = RaspFunction(str(name), taken, block, returned, statement.meta.line, self)
        self.scope.set(str(name), function)
        return [StatementResult(str(name), function)]

    def _loop(self, statement: Syntax, names: Syntax, iterable: Syntax, block: Syntax) -> list[StatementResult]:
        for item in self._items(iterable, "for loop needs to iterate over a list or dict"):
            self.steps.take()
            for name, x in self._matched(names, item):
                self.scope.set(name, x)
            for inner in self.statements(block):
                self.execute(inner)
        return []

    def _items(self, iterable: Syntax, need: str) -> list[Value]:
        found = self.evaluate(iterable)
        if not isinstance(found, (list, dict)):
            raise RaspError(f"{need}, but got: {describe(found, 40)}")
        return list(found)  # whose items are counted as they are reached

    def _draw(self, statement: Syntax, x: Syntax, given: Syntax | None) -> list[StatementResult]:
        value = self.evaluate(x)
        if not isinstance(value, SOp):
            raise RaspError(f"draw expects an s-op, got: {describe(value, 40)}")
        return self.environment.draw(value, None if given is None else self.evaluate(given), self.steps)

    def _load(self, statement: Syntax, name: str) -> list[StatementResult]:
        return self.environment.load(str(name)[1:-1], self)

    def _nothing(self, statement: Syntax) -> list[StatementResult]:
        return []

    def _set_example(self, statement: Syntax, *_: Any) -> list[StatementResult]:
        return self.environment.command(statement, self)

    _show_example = _examples = _display = _exit = _set_example

    # Expressions.

    def evaluate(self, tree: Syntax) -> Value:
        """The value of an expression. Raises RaspError."""
        try:
            self.steps.take()
            return getattr(self, f"_value_of_{tree.data}")(*tree.children)
        except HardwireError as error:
            raise self.located(error, tree) from None

    def several(self, expressions: Syntax | None) -> list[Value]:
        """The values of expressions with commas between them."""
        return [] if expressions is None else [self.evaluate(cast("Syntax", x)) for x in expressions.children]

    def _value_of_variable(self, name: str) -> Value:
        return self.scope.get(str(name))

    def _value_of_int(self, text: str) -> Value:
        if len(text) > 1000:
            raise RaspError("a number of more than 1000 digits is too large")
        return int(text)

    def _value_of_float(self, text: str) -> Value:
        return float(text)

    def _value_of_string(self, text: str) -> Value:
        return str(text)[1:-1]

    def _value_of_list(self, items: Syntax | None) -> Value:
        return make_list(self.several(items))

    def _value_of_dict(self, *pairs: Syntax | None) -> Value:
        found = [cast("list[Syntax]", p.children) for p in pairs if p is not None]
        return make_dict({self._key(key): self.evaluate(value) for key, value in found})

    def _key(self, tree: Syntax) -> Value:
        value = self.evaluate(tree)
        if not is_atom(value):
            raise RaspError(f"dictionary keys can only be atoms, but instead got: {describe(value, 40)}")
        return value

    def _value_of_list_of(self, item: Syntax, names: Syntax, iterable: Syntax) -> Value:
        return make_list(inner.evaluate(item) for inner in self._inner(names, iterable, "list"))

    def _value_of_dict_of(self, key: Syntax, item: Syntax, names: Syntax, iterable: Syntax) -> Value:
        return make_dict({inner._key(key): inner.evaluate(item) for inner in self._inner(names, iterable, "dict")})

    def _inner(self, names: Syntax, iterable: Syntax, word: str) -> Iterator[Evaluator]:
        """An evaluator for each item that a comprehension goes through."""
        for item in self._items(iterable, f"{word} comprehension should have got a list or dict to loop over"):
            self.steps.take()
            inner = Evaluator(self.scope.nested({}), self.environment, self.text, self.steps)
            for name, x in self._matched(names, item):
                inner.scope.set(name, x)
            yield inner

    def _value_of_select(self, keys: Syntax, queries: Syntax, sign: str) -> Value:
        return operators.select(self.evaluate(keys), self.evaluate(queries), str(sign))

    def _value_of_prefix(self, sign: str, x: Syntax) -> Value:
        return operators.prefix(str(sign), self.evaluate(x))

    def _value_of_binary(self, a: Syntax, sign: str, b: Syntax) -> Value:
        x, y = self.evaluate(a), self.evaluate(b)
        for operand in (x, y):
            if isinstance(operand, (list, Dict)):  # which is compared, or copied
                self.steps.take(weight_of(operand))
        return self._made(operators.binary(str(sign), x, y))

    def _made(self, x: Value) -> Value:
        """x, whose size is counted."""
        if isinstance(x, list):
            self.steps.take(len(x))
        elif isinstance(x, str):
            self.steps.text(len(x))
        return x

    def _value_of_choose(self, a: Syntax, condition: Syntax, b: Syntax) -> Value:
        chooser = self.evaluate(condition)
        if isinstance(chooser, Selector):
            raise RaspError(f"`if` takes an s-op or an atom, not the selector {describe(chooser)}")
        if isinstance(chooser, SOp):
            return operators.choose(chooser, self.evaluate(a), self.evaluate(b))
        return self.evaluate(a if chooser else b)

    def _value_of_contains(self, x: Syntax, container: Syntax) -> Value:
        found, among = self.evaluate(x), self.evaluate(container)
        self._looked_through(among)
        return operators.contains(found, among)

    def _looked_through(self, x: Value) -> None:
        """Counts the items of a list or the like that are looked at one by one."""
        self.steps.take(len(x) if isinstance(x, (list, dict, str)) else 0)

    def _value_of_index(self, x: Syntax, at: Syntax) -> Value:
        among, where = self.evaluate(x), self.evaluate(at)
        if isinstance(where, SOp):  # every item goes into a table
            self._looked_through(among)
        return operators.index(among, where)

    def _value_of_call(self, called: Syntax, arguments: Syntax | None) -> Value:
        f = self.evaluate(called)
        args = self.several(arguments)
        if isinstance(f, RaspFunction):
            return self._applied(f, args)
        if isinstance(f, Builtin):
            return self._made(f(*args))
        if not isinstance(f, (SOp, Selector)):
            raise RaspError(f"only functions, s-ops and selectors can be applied, not {a_kind(f)}: {describe(f, 40)}")
        if len(args) != 1:
            raise arity(f"the {kind(f)} {describe(f)}", "1", tuple(args))
        return self.environment.apply(f, args[0], self.steps)

    def _applied(self, f: RaspFunction, args: list[Value]) -> Value:
        try:
            return f.call(args, self)
        except RaspError as error:
            if f.evaluator.text is self.text or error.line is None:
                raise
            # The place to look at is here, not in the text of a library.
            raise RaspError(f"in {f.name}: {error.what}", undefined=error.undefined) from None
