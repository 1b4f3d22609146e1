"""Where models store the named values of their programs: every stored one can be set, and every other has a reason."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import hardwire as hw
from hardwire import before, full, indices, length, same_token, tokens, where
from hardwire.compiler import compile as compiled
from hardwire.errors import (
    BuildError,
    CertificateError,
    CompileError,
    InputError,
    InterventionError,
    UnknownNameError,
)
from hardwire.interchanging import SOURCES
from hardwire.lang.expr import Op
from hardwire.model.slots import ATTENTION, EMBEDDING, Slot
from hardwire.model.variables import CONSTANT, DERIVED, MERGED, STATUSES, STORED, TIED, UNUSED, hook_of
from hardwire.programs import LIBRARY, Program
from hardwire.run.interventions import with_kept
from named_programs import VOCAB, named_program

FAST = ("sort", "add_in_three", "dyck", "reverse_words", "is_first", "frac_prevs", "copy")
SHORT = 10
"""Long enough for every kind of head; the nightly test takes the library's own lengths."""


def model_of(p: Program, max_len: int, *, causal: bool, keep: Any = ()) -> hw.Transformer:
    given = p.given() if p.given is not None else None
    return compiled(p(), p.vocab, min(p.max_len, max_len), causal=causal, given=given, keep=keep)


def followed(model: hw.Transformer, samples: int, *, any_failures: bool = False) -> int:
    """Checks every variable that can be set, and returns how many there are. `any_failures`: whether the program may
    have no value on all inputs that are drawn."""
    count = 0
    for v in model.variables.values():
        assert v.reason
        assert v.status in STATUSES
        if v.status not in (STORED, UNUSED):
            continue
        count += 1
        for source in SOURCES:
            found = hw.interchange(model, v.name, samples=samples, source=source)  # type: ignore[arg-type]
            assert found.accuracy == 1.0, (v, found)
            assert found.positions > 0 or any_failures, v
    return count


def check_library(name: str, max_len: int, samples: int) -> None:
    p = LIBRARY[name]
    for causal in (False, True):
        followed(model_of(p, max_len, causal=causal), samples)
        kept = model_of(p, max_len, causal=causal, keep="named")
        names = [s.name for s in p().trace(p.example) if isinstance(s.of, hw.SOp)]
        assert list(kept.variables) == names
        assert followed(kept, samples) == len(names)
        assert all(v.kept or v.status == UNUSED for v in kept.variables.values())


@pytest.mark.parametrize("name", FAST)
def test_every_variable_of_the_library_follows(name: str) -> None:
    check_library(name, SHORT, 24)


@pytest.mark.nightly
@pytest.mark.parametrize("name", LIBRARY)
def test_every_variable_of_the_whole_library_follows(name: str) -> None:
    check_library(name, 1000, 100)


@pytest.mark.nightly
@pytest.mark.parametrize("name", LIBRARY)
def test_every_library_model_with_kept_parts_has_a_certificate(name: str) -> None:
    p = LIBRARY[name]
    given = p.given() if p.given is not None else None
    for causal in (False, True):
        model = hw.compile(p, causal=causal, given=given, keep="named", remedies=False)
        assert model.certificate is not None
        assert model.certificate.max_len == p.max_len


def test_a_sum_of_functions_of_kept_parts_has_a_certificate() -> None:
    """In one direction it has no proof: the kept parts have too many values together."""
    assert hw.compile(hw.programs.shuffle_dyck, causal=True, keep="named", remedies=False).certificate is not None


@settings(max_examples=20)
@given(seed=st.integers(0, 100_000), causal=st.booleans())
def test_variables_of_random_programs_follow(seed: int, causal: bool) -> None:
    program = named_program(seed)
    for keep in ((), "named"):
        try:
            model = compiled(program, VOCAB, 5, causal=causal, keep=keep)  # type: ignore[arg-type]
        except CompileError:
            continue
        followed(model, 16, any_failures=True)


# What is said of a variable.


def test_each_status() -> None:
    top = (length - 1).name("top")
    program = where(top == indices, tokens.name("here"), where((tokens == tokens).name("yes"), "b", "c"))
    model = hw.compile(program.name("out"), "ab", 6)
    found = {v.name: v.status for v in model.variables.values()}
    assert found.pop("length") in (STORED, TIED)  # whether its being uniform is used is the compiler's choice
    assert found == {"top": DERIVED, "here": MERGED, "yes": CONSTANT, "out": MERGED}
    assert "unembedding" in model.variables["out"].reason
    assert hw.compile(hw.programs.flip(), "ab", 6).variables["length"].status == TIED


