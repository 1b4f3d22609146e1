"""What statements mean, and what is said of those that mean nothing."""

# ruff: noqa: E501  tables keep their rows on a line

from __future__ import annotations

from typing import Any

import pytest

import hardwire as hw
from hardwire.errors import BuildError, RaspError


def value(expression: str, before: str = "") -> Any:
    return hw.rasp.load(f"{before} x = {expression};").x


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("2^3^2", 64), ("-2^2", 4), ("round(2.5)", 2), ("not 3", False), ("7 % 4 * 2", 7), ("1/3*3 == 1", True),
        ("3 and 5", 5), ("0 or \"a\"", "a"), ('"ab" + "c"', "abc"), ('"ab" * 2', "abab"), ("[1] + [2, 3]", [1, 2, 3]),
        ("[0] * 3", [0, 0, 0]), ('"abc"[-1]', "c"), ("[4, 5][1]", 5), ('{"a": 1}["a"]', 1), ("len([1, 2])", 2),
        ("range(3)", [0, 1, 2]), ("range(1, 7, 3)", [1, 4]), ("range(3, 0, -1)", [3, 2, 1]),
        ("zip([1, 2], [3, 4])", [[1, 3], [2, 4]]), ("[a + b for a, b in zip([1, 2], [3, 4])]", [4, 6]),
        ("[k for k in {1: 2, 3: 4}]", [1, 3]), ("{i: i * i for i in range(3)}", {0: 0, 1: 1, 2: 4}),
        ('"a" in ["a", "b"]', True), ("3 in {1: 2}", False), ('"T" if 1 > 2 else "F"', "F"), ("1, 2", [1, 2]),
        ("True", True), ("-3", -3), ("+3", 3), ("0.5", 0.5), ("[[1, 2], []]", [[1, 2], []]), ("{}", {}),
        ("[1] == [1]", True), ("\"a\" if 0 else \"b\" if 1 else \"c\"", "b"), ('indices("abc")', [0, 1, 2]),
        ('tokens("ab")[1]', "b"), ('len(select(indices, 0, ==)("ab"))', 2),
    ],
)  # fmt: skip
def test_atoms_and_lists(expression: str, expected: Any) -> None:
    found = value(expression)
    assert found == expected
    assert type(found) is type(expected) or isinstance(found, (list, dict))


@pytest.mark.parametrize(
    ("expression", "input", "expected"),
    [
        ("tokens", "ab", ["a", "b"]), ("tokens", [1, 2], ["1", "2"]), ("tokens_asis", [1, 0.5], [1, 0.5]),
        ("tokens_int", "12", [1, 2]), ("tokens_float", "12", [1.0, 2.0]), ("tokens_bool", [0, 2], [False, True]),
        ("indices", "abc", [0, 1, 2]), ("length", "abc", [3, 3, 3]), ("indices + 1", "ab", [1, 2]),
        ("3 - indices", "ab", [3, 2]), ("2 ^ indices", "abc", [1, 2, 4]), ("indices / 2", "abc", [0.0, 0.5, 1.0]),
        ("6 / (indices + 1)", "ab", [6.0, 3.0]), ("-indices", "ab", [0, -1]), ("+indices", "ab", [0, 1]),
        ("indices % 2", "abc", [0, 1, 0]), ("round(indices / 2)", "abcd", [0, 0, 1, 2]),
        ("indices == 1", "ab", [False, True]), ("1 < indices", "abc", [False, False, True]),
        ("not indices", "ab", [True, False]), ("indices and 1", "ab", [False, True]),
        ("indices > 0 or tokens == \"a\"", "ab", [True, True]), ("indicator(indices > 0)", "ab", [0, 1]),
        ("indicator(indices)", "abc", [0, 1, 1]), ("\"x\" if indices > 0 else tokens", "ab", ["a", "x"]),
        ("tokens + tokens", "ab", ["aa", "bb"]), ("tokens in [\"a\", \"c\"]", "abc", [True, False, True]),
        ("\"b\" in tokens", "abc", [True] * 3), ("\"z\" in tokens", "abc", [False] * 3),
        ("[5, 6, 7][indices]", "abc", [5, 6, 7]), ("[5, 6, 7][indices - 1]", "abc", [7, 5, 6]),
        ("\"qwerty\"[indices * 2]", "abc", ["q", "e", "t"]), ("{\"a\": 1, \"b\": 2}[tokens]", "ab", [1, 2]),
        ("tokens[1]", "abc", ["b"] * 3), ("tokens[-1]", "abc", ["c"] * 3),
        ("aggregate(full_s, indices)", "abcd", [1.5] * 4), ("aggregate(select(indices, 0, ==), tokens)", "ab", ["a"] * 2),
        ("aggregate(select(indices, indices, <), indices, -1)", "abc", [-1, 0, 0.5]),
        ("aggregate(select(indices, indices, ==), True)", "ab", [True, True]),
        ("selector_width(select(tokens, tokens, ==))", "aba", [2, 1, 2]),
        ("selector_width(select(indices, 1, >=) and not select(tokens, \"b\", ==))", "abc", [1, 1, 1]),
        ("selector_width(select(1, 2, ==) or select(tokens, tokens, !=))", "ab", [1, 1]),
        ("selector_width(select(indices, indices, >))", "abc", [2, 1, 0]),
    ],
)  # fmt: skip
def test_sops(expression: str, input: Any, expected: Any) -> None:
    found = value(expression)(input)
    assert found == expected
    assert list(map(type, found)) == list(map(type, expected))


