"""Programs whose certified models answered wrongly once, and wrong models that were certified: each either has a right
model now, on every input up to its length, or is refused."""

from __future__ import annotations

import itertools
import operator
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from structural import proof

import hardwire as hw
from hardwire import Failure, SOp, after, before, full, indices, key, length, query, raw, tokens, where
from hardwire.errors import CertificateError, CompileError, HardwireError
from hardwire.model.transformer import Transformer
from hardwire.proof import Limits


@dataclass(frozen=True)
class Pair:
    """Values with a partial order."""

    x: int
    y: int

    def __lt__(self, other: Pair) -> bool:
        return self != other and self.x <= other.x and self.y <= other.y

    def __gt__(self, other: Pair) -> bool:
        return other < self


class Wild:
    """Equal to everything."""

    def __eq__(self, other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return 99


class OnlyInts:
    """Equal to ints, and to no ratio."""

    def __eq__(self, other: object) -> bool:
        return type(other) is int or isinstance(other, OnlyInts)

    def __hash__(self) -> int:
        return 5


class Modular(int):
    """Ints that are added modulo 7."""

    def __add__(self, other: int) -> Modular:
        return Modular((int(self) + int(other)) % 7)

    __radd__ = __add__


class Sloppy:
    """Compared without a look at the type."""

    def __init__(self, n: int) -> None:
        self.n = n

    def __eq__(self, other: Any) -> bool:
        return bool(self.n == other.n)

    def __hash__(self) -> int:
        return hash(self.n)


WILD = Wild()
RANK = (key(tokens) < query(tokens)) | ((key(tokens) == query(tokens)) & before)
BY_LENGTH = full.max(where(length % 2 == 0, -0.0, 0.0))
TUPLES = full.first(where(length % 2 == 0, 1, True).map(lambda v: (v,)))
FAILS = raw([-1.5, -1.5, -1.5])
PROGRAMS: dict[str, tuple[SOp, Any, int, bool]] = {
    "a float that absorbs positions": (
        (key(indices + full.max(tokens)) == query(full.max(tokens))).width(), [1e16, 0.5], 4, False,
    ),
    "a float less positions": (
        (key(full.max(tokens) - indices) == query(full.max(tokens))).width(), [1e16, 1], 4, False,
    ),
    "a float over a mean": (tokens / full.mean(indices == 0), [0.1, 0.7], 6, False),
    "a decimal over a mean, compared": (0.1 / full.mean(indices == 0) > 0.9, "ab", 12, False),
    "a mean times a float length": (full.mean(tokens) * (length * 1.0) == full.value(tokens), [0, 1, 2], 8, False),
    "the type of a mean times a width": ((before.mean(indices) * before.width()).str(), "ab", 4, False),
    "the type of a quotient": ((1 / full.mean(indices == 0)).map(repr), "ab", 4, False),
    "zeros of two signs by length": (BY_LENGTH.str(), "ab", 5, False),
    "equal tuples by length": (TUPLES.str(), "ab", 5, False),
    "the greatest in a partial order": (full.max(tokens), [Pair(0, 1), Pair(1, 0)], 3, False),
    "a rank by a partial order": ((key(RANK.width()) == query(indices)).width(), [Pair(0, 1), Pair(1, 0)], 3, False),
    "a union of keys one of which fails": (
        where((key((tokens == "a") | (tokens.map(int) > 3)) == query(True)).width() > 0, "x", "y"), "a15", 4, False,
    ),
    "a key that is true where its list has failed": (
        ((key(tokens) == query(tokens)) & (key((indices > 0) | FAILS) == query(False))).width() == 0, "ab", 5, True,
    ),
    "a part of a selector that has no width of its own where the whole has one": (
        ((key(tokens) == query(tokens)) & (key(indices.map({0: 0, 2: 2})) < query(indices > 0))).width(),
        "ab", 5, False,
    ),
    "a failure that is no truth value once it has a value": (
        where(tokens == "b", (key(indices) <= query(indices)).one(2), 1) & (tokens == "a"), "abc", 3, False,
    ),
    "a default that is no truth value": (
        (key(tokens.map({"a": 1})) == query(7)).value(1, default=where(tokens == "a", 1, 2)) & (tokens == "a"),
        "abc", 3, False,
    ),
    "a count that is no truth value": (
        (((key(tokens.map({"a": 1})) == query(1)) | after).width() & (tokens == "a")) | (tokens == "b"),
        "abc", 3, False,
    ),
    "a float that absorbs a mean": (((full.mean(tokens) / 1048576 + 1e5) - 1e5) * 1048576, [0.1], 2, False),
    "a mean that gets lost next to 0": (
        full.mean(tokens) * 1e-160 * 1e-160 / 1e-160 / 1e-160, [0.1, 0.3], 2, False,
    ),
    "a query that is equal to every position": ((key(indices) == query(tokens)).width(), [WILD], 3, False),
    "a value that is equal to ints alone": ((full.mean(tokens) * full.width()) == OnlyInts(), [1, 0], 4, False),
    "a set with a value that is equal to ints alone": (
        (full.mean(tokens) * full.width()).has([OnlyInts()]), [1, 0], 4, False,
    ),
    "ints that add up otherwise": (full.value(tokens), [Modular(3), Modular(5)], 4, False),
    "a condition that is assumed of a selector": (
        (key(indices < before.value(tokens)) == query(True)).value(tokens, indices), [0, 1], 4, False,
    ),
    "a constant that fails in a selector": (
        ((key(tokens) == query(SOp.zip(int, "x"))) | (key(indices) == query(indices))).first(indices), "ab", 3, False,
    ),
    "a ratio that equals two neighbours' float": (
        (key(indices + SOp.zip(lambda x: x, 2**60) / 3) == query((2**60 / 3))).width(), "ab", 4, False,
    ),
}  # fmt: skip


def every(vocab: Any, longest: int) -> list[list[Any]]:
    most = longest
    while len(vocab) ** most > 3_000:
        most -= 1
    return [list(x) for n in range(most + 1) for x in itertools.product(vocab, repeat=n)] + [[vocab[0]] * longest]


def check(model: Transformer, program: SOp, inputs: list[list[Any]]) -> None:
    """That a model is right wherever the program has a value."""
    wanted = program.batch(inputs, causal=model.causal, errors="keep")
    for x, right in zip(inputs, wanted, strict=True):
        for i, (v, answer) in enumerate(zip(right, model(x), strict=True)):
            bound = model.certificate.bound if model.certificate is not None and isinstance(v, float) else 0.0
            right = isinstance(v, Failure) or v == answer or (bound and abs(v - answer) <= bound)
            assert right, f"{answer!r} in place of {v!r} at position {i} of {x}"


@pytest.mark.parametrize("case", PROGRAMS)
def test_programs(case: str) -> None:
    program, vocab, max_len, causal = PROGRAMS[case]
    try:
        model = hw.compile(program, vocab, max_len, causal=causal)
    except (CompileError, CertificateError):
        return
    check(model, program, every(vocab, max_len))


@pytest.mark.parametrize(
    "case",
    ["a float over a mean", "the type of a mean times a width", "the type of a quotient", "a condition that is assumed "
     "of a selector", "a constant that fails in a selector"],
)  # fmt: skip
def test_these_have_a_model(case: str) -> None:
    """Refusing would be safe, and a loss."""
    program, vocab, max_len, causal = PROGRAMS[case]
    assert hw.compile(program, vocab, max_len, causal=causal).certificate is not None


def test_a_condition_may_hold_where_a_count_has_failed() -> None:
    same = key(tokens.map({"a": 0, "b": 0})) == query(0)
    given = same.width().map(lambda w: True if w <= 1 else 2) | True
    program = (same & (key(tokens) == query("a"))).width()
    inputs = [x for x in every("abz", 4) if all(v is True for v in given(x, errors="keep"))]
    assert len(inputs) > 20
    try:
        model = hw.compile(program, "abz", 4, given=given)
    except (CompileError, CertificateError):
        return
    check(model, program, inputs)


def test_a_default_that_is_a_ratio_next_to_a_float() -> None:
    """They are equal as the language compares them, and not as Python does."""
    one = key(tokens) == query(1)
    program = SOp.zip(lambda a, b: (a, b), one.one(Fraction(1, 3), default=1 / 3), one.one(indices, default=7))
    model = hw.compile(program, [0, 1], 3, certify=False)
    assert model.outputs is not None
    first, second, *others = model.outputs
    assert refuses(replace(model, outputs=(second, first, *others)), program)


def test_what_is_assumed_is_kept_through_rewriting() -> None:
    chosen = key(indices <= before.value(tokens)) == query(True)
    program, given = chosen.value(tokens, indices), chosen.width() >= 1
    model = hw.compile(program, [0, 1], 4, given=given)
    valid = [x for x in every([0, 1], 4) if all(v is True for v in given(x))]
    assert len(valid) > 3
    check(model, program, valid)


@pytest.mark.parametrize("vocabularies", [([(1,), "a"], [(True,), "a"]), ([0.0, 1], [-0.0, 1]), ([1, 2], [True, 2])])
def test_a_vocabulary_is_its_own(vocabularies: tuple[list[Any], list[Any]]) -> None:
    """Equal vocabularies are not the same one, however soon one is compiled after the other."""
    for vocab in vocabularies:
        model = hw.compile(tokens.map(repr), vocab, 3)
        assert list(map(repr, model.vocab)) == list(map(repr, vocab))
        assert model(vocab) == list(map(repr, vocab))


# Wrong models.


def refuses(model: Transformer, program: SOp, **options: Any) -> bool:
    try:
        hw.certify(replace(model, certificate=None), program, **options)
    except CertificateError:
        return True
    return False


def without_last_heads(model: Transformer) -> Transformer:
    layer = model.layers[-1]
    heads = tuple(replace(h, w_o=np.zeros_like(h.w_o)) for h in layer.heads)
    return replace(model, layers=(*model.layers[:-1], replace(layer, heads=heads)))


@pytest.mark.parametrize(
    ("program", "vocab", "x"),
    [
        ((key(indices) == query(0)).first(tokens), "abc", "bc"),
        (full.max(tokens - tokens, of=tokens), [1, 2, 3], [2, 3]),
        (full.min(tokens), [-1, 0, 2], [2, -1]),
        (full.mean(tokens), [0, 1], [1, 1]),
    ],
)
def test_a_look_up_needs_a_head(program: SOp, vocab: Any, x: Any) -> None:
    model = hw.compile(program, vocab, 4)
    wrong = without_last_heads(model)
    assert wrong(x) != program(x)
    assert refuses(wrong, program)


def test_large_ints_are_different_outputs() -> None:
    vocab = [2**60 + i for i in range(100)]
    model = hw.compile(tokens, vocab, 3)
    embed = np.array(model.embed)
    embed[1:] = embed[1]
    wrong = replace(model, embed=embed)
    assert wrong([vocab[5]]) != tokens([vocab[5]])
    assert refuses(wrong, tokens)
    assert not refuses(model, tokens)


def test_a_list_is_tried_at_its_own_length() -> None:
    model = hw.compile(indices, "ab", 5, causal=True)
    program = raw([7, 8, 9])
    assert model("aba") != program("aba", causal=True)
    assert refuses(model, program, max_len=5)
    assert not refuses(model, indices, max_len=5)


def test_keys_that_fail_beside_a_condition_are_looked_at() -> None:
    """The model for one list answers for another that fails at more lengths."""
    same, fails = key(tokens) == query(tokens), key((indices > 0) | FAILS) == query(False)
    model = hw.compile((same & (key(indices > 0) == query(False))).width() == 0, "ab", 5, causal=True)
    program = (same & fails).width() == 0
    check(model, program, every("ab", 5))
    flipped = replace(model, unembed=model.unembed[:, ::-1])
    assert refuses(flipped, program)


# Bare exceptions.

HUGE = 10**400
REFUSED: dict[str, Callable[[], object]] = {
    "a default beyond floats in a mean": lambda: hw.compile(before.mean(tokens, HUGE), [HUGE, 2], 4),
    "a mean beyond floats": lambda: hw.compile(before.mean(tokens) + HUGE, [0, 1, 2], 30),
    "a ratio beyond floats": lambda: hw.compile(tokens.map({0: HUGE, 1: 1}) / 3, [0, 1], 4),
    "a million millions of tokens": lambda: hw.compile(tokens, "ab", 10**12),
    "more tokens than an array has": lambda: hw.compile(tokens, "ab", 10**30),
    "an empty list": lambda: hw.compile(full.max(raw([])), "ab", 1100),
    "an empty list for a default": lambda: hw.compile((before & before).first(tokens, raw([])).map(repr), "a", 1100),
    "an empty list in a branch": lambda: hw.compile(where(indices == 5000, raw([]), tokens), "a", 1100),
    "a vocabulary that cannot be compared": lambda: hw.compile(tokens, [Sloppy(1), 1], 3),
    "a comparison that raises": lambda: hw.compile((key(tokens) == query(indices)).width(), [Sloppy(1), Sloppy(2)], 3),
    "strings that would fill the memory": lambda: hw.compile(
        (("a" * 32_000) + tokens.map(str)).shift(1, "") + (("a" * 32_000) + tokens.map(str)), range(400), 2
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refusals(case: str) -> None:
    with pytest.raises(HardwireError):
        REFUSED[case]()


@pytest.mark.parametrize(
    ("program", "vocab"),
    [
        (full.value(tokens) - full.value(tokens * 1.0), [0.5, 0.25]),
        (full.max(tokens) == 0, [5e-324, 0.0]),
        (indices.round(-(10**7)), "ab"),
        (tokens.map(lambda v: 0.5).round(10**7), "ab"),
    ],
)
def test_odd_numbers(program: SOp, vocab: Any) -> None:
    """Each has a model or is refused, and soon."""
    try:
        model = hw.compile(program, vocab, 2)
    except (CompileError, CertificateError):
        return
    check(model, program, every(vocab, 2))


def doubled(x: Any, join: Callable[[Any, Any], Any]) -> Any:
    for _ in range(30):
        x = join(x, x)
    return x


@pytest.mark.parametrize("join", [operator.and_, operator.or_])
@pytest.mark.parametrize("of", ["sop", "width", "first", "one", "key", "mean"])
def test_shared_parts_are_looked_at_once(join: Callable[[Any, Any], Any], of: str) -> None:
    """A program of 30 nodes that would be a tree of a thousand million."""
    sop, selector = doubled(tokens == "a", join), doubled(before, join)
    programs = {
        "sop": sop, "width": selector.width(), "first": selector.first(tokens, "-"), "one": selector.one(tokens, "-"),
        "key": (key(sop) == query(True)).width() > 0, "mean": 1 / (selector | full).mean(indices == 0),
    }  # fmt: skip
    check(hw.compile(programs[of], "ab", 3), programs[of], every("ab", 3))


def test_many_alternatives() -> None:
    any_of = tokens == chr(200)
    for i in range(1, 70):
        any_of = any_of | (tokens == chr(200 + i))
    program = (key(any_of) == query(True)).width() > 0
    check(hw.compile(program, "ab", 3), program, every("ab", 3))


@pytest.mark.parametrize("join", [operator.and_, operator.or_])
def test_long_chains_of_selectors(join: Callable[[Any, Any], Any]) -> None:
    chain = full
    for i in range(400):
        chain = join(chain, key(indices) != query(i % 7 + 10))
    program = chain.width()
    try:
        model = hw.compile(program, "ab", 3)
    except (CompileError, CertificateError):
        return
    check(model, program, every("ab", 3))


@pytest.mark.parametrize(
    ("program", "vocab"), [(full.max(tokens), [HUGE, HUGE + 1, -HUGE]), (before.max(tokens, HUGE), [1, 2])]
)
def test_ints_beyond_floats(program: SOp, vocab: list[int]) -> None:
    check(hw.compile(program, vocab, 4), program, every(vocab, 4))


def test_a_proof_that_would_take_too_much_is_refused() -> None:
    x = (key(tokens) != query(tokens)).value(indices)
    y = (key(tokens) >= query(tokens)).value(indices)
    model = hw.compile((key(x) == query(y)).width(), "abc", 4)
    proof(model)
    with pytest.raises(CertificateError, match=r"more than 10 abstract states, by the numbers of values"):
        proof(model, limits=Limits(states=10, combinations=10))


def test_positions_at_which_a_list_has_failed_are_looked_at() -> None:
    """The list has a value at length 1 alone, and the program has one behind the first position all the same."""
    program = where(indices > 0, tokens, raw(["x"]))
    model = hw.compile(program, "ab", 3)
    check(model, program, every("ab", 3))
    assert model.outputs is not None
    swapped = {"a": "b", "b": "a"}
    wrong = replace(model, outputs=tuple(swapped.get(v, v) for v in model.outputs))
    assert wrong("ab")[1] != program("ab", errors="keep")[1]
    assert refuses(wrong, program)


def test_a_mean_over_several_heads_scores_keys_by_their_positions_alone() -> None:
    """Such a mean is proved in states that have positions alone: a head that reads tokens too is refused."""
    program = hw.programs.frac_prevs()
    model = hw.compile(program, "xa", 10, certify=False)
    [layer] = model.layers
    first, *rest = layer.heads
    assert rest
    [token] = (d.index for d in model.circuit.directions if d.expression == "where(tokens == 'x', 1, 0)")
    w_q = first.w_q.copy()
    w_q[token, 0] = 1.0
    mutant = replace(model, layers=(replace(layer, heads=(replace(first, w_q=w_q), *rest)),))
    with pytest.raises(CertificateError, match="more than their positions"):
        hw.certify(mutant, program)
