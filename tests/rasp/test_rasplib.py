"""Every program of rasplib against plain Python, and against the model that it compiles to."""

from __future__ import annotations

import itertools
import random
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import hardwire as hw
from hardwire.rasp import library

Tokens = list[Any]


@dataclass(frozen=True)
class Case:
    """A program of the library made into an s-op, over a vocabulary and up to a length, with what it should give."""

    text: str
    vocab: Any
    max_len: int
    reference: Callable[[Tokens], list[Any]]
    member: Callable[[random.Random, int], str] | None = None  # draws inputs that random ones hardly ever are
    proved: str = ""  # up to which length its model certifies, in float64 if it says so; empty for max_len in float32

    @property
    def sop(self) -> hw.SOp:
        sop: hw.SOp = hw.rasp.load(f"made = {self.text};").made
        return sop


def everywhere(f: Callable[[Tokens], Any]) -> Callable[[Tokens], list[Any]]:
    return lambda x: [f(x)] * len(x)


def each(f: Callable[[Tokens, int], Any]) -> Callable[[Tokens], list[Any]]:
    return lambda x: [f(x, i) for i in range(len(x))]


def next_same(x: Tokens, i: int) -> int:
    return next((j for j in range(i + 1, len(x)) if x[j] == x[i]), -1)


def by_frequency(x: Tokens) -> Tokens:
    found = sorted(dict.fromkeys(x), key=lambda t: (-x.count(t), x.index(t)))
    return found + ["-"] * (len(x) - len(found))


def share(x: Tokens, i: int, token: Any) -> float:
    return x[: i + 1].count(token) / (i + 1)


PAIRS = ["()", "[]"]


def state(x: Tokens, pairs: list[str]) -> str:
    """Of an input: whether it is nested correctly (T), the beginning of what is (P), or neither (F)."""
    due: list[str] = []
    for t in x:
        pair = next(p for p in pairs if t in p)
        if t == pair[0]:
            due.append(pair[1])
        elif not due or due.pop() != t:
            return "F"
    return "P" if due else "T"


def shuffled_state(x: Tokens, pairs: list[str]) -> str:
    states = [state([t for t in x if t in p], [p]) for p in pairs]
    return "F" if "F" in states else "P" if "P" in states else "T"


def prefixes(f: Callable[[Tokens, list[str]], str], pairs: list[str]) -> Callable[[Tokens], list[Any]]:
    return lambda x: [f(x[: i + 1], pairs) for i in range(len(x))]


