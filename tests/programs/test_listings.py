"""The listings of the text that introduced RASPy: same calls, outputs worked out by hand, layers as it states."""

from __future__ import annotations

import pytest

from hardwire import SOp, aggregate, draw, identity, indices, key, query, raw, select, tokens, where
from hardwire.errors import BuildError
from hardwire.programs import add, atoi, cumsum, first, flip, index, minimum, ralign, shift, slide, split

before = key(indices) < query(indices)
after = key(indices) > query(indices)
length = (key(1) == query(1)).value(1).name("length")


def rows(text: str) -> list[list[bool]]:
    """A matrix written as rows of 0 and 1."""
    return [[c == "1" for c in row] for row in text.split()]


# Leaves and elementwise work, no layer.


def test_leaves() -> None:
    assert tokens.input([5, 2, 4, 5, 2, 2]) == [5, 2, 4, 5, 2, 2]
    assert identity("hi") == ["h", "i"]
    assert indices.input("goodbye") == [0, 1, 2, 3, 4, 5, 6]
    assert indices.layers == tokens.layers == 0


ELEMENTWISE = [
    (tokens == "l", "hello", [False, False, True, True, False]),
    (tokens * 2 - 1, [1, 2, 3, 5, 2], [1, 3, 5, 9, 3]),
    (tokens - 5 + indices, [1, 2, 3, 5, 2], [-4, -2, 0, 3, 1]),
    ((tokens == "l") | (indices == 1), "hello", [False, True, True, True, False]),
    (where((tokens == "h") | (tokens == "l"), tokens, "q"), "hello", ["h", "q", "l", "l", "q"]),
    (tokens.map(lambda x: ord(x) - ord("0")), "31234", [3, 1, 2, 3, 4]),
    (atoi(), "31234", [3, 1, 2, 3, 4]),
    (atoi(where(tokens == "-", "0", tokens)) + 2, "02-13", [2, 4, 2, 3, 5]),
]


@pytest.mark.parametrize(("sop", "x", "expected"), ELEMENTWISE)
def test_elementwise(sop: SOp, x: object, expected: list[object]) -> None:
    assert sop.input(x) == expected
    assert sop.layers == 0


# Keys, queries and selectors.


def test_keys_and_queries() -> None:
    assert key(tokens)("hello") == list("hello")
    assert query(tokens)("hello") == list("hello")
    assert query(1)("hello") == [1, 1, 1, 1, 1]


SELECTORS = [
    (key(tokens) == query(tokens), "10000 01000 00110 00110 00001"),
    (key(indices) == query(indices - 1), "00000 10000 01000 00100 00010"),
    (before, "00000 10000 11000 11100 11110"),
    (after, "01111 00111 00011 00001 00000"),
    (before & (key(tokens) == query(tokens)), "00000 00000 00000 00100 00000"),
    (key(indices) >= query(indices - 2), "11111 11111 11111 01111 00111"),
    (key(indices) <= query(indices), "10000 11000 11100 11110 11111"),
    ((key(indices) >= query(indices - 2)) & (key(indices) <= query(indices)), "10000 11000 11100 01110 00111"),
    (select(indices, indices, lambda k, q: k < q), "00000 10000 11000 11100 11110"),
]


@pytest.mark.parametrize(("selector", "matrix"), SELECTORS)
def test_selectors(selector: object, matrix: str) -> None:
    assert selector("hello") == rows(matrix)  # type: ignore[operator]


# Attention.


def test_histogram() -> None:
    histogram = (key(tokens) == query(tokens)).value(1)
    assert histogram("hello") == [1, 1, 2, 2, 1]
    assert histogram.layers == 1


def test_length() -> None:
    assert length("hello") == [5, 5, 5, 5, 5]
    assert length.layers == 1


def test_aggregate() -> None:
    assert aggregate(key(indices) == query(indices - 1), tokens, "?")("abc") == ["?", "a", "b"]
    assert aggregate(before, raw([1, 2, 3]))("abc") == [0, 1, 3]


def test_sliding_window() -> None:
    window = 3
    recent = (key(indices) >= query(indices - window + 1)) & (key(indices) <= query(indices))
    total = recent.value(tokens)
    assert total.input([1, 3, 2, 2, 2]) == [1, 4, 6, 7, 6]
    assert total.layers == 1


def test_cumulative_sum() -> None:
    assert cumsum().input([3, 1, -2, 3, 1]) == [3, 4, 2, 5, 6]
    assert cumsum().layers == 1
    including = before | (key(indices) == query(indices))
    assert including.value(tokens).input([3, 1, -2, 3, 1]) == [3, 4, 2, 5, 6]
    x = cumsum(length - indices)
    assert x.input([3, 2, 3, 5]) == [4, 7, 9, 10]
    assert x.layers == 2


def test_flip() -> None:
    assert flip()("hello") == list("olleh")
    assert flip().layers == 2
    assert (key(length - indices - 1) == query(indices)).value(tokens)("hello") == list("olleh")


# The challenges.


def test_index() -> None:
    assert index(1)("hello") == list("eeeee")
    assert index(1).layers == 1


def test_shift() -> None:
    assert shift(2)("hello") == list("__hel")
    assert shift(-1, "0", "ab")("xy") == ["ab", "0"]
    assert shift().layers == 1


def test_minimum() -> None:
    assert minimum()([5, 3, 2, 5, 2]) == [2, 2, 2, 2, 2]
    assert minimum()("hello") == list("eeeee")
    assert minimum().layers == 2


def test_first() -> None:
    assert first("l")("hello") == [2, 2, 2, 2, 2]
    assert first("l").layers == 2


def test_right_align() -> None:
    assert ralign()("xyz__") == list("--xyz")
    assert ralign("-", tokens)("xyz___") == list("---xyz")
    assert ralign().layers == 2


def test_split() -> None:
    assert split("+", False)("xyz+zyr") == list("0000zyr")
    assert split("+", 0)("xyz+zyr") == list("0000zyr")
    assert split("+", True)("xyz+zyr") == list("0000xyz")
    assert split("+", True).layers == 3
    assert split("+", False).layers == 1


def test_slide() -> None:
    assert slide(tokens != "<").input("xxxh<<<l") == list("xxxhllll")
    assert slide(tokens != "<").layers == 2


def test_add() -> None:
    total = add()
    assert total("683+345") == [0, 0, 0, 1, 0, 2, 8]
    assert total.input("19492+23919") == [0, 0, 0, 0, 0, 0, 4, 3, 4, 1, 1]
    assert total.layers == 6


def test_steps_of_add() -> None:
    column = atoi(split("+", True)) + atoi(split("+", False))
    assert column("683+345") == [0, 0, 0, 0, 9, 12, 8]
    passes = where(column > 9, "1", where(column == 9, "<", "0"))
    assert "".join(passes("683+345")) == "0000<10"
    gets = shift(-1, "0", passes)
    assert "".join(gets("683+345")) == "000<100"
    carry = atoi(slide(gets != "<", gets))
    assert carry("683+345") == [0, 0, 0, 1, 1, 0, 0]
    assert ((column + carry) % 10)("683+345") == [0, 0, 0, 1, 0, 2, 8]
    assert [column.layers, gets.layers, carry.layers] == [3, 4, 6]


def test_a_sum_that_lost_its_line_continuation_is_refused() -> None:
    with pytest.raises((BuildError, TypeError)):
        +atoi(split("+", False))


def test_running_example() -> None:
    assert "olleh" in repr(flip()) or repr(list("olleh")) in repr(flip())
    assert callable(draw)
