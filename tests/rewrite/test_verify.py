"""What is checked between passes."""

from __future__ import annotations

from typing import cast

import pytest

from hardwire import before, full, indices, select, tokens
from hardwire.lang.expr import ONE, ZERO, Expr, Op, node
from hardwire.programs import LIBRARY
from hardwire.rewrite.verify import MalformedExpression, verify

S = before.expr
MALFORMED: dict[str, Expr] = {
    "1 sources, not 2": node(Op.ADD, ZERO),
    "0 sources, not one or more": node(Op.MAP, arg=tokens.map(ord).expr.arg),
    "selector for a source": node(Op.ADD, S, ONE),
    "first source alone": node(Op.VALUE, ZERO, ONE, ZERO),
    "first source alone must": node(Op.VALUE, S, S, ZERO),
    "mixes selectors with sops": node(Op.AND, S, ZERO),
    "argument is ADD": node(Op.COMPARE, ZERO, ONE, arg=Op.ADD),
    "argument is None": node(Op.COMPARE, ZERO, ONE, arg=None),
    "argument is nan": node(Op.CONST, arg=float("nan")),
    "argument is (1, [])": node(Op.HAS, ZERO, arg=(1, [])),
}


@pytest.mark.parametrize("why", MALFORMED)
def test_what_is_malformed_is_said_so_and_by_which_pass(why: str) -> None:
    with pytest.raises(MalformedExpression) as found:
        verify(node(Op.NAME, MALFORMED[why], arg="x"), "lower", set())
    assert "the pass `lower` made" in str(found.value)
    assert why in str(found.value)


def test_a_copy_is_found() -> None:
    copy = cast(Expr, object.__new__(Expr))  # type: ignore[call-arg]
    for name in ("op", "src", "arg", "layers", "selector"):
        object.__setattr__(copy, name, getattr((indices + 1).expr, name))
    with pytest.raises(MalformedExpression, match="copy"):
        verify(copy, "lower", set())


def test_programs_are_well_formed() -> None:
    known: set[Expr] = set()
    for program in LIBRARY.values():
        verify(program().expr, "nothing", known)
    for made in (full.value([1, 2]), select(tokens, tokens, lambda k, q: k < q).width(), tokens.has("abc")):
        verify(made.expr, "nothing", known)
        assert made.expr in known
