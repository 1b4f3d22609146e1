"""`hw.optimize`: smaller models, found by changing one choice at a time, each with a proof."""

from __future__ import annotations

import time

import pytest

import hardwire as hw
from hardwire import full, programs, tokens
from hardwire.errors import BuildError
from hardwire.optimization import SearchPoint, _Climb
from hardwire.rewrite import OPTIONAL, PASSES


def test_a_search_makes_a_model_smaller_and_says_how() -> None:
    found = hw.optimize(programs.shuffle_dyck(), "()[]", 6, timeout=60)
    first, last = found.steps[0], found.steps[-1]
    assert first.what == "compiled"
    assert (first.layers, first.parameters) == (lambda m: (m.depth, m.parameters))(
        hw.compile(programs.shuffle_dyck(), "()[]", 6)
    )
    assert (last.layers, last.parameters) == (found.model.depth, found.model.parameters)
    assert last.layers <= first.layers
    assert last.parameters < 0.9 * first.parameters
    assert found.model.certificate is not None
    assert found.model.certificate.bound == 0
    assert hw.verify(found.model, samples=100, exhaustive=500)
    assert [len(line.split("  ")) > 2 for line in str(found).splitlines()[1:-1]] == [True] * len(found.steps)


def test_compile_searches_on_request() -> None:
    plain = hw.compile(programs.histogram(), "abc", 6)
    found = hw.compile(programs.histogram(), "abc", 6, optimize=True, timeout=30)
    assert (found.depth, found.parameters) < (plain.depth, plain.parameters)
    assert found.certificate is not None
    assert found.certificate.status == "exact up to length 6"
    with pytest.raises(BuildError, match="optimize=True goes with"):
        hw.compile(programs.histogram(), "abc", 6, optimize=True, keep="named")


def test_steps_become_smaller() -> None:
    found = hw.optimize(programs.sort(), range(4), 5, timeout=30)
    sizes = [(s.layers, s.parameters) for s in found.steps]
    assert sizes == sorted(sizes, reverse=True)
    assert len(set(sizes)) == len(sizes)


@pytest.mark.nightly
def test_it_finds_a_shallow_addition() -> None:
    """Six layers as the reference text writes it; at most five are found, by the search alone."""
    search = _Climb(programs.add(), "0123456789+", 7, {}, time.monotonic() + 240)
    found = search.run(SearchPoint(frozenset(OPTIONAL)))
    assert found.steps[0].layers == 6
    assert found.model.depth <= 5
    assert found.model("12+34") == hw.compile(programs.add(), "0123456789+", 7)("12+34")


def test_passes_that_may_be_left_out_are_passes() -> None:
    assert set(OPTIONAL) < {p.name for p in PASSES}


def test_a_timeout_is_a_number_of_seconds() -> None:
    with pytest.raises(BuildError, match="timeout"):
        hw.optimize(full.value(tokens), [0, 1], 3, timeout=0)
