"""Reading: what binds how, where errors are, and what people write by mistake."""

from __future__ import annotations

import pytest

from hardwire.errors import RaspError
from hardwire.rasp.reader import CHARACTERS, MISTAKES, is_unfinished, read


def error(text: str) -> RaspError:
    with pytest.raises(RaspError) as caught:
        read(text)
    return caught.value


def shape(text: str) -> str:
    """An expression with all its brackets."""
    tree = read(f"{text};").children[0]

    def write(t: object) -> str:
        if not hasattr(t, "children"):
            return str(t)
        if t.data in ("variable", "int", "float", "string"):
            return str(t.children[0])
        words = {"choose": ("", " if ", " else "), "contains": ("", " in ")}.get(t.data, [""] + [" "] * 9)
        parts = [write(c) for c in t.children if c is not None]
        return "(" + "".join(w + p for w, p in zip(words, parts, strict=False)) + ")"

    return write(tree.children[0])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2^3^2", "((2 ^ 3) ^ 2)"),
        ("-2^2", "((- 2) ^ 2)"),
        ("not a == b", "((not a) == b)"),
        ("a or b and c", "((a or b) and c)"),
        ("a % b * c", "(a % (b * c))"),
        ("a + b % c", "(a + (b % c))"),
        ("a * b / c", "((a * b) / c)"),
        ("a - b - c", "((a - b) - c)"),
        ("a == b and c < d", "((a == b) and (c < d))"),
        ("a if b else c if d else e", "((a if b else c) if d else e)"),
        ("a + b in c", "((a + b) in c)"),
        ("a if b else c in d", "((a if b else c) in d)"),
        ("a in b if c else d", "(a in (b if c else d))"),
        ("a and not b in c", "((a and (not b)) in c)"),
        ("- a", "(- a)"),
    ],
)
def test_what_binds_how(text: str, expected: str) -> None:
    assert shape(text) == expected


@pytest.mark.parametrize(("message", "example"), [(m, e) for m, examples in MISTAKES.items() for e in examples])
def test_mistakes_are_told(message: str, example: str) -> None:
    found = error(example)
    assert found.what == message
    assert found.syntax
    assert not found.unfinished


@pytest.mark.parametrize(("text", "character"), [('a = "x', '"'), ("'a';", "'"), ("a & b;", "&"), ("a | b;", "|"),
    ("~a;", "~"), ("!a;", "!"), ("a.b;", "."), ("a @ b;", "@")])  # fmt: skip
def test_characters_of_other_languages(text: str, character: str) -> None:
    assert error(text).what == CHARACTERS[character]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a = 1;\n  b = );", "line 2, column 7: expected an expression, not `)`\n      b = );\n          ^"),
        ("f(a b);", "line 1, column 5: expected an operator, `)` or a comma, not `b`\n    f(a b);\n        ^"),
        ("a = $;", "line 1, column 5: '$' is not a part of the language\n    a = $;\n        ^"),
        ("a =\t;", "line 1, column 5: expected an expression, not `;`\n    a = ;\n        ^"),
        ("x = 1", "line 1, column 6: the text ends in the middle of a statement; expected an operator, "
                  "a comma or a semicolon\n    x = 1\n         ^"),
        ("x =  # more\n\n", "line 1, column 4: the text ends in the middle of a statement; expected an expression\n"
                            "    x =  # more\n       ^"),
    ],
)  # fmt: skip
def test_errors_are_placed(text: str, message: str) -> None:
    assert str(error(text)) == message


def test_a_long_line_is_shown_around_the_place() -> None:
    found = error("a = [" + "1, " * 100 + ");")
    assert [len(line) <= 101 for line in found.pointer] == [True, True]
    assert found.pointer[0][found.pointer[1].index("^")] == ")"


@pytest.mark.parametrize(
    "text", ["a = ", "def f(a) {", "def f(a) { b = a;", "f(1,", "[1, 2", "a if b", "set example", "for i in a {"]
)
def test_beginnings_are_unfinished(text: str) -> None:
    assert is_unfinished(text)


@pytest.mark.parametrize(
    "text", ["", "# only a comment", "a;", "set example [1]", "exit", "a = ;", "def f() { return 1; }"]
)
def test_statements_and_errors_are_not(text: str) -> None:
    assert not is_unfinished(text)


@pytest.mark.parametrize("word", ["set", "show", "on", "off", "example", "full", "display", "tokens2", "exits", "_a"])
def test_words_of_commands_are_names_elsewhere(word: str) -> None:
    assert read(f"{word} = 1;").children[0].data == "assign"
