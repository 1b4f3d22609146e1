"""What a model takes for an input, and what it says of anything else."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from handmade import reverse
from hardwire.errors import InputError
from hardwire.model import Transformer

LETTERS = reverse(max_len=10)
NUMBERS = reverse((0, 1, 2.5, True - 3, (1, 2)), max_len=10)
WORDS = reverse(("ab", "c", None, False, 2), max_len=10)


@pytest.mark.parametrize("x", ["abc", list("abc"), tuple("abc"), np.array(list("abc")), LETTERS("cba")])
def test_inputs(x: Any) -> None:
    assert LETTERS(x) == list("cba")
    assert LETTERS.batch([x, x]) == [list("cba")] * 2


def test_inputs_of_numbers() -> None:
    assert NUMBERS(range(2)) == [1, 0]
    assert NUMBERS(np.array([0, 1])) == NUMBERS([np.int64(0), 1]) == [1, 0]
    assert NUMBERS([(1, 2), 2.5, -2]) == [-2, 2.5, (1, 2)]
    assert WORDS(["ab", None, False, 2]) == [2, False, None, "ab"]
    assert WORDS("cc") == ["c", "c"]


# (model, input, position and token, the input as shown, the column of the token, what is said of it)
UNKNOWN: list[tuple[Transformer, Any, int, str, str, int, str]] = [
    (LETTERS, "abxa", 2, "'x'", "abxa", 2, "the vocabulary is 'abcde'"),
    (LETTERS, "a\nb", 1, "'\\n'", "a\N{REPLACEMENT CHARACTER}b", 1, "the vocabulary is 'abcde'"),
    (
        *(LETTERS, ["a", "bc"], 1, "'bc'", "'a' 'bc'", 4),
        "the vocabulary is 'abcde'; a string itself is read as its characters, inside a list it is one token",
    ),
    (NUMBERS, [0, 1.0], 1, "1.0", "0 1.0", 2, "the vocabulary has 1 (int), this is a float"),
    (NUMBERS, [True], 0, "True", "True", 0, "the vocabulary has 1 (int), this is a bool"),
    (NUMBERS, [-0.0], 0, "-0.0", "-0.0", 0, "the vocabulary has 0 (int), this is a float"),
    (NUMBERS, ["0"], 0, "'0'", "'0'", 0, "the vocabulary has 0 (int), this is a str"),
    (NUMBERS, "01", 0, "'0'", "01", 0, "the vocabulary has 0 (int), this is a str; give a list of tokens"),
    (NUMBERS, [7], 0, "7", "7", 0, "the vocabulary is 0, 1, 2.5, -2, (1, 2)"),
    (
        *(WORDS, "cab", 1, "'a'", "cab", 1),
        "the vocabulary is 'ab', 'c', None, False, 2; tokens of several characters go into a list",
    ),
]

KINDS = "give a string (its characters are the tokens) or a list, tuple, range or 1-D array of tokens"

REFUSED: list[tuple[Transformer, Any, str]] = [
    *(
        (
            *(model, x),
            f"{token} at position {at} of the input is not in the vocabulary\n    {shown}\n    {' ' * column}^ {hint}",
        )
        for model, x, at, token, shown, column, hint in UNKNOWN
    ),
    (LETTERS, "a" * 11, "the input has 11 tokens; this model takes at most 10 (its max_len)"),
    (LETTERS, "x" * 11, "the input has 11 tokens; this model takes at most 10 (its max_len)"),
    (
        *(LETTERS, [["a"], ["b"]]),
        "the input has no token at position 0: a list is not a value (a tuple is). "
        "For several inputs at once use model.batch",
    ),
    (LETTERS, [float("nan")], "the input has no token at position 0: nan is not a value"),
    (LETTERS, np.zeros((2, 2)), "the input is an array of shape (2, 2); an input has one axis"),
    (LETTERS, 7, f"the input is of the type int; {KINDS}"),
    (LETTERS, {"a"}, f"the input is of the type set; {KINDS}"),
]


@pytest.mark.parametrize(("model", "x", "message"), REFUSED, ids=range(len(REFUSED)))
def test_refused(model: Transformer, x: Any, message: str) -> None:
    for run in (model, model.logits, model.attention, model.residuals, model.trace):
        with pytest.raises(InputError) as caught:
            run(x)
        assert str(caught.value) == message
    with pytest.raises(InputError) as caught:
        model.batch([[], x])
    assert str(caught.value) == message.replace("the input", "input 1")


def test_the_facts_are_attributes() -> None:
    with pytest.raises(InputError) as caught:
        NUMBERS([0, 0, 5])
    assert (caught.value.position, caught.value.value) == (2, 5)


def test_a_long_input_is_shown_around_the_token() -> None:
    model = reverse(max_len=1000)
    with pytest.raises(InputError) as caught:
        model("a" * 500 + "x" + "b" * 400)
    _, shown, pointer = str(caught.value).split("\n")
    assert shown == "    …" + "a" * 30 + "x" + "b" * 29 + "…"
    assert shown[pointer.index("^")] == "x"


@pytest.mark.parametrize("x", ["abc", b"abc"])
def test_one_string_is_no_batch(x: Any) -> None:
    with pytest.raises(InputError) as caught:
        LETTERS.batch(x)
    assert str(caught.value) == f"a batch is a list of inputs, not the one string {x!r}: write [{x!r}]"


@pytest.mark.parametrize("x", [None, 5, object()])
def test_what_is_no_list_is_no_batch(x: Any) -> None:
    with pytest.raises(InputError, match="a batch is a list of inputs, not "):
        LETTERS.batch(x)
