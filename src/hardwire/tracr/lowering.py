"""A program of Tracr's as an expression of hardwire, which draws, compiles and verifies."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from ..errors import BuildError, CompileError
from ..lang.surface import indices, length, tokens
from ..lang.values import NotAValue, freeze
from .expressions import sops
from .expressions.expression import RASPExpr
from .facts import KnownValues
from .meaning import KINDS, Part, meaning


def to_hardwire(program: RASPExpr, vocab: Iterable[Any], max_seq_len: int, *, causal: bool = False) -> Any:
    """The sop or selector of hardwire that is the program, for these tokens and inputs of at most this length.

    It has the program's value wherever that has one, up to the rounding of floats: means and quotients are exact in
    hardwire. Functions are those of the moment: a loop variable in a lambda has its present value. Raises BuildError
    and CompileError.

    >>> from hardwire.tracr import rasp
    >>> double = to_hardwire(2 * rasp.indices + 1, "ab", 5)
    >>> double.formula, double("abab")
    ('2 * indices + 1', [1, 3, 5, 7])
    """
    if not isinstance(program, RASPExpr):
        raise BuildError(f"a program is a sop or a selector of hardwire.tracr, not {program!r:.60}", value=program)
    leaves: dict[type, Part] = {
        sops.TokensType: Part(tokens, KnownValues.of(tokens_of(vocab))),
        sops.IndicesType: Part(indices, KnownValues.of(range(max_seq_len))),
        sops.LengthType: Part(length, KnownValues.of(range(1, max_seq_len + 1))),
    }
    parts: dict[int, Part] = {}
    for expr in walk(program):
        if causal and isinstance(expr, sops.LengthType):
            raise CompileError(
                "`length` is the whole length, which a causal model does not see\n"
                "  Write lib.make_length() for the number of tokens so far.",
                expression=expr,
            )
        if type(expr) in leaves:
            part = leaves[type(expr)]
        elif type(expr) in KINDS:
            part = meaning(expr, [parts[id(child)] for child in expr.children], max_seq_len)
        else:
            kind = type(expr).__name__
            raise CompileError(f"{expr.label} is a {kind}, which is no kind of expression of Tracr", expression=expr)
        parts[id(expr)] = _named(part, expr)
    return parts[id(program)].handle


def walk(program: RASPExpr) -> Iterator[RASPExpr]:
    """Every expression of a program once, children before their parents."""
    done: set[int] = set()
    stack = [(program, iter(program.children))]
    while stack:
        expr, children = stack[-1]
        child = next((c for c in children if id(c) not in done), None)
        if child is not None:
            stack.append((child, iter(child.children)))
            continue
        stack.pop()
        if id(expr) not in done:
            done.add(id(expr))
            yield expr


def labels_by_name(program: RASPExpr) -> dict[str, str]:
    """The labels of the expressions that alone have their name."""
    found: dict[str, list[str]] = {}
    for expr in walk(program):
        if _has_name(expr):
            found.setdefault(expr.name, []).append(expr.label)
    return {name: labels[0] for name, labels in found.items() if len(labels) == 1}


def tokens_of(vocab: Iterable[Any]) -> list[Any]:
    """The tokens of a vocabulary, sorted; of equal ones the first. Raises CompileError."""
    found: list[Any] = []
    for token in vocab:
        try:
            found.append(freeze(token))
        except NotAValue as error:
            raise CompileError(f"the vocabulary has a token that no model takes: {error}", value=token) from None
    return ordered(dict.fromkeys(found))


def ordered(values: Iterable[Any]) -> list[Any]:
    """The values sorted, by their texts where they have no order: the order of every encoding."""
    found = list(values)
    try:
        return sorted(found)
    except TypeError:
        return sorted(found, key=str)


def _named(part: Part, expr: RASPExpr) -> Part:
    """The part with the name that the program gave it."""
    return replace(part, handle=part.handle.name(expr.name)) if _has_name(expr) else part


def _has_name(expr: RASPExpr) -> bool:
    """Whether the program gave the expression a name of its own that hardwire can show."""
    name = expr.name
    return isinstance(name, str) and name != expr.default_name and bool(name.strip())