def test_every_name_of_a_value_is_kept() -> None:
    """A value may have several; one that is stored is kept once, by its name."""
    value = full.value(tokens == "a").stored().name("stored")
    model = hw.compile(value.name("first").name("second"), "ab", 4, keep="named")
    assert {v.name: v.status for v in model.variables.values()} == dict.fromkeys(("stored", "first", "second"), STORED)
    kept = with_kept(value.expr, ["stored"])[value.expr]
    assert [e.arg for e in kept.walk() if e.op is Op.KEPT] == ["stored"]


def test_a_derived_value_has_its_linear_form() -> None:
    model = hw.compile((length - 1).name("top") + full.value(length) * 0, "ab", 6)
    v = model.variables["top"]
    assert v.status in (DERIVED, STORED)
    residual = model.residuals("abba")["layer 1 attention"][1:]
    assert v.decoded(residual) == [3, 3, 3, 3]


def test_the_place_is_after_the_write_and_before_the_first_use() -> None:
    model = hw.compile(hw.programs.sort, max_len=8)
    rank = model.variables["rank"]
    assert (rank.slot, rank.hook) == (Slot(1, ATTENTION), "blocks.0.hook_resid_mid")
    assert rank.read @ rank.basis == 1
    assert model.variables["sort"].hook == "blocks.1.hook_resid_mid"
    for x in ([3, 1, 2], [0, 0, 9, 5, 5]):
        residual = model.residuals(x)["layer 1 attention"][1:]
        assert rank.decoded(residual) == hw.programs.rank()(x)
        moved = rank.set(residual, rank.encoded([0] * len(x)))
        assert rank.decoded(moved) == [0] * len(x)
    assert hook_of(EMBEDDING) == "blocks.0.hook_resid_pre"


def test_a_name_that_is_not_stored_does_not_vanish() -> None:
    first = ((before & same_token).width() == 0).name("first")
    assert hw.compile(full.value(first).name("uniq"), "abc", 8).trace("abca")["first"] == [True, True, True, False]
    model = hw.compile(full.value(~first).name("repeats"), "abc", 8)
    assert model.variables["first"].status == MERGED
    with pytest.raises(UnknownNameError, match="`first` is merged: computed in one step with ~first"):
        model.trace("abca")["first"]
    with pytest.raises(InterventionError, match="`first` cannot be set in this model: it is merged"):
        model.run("abca", set={"first": [True] * 4})
    with pytest.raises(UnknownNameError, match="no step named 'frist'"):
        model.trace("abca")["frist"]
    kept = hw.compile(full.value(~first).name("repeats"), "abc", 8, keep=["first"])
    assert kept.trace("abca")["first"] == [True, True, True, False]
    assert kept.run("abca", set={"first": [False] * 4}) == [4] * 4


def test_two_names_of_one_thing() -> None:
    inner = (before & same_token).width().name("inner")
    program = inner.name("outer") + inner
    model = hw.compile(program, "ab", 6)
    assert model.variables["inner"].status == STORED
    assert model.variables["outer"].status != STORED  # what uses `inner` alone has the same direction
    kept = hw.compile(program, "ab", 6, keep="named")
    assert kept.run("aab", set={"outer": [1, 1, 1]}) == program.run("aab", set={"outer": [1, 1, 1]})


@pytest.mark.parametrize("names", [("inner", "outer"), ("outer", "inner")])
def test_two_names_of_one_number_are_set_in_the_order_of_the_program(names: tuple[str, str]) -> None:
    program = (before & same_token).width().name("inner").name("outer")
    model = hw.compile(program, "ab", 6)
    assert {v.status for v in model.variables.values()} == {STORED}
    values = {"inner": [2, 2, 2], "outer": [0, 1, 0]}
    given = {name: values[name] for name in names}
    assert model.run("aab", set=given) == program.run("aab", set=given) == [0, 1, 0]
    with pytest.raises(UnknownNameError, match="Did you mean 'inner'"):
        model.run("aab", set={"outer": [0, 1, 0], "iner": [2, 2, 2]})


def test_a_value_used_without_its_name_is_not_stored() -> None:
    width = (before & same_token).width()
    model = hw.compile(width.name("n") + 2 * width, "ab", 6)
    assert model.variables["n"].status == MERGED
    assert "uses it without the name" in model.variables["n"].reason
    kept = hw.compile(width.name("n") + 2 * width, "ab", 6, keep="named")
    assert kept.run("aab", set={"n": [2, 2, 2]}) == [2, 4, 2]


