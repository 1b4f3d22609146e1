"""What is particular to counting, sorting and formal languages: cases by hand, layers, every short input."""

from __future__ import annotations

import itertools
import random
import re
from collections.abc import Callable
from fractions import Fraction

import pytest

from hardwire import SOp, indices, programs, tokens

LAYERS = {
    "histogram": 1, "is_first": 1, "frac_prevs": 1, "majority": 1, "parity": 1,
    "double_histogram": 2, "most_frequent": 2, "unique_count": 2,
    "rank": 1, "sort": 2, "sort_by": 2, "median": 2, "sort_by_frequency": 3,
    "anbncn": 1, "bracket_depth": 1, "dyck1": 2, "shuffle_dyck": 2, "dyck": 3, "palindrome": 3,
}  # fmt: skip


@pytest.mark.parametrize(("name", "layers"), LAYERS.items(), ids=LAYERS)
def test_layers(name: str, layers: int) -> None:
    assert programs.get(name)().layers == layers


def test_every_program_of_these_themes_has_its_layers_here() -> None:
    themes = {"counting", "sorting", "languages"}
    assert {p.name for p in programs.LIBRARY.values() if p.theme in themes} == set(LAYERS)


def test_layers_add_up() -> None:
    assert programs.sort(programs.sort()).layers == 4
    assert programs.sort_by(programs.histogram()).layers == 3
    assert programs.dyck(depth=20).layers == 3


T, F = True, False

CASES = [
    (programs.histogram(), "", []),
    (programs.histogram(), "a", [1]),
    (programs.histogram(), "aabbaa", [4, 4, 2, 2, 4, 4]),
    (programs.histogram(programs.histogram()), "aabbc", [4, 4, 4, 4, 1]),
    (programs.is_first(), "aaba", [T, F, T, F]),
    (programs.is_first(tokens % 2), [2, 4, 1, 2], [T, F, T, F]),
    (programs.unique_count(), "zzz", [1, 1, 1]),
    (programs.unique_count(), "abcabc", [3] * 6),
    (programs.double_histogram(), "aabbcdef", [2, 2, 2, 2, 4, 4, 4, 4]),
    (programs.double_histogram(), "aaaa", [1, 1, 1, 1]),
    (programs.double_histogram(), "abbccddd", [1, 2, 2, 2, 2, 1, 1, 1]),
    (programs.most_frequent(), "abcb", list("bbbb")),
    (programs.most_frequent(), "cbbc", list("cccc")),
    (programs.most_frequent(), "bccb", list("bbbb")),
    (programs.frac_prevs(), "axax", [0, 0.5, 1 / 3, 0.5]),
    (programs.frac_prevs("b"), "bbbb", [1, 1, 1, 1]),
    (programs.majority(), [], []),
    (programs.majority(), [1], [T]),
    (programs.majority(), [0, 1], [F, F]),
    (programs.majority(0), [0, 0, 1], [T, T, T]),
    (programs.parity(), [0, 0], [0, 0]),
    (programs.parity(), [1, 1, 1], [1, 1, 1]),
    (programs.rank(), [5, 5, 5], [0, 1, 2]),
    (programs.rank(), [2, 1, 0, 1], [3, 1, 0, 2]),
    (programs.sort(), [], []),
    (programs.sort(), [-1, 2.5, 2, -7], [-7, -1, 2, 2.5]),
    (programs.sort(-tokens), [1, 2, 3], [-3, -2, -1]),
    (programs.sort_by(-tokens), [1, 3, 2], [3, 2, 1]),
    (programs.sort_by(-indices), "abc", list("cba")),
    (programs.sort_by(tokens.has("aeiou")), "banana", list("bnnaaa")),
    (programs.sort_by_frequency(), "abbcbac", list("bbbacac")),
    (programs.sort_by_frequency(), "abc", list("abc")),
    (programs.sort_by_frequency(programs.sort()), "abbcbac", list("bbbaacc")),
    (programs.median(), [7], [7]),
    (programs.median(), [9, 0], [0, 0]),
    (programs.median(), [1, 1, 9, 9, 9], [9] * 5),
    (programs.bracket_depth(), ")x(", [0, -1, 0]),
    (programs.bracket_depth(), "()()", [1, 1, 1, 1]),
    (programs.bracket_depth(["()", "[]"]), "[(])", [1, 2, 2, 1]),
    (programs.palindrome(), "", []),
    (programs.palindrome(), "a", [T]),
    (programs.palindrome(), "ab", [F, F]),
    (programs.palindrome(tokens % 2), [1, 2, 4, 3], [T] * 4),
    (programs.dyck1(), ")(", [F, F]),
    (programs.shuffle_dyck(["<>"]), "<<>>", [T] * 4),
    (programs.shuffle_dyck(["()", "[]", "{}"]), "({[)}]", [T] * 6),
    (programs.shuffle_dyck([("begin", "end")]), ["begin", "x", "end"], [T] * 3),
    (programs.dyck(), "((((()))))", [F] * 10),
    (programs.dyck(depth=5), "((((()))))", [T] * 10),
    (programs.dyck(pairs=["()", "[]", "{}"]), "({}[])", [T] * 6),
    (programs.anbncn(), "abc", [T] * 3),
    (programs.anbncn(), "aabbc", [F] * 5),
    (programs.anbncn(), "bbb", [F] * 3),
]


