"""Names: what a scope holds, which names are reserved, and what every program starts with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..errors import RaspError
from ..lang.expr import KEEP_BOOLS, Op, node
from ..lang.selector import Selector
from ..lang.sop import SOp, as_expr
from ..lang.surface import full, indices, length, tokens, where
from .budget import LONGEST, make_list, too_large
from .operators import LONGEST_NAME, Value, a_kind, describe, is_atom, shown

LEAVES: dict[str, Value] = {
    "tokens_asis": tokens.name("tokens_asis"),
    "tokens_str": tokens.str().name("tokens_str"),
    "tokens_int": tokens.int().name("tokens_int"),
    "tokens_float": tokens.map(float).name("tokens_float"),
    "tokens_bool": tokens.bool().name("tokens_bool"),
    "indices": indices,
    "True": True,
    "False": False,
}
"""The names that always mean the same."""


@dataclass(eq=False)
class Scope:
    """Names with their values, looked up in the parents where they are not here."""

    name: str
    parent: Scope | None = None
    values: dict[str, Value] = field(default_factory=dict)

    def get(self, name: str) -> Value:
        """The value of a name. Raises RaspError."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.values:
                return scope.values[name]
            scope = scope.parent
        raise RaspError(f"Error: Undefined variable: {name}{_meant(name, self.names())}", undefined=name)

    def set(self, name: str, value: Value) -> None:
        """Defines a name here. Raises RaspError where it is reserved."""
        if name in RESERVED:
            raise RaspError(f"Error: Cannot set reserved name: {name}", value=name)
        self.values[name] = value

    def nested(self, values: dict[str, Value]) -> Scope:
        """A scope inside this one, for a function or a comprehension."""
        return Scope(f"{self.name}'", self, values=values)

    def names(self) -> list[str]:
        """Every name that is known here."""
        scope: Scope | None = self
        known: dict[str, None] = {}
        while scope is not None:
            known |= dict.fromkeys(scope.values)
            scope = scope.parent
        return list(known)


MOST_CANDIDATES = 1000
"""How many names are looked at for the one that was meant."""


def _meant(name: str, known: list[str]) -> str:
    from difflib import get_close_matches

    if len(name) > LONGEST_NAME:
        return ""
    candidates = [k for k in known if not k.startswith("_") and len(k) <= LONGEST_NAME]
    near = get_close_matches(name, candidates[:MOST_CANDIDATES], n=2, cutoff=0.7)
    return f". Did you mean {' or '.join(near)}?" if near else ""


# What is built in.


@dataclass(frozen=True, eq=False)
class Builtin:
    """A function of the language itself."""

    name: str
    arguments: tuple[str, ...]
    call: Callable[..., Value]
    optional: int = 0  # how many arguments at the end may be left out
    any_number: bool = False

    @property
    def title(self) -> str:
        return f"built-in function: {self.name}({', '.join(self.arguments)})"

    def __call__(self, *args: Value) -> Value:
        most = len(self.arguments)
        if not self.any_number and not most - self.optional <= len(args) <= most:
            raise arity(self.name, str(most) if not self.optional else f"{most - self.optional} to {most}", args)
        return self.call(*args)


def arity(name: str, expected: str, args: Sequence[Value]) -> RaspError:
    return RaspError(f"wrong number of args for {name}- expected: {expected}, got: {len(args)}.")


def _aggregate(selector: Value, x: Value, default: Value = 0) -> Value:
    if not isinstance(selector, Selector):
        raise RaspError(f"Expected selector, got: {describe(selector, 40)}")
    if not isinstance(x, SOp) and not is_atom(x):
        raise RaspError(f"Expected sequence, got: {describe(x, 40)}")
    if not is_atom(default):
        raise RaspError(f"Expected atom, got: {describe(default, 40)}")
    src = (as_expr(each, "aggregate") for each in (x, default))
    return SOp(node(Op.MEAN, selector.expr, *src, arg=KEEP_BOOLS))


def _selector_width(selector: Value) -> Value:
    if not isinstance(selector, Selector):
        raise RaspError(f"Expected selector, got: {describe(selector, 40)}")
    return selector.width()


def _indicator(x: Value) -> Value:
    if not isinstance(x, SOp):
        raise RaspError(f"indicator operator expects s-op, got: {describe(x, 40)}")
    return where(x, 1, 0)


def _round(x: Value) -> Value:
    if isinstance(x, SOp):
        return x.round()
    if not is_atom(x) or isinstance(x, str):
        raise RaspError(f"round takes an s-op or a number, not {a_kind(x)}: {describe(x, 40)}")
    try:
        return round(x)
    except OverflowError:
        raise RaspError(f"round has no value at {shown(x)}") from None


def _range(*bounds: Value) -> Value:
    if not 1 <= len(bounds) <= 3:
        raise RaspError(f"wrong number of inputs to range, expected: 1, 2, or 3, got: {len(bounds)}")
    if not all(isinstance(b, int) for b in bounds):
        raise RaspError(f"range expects all integer inputs, but got: {describe(list(bounds), 60)}")
    if len(bounds) == 3 and bounds[2] == 0:
        raise RaspError("the step of range cannot be 0")
    found = range(*map(int, bounds))
    if found and (abs(found[-1] - found[0]) // abs(found.step)) >= LONGEST:
        raise RaspError(f"a range of more than {LONGEST:,} numbers is too large")
    return make_list(found)


def _zip(*lists: Value) -> Value:
    if not lists:
        raise RaspError("zip needs at least one list")
    for i, x in enumerate(lists):
        if not isinstance(x, list):
            raise RaspError(f"attempting to zip lists, but {i + 1}-th element is not list: {describe(x, 40)}")
        if len(x) != len(lists[0]):
            n = len(lists[0])
            raise RaspError(f"attempting to zip lists of length {n}, but {i + 1}-th list has length {len(x)}")
    if len(lists) * len(lists[0]) > LONGEST:
        raise too_large("list")
    return make_list(make_list(items) for items in zip(*lists, strict=True))


def _len(x: Value) -> Value:
    if isinstance(x, SOp):
        raise RaspError(f"attempting to compute length of non-list: {describe(x)}. The s-op `length` is the input's")
    if not isinstance(x, (list, dict, str)):
        raise RaspError(f"attempting to compute length of non-list: {describe(x, 40)}")
    return len(x)


BUILTINS = {
    f.name: f
    for f in (
        Builtin("aggregate", ("sel", "seq", "default"), _aggregate, optional=1),
        Builtin("selector_width", ("sel",), _selector_width),
        Builtin("indicator", ("seq",), _indicator),
        Builtin("round", ("seq",), _round),
        Builtin("range", ("start", "stop", "step"), _range, any_number=True),
        Builtin("zip", ("list", "..."), _zip, any_number=True),
        Builtin("len", ("list",), _len),
    )
}

RESERVED = {*LEAVES, *BUILTINS, "length", "full_s", "out", "get", "not", "and", "or", "if", "else"}
"""Names that no program may define."""


def first_scope() -> Scope:
    """What is there before any library: the leaves, `length`, `full_s` and the built-in functions."""
    given: dict[str, Any] = {"length": length, "full_s": full.name("full_s"), "tokens": tokens.str().name("tokens")}
    return Scope("built-in", values={**LEAVES, **BUILTINS, **given})
