"""Logic where a side has no value: of cells of selectors, and of Booleans, it is needed only where it decides."""

from __future__ import annotations

import itertools
import operator
from collections.abc import Callable
from typing import Any

import pytest

from hardwire import Failure, SOp, key, query, select, tokens
from hardwire.run import run_batch

FAILED = "failed"
SIDES = (False, True, FAILED)
LOGIC: dict[str, Callable[[Any, Any], Any]] = {"&": operator.and_, "|": operator.or_, "^": operator.xor}


def decided(sign: str, a: Any, b: Any) -> Any:
    deciding = {"&": False, "|": True}.get(sign)
    if deciding is not None and (a is deciding or b is deciding):
        return deciding
    return FAILED if FAILED in (a, b) else LOGIC[sign](a, b)


def side(i: int) -> SOp:
    """A side of a pair of sides as a sop."""
    return tokens.map(lambda t: None if t[i] == FAILED else t[i]).map({True: True, False: False})


def matrix(selector: Any, inputs: list[Any]) -> list[Any]:
    """(queries, keys) of one input; the first failure of a row in its place."""
    [found] = run_batch(selector, [inputs], errors="keep")
    return [FAILED if isinstance(row, Failure) else row for row in found]


PAIRS = list(itertools.product(SIDES, SIDES))


@pytest.mark.parametrize("sign", LOGIC)
@pytest.mark.parametrize("many", [1, 9], ids=["each alone", "all at once"])
def test_booleans(sign: str, many: int) -> None:
    program = LOGIC[sign](side(0), side(1))
    for at in range(0, len(PAIRS), many):
        some = PAIRS[at : at + many]
        found = program.batch([some], errors="keep")[0]
        assert [FAILED if isinstance(v, Failure) else v for v in found] == [decided(sign, a, b) for a, b in some]


@pytest.mark.parametrize("sign", LOGIC)
@pytest.mark.parametrize("pair", PAIRS, ids=str)
@pytest.mark.parametrize("negated", [False, True])
def test_cells(sign: str, pair: tuple[Any, Any], negated: bool) -> None:
    """One key that is as it is, and one of which both sides are sure and false."""
    a, b = (key(side(i)) == query(True) for i in (0, 1))
    selector = ~LOGIC[sign](a, b) if negated else LOGIC[sign](a, b)
    inputs = [pair, (False, False)]
    want = decided(sign, *pair)
    other = decided(sign, False, False)
    if negated:
        want, other = (x if x == FAILED else not x for x in (want, other))
    found = selector.width().batch([inputs], errors="keep")[0]
    assert [FAILED if isinstance(v, Failure) else v for v in found] == [
        FAILED if want == FAILED else int(want) + int(other)
    ] * 2
    if FAILED not in (want, other):
        assert matrix(selector, inputs) == [[want, other]] * 2


@pytest.mark.parametrize("sign", LOGIC)
def test_why_a_cell_has_failed(sign: str) -> None:
    """The failure that is told is that of a side that was needed, the first one before the second."""
    a = select(tokens, tokens, lambda k, q: 1 // (k - 1) < 9)
    b = select(tokens, tokens, lambda k, q: [0, 1][k] < 9)
    for selector, reason in ((LOGIC[sign](a, b), "ZeroDivisionError"), (LOGIC[sign](b, a), "ZeroDivisionError")):
        [found] = selector.width().batch([[1]], errors="keep")
        if sign == "|":
            assert found == [1]
        else:
            assert isinstance(found[0], Failure)
            assert reason in found[0].reason
    [found] = LOGIC[sign](a, b).width().batch([[5]], errors="keep")
    if sign == "|":
        assert found == [1]
    else:
        assert "IndexError" in found[0].reason


@pytest.mark.parametrize("outer", LOGIC)
@pytest.mark.parametrize("inner", LOGIC)
def test_a_failed_side_beside_two_that_have_values(inner: str, outer: str) -> None:
    """Every triple of sides, in both orders."""
    for triple in itertools.product(SIDES, repeat=3):
        a, b, c = (key(side(i)) == query(True) for i in (0, 1, 2))
        joined = LOGIC[inner](a, b)
        want = decided(outer, decided(inner, *triple[:2]), triple[2])
        for selector in (LOGIC[outer](joined, c), LOGIC[outer](c, joined)):
            [found] = selector.width().batch([[triple]], errors="keep")
            assert [FAILED if isinstance(v, Failure) else v for v in found] == [FAILED if want == FAILED else int(want)]
