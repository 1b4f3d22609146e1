"""Addresses: the value that was written last to one of many, at the cost of its bits."""

from __future__ import annotations

import random

import pytest

import hardwire as hw
from hardwire import Transformer, indices, key, query, tokens
from hardwire.lang.selectors import comparisons
from hardwire.rewrite import analysed


def memory(cells: int) -> tuple[hw.SOp, tuple[str, ...]]:
    """What "@k" was last followed by, at a "?" after "@k"; 0 where nothing was written there."""
    vocab = (*(f"@{k}" for k in range(cells)), "0", "1", "?")
    address = tokens.shift(1, "?").map({t: int(t[1:]) if t[0] == "@" else cells for t in vocab})
    bit = tokens.map({t: {"0": 1, "1": 2}.get(t, 0) for t in vocab})
    written = tokens.map({t: int(t in "01") for t in vocab})
    return ((key(address) == query(address)) & (key(written) == query(1))).last(bit, 0), vocab


def transcript(cells: int, length: int, seed: int) -> tuple[list[str], list[int]]:
    """(tokens that write and read, what a dict says to each)"""
    rng = random.Random(seed)
    known: dict[str, int] = {}
    text, right, near = [], [], rng.randrange(cells)
    while len(text) < length - 1:
        address = f"@{rng.choice([near, near ^ 1, near ^ 2, rng.randrange(cells)]) % cells}"
        new = rng.choice("01?")
        if new != "?":
            known[address] = 1 + int(new)
        text += [address, new]
        right += [-1, known.get(address, 0)]
    return text, right


def lookup_of(model: Transformer) -> tuple[int, int]:
    """(the dimensions of the head that reads the memory, those of the residual stream)"""
    return model.layers[1].heads[0].d_qk, model.d_model


def test_a_large_memory_is_certified_and_costs_its_bits() -> None:
    """Eight times as many cells are three more dimensions, three more directions, and their rows of the embedding."""
    sizes = []
    for cells in (128, 1023):
        program, vocab = memory(cells)
        model = hw.compile(program, vocab, 600, causal=True)
        assert model.depth == 2
        assert model.certificate is not None
        assert model.certificate.max_len == 600
        text, right = transcript(cells, 600, cells)
        assert [y for y, want in zip(model(text), right, strict=True) if want >= 0] == [y for y in right if y >= 0]
        sizes.append(lookup_of(model))
    (d_qk, d_model), (more_qk, more_model) = sizes
    assert d_qk <= 8 + 2
    assert (more_qk - d_qk, more_model - d_model) == (2, 4)


def test_few_addresses_are_compared_by_squares_or_tables() -> None:
    program, vocab = memory(12)
    root = analysed(program.expr, vocab, 40, causal=True).final
    (last,) = [e for e in root.walk() if e.op.scored]
    assert len(comparisons(last.src[0])) == 2


@pytest.mark.nightly
def test_a_memory_of_thousands_of_cells_is_certified() -> None:
    program, vocab = memory(4_000)
    model = hw.compile(program, vocab, 3_000, causal=True)
    text, right = transcript(4_000, 3_000, 1)
    assert [y for y, want in zip(model(text), right, strict=True) if want >= 0] == [y for y in right if y >= 0]


@pytest.mark.parametrize(
    "max_len",
    [3_400, 4_097, pytest.param(4_098, marks=pytest.mark.nightly), pytest.param(4_700, marks=pytest.mark.nightly)],
)
def test_positions_are_looked_up_where_squares_end_and_signs_begin(max_len: int) -> None:
    before = (key(indices) == query(indices - 1)).one(tokens, "-")
    model = hw.compile(before, "ab", max_len)
    assert (model.layers[0].heads[0].d_qk > 3) == (max_len > 4_097)
    text = random.Random(0).choices("ab", k=max_len)
    assert model(text) == ["-", *text[:-1]]


def test_a_default_that_is_never_used_needs_no_sign() -> None:
    found = ((key(indices) <= query(indices)).first(tokens, -1), hw.full.max(tokens, default=-5))
    for program in ((key(tokens) == query(x)).width() for x in found):
        known = analysed(program.expr, range(6_000), 3, causal=False)
        assert len([*comparisons(known.final.src[0])]) == 13
        for x in ([7], [5_999, 3, 5_999], [1, 2, 2]):
            assert hw.SOp(known.final)(x) == program(x)


def test_ratios_that_equal_floats_are_no_addresses() -> None:
    """Each has a number of its own, and `==` takes them for one."""
    vocab = tuple(t for t in range(1, 700) if t % 3)
    thirds, floats = tokens / 3, tokens.map(lambda t: t / 3)
    program = (key(thirds) == query(floats)).first(indices, -1)
    assert program([1, 2, 4, 1]) == [0, 1, 2, 0]
    known = analysed(program.expr, vocab, 4, causal=False)
    assert program([1, 2, 4, 1]) == hw.SOp(known.final)([1, 2, 4, 1])
