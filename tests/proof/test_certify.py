"""Certificates: that they are given, that they are true, and that a changed model gets none."""

from __future__ import annotations

import itertools
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np
import pytest
from structural import proof, settings

import attack
import hardwire as hw
from hardwire import full, indices, key, query, tokens
from hardwire.analysis import Facts
from hardwire.errors import BuildError, CertificateError, CompileError
from hardwire.model.slots import ATTENTION
from hardwire.programs import LIBRARY
from hardwire.proof.spaces import StateSpaces
from hardwire.proof.states import Variable
from hardwire.proof.strategy import Limits
from hardwire.random_programs import random_program


def model_of(name: str) -> hw.Transformer:
    program = LIBRARY[name]
    given = None if program.given is None else program.given()
    return hw.compile(program(), program.vocab, program.max_len, given=given)


@pytest.mark.parametrize("name", LIBRARY)
def test_the_library(name: str) -> None:
    model = model_of(name)
    found = hw.certify(model)
    assert found.max_len == LIBRARY[name].max_len
    assert found.bound < 1e-3
    assert found.bound == 0 or name == "frac_prevs"
    assert all(m.error < m.limit for m in found.margins if m.kind != "number")


@pytest.mark.parametrize("name", sorted({*LIBRARY} - {"first", "add", "reverse_words", "run_lengths"}))
def test_the_library_with_directions_used_again(name: str) -> None:
    """What was in a direction before is gone for good: its values are no longer told apart."""
    program = LIBRARY[name]
    model = hw.compile(program(), program.vocab, program.max_len, reuse=True, certify=False)
    assert hw.certify(model).max_len == program.max_len


PROVES = tuple(f"/hardwire/{name}/" for name in ("analysis", "rewrite", "numeric", "proof"))


def calls_of(model: hw.Transformer) -> Counter[str]:
    """How often the functions of each module that a proof is made by are called in one."""
    found: Counter[str] = Counter()

    def note(frame: FrameType, event: str, _: Any) -> None:
        module = Path(frame.f_code.co_filename).as_posix()
        if event == "call" and any(name in module for name in PROVES):
            found[module] += 1

    sys.setprofile(note)
    try:
        hw.certify(model)
    finally:
        sys.setprofile(None)
    return found


@pytest.mark.parametrize("name", ["sort", "add_binary"])
def test_a_second_proof_takes_the_work_of_the_first(name: str) -> None:
    """Nothing that was found for one proof is kept for another one."""
    program = LIBRARY[name]
    given = None if program.given is None else program.given()
    model = hw.compile(program(), program.vocab, 6, given=given, certify=False)
    first = calls_of(model)
    assert first == calls_of(model)
    assert first.total() > 1000


def test_a_key_at_the_position_of_the_query_is_the_query() -> None:
    """A smaller token is never at the position itself, so that the model need not look."""
    smaller = ((key(tokens) < query(tokens)) & (key(indices) != query(indices))).width()
    assert hw.certify(hw.compile(smaller, "abc", 11, certify=False)).status == "exact up to length 11"


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("pick", ["first", "last"])
def test_what_is_found_where_is_never_left_out(pick: str, causal: bool) -> None:
    """A position's own token is among those it selects, which says where the first and the last may be: not more."""
    found = getattr(hw.same_token, pick)(indices)
    (*_, last), whole = settings(hw.compile(found * 2 - indices, "abc", 5, causal=causal, certify=False))
    assert whole
    proved = (p for p in last.evidence.proved if p.expr.op.aggregate)
    ((values, places),) = ((v.values, v.places) for v in (p.variable for p in proved) if v.places is not None)
    assert values is not None
    assert not places.all()
    for n in range(1, 6):
        for x in itertools.product("abc", repeat=n):
            for position, value in enumerate(found("".join(x), causal=causal)):
                assert places[values.index(value), position]


def test_more_numbers_than_fit_are_refused() -> None:
    model = hw.compile(hw.programs.flip(), "ab", 30)
    with pytest.raises(CertificateError, match=r"states with . numbers each are too many to check"):
        proof(model, limits=Limits(numbers=100))


@pytest.mark.parametrize("rows", [1, 7, 40])
def test_reading_in_pieces_is_reading_at_once(rows: int) -> None:
    model = hw.compile(hw.programs.most_frequent(), "abc", 12)
    (_, whole), (_, pieces) = proof(model), proof(model, limits=Limits(cells=rows * 8))
    assert [m.error for m in pieces] == pytest.approx([m.error for m in whole], rel=1e-6)