def nested(pairs: list[str]) -> Callable[[random.Random, int], str]:
    """Draws correctly nested brackets, one of them changed now and then."""

    def draw(rng: random.Random, n: int) -> str:
        text: list[str] = []
        due: list[str] = []
        size = 2 * rng.randint(0, n // 2)
        while len(text) < size:
            if due and (len(due) >= size - len(text) or rng.random() < 0.5):
                text.append(due.pop())
            else:
                pair = rng.choice(pairs)
                text.append(pair[0])
                due.append(pair[1])
        if text and rng.random() < 0.3:
            text[rng.randrange(len(text))] = rng.choice("".join(pairs))
        return "".join(text)

    return draw


DYCK = '["()", "[]"]'
CASES = [
    Case('has_focus(select(tokens, "a", ==))', "abc", 32, everywhere(lambda x: "a" in x)),
    Case("load_from_location(tokens_int, 2)", [1, 2, 3], 32, everywhere(lambda x: x[2] if len(x) > 2 else 0)),
    Case("load_from_location(tokens, length - 1)", "abc", 32, everywhere(lambda x: x[-1])),
    Case('shift(tokens, 1, "-")', "abc", 32, each(lambda x, i: x[i - 1] if i else "-")),
    Case('shift(tokens, -2, "-")', "abc", 32, each(lambda x, i: x[i + 2] if i + 2 < len(x) else "-")),
    Case("reverse(tokens)", "abc", 100, lambda x: x[::-1]),
    Case("flip(tokens)", "abc", 32, lambda x: x[::-1]),
    Case('mark_first_instance(tokens, "a")', "abc", 32, each(lambda x, i: x[i] == "a" and "a" not in x[:i])),
    Case('mark_last_instance(tokens, "a")', "abc", 32, each(lambda x, i: x[i] == "a" and "a" not in x[i + 1 :])),
    Case('aggregate(select_from_first(tokens, "a"), indices, -1)', "abc", 32,
         everywhere(lambda x: x.index("a") if "a" in x else -1), proved="32 in float64"),
    Case('aggregate(select_from_last(tokens, "a"), indices, -1)', "abc", 32,
         everywhere(lambda x: len(x) - 1 - x[::-1].index("a") if "a" in x else -1), proved="32 in float64"),
    Case("aggregate(select_next_identical(tokens), indices, -1)", "abc", 32, each(next_same), proved="32 in float64"),
    Case('count(tokens, "a")', "abc", 100, everywhere(lambda x: x.count("a"))),
    Case('contains(tokens, "a")', "abc", 100, everywhere(lambda x: "a" in x)),
    Case("histogram(tokens)", "abcde", 100, each(lambda x, i: x.count(x[i]))),
    Case("has_seen(tokens)", "abcde", 32, each(lambda x, i: x[i] in x[:i])),
    Case("count_distinct(tokens)", "abcde", 32, everywhere(lambda x: len(set(x)))),
    Case("double_histogram(tokens)", "abcde", 32,
         each(lambda x, i: sum(x.count(t) == x.count(x[i]) for t in set(x)))),
    Case('bigram_count(tokens, "")', "abc", 32,
         lambda x: [Counter(zip(x, [*x[1:], ""], strict=True))[pair] for pair in zip(x, [*x[1:], ""], strict=True)]),
    Case('majority(tokens, "a")', "abc", 100, everywhere(lambda x: 2 * x.count("a") > len(x))),
    Case("average(tokens_int)", [0, 1, 2], 32, everywhere(lambda x: sum(x) / len(x))),
    Case('frac_prevs(tokens, "a")', "abc", 100, each(lambda x, i: share(x, i, "a"))),
    Case('prevs_lead(tokens, "a", "b")', "abc", 64, each(lambda x, i: share(x, i, "a") > share(x, i, "b"))),
    Case('frac_prevs(tokens, "a") >= 1/3', "abc", 64, each(lambda x, i: 3 * x[: i + 1].count("a") >= i + 1)),
    Case('frac_prevs(tokens, "a") == frac_prevs(tokens, "b")', "abc", 64,
         each(lambda x, i: x[: i + 1].count("a") == x[: i + 1].count("b"))),
    Case("max(tokens_int, indices)", [0, 5, 9], 32, each(lambda x, i: max(x[i], i))),
    Case("min(tokens_int, indices)", [0, 5, 9], 32, each(lambda x, i: min(x[i], i))),
    Case("rank(tokens)", "abcd", 32,
         each(lambda x, i: sum(t < x[i] or (t == x[i] and j < i) for j, t in enumerate(x)))),
    Case("sort(tokens, tokens)", "abcdefgh", 32, sorted),
    Case("sort(tokens, -indices)", "abc", 32, lambda x: x[::-1]),
    Case("sort(tokens, tokens_int % 3)", "01234567", 32, lambda x: sorted(x, key=lambda t: int(t) % 3)),
    Case('sort_by_frequency(tokens, "-")', "abc", 24, by_frequency),
    Case("most_frequent(tokens)", "abc", 32, everywhere(lambda x: max(x, key=x.count))),
    Case('balance(tokens, "()")', "()x", 32, each(lambda x, i: x[: i + 1].count("(") - x[: i + 1].count(")"))),
    Case("dyck1_ptf(tokens)", "()", 64, prefixes(state, PAIRS[:1]), nested(PAIRS[:1])),
    Case("dyck1(tokens)", "()", 64, everywhere(lambda x: state(x, PAIRS) == "T"), nested(PAIRS[:1])),
    Case(f"shuffle_dyck_ptf(tokens, {DYCK})", "()[]", 32, prefixes(shuffled_state, PAIRS), nested(PAIRS)),
    Case(f"shuffle_dyck(tokens, {DYCK})", "()[]", 32, everywhere(lambda x: shuffled_state(x, PAIRS) == "T"),
         nested(PAIRS)),
    Case(f"dyck_ptf(tokens, {DYCK})", "()[]", 32, prefixes(state, PAIRS), nested(PAIRS), "32 in float64"),
    Case(f"dyck(tokens, {DYCK})", "()[]", 32, everywhere(lambda x: state(x, PAIRS) == "T"), nested(PAIRS),
         "32 in float64"),
]  # fmt: skip
IDS = [case.text for case in CASES]


def inputs(case: Case, longest: int, random_ones: int) -> list[Tokens]:
    """Every input of few tokens, and longer ones drawn at random."""
    rng = random.Random(3)
    short = [list(x) for n in range(1, 5) for x in itertools.product(case.vocab, repeat=n)][:800]
    drawn = [rng.choices(case.vocab, k=rng.randint(1, longest)) for _ in range(random_ones)]
    if case.member is not None:
        drawn += [list(case.member(rng, longest)) for _ in range(random_ones)]
    return [*short, *(x for x in drawn if x)]


@pytest.mark.parametrize("case", CASES, ids=IDS)
def test_against_python(case: Case) -> None:
    some = inputs(case, 20, 200)
    for x, found in zip(some, case.sop.batch(some), strict=True):
        assert found == case.reference(x), x


@pytest.mark.parametrize("case", CASES, ids=IDS)
def test_against_its_model(case: Case) -> None:
    sop = case.sop
    model = hw.compile(sop, case.vocab, case.max_len, certify=False)
    found = hw.verify(model, sop, samples=100, exhaustive=600, sample=case.member, seed=1)
    assert found, found
    assert found.positions > 500
    assert found.undefined == 0


@pytest.mark.parametrize("case", CASES, ids=IDS)
def test_it_certifies(case: Case) -> None:
    length, _, dtype = (case.proved or str(case.max_len)).partition(" in ")
    model = hw.compile(case.sop, case.vocab, int(length), dtype=dtype or "float32")
    assert model.certificate is not None
    assert model.certificate.bound < 1e-3


@pytest.mark.nightly
@pytest.mark.parametrize("case", CASES, ids=IDS)
def test_against_its_model_on_many_inputs(case: Case) -> None:
    sop = case.sop
    model = hw.compile(sop, case.vocab, case.max_len, certify=False)
    assert hw.verify(model, sop, samples=5000, sample=case.member, seed=2)


def test_every_program_is_tried() -> None:
    tried = {name for name in library() if any(re.search(rf"\b{name}\(", case.text) for case in CASES)}
    inner = {"ptf"}  # tried as part of those that end in its name
    assert tried | inner == set(library())


def test_the_table_of_the_docs_is_this() -> None:
    """The lengths that the documentation states are those that are tried here."""
    text = (Path(__file__).parents[2] / "docs" / "rasp.md").read_text("utf-8")
    rows = [
        f"| `{case.text}` | `{''.join(map(str, case.vocab))}` | {case.max_len} | {case.proved or case.max_len} |"
        for case in CASES
    ]
    assert [line for line in text.splitlines() if re.fullmatch(r"\| `.*` \| `.*` \| \d+ \| .* \|", line)] == rows


def test_every_program_is_described() -> None:
    for name, function in library().items():
        assert function.description.endswith((".", ":")), name
