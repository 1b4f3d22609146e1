"""Aggregates through selectors that select at most one key, without saying so: as small as `.one` makes them."""

from __future__ import annotations

from typing import Any

import pytest

import hardwire as hw
from hardwire import SOp, before, indices, key, query, rasp, tokens, where

RANK = "s = select(t, t, <) or (select(t, t, ==) and select(indices, indices, <)); rank = selector_width(s);"
MIRROR = 'm = tokens if indices <= d else aggregate(select(indices, d * 2 - indices, ==), tokens, "");'


def seen(c: str) -> SOp:
    """How often a token occurs before."""
    return ((key(tokens) == query(c)) & (key(indices) < query(indices))).value(1)


def smaller(x: SOp) -> SOp:
    """How many come before in sorted order, in the style of RASPy."""
    return ((before & (key(x) == query(x))) | (key(x) < query(x))).value(1)


def raspy_add() -> SOp:
    """The sum of two numbers as RASPy's blog post has it, where .value is the only aggregate."""

    def atoi(x: SOp) -> SOp:
        return x.map(lambda c: ord(c) - ord("0"))

    middle = (key(tokens) == query("+")).value(indices)
    padded = where(indices < middle, tokens, "_")
    padding = (key(padded) == query("_")).value(1)
    aligned = (key(indices + padding) == query(indices)).value(padded, "0")
    column = atoi(aligned) + atoi(where(indices > middle, tokens, "0"))
    carry = where(column > 9, "1", where(column == 9, "<", "0"))
    carry = (key(indices) == query(indices + 1)).value(carry, "0")
    decides = carry != "<"
    number = (before | (key(indices) == query(indices))).value(decides)
    slid = ((key(number) == query(number + 1)) & (key(decides) == query(True))).value(carry)
    return (column + atoi(where(decides, carry, slid))) % 10


def compacted() -> SOp:
    keep = tokens != "_"
    place = ((key(keep) == query(True)) & before).width()
    return ((key(place) == query(indices)) & (key(keep) == query(True))).value(tokens, "_")


def occurrence() -> SOp:
    same = key(tokens) == query(tokens)
    number = (same & before).width()
    return (same & (key(number) == query(number - 1))).mean(indices, -1)


def only(c: str) -> SOp:
    return (key(tokens) == query(c)).width() == 1


L = key(tokens) == query("l")
CASES: dict[str, tuple[SOp, str, SOp | None, int, int]] = {  # with the most layers, and parameters at length 20
    "the first of its kind": ((L & (key(seen("l")) == query(0))).value(indices), "hel", None, 2, 1400),
    "the same by a mean": ((L & (key(seen("l")) == query(0))).mean(indices, -1), "hel", None, 2, 1400),
    "the first with none before": ((L & (key(seen("l") > 0) == query(False))).value(indices, -1), "hel", None, 2, 1400),
    "the one before among equals": (occurrence(), "abc", None, 2, 2200),
    "the ones that are kept": (compacted(), "ab_", None, 2, 1800),
    "a number where there is one": (
        (key(where(tokens == "a", seen("a"), -1)) == query(indices)).value(indices, -1), "abc", None, 2, 3000,
    ),
    "RASPy: add": (raspy_add(), "0123456789+", only("+"), 6, 6500),
    "RASPy: minimum": ((key(smaller(tokens)) == query(0)).value(tokens), "0123456789", None, 2, 2800),
    "RASPy: sort": ((key(smaller(tokens)) == query(indices)).value(tokens), "0123456789", None, 2, 4000),
    "RASPy: first": (
        (key(smaller(where(tokens == "a", indices, 99))) == query(0)).value(where(tokens == "a", indices, 99)),
        "abc", None, 3, 17_000,
    ),
}  # fmt: skip
TEXTS = {
    "RASP: reverse": ("m = aggregate(select(indices, length - indices - 1, ==), tokens);", "abc", None, 2, 300),
    "RASP: sort": (f"t = tokens; {RANK} m = aggregate(select(rank, indices, ==), tokens);", "abc", None, 2, 2200),
    "RASP: sort ints": (f"t = tokens_int; {RANK} m = aggregate(select(rank, indices, ==), t);", "012", None, 2, 2400),
    "RASP: max": (f"t = tokens_int; {RANK} m = aggregate(select(rank, length - 1, ==), t);", "012", None, 2, 3200),
    "RASP: median": (
        f"t = tokens_int; {RANK} m = aggregate(select(rank, (length - 1) / 2, ==), t);", "012", None, 2, 5000,
    ),
    "RASP: mirrored at the first": (
        'f = selector_width(select(tokens, "$", ==) and select(indices, indices, <));'
        f'd = aggregate(select(tokens, "$", ==) and select(f, 0, ==), indices); {MIRROR}', "ab$", None, 3, 2000,
    ),
    "RASP: mirrored at the only one": (
        f'd = aggregate(select(tokens, "$", ==), indices); {MIRROR}', "ab$", only("$"), 2, 700,
    ),
}  # fmt: skip
EVERY: dict[str, tuple[Any, str, SOp | None, int, int]] = {**CASES, **TEXTS}


@pytest.mark.parametrize("name", EVERY)
def test_they_have_a_proof_and_are_small(name: str) -> None:
    program, vocab, given, layers, parameters = EVERY[name]
    if isinstance(program, str):
        program = rasp.load(program)["m"]
    model = hw.compile(program, vocab, 20, given=given)
    assert model.certificate.max_len == 20
    assert model.depth <= layers
    assert model.parameters <= parameters
    assert hw.verify(model, samples=100)


@pytest.mark.parametrize(
    ("name", "length"),
    [("the first of its kind", 100), ("RASPy: add", 41), ("RASPy: sort", 60), ("the ones that are kept", 60),
     ("RASP: reverse", 200), ("RASP: mirrored at the only one", 60), ("the one before among equals", 40)],
)  # fmt: skip
def test_longer_inputs(name: str, length: int) -> None:
    program, vocab, given, layers, _ = EVERY[name]
    if isinstance(program, str):
        program = rasp.load(program)["m"]
    model = hw.compile(program, vocab, length, given=given)
    assert model.certificate.max_len == length
    assert model.depth <= layers
