"""Pieces of neurons: what adding, counting and rounding them does."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

from hardwire.constructions import feedforward as ff
from hardwire.constructions.feedforward import TINY, Piece, changes, graph
from hardwire.constructions.ranges import CELLS, Along, Ranges
from hardwire.constructions.stream import Stream
from hardwire.recipes import in_gelu, minimum, wires

X, Y, ONE = wires("x y one")


def test_a_sum_has_the_activation_of_its_neurons() -> None:
    soft, linear = in_gelu(minimum(X, Y)), Piece(3 * X)
    assert {(soft + linear).activation, (linear + soft).activation, soft.activation} == {"gelu"}
    assert (linear + linear).activation == "relu"
    for total in (soft + linear, linear + soft):
        assert total(x=2.0, y=3.0) == pytest.approx(soft(x=2.0, y=3.0) + 6)


def test_differences_up_to_the_rounding_are_none() -> None:
    assert changes([(0, 0), (1, TINY)], flat=True) == 0
    assert changes([(0, 0), (1, 2 * TINY)], flat=True) == 1
    assert graph([(0, 0), (1, TINY)]).slope == TINY
    assert graph([(0, 0), (1, TINY / 2)]).slope == 0.0
    assert graph([(0, 0), (0.1, 0.3)]).slope == 3.0


def test_coefficients_that_are_nearly_ints_are_ints() -> None:
    """0.1 + 0.2 is a little more than 0.3."""
    points = [(0.0, 0.0), (1.0, 0.1), (2.0, 0.1 + 0.2 + 1.0 - 0.2), (3.0, 0.1 + 0.2 + 2.7), (4.0, 1.0)]
    for made in (ff.staircase(X, points, ONE), ff.interpolate(X, points, ONE), ff.function(X, points, ONE)):
        for x, y in points:
            assert made(x=x) == pytest.approx(y, abs=1e-9)
        for _, c in made.neurons:
            assert c == round(c) or abs(c - round(c)) > TINY


def test_neurons_that_read_the_bias_alone_have_a_range() -> None:
    stream = Stream(3, 5)
    bias = stream.constant(1.0)
    made = stream.neurons(Piece(0 * bias, ((2 * bias, 3.0),)), "six", "scalar")
    assert Ranges(bias, 5).of(made) == (0.0, 6.0)


@pytest.mark.parametrize("seed", range(20))
def test_embedded_tables_that_differ_by_scale_and_shift_have_one_direction(seed: int) -> None:
    rng, stream = np.random.default_rng(seed), Stream(3, 9)
    tables = rng.permuted(np.tile(np.array([0.0, 0, 1, 1, 2, 3, 5, 5, 8]), (4, 1)), axis=1)
    made = [stream.embed_position(table, "table", "table") for table in tables]
    assert len({next(iter(form.terms)) for form in made}) == len({tuple(t) for t in tables.tolist()})
    for form, table in zip(made, tables, strict=True):
        for factor, shift in ((2.0, 0.0), (-1.0, 3.0), (0.5, -4.0)):
            again = stream.embed_position(factor * table + shift, "again", "again")
            assert again == factor * form + stream.constant(shift)
    assert stream.embed_position(np.full(9, 7.0), "constant", "constant") == stream.constant(7.0)


def test_the_last_bits_of_ints_are_left_out() -> None:
    assert [ff._round(x) for x in (3 - 2.0**-51, 0.1 + 0.2 + 0.7 - 1, 0.5, -2 - 2.0**-50)] == [3.0, 0.0, 0.5, -2.0]


def test_many_neurons_along_one_number_take_little_memory() -> None:
    n = 5_000
    x, ones = np.arange(float(n)), np.ones(n)
    along = Along({}, x, ones, x, ones)
    tracemalloc.start()
    try:
        added = along.added
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (added == x * (x + 1) / 2).all()
    assert along.most == added[-1]
    assert peak < 4 * 8 * CELLS < 8 * n * n