@pytest.mark.parametrize(("sop", "x", "expected"), CASES)
def test_by_hand(sop: SOp, x: object, expected: object) -> None:
    assert sop(x) == expected


def test_the_fraction_of_previous_tokens_is_an_exact_quotient() -> None:
    text = "x" + "a" * 48
    assert (programs.frac_prevs() * (indices + 1))(text) == [1] * 49
    assert programs.frac_prevs()(text) == [float(Fraction(1, n)) for n in range(1, 50)]


def test_ranks_are_a_permutation() -> None:
    rng = random.Random(0)
    inputs = [rng.choices(range(3), k=n) for n in range(40)]
    for x, ranks in zip(inputs, programs.rank().batch(inputs), strict=True):
        assert sorted(ranks) == list(range(len(x)))


def _erase(text: str, *pairs: str) -> bool:
    """Whether a text disappears by erasing pairs that stand side by side."""
    for _ in text:
        for pair in pairs:
            text = text.replace(pair, "")
    return not text


def _deepest(text: str) -> int:
    return max(itertools.accumulate((1 if t in "([" else -1 for t in text), initial=0))


LANGUAGES: dict[str, tuple[SOp, str, int, Callable[[str], bool]]] = {
    "palindrome": (programs.palindrome(), "abc", 7, lambda t: all(a == b for a, b in zip(t, reversed(t), strict=True))),
    "dyck1": (programs.dyck1(), "()", 12, lambda t: _erase(t, "()")),
    "shuffle_dyck": (
        programs.shuffle_dyck(), "()[]", 7,
        lambda t: _erase(re.sub(r"[^()]", "", t), "()") and _erase(re.sub(r"[()]", "", t), "[]"),
    ),
    "dyck": (programs.dyck(), "()[]", 8, lambda t: _erase(t, "()", "[]") and _deepest(t) <= 3),
    "dyck of depth 1": (programs.dyck(1), "()[]", 6, lambda t: _erase(t, "()", "[]") and _deepest(t) <= 1),
    "dyck of depth 2, one kind": (
        programs.dyck(2, ["()"]), "()", 10,
        lambda t: _erase(t, "()") and _deepest(t) <= 2,
    ),
    "anbncn": (
        programs.anbncn(), "abc", 8,
        lambda t: re.fullmatch("a*b*c*", t) is not None and t.count("a") == t.count("b") == t.count("c"),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("sop", "vocab", "longest", "member"), LANGUAGES.values(), ids=LANGUAGES)
def test_every_short_input(sop: SOp, vocab: str, longest: int, member: Callable[[str], bool]) -> None:
    texts = ["".join(x) for n in range(longest + 1) for x in itertools.product(vocab, repeat=n)]
    results = sop.batch(texts)
    wrong = [text for text, result in zip(texts, results, strict=True) if result != [member(text)] * len(text)]
    assert not wrong


@pytest.mark.parametrize("name", ["palindrome", "dyck1", "shuffle_dyck", "dyck", "anbncn"])
def test_samples_are_members_and_others(name: str) -> None:
    program = programs.get(name)
    assert program.answer is not None
    rng = random.Random(name)
    answers = []
    for _ in range(200):
        result = program.reference(list(program.sample(rng, program.max_len)))
        answers += result[:1]
        assert program.answer(result) == ("yes" if all(result) else "no")
    assert 40 < sum(answers) < 160
    assert program.answer([]) == "yes"


@pytest.mark.parametrize("name", ["histogram", "double_histogram", "most_frequent", "sort_by_frequency"])
def test_samples_have_many_equal_tokens(name: str) -> None:
    program = programs.get(name)
    rng = random.Random(name)
    kinds = [len(set(program.sample(rng, program.max_len))) for _ in range(300)]
    assert {1, 2, len(program.vocab)} <= set(kinds)


@pytest.mark.parametrize("name", ["frac_prevs", "bracket_depth"])
def test_programs_that_look_back_only_run_causally(name: str) -> None:
    program = programs.get(name)
    rng = random.Random(0)
    for _ in range(20):
        x = program.sample(rng, 20)
        assert program()(x, causal=True) == program.reference(list(x))