def test_the_type_of_a_mean() -> None:
    """One selected value keeps its type, several give floats."""
    found = value("aggregate(select(indices, indices, <), indices)")("abcd")
    assert found == [0, 0, 0.5, 1.0]
    assert list(map(type, found)) == [int, int, float, float]


def test_statements() -> None:
    program = hw.rasp.load(
        """
        a, b = 3, 5;   # several at once
        def swap(x, y) { return y, x; }
        a, b = swap(a, b);
        total = 0;
        for i, j in zip([1, 2], [10, 20]) { total = total + i * j; for k in range(2) { total = total + k; } }
        def twice(f) { def g(x) { return f(f(x)); } return g; }
        def add(x) { local = x + 1; return local; }
        plus2 = twice(add)(indices);
        def factorial(n) { return 1 if n == 0 else n * factorial(n - 1); }
        f = factorial(10);
        _private = 1;
        """
    )
    assert (program.a, program.b, program.total, program.f) == (5, 3, 52, 3628800)
    assert program.plus2("ab") == [2, 3]
    assert set(program) == {"a", "b", "swap", "total", "i", "j", "k", "twice", "add", "plus2", "factorial", "f"}
    assert "local" not in program


def test_assigning_never_changes_what_was_built() -> None:
    program = hw.rasp.load("x = tokens; tokens = tokens_int; y = tokens; a = indices; b = a; a = a + 1;")
    assert program.x("12") == ["1", "2"]
    assert program.y("12") == [1, 2]
    assert (program.a("ab"), program.b("ab")) == ([1, 2], [0, 1])


def test_sops_are_those_of_hardwire() -> None:
    program = hw.rasp.load(
        "hist = selector_width(select(tokens_asis, tokens_asis, ==)); def f(x, s) { return aggregate(s, x); }"
    )
    assert program.hist.layers == hw.same_token.width().layers == 1
    assert (program.hist + hw.indices)("aab") == [2, 3, 3]
    assert program.f(hw.indices * 2, hw.before)("abc") == [0, 0, 1.0]
    assert program.hist.trace("ab").names == {"tokens_asis": ["a", "b"], "hist": [1, 1]}