def test_reverse_at_a_thousand() -> None:
    assert hw.certify(hw.compile(hw.programs.flip(), "abcd", 1000)).status == "exact up to length 1,000"


def test_a_certificate_is_kept_in_the_file(tmp_path: Any) -> None:
    model = model_of("flip")
    certified = model.certified(hw.certify(model))
    assert "exact up to length 100" in repr(certified)
    certified.save(tmp_path / "flip.safetensors")
    loaded = hw.load(tmp_path / "flip.safetensors")
    assert loaded.certificate == certified.certificate
    assert hw.certify(loaded, hw.programs.flip()) == certified.certificate
    assert hw.certify(loaded) == certified.certificate  # by the program in the file
    with pytest.raises(CertificateError):
        hw.certify(loaded, hw.programs.copy())


def certificate(model: hw.Transformer) -> Any:
    try:
        return hw.certify(model)
    except CertificateError:
        return None


@pytest.mark.parametrize("start", range(0, 60, 10))
def test_certified_generated_programs_are_right(start: int) -> None:
    """What is certified is right, as it is and with every weight moved by a unit in the last place."""
    certified = 0
    for seed in range(start, start + 10):
        program = random_program(seed, 4 + seed % 6)
        try:
            model = hw.compile(program, "abc", 6, causal=seed % 3 == 0, certify=False)
        except CompileError:
            continue
        if certificate(model) is None:
            continue
        certified += 1
        assert hw.verify(model, samples=30, exhaustive=1100), f"random_program({seed}, {4 + seed % 6})"
        assert hw.verify(attack.shaken(model, np.random.default_rng(seed)), program, samples=30, exhaustive=400), (
            "moved by a unit in the last place"
        )
    assert certified >= 5


def mutants(model: hw.Transformer, rng: np.random.Generator) -> Any:
    """The model with one weight changed, or with two directions of the stream exchanged in one matrix."""
    layer = int(rng.integers(len(model.layers)))
    places: list[tuple[str, Any]] = [("embed", model.embed), ("unembed", model.unembed)]
    if model.positions is not None:
        places.append(("positions", model.positions))
    places += [(f"{layer}.{f}", getattr(model.layers[layer], f)) for f in ("w_in", "w_out")]
    for i, h in enumerate(model.layers[layer].heads):
        places += [(f"{layer}.{i}.{f}", getattr(h, f)) for f in ("w_q", "w_k", "w_v", "w_o")]
    where, w = places[int(rng.integers(len(places)))]
    if not w.size:
        return None
    changed = w.copy()
    if rng.random() < 0.3 and w.shape[0] > 1:
        a, b = rng.choice(w.shape[0], 2, replace=False)
        changed[[a, b]] = changed[[b, a]]
    else:
        at = tuple(int(rng.integers(n)) for n in w.shape)
        changed[at] = changed[at] * rng.choice([-1, 0, 0.5, 2]) + (rng.choice([-1, 1]) if changed[at] == 0 else 0)
    if np.array_equal(changed, w):
        return None
    parts = where.split(".")
    if len(parts) == 1:
        return replace(model, **{where: changed})
    new = model.layers[layer]
    if len(parts) == 2:
        new = replace(new, **{parts[1]: changed})
    else:
        heads = list(new.heads)
        heads[int(parts[1])] = replace(heads[int(parts[1])], **{parts[2]: changed})
        new = replace(new, heads=tuple(heads))
    return replace(model, layers=(*model.layers[:layer], new, *model.layers[layer + 1 :]))


SHORT = (
    "flip",
    "histogram",
    "sort",
    "split",
    "dyck1",
    "add_binary",
    "induction",
    "most_frequent",
    "is_first",
    "median",
)


