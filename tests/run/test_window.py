"""The line under which an error points at a position."""

from __future__ import annotations

import pytest

from hardwire.run.messages import WIDTH, window

LETTERS = "".join(chr(ord("a") + i % 26) for i in range(300))


@pytest.mark.parametrize("at", [0, 1, 5, 150, 294, 298, 299])
def test_the_column_is_that_of_the_token(at: int) -> None:
    line, column = window(LETTERS, at)
    assert line[column] == LETTERS[at]
    shown = line.strip("…")
    assert shown in LETTERS
    assert WIDTH - 2 <= len(shown) <= WIDTH + 2
    assert line.startswith("…") is not LETTERS.startswith(shown)
    assert line.endswith("…") is not LETTERS.endswith(shown)


@pytest.mark.parametrize("at", [0, 1, 40, 79])
def test_items_of_a_list(at: int) -> None:
    items = [1000 + i for i in range(80)]
    line, column = window(items, at)
    assert line[column:].startswith(str(items[at]))
    assert all(int(word) in items for word in line.strip("…").split())


def test_what_is_short_is_shown_whole() -> None:
    assert window("abc", 1) == ("abc", 1)
    assert window("a\nb", 2) == ("a\N{REPLACEMENT CHARACTER}b", 2)
    assert window(["a", 12, "b"], 0) == ("'a' 12 'b'", 0)
    assert window(["a", 12, "b"], 2) == ("'a' 12 'b'", 7)
    assert window("x" * WIDTH, WIDTH - 1) == ("x" * WIDTH, WIDTH - 1)
