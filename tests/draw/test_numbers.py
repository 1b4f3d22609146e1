"""Numbers that do not fit are rounded correctly, in cells, labels, titles and plain text: what is shown is never a
number cut in the middle."""

from __future__ import annotations

import math
import re
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from reading import Picture

import hardwire as hw
from hardwire import indices, key, query, raw
from hardwire.draw.metrics import number, number_in
from hardwire.draw.shapes import cells, picture
from hardwire.lang.cut import ELLIPSIS, rounded, short
from hardwire.lang.text import constant

NUMBER = re.compile(r"(-?)(\d*)(?:\.(\d*))?(?:e([+-]?\d+))?")

NUMBERS = st.one_of(
    st.integers(), st.integers(-(10**40), 10**40), st.floats(allow_nan=False), st.fractions(),
    st.floats(-1e-6, 1e-6), st.floats(1e9, 1e11), st.builds(lambda x: x / 3, st.integers(-1000, 1000)),
)  # fmt: skip
PLAIN = NUMBERS.filter(lambda x: not isinstance(x, Fraction))  # whose literal has a comma of its own
CELLS = st.sampled_from([14.0, 17.0, 28.0, 40.0, 64.0])


def is_rounding(text: str, value: Any) -> bool:
    """Whether a text is the number, or the number to the digits that the text has, at most half a unit off."""
    if isinstance(value, float) and math.isinf(value):
        return text.replace("∞", "inf") == repr(value)
    if text == repr(value):
        return True
    found = NUMBER.fullmatch(text)
    if found is None:
        return False
    unit = Fraction(10) ** (int(found[4] or 0) - len(found[3] or ""))
    shown = int(found[1] + (found[2] or "") + (found[3] or "")) * unit
    return abs(shown - Fraction(value)) <= unit / 2


def test_the_measure_of_a_rounding_is_right() -> None:
    assert is_rounding("3.33e9", 3333333333.58)
    assert not is_rounding("3.34e9", 3333333333.58)
    assert not is_rounding("3.33", 3333333333.58)
    assert not is_rounding("2.5e", 2500000000.1)
    assert not is_rounding("3.33…", 3333333333.58)
    assert is_rounding("-0.3", -1 / 3)
    assert is_rounding(".33", 1 / 3)
    assert not is_rounding("0", -3)


@given(NUMBERS, st.integers(1, 24), st.sampled_from([1, 2, 3, 17]))
@example(3333333333.58, 5, 17)
@example(2500000000.1, 5, 17)
@example(999999.9, 3, 3)
@example(-1e-300, 7, 3)
@example(5e-324, 6, 17)
@example(2**4096, 6, 17)
def test_a_short_number_is_rounded(value: Any, most: int, digits: int) -> None:
    text = short(value, most, digits)
    assert len(text) <= most
    assert text == ELLIPSIS or is_rounding(text, value)
    if most >= 7:
        assert text != ELLIPSIS  # -1e-308 has seven characters


@given(NUMBERS, st.integers(1, 17))
def test_rounding_is_half_to_even(value: Any, digits: int) -> None:
    plain, *_ = rounded(value, digits)
    if isinstance(value, float):
        assert float(plain.replace("∞", "inf")) == float(f"{value:.{digits - 1}e}")
    assert all(is_rounding(text, value) for text in rounded(value, digits))


@given(st.lists(NUMBERS, min_size=1, max_size=5), st.booleans(), CELLS)
@example([3333333333.58, 2500000000.1, -1e-12, float("-inf"), 12345678], False, 28.0)
def test_a_number_in_a_cell_is_rounded(values: list[Any], down: bool, width: float) -> None:
    drawn = Picture(picture(cells(values, "value", width, 20, down=down), "title", "description"))
    (strip,) = drawn.strips
    for text, value, area in zip(strip.cells, values, strip.areas, strict=True):
        assert text == ELLIPSIS or is_rounding(text, value)
        if text == ELLIPSIS:
            assert area.right - area.left < 36  # which a digit and an exponent need


@given(st.tuples(PLAIN, PLAIN), CELLS)
@example((3333333333.58, 2500000000.1), 64.0)
def test_a_number_in_a_tuple_is_rounded(value: tuple[Any, Any], width: float) -> None:
    drawn = Picture(picture(cells([value], "value", width, 20), "title", "description"))
    (text,) = drawn.row("value").cells
    for shown, exact in zip(text.strip("()").split(", "), value, strict=False):
        if ELLIPSIS not in shown:
            assert is_rounding(shown, exact), text


@given(st.lists(PLAIN, min_size=1, max_size=30), st.integers(2, 40))
def test_numbers_of_a_formula_or_a_line_of_text_are_rounded(values: list[Any], limit: int) -> None:
    for value in (*values, values, tuple(values), {1: values[0]}):
        text = constant(value, limit)
        assert len(text) <= limit or text.startswith("<int of ")
        if isinstance(value, (int, float)) and not text.startswith("<int of "):
            assert text == ELLIPSIS or is_rounding(text, value)
    inside = constant(tuple(values), limit).strip("()").rstrip(",").split(", ")
    for shown, exact in zip(inside, values, strict=False):
        if ELLIPSIS not in shown:
            assert is_rounding(shown, exact)


@given(st.floats(-1e12, 1e12), st.floats(13, 60))
@example(-1234.5, 14.0)
def test_a_coordinate_is_rounded(value: float, width: float) -> None:
    for text in (number(value), number_in(value, width, 11)[0], number(value, 3)):
        assert text == ELLIPSIS or is_rounding(text, value) or (text == "0" and abs(value) < 5e-4)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (3333333333.58, "3.3e9"),
        (2500000000.1, "2.5e9"),
        (-1234567, "-1e6"),
        (1e-12, "1e-12"),
        (float("inf"), "inf"),
        (1 / 3, "0.33"),
        (12345, "12345"),
        (-0.000123456, "-1e-4"),
    ],
)
def test_numbers_beside_a_matrix(value: Any, shown: str) -> None:
    drawn = Picture(hw.draw(key(raw([value, 0])) <= query(indices), "ab").svg)
    assert drawn.row("key").cells == [shown, "0"]


def test_a_matrix_has_larger_cells_where_its_numbers_need_them() -> None:
    drawn = Picture(hw.draw(key(raw([-1e-300] * 40)) <= query(indices), "a" * 40).svg)
    assert drawn.row("key").cells == ["-1e-300"] * 40


def test_numbers_in_titles_are_not_cut() -> None:
    values = raw([3333333333.58, 2500000000.1, 1 / 3])
    title = hw.draw(values, "abc").title
    assert "2.5e9" in title or "2500000000.1" in title
    assert not re.search(r"\d…", title)
    assert not re.search(r"\d…", str(hw.draw(hw.before, [10**8 + 7, 10**9 + 7])))