@pytest.mark.parametrize("reuse", [False, True], ids=["", "reuse"])
@pytest.mark.parametrize("name", SHORT)
def test_mutants_that_answer_otherwise_get_no_certificate(name: str, reuse: bool) -> None:
    program = LIBRARY[name]
    sop = program()
    vocab = program.vocab[-3:] if name != "add_binary" else program.vocab
    model = hw.compile(sop, vocab, 6, reuse=reuse)
    assert certificate(model) is not None
    rng = np.random.default_rng(7)
    wrong = 0
    for _ in range(400):
        if wrong == 25:
            break
        mutant = mutants(model, rng)
        if mutant is None or hw.verify(mutant, sop, exhaustive=1200):
            continue
        wrong += 1
        assert certificate(mutant) is None, "a model that answers otherwise was certified"
    assert wrong == 25


def test_claims_that_are_not_true_are_refused() -> None:
    model = model_of("split")
    heads = [i for i, c in enumerate(model.circuit.claims) if c.slot.sublayer is ATTENTION]
    assert len(heads) == 3
    for i in heads:
        claim = model.circuit.claims[i]
        changes: list[dict[str, Any]] = [{"vector": claim.vector * 1.5}, {"vector": np.roll(claim.vector, 1)}]
        if claim.values:
            changes += [{"labels": claim.labels + 1}, {"values": claim.values[::-1]}]
        for change in changes:
            claims = (*model.circuit.claims[:i], replace(claim, **change), *model.circuit.claims[i + 1 :])
            with pytest.raises(CertificateError):
                hw.certify(replace(model, circuit=replace(model.circuit, claims=claims)))
    swapped = replace(model, outputs=tuple(reversed(model.outputs or ())))
    with pytest.raises(CertificateError):
        hw.certify(swapped)


def test_states_follow_what_is_proved() -> None:
    """The fallback of a part counts from its proof on, also where its states were enumerated before."""
    facts = Facts(("a", "b"), 4)
    part = ((key(indices) == query(indices - 1)).one(tokens.map({"a": 1, "b": 2}), 0)).expr
    spaces = StateSpaces(facts, part)
    before = spaces.of({part}).size
    assert spaces.learn(part, Variable(float, fallback=(0.25, 0.75))).of({part}).size == before + 2
    assert spaces.of({part}).size == before


@pytest.mark.parametrize(
    "call",
    [
        lambda model: hw.certify(5),
        lambda model: hw.certify(hw.programs.flip()),
        lambda model: hw.certify(model, "flip"),
        lambda model: hw.certify(model, given=3),
    ],
)
def test_what_is_no_model_and_no_program_is_said_so(call: Any) -> None:
    with pytest.raises(BuildError, match="not"):
        call(model_of("copy"))


def test_sums_too_large_for_the_precision_are_refused() -> None:
    """A sum that may be hundreds off is no answer, though a tolerance could say so."""
    sums = (key(indices) <= query(indices)).value(tokens.map({"a": 0, "b": 2**18}))
    with pytest.raises(CompileError, match="float64"):
        hw.compile(sums, "ab", 160)
    model = hw.compile(sums, "ab", 160, dtype="auto")
    assert model.dtype == "float64"
    assert model("bb") == [2**18, 2**19]
    assert model.certificate is not None
    assert model.certificate.bound == 0.0


def test_an_integer_with_too_many_values_to_list() -> None:
    """Rounded to the nearest int: the read-out has to be the program's combination of sums, and an int."""
    sums = (key(indices) <= query(indices)).value(tokens.map({"a": 0, "b": 2**18}))
    both = 3 * sums - full.value(indices) + 1
    model = hw.compile(both, "ab", 160, dtype="float64")
    assert model.whole
    assert model.certificate is not None
    assert {m.kind for m in model.certificate.margins} >= {"nearest int"}
    for x in ("a", "b" * 160, "ab" * 80, "bba" * 53):
        assert model(x) == both(x)
    for other in (both + 1, both * 2, sums, both / 1, both * 1.0):
        with pytest.raises(CertificateError):
            hw.certify(model, other)
    with pytest.raises(CertificateError):
        hw.certify(replace(model, unembed=model.unembed * (1 + 1e-7)), both)


def test_the_next_recipe_where_the_smallest_model_has_no_proof() -> None:
    """Ranks by counts: squares of counts are too loud in their sum, tables are not."""
    program = hw.programs.sort_by_frequency()
    small = hw.compile(program, "abcde", 16, certify=False)
    with pytest.raises(CertificateError):
        hw.certify(small)
    proved = hw.compile(program, "abcde", 16)
    assert proved.certificate is not None
    assert proved.certificate.status == "exact up to length 16"
    assert proved.parameters > small.parameters
