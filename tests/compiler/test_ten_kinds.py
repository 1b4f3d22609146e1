"""Kinds of programs that once cost seconds, gigabytes or a refusal for one spelling, each at a length or a size beyond
that: they have a proof in float32, within 1 GB, and answer as the interpreter does."""

from __future__ import annotations

import math
import random
import time
from dataclasses import dataclass, field
from typing import Any

import pytest

import hardwire as hw
from hardwire import SOp, before, full, indices, key, length, query, same_token, tokens, where
from hardwire.compiler import build, prepare
from hardwire.programs import LIBRARY

UPTO = key(indices) <= query(indices)
PREV, NEXT = ((key(indices) == query(indices + d)).one(tokens) for d in (-1, 1))
PLUS = (key(tokens) == query("+")).first(indices, None)
SECONDS = 10
"""Of the processor: far above the two seconds that the slowest but the longest takes."""


def seen(c: str) -> SOp:
    return ((key(tokens) == query(c)) & before).value(1)


def part(c: str) -> SOp:
    return UPTO.mean(where(tokens == c, 1, 0))


def rounded_product() -> SOp:
    return SOp.zip(lambda a, b: round(a * b), UPTO.mean(where(tokens == "a", 1, 0)), indices + 1)


@dataclass(frozen=True)
class Kind:
    """A program, its vocabulary and max_len, and options of `hw.compile`."""

    program: SOp
    vocab: Any
    max_len: int
    options: dict[str, Any] = field(default_factory=dict)


def library(name: str, max_len: int | None = None, **options: Any) -> Kind:
    program = LIBRARY[name]
    given = None if program.given is None or options else program.given()
    return Kind(program(), program.vocab, max_len or program.max_len, {"given": given, **options})


INNER = (indices > 0) & (indices < length - 1)
KINDS = {
    "1 parts": Kind(where(INNER, (tokens > PREV) != (tokens < NEXT), None), range(11), 20),
    "2 nothing there": Kind(where(indices == 0, None, tokens + PREV), range(60), 20),
    "2 nothing found": Kind(where(PLUS == None, None, indices - PLUS), "a+", 40),  # noqa: E711
    "3 one key": Kind(((key(tokens) == query("l")) & (key(seen("l")) == query(0))).value(indices), "hel", 60),
    "4 a rotation": Kind((key((indices + 1) % length) == query(indices)).one(tokens), "abc", 100),
    "4 another order": Kind(
        (key(where(indices % 2 == 0, indices // 2, (length + 1) // 2 + indices // 2)) == query(indices)).first(tokens),
        "abc", 60,
    ),
    "5 bits": Kind(full.value(tokens * 2 ** (length - indices - 1)), (0, 1), 16),
    "5 a mean of floats": Kind(full.mean(tokens) > 0.8, [0.5, 1.0], 100),
    "6 outputs": Kind(tokens.map(math.sinh), range(-6, 7), 20),
    "7 products": Kind(tokens * NEXT, range(60), 20),
    "7 shares": Kind(same_token.width() / length, "abc", 50),
    "7 rounded products": Kind(rounded_product(), "ab", 40),
    "8 under the mask": library("multiply_by_digit", causal=True),
    "9 differences of means": Kind(
        (key(indices) == query(length - 1)).one((part("(") - part(")") == 0) & (part("{") - part("}") == 0)),
        "(){}", 20,
    ),
    "wide orders": Kind((key(UPTO.value(tokens)) < query(full.value(tokens))).max(UPTO.value(tokens)), range(10), 50),
}  # fmt: skip
LONG = {
    "add": 200, "dyck": 100, "double_histogram": 100, "run_lengths": 100, "reverse_letters": 100,
    "sort_by_frequency": 100,
}  # fmt: skip
STEP = 8


def check(kind: Kind, seconds: float) -> None:
    start = time.process_time()
    model = hw.compile(kind.program, kind.vocab, kind.max_len, remedies=False, **kind.options)
    assert time.process_time() - start < seconds
    assert (model.dtype, model.certificate.max_len) == ("float32", kind.max_len)
    rng = random.Random(1)
    inputs = [rng.choices(list(kind.vocab), k=n) for n in (1, 2, kind.max_len - 1, kind.max_len, kind.max_len)]
    if kind.options.get("given") is not None:  # sums, with one plus
        inputs = [[c if c != "+" else "0" for c in x] for x in inputs]
        for x in inputs:
            x[rng.randrange(len(x))] = "+"
            assert all(kind.options["given"](x))
    for x, wanted in zip(inputs, kind.program.batch(inputs, causal=model.causal, errors="keep"), strict=True):
        assert all(isinstance(v, hw.Failure) or model.same(v, y) for v, y in zip(wanted, model(x), strict=True)), x


@pytest.mark.parametrize("name", KINDS)
def test_beyond_the_lengths_that_were_dear(name: str) -> None:
    check(KINDS[name], SECONDS)


@pytest.mark.parametrize("name", LONG)
def test_long_inputs(name: str) -> None:
    check(library(name, LONG[name]), SECONDS)


@pytest.mark.nightly
@pytest.mark.parametrize("name", LONG)
def test_every_length_below_has_a_proof(name: str) -> None:
    for n in range(STEP, LONG[name], STEP):
        check(library(name, n), SECONDS)


@pytest.mark.parametrize("max_len", range(64, 133, 4))
def test_answers_of_blocks_are_told_apart_at_every_length(max_len: int) -> None:
    """Without a model between that has no proof, by a flag of its own from where a number below all is not enough."""
    check(library("run_lengths", max_len), SECONDS)


@pytest.mark.parametrize("max_len", [122, 128, 134, 135])
def test_additions_have_a_proof_up_to_where_a_layer_more_makes_it_short(max_len: int) -> None:
    check(library("add", max_len), SECONDS)


def test_a_sum_takes_no_layer_more_to_restore_bits() -> None:
    """Hinges need none: a rank of counts has the depth at 80 that it has at 72, at once."""
    programs = [prepare(LIBRARY["sort_by_frequency"](), "abcde", n) for n in (72, 80)]
    assert [build(p).depth for p in programs] == [3, 3]
