"""Showing: definitions and results in the format of the original's REPL, so that its transcripts read the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from ..lang.selector import Selector
from ..lang.sop import SOp
from ..run import Result
from .budget import Steps
from .operators import Value, describe, is_atom, name_of, shown
from .running import apply


@dataclass(frozen=True)
class Settings:
    """What is shown: the running examples of s-ops and selectors, whether they are, and how sequences look.

    `aligned` puts the columns of a selector under each other, which the original does for tokens of one letter alone.
    """

    sop_example: Value = "hello"
    selector_example: Value = "hello"
    show_sops: bool = True
    show_selectors: bool = True
    full: bool = False
    aligned: bool = False


def definition(
    name: str | None, x: Value, settings: Settings, steps: Steps, tabs: int = 0, before: str = ""
) -> Iterator[str]:
    """The lines of a definition. Raises RaspError where the running example has no result, or takes too many steps."""
    tab = "\t" * tabs
    start = f"{tab} {before} "
    if isinstance(x, SOp):
        name = name_of(x.expr) if name is None else name
        yield f"{start}   s-op: {name}"
        if settings.show_sops:
            given = settings.sop_example
            yield from _sop_example(
                tab, f"{name}({describe_input(given)}) =", given, apply(x, given, steps, name), settings
            )
    elif isinstance(x, Selector):
        yield f"{start}   selector: {name_of(x.expr) if name is None else name}"
        if settings.show_selectors:
            given = settings.selector_example
            yield f"{tab} \t Example:"
            yield from matrix(given, apply(x, given, steps, name), settings, tab)
    elif isinstance(x, (list, dict)):
        yield from _container(name, x, settings, steps, tabs, start)
    elif is_atom(x):
        yield f"{f'{tab} {before}' if before else tab}    value: {'' if name is None else f'{name} = '} {describe(x)}"
    else:
        yield f"{start}   {x.title}"


def _sop_example(tab: str, title: str, given: Value, values: list[Any], settings: Settings) -> Iterator[str]:
    if not settings.full:
        yield f"{tab} \t Example: {title} {sequence(values)}"
    elif len(set(values)) == 1:
        yield f"{tab} \t Example: {title} {sequence(values)} {SKIPPED}"
    else:
        yield f"{tab} \t Example:"
        yield from _full(given, values, tab)


def _container(name: str | None, x: Any, settings: Settings, steps: Steps, tabs: int, start: str) -> Iterator[str]:
    tab, word = "\t" * tabs, "list" if isinstance(x, list) else "dict"
    title = f"   {word}: {'' if name is None else f'{name} = '}"
    if all(map(is_atom, x if isinstance(x, list) else x.values())):
        yield f"{start}{title}{_plain(x)}"
        return
    brackets = "[]" if isinstance(x, list) else "{}"
    yield f"{start}{title}{tab} {brackets[0]}"
    if isinstance(x, list):
        for item in x:
            yield from definition(None, item, settings, steps, tabs + 2)
    else:
        for key, item in x.items():
            yield from definition(None, item, settings, steps, tabs + 3, f"{describe(key)} : ")
    yield f"{tab} {' ' * len(title)} {brackets[1]}"


def _plain(x: Any) -> str:
    if isinstance(x, dict):
        return str({shown(k): shown(v) for k, v in x.items()})
    return str([shown(v) for v in x])


def result(x: Result, settings: Settings) -> Iterator[str]:
    """The lines of what an s-op or selector gives on an input."""
    if isinstance(x.of, Selector):
        yield "\t = "
        yield from matrix(x.input, x, settings)
    elif not settings.full:
        yield f"\t =  {sequence(x)}"
    elif len(set(x)) == 1:
        yield f"\t =   {sequence(x)} {SKIPPED}"
    else:
        yield "\t = "
        yield from _full(x.input, x)


SKIPPED = "[skipped full display: identical values]"


def sequence(values: list[Any]) -> str:
    """Values on one line, with their type."""
    if len(values) > 1 and len(set(values)) == 1:
        return f"[{small(values[0])}]*{len(values)} ({type_of(values)}s)"
    return f"[{', '.join(map(small, values))}] ({type_of(values)}s)"


def small(x: Any) -> str:
    """A value of a sequence: floats to 3 decimals, bools as T and F."""
    if isinstance(x, bool):
        return "T" if x else "F"
    return str(round(x, 3)) if isinstance(x, float) else str(x)


def type_of(values: list[Any]) -> str:
    """The type of a sequence; ints among floats are floats, bools among ints are ints."""
    for kind, word in ((str, "string"), (bool, "bool"), (int, "int")):
        if all(isinstance(v, kind) for v in values):
            return word
    return "float"


def describe_input(x: Value) -> str:
    """A running example as it is shown: strings in quotes, lists as Python shows them."""
    return describe(x) if isinstance(x, str) else _plain(list(x))


def matrix(given: Any, rows: list[list[Any]], settings: Settings, tab: str = "") -> Iterator[str]:
    """A selector: keys along the top, queries at the left, 1 where selected."""
    labels = [str(t) for t in given]
    width = max(map(len, labels)) if settings.aligned else 0

    def line(cells: list[str]) -> str:
        return " ".join(cell.rjust(width) for cell in cells)

    yield f"{tab} \t\t\t     {' ' * max(width - 1, 0)}{line(labels)}"
    for label, row in zip(labels, rows, strict=True):
        yield f"{tab} \t\t\t {label.rjust(width)} | {line(['1' if cell else ' ' for cell in row])}"


def _full(given: Any, values: list[Any], tab: str = "") -> Iterator[str]:
    """An input and its results, one below the other."""
    inputs, outputs = [str(t) for t in given], _sparse(values)
    width = max(map(len, [*inputs, *outputs]))
    for title, texts, kind in (("input:  ", inputs, type_of(list(given))), ("output: ", outputs, type_of(values))):
        yield f"{tab} \t\t{title} {' '.join(t.rjust(width) for t in texts)} \t ({kind}s)"


def _sparse(values: list[Any]) -> list[str]:
    """Values as texts; of bools the commoner one is left blank."""
    if not isinstance(values[0], bool):
        return [str(v) for v in values]
    true, false = values.count(True), values.count(False)
    shown: Callable[[Any], str] = lambda v: ("T" if true <= false else "") if v else ("F" if false <= true else "")  # noqa: E731
    return [shown(v) for v in values]
