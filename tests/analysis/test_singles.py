"""Selectors that select at most one position without saying so, and some that look as if they did."""

from __future__ import annotations

import itertools
import random
from fractions import Fraction

import pytest

from hardwire import Selector, SOp, after, before, full, indices, key, length, query, select, tokens, where
from hardwire.analysis import Facts
from hardwire.errors import HardwireError
from hardwire.lang.expr import Op, node
from observed import Values

A, UPTO = key(tokens) == query("a"), before | (key(indices) == query(indices))
IS_A = tokens == "a"
SEEN = (A & before).width()  # how many "a" there are before
NUMBER = tokens.map({"a": 1, "b": 0, "c": 2})
SMALLER = (key(NUMBER) < query(NUMBER)) | ((key(NUMBER) == query(NUMBER)) & before)
APART = tokens.map({"a": 0, "b": 10, "c": 20}) + indices  # different at every position, up to length 10
SAME = key(tokens) == query(tokens)
EITHER = where(indices > 1, "a", "b")


def pair(a: object, b: object) -> tuple[object, object]:
    return a, b


SINGLE = {
    "the first of its kind": A & (key(SEEN) == query(0)),
    "the first, as one before which there is none": A & ~(key(SEEN > 0) == query(True)),
    "the first, by a comparison": A & (key(SEEN) < query(1)),
    "the first, by a sum of ones": A & (key((A & before).value(1)) == query(0)),
    "the first, by a sum of twos": A & (key((A & before).value(2)) == query(0)),
    "the first that a predicate selects": select(tokens, "a", str.__eq__)
    & (key((select(tokens, "a", str.__eq__) & before).width()) == query(0)),
    "the last of its kind": A & (key((A & after).width()) == query(0)),
    "the next of its kind, by a running sum": (key(UPTO.value(IS_A)) == query(UPTO.value(IS_A) + 1))
    & (key(IS_A) == query(True)),
    "one of a number, by a running sum of numbers": (key(UPTO.value(NUMBER)) == query(3)) & (key(NUMBER) > query(0)),
    "a number where it has one": key(where(IS_A, SEEN, -1)) == query(indices),
    "a number where it has one, with the others at 0": (key(where(IS_A, SEEN, 0)) == query(indices)) & A,
    "a pair with a number": key(SOp.zip(pair, tokens, SEEN)) == query(SOp.zip(pair, "a", indices)),
    "the one before among equals": SAME & (key((SAME & before).width()) == query((SAME & before).width() - 1)),
    "a place in sorted order": key(SMALLER.width()) == query(indices),
    "a place in sorted order among some": (key((SMALLER & A).value(1)) == query(indices)) & A,
    "a place by numbers that all differ": key((key(APART) < query(APART)).width()) == query(indices),
    "numbers that all differ": key(APART) == query(indices),
    "a rotation": key((indices + 1) % length) == query(indices),
    "the middle, halved": key(indices * 2 + 1) == query(length),
    "two digits of a position": (key(indices // 2) == query(1)) & (key(indices % 2) == query(indices % 2)),
    "a shift by what is the same everywhere": key(indices + full.value(NUMBER)) == query(4),
    "a rank times two, and one": A & (key(1 - SEEN * 2) == query(1)),
    "a quotient": key(indices / 2) == query(indices),
}  # fmt: skip

AB = select(tokens, "a", lambda k, q: k == q or k == "b")

MORE = {
    "a rank among none": key((~full & SMALLER).width()) == query(0),
    "a rank of those that a predicate leaves out": AB & (key((~AB & before).width()) == query(0)),
    "a rank of those that a predicate selects, among the others": ~AB & (key((AB & before).width()) == query(0)),
    "a rank of another kind": A & (key(((key(tokens) == query("b")) & before).width()) == query(0)),
    "a rank without its condition": key(SEEN) == query(0),
    "a rank of two kinds where one is enough": (key(tokens) != query("b")) & (key(SEEN) == query(0)),
    "a window": A & (key((A & before & (key(indices) > query(indices - 2))).width()) == query(0)),
    "an order with ties": A & (key((A & (key(NUMBER) <= query(NUMBER))).width()) == query(indices)),
    "a number that is 0 too": (key(UPTO.value(NUMBER)) == query(1)) & (key(NUMBER) >= query(0)),
    "a number that is negative too": (key(before.value(NUMBER - 1)) == query(0)) & (key(NUMBER) > query(1)),
    "a default that is a rank": A & (key((A & before).value(1, 1)) == query(1)),
    "a condition that depends on the query": A & (key((before & (key(tokens) == query(EITHER))).width()) == query(0)),
    "equal to others by another thing": (key(NUMBER) == query(1))
    & (key(((key(indices % 2) == query(indices % 2)) & before).width()) == query(0)),
    "a number where it has none": key(where(IS_A, SEEN, 0)) == query(indices),
    "a rotation by what is not the same everywhere": key(indices + NUMBER) == query(2),
    "a product with what may be 0": key(indices * full.value(IS_A)) == query(0),
    "half of a position": key(indices // 2) == query(indices),
    "a modulus that is too small": key((indices + 1) % (length - 1)) == query(1),
    "one of two": (A & (key(SEEN) == query(0))) | (key(indices) == query(1)),
    "the others": ~(A & (key(SEEN) == query(0))),
    "different": key(indices) != query(1),
    "at most the second": A & (key(SEEN) < query(2)),
    "a float that has absorbed positions": key(indices + 1e17) == query(1e17),
}  # fmt: skip


def widest(selector: Selector, length: int = 4, *, causal: bool = False) -> int:
    """The most positions that it selects for any query, on any input up to a length."""
    inputs = [list(x) for n in range(1, length + 1) for x in itertools.product("abc", repeat=n)]
    return max(p.value for p in Values(inputs, causal).of(node(Op.WIDTH, selector.expr)) if p.ok)


@pytest.mark.parametrize("name", SINGLE)
def test_selectors_of_at_most_one(name: str) -> None:
    assert widest(SINGLE[name]) == 1
    assert Facts(tuple("abc"), 9).width(SINGLE[name].expr)[1] == 1


@pytest.mark.parametrize("name", MORE)
def test_selectors_of_more_than_one(name: str) -> None:
    """Each of them would be called single by a rule that leaves out one of its conditions."""
    assert widest(MORE[name], 5) > 1
    assert Facts(tuple("abc"), 9).width(MORE[name].expr)[1] > 1


THIRDS = tokens.map({"a": 0, "b": 1, "c": 5}) + indices / 3  # one of "b" is one of "a" three positions further on
FEW = {
    "numbers of two positions": key(THIRDS) == query(indices),
    "a place by numbers of two positions": key((key(THIRDS) < query(THIRDS)).width()) == query(indices),
    "the place of the last by numbers of two positions": key((key(THIRDS) >= query(THIRDS)).width()) == query(indices),
}


@pytest.mark.parametrize("name", FEW)
def test_selectors_of_at_most_two(name: str) -> None:
    assert widest(FEW[name], 5) == 2
    assert Facts(tuple("abc"), 6).width(FEW[name].expr)[1] == 2
    assert Facts(tuple("abc"), 7).width(FEW[name].expr)[1] == 2
    assert Facts(tuple("ac"), 20).width(FEW[name].expr)[1] == 2
    assert Facts(tuple("abc"), 20).width(FEW[name].expr)[1] == 3


HIDDEN = {
    "how many come after": A & (key((A & after).width()) == query(0)),
    "the first in sorted order": key(SMALLER.width()) == query(0),
    "a place by numbers that fall": A & (key((A & (key(APART) > query(APART))).width()) == query(0)),
    "a shift by the length": key(indices - length) == query(-1),
}


@pytest.mark.parametrize("name", HIDDEN)
def test_what_the_causal_mask_makes_more_than_one(name: str) -> None:
    assert widest(HIDDEN[name]) == 1
    assert widest(HIDDEN[name], causal=True) > 1
    assert Facts(tuple("abc"), 9, causal=True).width(HIDDEN[name].expr)[1] > 1


def test_places_in_an_order_say_nothing_under_the_causal_mask() -> None:
    place = key((key(THIRDS) < query(THIRDS)).width()) == query(0)
    assert widest(place, 4) == 2
    assert widest(place, 4, causal=True) > 2
    assert Facts(tuple("abc"), 6).width(place.expr)[1] == 2
    assert Facts(tuple("abc"), 6, causal=True).width(place.expr)[1] == 6


def test_the_first_is_single_under_the_causal_mask() -> None:
    assert Facts(tuple("abc"), 9, causal=True).width(SINGLE["the first of its kind"].expr)[1] == 1


def test_two_ratios_that_one_float_is_equal_to() -> None:
    """The nearest float of both: equality with it says nothing of the two."""
    near = Fraction(1, 3), Fraction(1, 3) + Fraction(1, 10**30)
    s = key(tokens) == query(0.1 + (1 / 3 - 0.1))
    facts = Facts(near, 4)
    assert facts.width(s.expr)[1] == 4
    rank = ((key(tokens) == query(tokens)) & before).width()
    assert facts.width(((key(tokens) == query(1 / 3)) & (key(rank) == query(0))).expr)[1] == 4


def parts(rng: random.Random) -> tuple[list[SOp], list[Selector]]:
    """(sops that might be ranks, conditions), with parts left out or changed."""
    condition = [
        A,
        key(tokens) != query("b"),
        key(IS_A) == query(True),
        key(NUMBER) > query(0),
        key(NUMBER) >= query(1),
    ]
    order = [before, after, UPTO, SMALLER, key(APART) < query(APART), key(NUMBER) < query(NUMBER), full]
    alike = [key(tokens) == query(tokens), key(NUMBER) == query(NUMBER), key(indices % 2) == query(indices % 2)]
    made: list[SOp] = [indices, (indices + 1) % length, indices // 2, NUMBER, APART]
    for _ in range(3):
        s = rng.choice(order)
        for _ in range(rng.randrange(3)):
            s = s & rng.choice([*condition, *alike, *order])
        x = rng.choice([SOp(node(Op.CONST, arg=1)), IS_A, NUMBER, NUMBER - 1])
        made.append(rng.choice([s.width(), s.value(x), s.value(x, rng.choice([0, 1]))]))
    for _ in range(3):
        x, y = rng.choice(made), rng.choice(made)
        made.append(
            rng.choice([x + 1, -x, x * 2, x > 0, x % 2, x + y, where(IS_A, x, rng.choice([0, -1])), where(x > 0, y, x)])
        )
    return made, [*condition, *alike]


@pytest.mark.parametrize("start", range(0, 400, 100))
def test_random_selectors(start: int) -> None:
    """The interpreter never selects more than was said, on any input up to length 5, under either mask."""
    single = 0
    for seed in range(start, start + 100):
        rng = random.Random(seed)
        made, conditions = parts(rng)
        k = rng.choice(made[-6:])
        s = rng.choice(
            [key(k) == query(rng.choice([0, 1, 2, indices, rng.choice(made)])), key(k) < query(1), key(k) > query(1)]
        )
        for _ in range(rng.randrange(3)):
            s = s & rng.choice([*conditions, ~(key(rng.choice(made)) > query(0)), key(rng.choice(made)) == query(0)])
        causal = rng.random() < 0.3
        try:
            most = Facts(tuple("abc"), 5, causal=causal).width(s.expr)[1]
        except HardwireError:
            continue
        if most == 1:
            single += 1
            assert widest(s, 5, causal=causal) <= 1, (seed, s.formula)
    assert single >= 10
