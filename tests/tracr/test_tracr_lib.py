"""The programs that come with Tracr, against references in plain Python."""

from __future__ import annotations

import itertools
from collections import Counter
from typing import Any

import pytest

from hardwire.tracr import compiling, lib, rasp

R: Any = rasp


def share(xs: str, token: str) -> list[float]:
    return [xs[: i + 1].count(token) / (i + 1) for i in range(len(xs))]


def balanced(xs: str, pairs: list[str]) -> bool:
    depths = [[xs[: i + 1].count(a) - xs[: i + 1].count(b) for i in range(len(xs))] for a, b in pairs]
    return all(min(d) >= 0 and d[-1] == 0 for d in depths)


PROGRAMS: dict[str, tuple[Any, str, Any]] = {
    "length": (lib.make_length(), "ab", lambda xs: [len(xs)] * len(xs)),
    "reverse": (lib.make_reverse(R.tokens), "ab", lambda xs: list(reversed(xs))),
    "frac_prevs": (lib.make_frac_prevs(R.tokens == "a"), "ab", lambda xs: share(xs, "a")),
    "pair_balance": (
        lib.make_pair_balance(R.tokens, "a", "b"),
        "ab",
        lambda xs: [a - b for a, b in zip(share(xs, "a"), share(xs, "b"), strict=True)],
    ),
    "shuffle_dyck": (lib.make_shuffle_dyck(["()"]), "()", lambda xs: [balanced(xs, ["()"])] * len(xs)),
    "shuffle_dyck2": (lib.make_shuffle_dyck2(), "(){}", lambda xs: [balanced(xs, ["()", "{}"])] * len(xs)),
    "hist": (lib.make_hist(), "abc", lambda xs: [xs.count(x) for x in xs]),
    "sort": (lib.make_sort(R.tokens, R.Map(ord, R.tokens), max_seq_len=4, min_key=1), "cab", sorted),
    "sort_freq": (
        lib.make_sort_freq(4),
        "ab",
        lambda xs: [x for _, _, x in sorted((-Counter(xs)[x], i, x) for i, x in enumerate(xs))],
    ),
    "shift_by(-1)": (lib.shift_by(-1, R.tokens), "ab", lambda xs: [*xs[1:], None][: len(xs)]),
    "detect_pattern(aba)": (
        lib.detect_pattern(R.tokens, "aba"),
        "ab",
        lambda xs: [None, None, *(xs[i : i + 3] == "aba" for i in range(len(xs) - 2))][: len(xs)],
    ),
    "count_less_freq": (
        lib.make_count_less_freq(1),
        "abc",
        lambda xs: [sum(xs.count(x) <= 1 for x in xs)] * len(xs),
    ),
    "count_a": (lib.make_count(R.tokens, "a"), "ab", lambda xs: [xs.count("a")] * len(xs)),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_programs_compute_what_they_say_interpreted_and_compiled(name: str) -> None:
    program, vocab, expected = PROGRAMS[name]
    assert program.name == name
    model = compiling.compile_rasp_to_model(program, vocab, 4, compiler_bos="BOS", dtype="float32")
    assert model.certificate is not None
    for n in range(1, 5):
        for xs in map("".join, itertools.product(vocab, repeat=n)):
            wanted = expected(xs)
            assert program(xs) == (pytest.approx(wanted) if rasp.is_numerical(program) else wanted)
            got = model.apply(["BOS", *xs]).decoded[1:]
            assert got == (pytest.approx(wanted, abs=1e-3) if rasp.is_numerical(program) else wanted)


def test_the_other_programs() -> None:
    assert lib.length.name == "length"
    assert lib.make_sort_unique(R.tokens, R.tokens)([2, 1, 1]) == [1.0, None, 2]
    assert lib.make_nary_sequencemap(lambda *xs: sum(xs), R.tokens, R.indices, R.tokens)([1, 2]) == [2, 5]
    assert lib.make_nary_sequencemap(lambda x: -x, R.tokens)([1]) == [-1]
    assert lib.make_nary_sequencemap(max, R.tokens, lib.shift_by(1, R.tokens))([3, 1]) == [None, 3]
    with pytest.raises(AssertionError):
        lib.make_shuffle_dyck([])
    with pytest.raises(ValueError, match="at least one value"):
        lib.detect_pattern(R.tokens, [])
    with pytest.raises(TypeError):
        lib.make_sort(R.tokens, R.tokens, 4, 1)
    with pytest.raises(TypeError):
        lib.shift_by(offset=1, sop=R.tokens)
