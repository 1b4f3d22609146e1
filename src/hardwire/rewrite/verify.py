"""What holds of every expression, checked between passes: a pass that breaks it is found where it is wrong."""

from __future__ import annotations

from typing import NoReturn

from ..lang.expr import Expr, Op, node
from ..lang.ops import Kind
from ..lang.text import formula
from ..lang.values import NotAValue, freeze


class MalformedExpression(Exception):
    """An expression that no program can have: an error of a pass, never of the user."""


def verify(program: Expr, made_by: str, known: set[Expr]) -> None:
    """Checks every part of a program that is not `known` to be well formed, and adds it there.

    Each operation has the number and kinds of sources that the table of operations says, and an argument of its kind;
    each expression is the one that `node` makes of its parts. Expressions are immutable and refer to older ones only,
    so there are no cycles. Raises MalformedExpression, which names the pass.
    """
    for e in () if program in known else program.walk():
        if e not in known:
            _verify(e, made_by)
            known.add(e)


def _verify(e: Expr, made_by: str) -> None:
    def fail(what: str) -> NoReturn:
        of = ", ".join(formula(s, 40) for s in e.src)
        raise MalformedExpression(f"the pass `{made_by}` made {e.op!r} of ({of}), {what}")

    expected = e.op.sources
    if not e.src if expected is None else len(e.src) != len(expected):
        fail(f"which has {len(e.src)} sources, not {'one or more' if expected is None else len(expected)}")
    selectors = [s.selector for s in e.src]
    if e.op.aggregate:
        if selectors != [name == "selector" for name in expected or ()]:
            fail("whose first source alone must be a selector")
    elif e.op.kind in (Kind.LOGIC, Kind.NAME):
        if len(set(selectors)) > 1:
            fail("which mixes selectors with sops")
    elif any(selectors):
        fail("which takes sops only, and has a selector for a source")
    if not _argument_fits(e):
        fail(f"whose argument is {e.arg!r}")
    if node(e.op, *e.src, arg=e.arg) is not e:
        fail("which is a copy of another expression")


def _argument_fits(e: Expr) -> bool:
    if e.op is Op.COMPARE:
        return e.arg.comparison if isinstance(e.arg, Op) else hasattr(e.arg, "key")
    if e.op is Op.MAP:
        return callable(e.arg) and hasattr(e.arg, "key")
    if e.op in (Op.CONST, Op.RAW, Op.HAS):
        return all(map(_is_value, (e.arg,) if e.op is Op.CONST else e.arg))
    return True


def _is_value(x: object) -> bool:
    try:
        freeze(x)
    except NotAValue:
        return False
    return True