SAID = {
    "y = dgsd;": "Error: Undefined variable: dgsd",
    "y = lenght;": "Error: Undefined variable: lenght. Did you mean length?",
    "indices = 3;": "Error: Cannot set reserved name: indices",
    "length = 3;": "Error: Cannot set reserved name: length",
    "range = 3;": "Error: Cannot set reserved name: range",
    "out = 3;": "Error: Cannot set reserved name: out",
    "for True in [1] { a = 1; }": "Error: Cannot set reserved name: True",
    "y = [1 for out in [1]];": "Error: Cannot set reserved name: out",
    "def f(indices) { return 1; }": "Error: Cannot set reserved name: indices",
    "def f(a, a) { return 1; }": "two arguments of f have the same name",
    'y = 1 + "a";': '1 + "a" has no value: `+` adds two numbers or joins two strings or two tuples, not on int and str',
    "y = 1 / 0;": "1 / 0 has no value: ZeroDivisionError: division by zero",
    "y = 2 ^ 99999;": "2 ^ 99999 has no value: a number of more than 4096 bits is too large",
    "y = range(7) + 6;": "Cannot apply + to list and int: [0, 1, 2, 3, 4, 5, 6], 6",
    "y = indices + [1];": "Cannot apply + to s-op and list: indices, [1]",
    "y = full_s + 1;": "Cannot apply + to selector(s)",
    "y = full_s and indices;": "Cannot apply and between selector and non-selector: full_s, indices",
    "y = -full_s;": "Cannot apply - to selector(s)",
    'y = -"a";': 'Cannot apply - to string: "a"',
    "y = indicator(True);": "indicator operator expects s-op, got: True",
    "y = aggregate(indices, indices);": "Expected selector, got: indices",
    "y = aggregate(full_s, [1]);": "Expected sequence, got: [1]",
    "y = aggregate(full_s, indices, indices);": "Expected atom, got: indices",
    "y = aggregate(full_s);": "wrong number of args for aggregate- expected: 2 to 3, got: 1.",
    "y = selector_width(indices);": "Expected selector, got: indices",
    "y = select([1], 2, ==);": "select takes s-ops and atoms, not a list: [1]",
    "y = sort(tokens);": "wrong number of args for sort- expected: 2, got: 1.",
    "y = sort(tokens, [1]);": "in sort: select takes s-ops and atoms, not a list: [1]",
    "y = indices(1, 2);": "wrong number of args for the s-op indices- expected: 1, got: 2.",
    'y = indices("");': 'RASP sequences/selectors expect non-empty iterables, got: ""',
    "y = indices(3);": "an input is a string or a list, not int: 3",
    "y = indices([[1]]);": "an input consists of atoms, not of a list: [1]",
    'y = 1("hi");': "only functions, s-ops and selectors can be applied, not an int: 1",
    'y = {"a": 1}[4];': "index [ 4 ] not in dict.",
    "y = {1: 2}[[1]];": "index into dict has to be atom (i.e., string, int, float, bool), got: [1]",
    "y = [1][3];": "index 3 out of range for list of length 1",
    'y = "a"[0.5];': "index into string has to be integer, got: 0.5",
    "y = tokens[indices];": "index into sequence has to be integer, got: indices",
    "y = 3[0];": "can only index into a list, dict, string, or sequence, but instead got: 3",
    "y = [indices][indices];": "an s-op can only look up atoms, not an s-op: indices",
    "y = {indices: 1};": "dictionary keys can only be atoms, but instead got: indices",
    "for i in 3 { a = 1; }": "for loop needs to iterate over a list or dict, but got: 3",
    'y = [a for a in "abc"];': 'list comprehension should have got a list or dict to loop over, but got: "abc"',
    "a, b = 1, 2, 3;": "expected 2 values, but got: 3",
    "a, b = indices;": "expected 2 values, but got one s-op: indices",
    "y = zip([1], [1, 2]);": "attempting to zip lists of length 1, but 2-th list has length 2",
    "y = zip([1], 2);": "attempting to zip lists, but 2-th element is not list: 2",
    "y = range(0.5);": "range expects all integer inputs, but got: [0.5]",
    "y = range(1, 2, 0);": "the step of range cannot be 0",
    "y = range(999999999);": "a range of more than 100,000 numbers is too large",
    "y = [0] * 999999999;": "a list of more than 100,000 items is too large",
    'y = "a" * 999999999;': '"a" * 999999999 has no value: a string longer than 65536 is too large',
    "y = len(tokens);": "attempting to compute length of non-list: tokens. The s-op `length` is the input's",
    "y = indices in indices;": '"[s-op] in X" expects X to be list of atoms, but got: indices',
    "y = 1 in 2;": '"[atom] in X" expects X to be list, dict or s-op, but got: 2',
    "y = [1] in [1];": '"A in X" expects A to be s-op or atom, but got A: [1]',
    "y = 1 if full_s else 2;": "`if` takes an s-op or an atom, not the selector full_s",
    "y = full_s if indices > 1 else full_s;": "Cannot apply if to s-op and selector: ( indices > 1 ), full_s, full_s",
    "def f(x) { return f(x); } y = f(1);": "functions call each other too deeply, or an expression is nested too deeply",
    "for i in range(9999) { for j in range(9999) { a = 1; } }": "this takes more than 500,000 steps",
    "y = [range(99999) for i in range(99999)];": "this takes more than 500,000 steps",
    'y = [("a" * 60000) + "b" for i in range(99999)];': "this takes more than 500,000 steps",
    "x = range(99999); for i in range(9999) { y = x + []; }": "this takes more than 500,000 steps",
    'load "no_such_file";': "could not find file: no_such_file.rasp",
    "draw(full_s);": "draw expects an s-op, got: full_s",
    'y = tokens_int("1a");': "tokens_int(\"1a\") has no value at position 1: ValueError: invalid literal for int() with "
                             "base 10: 'a' (on \"a\"). Give it numbers: set example [1, 2, 3]",
    'y = aggregate(full_s, tokens)("ab");': 's-op("ab") has no value at position 0: several values are selected and not '
        'all are numbers (str) (on "a", "b"). aggregate takes the mean of numbers, but only a single string',
    'x = tokens + 1; y = (x * 2)("ab");': '( x * 2 )("ab") has no value at position 0 in x: `+` adds two numbers or joins '
        'two strings or two tuples, not on str and int (on "a", 1)',
    'y = aggregate(select(indices, 1, <), tokens)("a"); z = aggregate(select(indices, indices, <), tokens)("ab");':
        's-op: attempted to create sequence with vals of different types: [0, "a"]. Where nothing is selected aggregate '
        'gives 0; set another default: aggregate(s, x, "-")',
}  # fmt: skip


