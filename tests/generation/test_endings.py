"""Proofs that texts end: they hold for every prompt of a form, and there is none for texts that go on."""

from __future__ import annotations

import itertools
import random
from typing import Any

import pytest

import hardwire as hw
import wild
from hardwire import Failure, SOp, full, indices, key, query, tokens, where, writers
from hardwire.errors import BuildError, InputError
from hardwire.generation.endings import Endings, _FollowedTexts, endings
from hardwire.lang.expr import walk
from hardwire.lang.generation import stop_tokens
from hardwire.lang.values import exact, leave
from hardwire.programs import LIBRARY
from hardwire.random_programs import VOCAB, random_program
from hardwire.run import tables
from hardwire.run.possible import Possible
from hardwire.run.tables import FAIL
from hardwire.writers import calculators
from hardwire.writers.calculators import ROW_ENDS

COUNTDOWN = where(tokens == "0", ".", (tokens.map("123456789".find) % 9).str())
DIGITS = set("0123456789")


def proved(program: Any, forms: Any, vocab: Any, max_len: int) -> Endings:
    return endings(program, forms, stop_tokens("."), vocab, max_len)


@pytest.mark.parametrize("name", [n for n in writers.WRITERS if writers.get(n).forms])
def test_all_prompts_of_a_program_end(name: str) -> None:
    program = writers.get(name)
    found = proved(program.sop(), program.forms, program.vocab, program.max_len)
    assert found
    assert found.longest == program.max_len
    assert found.forms == len(program.forms)
    rng = random.Random(0)
    for _ in range(20):
        prompt = program.draw(rng)
        assert any(
            len(form) == len(prompt) and all(t in some for t, some in zip(prompt, form, strict=True))
            for form in program.forms
        )


@pytest.mark.nightly
@pytest.mark.parametrize("make", [writers.add, writers.subtract, writers.calculate, writers.calculator])
def test_all_prompts_of_twelve_digits_end(make: Any) -> None:
    program = make(12)
    found = proved(program.sop(), program.forms, program.vocab, program.max_len)
    assert found
    assert found.longest == program.max_len


def test_the_longest_transcript_is_reached() -> None:
    found = proved(COUNTDOWN, [[DIGITS]], DIGITS, 12)
    assert (found.forms, found.prompts, found.longest, found.open) == (1, 10, 10, "")
    longest = max(len(hw.generate(COUNTDOWN, d, stop=".").finish()) + 1 for d in DIGITS)
    assert longest == found.longest
    assert repr(found) == "proved: after 10 prompts of 1 form, every text has ended by 10 tokens"


