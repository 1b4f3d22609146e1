"""Texts fit their cells, whatever the values are, and nothing stands on or outside anything else."""

from __future__ import annotations

import importlib.util
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from reading import Picture

import hardwire as hw
from hardwire import raw, tokens
from hardwire.draw.metrics import ELLIPSIS, ems, fit, full, number, visible, written
from hardwire.draw.shapes import cells, picture
from hardwire.draw.theme import LEAST
from wild import selectors, sops

VALUES = st.one_of(
    st.booleans(), st.integers(), st.integers(10**9, 10**40), st.floats(allow_nan=False), st.none(), st.text(),
    st.text("漢字😀é\u0301 \n\t\x00", max_size=8), st.fractions(), st.tuples(st.integers(), st.text(max_size=3)),
)  # fmt: skip


@given(st.text(), st.floats(1, 200), st.floats(LEAST, 20))
def test_a_fitted_text_is_no_wider_than_its_room(text: str, width: float, size: float) -> None:
    shown, fitted = fit(text, width, size)
    assert LEAST <= fitted <= max(size, LEAST)
    if shown != ELLIPSIS:  # which stands where there is room for nothing
        assert ems(shown) * fitted <= width + 1e-6
    assert shown == text or (shown.endswith(ELLIPSIS) and text.startswith(shown[:-1]))


@given(st.lists(VALUES, min_size=1, max_size=6), st.booleans(), st.sampled_from([17.0, 28.0, 64.0]))
@example([10**60, "\x00<&\"'>]]>", "\ud800", "漢" * 40], False, 28.0)
def test_any_value_fits_its_cell(values: list[Any], down: bool, width: float) -> None:
    drawn = Picture(picture(cells(values, "value", width, 20, down=down), "title", "description"))
    (strip,) = drawn.strips
    assert len(strip.cells) == len(values)
    inside = [t for t in drawn.texts if "hw-value" in t.classes]
    areas = [a for v, a in zip(values, strip.areas, strict=True) if type(v) is not bool]
    values = [v for v in values if type(v) is not bool]
    for text, area in zip(inside, areas, strict=True):
        assert area.left - 0.01 <= text.area.left
        assert text.area.right <= area.right + 0.01
        assert text.size >= LEAST
    for value, text in zip(values, inside, strict=True):
        if text.content.endswith(ELLIPSIS) and not str(value).endswith(ELLIPSIS):
            assert text.title == full(value)


def test_values_are_written_as_one_can_tell_them_apart() -> None:
    assert written(["a", "b"]) == ["a", "b"]
    assert written(["1", "+"]) == ["'1'", "'+'"]
    assert written(["1", 1, 1.0, True, None]) == ["'1'", "1", "1.0", "True", "None"]
    assert written(["None", "x"]) == ["'None'", "'x'"]
    assert written(["-1.5"]) == ["'-1.5'"]
    assert written([""]) == ["''"]
    assert written([" ", "a"]) == ["␣", "a"]
    assert written(["\n", "\x00", "a b"]) == ["↵", "\N{REPLACEMENT CHARACTER}", "a b"]
    assert written([1 / 3, 0.5, 1e100, Fraction(1, 3), (1, "a")]) == [
        "0.333", "0.5", "1e+100", "Fraction(1, 3)", "(1, 'a')",
    ]  # fmt: skip
    assert visible("a\u2028b") == "a\N{REPLACEMENT CHARACTER}b"


def test_what_was_rounded_or_cut_is_in_the_tooltip() -> None:
    drawn = Picture(hw.draw(tokens.map({"a": 1 / 3, "b": "x" * 50}), "ab").svg)
    titles = {t.content: t.title for t in drawn.texts if t.title}
    assert titles["0.333"] == "0.3333333333333333"
    assert any(title == repr("x" * 50) for title in titles.values())


def test_numbers_of_weights_are_short() -> None:
    shown = [number(x) for x in (0, 1, 0.5, 0.3333, -0.25, 1e-5, -1e-9, 12.34, 1234.5, 1.6e7, -60, 100, 10)]
    assert shown == ["0", "1", ".5", ".33", "-.25", "0", "0", "12.3", "1.2e3", "1.6e7", "-60", "100", "10"]


def gallery() -> Any:
    path = Path(__file__).parents[2] / "docs" / "gallery" / "make.py"
    spec = importlib.util.spec_from_file_location("gallery_make", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def untidy(svg: str) -> list[Any]:
    drawn = Picture(svg)
    return [*drawn.overlapping(), *drawn.outside()]


def test_untidy_pictures_are_noticed() -> None:
    svg = hw.draw(tokens, "ab").svg
    assert untidy(svg) == []
    assert untidy(svg.replace(">result<", f">{'result' * 20}<"))
    assert untidy(svg.replace('height="', 'height="2', 1).replace('width="', 'width="1', 1)) == []


def test_no_picture_of_the_gallery_has_texts_that_overlap_or_are_cut_off() -> None:
    module = gallery()
    for name, make in module.pictures():
        assert untidy(make().svg) == [], name


@pytest.mark.parametrize(
    "input",
    [
        "",
        "a",
        "ab",
        "<&>",
        "a" * 40,
        "ab" * 30,
        ["long tokens", 10**30, (1, (2, "x")), None, 0.1 + 0.2],
        list(range(12)),
    ],
    ids=repr,
)
def test_nor_has_any_other(input: Any) -> None:
    names = raw(list(input)).name("a name that is much longer than any room there is for it in a picture " * 2)
    for program in (
        hw.programs.sort(),
        hw.programs.ngram_lookup(),
        hw.programs.reverse_words(),
        (names == tokens).name("x"),
    ):
        assert untidy(hw.draw(program, input).svg) == []


@settings(max_examples=100)
@given(st.one_of(sops(), selectors()), st.text("ab1", max_size=6))
def test_nor_has_a_program_of_any_make(x: Any, input: str) -> None:
    assert untidy(hw.draw(x, input).svg) == []
