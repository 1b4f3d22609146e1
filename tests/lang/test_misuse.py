"""What people write first and cannot mean: each error says what to write, and what it says works."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import hardwire as hw
from hardwire import SOp, draw, full, indices, key, programs, query, select, tokens
from hardwire.errors import BuildError, InputError


def flip(seq: SOp = tokens) -> SOp:
    return seq


MODEL = hw.compile(tokens, "ab", 3)

WRONG: dict[str, tuple[Callable[[], Any], type[Exception], str]] = {
    "max of a sop and a number": (lambda: max(tokens, 1), BuildError, "maximum(a, b) and minimum(a, b) for max"),
    "min of two sops": (lambda: min(tokens, indices), BuildError, "maximum(a, b) and minimum(a, b) for max"),
    "sum": (lambda: sum(tokens), BuildError, "full.value(x) for sum(x)"),
    "max": (lambda: max(tokens), BuildError, "full.max(x) for max(x)"),
    "sorted": (lambda: sorted(tokens), BuildError, "programs.sort(x) for sorted(x)"),
    "a function of math": (lambda: math.sqrt(indices), BuildError, "x.map(math.sqrt)"),
    "math.floor": (lambda: math.floor(indices), BuildError, "x.map(math.sqrt) for a function of each value"),
    "a function of NumPy": (lambda: np.sin(indices), BuildError, "Write indices.map(np.sin)"),
    "of a formula": (lambda: np.exp(indices + 1), BuildError, "Write (indices + 1).map(np.exp)"),
    "of two arguments": (lambda: np.arctan2(indices, 1), BuildError, "SOp.zip(np.arctan2, a, b)"),
    "np.maximum": (lambda: np.maximum(indices, 1), BuildError, "Write maximum(a, b)"),
    "np.sum": (lambda: np.sum(indices), BuildError, "np.sum takes numbers, not a sop: indices"),
    "np.max": (lambda: np.max(indices), BuildError, "full.max(x) over all positions"),
    "np.array": (lambda: np.array(indices), BuildError, "a sop is not an array: indices"),
    "a sum into an array": (lambda: np.add(indices, 1, out=np.zeros(3)), BuildError, "np.add takes numbers"),
    "an array of two axes": (lambda: np.zeros((2, 2)) + indices, BuildError, "this array has shape (2, 2)"),
    "a complex number of NumPy": (lambda: np.complex128(1) + indices, BuildError, "is a complex number"),
    "a method of strings": (lambda: tokens.upper(), AttributeError, "x.map(str.upper)"),
    "a misspelt method": (lambda: tokens.mpa(1), AttributeError, "Did you mean .map?"),
    "a misspelt aggregate": (lambda: full.widht(), AttributeError, "Did you mean .width?"),
    "a method of arrays": (lambda: tokens.astype(int), AttributeError, "x('hello') runs it"),
    "a sum of a sop": (lambda: tokens.sum(), AttributeError, "full.value(x) over all positions"),
    "compiled by a method": (lambda: tokens.compile("ab", 3), AttributeError, "hardwire.compile(x, vocab, max_len)"),
    "drawn by a method": (lambda: tokens.draw("ab"), AttributeError, "It is a function: hardwire.draw(x)."),
    "a running sum": (lambda: tokens.cumsum(), AttributeError, "(key(indices) <= query(indices)).value(x)"),
    "a previous value": (lambda: tokens.roll(1), AttributeError, ".shift(1)"),
    "a sum of a selector": (lambda: full.sum(tokens), AttributeError, "is .value(x)"),
    "a count of a selector": (lambda: full.count(), AttributeError, "is .width()"),
    "a shift of a selector": (lambda: full.shift(1), AttributeError, "Aggregate it into a sop first"),
    "an aggregate of a key": (lambda: key(tokens).value(1), AttributeError, "Compare a key with a query first"),
    "a key and a value": (lambda: key(tokens) == "a", BuildError, "Wrap it: query('a')"),
    "a key and a sop": (lambda: key(indices) < tokens, BuildError, "Wrap it: query(...)"),
    "a value and a query": (lambda: query(indices) >= 3, BuildError, "a query is compared with 3"),
    "two keys": (lambda: key(indices) < key(tokens), BuildError, "One of them must be a query"),
    "two queries": (lambda: query(indices) != query(tokens), BuildError, "One of them must be a key"),
    "a program that is none": (lambda: programs.flop, AttributeError, "Did you mean 'flip'"),
    "a function drawn": (lambda: draw(flip), BuildError, "not the function flip.\n  Call it first: draw(flip())"),
    "a lambda drawn": (lambda: draw(lambda: tokens), BuildError, "not a lambda.\n  Call it first: draw(f())"),
    "a trace of a model drawn": (lambda: draw(MODEL.trace("ab")), BuildError, "draw(model, 'ab') draws the model"),
    "a sop of a word": (lambda: SOp("abc"), BuildError, "raw([...]) is a sop of given values"),  # type: ignore[arg-type]
    "a sop of a sop": (lambda: SOp(tokens), BuildError, "SOp(tokens) makes no sop"),  # type: ignore[arg-type]
    "an int as an input": (lambda: tokens(3), InputError, "the input is an int; give a string"),
    "a float as an input": (lambda: tokens.batch([1.5]), InputError, "input 0 is a float; give a string"),
    "an array as a value": (lambda: tokens.map(np.atleast_1d)("a"), ValueError, "an ndarray is not a value"),
    "a list as a value": (lambda: tokens == ({},), BuildError, "a dict is not a value"),
    "a number and a word": (lambda: (indices + tokens)("a"), ValueError, "joins two strings or two tuples, not on int"),
    "a word and a number": (lambda: (tokens * indices)("a"), ValueError, "is arithmetic on numbers, not on str"),
    "arithmetic on a word": (lambda: abs(tokens)("a"), ValueError, "abs takes a number, not a str"),
}  # fmt: skip


@pytest.mark.parametrize("what", WRONG)
def test_the_error_says_what_to_write(what: str) -> None:
    do, kind, said = WRONG[what]
    with pytest.raises(kind, match=re.escape(said)):
        do()


def test_private_names_are_plain_attribute_errors() -> None:
    for x in (tokens, full, key(tokens)):
        with pytest.raises(AttributeError, match=r"no attribute '_repr_html_'$"):
            x._repr_html_  # noqa: B018
        assert not hasattr(x, "nothing_like_it")


NUMPY: dict[str, tuple[Callable[[], Any], Callable[[], Any]]] = {
    "scalars": (lambda: np.int64(2) + indices, lambda: 2 + indices),
    "floats": (lambda: np.float32(0.5) * indices, lambda: 0.5 * indices),
    "long doubles": (lambda: np.longdouble(1) - indices, lambda: 1.0 - indices),
    "no axis": (lambda: np.array(3) // indices, lambda: 3 // indices),
    "arrays": (lambda: np.array([1, 2]) % indices, lambda: [1, 2] % indices),
    "comparisons": (lambda: np.int64(2) < indices, lambda: indices > 2),
    "equality": (lambda: np.str_("a") == tokens, lambda: tokens == "a"),
    "logic": (lambda: np.bool_(True) & (tokens == "a"), lambda: True & (tokens == "a")),
    "selectors": (lambda: np.bool_(True) & full, lambda: True & full),
    "a function that is an operator": (lambda: np.add(indices, 1), lambda: indices + 1),
    "of one operand": (lambda: np.negative(indices), lambda: -indices),
    "of a selector": (lambda: np.invert(full), lambda: ~full),
}


@pytest.mark.parametrize("what", NUMPY)
def test_operators_beside_numpy(what: str) -> None:
    found, wanted = (f() for f in NUMPY[what])
    assert found.expr is wanted.expr


def test_what_the_errors_say_works() -> None:
    assert indices.map(np.sin)("ab") == [0.0, math.sin(1)]
    assert indices.map(math.sqrt)("ab") == [0.0, 1.0]
    assert SOp.zip(np.arctan2, indices, 1)("ab") == [0.0, math.pi / 4]
    assert tokens.map(str.upper)("ab") == ["A", "B"]
    assert (key(indices) <= query(indices)).value(indices)("abc") == [0, 1, 3]
    assert programs.sort(tokens)("ba") == ["a", "b"]
    assert select(tokens, tokens, "==").width()("aab") == [2, 2, 1]


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda: np.add.accumulate(indices), "np.add.accumulate takes"),
        (lambda: np.subtract.reduce(indices), "np.subtract.reduce takes"),
        (lambda: np.add.reduce(indices), "np.sum takes"),
    ],
)
def test_methods_of_ufuncs_are_named(call: Callable[[], Any], name: str) -> None:
    with pytest.raises(BuildError, match=re.escape(name)):
        call()


def test_an_item_of_a_dict_that_is_no_value() -> None:
    with pytest.raises(BuildError, match=r"at key 'a': a list is not a value \(a tuple is\), in tokens.map"):
        tokens.map({"a": []})
