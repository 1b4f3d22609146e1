"""Values and formulas as text of limited length."""

from __future__ import annotations

import pytest

from hardwire.lang.cut import cut


@pytest.mark.parametrize(
    ("text", "most", "shown"),
    [
        ("hello world", 11, "hello world"),
        ("hello world", 10, "hello wor…"),
        ("hello world", 2, "h…"),
        ("hello world", 1, "…"),
        ("hello world", 0, "…"),
        ("a 12345", 5, "a …"),  # no number is cut
        ("a 123 b", 6, "a 123…"),
        ("-12345", 4, "…"),
    ],
)
def test_text_is_cut_between_numbers(text: str, most: int, shown: str) -> None:
    assert cut(text, most) == shown