@pytest.mark.parametrize(
    ("program", "form", "why"),
    [
        (COUNTDOWN, [DIGITS, "9"], "after [10]9, a text may go on at 9 tokens"),
        (where(tokens == "0", "x", tokens), [{"0", "1"}], "it may write 'x', which the model cannot read"),
        (where(tokens == "0", tokens.int() // 0, 1).str(), [{"0"}], "the program may have no value after 1 tokens"),
    ],
)
def test_no_proof_where_texts_go_on_or_fail(program: Any, form: Any, why: str) -> None:
    found = proved(program, [form], DIGITS, 9)
    assert not found
    assert why in found.open


def test_the_statement_and_its_options() -> None:
    model = hw.compile(COUNTDOWN, "0123456789", 12, causal=True)
    found = hw.certify_text(model, stop=".", prompts=[[DIGITS]])
    assert found.endings
    assert "a text ends before '.'; proved: after 10 prompts of 1 form, every text has ended by 10 tokens\n" in repr(
        found
    )
    assert "\n  by following all tokens that may come next, until only a stop token may\n" in repr(found)
    short = hw.certify_text(hw.compile(COUNTDOWN, "0123456789", 5, causal=True), stop=".", prompts=[["2"], [DIGITS]])
    assert short.endings is not None
    assert short.endings.forms == 1
    assert "a text may go on at 5 tokens (a longer one is an error)" in repr(short)
    for form, message in (
        (["x"], "'x' in a form of prompts is not in the vocabulary"),
        ([], "at least one position"),
        (3, "is a string"),
    ):
        with pytest.raises(InputError, match=message):
            hw.certify_text(model, stop=".", prompts=[form])  # type: ignore[list-item]
    with pytest.raises(InputError, match="prompts is a list of forms"):
        hw.certify_text(model, stop=".", prompts=3)  # type: ignore[arg-type]


def test_programs_of_the_library_bring_their_forms() -> None:
    """Unless others are given, or none, and where the model reads all of their tokens."""
    model = hw.compile(writers.copy())
    found = hw.certify_text(model).endings
    assert found is not None
    assert found == hw.certify_text(model, prompts=writers.copy().forms).endings
    assert hw.certify_text(model, prompts=None).endings is None
    assert hw.certify_text(hw.compile(writers.copy(), vocab="abc=")).endings is None
    short = hw.certify_text(hw.compile(writers.copy(), max_len=9)).endings
    assert short is not None
    assert not short


def test_values_that_are_equal_and_differ_stay_apart() -> None:
    state = Possible(where(tokens == 1, True, 1).expr)
    assert set(state.append([0, 1])) == {exact(True), exact(1)}


def covered(program: Any, sets: list[list[Any]], rng: random.Random) -> int:
    """How many values of the program on inputs from some sets are among its possible ones; all must be."""
    parts = [e for e in walk(program.expr) if not e.selector]
    found: dict[Any, list[Any]] = {e: [] for e in parts}
    try:
        state = Possible(program.expr)
        for some in sets:
            possible = state.append(some)
            for e in parts:
                found[e].append(state.at(e))
    except (hw.errors.CertificateError, BuildError):
        return 0
    count = 0
    for _ in range(12):
        x = [rng.choice(some) for some in sets]
        run = program.trace(x, causal=True)
        for e, columns in found.items():
            sop = hw.SOp(e)
            if sop not in run:  # a branch that was not taken
                continue
            for value, options in zip(run[sop], columns, strict=True):
                assert (FAIL in options.values()) if isinstance(value, Failure) else exact(value) in _shown(options), x
                count += 1
    again = random.Random(0).randint(0, len(sets) - 1)
    state.cut(again)
    assert [state.append(some) for some in sets[again:]][-1].keys() == possible.keys()
    return count


def _shown(found: Any) -> set[Any]:
    return {exact(leave(v)) for v in found.values() if v is not FAIL}


def sets_of(vocab: Any, rng: random.Random, n: int) -> list[list[Any]]:
    return [rng.sample(list(vocab), min(len(vocab), rng.choice([1, 1, 2, 3]))) for _ in range(n)]


@pytest.mark.parametrize("name", LIBRARY)
def test_possible_values_contain_those_of_library_programs(name: str) -> None:
    program, rng = LIBRARY[name], random.Random(name)
    for _ in range(3):
        covered(program(), sets_of(program.vocab, rng, min(5, program.max_len)), rng)


@pytest.mark.parametrize(("start", "together"), [*((k, 256) for k in range(0, 400, 100)), (400, 1), (500, 6)])
def test_possible_values_contain_those_of_random_programs(
    start: int, together: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where tables have few entries, so that most operations are variables themselves."""
    monkeypatch.setattr(tables, "TOGETHER", together)
    compared = 0
    for seed in range(start, start + 100):
        rng = random.Random(seed)
        compared += covered(random_program(seed), sets_of(VOCAB, rng, rng.randint(1, 5)), rng)
    assert compared > 10_000


@pytest.mark.parametrize("together", [1, 8, 256])
def test_possible_values_contain_those_of_programs_over_all_types(
    together: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables, "TOGETHER", together)
    compared = 0
    for seed in range(300):
        rng = random.Random(seed + 1000 * together)
        program, some = wild.program(rng), list(wild.tokens_of(rng))
        if isinstance(program, SOp) and some:
            compared += covered(program, sets_of(some, rng, rng.randint(1, 4)), rng)
    assert compared > 4_000


def test_a_prompt_that_the_model_cannot_read_is_not_proved() -> None:
    found = proved(where(tokens == "a", tokens, "."), ["aab", "aaab"], "ab.", 3)
    assert found.open == "after aaab, the prompt has 4 tokens, and the model reads 3"


def test_a_comparison_that_fails_for_one_of_many_tokens_may_have_no_value() -> None:
    program = where((key(tokens) < query(3)).width() >= 0, ".", 0)
    for form in itertools.permutations([0, 5, "a"]):
        assert "no value" in proved(program, [[list(form)]], [0, 5, "a", "."], 3).open
    assert proved(program, [[[0, 5]]], [0, 5, "."], 3)


@pytest.mark.parametrize("end", ["max", "min"])
def test_ratios_and_floats_are_ordered_as_the_language_orders_them(end: str) -> None:
    score = where(tokens == "a", (indices * 0 + 1) / 3, 1 / 3)  # equal, and different numbers
    program = getattr(full, end)(score, of=tokens)
    for prompt in ("ab", "ba", "aba"):
        state = Possible(program.expr)
        assert [state.append(t) for t in prompt][-1] == {exact(v): v for v in program(prompt, causal=True)[-1:]}
    state = Possible(program.expr)
    assert [state.append(t) for t in ("ab", "ab", "a")][-1].keys() == {"a", "b"}


@pytest.mark.parametrize("program", [full.max(tokens), full.mean(tokens), full.value(tokens), full.first(tokens)])
@pytest.mark.parametrize(
    "prompt", [[None], [None, None], [0.5, 0.1, 2], [(1, 2), (1, 3)], [True], ["a", "b"], [0.1, 1]]
)
def test_a_prompt_without_choices_is_followed_exactly(program: Any, prompt: list[Any]) -> None:
    state, wanted = Possible(program.expr), program(prompt, causal=True, errors="keep")
    for token, value in zip(prompt, wanted, strict=True):
        assert [*state.append([token])] == [FAIL if isinstance(value, Failure) else exact(value)]


@pytest.mark.parametrize(
    "program",
    [
        (key(indices) == query(0)).max(tokens.int(), of=tokens),
        (key(indices) <= query(0)).max(tokens.int(), of=tokens),
        (key(tokens.int()) == query(1)).width(),
        (key(tokens) < query("b")).first(indices, 7),
    ],
)
@pytest.mark.parametrize("prompt", [["1"], ["a"], ["a", "1"], ["1", 2]])
def test_keys_and_scores_without_a_value_fail_as_the_language_says(program: Any, prompt: list[Any]) -> None:
    state, wanted = Possible(program.expr), program(prompt, causal=True, errors="keep")
    for token, value in zip(prompt, wanted, strict=True):
        known = {FAIL if isinstance(value, Failure) else exact(value)}
        assert state.append([token, "1"]).keys() >= known
        state.cut(state.size - 1)
        assert state.append([token]).keys() == known


class _Neither:
    def __bool__(self) -> bool:
        raise ValueError("neither true nor false")


@pytest.mark.parametrize("vocab", ["ab", "abcdefghijklmnopqrst"])
def test_a_condition_without_a_truth_value_fails(vocab: str) -> None:
    strange, before_it = _Neither(), tokens.shift(1, "a")
    program = where(SOp.zip(lambda a, b: strange if a == b else a, tokens, before_it), ".", "a")
    assert "no value" in proved(program, [[set(vocab)] * 2], vocab + ".", 3).open


def ends_in_plain_python(program: Any, forms: Any, max_len: int) -> int:
    """The longest transcript of all prompts of some forms, written one by one; 0 if one does not end."""
    longest = 0
    for form in forms:
        for prompt in itertools.product(*map(sorted, form)):
            text = hw.generate(program, list(prompt), stop=".", max_new=max_len + 1 - len(prompt))
            longest = max(longest, len(text.finish()) + len(prompt))
            if text.ended != "stop":
                return 0
    return longest


def wandering(rng: random.Random) -> Any:
    """A program that reads its last token, the last mark before it and a count, and mostly ends at some time."""
    marks = rng.sample("abcd", 2)
    marked = key(tokens.has(marks)) == query(True)
    last = marked.last(tokens, "a")
    count = marked.width() if rng.random() < 0.5 else indices
    found = {(t, m, k): rng.choice("abcd...") for t in "abcd" for m in "abcd" for k in range(4)}
    return SOp.zip(lambda t, m, k: found[t, m, min(k, 3)], tokens, last, count)


def test_texts_that_are_proved_to_end_do() -> None:
    """Against every prompt of a form, one by one; where tokens are followed apart, too."""
    kinds = {"proved": 0, "apart": 0, "none": 0, "missed": 0}
    for seed in range(300):
        rng = random.Random(seed)
        program, forms = wandering(rng), [[set(rng.sample("abcd", rng.choice([1, 2, 4]))) for _ in range(2)]]
        found, wanted = proved(program, forms, "abcd", 9), ends_in_plain_python(program, forms, 9)
        if found:
            assert wanted
            assert found.longest >= wanted
            state = _FollowedTexts(Possible(program.expr), stop_tokens("."), {*"abcd"}, 9)
            state.end([sorted(some) for some in forms[0]])
            kinds["apart" if state.apart else "proved"] += 1
        else:
            kinds["missed" if wanted else "none"] += 1
    assert min(kinds.values()) > 5, kinds


@pytest.mark.parametrize("digits", [1, 2])
def test_every_text_of_the_calculator_ends(digits: int) -> None:
    program = writers.calculator(digits)
    found = proved(program.sop(), program.forms, program.vocab, program.max_len)
    assert found
    assert (found.forms, found.longest) == (3 * digits**2, program.max_len)
    assert found.prompts == 3 * sum(10**k for k in range(1, digits + 1)) ** 2


def written_on(program: Any, sign: str, most: int) -> int:
    """How many of all prompts of one digit have a text that has not ended at so many tokens, or fails."""
    count = 0
    for a, b in itertools.product(range(10), repeat=2):
        text = hw.generate(program, f"{a}{sign}{b}=", stop=".", max_new=most + 1 - 4)
        try:
            text.finish()
        except hw.errors.GenerationError:
            count += 1
        count += text.ended == "max_new"
    return count


@pytest.mark.parametrize(
    ("old", "new", "on"),
    [
        (ROW_ENDS + 20, "<", {"+": 100, "-": 100, "*": 100}),  # nothing ends a result
        (ROW_ENDS, "<", {"+": 1, "-": 10, "*": 19}),  # a result of 0 is all zeros, without an end
        (ROW_ENDS + 35, "~", {"+": 0, "-": 6, "*": 0}),  # -4 has its row written again
        (9, "9,", {"+": 10, "-": 2, "*": 3}),  # a column of 9 does not say what it carries
        (5, "1'", {"+": 0, "-": 0, "*": 0}),  # 5 carries 1: a wrong text, which ends
    ],
)
def test_a_calculator_that_does_not_always_end_is_refused(
    old: int, new: str, on: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    right = calculators.codes
    monkeypatch.setattr(calculators, "codes", lambda digits: right(digits) | {old: new})
    program = writers.calculator(1)
    for sign in "+-*":
        forms = [form for form in program.forms if sign in form]
        found = proved(program.sop(), forms, program.vocab, program.max_len)
        assert written_on(program.sop(), sign, program.max_len) == on[sign]
        assert bool(found) == (on[sign] == 0)
