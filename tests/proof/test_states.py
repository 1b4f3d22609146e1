"""The abstract states of a proof: none that an input can bring about is left out, and few that none can."""

from __future__ import annotations

import itertools
from functools import reduce
from typing import Any

import pytest

import hardwire as hw
from hardwire import Failure, SOp, full, indices, key, query, same_token, tokens
from hardwire.proof.spaces import StateSpaces
from hardwire.rewrite import analysed

NUMBER = tokens.map({"a": 0, "b": 1})
COUNT = full.value(NUMBER)
BEHIND = (key(indices) == query(indices + 1)).one(NUMBER, 9)
MIRRORED = (key(indices) == query(COUNT - indices)).one(NUMBER, 9)
COUNTED = (key(indices) == query(COUNT)).one(NUMBER, 9)
TURNED = (key(indices % 3) == query(COUNT)).one(indices, 9)
FIRST_B = (key(tokens) == query("b")).first(indices, -1)
FOUND_B = (key(tokens) == query("b")).first(1, 0)
LAST_B = (key(tokens) == query("b")).last(indices, -1)
BEHIND_B = (key(indices) > query(indices)) & (key(tokens) == query("b"))
BEFORE_B = (key(indices) <= query(indices)) & (key(tokens) == query("b"))
NEXT = key(indices) == query(indices + 1)
FRONT = key(indices) == query(0)
STATES: dict[str, tuple[SOp, ...]] = {
    "a query that is the same everywhere": (COUNTED, indices, COUNT, tokens),
    "a query that is the position's own": (MIRRORED, indices, COUNT, tokens),
    "a query of the next": (BEHIND, indices, tokens),
    "keys that are equal": (TURNED, indices, COUNT),
    "picked through one selector": (FIRST_B, LAST_B, FOUND_B, indices),
    "picked behind": (BEHIND_B.first(indices, 0), BEHIND_B.first(1, 0), BEHIND_B.last(indices, "none"), indices),
    "picked before": (BEFORE_B.last(indices, 0.0), BEFORE_B.first(indices, 1), BEFORE_B.first(1, 0), indices),
    "counts": (same_token.width(), COUNT, indices, tokens),
    "a count of those before": ((key(indices) < query(indices)).value(NUMBER), indices, tokens),
    "several values of one key": (
        NEXT.one(NUMBER, 7),
        NEXT.one(tokens, "z"),
        NEXT.value(tokens == "a", 5),
        NEXT.mean(tokens == "b", 0),
        indices,
    ),
    "several values of the key at one end": (
        FRONT.one(NUMBER, 7),
        FRONT.one(tokens, 1),
        FRONT.one(indices, -1),
        FRONT.one(tokens == "a", 2),
        tokens,
    ),
    "several values of the best key": (
        (key(tokens) == query("b")).max(indices, 7),
        (key(tokens) == query("b")).max(tokens, "z", of=indices),
        (key(tokens) == query("b")).min(tokens, "z", of=indices),
        full.max(tokens, of=NUMBER),
        full.max(NUMBER, of=NUMBER),
        full.min(NUMBER, of=NUMBER),
    ),
    "what ends the input": (full.max(indices), (key(indices) > query(indices)).width(), indices),
}

AT_ONE_KEY = {(0, "a", 1, 0), (1, "b", 0, 1), (7, "z", 5, 0)}


def states(variables: tuple[SOp, ...], max_len: int, *, causal: bool) -> tuple[set[Any], set[Any]]:
    """(those that inputs bring about, those that a proof looks at); a position without a value is in neither"""
    program = reduce(lambda a, b: a & b, (v == 0 for v in variables)).expr
    known = analysed(program, ("a", "b"), max_len, causal=causal)
    inputs = ["".join(w) for n in range(1, max_len + 1) for w in itertools.product("ab", repeat=n)]
    columns = [v.batch(inputs, causal=causal, errors="keep") for v in variables]
    met = {row for rows in zip(*columns, strict=True) for row in zip(*rows, strict=True)}
    at = StateSpaces(known.facts, program).of(v.expr for v in variables)
    seen = set(zip(*(at.columns[v.expr].values() for v in variables), strict=True))
    return {row for row in met if not any(isinstance(v, Failure) for v in row)}, seen


@pytest.mark.parametrize("name", STATES)
@pytest.mark.parametrize("causal", [False, True])
def test_every_state_that_occurs_is_there(name: str, causal: bool) -> None:
    variables = STATES[name]
    for n in range(2, len(variables) + 1):
        for some in itertools.combinations(variables, n):
            met, seen = states(some, 5, causal=causal)
            assert met <= seen, [repr(v.expr) for v in some]


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("a query that is the same everywhere", lambda v, i, n, t: i == n and v != (t == "b")),
        ("a query that is the position's own", lambda v, i, n, t: 2 * i == n and v != (t == "b")),
        ("several values of one key", lambda n, t, a, b, i: (n, t, a, b) not in AT_ONE_KEY),
        ("picked through one selector", lambda first, last, found, i: not found and (first, last) != (-1, -1)),
        ("picked behind", lambda first, found, last, i: found and (first == 0 or last == "none")),
    ],
)
def test_states_that_cannot_occur_are_not(name: str, wrong: Any) -> None:
    """A key that is what its own query looks for is what that finds; and what finds nothing finds nothing twice."""
    met, seen = states(STATES[name], 5, causal=False)
    assert met
    assert not [row for row in seen if wrong(*row)]


@pytest.mark.parametrize("causal", [False, True])
def test_a_query_without_a_value_leaves_the_positions_of_others_numbers(causal: bool) -> None:
    """A look-up by a position that is not known everywhere: it was refused, with the values taken for their places in a
    list."""
    position = (key(indices) == query(indices)).one(tokens.map({"0": -2, "1": 0, "2": 1}))
    model = hw.compile((key(indices) == query(position)).one(tokens, "-"), "0123", 12, causal=causal)
    assert hw.verify(model, samples=200)
    assert model.certificate is not None
    assert model.certificate.status == "exact up to length 12"