@pytest.mark.parametrize("text", SAID)
def test_what_is_said(text: str) -> None:
    with pytest.raises(RaspError) as caught:
        hw.rasp.load(text)
    assert caught.value.what == SAID[text]
    assert caught.value.line == 1
    assert not caught.value.syntax


def test_an_error_points_at_its_place() -> None:
    with pytest.raises(RaspError) as caught:
        hw.rasp.load("a = 1;\ndef f(x) {\n\treturn x + [1];\n}\nb = f(indices);")
    assert str(caught.value) == (
        "line 3, column 9: Cannot apply + to s-op and list: indices, [1]\n     return x + [1];\n            ^"
    )


def test_files(tmp_path: Any) -> None:
    (tmp_path / "inner.rasp").write_text("_hidden = 1; shown = _hidden + 1; tokens = tokens_int;")
    (tmp_path / "outer.rasp").write_text('load "inner"; y = shown + 1; x = tokens + 1;')
    program = hw.rasp.load(tmp_path / "outer.rasp")
    assert (program.y, program.x("12")) == (3, [2, 3])
    assert set(program) == {"shown", "tokens", "y", "x"}
    (tmp_path / "loop.rasp").write_text('load "loop";')
    (tmp_path / "bad.rasp").write_text("a = 1;\nb = (;\n")
    for file, said in {
        "loop": f"{tmp_path}/loop.rasp, line 1, column 1: {tmp_path}/loop.rasp loads itself",
        "bad": f"{tmp_path}/bad.rasp, line 2, column 6: expected an expression, not `;`",
        "none": f"could not find file: {tmp_path}/none.rasp",
    }.items():
        with pytest.raises(RaspError) as caught:
            hw.rasp.load(str(tmp_path / f"{file}.rasp"))
        assert str(caught.value).splitlines()[0] == said
    (tmp_path / "latin.rasp").write_bytes(b'x = "\xe9";')
    with pytest.raises(RaspError, match="could not read"):
        hw.rasp.load(tmp_path / "latin.rasp")


def test_a_loaded_file_sees_nothing_of_its_loader(tmp_path: Any) -> None:
    (tmp_path / "inner.rasp").write_text("y = x;")
    outer = tmp_path / "outer.rasp"
    outer.write_text('x = 1; load "inner";')
    with pytest.raises(RaspError, match="Undefined variable: x"):
        hw.rasp.load(outer)


def test_what_is_no_program_is_refused() -> None:
    with pytest.raises(BuildError, match="load takes a RASP program as text, or a file, not 5"):
        hw.rasp.load(5)  # type: ignore[arg-type]


@pytest.mark.parametrize("text", ["def f() { return 1 }", "def f(a) { b = 1 }", "for i in [1] { b = {1: 2} }"])
def test_a_missing_semicolon_before_a_brace(text: str) -> None:
    with pytest.raises(RaspError, match="a statement ends with a semicolon, also before `}`"):
        hw.rasp.load(text)


def test_namespaces() -> None:
    assert repr(hw.rasp.load("a = 1;")) == "program: 1 definition\n  a: int"
    program = hw.rasp.load("a = 1; def f(x) { return x; }")
    assert (program["a"], len(program), program.f(3)) == (1, 2, 3)
    assert repr(program) == "program: 2 definitions\n  a: int\n  f: program function: f(x)"
    with pytest.raises(AttributeError, match="no definition in program named 'b'"):
        _ = program.b
    with pytest.raises(LookupError, match="named 'b'"):
        _ = program["b"]
    with pytest.raises(RaspError, match=r"wrong number of args for f- expected: 1, got: 2\."):
        program.f(1, 2)
