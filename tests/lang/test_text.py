"""Values and formulas as text of limited length."""

from __future__ import annotations

import pytest

from hardwire import before, full, indices, key, query, tokens, where
from hardwire.lang.cut import cut
from hardwire.lang.text import constant, formula
from hardwire.model.inputs import vocabulary


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


LONG = full.value(
    ((tokens == "a") & (indices > 3)).map(bool).map(str).map(len) * 3 + indices * indices - 7, default=before.width()
)
AT = full.max(indices * 2, default=before.width()) + 1
SELECTOR = key(where(tokens == "a", indices + 1, indices - 1)) == query(AT)


def test_formulas_are_as_deep_as_there_is_room() -> None:
    assert {n: formula(LONG.expr, n) for n in (10, 30, 60, 90, 120)} == {
        10: "full.valu…",
        30: "full.value(…, …)",
        60: "full.value(… * 3 + indices * indices - 7, before.width())",
        90: "full.value(….map(str).map(len) * 3 + indices * indices - 7, before.width())",
        120: "full.value(((tokens == 'a') & (indices > 3)).map(bool).map(str).map(len) * 3 + indices * indices - 7, "
        "before.width())",
    }
    assert {n: formula(SELECTOR.width().expr, n) for n in (20, 30, 50, 90, 120)} == {
        20: "….width()",
        30: "(key(…) == query(…)).width()",
        50: "(key(where(…, …, …)) == query(… + 1)).width()",
        90: "(key(where(tokens == 'a', indices + 1, indices - 1)) == query(full.max(…, …) + 1)).width()",
        120: "(key(where(tokens == 'a', indices + 1, indices - 1)) == query(full.max(indices * 2, before.width()) + 1))"
        ".width()",
    }


def test_a_dict_shows_its_first_items() -> None:
    assert tokens.map({"a": 1, "b": 2, "c": 3, "d": 4}).formula == "tokens.map({'a': 1, 'b': 2, 'c': 3, 'd': 4})"
    assert tokens.map(dict.fromkeys("abcde", 1)).formula == "tokens.map({'a': 1, 'b': 1, 'c': 1, 'd': 1, …})"


def test_constants_and_vocabularies_in_a_line() -> None:
    assert constant("a" * 22) == repr("a" * 22)
    assert constant("abcdefghijklmnopqrstuvwxyz") == "'abcdefghijklmnopqrstuv…"
    letters = "0123456789abcdefghijklmnopqrstuvwxyzABC"
    assert vocabulary(letters[:38]) == repr(letters[:38])
    assert vocabulary(letters) == "'" + letters[:38] + "…"