def test_errors_of_values() -> None:
    model = hw.compile(hw.programs.sort, max_len=8)
    with pytest.raises(InputError, match="`rank` cannot be 99: its values are 0, 1, 2"):
        model.run([1, 2], set={"rank": [0, 99]})
    with pytest.raises(InputError, match="`rank` is set to one value for each token, 2 in all, not to 1"):
        model.run([1, 2], set={"rank": [0]})
    with pytest.raises(InputError, match="one value for each token"):
        model.run([1, 2], set={"rank": 3})
    with pytest.raises(UnknownNameError, match="Did you mean 'rank'"):
        model.run([1, 2], set={"ranks": [0, 1]})
    for set_values in (model.run, hw.programs.sort().run):
        with pytest.raises(InputError, match="`set` takes a dict from names to values"):
            set_values([1, 2], set=[["rank", [0, 1]]])  # type: ignore[operator]
    with pytest.raises(UnknownNameError, match="Did you mean 'rank'"):
        hw.interchange(model, ["rank"])  # type: ignore[arg-type]
    with pytest.raises(BuildError, match=r"keep is a list of names or \"named\", and has \['rank'\]"):
        hw.compile(hw.programs.sort, keep=[["rank"]])  # type: ignore[list-item]
    with pytest.raises(BuildError, match="radius takes a model"):
        hw.radius(hw.programs.sort())  # type: ignore[arg-type]
    with pytest.raises(BuildError, match="interchange takes a model and its program"):
        hw.interchange(hw.programs.sort(), "rank")  # type: ignore[arg-type]
    with pytest.raises(BuildError, match="source is one of"):
        hw.interchange(model, "rank", source="nowhere")  # type: ignore[arg-type]


def test_setting_to_the_own_values_changes_nothing() -> None:
    model = hw.compile(hw.programs.sort_by_frequency, max_len=10, keep="named")
    for x in ("abbcbac", "", "a"):
        own = hw.programs.sort_by_frequency().trace(x)
        for name in model.variables:
            assert model.run(x, set={name: own[name]}) == model(x)
    assert model.run("abc") == model("abc")


# Keeping.


def never_reached() -> hw.SOp:
    """No input has an `a` where the token is "b", so nothing is ever "never"."""
    a = (tokens == "a").name("a")
    return where(a & (tokens == "b"), "never", where(a, "a", "other"))


def test_a_kept_value_meets_values_that_it_never_meets() -> None:
    plain, kept = (hw.compile(never_reached(), "abc", 4, keep=keep) for keep in ((), ["a"]))
    assert plain.variables["a"].status != STORED
    assert kept("abc") == plain("abc") == ["a", "other", "other"]
    assert kept.run("abc", set={"a": [True, True, False]}) == ["a", "never", "other"]


def test_the_certificate_of_a_kept_value_covers_setting_it() -> None:
    kept = hw.compile(never_reached(), "abc", 4, keep=["a"])
    assert kept.outputs is not None
    unembed = np.array(kept.unembed)
    unembed[:, kept.outputs.index("never")] = -1e6 * abs(unembed).max() * (kept.embed[1] != 0)  # never answered
    changed = replace(kept, unembed=unembed)
    assert all(changed(x) == kept(x) for x in ("abc", "cab", "bbbb", "a"))
    with pytest.raises(CertificateError, match="never"):
        hw.certify(changed)


def test_a_kept_value_that_is_not_what_it_should_be_has_no_proof() -> None:
    kept = hw.compile(hw.programs.sort, max_len=6, keep="named")
    at = int(np.flatnonzero(kept.variables["rank"].basis)[0])
    [first, second] = kept.layers
    heads = tuple(replace(h, w_o=np.where(np.arange(kept.d_model) == at, 0.5, 1.0) * h.w_o) for h in first.heads)
    broken = replace(kept, layers=(replace(first, heads=heads), second))
    with pytest.raises(CertificateError, match="rank"):
        hw.certify(broken)


@pytest.mark.parametrize("output", ["values", "number"])
def test_variables_are_known_however_the_output_is_read(output: Any) -> None:
    program = full.value(tokens).name("total") + 1
    model = compiled(program, range(3), 6, output=output)
    assert (model.outputs is None) is (output == "number")
    assert model.variables["total"].status == STORED


def test_a_position_that_is_kept_is_looked_up_in_long_inputs() -> None:
    """`length - indices - 1` may be any number up to the length to both sides, and is compared with positions: what
    lies beyond these is clamped."""
    model = hw.compile(hw.programs.flip(), "abcd", 100, keep="named")
    assert followed(model, 12) == 2


def test_what_keep_may_be() -> None:
    with pytest.raises(UnknownNameError, match=r"no part named 'rnk'\. Did you mean 'rank'"):
        hw.compile(hw.programs.sort, max_len=6, keep=["rnk"])
    with pytest.raises(BuildError, match="keep is a list of names or \"named\", not 'rank'"):
        hw.compile(hw.programs.sort, max_len=6, keep="rank")  # type: ignore[arg-type]
    with pytest.raises(BuildError, match="before is a selector"):
        hw.compile(hw.programs.sort, max_len=6, keep=["before"])
    assert hw.compile(hw.programs.sort, max_len=6, keep=["sort"]).variables["sort"].kept


