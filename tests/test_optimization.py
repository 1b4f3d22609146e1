"""`hw.optimize`: smaller models, found by changing one choice at a time, each with a proof."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

import hardwire as hw
from hardwire import full, programs, tokens
from hardwire.compiler import BuildSettings, build
from hardwire.errors import BuildError
from hardwire.optimization import SearchPoint, _Climb
from hardwire.rewrite import OPTIONAL, PASSES


def test_a_search_makes_a_model_smaller_and_says_how() -> None:
    found = hw.optimize(programs.bracket_depth(), "()x", 6, timeout=60)
    first, last = found.steps[0], found.steps[-1]
    assert first.what == "compiled"
    assert (first.layers, first.parameters) == (lambda m: (m.depth, m.parameters))(
        hw.compile(programs.bracket_depth(), "()x", 6)
    )
    assert (last.layers, last.parameters) == (found.model.depth, found.model.parameters)
    assert last.layers <= first.layers
    assert last.parameters < 0.9 * first.parameters
    assert found.model.certificate is not None
    assert found.model.certificate.bound == 0
    assert hw.verify(found.model, samples=100, exhaustive=500)
    assert [len(line.split("  ")) > 2 for line in str(found).splitlines()[1:-1]] == [True] * len(found.steps)
    assert repr(found) == str(found)


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


def test_the_places_of_named_values_are_known(tmp_path: Path) -> None:
    """Also in what leaves out a pass, and in a file."""
    search = _Climb(programs.dyck1(), "()", 6, {}, time.monotonic() + 60)
    point = SearchPoint(without=frozenset({"unions"}))
    found = search._placed(point, build(search._prepare(point), point.how))
    assert found.digest != build(search._prepare(SearchPoint())).digest
    found.save(tmp_path / "small.safetensors")
    for model in (found, hw.load(tmp_path / "small.safetensors")):
        assert model.variables["cumsum"].status == "stored"
    swapped = hw.interchange(found, "cumsum", samples=40, source="domain")
    assert swapped.accuracy == 1
    assert swapped.changed > 0


def test_the_places_where_a_construction_is_avoided() -> None:
    """They are those of the model that was found."""
    p = programs.add_in_three
    search = _Climb(p(), p.vocab, 4, {"given": p.given()}, time.monotonic() + 60)
    usual = build(search._prepare(SearchPoint()))
    _, e, construction = search._choices(SearchPoint())[0]
    point = SearchPoint(how=BuildSettings(avoid=frozenset({(e, construction)})))
    model = search._placed(point, build(search._prepare(point), point.how))
    assert model.digest != usual.digest
    assert model.variables["length"].status == "tied"
    assert model.variables["carry"].status == "stored"
    assert hw.interchange(model, "carry", samples=20, source="domain").accuracy == 1


def test_a_model_without_most_passes_is_proved_from_its_program() -> None:
    """A count of positions becomes a difference: it fails where the only "+" is looked up, as the count does."""
    search = _Climb(programs.add(), "0123456789+", 7, {}, time.monotonic() + 60)
    model = build(search._prepare(SearchPoint(frozenset(OPTIONAL) - {"neighbours"})))
    assert model.depth < build(search._prepare(SearchPoint(frozenset(OPTIONAL)))).depth
    assert hw.certify(model).status == "exact up to length 7"


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


def test_what_cannot_be_searched() -> None:
    with pytest.raises(BuildError, match=r"^optimize takes a sop, not 5\.$"):
        hw.optimize(5, "ab", 4)
    with pytest.raises(BuildError, match="timeout"):
        hw.optimize(full.value(tokens), [0, 1], 3, timeout=0)