def test_a_kept_model_is_proved_again() -> None:
    kept = hw.compile(hw.programs.reverse_letters, max_len=12, keep="named")
    assert hw.certify(kept).max_len == 12
    assert hw.certify(kept, hw.programs.reverse_letters()).max_len == 12


def test_a_number_that_encodes_itself() -> None:
    model = hw.compile(hw.programs.frac_prevs, max_len=8, keep="named")
    v = model.variables["frac_prevs"]
    assert v.encoded([0.25]).tolist() == [0.25]
    [got] = {round(float(a), 4) for a in model.run("xxax", set={"frac_prevs": [0.25] * 4})}
    assert math.isclose(got, 0.25, abs_tol=1e-3)


def test_interchange_finds_a_model_that_does_not_follow() -> None:
    model = hw.compile(hw.programs.flip(), "abcd", 6)
    found = hw.interchange(model, "length", source="domain", samples=40)
    assert not found
    assert found.first is not None
    assert found.agreed < found.positions
    assert "first departure" in repr(found)
    x, values = found.first.input, found.first.values
    expected = hw.programs.flip().run(x, set={"length": values}, errors="keep")
    assert expected[found.first.position] == found.first.expected
    assert model.run(x, set={"length": values})[found.first.position] == found.first.got


@pytest.mark.parametrize("source", SOURCES)
def test_interchange_sets_ratios(source: str) -> None:
    """A program that is given the nearest float computes with that."""
    share = ((indices + 7) / 10).name("share")
    for program in (share - 1, where(share * 3 == Fraction(21, 10), "yes", "no")):
        model = hw.compile(program, "ab", 4, keep="named")
        found = hw.interchange(model, "share", samples=20, source=source)  # type: ignore[arg-type]
        assert found.accuracy == 1.0, found
        assert found.positions > 20
        assert model.variables["share"].values[0] == Fraction(7, 10)
        residual = model.residuals("ab")["layer 1 attention" if model.depth else "embedding"][1:]
        assert model.variables["share"].decoded(residual) == [0.7, 0.8]


def test_interchange_is_reproducible() -> None:
    model = hw.compile(hw.programs.sort, max_len=8)
    one, two = (hw.interchange(model, "rank", samples=30, seed=4) for _ in range(2))
    assert repr(one) == repr(two)
    assert f"at {one.agreed} of {one.positions} positions" in repr(one)
    assert one.changed > 0


def test_variables_of_a_model_that_is_read_in_another_way_than_was_tried_first() -> None:
    """Its number has no proof, and so it answers one of its values."""
    same = hw.key(hw.tokens) == hw.query(hw.tokens)
    program = same.mean(same.mean(hw.indices).name("inner"))
    model = hw.compile(program, "ab", 4, keep="named")
    assert model.outputs is not None
    assert hw.compile(program, "ab", 4, keep="named", certify=False).outputs is None
    assert model.variables["inner"].settable


@dataclass(frozen=True)
class Card:
    """A value that no file can hold."""

    rank: int


@pytest.mark.parametrize("make", [lambda a, b: (a, b), lambda a, b: Card(b)])
def test_variables_of_a_model_whose_answers_are_new_objects_in_each_run(make: Any) -> None:
    program = hw.SOp.zip(make, tokens.name("token"), (indices % 2).name("half"))
    model = hw.compile(program, [Card(1), Card(2)], 3, keep="named")
    assert {v.name: v.status for v in model.variables.values()} == {"token": STORED, "half": STORED}


def test_a_kept_part_has_the_values_that_every_pass_knows_of() -> None:
    """A look-up with a default that is computed becomes a choice, in which the look-up alone may be 0."""
    one = (hw.key(tokens == "b") == hw.query(indices > 0)).last(indices + 1, default=length).name("one")
    model = hw.compile(hw.SOp.zip(max, one, length), "ab", 2, causal=True, keep="named")
    variable = model.variables["one"]
    assert variable.settable
    assert sorted(variable.values) == [1, 2]
    with pytest.raises(InputError, match="`one` cannot be 0: its values are"):
        model.run("a", set={"one": [0]})
    for values in itertools.product((1, 2), repeat=2):
        assert model.run("ab", set={"one": list(values)}) == [max(v, i) for i, v in enumerate(values, 1)]


@pytest.mark.parametrize(
    "options", [{"samples": 0}, {"samples": -1}, {"samples": 2.0}, {"max_len": 0}, {"max_len": "x"}]
)
def test_an_interchange_tries_something(options: dict[str, Any]) -> None:
    """Where nothing is tried, nothing departs."""
    model = hw.compile(hw.programs.flip, "ab", 4)
    ((name, value),) = options.items()
    with pytest.raises(BuildError, match=rf"^{name} is a whole number, 1 or more, not {value!r}$"):
        hw.interchange(model, "length", **options)
